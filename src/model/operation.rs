//! Operations.

use http::Method;
use serde_json::Value;

use super::ShapeId;

/// One operation of a service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Operation {
    /// The API name, such as `ListObjectsV2`.
    pub name: Box<str>,
    /// The HTTP method.
    pub method: Method,
    /// The path as the model has it, with labels, maybe with a query: `/{Bucket}/{Key+}?uploads`.
    pub uri: Box<str>,
    /// The input's shape, if there are parameters.
    pub input: Option<ShapeId>,
    /// The root element of an XML input.
    pub input_name: Option<Box<str>>,
    /// The namespace of that root element.
    pub input_namespace: Option<super::XmlNamespace>,
    /// The output's shape, if there are results.
    pub output: Option<ShapeId>,
    /// The element around the results in an answer of the query protocol.
    pub result_wrapper: Option<Box<str>>,
    /// The shapes of the errors that it declares.
    pub errors: Box<[ShapeId]>,
    /// Its own auth schemes, most preferred first; empty if those of the service apply. Requests that are not signed have
    /// `smithy.api#noAuth`.
    pub auth: Box<[Box<str>]>,
    /// Whether the signature does not cover the body.
    pub unsigned_payload: bool,
    /// What is put before the host, with labels: `{AccountId}.`.
    pub host_prefix: Option<Box<str>>,
    /// Parameters of the endpoint rules that are the same for every call.
    pub static_context_params: Box<[StaticContextParam]>,
    /// Parameters of the endpoint rules that are found in the input: name and JMESPath expression.
    pub operation_context_params: Box<[(Box<str>, Box<str>)]>,
    /// How checksums go with it.
    pub http_checksum: Option<HttpChecksum>,
    /// Whether it must have a checksum of its body.
    pub http_checksum_required: bool,
    /// The encodings its body may be compressed with.
    pub request_compression: Box<[Box<str>]>,
    /// Whether its endpoint can or must be asked for first.
    pub endpoint_discovery: Option<EndpointDiscovery>,
    /// Whether it is the operation that tells endpoints.
    pub is_endpoint_operation: bool,
    /// Whether the service calls it outdated.
    pub deprecated: bool,
}

/// A parameter of the endpoint rules that an operation sets to the same value in every call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StaticContextParam {
    /// The parameter's name.
    pub name: Box<str>,
    /// A string, a boolean or a list of strings.
    pub value: Value,
}

/// An operation's `httpChecksum` trait.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HttpChecksum {
    /// Whether a request must have a checksum.
    pub request_checksum_required: bool,
    /// The input member that names the algorithm.
    pub request_algorithm_member: Option<Box<str>>,
    /// The input member that asks for checksums in the answer.
    pub request_validation_mode_member: Option<Box<str>>,
    /// The algorithms that the answer may use.
    pub response_algorithms: Box<[Box<str>]>,
}

/// Whether an operation's endpoint is asked for first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointDiscovery {
    /// It may be.
    Optional,
    /// It must be.
    Required,
}
