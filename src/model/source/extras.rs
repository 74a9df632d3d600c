//! The additions of an SDK to a model: `….sdk-extras` files.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Extras {
    #[serde(default)]
    merge: Value,
}

/// Merges the `merge` member of extras into the text of a data file. Objects are merged member by member, other values are replaced.
pub(crate) fn merge_extras(text: &str, extras: &str) -> Result<String, serde_json::Error> {
    let Extras { merge: extra } = serde_json::from_str(extras)?;
    let mut value = serde_json::from_str(text)?;
    merge(&mut value, extra);
    Ok(value.to_string())
}

fn merge(into: &mut Value, extra: Value) {
    match (into, extra) {
        (Value::Object(into), Value::Object(extra)) => {
            for (name, value) in extra {
                match into.get_mut(&name) {
                    Some(old) => merge(old, value),
                    None => {
                        into.insert(name, value);
                    }
                }
            }
        }
        (_, Value::Null) => {}
        (into, extra) => *into = extra,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_merged_and_other_values_replaced() {
        let merged = merge_extras(
            r#"{"b":{"x":[1],"y":2},"a":"s"}"#,
            r#"{"version": 1, "merge": {"b": {"x": [2], "z": {}}, "a": {"c": 3}}}"#,
        );
        assert_eq!(
            merged.unwrap(),
            r#"{"b":{"x":[2],"y":2,"z":{}},"a":{"c":3}}"#
        );
        assert_eq!(merge_extras("{}", "{}").unwrap(), "{}");
    }
}
