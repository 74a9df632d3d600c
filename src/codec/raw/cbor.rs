//! The parser of CBOR.

use minicbor::Decoder;
use minicbor::data::Type;

use super::{Raw, Text};
use crate::codec::{MAX_DEPTH, big};

/// Parses one whole CBOR item. Null entries of maps are dropped; tags are ignored, except those of numbers of any size.
pub(crate) fn cbor(bytes: &[u8]) -> Option<Raw> {
    let mut decoder = Decoder::new(bytes);
    let raw = item(&mut decoder, MAX_DEPTH)?;
    (decoder.position() == bytes.len()).then_some(raw)
}

/// The text of a member of the outermost map.
pub(crate) fn cbor_text(bytes: &[u8], name: &str) -> Option<String> {
    let Some(Raw::Map(entries)) = cbor(bytes) else {
        return None;
    };
    let mut entries = entries.into_iter();
    entries.find_map(|(key, raw)| match raw {
        Raw::Text(text) if key.text == name => Some(text.text),
        _ => None,
    })
}

fn item(decoder: &mut Decoder<'_>, depth: usize) -> Option<Raw> {
    Some(match decoder.datatype().ok()? {
        Type::Null => Raw::Null.after(decoder.null())?,
        Type::Undefined => Raw::Null.after(decoder.undefined())?,
        Type::Bool => Raw::Bool(decoder.bool().ok()?),
        Type::F16 => float(decoder.f16().ok()?.into()),
        Type::F32 => float(decoder.f32().ok()?.into()),
        Type::F64 => float(decoder.f64().ok()?),
        Type::Bytes | Type::BytesIndef => Raw::Bytes(octets(decoder, 2)?),
        Type::String | Type::StringIndef => Raw::Text(Text::of_bytes(&octets(decoder, 3)?)),
        Type::Array | Type::ArrayIndef => {
            let (mut left, depth) = (decoder.array().ok()?, depth.checked_sub(1)?);
            let mut list = Vec::new();
            while another(decoder, &mut left)? {
                list.push(item(decoder, depth)?);
            }
            Raw::List(list)
        }
        Type::Map | Type::MapIndef => {
            let (mut left, depth) = (decoder.map().ok()?, depth.checked_sub(1)?);
            let mut map = Vec::new();
            while another(decoder, &mut left)? {
                let Raw::Text(key) = item(decoder, depth)? else {
                    return None;
                };
                match item(decoder, depth)? {
                    Raw::Null => {}
                    raw => map.push((key, raw)),
                }
            }
            Raw::Map(map)
        }
        Type::Tag => {
            let tag = decoder.tag().ok()?.as_u64();
            tagged(tag, item(decoder, depth.checked_sub(1)?)?)
        }
        Type::Break | Type::Simple | Type::Unknown(_) => return None,
        _ => Raw::Number(i128::from(decoder.int().ok()?).to_string()),
    })
}

/// An item with a tag: a bignum or a decimal fraction, if it is one and not too large.
fn tagged(tag: u64, raw: Raw) -> Raw {
    let number = match (tag, &raw) {
        (2 | 3, Raw::Bytes(bytes)) => big::of_bignum(bytes, tag == 3),
        (4, Raw::List(parts)) => match &parts[..] {
            [Raw::Number(exponent), Raw::Number(mantissa)] => {
                let exponent = exponent.parse().ok();
                exponent.map(|exponent| big::of_fraction(mantissa, exponent))
            }
            _ => None,
        },
        _ => None,
    };
    number.map_or(raw, Raw::Number)
}

impl Raw {
    fn after<T, E>(self, read: Result<T, E>) -> Option<Self> {
        read.ok().map(|_| self)
    }
}

fn float(float: f64) -> Raw {
    Raw::Number(match float {
        f if f.is_nan() => "NaN".into(),
        f if f.is_infinite() => if f > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        f => format!("{f:?}"), // with its point or exponent
    })
}

/// Whether another item follows.
fn another(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Option<bool> {
    match left {
        Some(left) => Some(match left.checked_sub(1) {
            Some(less) => {
                *left = less;
                true
            }
            None => false,
        }),
        None => {
            let is_break = decoder.datatype().ok()? == Type::Break;
            if is_break {
                decoder.set_position(decoder.position().checked_add(1)?);
            }
            Some(!is_break)
        }
    }
}

/// The bytes of a string of this major type. minicbor reads text only if it is UTF-8.
fn octets(decoder: &mut Decoder<'_>, major: u8) -> Option<Vec<u8>> {
    let first = *decoder.input().get(decoder.position())?;
    if first & 0x1f != 0x1f {
        return chunk(decoder, major);
    }
    decoder.set_position(decoder.position().checked_add(1)?);
    let mut whole = Vec::new();
    while decoder.datatype().ok()? != Type::Break {
        whole.extend(chunk(decoder, major)?);
    }
    decoder.set_position(decoder.position().checked_add(1)?);
    Some(whole)
}

fn chunk(decoder: &mut Decoder<'_>, major: u8) -> Option<Vec<u8>> {
    let start = decoder.position();
    let first = *decoder.input().get(start)?;
    if first >> 5 != major {
        return None;
    }
    // except for its major type, the head is that of an unsigned integer
    let head = decoder.input().get(start..)?;
    let mut head = head.get(..head.len().min(9))?.to_vec();
    *head.first_mut()? &= 0x1f;
    let mut length = Decoder::new(&head);
    let count = usize::try_from(length.u64().ok()?).ok()?;
    let from = start.checked_add(length.position())?;
    let to = from.checked_add(count)?;
    let bytes = decoder.input().get(from..to)?.to_vec();
    decoder.set_position(to);
    Some(bytes)
}
