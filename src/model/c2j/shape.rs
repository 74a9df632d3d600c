//! Shapes.

use serde::Deserialize;

use super::member::{RawMember, member};
use crate::model::ordered::Ordered;
use crate::model::shape::{ErrorTraits, Kind, Location, Members, Shape};
use crate::model::text::{RawNamespace, Text};
use crate::model::{ServiceModel, ShapeId};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawShape<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow, default)]
    pub(super) members: Ordered<Text<'a>, RawMember<'a>>,
    #[serde(default)]
    pub(super) required: Vec<Text<'a>>,
    pub(super) member: Option<RawMember<'a>>,
    pub(super) key: Option<RawMember<'a>>,
    pub(super) value: Option<RawMember<'a>>,
    pub(super) payload: Option<Text<'a>>,
    #[serde(default)]
    pub(super) union: bool,
    #[serde(default)]
    pub(super) document: bool,
    #[serde(default)]
    pub(super) eventstream: bool,
    #[serde(default)]
    pub(super) exception: bool,
    #[serde(default)]
    pub(super) fault: bool,
    pub(super) error: Option<RawError<'a>>,
    pub(super) retryable: Option<RawRetryable>,
    #[serde(default)]
    pub(super) sparse: bool,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) streaming: bool,
    #[serde(default)]
    pub(super) requires_length: bool,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    #[serde(default, rename = "enum")]
    pub(super) values: Vec<Text<'a>>,
    pub(super) location_name: Option<Text<'a>>,
    pub(super) xml_namespace: Option<RawNamespace<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct RawError<'a> {
    #[serde(borrow)]
    pub(super) code: Option<Text<'a>>,
    pub(super) http_status_code: Option<u16>,
    pub(super) sender_fault: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct RawRetryable {
    #[serde(default)]
    pub(super) throttling: bool,
}

pub(super) fn parse(model: &ServiceModel, id: ShapeId, text: &str) -> Result<Shape, String> {
    let raw: RawShape<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let part = |name: &str, part: &Option<RawMember<'_>>| match part {
        Some(of) => member(model, name, of),
        None => Err(format!("a {} has no {name}", raw.kind)),
    };
    let kind = match &*raw.kind {
        "structure" if raw.document => Kind::Document,
        "structure" if raw.union || raw.eventstream => Kind::Union(members(model, &raw)?),
        "structure" => Kind::Structure(members(model, &raw)?),
        "list" => Kind::List(part("member", &raw.member)?),
        "map" => Kind::Map {
            key: part("key", &raw.key)?,
            value: part("value", &raw.value)?,
        },
        "blob" => Kind::Blob,
        "boolean" => Kind::Boolean,
        "double" => Kind::Double,
        "float" => Kind::Float,
        "integer" => Kind::Integer,
        "long" => Kind::Long,
        "string" | "character" => Kind::String,
        "timestamp" => Kind::Timestamp,
        other => return Err(format!("unknown type {other:?}")),
    };
    let is_error = raw.exception || raw.error.is_some() || raw.fault;
    let details = raw.error.unwrap_or_default();
    let error = ErrorTraits {
        code: details.code.map(Into::into),
        status: details.http_status_code,
        sender_fault: details.sender_fault.or_else(|| raw.fault.then_some(false)),
        throttling: raw.retryable.as_ref().is_some_and(|r| r.throttling),
        retryable: raw.retryable.is_some(),
    };
    Ok(Shape {
        kind,
        error: is_error.then_some(error),
        sparse: raw.sparse,
        sensitive: raw.sensitive,
        streaming: raw.streaming,
        requires_length: raw.requires_length,
        event_stream: raw.eventstream,
        min: raw.min,
        max: raw.max,
        values: raw.values.into_iter().map(String::from).collect(),
        wire_name: raw.location_name.map(Into::into),
        xml_namespace: raw.xml_namespace.map(Into::into),
    })
    .inspect(|_| {
        tracing::trace!(
            service = model.name(),
            shape = model.shape_name(id),
            "parsed"
        )
    })
}

fn members(model: &ServiceModel, raw: &RawShape<'_>) -> Result<Members, String> {
    if raw.members.0.len() >= usize::from(u16::MAX) {
        return Err("a structure with more than 65,534 members".into());
    }
    let is_rest = model.metadata.protocol.is_rest();
    let mut list = Vec::with_capacity(raw.members.0.len());
    for (name, of) in &raw.members.0 {
        let mut member = member(model, name, of)?;
        member.required = raw.required.iter().any(|r| r == name);
        if !is_rest {
            member.location = Location::Body;
        }
        list.push(member);
    }
    let payload = raw.payload.as_ref().filter(|_| is_rest);
    let payload = payload.and_then(|p| list.iter().position(|m| *m.name == **p));
    if let Some(at) = payload {
        list[at].location = Location::Payload;
    }
    let mut members = Members::new(list, payload.map(|at| at as u16));
    members.names_payload = raw.payload.is_some();
    Ok(members)
}
