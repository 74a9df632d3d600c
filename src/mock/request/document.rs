//! Reads JSON and CBOR.

use serde_json::{Map, Value};

use crate::codec::format::Format;
use crate::codec::raw::Raw;
use crate::codec::scalar::base64_encode;
use crate::error::{Error, Result};
use crate::model::{Kind, Location, Member, Members, Protocol, ServiceModel, Shape};
use crate::time;

/// Reads the members of a structure that are part of the document. An empty body is an empty structure.
pub(super) fn read(
    model: &ServiceModel,
    shape: &Shape,
    body: &[u8],
    is_part: impl Fn(&Member) -> bool,
) -> Result<Value> {
    match parse(model, body)? {
        None => Ok(Map::new().into()),
        Some(Raw::Map(entries)) => match shape.members() {
            Some(members) => structure(model, members, entries, is_part),
            None => value(model, shape, Raw::Map(entries)),
        },
        Some(other) => value(model, shape, other),
    }
}

/// Reads a document of any shape.
pub(super) fn payload(model: &ServiceModel, shape: &Shape, body: &[u8]) -> Result<Value> {
    let raw = parse(model, body)?;
    raw.map_or(Ok(Map::new().into()), |raw| value(model, shape, raw))
}

fn parse(model: &ServiceModel, body: &[u8]) -> Result<Option<Raw>> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let (format, name) = match model.metadata().protocol {
        Protocol::RpcV2Cbor => (Format::Cbor, "CBOR"),
        _ => (Format::Json, "JSON"),
    };
    let broken = || Error::request(format!("the body is not well-formed {name}"));
    match format.parse(body) {
        Some(Ok(raw)) => Ok(Some(raw)),
        _ => Err(broken()),
    }
}

fn structure(
    model: &ServiceModel,
    members: &Members,
    entries: Vec<(crate::codec::raw::Text, Raw)>,
    is_part: impl Fn(&Member) -> bool,
) -> Result<Value> {
    let mut object = Map::new();
    for (name, raw) in entries {
        if raw == Raw::Null {
            continue;
        }
        let is_named = |member: &&Member| member.request_name() == name.text && is_part(member);
        let (name, value) = match members.iter().find(is_named) {
            Some(member) => (member.name.clone(), of_member(model, member, raw)?),
            None if name.text == "__type" => continue,
            None => (name.text, plain(raw)),
        };
        object.insert(name, value);
    }
    Ok(object.into())
}

fn of_member(model: &ServiceModel, member: &Member, raw: Raw) -> Result<Value> {
    if member.json_value && member.location == Location::Header {
        return Ok(plain(raw));
    }
    value(model, model.shape(member.target)?, raw)
}

fn value(model: &ServiceModel, shape: &Shape, raw: Raw) -> Result<Value> {
    Ok(match (&shape.kind, raw) {
        (Kind::Structure(members) | Kind::Union(members), Raw::Map(entries)) => {
            structure(model, members, entries, |_| true)?
        }
        (Kind::List(of), Raw::List(items)) => {
            let items = items.into_iter().map(|raw| of_member(model, of, raw));
            items.collect::<Result<Vec<_>>>()?.into()
        }
        (Kind::Map { value: of, .. }, Raw::Map(entries)) => {
            let mut object = Map::new();
            for (name, raw) in entries {
                object.insert(name.text, of_member(model, of, raw)?);
            }
            object.into()
        }
        (Kind::Timestamp, Raw::Number(text)) => {
            let seconds = text.parse().ok().and_then(|n| time::from_epoch(n).ok());
            seconds.map_or_else(|| text.into(), |time| time.rfc3339().into())
        }
        (Kind::Timestamp, Raw::Text(text)) => match time::normalise(&text.text) {
            Ok(time) => time.into_owned().into(),
            Err(_) => text.text.into(),
        },
        (Kind::BigDecimal | Kind::BigInteger, Raw::Number(text)) => {
            super::scalar::value(&shape.kind, &text)
        }
        (_, raw) => plain(raw),
    })
}

/// The value of a document without a shape.
fn plain(raw: Raw) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Bool(yes) => yes.into(),
        Raw::Number(text) => serde_json::from_str(&text).unwrap_or_else(|_| text.into()),
        Raw::Text(text) => text.text.into(),
        Raw::Bytes(bytes) => base64_encode(&bytes).into(),
        Raw::List(items) => items.into_iter().map(plain).collect::<Vec<_>>().into(),
        Raw::Map(entries) => {
            let entries = entries
                .into_iter()
                .map(|(name, raw)| (name.text, plain(raw)));
            Value::Object(entries.collect())
        }
    }
}
