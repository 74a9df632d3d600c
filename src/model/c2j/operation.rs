//! Operations.

use http::Method;
use serde::Deserialize;

use super::member::{Head, RawMember, find};
use super::shape::RawShape;
use crate::model::ServiceModel;
use crate::model::operation::{
    HttpChecksum, NO_AUTH, Operation, is_ruled_prefix, without_ruled_label,
};
use crate::model::parts::{self, Compression, Discovery, PathParams, StaticParams};
use crate::model::reads::{self, Declared};
use crate::model::text::Text;

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
    static_context_params: StaticParams,
    #[serde(default)]
    operation_context_params: PathParams,
    http_checksum: Option<HttpChecksum>,
    #[serde(default)]
    http_checksum_required: bool,
    #[serde(default)]
    requestcompression: Compression,
    endpointdiscovery: Option<Discovery>,
    #[serde(default)]
    endpointoperation: bool,
    #[serde(default)]
    deprecated: bool,
    #[serde(default)]
    readonly: bool,
    #[serde(default)]
    idempotent: bool,
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

pub(super) fn parse(model: &ServiceModel, name: &str, text: &str) -> Result<Operation, String> {
    let raw: RawOperation<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let id = |r: &RawMember<'_>| find(model, &r.shape);
    let input = raw.input.as_ref().map(id).transpose()?;
    let statics = raw.static_context_params.0;
    let method = parts::method(&raw.http.method)?;
    let prefix = raw.endpoint.and_then(|e| e.host_prefix);
    let is_rest = model.metadata.protocol.is_rest();
    let declared = Declared {
        readonly: raw.readonly,
        idempotent: raw.idempotent,
        fetched: is_rest && matches!(method, Method::GET | Method::HEAD),
    };
    let input_head = match (&raw.input, input) {
        (Some(input), Some(id)) => Some(Head::of(model, id, input)?),
        _ => None,
    };
    let is_ruled = |label: &str| {
        let Some(input) = input else { return Ok(false) };
        let input: RawShape<'_> =
            serde_json::from_str(model.shape_text(input)?).map_err(|e| e.to_string())?;
        let mut members = input.members.0.iter();
        Ok(members.any(|(name, member)| {
            let wire = member.location_name.as_deref().unwrap_or(name);
            let is_label = wire == label && member.location.as_deref() == Some("uri");
            is_label && member.context_param.is_some()
        }))
    };
    Ok(Operation {
        name: name.into(),
        method,
        uri: without_ruled_label(&raw.http.request_uri, is_ruled)?.into(),
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
        unsigned_payload: raw.unsigned_payload
            || raw.authtype.as_deref() == Some("v4-unsigned-body"),
        auth: match raw.authtype.as_deref() {
            // the older form of `smithy.api#noAuth`
            Some("none") if raw.auth.is_empty() => vec![NO_AUTH.into()],
            _ => raw.auth.into_iter().map(String::from).collect(),
        },
        host_prefix: prefix
            .filter(|p| !is_ruled_prefix(p, &statics))
            .map(Into::into),
        static_context_params: statics,
        operation_context_params: raw.operation_context_params.0,
        http_checksum: raw.http_checksum,
        http_checksum_required: raw.http_checksum_required,
        request_compression: raw.requestcompression.encodings,
        endpoint_discovery: raw.endpointdiscovery.map(Into::into),
        is_endpoint_operation: raw.endpointoperation,
        deprecated: raw.deprecated,
        read_only: reads::is_read_only(name, declared),
    })
}
