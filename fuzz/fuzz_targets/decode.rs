//! Shared by the targets of the codecs.

use std::sync::LazyLock;

use tucuxi::internals;
use tucuxi::model::{Embedded, ModelSource, ServiceModel};

/// Some services of a protocol, each with its operations.
pub(crate) struct Services(LazyLock<Vec<(ServiceModel, Vec<String>)>>);

impl Services {
    pub(crate) const fn new(load: fn() -> Vec<(ServiceModel, Vec<String>)>) -> Self {
        Self(LazyLock::new(load))
    }

    /// The first bytes select the operation, the rest is the body.
    pub(crate) fn run(&self, data: &[u8]) {
        let [service, low, high, body @ ..] = data else {
            return;
        };
        let (model, operations) = &self.0[usize::from(*service) % self.0.len()];
        let number = usize::from(*low) + usize::from(*high) * 256;
        let operation = &operations[number % operations.len()];
        if let Ok((value, text)) = internals::decode(model, operation, body) {
            let read: serde_json::Value = serde_json::from_str(&text).expect("the text is JSON");
            assert_eq!(value, read, "{operation}");
        }
        internals::decode_error(model, operation, body);
    }
}

pub(crate) fn load(names: &[&str]) -> Vec<(ServiceModel, Vec<String>)> {
    let load = |name: &&str| {
        let version = Embedded.versions(name, "service-2").unwrap().pop().unwrap();
        let text = Embedded
            .load(&format!("{name}/{version}/service-2"))
            .unwrap()
            .unwrap();
        let model = ServiceModel::parse(name, text).unwrap();
        let operations = model.operation_names().map(Into::into).collect();
        (model, operations)
    };
    names.iter().map(load).collect()
}
