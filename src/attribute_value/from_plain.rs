//! Deserializes plain values to types of a program.
//!
//! It differs from serde_json in numbers: `$number` is read as a number, and integers may have up to 128 bits.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, MapAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

use super::NUMBER;
use crate::decimal::Decimal;

/// A reader of a plain value.
pub(crate) struct FromPlain(pub(crate) Value);

impl FromPlain {
    /// The digits in a `$number`.
    fn digits(&self) -> Option<&str> {
        let members = self.0.as_object().filter(|members| members.len() == 1)?;
        members.get(NUMBER)?.as_str()
    }

    /// Returns an integer that JSON cannot represent, from `$number` or a float.
    fn large_integer<T: std::str::FromStr>(&self) -> Option<T> {
        let text = match &self.0 {
            Value::Number(number) if number.is_f64() => number.to_string(),
            _ => self.digits()?.to_owned(),
        };
        Decimal::parse(&text).ok()?.integer()
    }

    /// Returns the error of a `$number` for a type that cannot hold its digits.
    fn misfit(&self, expected: &dyn serde::de::Expected) -> Option<Error> {
        let digits = self.digits()?;
        let what = format!("the number {digits}, whose digits only a `dynamodb::Number` can hold");
        Some(Error::invalid_value(Unexpected::Other(&what), expected))
    }
}

macro_rules! numbers {
    ($($method:ident),*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.misfit(&visitor) {
                Some(error) => Err(error),
                None => self.0.$method(visitor),
            }
        }
    )* };
}

macro_rules! large_integers {
    ($($method:ident $visit:ident),*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match (self.large_integer(), self.misfit(&visitor)) {
                (Some(integer), _) => visitor.$visit(integer),
                (None, Some(error)) => Err(error),
                (None, None) => self.0.$method(visitor),
            }
        }
    )* };
}

impl<'de> Deserializer<'de> for FromPlain {
    type Error = Error;

    numbers! {
        deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64, deserialize_u8, deserialize_u16, deserialize_u32,
        deserialize_u64, deserialize_f32, deserialize_f64
    }
    large_integers! { deserialize_i128 visit_i128, deserialize_u128 visit_u128 }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(FromPlain));
                let read = visitor.visit_seq(&mut items)?;
                items.end().map(|()| read)
            }
            Value::Object(members) => visitor.visit_map(entries(members)),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match name.starts_with("$serde_json::") {
            true => self.0.deserialize_newtype_struct(name, visitor), // a `RawValue`
            false => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(members) if members.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(entries(members)))
            }
            other => other.deserialize_enum(name, variants, visitor),
        }
    }

    forward_to_deserialize_any! {
        bool char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for FromPlain {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

fn entries<'de>(members: Map<String, Value>) -> impl MapAccess<'de, Error = Error> {
    let members = members.into_iter();
    MapDeserializer::new(members.map(|(name, value)| (Key(name), FromPlain(value))))
}

/// A reader of the name of a member, which may represent a number, a boolean or a variant.
struct Key(String);

macro_rules! parsed {
    ($($method:ident $visit:ident),*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_string(self.0),
            }
        }
    )* };
}

impl<'de> Deserializer<'de> for Key {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool, deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32,
        deserialize_i64 visit_i64, deserialize_i128 visit_i128, deserialize_u8 visit_u8, deserialize_u16 visit_u16,
        deserialize_u32 visit_u32, deserialize_u64 visit_u64, deserialize_u128 visit_u128, deserialize_f32 visit_f32,
        deserialize_f64 visit_f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Value::from(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Key {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Serialize};
    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;

    fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
        T::deserialize(FromPlain(value)).map_err(|e| e.to_string())
    }

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    enum Kind {
        Named { a: u8 },
        New(i8),
        Pair(u8, Option<u8>),
        Unit,
    }

    #[derive(Serialize, Deserialize, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Wrapped(u32);

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Either {
        Number(f64),
        Text(String),
    }

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Everything {
        kinds: Vec<Kind>,
        by_number: BTreeMap<i64, (bool, char)>,
        by_flag: BTreeMap<bool, Wrapped>,
        by_kind: BTreeMap<Kind, ()>,
        by_wrapped: BTreeMap<Wrapped, Either>,
        either: Either,
        none: Option<u8>,
        some: Option<f32>,
        large: u128,
        negative: i128,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }

    #[test]
    fn types_are_read_as_serde_json_reads_them() {
        let kinds = vec![
            Kind::Named { a: 1 },
            Kind::New(-1),
            Kind::Pair(1, None),
            Kind::Unit,
        ];
        let everything = Everything {
            kinds,
            by_number: BTreeMap::from([(-7, (true, 'x'))]),
            by_flag: BTreeMap::from([(false, Wrapped(1))]),
            by_kind: BTreeMap::from([(Kind::Unit, ())]),
            by_wrapped: BTreeMap::from([(Wrapped(7), Either::Text("t".into()))]),
            either: Either::Number(0.5),
            none: None,
            some: Some(0.5),
            large: 7,
            negative: -7,
            rest: BTreeMap::from([("rest".into(), json!([{"a": null}, 1.5]))]),
        };
        let value = serde_json::to_value(&everything).unwrap();
        assert_eq!(read(value), Ok(everything));
        let raw: Box<RawValue> = read(json!({"a": [1]})).unwrap();
        assert_eq!(raw.get(), r#"{"a":[1]}"#);

        assert!(read::<(u8, u8)>(json!([1, 2, 3])).is_err());
        assert!(read::<Kind>(json!({"New": 1, "Unit": null})).is_err());
        assert!(read::<BTreeMap<u8, u8>>(json!({"x": 1})).is_err());
        assert!(read::<String>(json!([1])).is_err());
    }

    #[test]
    fn integers_of_128_bits_are_read() {
        let cases = [
            (json!(7), Some(7)),
            (json!({"$number": "18446744073709551616"}), Some(1 << 64)),
            (json!(1e25), Some(10_u128.pow(25))),
            (
                json!({"$number": "3.402823669209384634633746074317682E+38"}),
                Some(340_282_366_920_938_463_463_374_607_431_768_200_000),
            ),
            (json!({"$number": "1E+39"}), None),
            (json!({"$number": "1E+126"}), None),
            (json!({"$number": "0.10000000000000000000001"}), None),
            (json!(0.5), None),
            (json!("7"), None),
        ];
        for (value, expected) in cases {
            assert_eq!(read::<u128>(value.clone()).ok(), expected, "{value}");
        }
        let least: i128 = read(json!({"$number": "-18446744073709551616"})).unwrap();
        assert_eq!(least, -(1 << 64));
    }

    #[test]
    fn digits_that_a_type_cannot_hold_are_an_error() {
        let long = json!({"$number": "0.10000000000000000000001"});
        let expected = "invalid value: the number 0.10000000000000000000001, whose digits only a `dynamodb::Number` can hold, expected f64";
        assert_eq!(read::<f64>(long.clone()).unwrap_err(), expected);
        for error in [
            read::<i64>(long.clone()).unwrap_err(),
            read::<u128>(long).unwrap_err(),
        ] {
            assert!(error.contains("`dynamodb::Number`"), "{error}");
        }
    }
}
