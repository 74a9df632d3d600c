//! Readers whose type is erased: all of a program's types are compiled for one reader, instead of for each codec, and each codec again
//! with its edits.
//!
//! ```text
//!   T ◄── Erased ◄─── dyn AnyVisitor ◄── Passing ◄── Xml, Json, Cbor, Edited<…>, FittedReader
//!   compiled for each T  │  compiled once
//! ```
//! A codec passes what it reads to a visitor without a type, by one function for all kinds of values. Results of a visitor and a seed
//! are kept beside them until the call returns.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::ReadError;

type Result<T = (), E = ReadError> = std::result::Result<T, E>;

/// A type as the target. It may be read more than once; the last result counts.
pub(crate) struct Target<T>(Cell<Option<T>>);

impl<T> Target<T> {
    pub(crate) const fn new() -> Self {
        Self(Cell::new(None))
    }

    /// The target without its type.
    pub(crate) fn seed<'de>(&self) -> ToTarget<'_, 'de>
    where
        T: Deserialize<'de>,
    {
        ToTarget(self)
    }

    /// What was read.
    pub(crate) fn done(self) -> Result<T> {
        self.0.into_inner().ok_or_else(used_twice)
    }
}

/// Passes a seed without its type: for values that are rare, so that no reader of theirs is compiled for each type of the program.
pub(crate) fn pass<'de, S: DeserializeSeed<'de>>(
    seed: S,
    read: impl FnOnce(Passing<'_, 'de>) -> Result,
) -> Result<S::Value> {
    let mut slot = Slot::new(seed);
    read(Passing(&mut slot))?;
    slot.done()
}

/// Passes a list to a visitor, without the type of the list.
pub(crate) fn visit_seq<'de, V: Visitor<'de>, A: SeqAccess<'de>>(
    visitor: V,
    access: A,
) -> Result<V::Value> {
    visitor.visit_seq(Access::<dyn AnySeq<'de>>(&mut Held(access)))
}

/// Passes a visitor without its type.
pub(crate) fn visit<'de, V: Visitor<'de>>(
    visitor: V,
    read: impl FnOnce(PassingVisitor<'_, 'de>) -> Result,
) -> Result<V::Value> {
    let mut slot = Slot::new(visitor);
    read(PassingVisitor(&mut slot))?;
    slot.done()
}

trait AnyTarget<'de> {
    fn feed(&self, reader: &mut dyn AnyReader<'de>) -> Result;
}

impl<'de, T: Deserialize<'de>> AnyTarget<'de> for Target<T> {
    fn feed(&self, reader: &mut dyn AnyReader<'de>) -> Result {
        self.0.set(Some(T::deserialize(Erased(reader))?));
        Ok(())
    }
}

/// A [`Target`] without its type.
#[derive(Clone, Copy)]
pub(crate) struct ToTarget<'t, 'de>(&'t dyn AnyTarget<'de>);

impl<'de> DeserializeSeed<'de> for ToTarget<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        let mut held = Held(Some(reader));
        self.0.feed(&mut held).map_err(D::Error::custom)
    }
}

/// What is read, in one form for all readers.
enum Found<'f, 'de> {
    Bool(bool),
    Borrowed(&'de str),
    BorrowedBytes(&'de [u8]),
    ByteBuf(Vec<u8>),
    Enum(&'f mut dyn AnyEnum<'de>),
    F64(f64),
    I128(i128),
    I64(i64),
    Map(&'f mut dyn AnyMap<'de>),
    Newtype(&'f mut dyn AnyReader<'de>),
    None,
    Seq(&'f mut dyn AnySeq<'de>),
    Some(&'f mut dyn AnyReader<'de>),
    Str(&'f str),
    String(String),
    U128(u128),
    U64(u64),
    Unit,
}

/// What a type asks a reader for.
#[derive(Clone, Copy)]
enum Ask {
    Any,
    Bool,
    ByteBuf,
    Bytes,
    Char,
    Enum(&'static str, &'static [&'static str]),
    F32,
    F64,
    I128,
    I16,
    I32,
    I64,
    I8,
    Identifier,
    Ignored,
    Map,
    Newtype(&'static str),
    Option,
    Seq,
    Str,
    String,
    Struct(&'static str, &'static [&'static str]),
    Tuple(usize),
    TupleStruct(&'static str, usize),
    U128,
    U16,
    U32,
    U64,
    U8,
    Unit,
    UnitStruct(&'static str),
}

trait AnySeed<'de> {
    fn feed(&mut self, reader: &mut dyn AnyReader<'de>) -> Result;
}

trait AnyVisitor<'de> {
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn visit(&mut self, found: Found<'_, 'de>) -> Result;
}

/// A reader, which is used once.
trait AnyReader<'de> {
    fn read(&mut self, ask: Ask, visitor: &mut dyn AnyVisitor<'de>) -> Result;
}

trait AnySeq<'de> {
    fn element(&mut self, seed: &mut dyn AnySeed<'de>) -> Result<bool>;
    fn hint(&self) -> Option<usize>;
}

trait AnyMap<'de> {
    fn key(&mut self, seed: &mut dyn AnySeed<'de>) -> Result<bool>;
    fn value(&mut self, seed: &mut dyn AnySeed<'de>) -> Result;
    fn hint(&self) -> Option<usize>;
}

trait AnyEnum<'de> {
    fn variant(&mut self, seed: &mut dyn AnySeed<'de>) -> Result;
    fn unit(&mut self) -> Result;
    fn newtype(&mut self, seed: &mut dyn AnySeed<'de>) -> Result;
    fn tuple(&mut self, len: usize, visitor: &mut dyn AnyVisitor<'de>) -> Result;
    fn structure(
        &mut self,
        fields: &'static [&'static str],
        visitor: &mut dyn AnyVisitor<'de>,
    ) -> Result;
}

#[cold]
fn used_twice() -> ReadError {
    ReadError::custom("a reader is used once")
}

// ── the side of a type ───────────────────────────────────────────────────────────────────────────────────────────────

/// A seed or a visitor, then its result.
struct Slot<S, T> {
    asks: Option<S>,
    out: Option<T>,
}

impl<S, T> Slot<S, T> {
    fn new(asks: S) -> Self {
        Self {
            asks: Some(asks),
            out: None,
        }
    }

    fn take(&mut self) -> Result<S> {
        self.asks.take().ok_or_else(used_twice)
    }

    fn done(self) -> Result<T> {
        self.out.ok_or_else(used_twice)
    }
}

impl<'de, S: DeserializeSeed<'de>> AnySeed<'de> for Slot<S, S::Value> {
    fn feed(&mut self, reader: &mut dyn AnyReader<'de>) -> Result {
        self.out = Some(self.take()?.deserialize(Erased(reader))?);
        Ok(())
    }
}

impl<'de, V: Visitor<'de>> AnyVisitor<'de> for Slot<V, V::Value> {
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.asks {
            Some(visitor) => visitor.expecting(f),
            None => Ok(()),
        }
    }

    fn visit(&mut self, found: Found<'_, 'de>) -> Result {
        let visitor = self.take()?;
        self.out = Some(match found {
            Found::Bool(value) => visitor.visit_bool(value),
            Found::Borrowed(text) => visitor.visit_borrowed_str(text),
            Found::BorrowedBytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Found::ByteBuf(bytes) => visitor.visit_byte_buf(bytes),
            Found::Enum(access) => visitor.visit_enum(Access(access)),
            Found::F64(value) => visitor.visit_f64(value),
            Found::I128(value) => visitor.visit_i128(value),
            Found::I64(value) => visitor.visit_i64(value),
            Found::Map(access) => visitor.visit_map(Access(access)),
            Found::Newtype(reader) => visitor.visit_newtype_struct(Erased(reader)),
            Found::None => visitor.visit_none(),
            Found::Seq(access) => visitor.visit_seq(Access(access)),
            Found::Some(reader) => visitor.visit_some(Erased(reader)),
            Found::Str(text) => visitor.visit_str(text),
            Found::String(text) => visitor.visit_string(text),
            Found::U128(value) => visitor.visit_u128(value),
            Found::U64(value) => visitor.visit_u64(value),
            Found::Unit => visitor.visit_unit(),
        }?);
        Ok(())
    }
}

/// A reader of any codec.
struct Erased<'r, 'de>(&'r mut dyn AnyReader<'de>);

impl<'de> Erased<'_, 'de> {
    fn ask<V: Visitor<'de>>(self, ask: Ask, visitor: V) -> Result<V::Value> {
        let mut slot = Slot::new(visitor);
        self.0.read(ask, &mut slot)?;
        slot.done()
    }
}

macro_rules! ask {
    ($($method:ident($($arg:ident: $type:ty),*) $ask:expr;)*) => { $(
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value> {
            self.ask($ask, visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for Erased<'_, 'de> {
    type Error = ReadError;

    ask! {
        deserialize_any() Ask::Any;
        deserialize_bool() Ask::Bool;
        deserialize_byte_buf() Ask::ByteBuf;
        deserialize_bytes() Ask::Bytes;
        deserialize_char() Ask::Char;
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) Ask::Enum(name, variants);
        deserialize_f32() Ask::F32;
        deserialize_f64() Ask::F64;
        deserialize_i128() Ask::I128;
        deserialize_i16() Ask::I16;
        deserialize_i32() Ask::I32;
        deserialize_i64() Ask::I64;
        deserialize_i8() Ask::I8;
        deserialize_identifier() Ask::Identifier;
        deserialize_ignored_any() Ask::Ignored;
        deserialize_map() Ask::Map;
        deserialize_newtype_struct(name: &'static str) Ask::Newtype(name);
        deserialize_option() Ask::Option;
        deserialize_seq() Ask::Seq;
        deserialize_str() Ask::Str;
        deserialize_string() Ask::String;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) Ask::Struct(name, fields);
        deserialize_tuple(len: usize) Ask::Tuple(len);
        deserialize_tuple_struct(name: &'static str, len: usize) Ask::TupleStruct(name, len);
        deserialize_u128() Ask::U128;
        deserialize_u16() Ask::U16;
        deserialize_u32() Ask::U32;
        deserialize_u64() Ask::U64;
        deserialize_u8() Ask::U8;
        deserialize_unit() Ask::Unit;
        deserialize_unit_struct(name: &'static str) Ask::UnitStruct(name);
    }
}

/// The parts of a list, a map or an enum.
struct Access<'r, A: ?Sized>(&'r mut A);

impl<'de> SeqAccess<'de> for Access<'_, dyn AnySeq<'de> + '_> {
    type Error = ReadError;
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let mut slot = Slot::new(seed);
        match self.0.element(&mut slot)? {
            true => slot.done().map(Some),
            false => Ok(None),
        }
    }
    fn size_hint(&self) -> Option<usize> {
        self.0.hint()
    }
}

impl<'de> MapAccess<'de> for Access<'_, dyn AnyMap<'de> + '_> {
    type Error = ReadError;
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let mut slot = Slot::new(seed);
        match self.0.key(&mut slot)? {
            true => slot.done().map(Some),
            false => Ok(None),
        }
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        let mut slot = Slot::new(seed);
        self.0.value(&mut slot)?;
        slot.done()
    }
    fn size_hint(&self) -> Option<usize> {
        self.0.hint()
    }
}

impl<'de> EnumAccess<'de> for Access<'_, dyn AnyEnum<'de> + '_> {
    type Error = ReadError;
    type Variant = Self;
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        let mut slot = Slot::new(seed);
        self.0.variant(&mut slot)?;
        Ok((slot.done()?, self))
    }
}

impl<'de> VariantAccess<'de> for Access<'_, dyn AnyEnum<'de> + '_> {
    type Error = ReadError;
    fn unit_variant(self) -> Result {
        self.0.unit()
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        let mut slot = Slot::new(seed);
        self.0.newtype(&mut slot)?;
        slot.done()
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        let mut slot = Slot::new(visitor);
        self.0.tuple(len, &mut slot)?;
        slot.done()
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let mut slot = Slot::new(visitor);
        self.0.structure(fields, &mut slot)?;
        slot.done()
    }
}

// ── the side of the codecs ───────────────────────────────────────────────────────────────────────────────────────────

/// A seed without its type.
pub(crate) struct Passing<'s, 'de>(&'s mut dyn AnySeed<'de>);

impl<'de> DeserializeSeed<'de> for Passing<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        let mut held = Held(Some(reader));
        self.0.feed(&mut held).map_err(D::Error::custom)
    }
}

/// A visitor without its type.
pub(crate) struct PassingVisitor<'s, 'de>(&'s mut dyn AnyVisitor<'de>);

/// A reader or an access of a codec.
struct Held<T>(T);

impl<'de, D: Deserializer<'de>> AnyReader<'de> for Held<Option<D>> {
    fn read(&mut self, ask: Ask, visitor: &mut dyn AnyVisitor<'de>) -> Result {
        let reader = self.0.take().ok_or_else(used_twice)?;
        let visitor = PassingVisitor(visitor);
        let read = match ask {
            Ask::Any => reader.deserialize_any(visitor),
            Ask::Bool => reader.deserialize_bool(visitor),
            Ask::ByteBuf => reader.deserialize_byte_buf(visitor),
            Ask::Bytes => reader.deserialize_bytes(visitor),
            Ask::Char => reader.deserialize_char(visitor),
            Ask::Enum(name, variants) => reader.deserialize_enum(name, variants, visitor),
            Ask::F32 => reader.deserialize_f32(visitor),
            Ask::F64 => reader.deserialize_f64(visitor),
            Ask::I128 => reader.deserialize_i128(visitor),
            Ask::I16 => reader.deserialize_i16(visitor),
            Ask::I32 => reader.deserialize_i32(visitor),
            Ask::I64 => reader.deserialize_i64(visitor),
            Ask::I8 => reader.deserialize_i8(visitor),
            Ask::Identifier => reader.deserialize_identifier(visitor),
            Ask::Ignored => reader.deserialize_ignored_any(visitor),
            Ask::Map => reader.deserialize_map(visitor),
            Ask::Newtype(name) => reader.deserialize_newtype_struct(name, visitor),
            Ask::Option => reader.deserialize_option(visitor),
            Ask::Seq => reader.deserialize_seq(visitor),
            Ask::Str => reader.deserialize_str(visitor),
            Ask::String => reader.deserialize_string(visitor),
            Ask::Struct(name, fields) => reader.deserialize_struct(name, fields, visitor),
            Ask::Tuple(len) => reader.deserialize_tuple(len, visitor),
            Ask::TupleStruct(name, len) => reader.deserialize_tuple_struct(name, len, visitor),
            Ask::U128 => reader.deserialize_u128(visitor),
            Ask::U16 => reader.deserialize_u16(visitor),
            Ask::U32 => reader.deserialize_u32(visitor),
            Ask::U64 => reader.deserialize_u64(visitor),
            Ask::U8 => reader.deserialize_u8(visitor),
            Ask::Unit => reader.deserialize_unit(visitor),
            Ask::UnitStruct(name) => reader.deserialize_unit_struct(name, visitor),
        };
        read.map_err(ReadError::custom)
    }
}

macro_rules! pass {
    ($($visit:ident $found:ident $type:ty;)*) => { $(
        fn $visit<E: serde::de::Error>(self, v: $type) -> Result<(), E> {
            self.0.visit(Found::$found(v)).map_err(E::custom)
        }
    )* };
}

impl<'de> Visitor<'de> for PassingVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    pass! {
        visit_bool Bool bool; visit_i64 I64 i64; visit_i128 I128 i128; visit_u64 U64 u64; visit_u128 U128 u128;
        visit_f64 F64 f64; visit_str Str &str; visit_borrowed_str Borrowed &'de str; visit_string String String;
        visit_borrowed_bytes BorrowedBytes &'de [u8]; visit_byte_buf ByteBuf Vec<u8>;
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<(), E> {
        self.visit_byte_buf(bytes.to_vec())
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.visit(Found::Unit).map_err(E::custom)
    }
    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.visit(Found::None).map_err(E::custom)
    }
    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        let mut held = Held(Some(reader));
        self.0
            .visit(Found::Some(&mut held))
            .map_err(D::Error::custom)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        let mut held = Held(Some(reader));
        let read = self.0.visit(Found::Newtype(&mut held));
        read.map_err(D::Error::custom)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        let mut held = Held(access);
        self.0
            .visit(Found::Seq(&mut held))
            .map_err(A::Error::custom)
    }
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        let mut held = Held(access);
        self.0
            .visit(Found::Map(&mut held))
            .map_err(A::Error::custom)
    }
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        let mut held = Variant {
            access: Some(access),
            content: None,
        };
        self.0
            .visit(Found::Enum(&mut held))
            .map_err(A::Error::custom)
    }
}

impl<'de, A: SeqAccess<'de>> AnySeq<'de> for Held<A> {
    fn element(&mut self, seed: &mut dyn AnySeed<'de>) -> Result<bool> {
        let read = self.0.next_element_seed(Passing(seed));
        read.map(|read| read.is_some()).map_err(ReadError::custom)
    }
    fn hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> AnyMap<'de> for Held<A> {
    fn key(&mut self, seed: &mut dyn AnySeed<'de>) -> Result<bool> {
        let read = self.0.next_key_seed(Passing(seed));
        read.map(|read| read.is_some()).map_err(ReadError::custom)
    }
    fn value(&mut self, seed: &mut dyn AnySeed<'de>) -> Result {
        self.0
            .next_value_seed(Passing(seed))
            .map_err(ReadError::custom)
    }
    fn hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

/// An enum, then the content of its variant.
struct Variant<'de, A: EnumAccess<'de>> {
    access: Option<A>,
    content: Option<A::Variant>,
}

impl<'de, A: EnumAccess<'de>> Variant<'de, A> {
    fn content(&mut self) -> Result<A::Variant> {
        self.content.take().ok_or_else(used_twice)
    }
}

impl<'de, A: EnumAccess<'de>> AnyEnum<'de> for Variant<'de, A> {
    fn variant(&mut self, seed: &mut dyn AnySeed<'de>) -> Result {
        let access = self.access.take().ok_or_else(used_twice)?;
        let ((), content) = access
            .variant_seed(Passing(seed))
            .map_err(ReadError::custom)?;
        self.content = Some(content);
        Ok(())
    }
    fn unit(&mut self) -> Result {
        self.content()?.unit_variant().map_err(ReadError::custom)
    }
    fn newtype(&mut self, seed: &mut dyn AnySeed<'de>) -> Result {
        let read = self.content()?.newtype_variant_seed(Passing(seed));
        read.map_err(ReadError::custom)
    }
    fn tuple(&mut self, len: usize, visitor: &mut dyn AnyVisitor<'de>) -> Result {
        let read = self.content()?.tuple_variant(len, PassingVisitor(visitor));
        read.map_err(ReadError::custom)
    }
    fn structure(
        &mut self,
        fields: &'static [&'static str],
        visitor: &mut dyn AnyVisitor<'de>,
    ) -> Result {
        let read = self
            .content()?
            .struct_variant(fields, PassingVisitor(visitor));
        read.map_err(ReadError::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::{BTreeMap, HashMap};

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    enum Kind<'a> {
        Named {
            a: u8,
        },
        New(i8),
        Pair(u8, Option<u8>),
        #[serde(borrow)]
        Text(&'a str),
        Unit,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Wrapped(u32);

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Either {
        Number(f64),
        Text(String),
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Everything<'a> {
        #[serde(borrow)]
        kinds: Vec<Kind<'a>>,
        #[serde(borrow)]
        borrowed: Cow<'a, str>,
        by_number: BTreeMap<i64, (bool, char)>,
        by_wrapped: HashMap<String, Wrapped>,
        either: [Either; 2],
        large: (u128, i128, u64, i64),
        none: Option<u8>,
        nothing: (),
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
    }

    fn erased<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let target = Target::new();
        target.seed().deserialize(&mut reader)?;
        target.done()
    }

    #[test]
    fn types_are_read_as_without_erasure() {
        let text = r#"{"kinds": [{"Named": {"a": 1}}, {"New": -1}, {"Pair": [1, null]}, {"Text": "t"}, "Unit"],
            "borrowed": "b", "by_number": {"-7": [true, "x"]}, "by_wrapped": {"w": 7}, "either": [0.5, "t"],
            "large": [340282366920938463463374607431768211455, -7, 18446744073709551615, -9], "none": null, "nothing": null,
            "rest": [{"a": null}, 1.5], "more": {"b": false}}"#;
        let found: Everything<'_> = erased(text).unwrap();
        assert_eq!(found, serde_json::from_str(text).unwrap());
        assert_eq!(found.kinds.len(), 5);
    }

    #[test]
    fn errors_are_those_without_erasure() {
        for text in [
            "[1, 2",
            "{\"a\": \"x\"}",
            "{\"a\": 300}",
            "{}",
            "{\"a\": 1, \"a\": 2}",
            "7",
            "null",
        ] {
            #[derive(Deserialize, Debug)]
            #[expect(dead_code, reason = "only its errors are compared")]
            struct Small {
                a: u8,
            }
            let direct = serde_json::from_str::<Small>(text).unwrap_err();
            let erased = erased::<Small>(text).unwrap_err();
            assert_eq!(erased.to_string(), direct.to_string(), "{text}");
        }
    }
}
