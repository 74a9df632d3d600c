//! Members, and the other references to shapes.

use serde::Deserialize;

use crate::model::shape::{Location, Member};
use crate::model::text::{RawNamespace, Text, capitalised};
use crate::model::{Protocol, ServiceModel, ShapeId};
use crate::time::TimestampFormat;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawMember<'a> {
    #[serde(borrow)]
    pub(super) shape: Text<'a>,
    pub(super) location: Option<Text<'a>>,
    pub(super) location_name: Option<Text<'a>>,
    pub(super) query_name: Option<Text<'a>>,
    pub(super) timestamp_format: Option<Text<'a>>,
    pub(super) xml_namespace: Option<RawNamespace<'a>>,
    #[serde(default)]
    pub(super) flattened: bool,
    #[serde(default)]
    pub(super) xml_attribute: bool,
    #[serde(default)]
    pub(super) jsonvalue: bool,
    #[serde(default)]
    pub(super) idempotency_token: bool,
    #[serde(default)]
    pub(super) host_label: bool,
    pub(super) context_param: Option<RawContextName<'a>>,
    #[serde(default)]
    pub(super) endpointdiscoveryid: bool,
    #[serde(default)]
    pub(super) eventheader: bool,
    #[serde(default)]
    pub(super) eventpayload: bool,
    #[serde(default)]
    pub(super) streaming: bool,
    /// Only of an operation's output.
    pub(super) result_wrapper: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RawContextName<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
}

/// The traits of a shape that members which refer to it inherit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(default)]
    pub(super) flattened: bool,
    pub(super) location_name: Option<Text<'a>>,
    pub(super) timestamp_format: Option<Text<'a>>,
    pub(super) xml_namespace: Option<RawNamespace<'a>>,
    #[serde(default)]
    pub(super) jsonvalue: bool,
    pub(super) location: Option<Text<'a>>,
    pub(super) member: Option<HeadMember<'a>>,
    #[serde(default)]
    pub(super) streaming: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeadMember<'a> {
    #[serde(borrow)]
    pub(super) location_name: Option<Text<'a>>,
}

impl<'m> Head<'m> {
    pub(super) fn of(
        model: &'m ServiceModel,
        id: ShapeId,
        at: &RawMember<'_>,
    ) -> Result<Self, String> {
        let text = model.shape_text(id)?;
        serde_json::from_str(text).map_err(|e| format!("shape {}: {e}", at.shape))
    }
}

pub(super) fn member(
    model: &ServiceModel,
    name: &str,
    raw: &RawMember<'_>,
) -> Result<Member, String> {
    let target = find(model, &raw.shape)?;
    let head = Head::of(model, target, raw)?;
    let own_name = raw.location_name.as_ref().or(head.location_name.as_ref());
    let location = location(raw.location.as_deref().or(head.location.as_deref()))?;
    // without a prefix, all headers are entries of the map
    let default_name = if location == Location::Headers {
        ""
    } else {
        name
    };
    let own_name = own_name.map_or(default_name, |n| n);
    let flattened = (raw.flattened || head.flattened) && matches!(&*head.kind, "list" | "map");
    let protocol = model.metadata.protocol;
    let is_xml = protocol.is_query() || protocol == Protocol::RestXml;
    // the elements of a flattened list have the name of the list's member, if the model has it
    let element_name = head.member.as_ref().filter(|_| flattened && is_xml);
    let element_name = element_name.and_then(|m| m.location_name.as_deref());
    let wire_name = element_name.unwrap_or(own_name);
    let request_name = match protocol {
        Protocol::Ec2Query => match (&raw.query_name, &raw.location_name) {
            (Some(query), _) => query.to_string(),
            (None, Some(name)) => capitalised(name),
            (None, None) => capitalised(name),
        },
        // as in botocore, requests use the name of the list, and responses that of its elements
        Protocol::RestXml => own_name.to_owned(),
        _ => wire_name.to_owned(),
    };
    let format = raw
        .timestamp_format
        .as_ref()
        .or(head.timestamp_format.as_ref());
    let format = format.map(|name| timestamp_format(name)).transpose()?;
    let mut member = Member::new(name, target);
    member.request_name = (request_name != wire_name).then_some(request_name);
    member.wire_name = wire_name.into();
    member.location = location;
    member.flattened = flattened;
    member.xml_attribute = raw.xml_attribute;
    member.xml_namespace = (raw.xml_namespace.clone().or(head.xml_namespace)).map(Into::into);
    member.timestamp_format = format;
    member.json_value = raw.jsonvalue || head.jsonvalue;
    member.idempotency_token = raw.idempotency_token;
    member.host_label = raw.host_label;
    member.context_param = raw.context_param.as_ref().map(|c| String::from(&*c.name));
    member.endpoint_discovery_id = raw.endpointdiscoveryid;
    member.event_header = raw.eventheader;
    member.event_payload = raw.eventpayload;
    member.streaming = raw.streaming || head.streaming;
    Ok(member)
}

fn location(name: Option<&str>) -> Result<Location, String> {
    Ok(match name {
        None => Location::Body,
        Some("header") => Location::Header,
        Some("headers") => Location::Headers,
        Some("querystring") => Location::Query,
        Some("statusCode") => Location::StatusCode,
        Some("uri") => Location::Uri,
        Some(other) => return Err(format!("{other:?} is not a valid location")),
    })
}

/// Reads botocore's name of a format, in any case.
fn timestamp_format(name: &str) -> Result<TimestampFormat, String> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "iso8601" => TimestampFormat::DateTime,
        "rfc822" => TimestampFormat::HttpDate,
        "unixtimestamp" => TimestampFormat::EpochSeconds,
        _ => return Err(format!("{name:?} is not a valid timestamp format")),
    })
}

pub(super) fn find(model: &ServiceModel, name: &str) -> Result<ShapeId, String> {
    model
        .find_shape(name)?
        .ok_or_else(|| format!("there is no shape {name}"))
}
