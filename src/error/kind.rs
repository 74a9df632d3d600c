//! Which part of the crate an error comes from.

/// Which part of the crate an error comes from, and so which error of it [`Error::downcast_ref`](super::Error::downcast_ref)
/// finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting, from the builder, the environment or a file: [`ConfigError`](crate::config::ConfigError).
    Config,
    /// No credentials, or their provider failed: [`CredentialsError`](crate::credentials::CredentialsError).
    Credentials,
    /// An item, an expression or a batch of DynamoDB: [`DynamoDbError`](crate::dynamodb::DynamoDbError).
    DynamoDb,
    /// No endpoint for these parameters: [`EndpointError`](crate::endpoint::EndpointError).
    Endpoint,
    /// A model that is missing or broken, or has no such operation: [`UnknownName`](crate::model::UnknownName).
    Model,
    /// A listing that cannot go on, or cannot begin as it should.
    Pagination,
    /// Parameters that do not fit the operation's input, with all faults at once: [`ParamErrors`](crate::params::ParamErrors).
    Params,
    /// A JMESPath expression: [`QueryError`](crate::query::QueryError).
    Query,
    /// A request that cannot be built or signed.
    Request,
    /// A resource that has no such name, or of which nothing can be known: [`ResourceError`](crate::resource::ResourceError) or
    /// [`NoSuchName`](crate::resource::NoSuchName).
    Resource,
    /// A response that cannot be read into the type that is wanted, or is not what its checksum says:
    /// [`ChecksumMismatch`](crate::checksum::ChecksumMismatch), [`FrameError`](crate::eventstream::FrameError).
    Response,
    /// The service returned an error: [`ServiceError`](super::ServiceError).
    Service,
    /// A transfer that failed: [`TransferError`](crate::transfer::TransferError).
    Transfer,
    /// No whole response came: [`TransportError`](crate::transport::TransportError).
    Transport,
    /// A response that is not what the operation's model says: [`UnexpectedResponse`](super::UnexpectedResponse).
    UnexpectedResponse,
    /// Something that the service has and this client cannot do.
    Unsupported,
    /// A wait that did not end as it should: [`WaitError`](crate::WaitError).
    Wait,
}

impl ErrorKind {
    /// What the texts of this kind begin with.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Config => "configuration: ",
            Self::Credentials => "credentials: ",
            Self::Endpoint => "endpoint: ",
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

    /// The name in spans of `tracing`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Credentials => "credentials",
            Self::DynamoDb => "dynamodb",
            Self::Endpoint => "endpoint",
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
