//! The `AttributeValue` of DynamoDB as plain JSON, and back.
//!
//! | in the API | as plain JSON |
//! | --- | --- |
//! | `NULL`, `BOOL`, `S`, `L`, `M` | null, boolean, string, array, object |
//! | `N` | a number where JSON has just this one, else `{"$number": "0.1000000000000000000000000001"}` |
//! | `B` | `{"$binary": "AAEC"}`, in base64 |
//! | `SS`, `NS`, `BS` | `{"$set": ["a", "b"]}`; what is in it is in the forms above |
//! | an `M` whose one member has a name as above | `{"$map": {"$set": 1}}` |
//!
//! A marker is an object of one member with one of these four names, so no other object is taken for one.

mod from_plain;

pub(crate) use self::from_plain::FromPlain;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::decimal::{Decimal, DecimalError};

/// How deep a plain value may nest: as deep as responses may. The service takes 32 levels.
const MAX_DEPTH: usize = 128;

pub(crate) const BINARY: &str = "$binary";
pub(crate) const MAP: &str = "$map";
pub(crate) const NUMBER: &str = "$number";
pub(crate) const SET: &str = "$set";

/// The members of the shape, by which it is known.
pub(crate) const TYPES: [&str; 10] = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"];

/// Why a value cannot be one of the other form, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Such as `tags[2].name`; empty for the whole.
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            reason: reason.into(),
        }
    }

    /// The same, of what has it as a member.
    pub(crate) fn in_member(mut self, name: &str) -> Self {
        let gap = match self.path.as_bytes().first() {
            None | Some(b'[') => "",
            Some(_) => ".",
        };
        self.path = format!("{name}{gap}{}", self.path);
        self
    }

    /// The same, of what has it as an item.
    pub(crate) fn in_item(self, index: usize) -> Self {
        self.in_member(&format!("[{index}]"))
    }
}

/// The two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Typed,
}

impl Form {
    /// A value of the other form, in this one.
    pub(crate) fn of(self, value: Value) -> Result<Value, Fault> {
        match self {
            Self::Plain => to_plain(value, Place::Root),
            Self::Typed => to_typed(value),
        }
    }
}

/// An object of one member.
pub(crate) fn object(name: &str, value: impl Into<Value>) -> Value {
    let mut object = Map::with_capacity(1);
    object.insert(name.into(), value.into());
    object.into()
}

fn is_marker(name: &str) -> bool {
    matches!(name, BINARY | MAP | NUMBER | SET)
}

// ── plain to typed ───────────────────────────────────────────────────────────────────────────────────────────────────

/// A plain value as an `AttributeValue`.
pub(crate) fn to_typed(plain: Value) -> Result<Value, Fault> {
    typed(plain, 0)
}

fn typed(plain: Value, depth: usize) -> Result<Value, Fault> {
    if depth == MAX_DEPTH {
        return Err(Fault::new("nested too deep: DynamoDB takes 32 levels"));
    }
    Ok(match plain {
        Value::Null => object("NULL", true),
        Value::Bool(yes) => object("BOOL", yes),
        Value::Number(number) => object("N", number_text(&number)?),
        Value::String(text) => object("S", text),
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            let items = items.map(|(n, item)| typed(item, depth + 1).map_err(|f| f.in_item(n)));
            object("L", items.collect::<Result<Vec<_>, _>>()?)
        }
        Value::Object(mut members) => match sole_marker(&members) {
            None => typed_map(members, depth)?,
            // there is a member, for it has the name
            Some(marker) => {
                let held = members.values_mut().next().map(Value::take);
                typed_marker(marker, held.unwrap_or_default(), depth)
                    .map_err(|fault| fault.in_member(marker))?
            }
        },
    })
}

fn sole_marker(members: &Map<String, Value>) -> Option<&'static str> {
    let name = members.keys().next().filter(|_| members.len() == 1)?;
    [BINARY, MAP, NUMBER, SET]
        .into_iter()
        .find(|marker| name == marker)
}

fn typed_map(members: Map<String, Value>, depth: usize) -> Result<Value, Fault> {
    let mut out = Map::with_capacity(members.len());
    for (name, value) in members {
        let value = typed(value, depth + 1).map_err(|fault| fault.in_member(&name))?;
        out.insert(name, value);
    }
    Ok(object("M", out))
}

fn typed_marker(marker: &'static str, held: Value, depth: usize) -> Result<Value, Fault> {
    match (marker, held) {
        (BINARY, Value::String(text)) => match BASE64_STANDARD.decode(&text) {
            Ok(_) => Ok(object("B", text)),
            Err(reason) => Err(Fault::new(format!("not base64: {reason}"))),
        },
        (NUMBER, Value::String(text)) => Ok(object("N", fitting(&text)?)),
        (NUMBER, Value::Number(number)) => Ok(object("N", number_text(&number)?)),
        (SET, Value::Array(elements)) => typed_set(elements),
        (MAP, Value::Object(members)) => typed_map(members, depth),
        (BINARY, _) => Err(mistaken("bytes, as a text in base64")),
        (NUMBER, _) => Err(mistaken("a number, as a text")),
        (SET, _) => Err(mistaken("an array")),
        _ => Err(mistaken("an object")),
    }
}

fn mistaken(expected: &str) -> Fault {
    Fault::new(format!(
        "here must be {expected}; a map that has this name for its one member goes into {{\"{MAP}\": {{…}}}}"
    ))
}

/// The text of a JSON number that DynamoDB takes.
fn number_text(number: &Number) -> Result<String, Fault> {
    let text = number.to_string();
    match number.is_f64() {
        true => fitting(&text),
        false => Ok(text),
    }
}

/// The one text that a number has, however it was given.
fn fitting(text: &str) -> Result<String, Fault> {
    let decimal = Decimal::fitting(text);
    let decimal = decimal.map_err(|why| Fault::new(format!("{text:?}: {why}")))?;
    Ok(decimal.to_string())
}

fn typed_set(elements: Vec<Value>) -> Result<Value, Fault> {
    let mut tag = None;
    let mut known = HashSet::with_capacity(elements.len());
    let mut texts = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let (own, text) = typed_element(element).map_err(|fault| fault.in_item(index))?;
        if *tag.get_or_insert(own) != own {
            let what = "another type than those before it: a set of DynamoDB has strings, numbers or bytes, not several";
            return Err(Fault::new(what).in_item(index));
        }
        if !known.insert(text.clone()) {
            let what = "it is in the set already, and DynamoDB takes each element once";
            return Err(Fault::new(what).in_item(index));
        }
        texts.push(Value::String(text));
    }
    match tag {
        Some(tag) => Ok(object(tag, texts)),
        None => Err(Fault::new(
            "an empty set: DynamoDB takes none; leave the attribute out",
        )),
    }
}

/// The type of the set that an element may be in, and its text there.
fn typed_element(element: Value) -> Result<(&'static str, String), Fault> {
    let mut typed = match element {
        Value::Number(_) | Value::String(_) | Value::Object(_) => typed(element, 0)?,
        _ => Value::Null,
    };
    for (tag, of) in [("S", "SS"), ("N", "NS"), ("B", "BS")] {
        if let Some(Value::String(text)) = typed.get_mut(tag).map(Value::take) {
            return Ok((of, text));
        }
    }
    Err(Fault::new(
        "a set of DynamoDB has strings, numbers or bytes, and nothing else",
    ))
}

// ── typed to plain ───────────────────────────────────────────────────────────────────────────────────────────────────

/// An `AttributeValue` as a plain value. Of a fault the place stands in its text.
pub(crate) fn to_plain(typed: Value, at: Place<'_>) -> Result<Value, Fault> {
    let read = ToPlain(at).deserialize(typed);
    read.map_err(|error| Fault::new(error.to_string()))
}

/// The target of a reader of an `AttributeValue`: its plain value.
#[derive(Clone, Copy)]
pub(crate) struct ToPlain<'p>(pub(crate) Place<'p>);

/// The same, but a text may be a part of what is read.
#[derive(Clone, Copy)]
pub(crate) struct ToPlainOrText;

/// What it finds.
pub(crate) enum PlainOrText<'de> {
    Plain(Value),
    Text(Cow<'de, str>),
}

/// Where a value is, for errors.
#[derive(Clone, Copy)]
pub(crate) enum Place<'p> {
    Item(&'p Self, usize),
    Member(&'p Self, &'p str),
    Root,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(of, index) => write!(f, "{of}[{index}]"),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(of, name) => write!(f, "{of}.{name}"),
            Self::Root => Ok(()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ToPlainOrText {
    type Value = PlainOrText<'de>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ToPlainOrText {
    type Value = PlainOrText<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ToPlain(Place::Root).expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let place = Place::Root;
        let found = match place.tag(&mut access)? {
            Tag::Text => PlainOrText::Text(access.next_value::<Text<'de>>()?.0),
            tag => PlainOrText::Plain(place.held(tag, &mut access)?),
        };
        place.end(access)?;
        Ok(found)
    }
}

/// A text that is borrowed where it can be.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Place<'_> {
    fn fault<E: serde::de::Error>(&self, what: impl fmt::Display) -> E {
        match self {
            Self::Root => E::custom(what),
            _ => E::custom(format_args!("{self}: {what}")),
        }
    }

    fn tag<'de, A: MapAccess<'de>>(&self, access: &mut A) -> Result<Tag, A::Error> {
        let tag = access.next_key().map_err(|e| self.fault(e))?;
        tag.ok_or_else(|| self.fault(NOT_ONE))
    }

    /// The plain value of what is held by this tag.
    fn held<'de, A: MapAccess<'de>>(&self, tag: Tag, access: &mut A) -> Result<Value, A::Error> {
        Ok(match tag {
            Tag::Binary => binary(access.next_value()?),
            Tag::BinarySet => set(access.next_value::<Vec<String>>()?.into_iter().map(binary)),
            Tag::Bool => Value::Bool(access.next_value()?),
            Tag::List => access.next_value_seed(ListToPlain(*self))?,
            Tag::Map => access.next_value_seed(MapToPlain(*self))?,
            Tag::Null => {
                access.next_value::<IgnoredAny>()?;
                Value::Null
            }
            Tag::Number => number(access.next_value()?).map_err(|e| self.fault(e))?,
            Tag::NumberSet => {
                let texts = access.next_value::<Vec<String>>()?.into_iter();
                let numbers = texts.map(number).collect::<Result<Vec<_>, _>>();
                set(numbers.map_err(|e| self.fault(e))?)
            }
            Tag::Text => Value::String(access.next_value()?),
            Tag::TextSet => set(access.next_value::<Vec<String>>()?),
        })
    }

    fn end<'de, A: MapAccess<'de>>(&self, mut access: A) -> Result<(), A::Error> {
        match access.next_key::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(self.fault(NOT_ONE)),
        }
    }
}

#[derive(Deserialize)]
enum Tag {
    #[serde(rename = "B")]
    Binary,
    #[serde(rename = "BS")]
    BinarySet,
    #[serde(rename = "BOOL")]
    Bool,
    #[serde(rename = "L")]
    List,
    #[serde(rename = "M")]
    Map,
    #[serde(rename = "NULL")]
    Null,
    #[serde(rename = "N")]
    Number,
    #[serde(rename = "NS")]
    NumberSet,
    #[serde(rename = "S")]
    Text,
    #[serde(rename = "SS")]
    TextSet,
}

impl<'de> DeserializeSeed<'de> for ToPlain<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ToPlain<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Place::Root => f.write_str("an attribute value, such as {\"S\": \"text\"}"),
            place => write!(
                f,
                "an attribute value at {place}, such as {{\"S\": \"text\"}}"
            ),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let tag = self.0.tag(&mut access)?;
        let value = self.0.held(tag, &mut access)?;
        self.0.end(access)?;
        Ok(value)
    }
}

const NOT_ONE: &str = "an attribute value has one member, whose name is its type: S, N, B, SS, NS, BS, M, L, NULL or BOOL";

fn binary(base64: String) -> Value {
    object(BINARY, base64)
}

/// A number of DynamoDB as a plain value.
fn number(text: String) -> Result<Value, DecimalError> {
    if let Ok(integer) = text.parse::<i64>() {
        return Ok(integer.into()); // nearly all are
    }
    let decimal = Decimal::parse(&text)?;
    Ok(match decimal.json_number() {
        Some(number) => number.into(),
        None => object(NUMBER, decimal.to_string()),
    })
}

fn set<T: Into<Value>>(elements: impl IntoIterator<Item = T>) -> Value {
    let elements: Vec<Value> = elements.into_iter().map(Into::into).collect();
    object(SET, elements)
}

struct ListToPlain<'p>(Place<'p>);

impl<'de> DeserializeSeed<'de> for ListToPlain<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListToPlain<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of attribute values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) =
            access.next_element_seed(ToPlain(Place::Item(&self.0, items.len())))?
        {
            items.push(item);
        }
        Ok(items.into())
    }
}

struct MapToPlain<'p>(Place<'p>);

impl<'de> DeserializeSeed<'de> for MapToPlain<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MapToPlain<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attribute values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(ToPlain(Place::Member(&self.0, &name)))?;
            members.insert(name, value);
        }
        let is_like_a_marker = members.len() == 1 && members.keys().any(|name| is_marker(name));
        let members = Value::Object(members);
        Ok(match is_like_a_marker {
            true => object(MAP, members),
            false => members,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_type_goes_there_and_back() {
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
            assert_eq!(to_plain(typed, Place::Root).unwrap(), plain, "{plain}");
        }
    }

    #[test]
    fn more_than_one_plain_form_is_taken() {
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
    fn what_dynamodb_does_not_take_is_told_with_its_place() {
        let cases = [
            (json!({"a": [0, {"b": 1e300}]}), "a[1].b", "too large"),
            (
                json!({"$number": "1".repeat(39)}),
                "$number",
                "it has 39 digits",
            ),
            (json!({"$number": "NaN"}), "$number", "no decimal number"),
            (json!({"$number": null}), "$number", "here must be a number"),
            (json!({"$binary": "%"}), "$binary", "not base64"),
            (
                json!({"$binary": [0]}),
                "$binary",
                "goes into {\"$map\": {…}}",
            ),
            (json!({"x": {"$set": []}}), "x.$set", "an empty set"),
            (json!({"$set": ["a", 1]}), "$set[1]", "another type"),
            (
                json!({"$set": [1, {"$number": "1.0"}]}),
                "$set[1]",
                "in the set already",
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
            (json!({"$set": "a"}), "$set", "here must be an array"),
            (json!({"$map": []}), "$map", "here must be an object"),
        ];
        for (plain, path, reason) in cases {
            let fault = to_typed(plain.clone()).unwrap_err();
            assert_eq!(fault.path, path, "{plain}");
            assert!(fault.reason.contains(reason), "{plain}: {}", fault.reason);
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
    fn what_is_no_attribute_value_is_told_with_its_place() {
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
                "a: it is no decimal number",
            ),
            (json!({"NS": ["1", ""]}), "it is no decimal number"),
            (
                json!({"M": {"a": "text"}}),
                "expected an attribute value at a, such as",
            ),
            (json!("text"), "expected an attribute value, such as"),
            (json!({"S": 1}), "expected a string"),
        ];
        for (typed, expected) in cases {
            let fault = to_plain(typed.clone(), Place::Root).unwrap_err();
            assert!(fault.reason.contains(expected), "{typed}: {}", fault.reason);
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

    /// As a program must give it: a map that looks like a marker in one.
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

    /// Floats that are whole come back as integers.
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
        fn any_json_comes_back(value in plain()) {
            let value = escaped(value);
            let typed = to_typed(value.clone()).unwrap();
            let found = to_plain(typed.clone(), Place::Root).unwrap();
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
            let found = to_plain(typed, Place::Root).unwrap();
            let found = found.get(NUMBER).and_then(Value::as_str).map_or_else(|| found.to_string(), str::to_owned);
            prop_assert_eq!(Decimal::parse(&found), Decimal::parse(&text));
        }
    }
}
