//! Resolved endpoints.

use serde::Deserialize;
use std::fmt;

/// A resolved endpoint: the URL to which requests are sent, and the auth schemes to sign them with.
///
/// `Debug` does not show a password of the URL.
///
/// ```
/// # use std::sync::Arc;
/// # use tucuxi::endpoint::{EndpointParams, EndpointResolver, Partitions, Ruleset};
/// # let ruleset = Ruleset::parse(r#"{
/// #     "parameters": {"Region": {"type": "string", "builtIn": "AWS::Region"}},
/// #     "rules": [{"type": "endpoint", "conditions": [], "endpoint": {
/// #         "url": "https://tower.{Region}.amazonaws.com",
/// #         "properties": {"authSchemes": [{"name": "sigv4", "signingName": "tower", "signingRegion": "{Region}"}]}
/// #     }}]
/// # }"#)?;
/// # let partitions = Partitions::parse(r#"{"partitions": [{
/// #     "id": "aws", "regionRegex": "^eu\\-\\w+\\-\\d+$", "regions": {},
/// #     "outputs": {"dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
/// #                 "supportsFIPS": true, "supportsDualStack": true}
/// # }]}"#)?;
/// # let resolver = EndpointResolver::new(ruleset, Arc::new(partitions));
/// let endpoint = resolver.resolve(&EndpointParams::new().with("Region", "eu-west-1"))?;
/// assert_eq!(endpoint.url, "https://tower.eu-west-1.amazonaws.com");
/// assert_eq!(endpoint.auth_schemes[0].name, "sigv4");
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The URL: scheme, host, and optional port and path. It must not be normalised.
    pub url: String,
    /// The headers to send. A header with several values occurs several times.
    pub headers: Vec<(String, String)>,
    /// The auth schemes in order of preference. If the list is empty, the schemes of the model apply.
    pub auth_schemes: Vec<EndpointAuthScheme>,
    /// The kind of backend, such as `S3Express`.
    pub backend: Option<String>,
    /// All properties, including `authSchemes` and `backend`.
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

/// An auth scheme of an endpoint, with the scope of its signatures.
///
/// ```
/// # use std::sync::Arc;
/// # use tucuxi::endpoint::{EndpointParams, EndpointResolver, Partitions, Ruleset};
/// # let ruleset = Ruleset::parse(r#"{
/// #     "parameters": {"Region": {"type": "string", "builtIn": "AWS::Region"}},
/// #     "rules": [{"type": "endpoint", "conditions": [], "endpoint": {
/// #         "url": "https://tower.amazonaws.com",
/// #         "properties": {"authSchemes": [{"name": "sigv4", "signingName": "tower", "signingRegion": "us-east-1"}]}
/// #     }}]
/// # }"#)?;
/// # let partitions = Partitions::parse(r#"{"partitions": [{
/// #     "id": "aws", "regionRegex": "^eu\\-\\w+\\-\\d+$", "regions": {},
/// #     "outputs": {"dnsSuffix": "amazonaws.com", "dualStackDnsSuffix": "api.aws",
/// #                 "supportsFIPS": true, "supportsDualStack": true}
/// # }]}"#)?;
/// # let resolver = EndpointResolver::new(ruleset, Arc::new(partitions));
/// // a global service: requests from any region are signed for one
/// let endpoint = resolver.resolve(&EndpointParams::new().with("Region", "eu-west-1"))?;
/// assert_eq!(endpoint.auth_schemes[0].signing_region.as_deref(), Some("us-east-1"));
/// # Ok::<(), tucuxi::endpoint::EndpointError>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EndpointAuthScheme {
    /// The name: `sigv4`, `sigv4a`, `sigv4-s3express`, `bearer`, `none` …
    pub name: String,
    /// The service name in the credential scope.
    #[serde(default)]
    pub signing_name: Option<String>,
    /// The region in the credential scope.
    #[serde(default)]
    pub signing_region: Option<String>,
    /// The regions in which a SigV4a signature is valid.
    #[serde(default)]
    pub signing_region_set: Option<Vec<String>>,
    /// Whether the path is signed as it is sent. Otherwise it is percent-encoded once more before it is signed.
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
