//! The service shape: the properties of the service as a whole.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::operation::NO_AUTH;
use crate::model::ordered::Ordered;
use crate::model::text::{RawNamespace, Text};
use crate::model::{ApiKeyPlace, Documentation, Metadata, Protocol};
use crate::names::hyphenated_service_id;

/// The service's traits that name an auth scheme, sorted: the order of preference if the service does not set one.
const SCHEMES: [&str; 6] = [
    "aws.auth#sigv4",
    "aws.auth#sigv4a",
    "smithy.api#httpApiKeyAuth",
    "smithy.api#httpBasicAuth",
    "smithy.api#httpBearerAuth",
    "smithy.api#httpDigestAuth",
];

/// The protocol traits.
const PROTOCOLS: [(&str, Protocol); 8] = [
    ("aws.protocols#awsJson1_0", Protocol::AwsJson),
    ("aws.protocols#awsJson1_1", Protocol::AwsJson),
    ("aws.protocols#awsQuery", Protocol::AwsQuery),
    ("aws.protocols#ec2Query", Protocol::Ec2Query),
    ("aws.protocols#restJson1", Protocol::RestJson),
    ("aws.protocols#restXml", Protocol::RestXml),
    ("smithy.protocols#rpcv2Cbor", Protocol::RpcV2Cbor),
    ("smithy.protocols#rpcv2Json", Protocol::RpcV2Json),
];

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
pub(super) struct RawService<'a> {
    #[serde(borrow)]
    version: Text<'a>,
    pub(super) operations: Vec<Reference<'a>>,
    pub(super) resources: Vec<Reference<'a>>,
    pub(super) errors: Vec<Reference<'a>>,
    /// The names of shapes with another name than their ids say.
    pub(super) rename: HashMap<&'a str, &'a str>,
    traits: HashMap<&'a str, &'a RawValue>,
}

/// A reference to a shape by its id.
#[derive(Deserialize)]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) target: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AwsService<'a> {
    #[serde(borrow)]
    sdk_id: Option<Text<'a>>,
    arn_namespace: Option<Text<'a>>,
    endpoint_prefix: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct SigningName<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct RawApiKey<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(rename = "in")]
    place: Text<'a>,
    scheme: Option<Text<'a>>,
}

impl RawApiKey<'_> {
    fn place(self) -> Result<ApiKeyPlace, String> {
        let name = self.name.into();
        let scheme = self.scheme.map(Into::into);
        match &*self.place {
            "header" => Ok(ApiKeyPlace::Header { name, scheme }),
            "query" => Ok(ApiKeyPlace::Query { name }),
            other => Err(format!("an API key cannot be in {other:?}")),
        }
    }
}

#[derive(Deserialize)]
struct ContextParam<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
}

#[derive(Deserialize)]
struct Discovery<'a> {
    #[serde(borrow)]
    operation: Text<'a>,
}

/// The defaults of the paginated operations, which have the same trait.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Paginated<'a> {
    #[serde(borrow)]
    pub(super) input_token: Option<Text<'a>>,
    pub(super) output_token: Option<Text<'a>>,
    pub(super) items: Option<Text<'a>>,
    pub(super) page_size: Option<Text<'a>>,
}

impl<'a> RawService<'a> {
    /// Reads a trait.
    fn of<T: Deserialize<'a>>(&self, id: &str) -> Result<Option<T>, String> {
        let raw = self.traits.get(id);
        let read = |raw: &&'a RawValue| serde_json::from_str(raw.get());
        raw.map(read).transpose().map_err(|e| format!("{id}: {e}"))
    }

    fn has(&self, id: &str) -> bool {
        self.traits.contains_key(id)
    }

    pub(super) fn text(&self, id: &str) -> Option<&'a str> {
        self.traits.get(id).map(|raw| raw.get())
    }

    /// The id of the operation that discovers endpoints.
    pub(super) fn endpoint_operation(&self) -> Result<Option<String>, String> {
        let discovery: Option<Discovery<'_>> = self.of("aws.api#clientEndpointDiscovery")?;
        Ok(discovery.map(|discovery| discovery.operation.into()))
    }

    pub(super) fn documentation(&self) -> Option<Documentation> {
        let text: Option<Text<'_>> = self.of("smithy.api#documentation").ok()?;
        text.map(Documentation::new)
    }

    pub(super) fn paginated(&self) -> Result<Paginated<'a>, String> {
        Ok(self.of("smithy.api#paginated")?.unwrap_or_default())
    }

    /// The service id of AWS, or the shape's name.
    pub(super) fn service_id(&self, name: &str) -> Result<String, String> {
        let aws: Option<AwsService<'_>> = self.of("aws.api#service")?;
        let id = aws.and_then(|aws| aws.sdk_id);
        Ok(id.map_or_else(|| name.into(), Into::into))
    }

    /// The metadata of a service whose shape has this name.
    pub(super) fn metadata(&self, name: &str) -> Result<Metadata, String> {
        let spoken = || PROTOCOLS.iter().filter(|(id, _)| self.has(id));
        let protocol = Protocol::preferred(spoken().map(|(_, protocol)| *protocol));
        let protocol = protocol.ok_or_else(|| {
            let ids = self.traits.keys().filter(|id| id.contains(".protocols#"));
            let ids: Vec<&str> = ids.copied().collect();
            format!("none of its protocols is supported: {}", ids.join(", "))
        })?;
        let aws: AwsService<'_> = self.of("aws.api#service")?.unwrap_or_default();
        let sigv4: Option<SigningName<'_>> = self.of("aws.auth#sigv4")?;
        let auth: Vec<Text<'_>> = match self.of("smithy.api#auth")? {
            Some(order) => order,
            None => (SCHEMES.iter().filter(|id| self.has(id)))
                .map(|id| Text((*id).into()))
                .collect(),
        };
        let service_id = self.service_id(name)?;
        let api_key: Option<RawApiKey<'_>> = self.of("smithy.api#httpApiKeyAuth")?;
        let params: Option<Ordered<Text<'_>, ContextParam<'_>>> =
            self.of("smithy.rules#clientContextParams")?;
        let namespace: Option<RawNamespace<'_>> = self.of("smithy.api#xmlNamespace")?;
        let title: Option<Text<'_>> = self.of("smithy.api#title")?;
        let endpoint_prefix: String = match self.has("aws.api#service") {
            true => (aws.endpoint_prefix.or(aws.arn_namespace))
                .map_or_else(|| hyphenated_service_id(&service_id), Into::into),
            false => String::new(),
        };
        let signing_name = match sigv4 {
            Some(sigv4) => sigv4.name.into(),
            None if endpoint_prefix.is_empty() => hyphenated_service_id(&service_id),
            None => endpoint_prefix.clone(),
        };
        Ok(Metadata {
            api_key: api_key.map(RawApiKey::place).transpose()?,
            api_version: self.version.to_string(),
            auth: match auth.is_empty() {
                true => vec![NO_AUTH.into()],
                false => auth.into_iter().map(Into::into).collect(),
            },
            client_context_params: (params.unwrap_or_default().0.into_iter())
                .map(|(name, param)| (name.into(), param.kind.into()))
                .collect(),
            endpoint_prefix,
            json_version: match self.has("aws.protocols#awsJson1_1") {
                true => "1.1".into(),
                false => "1.0".into(),
            },
            protocol,
            query_compatible: self.has("aws.protocols#awsQueryCompatible"),
            service_full_name: title.map(Into::into).unwrap_or_default(),
            // Amazon S3's signatures have rules of their own, for which Smithy has no trait
            signature_version: match signing_name.as_str() {
                "s3" => "s3v4".into(),
                _ => "v4".into(),
            },
            service_id,
            signing_name,
            target_prefix: name.into(),
            xml_namespace: namespace.map(Into::into),
        })
    }
}
