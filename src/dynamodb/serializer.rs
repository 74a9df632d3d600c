//! Serialization of the program's types as plain values.
//!
//! It differs from serde_json in numbers: NaN is an error, not null, and integers have up to 128 bits.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::attribute_value::{ConvertError, NUMBER, object};

/// Serializes a value as a plain value.
pub(super) fn to_plain<T: Serialize + ?Sized>(value: &T) -> Result<Value, ConvertError> {
    value.serialize(ToPlain).map_err(|failed| failed.0)
}

#[derive(Debug)]
struct Failed(ConvertError);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.reason)
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(what: T) -> Self {
        failed(what.to_string())
    }
}

fn failed(what: impl Into<String>) -> Failed {
    Failed(ConvertError::new(what))
}

struct ToPlain;

macro_rules! as_json {
    ($($method:ident $type:ty),*) => { $(
        fn $method(self, v: $type) -> Result<Value, Failed> {
            Ok(v.into())
        }
    )* };
}

impl Serializer for ToPlain {
    type Ok = Value;
    type Error = Failed;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    as_json! {
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_str &str
    }

    fn serialize_i128(self, v: i128) -> Result<Value, Failed> {
        Ok(i64::try_from(v).map_or_else(|_| object(NUMBER, v.to_string()), Value::from))
    }
    fn serialize_u128(self, v: u128) -> Result<Value, Failed> {
        Ok(u64::try_from(v).map_or_else(|_| object(NUMBER, v.to_string()), Value::from))
    }
    fn serialize_f32(self, v: f32) -> Result<Value, Failed> {
        // the shortest text: 0.1, not 0.10000000149011612
        self.serialize_f64(v.to_string().parse().unwrap_or(f64::NAN))
    }
    fn serialize_f64(self, v: f64) -> Result<Value, Failed> {
        match v.is_finite() {
            true => Ok(v.into()),
            false => Err(failed("DynamoDB supports neither NaN nor infinity")),
        }
    }
    fn serialize_char(self, v: char) -> Result<Value, Failed> {
        Ok(v.to_string().into())
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<Value, Failed> {
        Err(failed("bytes must be a `dynamodb::Binary`"))
    }
    fn serialize_none(self) -> Result<Value, Failed> {
        Ok(Value::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, v: &T) -> Result<Value, Failed> {
        v.serialize(self)
    }
    fn serialize_unit(self) -> Result<Value, Failed> {
        Ok(Value::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Failed> {
        Ok(Value::Null)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, Failed> {
        Ok(variant.into())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        v: &T,
    ) -> Result<Value, Failed> {
        v.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        v: &T,
    ) -> Result<Value, Failed> {
        Ok(object(variant, member(variant, v)?))
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Items, Failed> {
        Ok(Items {
            list: Vec::with_capacity(len.unwrap_or(0).min(1024)),
            variant: None,
        })
    }
    fn serialize_tuple(self, len: usize) -> Result<Items, Failed> {
        self.serialize_seq(Some(len))
    }
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Items, Failed> {
        self.serialize_seq(Some(len))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items, Failed> {
        Ok(Items {
            list: Vec::new(),
            variant: Some(variant),
        })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Members, Failed> {
        Ok(Members::default())
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members, Failed> {
        Ok(Members::default())
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members, Failed> {
        Ok(Members {
            variant: Some(variant),
            ..Members::default()
        })
    }
}

fn member<T: Serialize + ?Sized>(name: &str, value: &T) -> Result<Value, Failed> {
    let value = value.serialize(ToPlain);
    value.map_err(|failed| Failed(failed.0.in_member(name)))
}

/// Wraps the data of an enum in an object whose member is the variant.
fn in_variant(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => object(variant, value),
        None => value,
    }
}

struct Items {
    list: Vec<Value>,
    variant: Option<&'static str>,
}

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let value = value.serialize(ToPlain);
        let value = value.map_err(|failed| Failed(failed.0.in_item(self.list.len())))?;
        self.list.push(value);
        Ok(())
    }

    fn done(self) -> Value {
        in_variant(self.variant, self.list.into())
    }
}

#[derive(Default)]
struct Members {
    map: Map<String, Value>,
    key: String,
    variant: Option<&'static str>,
}

impl Members {
    fn insert<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<(), Failed> {
        let value = member(&name, value)?;
        self.map.insert(name, value);
        Ok(())
    }

    fn done(self) -> Value {
        in_variant(self.variant, self.map.into())
    }
}

impl ser::SerializeMap for Members {
    type Ok = Value;
    type Error = Failed;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        self.key = match key.serialize(ToPlain)? {
            Value::String(text) => text,
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number) => number.to_string(),
            _ => return Err(failed("the key of a map must be a string")),
        };
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let name = std::mem::take(&mut self.key);
        self.insert(name, value)
    }
    fn end(self) -> Result<Value, Failed> {
        Ok(self.done())
    }
}

macro_rules! sequence {
    ($($trait:ident $method:ident),*) => { $(
        impl ser::$trait for Items {
            type Ok = Value;
            type Error = Failed;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
                self.push(value)
            }
            fn end(self) -> Result<Value, Failed> {
                Ok(self.done())
            }
        }
    )* };
}
sequence! {
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
}

macro_rules! fields {
    ($($trait:ident),*) => { $(
        impl ser::$trait for Members {
            type Ok = Value;
            type Error = Failed;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Failed> {
                self.insert(name.into(), value)
            }
            fn end(self) -> Result<Value, Failed> {
                Ok(self.done())
            }
        }
    )* };
}
fields! { SerializeStruct, SerializeStructVariant }

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    enum Kind {
        Named { a: u8 },
        New(i8),
        Pair(u8, Option<u8>),
        Unit,
    }

    #[derive(Serialize)]
    struct Everything {
        kinds: Vec<Kind>,
        map: BTreeMap<u8, (bool, char)>,
        small: f32,
        large: u128,
        negative: i128,
        unit: (),
    }

    #[test]
    fn types_are_written_as_serde_json_writes_them() {
        let everything = Everything {
            kinds: vec![
                Kind::Named { a: 1 },
                Kind::New(-1),
                Kind::Pair(1, None),
                Kind::Unit,
            ],
            map: BTreeMap::from([(7, (true, 'x'))]),
            small: 0.5,
            large: 7,
            negative: -7,
            unit: (),
        };
        let expected = serde_json::to_value(&everything).unwrap();
        assert_eq!(to_plain(&everything).unwrap(), expected);
    }

    #[test]
    fn numbers_keep_their_values() {
        assert_eq!(to_plain(&0.1_f32).unwrap(), json!(0.1));
        assert_eq!(
            to_plain(&u128::MAX).unwrap(),
            json!({"$number": u128::MAX.to_string()})
        );
        assert_eq!(
            to_plain(&i128::MIN).unwrap(),
            json!({"$number": i128::MIN.to_string()})
        );
        for (value, path) in [
            (BTreeMap::from([("a", vec![1.0, f64::NAN])]), "a[1]"),
            (BTreeMap::from([("b", vec![f64::INFINITY])]), "b[0]"),
        ] {
            let fault = to_plain(&value).unwrap_err();
            assert_eq!(fault.path, path);
            assert_eq!(fault.reason, "DynamoDB supports neither NaN nor infinity");
        }
        assert_eq!(to_plain(&f32::NAN).unwrap_err().path, "");
    }
}
