//! CBOR's tokens: minicbor's, with positions in errors and a limit of depth.

use std::borrow::Cow;
use std::fmt;

use minicbor::Decoder;
use minicbor::data::Type;
use serde::de::Error as _;

use super::{MAX_DEPTH, ReadError, big};

type Result<T, E = ReadError> = std::result::Result<T, E>;

pub(super) fn end(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<()> {
    match decoder.position() == bytes.len() {
        true => Ok(()),
        false => Err(error(&"unexpected data after the item", decoder.position())),
    }
}

#[cold]
pub(super) fn error(what: &dyn fmt::Display, at: usize) -> ReadError {
    ReadError::custom(format_args!("CBOR: {what} at byte {at}"))
}

pub(super) fn token<'de, T>(
    decoder: &mut Decoder<'de>,
    read: impl FnOnce(&mut Decoder<'de>) -> Result<T, minicbor::decode::Error>,
) -> Result<T> {
    let at = decoder.position();
    read(decoder).map_err(|e| error(&e, at))
}

pub(super) fn is_integer(kind: Type) -> bool {
    matches!(
        kind,
        Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::Int
    )
}

pub(super) fn string<'de>(decoder: &mut Decoder<'de>) -> Result<Cow<'de, str>> {
    let at = decoder.position();
    match decoder.datatype().map_err(|e| error(&e, at))? {
        Type::String => token(decoder, Decoder::str).map(Cow::Borrowed),
        _ => {
            let mut whole = String::new();
            for part in decoder.str_iter().map_err(|e| error(&e, at))? {
                whole.push_str(part.map_err(|e| error(&e, at))?);
            }
            Ok(Cow::Owned(whole))
        }
    }
}

pub(super) fn bytes<'de>(decoder: &mut Decoder<'de>) -> Result<Cow<'de, [u8]>> {
    let at = decoder.position();
    match decoder.datatype().map_err(|e| error(&e, at))? {
        Type::Bytes => token(decoder, Decoder::bytes).map(Cow::Borrowed),
        _ => {
            let mut whole = Vec::new();
            for part in decoder.bytes_iter().map_err(|e| error(&e, at))? {
                whole.extend_from_slice(part.map_err(|e| error(&e, at))?);
            }
            Ok(Cow::Owned(whole))
        }
    }
}

/// The text of a number of any kind: an integer, a float, a bignum, a decimal fraction, or text.
pub(super) fn number(decoder: &mut Decoder<'_>) -> Result<String> {
    let at = decoder.position();
    match decoder.datatype().map_err(|e| error(&e, at))? {
        Type::String | Type::StringIndef => string(decoder).map(Cow::into_owned),
        Type::F16 => token(decoder, Decoder::f16).map(|float| format!("{float:?}")),
        Type::F32 => token(decoder, Decoder::f32).map(|float| format!("{float:?}")),
        Type::F64 => token(decoder, Decoder::f64).map(|float| format!("{float:?}")),
        Type::Tag if token(decoder, |d| d.probe().tag())?.as_u64() == DECIMAL => {
            token(decoder, Decoder::tag)?;
            let mut left = Left(token(decoder, Decoder::array)?);
            let mut next = |decoder: &mut Decoder<'_>| match left.next(decoder)? {
                true => Ok(()),
                false => Err(error(&"a decimal fraction without two numbers", at)),
            };
            next(decoder)?;
            let exponent = token(decoder, Decoder::i64)?;
            next(decoder)?;
            let mantissa = integer(decoder)?;
            match left.next(decoder)? {
                true => Err(error(&"a decimal fraction of more than two numbers", at)),
                false => Ok(big::of_fraction(&mantissa, exponent)),
            }
        }
        _ => integer(decoder),
    }
}

const DECIMAL: u64 = 4;

/// The digits of an integer or a bignum.
fn integer(decoder: &mut Decoder<'_>) -> Result<String> {
    let at = decoder.position();
    if decoder.datatype().map_err(|e| error(&e, at))? != Type::Tag {
        return Ok(i128::from(token(decoder, Decoder::int)?).to_string());
    }
    let is_negative = match token(decoder, Decoder::tag)?.as_u64() {
        2 => false,
        3 => true,
        other => return Err(error(&format_args!("unknown tag {other}"), at)),
    };
    let digits = big::of_bignum(&bytes(decoder)?, is_negative);
    digits.ok_or_else(|| error(&"an integer that is too large", at))
}

/// The number of items left in a container; unknown in one of indefinite length, which ends with a break.
pub(super) struct Left(pub(super) Option<u64>);

impl Left {
    /// Whether another item follows.
    pub(super) fn next(&mut self, decoder: &mut Decoder<'_>) -> Result<bool> {
        match &mut self.0 {
            Some(0) => Ok(false),
            Some(n) => {
                *n -= 1;
                Ok(true)
            }
            None => {
                let at = decoder.position();
                let is_break = decoder.datatype().map_err(|e| error(&e, at))? == Type::Break;
                if is_break {
                    decoder.set_position(at + 1);
                    self.0 = Some(0);
                }
                Ok(!is_break)
            }
        }
    }

    /// A size hint that a response cannot inflate.
    pub(super) fn hint(&self) -> Option<usize> {
        self.0.map(|n| usize::try_from(n.min(256)).unwrap_or(256))
    }
}

/// Skips one item. minicbor's own `skip` has no limit of depth and accepts some invalid items.
pub(super) fn skip(decoder: &mut Decoder<'_>, depth: usize) -> Result<()> {
    let at = decoder.position();
    let below = || match depth {
        0 => Err(error(&"nested too deep", at)),
        _ => Ok(depth - 1),
    };
    match decoder.datatype().map_err(|e| error(&e, at))? {
        Type::Array | Type::ArrayIndef => {
            let (mut left, depth) = (Left(token(decoder, Decoder::array)?), below()?);
            while left.next(decoder)? {
                skip(decoder, depth)?;
            }
        }
        Type::Map | Type::MapIndef => {
            let (mut left, depth) = (Left(token(decoder, Decoder::map)?), below()?);
            while left.next(decoder)? {
                skip(decoder, depth)?;
                skip(decoder, depth)?;
            }
        }
        Type::Tag => {
            token(decoder, Decoder::tag)?;
            skip(decoder, below()?)?;
        }
        Type::String | Type::StringIndef => {
            string(decoder)?;
        }
        Type::Bytes | Type::BytesIndef => {
            bytes(decoder)?;
        }
        Type::Break | Type::Unknown(_) => return Err(error(&"invalid item", at)),
        _ => token(decoder, Decoder::skip)?,
    }
    Ok(())
}

/// The text of a member of the outermost map, without a shape.
pub(crate) fn text_member(bytes: &[u8], name: &str) -> Option<String> {
    let mut decoder = Decoder::new(bytes);
    let mut left = Left(decoder.map().ok()?);
    while left.next(&mut decoder).ok()? {
        let key = string(&mut decoder).ok()?;
        if key == name && matches!(decoder.datatype().ok()?, Type::String | Type::StringIndef) {
            return string(&mut decoder).ok().map(Cow::into_owned);
        }
        skip(&mut decoder, MAX_DEPTH).ok()?;
    }
    None
}
