#![no_main]

use std::sync::{Arc, LazyLock};

use tucuxi::endpoint::{EndpointParams, EndpointResolver, Partitions, Ruleset};
use tucuxi::model::{Embedded, ModelSource};

static PARTITIONS: LazyLock<Arc<Partitions>> = LazyLock::new(|| {
    let text = Embedded.load("partitions").unwrap().unwrap();
    Arc::new(Partitions::parse(&text).unwrap())
});

// a rule set, a zero byte, and the values of its parameters in order
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut parts = data.split(|byte| *byte == 0);
    let text = |part: Option<&[u8]>| String::from_utf8_lossy(part.unwrap_or_default()).into_owned();
    let Ok(ruleset) = Ruleset::parse(&text(parts.next())) else {
        return;
    };
    let mut params = EndpointParams::new();
    for definition in ruleset.parameters() {
        match text(parts.next()) {
            value if value == "true" || value == "false" => {
                params.set(&definition.name, value == "true")
            }
            value if !value.is_empty() => params.set(&definition.name, value),
            _ => {}
        }
    }
    let resolver = EndpointResolver::new(ruleset, PARTITIONS.clone());
    let first = resolver
        .resolve(&params)
        .map(|endpoint| endpoint.url.clone());
    let second = resolver
        .resolve(&params)
        .map(|endpoint| endpoint.url.clone());
    assert_eq!(first, second, "the cache gives what it was given");
});
