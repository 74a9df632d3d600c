//! Shapes and members.

use serde::Deserialize;

use super::Smithy;
use super::traits::{EnumValue, Traits};
use crate::model::ordered::Ordered;
use crate::model::shape::{ErrorTraits, Kind, Location, Member, Members, Shape, XmlNamespace};
use crate::model::text::{Text, capitalised};
use crate::model::{Protocol, ServiceModel};

#[derive(Deserialize)]
pub(super) struct RawShape<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    pub(super) members: Ordered<Text<'a>, RawMember<'a>>,
    member: Option<RawMember<'a>>,
    key: Option<RawMember<'a>>,
    value: Option<RawMember<'a>>,
    #[serde(default)]
    pub(super) traits: Traits<'a>,
}

#[derive(Deserialize)]
pub(super) struct RawMember<'a> {
    #[serde(borrow)]
    pub(super) target: Text<'a>,
    #[serde(default)]
    pub(super) traits: Traits<'a>,
}

/// The parts of a shape that members which refer to it inherit.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(default)]
    traits: Traits<'a>,
}

pub(super) fn parse(dialect: &Smithy, model: &ServiceModel, text: &str) -> Result<Shape, String> {
    let raw: RawShape<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let entry = |name: &str, part: &Option<RawMember<'_>>| match part {
        Some(of) => entry(dialect, model, name, of),
        None => Err(format!("a {} has no {name}", raw.kind)),
    };
    let traits = &raw.traits;
    let kind = match &*raw.kind {
        "structure" => Kind::Structure(members(dialect, model, &raw)?),
        "union" => Kind::Union(members(dialect, model, &raw)?),
        "list" | "set" => Kind::List(entry("member", &raw.member)?),
        "map" => Kind::Map {
            key: entry("key", &raw.key)?,
            value: entry("value", &raw.value)?,
        },
        "bigDecimal" => Kind::BigDecimal,
        "bigInteger" => Kind::BigInteger,
        "blob" => Kind::Blob,
        "boolean" => Kind::Boolean,
        "document" => Kind::Document,
        "double" => Kind::Double,
        "float" => Kind::Float,
        "byte" | "short" | "integer" | "intEnum" => Kind::Integer,
        "long" => Kind::Long,
        "string" | "enum" => Kind::String,
        "timestamp" => Kind::Timestamp,
        other => return Err(format!("unknown type {other:?}")),
    };
    let values = match &*raw.kind {
        "enum" => (raw.members.0.iter())
            .map(|(name, member)| match &member.traits.enum_value {
                Some(EnumValue::Text(text)) => text.to_string(),
                Some(EnumValue::Number(number)) => number.to_string(),
                None => name.to_string(),
            })
            .collect(),
        _ => (traits.values.iter())
            .map(|definition| definition.value.to_string())
            .collect(),
    };
    // other protocols ignore the trait
    let query_error = traits.query_error.as_ref();
    let query_error = query_error.filter(|_| model.metadata.protocol.is_query());
    let error = traits.error.as_deref().map(|fault| ErrorTraits {
        code: query_error.map(|error| error.code.to_string()),
        status: query_error
            .and_then(|error| error.http_response_code)
            .or(traits.http_error),
        sender_fault: Some(fault == "client"),
        retryable: traits.retryable.is_some(),
        throttling: traits.retryable.as_ref().is_some_and(|r| r.throttling),
    });
    let is_union = matches!(kind, Kind::Union(_));
    Ok(Shape {
        error,
        sparse: traits.sparse.0,
        sensitive: traits.sensitive.0,
        streaming: traits.streaming.0 && !is_union,
        requires_length: traits.requires_length.0,
        event_stream: traits.streaming.0 && is_union,
        min: traits.min(),
        max: traits.max(),
        values,
        wire_name: traits.xml_name.as_deref().map(Into::into),
        xml_namespace: traits.namespace(),
        kind,
    })
}

fn members(dialect: &Smithy, model: &ServiceModel, raw: &RawShape<'_>) -> Result<Members, String> {
    if raw.members.0.len() >= usize::from(u16::MAX) {
        return Err("a structure with more than 65,534 members".into());
    }
    let mut list = Vec::with_capacity(raw.members.0.len());
    for (name, of) in &raw.members.0 {
        let mut member = Target::of(dialect, model, of)?.member(model, name, of)?;
        member.required = of.traits.required.0;
        list.push(member);
    }
    let payload = list.iter().position(|m| m.location == Location::Payload);
    // the list has at most u16::MAX members
    let mut members = Members::new(list, payload.map(|at| at as u16));
    members.names_payload = raw.members.0.iter().any(|(_, m)| m.traits.payload.0);
    Ok(members)
}

/// The member of a list, or the key or the value of a map.
fn entry(
    dialect: &Smithy,
    model: &ServiceModel,
    name: &str,
    raw: &RawMember<'_>,
) -> Result<Member, String> {
    Target::of(dialect, model, raw)?.member(model, name, raw)
}

/// The shape that a member refers to.
struct Target<'m> {
    id: crate::model::ShapeId,
    head: Head<'m>,
}

impl<'m> Target<'m> {
    fn of(dialect: &Smithy, model: &'m ServiceModel, raw: &RawMember<'_>) -> Result<Self, String> {
        let id = dialect.find(model, &raw.target)?;
        let head = serde_json::from_str(model.shape_text(id)?);
        let head = head.map_err(|e| format!("shape {}: {e}", raw.target))?;
        Ok(Self { id, head })
    }

    fn member(
        self,
        model: &ServiceModel,
        name: &str,
        raw: &RawMember<'_>,
    ) -> Result<Member, String> {
        let (own, inherited) = (&raw.traits, &self.head.traits);
        let protocol = model.metadata.protocol;
        let (location, bound_name) = match protocol.is_rest() {
            true => location(own),
            false => (Location::Body, None),
        };
        let wire_name = match (location, bound_name) {
            (_, Some(name)) => name,
            (Location::Body | Location::Payload, None) => {
                self.body_name(protocol, location, own, name, model)
            }
            (_, None) => name,
        };
        let request_name = match protocol {
            Protocol::Ec2Query => match &own.ec2_query_name {
                Some(name) => name.to_string(),
                None => capitalised(wire_name),
            },
            _ => wire_name.to_owned(),
        };
        let format = match own.timestamp_format()? {
            // the trait has no effect there
            _ if protocol == Protocol::RpcV2Json => None,
            None => inherited.timestamp_format()?,
            own => own,
        };
        let media_type = own.media_type.as_ref().or(inherited.media_type.as_ref());
        let is_json = media_type.is_some_and(|kind| **kind == *"application/json");
        let mut member = Member::new(name, self.id);
        member.request_name = (request_name != wire_name).then_some(request_name);
        member.wire_name = wire_name.into();
        member.flattened =
            own.xml_flattened.0 && matches!(&*self.head.kind, "list" | "set" | "map");
        member.xml_attribute = own.xml_attribute.0;
        member.xml_namespace = self.namespace(protocol, location, own, model);
        member.timestamp_format = format;
        member.json_value = is_json && location == Location::Header;
        member.location = location;
        member.idempotency_token = own.idempotency_token.0;
        member.host_label = own.host_label.0;
        member.context_param = (own.context_param.as_ref()).map(|p| p.name.to_string());
        member.endpoint_discovery_id = own.endpoint_discovery_id.0;
        member.event_header = own.event_header.0;
        member.event_payload = own.event_payload.0;
        Ok(member)
    }

    /// The member's name in a body.
    fn body_name<'n>(
        &'n self,
        protocol: Protocol,
        location: Location,
        own: &'n Traits<'_>,
        name: &'n str,
        model: &'n ServiceModel,
    ) -> &'n str {
        let is_aggregate = matches!(&*self.head.kind, "structure" | "union");
        match protocol {
            Protocol::RestJson => own.json_name.as_deref().unwrap_or(name),
            // a payload is an XML document, and its root has the name of the shape
            Protocol::RestXml if location == Location::Payload && is_aggregate => {
                let names = [&own.xml_name, &self.head.traits.xml_name];
                let named = names.into_iter().find_map(|name| name.as_deref());
                named.unwrap_or_else(|| model.shape_name(self.id))
            }
            Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query => {
                own.xml_name.as_deref().unwrap_or(name)
            }
            Protocol::AwsJson | Protocol::RpcV2Cbor | Protocol::RpcV2Json => name,
        }
    }

    /// The namespace of the member's element. That of the service applies to the root of a document.
    fn namespace(
        &self,
        protocol: Protocol,
        location: Location,
        own: &Traits<'_>,
        model: &ServiceModel,
    ) -> Option<XmlNamespace> {
        let is_root = protocol == Protocol::RestXml && location == Location::Payload;
        own.namespace()
            .or_else(|| self.head.traits.namespace())
            .or_else(|| model.metadata.xml_namespace.clone().filter(|_| is_root))
    }
}

/// Where the HTTP binding traits place a member, and under which name, if they set one.
fn location<'t>(traits: &'t Traits<'_>) -> (Location, Option<&'t str>) {
    match traits {
        Traits {
            header: Some(name), ..
        } => (Location::Header, Some(name)),
        Traits {
            prefix_headers: Some(prefix),
            ..
        } => (Location::Headers, Some(prefix)),
        Traits {
            query: Some(name), ..
        } => (Location::Query, Some(name)),
        _ if traits.label.0 => (Location::Uri, None),
        _ if traits.query_params.0 => (Location::Query, None),
        _ if traits.payload.0 => (Location::Payload, None),
        _ if traits.response_code.0 => (Location::StatusCode, None),
        _ => (Location::Body, None),
    }
}
