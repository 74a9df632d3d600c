//! Traits of shapes and members.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use crate::model::shape::XmlNamespace;
use crate::model::text::{RawNamespace, Text};
use crate::time::TimestampFormat;

/// The traits that the crate uses. A member's own traits precede those of its target.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Traits<'a> {
    #[serde(rename = "smithy.api#required")]
    pub(super) required: Present,
    #[serde(rename = "smithy.api#idempotencyToken")]
    pub(super) idempotency_token: Present,
    #[serde(rename = "smithy.api#hostLabel")]
    pub(super) host_label: Present,
    #[serde(rename = "smithy.api#sensitive")]
    pub(super) sensitive: Present,
    #[serde(rename = "smithy.api#sparse")]
    pub(super) sparse: Present,
    #[serde(rename = "smithy.api#streaming")]
    pub(super) streaming: Present,
    #[serde(rename = "smithy.api#requiresLength")]
    pub(super) requires_length: Present,
    #[serde(rename = "smithy.api#eventHeader")]
    pub(super) event_header: Present,
    #[serde(rename = "smithy.api#eventPayload")]
    pub(super) event_payload: Present,
    #[serde(rename = "aws.api#clientEndpointDiscoveryId")]
    pub(super) endpoint_discovery_id: Present,
    #[serde(rename = "smithy.rules#contextParam", borrow)]
    pub(super) context_param: Option<Named<'a>>,

    #[serde(rename = "smithy.api#httpHeader")]
    pub(super) header: Option<Text<'a>>,
    #[serde(rename = "smithy.api#httpPrefixHeaders")]
    pub(super) prefix_headers: Option<Text<'a>>,
    #[serde(rename = "smithy.api#httpLabel")]
    pub(super) label: Present,
    #[serde(rename = "smithy.api#httpPayload")]
    pub(super) payload: Present,
    #[serde(rename = "smithy.api#httpQuery")]
    pub(super) query: Option<Text<'a>>,
    #[serde(rename = "smithy.api#httpQueryParams")]
    pub(super) query_params: Present,
    #[serde(rename = "smithy.api#httpResponseCode")]
    pub(super) response_code: Present,

    #[serde(rename = "smithy.api#jsonName")]
    pub(super) json_name: Option<Text<'a>>,
    #[serde(rename = "smithy.api#mediaType")]
    pub(super) media_type: Option<Text<'a>>,
    #[serde(rename = "smithy.api#timestampFormat")]
    pub(super) timestamp_format: Option<Text<'a>>,
    #[serde(rename = "smithy.api#xmlAttribute")]
    pub(super) xml_attribute: Present,
    #[serde(rename = "smithy.api#xmlFlattened")]
    pub(super) xml_flattened: Present,
    #[serde(rename = "smithy.api#xmlName")]
    pub(super) xml_name: Option<Text<'a>>,
    #[serde(rename = "smithy.api#xmlNamespace")]
    xml_namespace: Option<RawNamespace<'a>>,
    #[serde(rename = "aws.protocols#ec2QueryName")]
    pub(super) ec2_query_name: Option<Text<'a>>,

    #[serde(rename = "smithy.api#length")]
    length: Option<Bounds>,
    #[serde(rename = "smithy.api#range")]
    range: Option<Bounds>,
    #[serde(rename = "smithy.api#enumValue")]
    pub(super) enum_value: Option<EnumValue<'a>>,
    /// The form of Smithy 1.0: a trait of a string.
    #[serde(rename = "smithy.api#enum")]
    pub(super) values: Vec<Definition<'a>>,

    #[serde(rename = "smithy.api#error")]
    pub(super) error: Option<Text<'a>>,
    #[serde(rename = "smithy.api#httpError")]
    pub(super) http_error: Option<u16>,
    #[serde(rename = "smithy.api#retryable")]
    pub(super) retryable: Option<Retryable>,
    #[serde(rename = "aws.protocols#awsQueryError")]
    pub(super) query_error: Option<QueryError<'a>>,
}

/// Whether a trait is present, whatever its value.
#[derive(Clone, Copy, Default)]
pub(super) struct Present(pub(super) bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

#[derive(Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Bounds {
    min: Option<f64>,
    max: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum EnumValue<'a> {
    Text(#[serde(borrow)] Text<'a>),
    /// Of an `intEnum`.
    Number(i64),
}

#[derive(Deserialize)]
pub(super) struct Definition<'a> {
    #[serde(borrow)]
    pub(super) value: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Retryable {
    #[serde(default)]
    pub(super) throttling: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryError<'a> {
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    pub(super) http_response_code: Option<u16>,
}

impl Traits<'_> {
    pub(super) fn namespace(&self) -> Option<XmlNamespace> {
        self.xml_namespace.clone().map(Into::into)
    }

    pub(super) fn timestamp_format(&self) -> Result<Option<TimestampFormat>, String> {
        Ok(Some(match self.timestamp_format.as_deref() {
            None => return Ok(None),
            Some("date-time") => TimestampFormat::DateTime,
            Some("http-date") => TimestampFormat::HttpDate,
            Some("epoch-seconds") => TimestampFormat::EpochSeconds,
            Some(other) => return Err(format!("{other:?} is not a valid timestamp format")),
        }))
    }

    pub(super) fn min(&self) -> Option<f64> {
        self.bounds().min
    }

    pub(super) fn max(&self) -> Option<f64> {
        self.bounds().max
    }

    fn bounds(&self) -> Bounds {
        self.length.or(self.range).unwrap_or_default()
    }
}
