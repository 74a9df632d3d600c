//! Types of a program, for a member in every place of a response and in every protocol.
//!
//! A type's own code is instantiated for one deserializer: [`Erased`] is the only type that the readers are compiled for, and
//! passes its deserializer on as a trait object. Otherwise each of some sixty types would be compiled for every reader.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;

use serde::de::{Error as _, IgnoredAny, MapAccess};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tucuxi::Output;
use tucuxi::transport::Replay;

use super::service::{Case, PROTOCOLS};
use crate::support::client::IntoClient;
use crate::unsigned;

#[derive(Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wrapped<T>(T);

#[derive(Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    #[serde(rename = "red")]
    Red,
    #[serde(rename = "blue")]
    Blue,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Nothing;

/// Bytes that are accepted as bytes only.
#[derive(Debug, PartialEq)]
struct Octets(Vec<u8>);

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = Octets;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Octets, E> {
                Ok(Octets(bytes.to_vec()))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

type Read = dyn Fn(&mut dyn erased_serde::Deserializer<'_>) -> erased_serde::Result<()>;

thread_local! {
    /// The member that the types below look for, as the list of fields that derived code passes on.
    static FIELDS: Cell<&'static [&'static str]> = const { Cell::new(&[]) };
    /// Reads the type that [`Erased`] stands for, and compares the value.
    static READ: RefCell<Option<Rc<Read>>> = const { RefCell::new(None) };
}

/// A value of any type: the one that `READ` reads.
struct Erased;

impl<'de> Deserialize<'de> for Erased {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // a response with a misfit is read twice
        let read = READ.with_borrow(Clone::clone).expect("a type");
        let mut deserializer = <dyn erased_serde::Deserializer<'_>>::erase(deserializer);
        let result = read(&mut deserializer);
        result.map(|()| Self).map_err(D::Error::custom)
    }
}

/// A structure with one field, as derived code reads it.
struct One<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Fields<T> {
            type Value = One<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a structure")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<One<T>, A::Error> {
                let mut found = None;
                while let Some(key) = map.next_key::<String>()? {
                    match FIELDS.get().contains(&&*key) {
                        true => found = Some(map.next_value::<T>()?),
                        false => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(One(found))
            }
        }
        deserializer.deserialize_struct("One", FIELDS.get(), Fields(PhantomData))
    }
}

/// Reads one member of the result with this function.
fn read_member(
    output: &Output,
    fields: &'static [&'static str],
    kind: &str,
    read: impl Fn(&mut dyn erased_serde::Deserializer<'_>) -> erased_serde::Result<()> + 'static,
) {
    FIELDS.set(fields);
    READ.set(Some(Rc::new(read)));
    match output.deserialize_borrowed::<One<Erased>>() {
        Ok(One(found)) => assert!(found.is_some(), "{fields:?} as {kind}: missing"),
        Err(error) => panic!("{fields:?} as {kind}: {error}"),
    }
}

/// Compares one member, read as each of these types.
macro_rules! holds {
    ($output:expr, $name:literal, $($type:ty => $value:expr),* $(,)?) => { $(
        read_member(&$output, &[$name], stringify!($type), move |deserializer| {
            let found = <$type as Deserialize<'_>>::deserialize(deserializer)?;
            assert_eq!(found, $value, "{} as {}", $name, stringify!($type));
            Ok(())
        });
    )* };
}

/// Every type that can hold a text; the text is `red`.
macro_rules! holds_text {
    ($output:expr, $name:literal) => {
        holds!($output, $name,
            String => "red", Option<String> => Some("red".into()), Wrapped<String> => Wrapped("red".into()),
            Option<Wrapped<String>> => Some(Wrapped("red".into())), Wrapped<Option<String>> => Wrapped(Some("red".into())),
            Word => Word::Red, Option<Word> => Some(Word::Red), Cow<'_, str> => "red", Option<Cow<'_, str>> => Some("red".into()),
            &str => "red", Option<&str> => Some("red"), Value => json!("red"), Option<Value> => Some(json!("red")),
            () => (), Nothing => Nothing, Option<()> => Some(()),
        );
        read_member(&$output, &[$name], "IgnoredAny", |deserializer| {
            IgnoredAny::deserialize(deserializer).map(drop)
        });
        holds_value(&$output, &[$name], &json!("red"));
    };
}

macro_rules! holds_number {
    ($output:expr, $name:literal, $number:literal) => {
        holds!($output, $name,
            i64 => $number, Option<i64> => Some($number), u16 => $number, Option<u64> => Some($number),
            Wrapped<i32> => Wrapped($number), Option<Wrapped<u32>> => Some(Wrapped($number)),
            f64 => f64::from($number), Option<f64> => Some(f64::from($number)), i128 => $number,
            Value => json!($number), () => (), Nothing => Nothing,
        );
        holds_value(&$output, &[$name], &json!($number));
    };
}

/// Every type that can hold bytes; the bytes are 0, 1, 2.
macro_rules! holds_bytes {
    ($output:expr, $name:literal) => {
        holds!($output, $name,
            String => "AAEC", Option<String> => Some("AAEC".into()), Wrapped<String> => Wrapped("AAEC".into()),
            Vec<u8> => [0, 1, 2], Option<Vec<u8>> => Some(vec![0, 1, 2]), Wrapped<Vec<u8>> => Wrapped(vec![0, 1, 2]),
            Octets => Octets(vec![0, 1, 2]), Option<Octets> => Some(Octets(vec![0, 1, 2])), () => (),
            Value => json!("AAEC"),
        );
        holds_value(&$output, &[$name], &json!("AAEC"));
    };
}

/// Every type that can hold a map; its keys are `a` and `b`.
macro_rules! holds_map {
    ($output:expr, $name:literal) => {
        let map = || BTreeMap::from([("a".to_owned(), "red".to_owned()), ("b".into(), "blue".into())]);
        holds!($output, $name,
            BTreeMap<String, String> => map(), Option<BTreeMap<String, String>> => Some(map()),
            Wrapped<BTreeMap<String, String>> => Wrapped(map()),
            BTreeMap<Wrapped<String>, Option<Word>> => BTreeMap::from([
                (Wrapped("a".into()), Some(Word::Red)), (Wrapped("b".into()), Some(Word::Blue)),
            ]),
            BTreeMap<&str, &str> => BTreeMap::from([("a", "red"), ("b", "blue")]),
            Option<Value> => Some(json!({"a": "red", "b": "blue"})), () => (),
        );
        holds_value(&$output, &[$name], &json!({"a": "red", "b": "blue"}));
    };
}

/// Every type that can hold a list; its items are `red` and `blue`.
macro_rules! holds_list {
    ($output:expr, $name:literal) => {
        holds!($output, $name,
            Vec<String> => ["red", "blue"], Option<Vec<String>> => Some(vec!["red".into(), "blue".into()]),
            Vec<Option<Word>> => [Some(Word::Red), Some(Word::Blue)],
            Wrapped<Vec<Wrapped<String>>> => Wrapped(vec![Wrapped("red".into()), Wrapped("blue".into())]),
            (String, Word) => ("red".into(), Word::Blue), () => (),
            Option<Value> => Some(json!(["red", "blue"])),
        );
        holds_value(&$output, &[$name], &json!(["red", "blue"]));
    };
}

/// Every type that can hold a structure; its `Text` is `red` and its `Long` is 5.
macro_rules! holds_structure {
    ($output:expr, $name:literal) => {
        holds!($output, $name,
            Inner => inner(), Option<Inner> => Some(inner()), Wrapped<Inner> => Wrapped(inner()),
            Option<Wrapped<Option<Inner>>> => Some(Wrapped(Some(inner()))), () => (), Nothing => Nothing,
            Option<BTreeMap<String, Value>> => Some(BTreeMap::from([
                ("Text".into(), json!("red")), ("Long".into(), json!(5)),
            ])),
        );
        holds_value(&$output, &[$name], &json!({"Text": "red", "Long": 5}));
    };
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Inner {
    text: Option<String>,
    long: Option<u8>,
    #[serde(default)]
    missing: Vec<String>,
    absent: Option<String>,
}

fn inner() -> Inner {
    Inner {
        text: Some("red".into()),
        long: Some(5),
        missing: Vec::new(),
        absent: None,
    }
}

#[derive(Deserialize)]
struct Flat {
    #[serde(flatten)]
    part: One<Value>,
    #[serde(flatten)]
    all: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Whole(Option<BTreeMap<String, Value>>);

/// Compares one member, read through `#[serde(flatten)]` and as part of the whole result, which may also be ignored.
fn holds_value(output: &Output, fields: &'static [&'static str], expected: &Value) {
    FIELDS.set(fields);
    let flat: Flat = output.deserialize_borrowed().unwrap();
    assert_eq!(flat.part.0.as_ref(), Some(expected));
    assert!(!flat.all.contains_key(fields[0]));
    let whole: Whole = output.deserialize_borrowed().unwrap();
    assert_eq!(whole.0.unwrap()[fields[0]], *expected);
    let () = output.deserialize_borrowed().unwrap();
    let _: Nothing = output.deserialize_borrowed().unwrap();
}

const JSON: &str = r#""Text":"red","Long":5,"Yes":true,"When":1577836800,"Seal":"AAEC","Texts":["red","blue"],
    "Tags":{"a":"red","b":"blue"},"Inner":{"Text":"red","Long":5},"Choice":{"A":"red"}"#;
const XML: &str = "<Text>red</Text><Long>5</Long><Yes>true</Yes><When>2020-01-01T00:00:00Z</When><Seal>AAEC</Seal>\
    <Texts><member>red</member><member>blue</member></Texts><Tags><entry><key>a</key><value>red</value></entry>\
    <entry><key>b</key><value>blue</value></entry></Tags><Inner><Text>red</Text><Long>5</Long></Inner>\
    <Choice><A>red</A></Choice>";
const CBOR: &[u8] = b"\xa9\x64Text\x63red\x64Long\x05\x63Yes\xf5\x64When\xc1\x1a\x5e\x0b\xe1\x00\x64Seal\x43\x00\x01\x02\
    \x65Texts\x82\x63red\x64blue\x64Tags\xa2\x61a\x63red\x61b\x64blue\x65Inner\xa2\x64Text\x63red\x64Long\x05\
    \x66Choice\xa1\x61A\x63red";

/// The response, optionally with a member that does not fit the model: then it is read through a tree.
fn in_body(protocol: &str, is_odd: bool) -> Output {
    let case = Case::of(protocol);
    let output = match protocol {
        "json" | "rest-json" | "smithy-rpc-v2-json" if is_odd => {
            case.members(&format!(r#"{JSON},"Int":"x""#))
        }
        "json" | "rest-json" | "smithy-rpc-v2-json" => case.members(JSON),
        "smithy-rpc-v2-cbor" if is_odd => {
            let body = [b"\xaa\x63Int\x61x", &CBOR[1..]].concat();
            case.get(&body)
        }
        "smithy-rpc-v2-cbor" => case.get(CBOR),
        _ if is_odd => case.members(&format!("{XML}<Int>x</Int>")),
        _ => case.members(XML),
    };
    let output = output.unwrap();
    assert_eq!(output.warnings().len(), usize::from(is_odd), "{protocol}");
    output
}

#[test]
fn body_members_deserialize_into_any_suitable_type() {
    #[derive(Deserialize, Debug, PartialEq)]
    enum Choice {
        A(String),
        B(i64),
    }
    for protocol in PROTOCOLS {
        for is_odd in [false, true] {
            let output = in_body(protocol, is_odd);
            holds_text!(output, "Text");
            holds_number!(output, "Long", 5);
            holds_bytes!(output, "Seal");
            holds_list!(output, "Texts");
            holds_map!(output, "Tags");
            holds_structure!(output, "Inner");
            holds!(output, "Yes", bool => true, Option<Wrapped<bool>> => Some(Wrapped(true)), () => ());
            holds!(output, "When",
                String => "2020-01-01T00:00:00Z", Option<Wrapped<String>> => Some(Wrapped("2020-01-01T00:00:00Z".into())),
            );
            let choice = || Choice::A("red".into());
            holds!(output, "Choice",
                Choice => choice(), Option<Choice> => Some(choice()), Wrapped<Choice> => Wrapped(choice()),
                BTreeMap<Word2, String> => BTreeMap::from([(Word2::A, "red".into())]),
            );
        }
    }
}

#[derive(Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word2 {
    A,
    B,
}

fn bound(is_odd: bool, protocol: &str, binding: Value, body: &[u8]) -> Output {
    let header = |name: &str| json!({"location": "header", "locationName": name});
    let mut bound = json!({
        "Long": header("x-long"), "Yes": header("x-yes"), "When": header("x-when"), "Texts": header("x-texts"),
        "Int": header("x-int"), "Tags": {"location": "headers", "locationName": "x-tag-"},
        "Double": {"location": "statusCode"},
    });
    bound
        .as_object_mut()
        .unwrap()
        .extend(binding.as_object().unwrap().clone());
    let case = Case {
        bound,
        headers: &[
            ("x-text", "red"),
            ("x-long", "5"),
            ("x-yes", "true"),
            ("x-when", "Wed, 01 Jan 2020 00:00:00 GMT"),
            ("x-texts", "red, blue"),
            ("x-tag-a", "red"),
            ("x-tag-b", "blue"),
            ("x-int", if is_odd { "x" } else { "1" }),
        ],
        ..Case::of(protocol)
    };
    let output = case.get(body).unwrap();
    assert_eq!(output.warnings().len(), usize::from(is_odd), "{protocol}");
    output
}

#[test]
fn bound_members_deserialize_into_any_suitable_type() {
    for (protocol, document) in [
        ("rest-json", r#"{"Text":"red","Long":5}"#),
        ("rest-xml", "<Inner><Text>red</Text><Long>5</Long></Inner>"),
    ] {
        for is_odd in [false, true] {
            let text = json!({"Text": {"location": "header", "locationName": "x-text"}, "payload": "Seal"});
            let output = bound(is_odd, protocol, text, &[0, 1, 2]);
            holds_text!(output, "Text");
            holds_number!(output, "Long", 5);
            holds_number!(output, "Double", 200);
            holds_list!(output, "Texts");
            holds_map!(output, "Tags");
            holds_bytes!(output, "Seal");
            holds!(output, "Yes", bool => true, Option<Wrapped<bool>> => Some(Wrapped(true)));
            holds!(output, "When", Option<Wrapped<String>> => Some(Wrapped("2020-01-01T00:00:00Z".into())));
            let output = bound(is_odd, protocol, json!({"payload": "Text"}), b"red");
            holds_text!(output, "Text");
            let output = bound(
                is_odd,
                protocol,
                json!({"payload": "Inner"}),
                document.as_bytes(),
            );
            holds_structure!(output, "Inner");
        }
    }
}

#[test]
fn edited_members_deserialize_into_any_suitable_type() {
    let list = |prefix: &str| {
        let body = format!(
            "<ListBucketResult><EncodingType>url</EncodingType><Prefix>{prefix}</Prefix></ListBucketResult>"
        );
        unsigned()
            .over(Replay::new().respond(200, &[], body))
            .request("s3", "ListObjectsV2")
            .params(json!({"Bucket": "b"}))
            .send()
            .unwrap()
    };
    let decoded = list("r%65d");
    holds!(decoded, "Prefix",
        String => "red", Option<String> => Some("red".into()), Option<Wrapped<String>> => Some(Wrapped("red".into())),
        Word => Word::Red, Option<Word> => Some(Word::Red), Cow<'_, str> => "red", () => (),
    );
    let unchanged = list("red");
    holds_text!(unchanged, "Prefix");
    // added and dropped members
    let head = unsigned().over(Replay::new().respond(200, &[("Expires", "red")], ""));
    let output = head
        .request("s3", "HeadObject")
        .params(json!({"Bucket": "b", "Key": "k"}))
        .send()
        .unwrap();
    holds!(output, "ExpiresString",
        String => "red", Option<Wrapped<String>> => Some(Wrapped("red".into())), Word => Word::Red, () => (),
    );
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Head {
        expires: Option<String>,
        metadata: Option<BTreeMap<String, String>>,
    }
    let head: Head = output.deserialize_borrowed().unwrap();
    assert_eq!((head.expires, head.metadata), (None, Some(BTreeMap::new())));
}

#[test]
fn empty_results_deserialize_into_anything_optional() {
    #[derive(Deserialize)]
    struct Empty {
        it: Option<String>,
    }
    let config = unsigned();
    let mut replay = Replay::new();
    for _ in 0..5 {
        replay = replay.respond(200, &[], "");
    }
    let client = config.over(replay);
    let params = || json!({"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q"});
    let () = client.call_as("sqs", "DeleteQueue", params()).unwrap();
    let _: Nothing = client.call_as("sqs", "DeleteQueue", params()).unwrap();
    let empty: Empty = client.call_as("sqs", "DeleteQueue", params()).unwrap();
    assert!(empty.it.is_none());
    let empty: Option<Wrapped<Value>> = client.call_as("sqs", "DeleteQueue", params()).unwrap();
    assert_eq!(empty.unwrap().0, json!({}));
    let _: IgnoredAny = client.call_as("sqs", "DeleteQueue", params()).unwrap();
}

#[test]
fn bucket_locations_are_read_in_every_form() {
    let rows = [
        ("<LocationConstraint/>", json!(null)),
        (
            r#"<LocationConstraint xmlns="x"></LocationConstraint>"#,
            json!(null),
        ),
        (
            "<LocationConstraint>eu-west-1</LocationConstraint>",
            json!("eu-west-1"),
        ),
        (
            "<LocationConstraint><LocationConstraint/></LocationConstraint>",
            json!(null),
        ),
        (
            "<LocationConstraint><LocationConstraint></LocationConstraint></LocationConstraint>",
            json!(null),
        ),
        (
            "<LocationConstraint>\n <LocationConstraint>EU</LocationConstraint>\n</LocationConstraint>",
            json!("EU"),
        ),
    ];
    for (body, expected) in rows {
        let config = unsigned();
        let replay = Replay::new().respond(200, &[], body);
        let client = config.over(replay);
        let output = client
            .request("s3", "GetBucketLocation")
            .params(json!({"Bucket": "b"}))
            .send()
            .unwrap();
        assert_eq!(
            output.to_value().unwrap(),
            json!({"LocationConstraint": expected}),
            "{body}"
        );
        assert_eq!(output.warnings(), [], "{body}");
        holds!(output, "LocationConstraint", Option<String> => expected.as_str().map(Into::into));
    }
}
