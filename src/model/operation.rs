//! Operations.

use http::Method;
use serde_json::Value;

use super::ShapeId;

/// Smithy's name of the scheme that does not sign.
pub(super) const NO_AUTH: &str = "smithy.api#noAuth";

/// One operation of a service.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("s3")?;
/// let operation = model.operation("GetObject")?;
/// assert_eq!(operation.method.as_str(), "GET");
/// assert_eq!(&*operation.uri, "/{Key+}"); // the endpoint rules put the bucket into the URL
/// let input = operation.input.expect("GetObject has parameters");
/// assert_eq!(model.shape_name(input), "GetObjectRequest");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Operation {
    /// The API name, such as `ListObjectsV2`.
    pub name: String,
    /// The HTTP method.
    pub method: Method,
    /// The path with labels, and maybe a query: `/{Key+}?uploads`. A first label that the endpoint rules put into the URL themselves,
    /// such as `{Bucket}`, is removed.
    pub uri: String,
    /// The shape of the input, if the operation has parameters.
    pub input: Option<ShapeId>,
    /// The root element of an XML input.
    pub input_name: Option<String>,
    /// The namespace of that root element.
    pub input_namespace: Option<super::XmlNamespace>,
    /// The shape of the output, if the operation has a result.
    pub output: Option<ShapeId>,
    /// The element around the result in a response of the query protocol.
    pub result_wrapper: Option<String>,
    /// The shapes of the errors that the operation declares.
    pub errors: Box<[ShapeId]>,
    /// The operation's own auth schemes, most preferred first; empty if those of the service apply. An operation whose requests are
    /// not signed has `smithy.api#noAuth`.
    pub auth: Vec<String>,
    /// Whether the signature does not cover the body.
    pub unsigned_payload: bool,
    /// The prefix of the endpoint's host, with labels: `{AccountId}.`.
    pub host_prefix: Option<String>,
    /// Parameters of the endpoint rules that are the same for every call.
    pub static_context_params: Box<[StaticContextParam]>,
    /// Parameters of the endpoint rules that are taken from the input: name and JMESPath expression.
    pub operation_context_params: Vec<(String, String)>,
    /// The checksums of request and response.
    pub http_checksum: Option<HttpChecksum>,
    /// Whether the request must have a checksum of its body.
    pub http_checksum_required: bool,
    /// The encodings with which the request's body may be compressed.
    pub request_compression: Vec<String>,
    /// Whether the endpoint can or must be discovered.
    pub endpoint_discovery: Option<EndpointDiscovery>,
    /// Whether this is the operation that discovers endpoints.
    pub is_endpoint_operation: bool,
    /// Whether the operation is deprecated.
    pub deprecated: bool,
    /// Whether it only reads, see [`Operation::is_read_only`].
    pub(super) read_only: bool,
}

/// A parameter of the endpoint rules that an operation sets to the same value in every call.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("s3")?;
/// let param = &model.operation("GetBucketLocation")?.static_context_params[0];
/// assert_eq!((&*param.name, &param.value), ("UseS3ExpressControlEndpoint", &true.into()));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StaticContextParam {
    /// The parameter's name.
    pub name: String,
    /// A string, a boolean or a list of strings.
    pub value: Value,
}

/// An operation's `httpChecksum` trait.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("s3")?;
/// let checksum = model.operation("DeleteObjects")?.http_checksum.as_ref().expect("it has the trait");
/// assert!(checksum.request_checksum_required);
/// assert_eq!(checksum.request_algorithm_member.as_deref(), Some("ChecksumAlgorithm"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HttpChecksum {
    /// Whether a request must have a checksum.
    pub request_checksum_required: bool,
    /// The input member that names the algorithm.
    pub request_algorithm_member: Option<String>,
    /// The input member that requests checksums in the response.
    pub request_validation_mode_member: Option<String>,
    /// The algorithms that the response may use.
    pub response_algorithms: Vec<String>,
}

/// Whether an operation's endpoint must be discovered: requested from the service itself before the call.
///
/// ```
/// use tucuxi::model::EndpointDiscovery;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("timestream-query")?;
/// assert_eq!(model.operation("CancelQuery")?.endpoint_discovery, Some(EndpointDiscovery::Required));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointDiscovery {
    /// The endpoint can be discovered. Otherwise calls use the regional endpoint.
    Optional,
    /// The endpoint must be discovered.
    Required,
}

/// Removes a first label that is bound to a parameter of the endpoint rules, as these put it into the URL: `/{Bucket}/{Key+}` becomes
/// `/{Key+}`.
pub(super) fn without_ruled_label(
    uri: &str,
    is_ruled: impl FnOnce(&str) -> Result<bool, String>,
) -> Result<&str, String> {
    let label = uri.strip_prefix("/{").and_then(|uri| uri.split_once('}'));
    Ok(match label {
        Some((label, rest)) if is_ruled(label)? => rest,
        _ => uri,
    })
}

/// Whether the endpoint rules put a host prefix `{AccountId}.` into the URL: the operation sets their parameter `RequiresAccountId`.
pub(super) fn is_ruled_prefix(prefix: &str, statics: &[StaticContextParam]) -> bool {
    let label = prefix.strip_prefix('{').and_then(|p| p.strip_suffix("}."));
    label.is_some_and(|label| {
        let requires = |p: &StaticContextParam| {
            p.name.strip_prefix("Requires") == Some(label) && p.value == Value::Bool(true)
        };
        statics.iter().any(requires)
    })
}
