#![no_main]

use serde::de::IgnoredAny;
use serde_json::Value;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let (read, skipped) = tucuxi::internals::json(text);
        let theirs = serde_json::from_str::<Value>(text);
        let shown = |value: Value| value.to_string();
        assert_eq!(
            read.map(shown),
            theirs.map(shown).map_err(|error| error.to_string())
        );
        let theirs = serde_json::from_str::<IgnoredAny>(text);
        assert_eq!(
            skipped,
            theirs.map(|_| ()).map_err(|error| error.to_string())
        );
    }
});
