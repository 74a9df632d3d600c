//! Reads CBOR: minicbor's tokens with a shape.
//!
//! RFC 8949 as Smithy RPC v2 uses it: definite and indefinite lengths, all three float sizes, tag 1 for timestamps, tags 2 to 4 for
//! numbers of any size, and no other tag; `undefined` is null.

use std::borrow::Cow;

use minicbor::Decoder;
use minicbor::data::Type;
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};

pub(crate) use super::cbor_token::text_member;
use super::cbor_token::{Left, bytes, end, error, is_integer, number, skip, string, token};
use super::received::{self, AS_RECEIVED};
use super::scalar::{self, ScalarText};
use super::wrappers::Present;
use super::{MAX_DEPTH, ReadError, UNKNOWN_MEMBER, erased, the_shape_decides};
use crate::model::{Kind, Member, Members, ServiceModel, Shape, ShapeId};
use crate::time;

type Result<T, E = ReadError> = std::result::Result<T, E>;

/// Reads one whole item and passes it to the visitor.
pub(crate) fn read<'de, V: Visitor<'de>>(
    model: &ServiceModel,
    shape: &Shape,
    bytes: &'de [u8],
    visitor: V,
) -> Result<V::Value> {
    let mut decoder = Decoder::new(bytes);
    let item = Cbor {
        decoder: &mut decoder,
        model,
        shape,
        depth: MAX_DEPTH,
    };
    let out = item.deserialize_any(visitor)?;
    end(&decoder, bytes).map(|()| out)
}

/// The next item.
struct Cbor<'a, 'de, 'd> {
    decoder: &'d mut Decoder<'de>,
    model: &'a ServiceModel,
    shape: &'a Shape,
    /// The remaining depth.
    depth: usize,
}

impl<'a, 'de> Cbor<'a, 'de, '_> {
    /// A reader of the next item, which is a part of this one.
    fn part(&mut self, target: ShapeId) -> Result<Cbor<'a, 'de, '_>> {
        Ok(Cbor {
            depth: self.depth - 1,
            shape: self.model.shape(target).map_err(ReadError::custom)?,
            model: self.model,
            decoder: self.decoder,
        })
    }

    fn peek(&self) -> Result<Type> {
        let at = self.decoder.position();
        self.decoder.datatype().map_err(|e| error(&e, at))
    }

    fn token<T>(
        &mut self,
        read: impl FnOnce(&mut Decoder<'de>) -> Result<T, minicbor::decode::Error>,
    ) -> Result<T> {
        token(self.decoder, read)
    }

    fn enter(&self) -> Result<()> {
        match self.depth {
            0 => Err(error(&"nested too deep", self.decoder.position())),
            _ => Ok(()),
        }
    }

    fn mismatch(&self, found: Type) -> ReadError {
        let what = format!("{found} where the model has a {}", self.shape.kind.name());
        error(&what, self.decoder.position())
    }

    fn float(&mut self) -> Result<f64> {
        match self.peek()? {
            Type::F16 => self.token(Decoder::f16).map(f64::from),
            Type::F32 => self.token(Decoder::f32).map(f64::from),
            Type::F64 => self.token(Decoder::f64),
            // every integer is in the range of a float, though not exactly
            other if is_integer(other) => Ok(i128::from(self.token(Decoder::int)?) as f64),
            other => Err(self.mismatch(other)),
        }
    }

    /// Skips the tag of a timestamp.
    fn untag(&mut self) -> Result<()> {
        let at = self.decoder.position();
        if self.peek()? == Type::Tag {
            let tag = self.token(Decoder::tag)?.as_u64();
            if tag != 1 {
                return Err(error(&format_args!("unknown tag {tag}"), at));
            }
        }
        Ok(())
    }

    /// Reads a timestamp and passes it on as it was received.
    fn received<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        self.untag()?;
        match self.peek()? {
            Type::String | Type::StringIndef => received::visit(string(self.decoder)?, visitor),
            kind if is_integer(kind) => {
                let seconds = i128::from(self.token(Decoder::int)?);
                received::visit(seconds, visitor)
            }
            _ => received::visit(self.float()?, visitor),
        }
    }

    /// Reads seconds since 1970, with tag 1 or without.
    fn timestamp<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let at = self.decoder.position();
        self.untag()?;
        let instant = match self.peek()? {
            Type::String | Type::StringIndef => {
                let text = string(self.decoder)?;
                return visitor.visit_str(&time::normalise(&text).map_err(|e| error(&e, at))?);
            }
            _ => time::from_epoch(self.float()?),
        };
        visitor.visit_string(instant.map_err(|e| error(&e, at))?.rfc3339())
    }
}

impl<'de> Deserializer<'de> for Cbor<'_, 'de, '_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        let found = self.peek()?;
        match (&self.shape.kind, found) {
            (_, Type::Null | Type::Undefined) => {
                skip(self.decoder, 1)?;
                visitor.visit_unit()
            }
            (Kind::Timestamp, _) => self.timestamp(visitor),
            (kind @ (Kind::BigDecimal | Kind::BigInteger), _) => {
                let text = number(self.decoder)?.into();
                ScalarText { text, kind }.deserialize_any(visitor)
            }
            (Kind::Structure(members) | Kind::Union(members), Type::Map | Type::MapIndef) => {
                visitor.visit_map(Fields::new(self, members)?)
            }
            (Kind::Map { value, .. }, Type::Map | Type::MapIndef) => {
                visitor.visit_map(Items::of_map(self, value)?)
            }
            (Kind::List(member), Type::Array | Type::ArrayIndef) => {
                visitor.visit_seq(Items::of_list(self, member)?)
            }
            (Kind::Structure(_) | Kind::Union(_) | Kind::Map { .. } | Kind::List(_), _) => {
                Err(self.mismatch(found))
            }
            (Kind::Boolean | Kind::Document, Type::Bool) => {
                visitor.visit_bool(self.token(Decoder::bool)?)
            }
            (Kind::String | Kind::Document, Type::String) => {
                visitor.visit_borrowed_str(self.token(Decoder::str)?)
            }
            (Kind::String | Kind::Document, Type::StringIndef) => {
                visitor.visit_str(&string(self.decoder)?)
            }
            (Kind::Blob | Kind::Document, Type::Bytes | Type::BytesIndef) => {
                visitor.visit_string(scalar::base64_encode(&bytes(self.decoder)?))
            }
            (Kind::Float | Kind::Double | Kind::Document, Type::F16 | Type::F32 | Type::F64) => {
                scalar::visit_float(self.float()?, visitor)
            }
            (Kind::Integer | Kind::Long | Kind::Float | Kind::Double | Kind::Document, kind)
                if is_integer(kind) =>
            {
                let at = self.decoder.position();
                let n = i128::from(self.token(Decoder::int)?);
                match (i64::try_from(n), u64::try_from(n)) {
                    (Ok(n), _) => visitor.visit_i64(n),
                    (_, Ok(n)) => visitor.visit_u64(n),
                    _ => Err(error(&"an integer below -2^63", at)),
                }
            }
            _ => Err(self.mismatch(found)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        visitor.visit_f64(self.float()?)
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_f64(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_byte_buf(visitor)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek()? {
            Type::Bytes | Type::BytesIndef => {
                visitor.visit_byte_buf(bytes(self.decoder)?.into_owned())
            }
            _ => self.deserialize_any(visitor),
        }
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match (&self.shape.kind, self.peek()?) {
            (Kind::Blob, Type::Bytes | Type::BytesIndef) => {
                let bytes = bytes(self.decoder)?.into_owned();
                let bytes = SeqDeserializer::<_, ReadError>::new(bytes.into_iter());
                erased::visit_seq(visitor, bytes)
            }
            _ => self.deserialize_any(visitor),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek()? {
            Type::Null | Type::Undefined => {
                skip(self.decoder, 1)?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        skip(self.decoder, self.depth)?;
        visitor.visit_unit()
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.shape.members() {
            Some(members) => {
                let mut fields = Fields::new(self, members)?;
                let out = visitor.visit_enum(MapAccessDeserializer::new(&mut fields))?;
                while fields.next_member()?.is_some() {
                    fields.skip_value()?;
                }
                Ok(out)
            }
            None => visitor.visit_enum((&*string(self.decoder)?).into_deserializer()),
        }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match (name, &self.shape.kind, self.peek()?) {
            (AS_RECEIVED, Kind::Timestamp, kind)
                if !matches!(kind, Type::Null | Type::Undefined) =>
            {
                self.received(visitor)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }
    the_shape_decides!(except newtypes);
}

/// The items of a list, or the entries of a map.
struct Items<'a, 'de, 'd> {
    cbor: Cbor<'a, 'de, 'd>,
    left: Left,
    member: &'a Member,
}

impl<'a, 'de, 'd> Items<'a, 'de, 'd> {
    fn of_list(mut cbor: Cbor<'a, 'de, 'd>, member: &'a Member) -> Result<Self> {
        cbor.enter()?;
        let left = Left(cbor.token(Decoder::array)?);
        Ok(Self { cbor, left, member })
    }

    fn of_map(mut cbor: Cbor<'a, 'de, 'd>, member: &'a Member) -> Result<Self> {
        cbor.enter()?;
        let left = Left(cbor.token(Decoder::map)?);
        Ok(Self { cbor, left, member })
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de, '_> {
    type Error = ReadError;
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        match self.left.next(self.cbor.decoder)? {
            true => seed
                .deserialize(self.cbor.part(self.member.target)?)
                .map(Some),
            false => Ok(None),
        }
    }
    fn size_hint(&self) -> Option<usize> {
        self.left.hint()
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de, '_> {
    type Error = ReadError;
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        while self.left.next(self.cbor.decoder)? {
            let key = string(self.cbor.decoder)?;
            let is_null = matches!(self.cbor.peek()?, Type::Null | Type::Undefined);
            if is_null && !self.cbor.shape.sparse {
                skip(self.cbor.decoder, 1)?;
                continue;
            }
            let kind = &Kind::String;
            return seed.deserialize(ScalarText { text: key, kind }).map(Some);
        }
        Ok(None)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        seed.deserialize(self.cbor.part(self.member.target)?)
    }
    fn size_hint(&self) -> Option<usize> {
        self.left.hint()
    }
}

/// The members of a structure. Unknown members and nulls are dropped.
struct Fields<'a, 'de, 'd> {
    cbor: Cbor<'a, 'de, 'd>,
    left: Left,
    members: &'a Members,
    previous: Option<usize>,
    next: Next<'a, 'de>,
    count: usize,
}

enum Next<'a, 'de> {
    Member(&'a Member),
    UnknownTag(Cow<'de, str>),
}

impl<'a, 'de, 'd> Fields<'a, 'de, 'd> {
    fn new(mut cbor: Cbor<'a, 'de, 'd>, members: &'a Members) -> Result<Self> {
        cbor.enter()?;
        Ok(Self {
            left: Left(cbor.token(Decoder::map)?),
            cbor,
            members,
            previous: None,
            next: Next::UnknownTag(Cow::Borrowed("")),
            count: 0,
        })
    }

    fn skip_value(&mut self) -> Result<()> {
        skip(self.cbor.decoder, self.cbor.depth)
    }

    /// Moves to the next known member that is not null, and returns its name.
    fn next_member(&mut self) -> Result<Option<&'a str>> {
        let union = self.cbor.shape.is_union();
        while self.left.next(self.cbor.decoder)? {
            let key = string(self.cbor.decoder)?;
            let is_null = matches!(self.cbor.peek()?, Type::Null | Type::Undefined);
            let found = self.members.find_wire(self.previous, &key);
            if is_null || (found.is_none() && (!union || key == "__type")) {
                self.skip_value()?;
                continue;
            }
            self.count += 1;
            if union && self.count > 1 {
                return Err(ReadError::custom("a union with more than one member"));
            }
            let Some(index) = found else {
                self.skip_value()?;
                self.next = Next::UnknownTag(key);
                return Ok(Some(UNKNOWN_MEMBER));
            };
            self.previous = Some(index);
            let member = self.members.at(index);
            self.next = Next::Member(member);
            return Ok(Some(&member.name));
        }
        if union && self.count == 0 {
            return Err(ReadError::custom("a union without a member"));
        }
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de, '_> {
    type Error = ReadError;
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        match self.next_member()? {
            Some(name) => seed.deserialize(StrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        match &mut self.next {
            Next::Member(member) => {
                let target = member.target;
                seed.deserialize(self.cbor.part(target)?)
            }
            Next::UnknownTag(tag) => {
                let name = [("name", std::mem::take(tag))];
                erased::pass(seed, |seed| {
                    seed.deserialize(Present(MapDeserializer::new(name.into_iter())))
                })
            }
        }
    }
    fn size_hint(&self) -> Option<usize> {
        self.left.hint()
    }
}
