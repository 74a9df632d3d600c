//! Conversion of DynamoDB's `AttributeValue`s to plain JSON and back.
//!
//! | in the API | as plain JSON |
//! | --- | --- |
//! | `NULL`, `BOOL`, `S`, `L`, `M` | null, boolean, string, array, object |
//! | `N` | a number if JSON can represent it exactly, otherwise `{"$number": "0.1000000000000000000000000001"}` |
//! | `B` | `{"$binary": "AAEC"}`, in base64 |
//! | `SS`, `NS`, `BS` | `{"$set": ["a", "b"]}`, whose elements are in the forms above |
//! | an `M` whose only member is named like a marker | `{"$map": {"$set": 1}}` |
//!
//! A marker is an object whose only member has one of these four names.

mod from_plain;
mod to_plain;
mod to_typed;

pub(crate) use self::from_plain::FromPlain;
pub(crate) use self::to_plain::{Path, PlainOrText, ToPlainOrText, to_plain};
pub(crate) use self::to_typed::to_typed;

use serde_json::{Map, Value};

pub(crate) const BINARY: &str = "$binary";
pub(crate) const MAP: &str = "$map";
pub(crate) const NUMBER: &str = "$number";
pub(crate) const SET: &str = "$set";

/// The members of the shape `AttributeValue`, by which it is recognised.
pub(crate) const TYPES: [&str; 10] = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"];

/// The error text for a parameter that is not an attribute value.
pub(crate) const EXPECTED: &str = "an object, such as {\"N\": \"1\"}; dynamodb::Table and plain_attribute_values take plain values";

/// Whether these are exactly the members of the shape `AttributeValue`.
pub(crate) fn has_all_types<'a>(members: impl Iterator<Item = &'a str>) -> bool {
    let mut count = 0;
    let are_types = members
        .inspect(|_| count += 1)
        .all(|name| TYPES.contains(&name));
    are_types && count == TYPES.len()
}

/// An error of a conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConvertError {
    /// The path in the value, such as `tags[2].name`; empty for the value itself.
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl ConvertError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            reason: reason.into(),
        }
    }

    /// Prepends the name of a member to the path.
    pub(crate) fn in_member(mut self, name: &str) -> Self {
        let gap = match self.path.as_bytes().first() {
            None | Some(b'[') => "",
            Some(_) => ".",
        };
        self.path = format!("{name}{gap}{}", self.path);
        self
    }

    /// Prepends the index of an item to the path.
    pub(crate) fn in_item(self, index: usize) -> Self {
        self.in_member(&format!("[{index}]"))
    }
}

/// The form of attribute values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As plain JSON: `5`.
    Plain,
    /// As in the API: `{"N": "5"}`.
    Typed,
}

impl Form {
    /// Converts a value of the other form to this one.
    pub(crate) fn convert(self, value: Value) -> Result<Value, ConvertError> {
        match self {
            Self::Plain => to_plain(value, Path::Root),
            Self::Typed => to_typed(value),
        }
    }
}

/// An object with one member.
pub(crate) fn object(name: &str, value: impl Into<Value>) -> Value {
    let mut object = Map::with_capacity(1);
    object.insert(name.into(), value.into());
    object.into()
}

fn is_marker(name: &str) -> bool {
    matches!(name, BINARY | MAP | NUMBER | SET)
}

#[cfg(test)]
mod tests {
    use super::to_typed::sole_marker;
    use super::*;
    use crate::decimal::Decimal;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_type_round_trips() {
        let digits = "12345678901234567890123456789012345678";
        let cases = [
            (json!(null), json!({"NULL": true})),
            (json!(true), json!({"BOOL": true})),
            (json!(-3), json!({"N": "-3"})),
            (json!(0.25), json!({"N": "0.25"})),
            (json!(u64::MAX), json!({"N": "18446744073709551615"})),
            (json!({"$number": digits}), json!({"N": digits})),
            (json!(""), json!({"S": ""})),
            (json!({"$binary": "AAEC/w=="}), json!({"B": "AAEC/w=="})),
            (json!([]), json!({"L": []})),
            (json!({}), json!({"M": {}})),
            (
                json!([1, ["a"]]),
                json!({"L": [{"N": "1"}, {"L": [{"S": "a"}]}]}),
            ),
            (
                json!({"a": {"b": null}}),
                json!({"M": {"a": {"M": {"b": {"NULL": true}}}}}),
            ),
            (json!({"$set": ["b", "a"]}), json!({"SS": ["b", "a"]})),
            (
                json!({"$set": [1, 0.5, {"$number": digits}]}),
                json!({"NS": ["1", "0.5", digits]}),
            ),
            (
                json!({"$set": [{"$binary": "AA=="}]}),
                json!({"BS": ["AA=="]}),
            ),
            (
                json!({"$map": {"$set": ["a"]}}),
                json!({"M": {"$set": {"L": [{"S": "a"}]}}}),
            ),
            (
                json!({"$map": {"$map": {"$map": {"$number": 1}}}}),
                json!({"M": {"$map": {"M": {"$number": {"N": "1"}}}}}),
            ),
            (json!({"$ref": "a"}), json!({"M": {"$ref": {"S": "a"}}})),
            (
                json!({"$set": 1, "$map": 2}),
                json!({"M": {"$set": {"N": "1"}, "$map": {"N": "2"}}}),
            ),
        ];
        for (plain, typed) in cases {
            assert_eq!(to_typed(plain.clone()).unwrap(), typed, "{plain}");
            assert_eq!(to_plain(typed, Path::Root).unwrap(), plain, "{plain}");
        }
    }

    #[test]
    fn several_plain_forms_are_accepted() {
        let cases = [
            (json!({"$number": 5}), json!({"N": "5"})),
            (json!({"$number": "1e5"}), json!({"N": "100000"})),
            (json!({"$number": "0e900"}), json!({"N": "0"})),
            (
                json!({"$set": [{"$number": "7"}, 8]}),
                json!({"NS": ["7", "8"]}),
            ),
            (
                json!({"$map": {"a": 1, "b": 2}}),
                json!({"M": {"a": {"N": "1"}, "b": {"N": "2"}}}),
            ),
        ];
        for (plain, expected) in cases {
            assert_eq!(to_typed(plain.clone()).unwrap(), expected, "{plain}");
        }
    }

    #[test]
    fn unsupported_values_are_errors_with_paths() {
        let cases = [
            (json!({"a": [0, {"b": 1e300}]}), "a[1].b", "too large"),
            (
                json!({"$number": "1".repeat(39)}),
                "$number",
                "it has 39 digits",
            ),
            (json!({"$number": "NaN"}), "$number", "not a decimal number"),
            (json!({"$number": null}), "$number", "expected a number"),
            (json!({"$binary": "%"}), "$binary", "not base64"),
            (json!({"$binary": [0]}), "$binary", "in {\"$map\": {…}}"),
            (json!({"x": {"$set": []}}), "x.$set", "empty set"),
            (json!({"$set": ["a", 1]}), "$set[1]", "the type differs"),
            (
                json!({"$set": [1, {"$number": "1.0"}]}),
                "$set[1]",
                "duplicate element",
            ),
            (
                json!({"$set": [null]}),
                "$set[0]",
                "strings, numbers or bytes",
            ),
            (
                json!({"$set": [["a"]]}),
                "$set[0]",
                "strings, numbers or bytes",
            ),
            (json!({"$set": "a"}), "$set", "expected an array"),
            (json!({"$map": []}), "$map", "expected an object"),
        ];
        for (plain, path, reason) in cases {
            let error = to_typed(plain.clone()).unwrap_err();
            assert_eq!(error.path, path, "{plain}");
            assert!(error.reason.contains(reason), "{plain}: {}", error.reason);
        }
        let mut deep = json!(1);
        for _ in 0..200 {
            deep = json!([deep]);
        }
        assert!(
            to_typed(deep)
                .unwrap_err()
                .reason
                .contains("nested too deep")
        );
    }

    #[test]
    fn invalid_attribute_values_are_errors_with_paths() {
        let cases = [
            (json!({}), "an attribute value has one member"),
            (
                json!({"S": "a", "N": "1"}),
                "an attribute value has one member",
            ),
            (
                json!({"M": {"a": {"L": [{"X": 1}]}}}),
                "a[0]: unknown variant `X`",
            ),
            (
                json!({"M": {"a": {"N": "x"}}}),
                "a: it is not a decimal number",
            ),
            (json!({"NS": ["1", ""]}), "it is not a decimal number"),
            (
                json!({"M": {"a": "text"}}),
                "expected an attribute value at a, such as",
            ),
            (json!("text"), "expected an attribute value, such as"),
            (json!({"S": 1}), "expected a string"),
        ];
        for (typed, expected) in cases {
            let error = to_plain(typed.clone(), Path::Root).unwrap_err();
            assert!(error.reason.contains(expected), "{typed}: {}", error.reason);
        }
    }

    /// Any JSON, with names that look like markers.
    fn plain() -> impl Strategy<Value = Value> {
        let name = prop_oneof![
            3 => "[a-c]{1,2}",
            1 => prop_oneof![Just(BINARY), Just(MAP), Just(NUMBER), Just(SET)].prop_map(String::from),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e100..1e100_f64).prop_map(Value::from),
            ".{0,5}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((name.clone(), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Wraps maps that look like markers.
    fn escaped(value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(escaped).collect(),
            Value::Object(members) => {
                let is_like_one = sole_marker(&members).is_some();
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name, escaped(value)));
                let members = Value::Object(members.collect());
                if is_like_one {
                    object(MAP, members)
                } else {
                    members
                }
            }
            other => other,
        }
    }

    /// Whole floats are read back as integers.
    fn same(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Number(a), Value::Number(b)) => {
                Decimal::parse(&a.to_string()) == Decimal::parse(&b.to_string())
            }
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
            }
            (a, b) => a == b,
        }
    }

    proptest! {
        #[test]
        fn any_json_round_trips(value in plain()) {
            let value = escaped(value);
            let typed = to_typed(value.clone()).unwrap();
            let found = to_plain(typed.clone(), Path::Root).unwrap();
            prop_assert!(same(&found, &value), "{} as {} is {}", value, typed, found);
        }

        #[test]
        fn numbers_keep_all_their_digits(
            sign in prop_oneof![Just(""), Just("-")],
            digits in "[1-9]([0-9]{0,36}[1-9])?",
            point in 0..38_usize,
            exponent in -120..80_i64,
        ) {
            let (whole, fraction) = digits.split_at(point.min(digits.len()));
            let text = format!("{sign}{whole}.{fraction}0e{exponent}");
            let typed = to_typed(object(NUMBER, &*text)).unwrap();
            let kept = typed["N"].as_str().unwrap();
            prop_assert_eq!(Decimal::parse(kept), Decimal::parse(&text));
            let found = to_plain(typed, Path::Root).unwrap();
            let found = found.get(NUMBER).and_then(Value::as_str).map_or_else(|| found.to_string(), str::to_owned);
            prop_assert_eq!(Decimal::parse(&found), Decimal::parse(&text));
        }
    }
}
