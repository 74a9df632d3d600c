//! What a call's parameters are resolved to.

use serde::Deserialize;
use std::fmt;

/// Where a call goes, and how the rules want it to be signed.
///
/// `Debug` shows no password of the URL.
#[derive(Clone, PartialEq)]
pub struct Endpoint {
    /// Scheme, host, perhaps port and path. Not to be normalised.
    pub url: Box<str>,
    /// Headers to send. A name with several values stands here several times.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// How to sign, best first; empty where the service's own way holds.
    pub auth_schemes: Vec<EndpointAuthScheme>,
    /// What kind of backend answers, such as `S3Express`.
    pub backend: Option<Box<str>>,
    /// All properties, the above included.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &crate::uri::without_passwords(&self.url))
            .field("headers", &self.headers)
            .field("auth_schemes", &self.auth_schemes)
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}

/// A way of signing that an endpoint asks for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct EndpointAuthScheme {
    /// `sigv4`, `sigv4a`, `sigv4-s3express`, `bearer`, `none` …
    pub name: Box<str>,
    /// The service name in the credential scope.
    #[serde(default)]
    pub signing_name: Option<Box<str>>,
    /// The region in the credential scope.
    #[serde(default)]
    pub signing_region: Option<Box<str>>,
    /// The regions that a SigV4a signature holds for.
    #[serde(default)]
    pub signing_region_set: Option<Vec<Box<str>>>,
    /// Sign the path as it is sent, not encoded once more.
    #[serde(default)]
    pub disable_double_encoding: bool,
    /// Sign the path without normalising it.
    #[serde(default)]
    pub disable_normalize_path: bool,
}

impl EndpointAuthScheme {
    /// The `authSchemes` among an endpoint's properties.
    pub(super) fn all_from(
        properties: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Vec<Self>, String> {
        let Some(schemes) = properties.get("authSchemes") else {
            return Ok(Vec::new());
        };
        Vec::deserialize(schemes).map_err(|error| format!("authSchemes: {error}"))
    }
}
