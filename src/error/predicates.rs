//! Predicates by which a program decides how to handle an error.

use super::{Error, ServiceError};

/// Codes for missing permissions, other than those that [`ACCESS_DENIED_SUFFIXES`] covers.
const ACCESS_DENIED: [&str; 8] = [
    "403",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "ForbiddenException",
    "NotAuthorized",
    "UnauthorizedException",
    "UnauthorizedOperation",
];

const ACCESS_DENIED_SUFFIXES: [&str; 3] =
    ["AccessDenied", "AccessDeniedException", "AccessDeniedFault"];

/// Codes for expired session tokens.
const EXPIRED: [&str; 4] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
];

/// Suffixes of the codes for missing resources. EC2 appends the last one to the name of the parameter
/// (`InvalidInstanceID.NotFound`).
const NOT_FOUND_SUFFIXES: [&str; 5] = [
    "DoesNotExist",
    "DoesNotExistException",
    "NotFoundException",
    "NotFoundFault",
    "NotFound",
];

/// Prefixes of the codes for missing resources, after the last dot.
const NOT_FOUND_PREFIXES: [&str; 2] = ["NoSuch", "NonExistent"];

impl Error {
    /// Returns whether the service returned this error. The name may be the error code, the shape in the model, or the code
    /// that the service used before it changed its protocol.
    ///
    /// SQS, for example, returns the code `AWS.SimpleQueueService.NonExistentQueue` for the shape `QueueDoesNotExist`:
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let headers = [("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")];
    /// # let body = r#"{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no queue q"}"#;
    /// # let client = Client::with_transport(config, Replay::new().respond(400, &headers, body))?;
    /// let error = client.call("sqs", "GetQueueUrl", serde_json::json!({"QueueName": "q"})).unwrap_err();
    /// assert!(error.is("QueueDoesNotExist"));
    /// assert!(error.is("AWS.SimpleQueueService.NonExistentQueue"));
    /// assert!(!error.is("AccessDenied"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is(&self, name: &str) -> bool {
        self.service_error()
            .is_some_and(|error| error.names().any(|known| known == name))
    }

    /// Returns whether the service reports that the resource does not exist: by a code such as `NoSuchKey`,
    /// `ResourceNotFoundException` or `InvalidInstanceID.NotFound`, or by the status 404.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(404, &[], ""))?;
    /// let head = client.call("s3", "HeadObject", serde_json::json!({"Bucket": "b", "Key": "k"}));
    /// assert!(head.unwrap_err().is_not_found());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_not_found(&self) -> bool {
        self.service_error().is_some_and(|error| {
            // an operation that the server does not have is not a missing resource
            let is_unknown_operation =
                |name: &str| name.starts_with("UnknownOperation") || name == "InvalidAction";
            let is_missing = |name: &str| {
                let last = name.rsplit('.').next().unwrap_or(name);
                NOT_FOUND_SUFFIXES.iter().any(|end| name.ends_with(end))
                    || NOT_FOUND_PREFIXES
                        .iter()
                        .any(|start| last.starts_with(start))
            };
            !error.names().any(is_unknown_operation)
                && (error.status == 404 || error.names().any(is_missing))
        })
    }

    /// Returns whether the service denies access: the credentials are valid, but lack a permission. A response to HEAD without
    /// a code counts if its status is 403.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let body = r#"{"__type": "AccessDeniedException"}"#;
    /// # let client = Client::with_transport(config, Replay::new().respond(400, &[], body))?;
    /// let error = client.call("dynamodb", "ListTables", serde_json::json!({})).unwrap_err();
    /// assert!(error.is_access_denied());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_access_denied(&self) -> bool {
        self.service_error().is_some_and(|error| {
            error.names().any(|name| {
                ACCESS_DENIED.contains(&name)
                    || ACCESS_DENIED_SUFFIXES.iter().any(|end| name.ends_with(end))
            })
        })
    }

    /// Returns whether the service rejects the credentials because they have expired. New ones are needed: retrying does not
    /// help.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let body = "<Error><Code>ExpiredToken</Code></Error>";
    /// # let client = Client::with_transport(config, Replay::new().respond(400, &[], body))?;
    /// let error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert!(error.is_expired_credentials());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_expired_credentials(&self) -> bool {
        self.service_error()
            .is_some_and(ServiceError::is_expired_credentials)
    }

    /// Returns whether the same call may succeed later: the service throttles or failed, or the connection broke. The client
    /// has already retried the call as often as it is configured to.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().max_attempts(1).build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(503, &[], "").respond(403, &[], ""))?;
    /// let unavailable = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert!(unavailable.is_retryable());
    /// let forbidden = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert!(!forbidden.is_retryable());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_retryable(&self) -> bool {
        self.root().0.detail.is_retryable()
    }

    /// Returns whether the service throttles: it asks for fewer calls.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().max_attempts(1).build()?;
    /// # let body = "<Error><Code>SlowDown</Code></Error>";
    /// # let client = Client::with_transport(config, Replay::new().respond(503, &[], body))?;
    /// let error = client.call("s3", "ListBuckets", serde_json::json!({})).unwrap_err();
    /// assert!(error.is_throttling());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_throttling(&self) -> bool {
        self.root().0.detail.is_throttling()
    }

    /// Returns whether a time limit was exceeded: for connecting, for a response, for the lookup of credentials, or for a wait.
    ///
    /// ```
    /// use tucuxi::transport::{TransportError, TransportErrorKind};
    ///
    /// let uri = "https://s3.eu-west-1.amazonaws.com".parse().unwrap();
    /// let error = TransportError::new(TransportErrorKind::Timeout, &uri, "nothing for 60 seconds");
    /// assert!(tucuxi::Error::from(error).is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.root().0.detail.is_timeout()
    }

    /// Returns whether the caller cancelled the call.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::{CancelToken, Replay}};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let cancel = CancelToken::default();
    /// cancel.cancel();
    /// let result = client.request("dynamodb", "ListTables").cancel_with(&cancel).send();
    /// assert!(result.unwrap_err().is_cancelled());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.root().0.detail.is_cancelled()
    }
}

impl ServiceError {
    pub(super) fn is_expired_credentials(&self) -> bool {
        self.names().any(|name| EXPIRED.contains(&name))
    }

    /// All names of the error: the code, the shape, and the code of the older query protocol.
    fn names(&self) -> impl Iterator<Item = &str> {
        let others = [self.shape.as_deref(), self.query_error_code.as_deref()];
        [&*self.code]
            .into_iter()
            .chain(others.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_services_are_classified() {
        let none = [false, false, false];
        let not_found = [true, false, false];
        let access_denied = [false, true, false];
        let expired = [false, false, true];
        let cases = [
            ("NoSuchBucket", 404, not_found),
            ("ResourceNotFoundException", 400, not_found),
            ("DBInstanceNotFound", 404, not_found),
            ("DBInstanceNotFoundFault", 404, not_found),
            ("InvalidInstanceID.NotFound", 400, not_found),
            ("AWS.SimpleQueueService.NonExistentQueue", 400, not_found),
            ("QueueDoesNotExist", 400, not_found),
            ("404", 404, not_found),
            ("UnknownOperationException", 404, none),
            ("InvalidAction", 404, none),
            ("AccessDenied", 403, access_denied),
            ("KMSAccessDeniedException", 400, access_denied),
            ("UnauthorizedOperation", 403, access_denied),
            ("403", 403, access_denied),
            ("InvalidAccessKeyId", 403, none),
            ("SignatureDoesNotMatch", 403, none),
            ("ExpiredToken", 400, expired),
            ("ExpiredTokenException", 400, expired),
            ("RequestExpired", 400, expired),
            ("ValidationException", 400, none),
        ];
        for (code, status, expected) in cases {
            let mut error = ServiceError::in_stream(code, "");
            error.status = status;
            let error = Error::from(error);
            let found = [
                error.is_not_found(),
                error.is_access_denied(),
                error.is_expired_credentials(),
            ];
            assert_eq!(found, expected, "{code}");
            assert!(error.is(code) && !error.is("Other"), "{code}");
        }
    }

    #[test]
    fn each_name_of_an_error_matches() {
        let mut error = ServiceError::in_stream("AWS.SimpleQueueService.NonExistentQueue", "");
        error.shape = Some("QueueDoesNotExist".into());
        error.query_error_code = Some("Missing".into());
        let error = Error::from(error);
        for name in [
            "AWS.SimpleQueueService.NonExistentQueue",
            "QueueDoesNotExist",
            "Missing",
        ] {
            assert!(error.is(name), "{name}");
        }
        assert!(!error.is("NonExistentQueue"));
        assert!(!Error::request("NoSuchBucket").is("NoSuchBucket"));
    }
}
