//! The arguments of a tool.

use serde_json::{Map, Value};
use tucuxi::internals::command::nearest;

use super::Mistake;

/// Arguments that exist only if the server allows them, and the options that do.
const CHOICES: [(&str, &str); 2] = [
    ("profile", "--allow-profiles"),
    ("region", "--allow-regions"),
];

/// Arguments that a tool has.
pub(super) struct Arguments<'a>(Option<&'a Map<String, Value>>);

impl<'a> Arguments<'a> {
    /// Checks the names of arguments, their types and which are missing.
    pub(super) fn read(
        given: &'a Value,
        properties: &Value,
        required: &[&str],
    ) -> Result<Self, Mistake> {
        let given = match given {
            Value::Null => None,
            Value::Object(given) => Some(given),
            _ => return Err(Mistake::new("the arguments must be an object")),
        };
        let known = || properties.as_object().into_iter().flatten();
        let mut wrong = Vec::new();
        for (name, value) in given.into_iter().flatten() {
            match properties.get(name) {
                Some(property) => wrong.extend(wrong_type(name, value, property)),
                None => wrong.push(unknown(name, known().map(|(known, _)| known.as_str()))),
            }
        }
        let is_given = |name: &&str| given.is_some_and(|given| given.contains_key(*name));
        let missing = required.iter().filter(|name| !is_given(name));
        wrong.extend(missing.map(|name| format!("{name} is missing")));
        match wrong.is_empty() {
            true => Ok(Self(given)),
            false => Err(Mistake::new(wrong.join("; ")).with("arguments", properties.clone())),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        let number = self.get(name)?.as_u64()?;
        Some(usize::try_from(number).unwrap_or(usize::MAX))
    }

    /// An object, or a text that has one.
    pub(super) fn object(&self, name: &str) -> Result<Option<Value>, Mistake> {
        match self.get(name) {
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(value @ Value::Object(_)) => Ok(Some(value)),
                Ok(_) => Err(Mistake::new(format!("{name} must be an object"))),
                Err(error) => {
                    let message =
                        format!("{name} must be an object, and the text is no JSON: {error}");
                    Err(Mistake::new(message))
                }
            },
            other => Ok(other.cloned()),
        }
    }

    /// The service and the operation, which may be written as one: `s3:ListBuckets`.
    pub(super) fn operation(&self) -> Result<(String, String), Mistake> {
        let operation = self
            .text("operation")
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let service = self
            .text("service")
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let whole = operation.or(service).unwrap_or_default();
        let parts = whole
            .split_once([':', '.', ' '])
            .map(|(a, b)| (a.to_owned(), b.trim().to_owned()));
        match (service, operation, parts) {
            (Some(service), Some(operation), None) => Ok((service.into(), operation.into())),
            // the service counts that is named beside the operation
            (Some(service), Some(_), Some((_, operation))) => Ok((service.into(), operation)),
            (_, _, Some(parts)) => Ok(parts),
            (None, ..) => Err(Mistake::new(
                "service is missing; search_operations finds operations with their services",
            )),
            _ => Err(Mistake::new(
                "operation is missing; search_operations finds operations",
            )),
        }
    }
}

fn wrong_type(name: &str, value: &Value, property: &Value) -> Option<String> {
    let expected = &property["type"];
    let fits = |kind: &str| match kind {
        "integer" => value.is_u64(),
        "object" => value.is_object(),
        "boolean" => value.is_boolean(),
        _ => value.is_string(),
    };
    let fits = match expected {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(fits),
        kind => kind.as_str().is_none_or(fits),
    };
    if value.is_null() || fits {
        return None;
    }
    Some(format!(
        "{name} must be {}",
        expected.to_string().replace('"', "")
    ))
}

fn unknown<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    if let Some((_, option)) = CHOICES.iter().find(|(choice, _)| *choice == name) {
        return format!(
            "this server does not let a call choose its {name}; a person can allow it with {option}"
        );
    }
    let near = nearest(name, known.clone());
    let what = match near.first() {
        Some(near) => format!("did you mean {near}?"),
        None => {
            let names: Vec<&str> = known.collect();
            let members = match names.contains(&"parameters") {
                true => "; parameters of the operation are members of parameters",
                false => "",
            };
            format!("the arguments are {}{members}", names.join(", "))
        }
    };
    format!("there is no argument {name}; {what}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn properties() -> Value {
        json!({
            "service": {"type": "string"}, "operation": {"type": "string"},
            "parameters": {"type": ["object", "string"]}, "limit": {"type": "integer"},
        })
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (given, expected) in [
            (json!([]), "the arguments must be an object"),
            (json!({"service": 7}), "service must be string"),
            (json!({"limit": -1}), "limit must be integer"),
            (
                json!({"parameters": [1]}),
                "parameters must be [object,string]",
            ),
            (
                json!({"servic": "s3"}),
                "there is no argument servic; did you mean service?",
            ),
            (
                json!({"Bucket": "b"}),
                "there is no argument Bucket; the arguments are service, operation, parameters, limit; \
                 parameters of the operation are members of parameters",
            ),
        ] {
            let mistake = Arguments::read(&given, &properties(), &[]).err().unwrap();
            assert_eq!(mistake.message, expected, "{given}");
        }
        let none = Arguments::read(&Value::Null, &properties(), &["service"]);
        assert_eq!(none.err().unwrap().message, "service is missing");
    }

    #[test]
    fn an_operation_may_be_written_with_its_service() {
        for (given, expected) in [
            (
                json!({"service": "s3", "operation": "ListBuckets"}),
                Some(("s3", "ListBuckets")),
            ),
            (
                json!({"service": "s3", "operation": "s3:ListBuckets"}),
                Some(("s3", "ListBuckets")),
            ),
            (
                json!({"operation": "s3.ListBuckets"}),
                Some(("s3", "ListBuckets")),
            ),
            (
                json!({"service": "s3 list-buckets"}),
                Some(("s3", "list-buckets")),
            ),
            (json!({"operation": "ListBuckets"}), None),
            (json!({"service": "s3"}), None),
            (json!({}), None),
        ] {
            let found = Arguments(given.as_object()).operation().ok();
            let expected = expected.map(|(service, operation)| (service.into(), operation.into()));
            assert_eq!(found, expected, "{given}");
        }
    }

    #[test]
    fn an_object_may_be_written_as_text() {
        for (given, expected) in [
            (json!({"a": 1}), Ok(Some(json!({"a": 1})))),
            (json!("{\"a\": 1}"), Ok(Some(json!({"a": 1})))),
            (json!(""), Ok(None)),
            (json!(null), Ok(None)),
            (json!("[1]"), Err("parameters must be an object")),
        ] {
            let all = json!({"parameters": given});
            let found = Arguments(all.as_object()).object("parameters");
            assert_eq!(
                found
                    .map_err(|mistake| mistake.message)
                    .as_ref()
                    .map_err(|text| &**text),
                expected.as_ref().map_err(|text| &**text)
            );
        }
    }
}
