//! Resolved endpoints.

use serde::Deserialize;
use std::fmt;

/// A resolved endpoint: the URL of requests, and their auth schemes.
///
/// `Debug` shows no password of the URL.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The URL: scheme, host, and optional port and path. It must not be normalised.
    pub url: String,
    /// The headers to send. A header with several values is here several times.
    pub headers: Vec<(String, String)>,
    /// The auth schemes in order of preference. If it is empty, the scheme of the service applies.
    pub auth_schemes: Vec<EndpointAuthScheme>,
    /// The kind of the backend, such as `S3Express`.
    pub backend: Option<String>,
    /// All properties, including those above.
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

/// An auth scheme of an endpoint.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EndpointAuthScheme {
    /// `sigv4`, `sigv4a`, `sigv4-s3express`, `bearer`, `none` …
    pub name: String,
    /// The service name in the credential scope.
    #[serde(default)]
    pub signing_name: Option<String>,
    /// The region in the credential scope.
    #[serde(default)]
    pub signing_region: Option<String>,
    /// The regions that a SigV4a signature is valid in.
    #[serde(default)]
    pub signing_region_set: Option<Vec<String>>,
    /// Whether the path is signed as it is sent, instead of percent-encoded once more.
    #[serde(default)]
    pub disable_double_encoding: bool,
    /// Whether the path is signed without normalising it.
    #[serde(default)]
    pub disable_normalize_path: bool,
}

impl EndpointAuthScheme {
    /// Deserialises the `authSchemes` of the properties of an endpoint.
    pub(super) fn all_from(
        properties: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Vec<Self>, String> {
        let Some(schemes) = properties.get("authSchemes") else {
            return Ok(Vec::new());
        };
        Vec::deserialize(schemes).map_err(|error| format!("authSchemes: {error}"))
    }
}
