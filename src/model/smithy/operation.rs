//! Operations.

use std::borrow::Cow;

use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Smithy;
use super::service::{Paginated, Reference};
use super::shape::RawShape;
use super::traits::Present;
use crate::model::operation::{
    HttpChecksum, NO_AUTH, Operation, is_ruled_prefix, without_ruled_label,
};
use crate::model::ordered::Ordered;
use crate::model::parts::{self, Compression, Discovery, PathParams, StaticParams};
use crate::model::reads::{self, Declared};
use crate::model::text::Text;
use crate::model::{Protocol, ServiceModel, ShapeId};

/// The shape of an input or output without members.
const UNIT: &str = "smithy.api#Unit";

#[derive(Deserialize)]
pub(super) struct RawOperation<'a> {
    #[serde(borrow)]
    input: Option<Reference<'a>>,
    pub(super) output: Option<Reference<'a>>,
    #[serde(default)]
    errors: Vec<Reference<'a>>,
    #[serde(default)]
    pub(super) traits: Traits<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Traits<'a> {
    #[serde(rename = "smithy.api#http", borrow)]
    http: Option<Http<'a>>,
    #[serde(rename = "smithy.api#auth")]
    auth: Option<Vec<Text<'a>>>,
    #[serde(rename = "smithy.api#optionalAuth")]
    optional_auth: Present,
    #[serde(rename = "aws.auth#unsignedPayload")]
    unsigned_payload: Present,
    #[serde(rename = "smithy.api#endpoint")]
    endpoint: Option<Endpoint<'a>>,
    #[serde(rename = "smithy.rules#staticContextParams")]
    static_context_params: StaticParams,
    #[serde(rename = "smithy.rules#operationContextParams")]
    operation_context_params: PathParams,
    #[serde(rename = "aws.protocols#httpChecksum")]
    http_checksum: Option<HttpChecksum>,
    #[serde(rename = "smithy.api#httpChecksumRequired")]
    http_checksum_required: Present,
    #[serde(rename = "smithy.api#requestCompression")]
    request_compression: Compression,
    #[serde(rename = "aws.api#clientDiscoveredEndpoint")]
    discovered_endpoint: Option<Discovery>,
    #[serde(rename = "smithy.api#deprecated")]
    deprecated: Present,
    #[serde(rename = "smithy.api#readonly")]
    readonly: Present,
    #[serde(rename = "smithy.api#idempotent")]
    idempotent: Present,
    #[serde(rename = "smithy.api#paginated")]
    pub(super) paginated: Option<Paginated<'a>>,
    #[serde(rename = "smithy.api#examples")]
    pub(super) examples: Option<&'a RawValue>,
    #[serde(rename = "smithy.waiters#waitable")]
    pub(super) waitable: Option<Ordered<Text<'a>, &'a RawValue>>,
}

#[derive(Deserialize)]
struct Http<'a> {
    #[serde(borrow)]
    method: Text<'a>,
    uri: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'a> {
    #[serde(borrow)]
    host_prefix: Text<'a>,
}

/// Whether an operation must discover its endpoint.
pub(super) fn requires_discovery(text: &str) -> bool {
    if !text.contains("aws.api#clientDiscoveredEndpoint") {
        return false;
    }
    let raw: Option<RawOperation<'_>> = serde_json::from_str(text).ok();
    let discovered = raw.and_then(|raw| raw.traits.discovered_endpoint);
    discovered.is_some_and(|discovered| discovered.required)
}

pub(super) fn parse(
    dialect: &Smithy,
    model: &ServiceModel,
    name: &str,
    text: &str,
) -> Result<Operation, String> {
    let raw: RawOperation<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let shape = |reference: &Option<Reference<'_>>| match reference {
        Some(reference) if *reference.target != *UNIT => {
            dialect.find(model, &reference.target).map(Some)
        }
        _ => Ok(None),
    };
    let (input, output) = (shape(&raw.input)?, shape(&raw.output)?);
    let errors = raw.errors.iter().map(|error| &*error.target);
    let errors = errors.chain(dialect.errors.iter().map(|id| &**id));
    let errors = errors.map(|id| dialect.find(model, id));
    let traits = raw.traits;
    let metadata = &model.metadata;
    let (method, uri) = match traits.http {
        Some(http) if metadata.protocol.is_rest() => (http.method, http.uri),
        None if metadata.protocol.is_rest() => return Err("it has no http trait".into()),
        _ => (Text("POST".into()), Text("/".into())),
    };
    let method = parts::method(&method)?;
    let declared = Declared {
        readonly: traits.readonly.0,
        idempotent: traits.idempotent.0,
        fetched: metadata.protocol.is_rest() && matches!(method, Method::GET | Method::HEAD),
    };
    let statics = traits.static_context_params.0;
    let input_shape: Option<RawShape<'_>> = input
        .map(|id| serde_json::from_str(model.shape_text(id)?).map_err(|e| e.to_string()))
        .transpose()?;
    let is_ruled = |label: &str| {
        let members = input_shape.iter().flat_map(|shape| &shape.members.0);
        let mut found = members.filter(|(name, _)| **name == *label);
        Ok(found.any(|(_, m)| m.traits.label.0 && m.traits.context_param.is_some()))
    };
    let input_traits = input_shape.as_ref().map(|shape| &shape.traits);
    let is_document = metadata.protocol == Protocol::RestXml;
    Ok(Operation {
        name: name.into(),
        method,
        uri: match without_ruled_label(&uri, is_ruled)? {
            // only services of AWS have the id
            uri if metadata.endpoint_prefix.is_empty() => uri.into(),
            uri => without_id(uri).into(),
        },
        input,
        input_name: input.map(|id| {
            let named = input_traits.and_then(|traits| traits.xml_name.as_deref());
            named.unwrap_or_else(|| model.shape_name(id)).into()
        }),
        input_namespace: (input_traits.and_then(|traits| traits.namespace()))
            .or_else(|| metadata.xml_namespace.clone().filter(|_| is_document)),
        output,
        result_wrapper: (metadata.protocol == Protocol::AwsQuery && output.is_some())
            .then(|| format!("{name}Result")),
        errors: errors.collect::<Result<Box<[ShapeId]>, _>>()?,
        auth: match traits.auth {
            // as in the models of botocore, a request that need not be signed is not
            None if traits.optional_auth.0 => vec![NO_AUTH.into()],
            Some(list) if list.is_empty() => vec![NO_AUTH.into()],
            list => (list.into_iter().flatten()).map(String::from).collect(),
        },
        unsigned_payload: traits.unsigned_payload.0,
        host_prefix: (traits.endpoint.map(|endpoint| endpoint.host_prefix))
            .filter(|prefix| !is_ruled_prefix(prefix, &statics))
            .map(Into::into),
        static_context_params: statics,
        operation_context_params: traits.operation_context_params.0,
        http_checksum: traits.http_checksum,
        http_checksum_required: traits.http_checksum_required.0,
        request_compression: traits.request_compression.encodings,
        endpoint_discovery: traits.discovered_endpoint.map(Into::into),
        is_endpoint_operation: (dialect.endpoint_operation.as_deref())
            .and_then(|id| id.split_once('#'))
            .is_some_and(|(_, discoverer)| discoverer == name),
        deprecated: traits.deprecated.0,
        read_only: reads::is_read_only(name, declared),
    })
}

/// Removes `x-id=…`. AWS adds it so that tools which see only the URL can distinguish operations, and botocore does not send it.
fn without_id(uri: &str) -> Cow<'_, str> {
    let Some((path, query)) = uri.split_once('?') else {
        return uri.into();
    };
    let mut kept = query.split('&').filter(|part| !part.starts_with("x-id="));
    let Some(first) = kept.next() else {
        return path.into();
    };
    let mut out = format!("{path}?{first}");
    for part in kept {
        out.push('&');
        out.push_str(part);
    }
    out.into()
}
