//! The `service-2.json` form of a model, as botocore has it.
//!
//! Traits on a reference win over those of the shape that it refers to. Of that shape only the text is read here: parsing
//! one shape never asks for another parsed one, as a cell must not be entered twice.

use std::borrow::Cow;
use std::fmt;

use http::Method;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::index::{Entries, Index};
use super::operation::{EndpointDiscovery, HttpChecksum, Operation, StaticContextParam};
use super::shape::{ErrorTraits, Kind, Location, Member, Members, Shape, XmlNamespace};
use super::{Metadata, Protocol, ServiceModel, ShapeId};
use crate::error::{Error, Result};
use crate::time::TimestampFormat;

/// Text of the model, borrowed from it unless it has escapes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl From<Text<'_>> for Box<str> {
    fn from(text: Text<'_>) -> Self {
        text.0.into()
    }
}

/// Whether any operation must have its endpoint asked for; the operations stay unparsed.
pub(super) fn requires_discovery<'t>(operations: impl Iterator<Item = &'t str>) -> bool {
    #[derive(Deserialize)]
    struct Part {
        endpointdiscovery: Option<Required>,
    }
    #[derive(Deserialize)]
    struct Required {
        #[serde(default)]
        required: bool,
    }
    let is_required = |text: &str| {
        let part: Option<Part> = serde_json::from_str(text).ok();
        part.and_then(|part| part.endpointdiscovery)
            .is_some_and(|d| d.required)
    };
    operations
        .filter(|text| text.contains("endpointdiscovery"))
        .any(is_required)
}

/// The service's id alone.
pub(super) fn service_id(text: &str) -> Result<String, serde_json::Error> {
    #[derive(Deserialize)]
    struct Top {
        metadata: Ids,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Ids {
        service_id: String,
    }
    serde_json::from_str(text).map(|top: Top| top.metadata.service_id)
}

pub(super) fn parse(name: &str, text: Box<str>) -> Result<ServiceModel> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Top<'a> {
        #[serde(borrow)]
        metadata: RawMetadata<'a>,
        #[serde(borrow, default)]
        operations: Entries<'a>,
        #[serde(borrow, default)]
        shapes: Entries<'a>,
        #[serde(borrow, default)]
        client_context_params: Ordered<'a, RawContextParam<'a>>,
    }
    let fault = |e: &dyn fmt::Display| Error::model(format!("{name}: {e}"));
    if u32::try_from(text.len()).is_err() {
        return Err(fault(&"the model is larger than 4 GiB"));
    }
    let top: Top<'_> = serde_json::from_str(&text).map_err(|e| fault(&e))?;
    let context =
        |(name, param): (Text<'_>, RawContextParam<'_>)| (Box::from(name), Box::from(param.kind));
    let metadata = Metadata {
        client_context_params: top
            .client_context_params
            .0
            .into_iter()
            .map(context)
            .collect(),
        ..top.metadata.resolve().map_err(|e| fault(&e))?
    };
    Ok(ServiceModel {
        name: name.into(),
        metadata,
        operations: Index::new(&top.operations, &text),
        shapes: Index::new(&top.shapes, &text),
        text,
    })
}

#[derive(Deserialize)]
struct RawContextParam<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct RawMetadata<'a> {
    #[serde(borrow)]
    api_version: Text<'a>,
    auth: Vec<Text<'a>>,
    aws_query_compatible: Option<Value>,
    endpoint_prefix: Text<'a>,
    json_version: Option<Text<'a>>,
    protocol: Text<'a>,
    protocols: Vec<Text<'a>>,
    service_full_name: Text<'a>,
    service_id: Option<Text<'a>>,
    signature_version: Text<'a>,
    signing_name: Option<Text<'a>>,
    target_prefix: Text<'a>,
    xml_namespace: Option<RawNamespace<'a>>,
}

impl RawMetadata<'_> {
    fn resolve(self) -> Result<Metadata, String> {
        let spoken: Vec<&str> = match &*self.protocols {
            [] => vec![&*self.protocol],
            all => all.iter().map(|p| &**p).collect(),
        };
        let protocol = Protocol::choose(spoken.iter().copied())
            .ok_or_else(|| format!("none of its protocols is supported: {}", spoken.join(", ")))?;
        Ok(Metadata {
            protocol,
            api_version: self.api_version.into(),
            auth: self.auth.into_iter().map(Box::from).collect(),
            client_context_params: Box::default(),
            json_version: self.json_version.map_or_else(|| "1.0".into(), Into::into),
            query_compatible: self.aws_query_compatible.is_some(),
            service_id: self
                .service_id
                .unwrap_or_else(|| self.endpoint_prefix.clone())
                .into(),
            signing_name: self
                .signing_name
                .unwrap_or_else(|| self.endpoint_prefix.clone())
                .into(),
            endpoint_prefix: self.endpoint_prefix.into(),
            service_full_name: self.service_full_name.into(),
            signature_version: self.signature_version.into(),
            target_prefix: self.target_prefix.into(),
            xml_namespace: self.xml_namespace.map(Into::into),
        })
    }
}

/// `{"uri": …, "prefix": …}`, or the URI alone.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum RawNamespace<'a> {
    Full {
        #[serde(borrow)]
        uri: Text<'a>,
        prefix: Option<Text<'a>>,
    },
    Uri(#[serde(borrow)] Text<'a>),
}

impl From<RawNamespace<'_>> for XmlNamespace {
    fn from(raw: RawNamespace<'_>) -> Self {
        let (uri, prefix) = match raw {
            RawNamespace::Full { uri, prefix } => (uri, prefix),
            RawNamespace::Uri(uri) => (uri, None),
        };
        Self {
            prefix: prefix.map(Into::into),
            uri: uri.into(),
        }
    }
}

// ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOperation<'a> {
    #[serde(borrow, default)]
    http: RawHttp<'a>,
    input: Option<RawMember<'a>>,
    output: Option<RawMember<'a>>,
    #[serde(default)]
    errors: Vec<RawMember<'a>>,
    #[serde(default)]
    auth: Vec<Text<'a>>,
    authtype: Option<Text<'a>>,
    #[serde(default)]
    unsigned_payload: bool,
    endpoint: Option<RawEndpoint<'a>>,
    #[serde(default)]
    static_context_params: Ordered<'a, RawStatic<'a>>,
    #[serde(default)]
    operation_context_params: Ordered<'a, RawPath<'a>>,
    http_checksum: Option<HttpChecksum>,
    #[serde(default)]
    http_checksum_required: bool,
    requestcompression: Option<RawCompression<'a>>,
    endpointdiscovery: Option<RawDiscovery>,
    #[serde(default)]
    endpointoperation: bool,
    #[serde(default)]
    deprecated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawHttp<'a> {
    #[serde(borrow)]
    method: Text<'a>,
    request_uri: Text<'a>,
}

impl Default for RawHttp<'_> {
    fn default() -> Self {
        Self {
            method: Text("POST".into()),
            request_uri: Text("/".into()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEndpoint<'a> {
    #[serde(borrow)]
    host_prefix: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawStatic<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
}

#[derive(Deserialize)]
struct RawPath<'a> {
    #[serde(borrow)]
    path: Text<'a>,
}

#[derive(Deserialize)]
struct RawCompression<'a> {
    #[serde(borrow, default)]
    encodings: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct RawDiscovery {
    #[serde(default)]
    required: bool,
}

pub(super) fn operation(model: &ServiceModel, name: &str, raw: &str) -> Result<Operation, String> {
    let raw: RawOperation<'_> = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    let id = |r: &RawMember<'_>| find(model, &r.shape);
    let input = raw.input.as_ref().map(id).transpose()?;
    let statics: Box<[StaticContextParam]> = (raw.static_context_params.0.into_iter())
        .map(|(name, param)| {
            let value = serde_json::from_str(param.value.get()).map_err(|e| e.to_string())?;
            Ok(StaticContextParam {
                name: Box::from(name),
                value,
            })
        })
        .collect::<Result<_, String>>()?;
    let method = Method::from_bytes(raw.http.method.as_bytes())
        .map_err(|_| format!("{:?} is no HTTP method", raw.http.method))?;
    let prefix = raw.endpoint.and_then(|e| e.host_prefix);
    let input_head = match (&raw.input, input) {
        (Some(input), Some(id)) => Some(Head::of(model, id, input)?),
        _ => None,
    };
    Ok(Operation {
        name: name.into(),
        method,
        uri: strip_ruled_label(model, &raw.http.request_uri, input)?.into(),
        input,
        input_name: (raw.input.as_ref().and_then(|i| i.location_name.as_deref()))
            .or_else(|| input_head.as_ref()?.location_name.as_deref())
            .or_else(|| input.map(|id| model.shape_name(id)))
            .map(Into::into),
        input_namespace: (raw.input.and_then(|i| i.xml_namespace))
            .or_else(|| input_head?.xml_namespace)
            .map(Into::into),
        output: raw.output.as_ref().map(id).transpose()?,
        result_wrapper: raw.output.and_then(|o| o.result_wrapper).map(Into::into),
        errors: raw.errors.iter().map(id).collect::<Result<_, _>>()?,
        auth: raw.auth.into_iter().map(Box::from).collect(),
        auth_type: raw.authtype.map(Into::into),
        unsigned_payload: raw.unsigned_payload,
        host_prefix: prefix
            .filter(|p| !is_ruled_prefix(p, &statics))
            .map(Into::into),
        static_context_params: statics,
        operation_context_params: (raw.operation_context_params.0.into_iter())
            .map(|(name, param)| (Box::from(name), Box::from(param.path)))
            .collect(),
        http_checksum: raw.http_checksum,
        http_checksum_required: raw.http_checksum_required,
        request_compression: (raw.requestcompression.into_iter())
            .flat_map(|c| c.encodings)
            .map(Box::from)
            .collect(),
        endpoint_discovery: raw.endpointdiscovery.map(|d| match d.required {
            true => EndpointDiscovery::Required,
            false => EndpointDiscovery::Optional,
        }),
        is_endpoint_operation: raw.endpointoperation,
        deprecated: raw.deprecated,
    })
}

/// A first label that is bound to a parameter of the endpoint rules is put into the URL by those: `/{Bucket}/{Key+}` is
/// `/{Key+}` behind what they say.
fn strip_ruled_label<'u>(
    model: &ServiceModel,
    uri: &'u str,
    input: Option<ShapeId>,
) -> Result<Cow<'u, str>, String> {
    let label = uri.strip_prefix("/{").and_then(|u| u.split_once('}'));
    let (Some((label, rest)), Some(input)) = (label, input) else {
        return Ok(uri.into());
    };
    let input: RawShape<'_> =
        serde_json::from_str(model.raw_shape(input)).map_err(|e| e.to_string())?;
    let ruled = input.members.0.iter().any(|(name, member)| {
        let wire = member.location_name.as_deref().unwrap_or(name);
        wire == label && member.location.as_deref() == Some("uri") && member.context_param.is_some()
    });
    Ok(if ruled { rest } else { uri }.into())
}

/// So is a host prefix `{AccountId}.` where the operation tells the rules `RequiresAccountId`.
fn is_ruled_prefix(prefix: &str, statics: &[StaticContextParam]) -> bool {
    let label = prefix.strip_prefix('{').and_then(|p| p.strip_suffix("}."));
    label.is_some_and(|label| {
        let told = |p: &StaticContextParam| {
            p.name.strip_prefix("Requires") == Some(label) && p.value == Value::Bool(true)
        };
        statics.iter().any(told)
    })
}

// ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawShape<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow, default)]
    members: Ordered<'a, RawMember<'a>>,
    #[serde(default)]
    required: Vec<Text<'a>>,
    member: Option<RawMember<'a>>,
    key: Option<RawMember<'a>>,
    value: Option<RawMember<'a>>,
    payload: Option<Text<'a>>,
    #[serde(default)]
    union: bool,
    #[serde(default)]
    document: bool,
    #[serde(default)]
    eventstream: bool,
    #[serde(default)]
    exception: bool,
    #[serde(default)]
    fault: bool,
    error: Option<RawError<'a>>,
    retryable: Option<RawRetryable>,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    streaming: bool,
    #[serde(default)]
    requires_length: bool,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default, rename = "enum")]
    values: Vec<Text<'a>>,
    location_name: Option<Text<'a>>,
    xml_namespace: Option<RawNamespace<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct RawError<'a> {
    #[serde(borrow)]
    code: Option<Text<'a>>,
    http_status_code: Option<u16>,
    sender_fault: Option<bool>,
}

#[derive(Deserialize)]
struct RawRetryable {
    #[serde(default)]
    throttling: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMember<'a> {
    #[serde(borrow)]
    shape: Text<'a>,
    location: Option<Text<'a>>,
    location_name: Option<Text<'a>>,
    query_name: Option<Text<'a>>,
    timestamp_format: Option<Text<'a>>,
    xml_namespace: Option<RawNamespace<'a>>,
    #[serde(default)]
    flattened: bool,
    #[serde(default)]
    xml_attribute: bool,
    #[serde(default)]
    jsonvalue: bool,
    #[serde(default)]
    idempotency_token: bool,
    #[serde(default)]
    host_label: bool,
    context_param: Option<RawContextName<'a>>,
    #[serde(default)]
    endpointdiscoveryid: bool,
    #[serde(default)]
    eventheader: bool,
    #[serde(default)]
    eventpayload: bool,
    /// Of an operation's output only.
    result_wrapper: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawContextName<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

/// What a reference needs to know of the shape that it refers to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(default)]
    flattened: bool,
    location_name: Option<Text<'a>>,
    timestamp_format: Option<Text<'a>>,
    xml_namespace: Option<RawNamespace<'a>>,
    #[serde(default)]
    jsonvalue: bool,
    location: Option<Text<'a>>,
    member: Option<HeadMember<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeadMember<'a> {
    #[serde(borrow)]
    location_name: Option<Text<'a>>,
}

impl<'m> Head<'m> {
    fn of(model: &'m ServiceModel, id: ShapeId, at: &RawMember<'_>) -> Result<Self, String> {
        serde_json::from_str(model.raw_shape(id)).map_err(|e| format!("shape {}: {e}", at.shape))
    }
}

pub(super) fn shape(model: &ServiceModel, id: ShapeId, raw: &str) -> Result<Shape, String> {
    let raw: RawShape<'_> = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    let part = |name: &str, part: &Option<RawMember<'_>>| match part {
        Some(of) => member(model, name, of),
        None => Err(format!("a {} without its {name}", raw.kind)),
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
        other => return Err(format!("{other:?} is no type")),
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
        sensitive: raw.sensitive,
        streaming: raw.streaming,
        requires_length: raw.requires_length,
        event_stream: raw.eventstream,
        min: raw.min,
        max: raw.max,
        values: raw.values.into_iter().map(Box::from).collect(),
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

fn member(model: &ServiceModel, name: &str, raw: &RawMember<'_>) -> Result<Member, String> {
    let target = find(model, &raw.shape)?;
    let head = Head::of(model, target, raw)?;
    let own_name = raw.location_name.as_ref().or(head.location_name.as_ref());
    let location = location(raw.location.as_deref().or(head.location.as_deref()))?;
    // headers without a prefix are all headers
    let default_name = if location == Location::Headers {
        ""
    } else {
        name
    };
    let own_name = own_name.map_or(default_name, |n| n);
    let flattened = (raw.flattened || head.flattened) && matches!(&*head.kind, "list" | "map");
    let protocol = model.metadata.protocol;
    let is_xml = protocol.is_query() || protocol == Protocol::RestXml;
    // The elements of a flattened list bear their own name, where they have one.
    let element_name = head.member.as_ref().filter(|_| flattened && is_xml);
    let element_name = element_name.and_then(|m| m.location_name.as_deref());
    let wire_name = element_name.unwrap_or(own_name);
    let request_name = match protocol {
        Protocol::Ec2Query => match (&raw.query_name, &raw.location_name) {
            (Some(query), _) => query.to_string(),
            (None, Some(name)) => capitalised(name),
            (None, None) => capitalised(name),
        },
        // botocore writes the list's name and reads the element's
        Protocol::RestXml => own_name.to_owned(),
        _ => wire_name.to_owned(),
    };
    let format = raw
        .timestamp_format
        .as_ref()
        .or(head.timestamp_format.as_ref());
    let format = format.map(|name| timestamp_format(name)).transpose()?;
    let mut member = Member::new(name, target);
    member.request_name = (request_name != wire_name).then(|| request_name.into());
    member.wire_name = wire_name.into();
    member.location = location;
    member.flattened = flattened;
    member.xml_attribute = raw.xml_attribute;
    member.xml_namespace = (raw.xml_namespace.clone().or(head.xml_namespace)).map(Into::into);
    member.timestamp_format = format;
    member.json_value = raw.jsonvalue || head.jsonvalue;
    member.idempotency_token = raw.idempotency_token;
    member.host_label = raw.host_label;
    member.context_param = raw.context_param.as_ref().map(|c| Box::from(&*c.name));
    member.endpoint_discovery_id = raw.endpointdiscoveryid;
    member.event_header = raw.eventheader;
    member.event_payload = raw.eventpayload;
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
        Some(other) => return Err(format!("{other:?} is no location")),
    })
}

/// The formats have other names in Smithy. botocore reads them in any case.
fn timestamp_format(name: &str) -> Result<TimestampFormat, String> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "iso8601" => TimestampFormat::DateTime,
        "rfc822" => TimestampFormat::HttpDate,
        "unixtimestamp" => TimestampFormat::EpochSeconds,
        _ => return Err(format!("{name:?} is no timestamp format")),
    })
}

fn find(model: &ServiceModel, name: &str) -> Result<ShapeId, String> {
    model
        .shape_id(name)
        .ok_or_else(|| format!("there is no shape {name}"))
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// A JSON object in its order.
struct Ordered<'a, T>(Vec<(Text<'a>, T)>);

impl<T> Default for Ordered<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Ordered<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<'a, T>(std::marker::PhantomData<Ordered<'a, T>>);
        impl<'de: 'a, 'a, T: Deserialize<'de>> Visitor<'de> for InOrder<'a, T> {
            type Value = Ordered<'a, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(InOrder(std::marker::PhantomData))
    }
}
