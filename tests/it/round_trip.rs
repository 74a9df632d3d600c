//! Properties of the codecs: random values of the shapes of real models survive a round trip, and reading ends for any
//! input.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tucuxi::internals::{decode, decode_error, encode, ini};
use tucuxi::model::{Embedded, Kind, Location, ModelSource, ServiceModel, ShapeId};

/// Services of every protocol whose requests and responses have the same format.
const SERVICES: [&str; 6] = [
    "dynamodb",       // json
    "kms",            // json
    "eventbridgev2",  // cbor
    "cloudwatchomni", // cbor
    "lambda",         // rest-json
    "cloudfront",     // rest-xml
];

/// A model whose operations return their input.
#[derive(Debug)]
struct Echo {
    model: ServiceModel,
    operations: Vec<String>,
}

static ECHOES: LazyLock<Vec<Echo>> =
    LazyLock::new(|| SERVICES.iter().map(|name| Echo::of(name)).collect());

impl Echo {
    fn of(name: &str) -> Self {
        let version = Embedded.versions(name, "service-2").unwrap().pop().unwrap();
        let text = Embedded
            .load(&format!("{name}/{version}/service-2"))
            .unwrap()
            .unwrap();
        let mut raw: Value = serde_json::from_str(&text).unwrap();
        for operation in raw["operations"].as_object_mut().unwrap().values_mut() {
            operation["output"] = operation["input"].clone();
        }
        let model = ServiceModel::parse(name, raw.to_string()).unwrap();
        let echoes = |name: &&str| {
            let operation = model.operation(name).unwrap();
            let input = operation
                .input
                .and_then(|id| model.shape(id).ok()?.members());
            input.is_some_and(|members| {
                members.payload().is_none()
                    && !members.is_empty()
                    && members.iter().all(|m| matches!(m.location, Location::Body))
            })
        };
        let operations = model
            .operation_names()
            .filter(echoes)
            .map(Into::into)
            .collect();
        Self { model, operations }
    }
}

/// A random value of a shape, in the form of results.
fn value(model: &'static ServiceModel, id: ShapeId, depth: u32) -> BoxedStrategy<Value> {
    let shape = model.shape(id).unwrap();
    match &shape.kind {
        Kind::Blob => proptest::collection::vec(any::<u8>(), 0..12)
            .prop_map(|bytes| {
                base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes).into()
            })
            .boxed(),
        Kind::Boolean => any::<bool>().prop_map(Into::into).boxed(),
        Kind::Integer => any::<i32>().prop_map(Into::into).boxed(),
        Kind::Long => any::<i64>().prop_map(Into::into).boxed(),
        Kind::Float => any::<f32>()
            .prop_filter("finite", |f| f.is_finite())
            .prop_map(|f| f64::from(f).into())
            .boxed(),
        Kind::Double => any::<f64>()
            .prop_filter("finite", |f| f.is_finite())
            .prop_map(Into::into)
            .boxed(),
        // XML cannot contain control characters
        Kind::String => "[ -~\\t\\n\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]{0,10}"
            .prop_map(Into::into)
            .boxed(),
        Kind::Timestamp => (0..4_000_000_000_i64, 0..1000_u32)
            .prop_map(|(s, ms)| {
                let instant = jiff::Timestamp::new(s, ms as i32 * 1_000_000).unwrap();
                instant.to_string().into()
            })
            .boxed(),
        Kind::Document => Just(json!({"a": [1, null, "x"]})).boxed(),
        Kind::List(of) => match depth {
            0 => Just(json!([])).boxed(),
            _ => proptest::collection::vec(value(model, of.target, depth - 1), 1..3)
                .prop_map(Into::into)
                .boxed(),
        },
        Kind::Map { value: of, .. } => match depth {
            0 => Just(json!({})).boxed(),
            _ => {
                proptest::collection::vec(("[a-z]{1,5}", value(model, of.target, depth - 1)), 1..3)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect()))
                    .boxed()
            }
        },
        Kind::Structure(members) => {
            let mut all = Just(Map::new()).boxed();
            for member in members.iter().filter(|_| depth > 0) {
                let one = proptest::option::weighted(0.4, value(model, member.target, depth - 1));
                all = (all, one)
                    .prop_map(|(mut all, one)| {
                        if let Some(one) = one {
                            all.insert((*member.name).into(), one);
                        }
                        all
                    })
                    .boxed();
            }
            all.prop_map(Into::into).boxed()
        }
        Kind::Union(members) => {
            let members: Vec<_> = members.iter().collect();
            match depth {
                0 => Just(json!({})).boxed(),
                _ => proptest::sample::select(members)
                    .prop_flat_map(move |member| {
                        value(model, member.target, depth - 1).prop_map(|value| {
                            Value::Object(Map::from_iter([(member.name.to_string(), value)]))
                        })
                    })
                    .boxed(),
            }
        }
        other => unreachable!("{other:?}"),
    }
}

/// A service, one of its operations, and parameters.
fn calls() -> impl Strategy<Value = (&'static Echo, &'static str, Value)> {
    (0..ECHOES.len(), any::<prop::sample::Index>()).prop_flat_map(|(service, index)| {
        let echo = &ECHOES[service];
        let name = &**index.get(&echo.operations);
        let input = echo.model.operation(name).unwrap().input.unwrap();
        value(&echo.model, input, 4).prop_map(move |params| (echo, name, params))
    })
}

/// Removes values that XML cannot represent: empty lists and maps, and structures without members.
fn without_empties(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .map(|(name, value)| (name.clone(), without_empties(value)));
            Value::Object(kept.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(items) => items.iter().map(without_empties).collect(),
        other => other.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn written_values_are_read_back((echo, operation, params) in calls()) {
        let body = encode(&echo.model, operation, params.clone()).unwrap();
        let (found, text) = decode(&echo.model, operation, &body).unwrap_or_else(|e| {
            panic!("{operation}: {e}: {}", String::from_utf8_lossy(&body))
        });
        let (mut found_shown, mut expected) = (without_empties(&found), without_empties(&params));
        found_shown.sort_all_objects();
        expected.sort_all_objects();
        prop_assert_eq!(found_shown, expected, "{} {}", operation, String::from_utf8_lossy(&body));
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), found);
    }

    #[test]
    fn a_cut_or_changed_body_ends_with_a_result_or_an_error(
        (echo, operation, params) in calls(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut body = encode(&echo.model, operation, params).unwrap();
        if !body.is_empty() {
            let at = at.index(body.len());
            match cut {
                true => body.truncate(at),
                false => body[at] = byte,
            }
        }
        let _ = decode(&echo.model, operation, &body);
        decode_error(&echo.model, operation, &body);
    }

    #[test]
    fn any_bytes_end_with_a_result_or_an_error(
        service in 0..SERVICES.len(), index in any::<prop::sample::Index>(), body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let echo = &ECHOES[service];
        let operation = index.get(&echo.operations);
        let _ = decode(&echo.model, operation, &body);
        decode_error(&echo.model, operation, &body);
        let _ = ini(&body);
    }
}

#[test]
fn the_last_of_duplicate_members_wins() {
    let echo = &ECHOES[0];
    let (found, text) = decode(
        &echo.model,
        "DescribeTable",
        br#"{"TableName":"a","TableName":"b"}"#,
    )
    .unwrap();
    assert_eq!(found, json!({"TableName": "b"}));
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), found);
}

#[test]
fn entities_are_never_expanded() {
    let bomb = r#"<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><r><Comment>&b;</Comment></r>"#;
    let echo = &ECHOES[5];
    let error = decode(&echo.model, "CreateInvalidation", bomb.as_bytes());
    if let Ok((found, _)) = error {
        assert!(!found.to_string().contains("aaaa"), "{found}");
    }
}
