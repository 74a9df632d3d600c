//! Each trait that the Smithy dialect reads, in a service with one operation: what is sent, what is read, and what tools see.

mod introspected;
mod requests;
mod responses;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tucuxi::model::Memory;
use tucuxi::transport::Replay;
use tucuxi::{Client, ConfigBuilder, Credentials};

use crate::{isolated, unsigned};

/// A service with one operation. Absent parts are those of a plain service.
#[derive(Clone, Default)]
struct Service {
    /// The protocol's trait; `restJson1` if empty.
    protocol: &'static str,
    service: Value,
    operation: Value,
    input: Value,
    output: Value,
    shapes: Value,
    /// Whether the service is one of AWS's, which signs.
    is_signed: bool,
}

/// A member: a type of the prelude or a shape of the model, and its traits.
fn member(target: &str, traits: Value) -> Value {
    let target = match target.strip_prefix('#') {
        Some(own) => format!("t#{own}"),
        None => format!("smithy.api#{target}"),
    };
    json!({"target": target, "traits": traits})
}

/// The ids of traits that models of these tests have.
static USED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

impl Service {
    fn protocol(&self) -> &'static str {
        match self.protocol {
            "" => "aws.protocols#restJson1",
            other => other,
        }
    }

    fn model(&self) -> Value {
        let merged = |base: Value, more: &Value| {
            let mut base = base.as_object().unwrap().clone();
            base.extend(more.as_object().cloned().unwrap_or_default());
            Value::Object(base)
        };
        let mut service = json!({self.protocol(): {}});
        if self.is_signed {
            service["aws.auth#sigv4"] = json!({"name": "t"});
        }
        let structure =
            |members: &Value| json!({"type": "structure", "members": merged(json!({}), members)});
        let error = json!({"type": "structure", "members": {"message": member("String", json!({}))},
            "traits": {"smithy.api#error": "client"}});
        let shapes = json!({
            "t#T": {"type": "service", "version": "1", "operations": [{"target": "t#Op"}],
                "traits": merged(service, &self.service)},
            "t#Op": {
                "type": "operation", "input": {"target": "t#In"}, "output": {"target": "t#Out"}, "errors": [{"target": "t#Bad"}],
                "traits": merged(json!({"smithy.api#http": {"method": "POST", "uri": "/op"}}), &self.operation),
            },
            "t#In": structure(&self.input), "t#Out": structure(&self.output), "t#Bad": error,
        });
        let shapes = merged(shapes, &self.shapes);
        note(&shapes);
        json!({"smithy": "2.0", "shapes": shapes})
    }

    fn client(&self, replay: Replay) -> (Client, Arc<Replay>) {
        self.client_with(replay, |config| config)
    }

    fn client_with(
        &self,
        replay: Replay,
        change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) -> (Client, Arc<Replay>) {
        let models = Memory::new().with("t/1/service-2", self.model().to_string());
        let config = match self.is_signed {
            true => isolated().credentials(Credentials::new("AKID", "secret")),
            false => unsigned(),
        };
        let config = change(config.endpoint_url("https://t.example").max_attempts(1));
        let replay = Arc::new(replay);
        let client = Client::with_models(config.build().unwrap(), replay.clone(), models);
        (client.unwrap(), replay)
    }
}

/// Notes the traits of a model.
fn note(shapes: &Value) {
    let mut left = vec![shapes];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(members) => {
                let traits = members.get("traits").and_then(Value::as_object);
                let ids = traits.into_iter().flat_map(Map::keys).cloned();
                USED.lock().unwrap().extend(ids);
                left.extend(members.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
}

/// A trait that the dialect reads without a case here fails this test.
#[test]
fn every_trait_of_the_dialect_has_a_case() {
    requests::run();
    responses::run();
    introspected::run();
    let sources = [
        include_str!("../../../../src/model/smithy/traits.rs"),
        include_str!("../../../../src/model/smithy/operation.rs"),
        include_str!("../../../../src/model/smithy/service.rs"),
        include_str!("../../../../src/model/smithy/notes.rs"),
        include_str!("../../../../src/model/smithy/files.rs"),
        include_str!("../../../../src/model/smithy/flatten.rs"),
    ];
    // the rest are in the tests of the auth schemes and of the discovery of endpoints
    let elsewhere = |id: &str| {
        let (_, name) = id.split_once('#').unwrap();
        name.starts_with("http") && name.ends_with("Auth") || name == "Unit" || name == "sigv4a"
    };
    let used = USED.lock().unwrap();
    let texts = sources.iter().flat_map(|source| source.split('"'));
    let is_id = |text: &&str| {
        let name = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_')
        };
        text.split_once('#').is_some_and(|(space, id)| {
            (space.starts_with("smithy.") || space.starts_with("aws.")) && name(space) && name(id)
        })
    };
    let missing: BTreeSet<&str> = texts
        .filter(is_id)
        .filter(|id| !used.contains(*id) && !elsewhere(id))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
