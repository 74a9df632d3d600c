//! CBOR items as a member of a result.

use serde_json::{Value, json};

use crate::compare;
use crate::service::{answer, complete};
use crate::suite::{Suite, Verdict, finish, folder, json as read};

#[test]
fn cbor() {
    let Some(root) = folder("cbor") else { return };
    let mut good = Suite::new("cbor decode-success");
    for case in read(&root.join("decode-success-tests.json"))
        .as_array()
        .unwrap()
    {
        good.case(case["description"].as_str().unwrap(), || success(case));
    }
    let mut bad = Suite::new("cbor decode-error");
    for case in read(&root.join("decode-error-tests.json"))
        .as_array()
        .unwrap()
    {
        bad.case(case["description"].as_str().unwrap(), || failure(case));
    }
    finish([good, bad]);
}

/// `{"v": item}`
fn body(case: &Value) -> Vec<u8> {
    let hex = case["input"].as_str().unwrap();
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let item = (0..hex.len()).step_by(2).map(byte);
    [0xa1, 0x61, b'v'].into_iter().chain(item).collect()
}

/// A service whose only result member has this shape.
fn model(shapes: Value) -> Value {
    let mut all = json!({"Output": {"type": "structure", "members": {"v": {"shape": "V"}}}});
    all.as_object_mut()
        .unwrap()
        .extend(shapes.as_object().unwrap().clone());
    complete(json!({
        "metadata": {"protocol": "smithy-rpc-v2-cbor"}, "shapes": all,
        "operations": {"Get": {"name": "Get", "output": {"shape": "Output"}}},
    }))
}

const HEADERS: [(&str, &str); 1] = [("smithy-protocol", "rpc-v2-cbor")];

fn success(case: &Value) -> Verdict {
    let mut shapes = json!({});
    let (expected, known) = shape_of(&case["expect"], "V", &mut shapes);
    if !known {
        return Verdict::Skipped("a tag that Smithy RPC v2 does not have");
    }
    let is_beyond = |n: &Value| n.as_f64().is_some_and(|n| n < i64::MIN as f64);
    if is_beyond(&expected)
        || expected
            .as_object()
            .is_some_and(|map| map.values().any(is_beyond))
    {
        return Verdict::Skipped("an integer that no type of botocore's models holds");
    }
    match answer(&model(shapes), "Get", 200, &HEADERS, body(case)) {
        Ok(found) => compare::json(&found["v"], &expected).into(),
        Err(error) => Verdict::Failed(error.to_string()),
    }
}

/// The value in our convention, and whether it has a shape, which is added to `shapes`.
fn shape_of(expect: &Value, name: &str, shapes: &mut Value) -> (Value, bool) {
    let (kind, value) = expect.as_object().unwrap().iter().next().unwrap();
    let mut known = true;
    let mut scalar = |kind: &str, value: Value| {
        shapes[name] = json!({"type": kind});
        value
    };
    let value = match &**kind {
        "uint" | "negint" => scalar("long", value.clone()),
        "bool" => scalar("boolean", value.clone()),
        "string" => scalar("string", value.clone()),
        "null" | "undefined" => scalar("string", Value::Null),
        "float32" => scalar(
            "float",
            float(f32::from_bits(value.as_u64().unwrap() as u32).into()),
        ),
        "float64" => scalar("double", float(f64::from_bits(value.as_u64().unwrap()))),
        "bytestring" => {
            let bytes: Vec<u8> = serde_json::from_value(value.clone()).unwrap();
            scalar(
                "blob",
                base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes).into(),
            )
        }
        "list" => {
            let of = format!("{name}Item");
            shapes[name] = json!({"type": "list", "member": {"shape": of}});
            let mut items = Vec::new();
            for item in value.as_array().unwrap() {
                let (item, is_known) = shape_of(item, &of, shapes);
                known &= is_known;
                items.push(item);
            }
            if items.is_empty() {
                shapes[&*of] = json!({"type": "string"});
            }
            items.into()
        }
        "map" => {
            let of = format!("{name}Value");
            shapes[name] = json!({"type": "map", "key": {"shape": "Text"}, "value": {"shape": of}});
            shapes["Text"] = json!({"type": "string"});
            let mut entries = serde_json::Map::new();
            for (key, value) in value.as_object().unwrap() {
                let (value, is_known) = shape_of(value, &of, shapes);
                known &= is_known;
                if !value.is_null() {
                    entries.insert(key.clone(), value);
                }
            }
            if shapes.get(&*of).is_none() {
                shapes[&*of] = json!({"type": "string"});
            }
            entries.into()
        }
        _ => {
            known = false;
            Value::Null
        }
    };
    (value, known)
}

fn failure(case: &Value) -> Verdict {
    let model = model(json!({"V": {"type": "list", "member": {"shape": "V"}}}));
    match answer(&model, "Get", 200, &HEADERS, body(case)) {
        Ok(found) => Verdict::Failed(format!("it is read as {found}")),
        Err(_) => Verdict::Passed,
    }
}

fn float(n: f64) -> Value {
    match n {
        _ if n.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        n => n.into(),
    }
}
