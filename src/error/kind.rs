//! The parts of the crate that errors come from.

/// The part of the crate that failed. It determines the type that [`Error::downcast_ref`](super::Error::downcast_ref) finds.
///
/// ```
/// use tucuxi::error::ErrorKind;
///
/// let error = tucuxi::query::Query::compile("a[").map_err(tucuxi::Error::from).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Query);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An invalid or missing setting: [`ConfigError`](crate::config::ConfigError).
    Config,
    /// No credentials were found, or a provider failed: [`CredentialsError`](crate::credentials::CredentialsError).
    Credentials,
    /// An invalid item or expression, or a failed batch of DynamoDB: [`DynamoDbError`](crate::dynamodb::DynamoDbError).
    DynamoDb,
    /// No endpoint for these parameters: [`EndpointError`](crate::endpoint::EndpointError).
    Endpoint,
    /// A value that a program converts from or to JSON: [`serde_json::Error`].
    Json,
    /// A missing or malformed model, or an unknown operation: [`UnknownName`](crate::model::UnknownName).
    Model,
    /// A listing that cannot be continued or resumed.
    Pagination,
    /// Parameters that do not match the operation's input. All faults are reported at once:
    /// [`ParamErrors`](crate::params::ParamErrors).
    Params,
    /// A JMESPath expression: [`QueryError`](crate::query::QueryError).
    Query,
    /// A request that cannot be built or signed.
    Request,
    /// An unknown name of a resource, or a resource that does not exist:
    /// [`ResourceError`](crate::resource::ResourceError) or [`NoSuchName`](crate::resource::NoSuchName).
    Resource,
    /// A response that cannot be deserialized into the requested type, or does not match its checksum:
    /// [`ChecksumMismatch`](crate::checksum::ChecksumMismatch), [`FrameError`](crate::eventstream::FrameError).
    Response,
    /// The service returned an error: [`ServiceError`](super::ServiceError).
    Service,
    /// A failed transfer: [`TransferError`](crate::transfer::TransferError).
    Transfer,
    /// No complete response was received: [`TransportError`](crate::transport::TransportError).
    Transport,
    /// A response that does not match the operation's model: [`UnexpectedResponse`](super::UnexpectedResponse).
    UnexpectedResponse,
    /// A feature of the service that this client does not support.
    Unsupported,
    /// A failed or timed-out wait: [`WaitError`](crate::WaitError).
    Wait,
}

impl ErrorKind {
    /// The prefix of texts of this kind.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Config => "configuration: ",
            Self::Credentials => "credentials: ",
            Self::Endpoint => "endpoint: ",
            Self::Json => "JSON: ",
            Self::Model => "model: ",
            Self::Pagination => "pagination: ",
            Self::Params => "invalid parameters: ",
            Self::Query => "query: ",
            Self::Request => "cannot build the request: ",
            Self::Resource => "resource: ",
            Self::Response => "cannot read the response: ",
            Self::Unsupported => "not supported: ",
            Self::DynamoDb
            | Self::Service
            | Self::Transfer
            | Self::Transport
            | Self::UnexpectedResponse
            | Self::Wait => "",
        }
    }

    /// The name in `tracing` spans.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Credentials => "credentials",
            Self::DynamoDb => "dynamodb",
            Self::Endpoint => "endpoint",
            Self::Json => "json",
            Self::Model => "model",
            Self::Pagination => "pagination",
            Self::Params => "params",
            Self::Query => "query",
            Self::Request => "request",
            Self::Resource => "resource",
            Self::Response => "response",
            Self::Service => "service",
            Self::Transfer => "transfer",
            Self::Transport => "transport",
            Self::UnexpectedResponse => "unexpected_response",
            Self::Unsupported => "unsupported",
            Self::Wait => "wait",
        }
    }
}
