//! Changes to members of a result on its way from the reader to the target, for what a model cannot express.
//!
//! ```text
//!   reader ──► Edited ──► target        Contents[].Key      percent-decoded
//!                                       Items[].*           plain JSON
//!                                       ExpiresString       added
//! ```
//! The edits work between any reader and any target, so for every protocol and without a tree. Only the path to a changed member
//! passes through them; all other values go directly from the reader to the target.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

use super::edit_scalar::Scalar;
use super::received::AS_RECEIVED;
use super::scalar::{self, ScalarText};
use crate::model::Kind;
use crate::uri;

/// A change to a member of a result, which [`Output::edit`](crate::Output::edit) registers. A text that cannot be decoded is not
/// changed.
///
/// ```
/// use tucuxi::output::Edit;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"Attributes": {"Policy": "{\"Version\": \"2012-10-17\"}"}}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let params = serde_json::json!({"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q"});
/// let mut output = client.request("sqs", "GetQueueAttributes").params(params).send()?;
/// output.edit(["Attributes", "Policy"], Edit::Json);
/// assert_eq!(output.to_value()?["Attributes"]["Policy"]["Version"], "2012-10-17");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Edit {
    /// Converts DynamoDB's `AttributeValue` to plain JSON.
    Attribute,
    /// Decodes base64 to text; bytes that are not UTF-8 are replaced by U+FFFD.
    Base64,
    /// Leaves the member out.
    Dropped,
    /// Parses JSON.
    Json,
    /// Percent-decodes the text and parses it as JSON.
    PercentJson,
    /// Percent-decodes the text, with plus signs as spaces.
    Percent,
}

/// The name that selects every entry of a map in a path.
pub(crate) const EVERY_ENTRY: &str = "*";

/// The changes to a value and its members. Lists are passed through: the edits of a list are those of its items.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Edits {
    here: Option<Edit>,
    members: Vec<(Box<str>, Self)>,
    added: Vec<(Box<str>, Value)>,
}

impl Edits {
    pub(crate) fn is_empty(&self) -> bool {
        self.here.is_none() && self.members.is_empty() && self.added.is_empty()
    }

    /// Changes the member at the end of this path.
    pub(crate) fn at<'p>(&mut self, path: impl IntoIterator<Item = &'p str>, edit: Edit) {
        let mut node = self;
        for name in path {
            let known = node.members.iter().position(|(known, _)| **known == *name);
            let index = known.unwrap_or_else(|| {
                node.members.push((name.into(), Self::default()));
                node.members.len() - 1
            });
            node = &mut node.members[index].1;
        }
        node.here = Some(edit);
    }

    /// Adds a member.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.added.push((name.into(), value.into()));
    }

    fn member(&self, name: &str) -> Option<&Self> {
        let mut members = self.members.iter();
        members.find_map(|(known, edits)| {
            (**known == *name || **known == *EVERY_ENTRY).then_some(edits)
        })
    }
}

impl Edit {
    /// Converts a text; `None` if it stays as it is.
    pub(super) fn apply(self, text: &str) -> Option<Value> {
        let json = |text: &str| serde_json::from_str::<Value>(text).ok();
        match self {
            Self::Base64 => {
                // EC2 sends it in lines
                let text: String = text.split_ascii_whitespace().collect();
                let bytes = scalar::base64_decode(&text).ok()?;
                Some(String::from_utf8_lossy(&bytes).into())
            }
            Self::Attribute | Self::Dropped => None,
            Self::Json => json(text),
            Self::PercentJson => json(&uri::decode(text)),
            Self::Percent => {
                let is_plain = memchr::memchr2(b'%', b'+', text.as_bytes()).is_none();
                (!is_plain).then(|| uri::decode(&text.replace('+', " ")).into())
            }
        }
    }
}

/// A target with changes.
pub(crate) struct Edited<'e, S> {
    pub(crate) seed: S,
    pub(crate) edits: &'e Edits,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Edited<'_, S> {
    type Value = S::Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<S::Value, D::Error> {
        let edits = self.edits;
        match edits.here {
            Some(edit) => self.seed.deserialize(Scalar { reader, edit }),
            None => self.seed.deserialize(Editing { reader, edits }),
        }
    }
}

/// A reader of a value that contains changed members.
struct Editing<'e, D> {
    reader: D,
    edits: &'e Edits,
}

macro_rules! forward_edited {
    ($($method:ident),*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.reader.$method(EditingVisitor { visitor, edits: self.edits })
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Editing<'_, D> {
    type Error = D::Error;

    forward_edited! {
        deserialize_any, deserialize_option, deserialize_bytes, deserialize_byte_buf, deserialize_f32, deserialize_f64
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.reader.deserialize_ignored_any(visitor)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // the members of an enum are not edited
        self.reader.deserialize_enum(name, variants, visitor)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let edits = self.edits;
        match name {
            AS_RECEIVED => {
                (self.reader).deserialize_newtype_struct(name, EditingVisitor { visitor, edits })
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }
    serde::forward_to_deserialize_any! { seq }
    super::the_shape_decides!(except newtypes);
}

struct EditingVisitor<'e, V> {
    visitor: V,
    edits: &'e Edits,
}

macro_rules! pass_on {
    ($($visit:ident $type:ty),*) => { $(
        fn $visit<E: serde::de::Error>(self, v: $type) -> Result<V::Value, E> {
            self.visitor.$visit(v)
        }
    )* };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for EditingVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }
    pass_on! {
        visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str, visit_borrowed_str &'de str,
        visit_string String, visit_byte_buf Vec<u8>
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }
    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }
    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<V::Value, D::Error> {
        let edits = self.edits;
        self.visitor.visit_some(Editing { reader, edits })
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, reader: D) -> Result<V::Value, D::Error> {
        let edits = self.edits;
        self.visitor.visit_newtype_struct(Editing { reader, edits })
    }
    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let edits = self.edits;
        self.visitor.visit_seq(Items { access, edits })
    }
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Members {
            access,
            edits: self.edits,
            next: Next::Plain,
            added: self.edits.added.iter(),
        })
    }
}

struct Items<'e, A> {
    access: A,
    edits: &'e Edits,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<'_, A> {
    type Error = A::Error;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let edits = self.edits;
        self.access.next_element_seed(Edited { seed, edits })
    }
    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

struct Members<'e, A> {
    access: A,
    edits: &'e Edits,
    next: Next<'e>,
    added: std::slice::Iter<'e, (Box<str>, Value)>,
}

/// The next value.
enum Next<'e> {
    Added(&'e Value),
    Edited(&'e Edits),
    Plain,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            let mut found = None;
            let key = Key {
                seed: &mut seed,
                edits: self.edits,
                found: &mut found,
            };
            match self.access.next_key_seed(key)? {
                // the value is dropped, so the seed was not used
                Some(None) => {
                    self.access.next_value::<IgnoredAny>()?;
                }
                Some(key) => {
                    self.next = found.map_or(Next::Plain, Next::Edited);
                    return Ok(key);
                }
                None => break,
            }
        }
        let (Some((name, value)), Some(seed)) = (self.added.next(), seed) else {
            return Ok(None);
        };
        self.next = Next::Added(value);
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match std::mem::replace(&mut self.next, Next::Plain) {
            Next::Added(Value::String(text)) => {
                let text = Cow::Owned(text.clone());
                let kind = &Kind::String;
                let read = seed.deserialize(ScalarText { text, kind });
                read.map_err(A::Error::custom)
            }
            Next::Added(value) => seed.deserialize(value.clone()).map_err(A::Error::custom),
            Next::Edited(edits) => self.access.next_value_seed(Edited { seed, edits }),
            Next::Plain => self.access.next_value_seed(seed),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.access.size_hint()? + self.added.len())
    }
}

/// A seed that inspects the key, and withholds it from the inner seed if the value is dropped.
struct Key<'k, 'e, S> {
    seed: &'k mut Option<S>,
    edits: &'e Edits,
    found: &'k mut Option<&'e Edits>,
}

impl<S> Key<'_, '_, S> {
    /// The seed, unless the value is dropped.
    fn take(self, name: &str) -> Option<S> {
        *self.found = self.edits.member(name);
        match self.found {
            Some(edits) if edits.here == Some(Edit::Dropped) => None,
            _ => self.seed.take(),
        }
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, '_, S> {
    type Value = Option<S::Value>;
    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Key<'_, '_, S> {
    type Value = Option<S::Value>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let seed = self.take(name);
        seed.map(|seed| seed.deserialize(StrDeserializer::new(name)))
            .transpose()
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
        let seed = self.take(name);
        seed.map(|seed| seed.deserialize(BorrowedStrDeserializer::new(name)))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::super::sink::{ToText, ToValue};
    use super::*;

    const TEXT: &str = r#"{"List":[{"Key":"a%20b+c","Size":1},{"Key":"plain"}],"Gone":"x","Policy":"%7B%22a%22%3A1%7D",
        "Other":{"Key":"%41"},"Bad":"{"}"#;

    fn edits() -> Edits {
        let mut edits = Edits::default();
        edits.at(["List", "Key"], Edit::Percent);
        edits.at(["Gone"], Edit::Dropped);
        edits.at(["Policy"], Edit::PercentJson);
        edits.at(["Bad"], Edit::Json);
        edits.add("More", "m");
        edits
    }

    fn read<'de, S: DeserializeSeed<'de>>(seed: S, edits: &Edits) -> S::Value {
        let mut reader = serde_json::Deserializer::from_str(TEXT);
        Edited { seed, edits }.deserialize(&mut reader).unwrap()
    }

    #[test]
    fn every_target_receives_the_same() {
        let expected = json!({
            "List": [{"Key": "a b c", "Size": 1}, {"Key": "plain"}],
            "Policy": {"a": 1}, "Other": {"Key": "%41"}, "Bad": "{", "More": "m",
        });
        let edits = edits();
        assert_eq!(read(ToValue, &edits), expected);
        let out = read(ToText { capacity: 0 }, &edits);
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected);
    }

    #[test]
    fn attribute_values_are_plain_for_every_target() {
        #[derive(Deserialize, PartialEq, Debug)]
        struct Item<'a> {
            id: Option<&'a str>,
            gone: Option<i32>,
            n: f64,
        }
        #[derive(Deserialize)]
        struct Page<'a> {
            #[serde(borrow)]
            items: Vec<Item<'a>>,
        }
        let text = r#"{"items": [{"id": {"S": "a"}, "gone": {"NULL": true}, "n": {"N": "1.50"}}], "one": {"L": []}}"#;
        let mut edits = Edits::default();
        edits.at(["items", EVERY_ENTRY], Edit::Attribute);
        edits.at(["one"], Edit::Attribute);
        let read = |seed| {
            let mut reader = serde_json::Deserializer::from_str(text);
            let edits = &edits;
            Edited { seed, edits }.deserialize(&mut reader).unwrap()
        };
        let expected = json!({"items": [{"id": "a", "gone": null, "n": 1.5}], "one": []});
        assert_eq!(read(ToValue), expected);
        let mut reader = serde_json::Deserializer::from_str(text);
        let seed = std::marker::PhantomData::<Page<'_>>;
        let edits = &edits;
        let page = Edited { seed, edits }.deserialize(&mut reader).unwrap();
        let item = Item {
            id: Some("a"),
            gone: None,
            n: 1.5,
        };
        assert_eq!(page.items, [item]);
    }

    #[test]
    fn regression_base64_in_lines_is_decoded() {
        let cases = [
            ("aGVs\nbG8=", Some("hello")),
            ("aGVs\r\nbG8=\r\n", Some("hello")),
            ("/w==", Some("\u{fffd}")),
            ("%%%", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                Edit::Base64.apply(text),
                expected.map(Value::from),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_type_may_borrow_unchanged_text() {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer<'a> {
            #[serde(borrow)]
            list: Vec<Item<'a>>,
            policy: Option<Policy>,
            gone: Option<String>,
            bad: &'a str,
            more: String,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Item<'a> {
            #[serde(borrow)]
            key: Cow<'a, str>,
        }
        #[derive(Deserialize)]
        struct Policy {
            a: u8,
        }
        let edits = edits();
        let answer: Answer<'_> = read(std::marker::PhantomData, &edits);
        assert_eq!(answer.list[0].key, "a b c");
        assert_eq!(answer.policy.unwrap().a, 1);
        assert!(answer.gone.is_none());
        assert_eq!((answer.bad, &*answer.more), ("{", "m"));
    }
}
