//! Parts of operations that have the same form in both dialects.

use http::Method;
use serde::de::{Deserialize, Deserializer};
use serde_json::Value;

use super::operation::{EndpointDiscovery, StaticContextParam};
use super::ordered::Ordered;

/// Parameters of the endpoint rules that are the same for every call.
#[derive(Default)]
pub(super) struct StaticParams(pub(super) Box<[StaticContextParam]>);

impl<'de> Deserialize<'de> for StaticParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Param {
            value: Value,
        }
        let params = Ordered::<String, Param>::deserialize(deserializer)?.0;
        let params = params.into_iter();
        let param = |(name, Param { value })| StaticContextParam { name, value };
        Ok(Self(params.map(param).collect()))
    }
}

/// Parameters of the endpoint rules that are taken from the input: name and JMESPath expression.
#[derive(Default)]
pub(super) struct PathParams(pub(super) Vec<(String, String)>);

impl<'de> Deserialize<'de> for PathParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Param {
            path: String,
        }
        let params = Ordered::<String, Param>::deserialize(deserializer)?.0;
        let params = params.into_iter();
        Ok(Self(
            params.map(|(name, Param { path })| (name, path)).collect(),
        ))
    }
}

/// How the body of a request may be compressed.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Compression {
    pub(super) encodings: Vec<String>,
}

/// Whether the endpoint must be discovered.
#[derive(Clone, Copy, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Discovery {
    pub(super) required: bool,
}

impl From<Discovery> for EndpointDiscovery {
    fn from(discovery: Discovery) -> Self {
        match discovery.required {
            true => Self::Required,
            false => Self::Optional,
        }
    }
}

pub(super) fn method(name: &str) -> Result<Method, String> {
    let invalid = |_| format!("{name:?} is not a valid HTTP method");
    Method::from_bytes(name.as_bytes()).map_err(invalid)
}
