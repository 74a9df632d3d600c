//! The environment of a provider: settings, limits, plain requests, and calls of services.

use std::fmt;
use std::io::{self, Read as _};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Uri};
use serde_json::Value;

use super::{Credentials, CredentialsError};
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::settings::Settings;
use crate::transport::{Limits, Request, Transport, TransportError};

/// The largest response to a plain request, in bytes.
const MAX_RESPONSE: u64 = 1 << 20;

/// The environment of a [`CredentialsProvider`](super::CredentialsProvider): what it may use, and how long it may take.
///
/// A provider of the program can do what those of this crate do: call operations, send requests and wait. Everything
/// that it does through this context stops when the caller cancels or the deadline passes.
///
/// ```
/// use serde_json::json;
/// use tucuxi::credentials::{CredentialsError, CredentialsProvider, ProviderContext};
/// use tucuxi::{Client, Config, Credentials};
/// # use tucuxi::transport::Replay;
///
/// /// Exchanges a key from a vault for credentials of a role.
/// struct Vault;
///
/// impl CredentialsProvider for Vault {
///     fn name(&self) -> &'static str {
///         "vault"
///     }
///     fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
///         let key = Credentials::new("AKIDVAULT", "secret");
///         let role = json!({"RoleArn": "arn:aws:iam::123456789012:role/reader", "RoleSessionName": "vault"});
///         let response = cx.call("sts", "AssumeRole", role).credentials(&key).send();
///         let response = response.map_err(|e| CredentialsError::failed(self.name(), e))?;
///         let text = |name: &str| response["Credentials"][name].as_str().unwrap_or_default();
///         Ok(Credentials::new(text("AccessKeyId"), text("SecretAccessKey")).with_session_token(text("SessionToken")))
///     }
/// }
/// # let role = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
/// #     <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>";
/// # let transport = std::sync::Arc::new(Replay::new().respond(200, &[], role).respond(200, &[], r#"{"TableNames": []}"#));
///
/// let config = Config::builder().isolated().region("eu-west-1").credentials_provider(Vault).build()?;
/// # let client = Client::with_transport(config, transport.clone())?; /*
/// let client = Client::with_config(config)?;
/// # */
/// client.call("dynamodb", "ListTables", json!({}))?;
/// # assert!(transport.sent()[1].headers["authorization"].to_str().unwrap().contains("ASIAROLE"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ProviderContext<'a> {
    /// The settings of the call.
    pub config: &'a Settings,
    /// The transport of the client. [`ProviderContext::send`] uses it with the limits of the lookup.
    pub transport: &'a dyn Transport,
    /// The time of the call.
    pub now: SystemTime,
    /// The cancellation token of the caller.
    pub cancel: &'a CancelToken,
    /// The end of the lookup: that of the call or of `credentials_timeout`, whichever is sooner.
    pub deadline: Option<Instant>,
    pub(crate) calls: &'a dyn ServiceCalls,
}

impl<'a> ProviderContext<'a> {
    /// Returns whether the caller cancelled the lookup.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Returns the time until the deadline, zero after it, or `None` without one.
    pub fn remaining(&self) -> Option<Duration> {
        let until = |end: Instant| end.saturating_duration_since(Instant::now());
        self.deadline.map(until)
    }

    /// Checks whether the lookup may continue. A provider that works without this context calls this between its steps.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tucuxi::credentials::{CredentialsError, ProviderContext};
    ///
    /// /// Waits until another program has written a file.
    /// fn wait_for(file: &std::path::Path, cx: &ProviderContext<'_>) -> Result<(), CredentialsError> {
    ///     while !file.exists() {
    ///         cx.check()?;
    ///         cx.pause(Duration::from_millis(200))?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`CredentialsError::Cancelled`] after a cancellation and [`CredentialsError::TimedOut`] after the
    /// deadline.
    pub fn check(&self) -> Result<(), CredentialsError> {
        match (self.is_cancelled(), self.remaining()) {
            (true, _) => Err(CredentialsError::Cancelled),
            (false, Some(Duration::ZERO)) => Err(CredentialsError::TimedOut),
            (false, _) => Ok(()),
        }
    }

    /// Sleeps, at most until the lookup is cancelled or its deadline passes.
    ///
    /// # Errors
    ///
    /// Returns an error as [`ProviderContext::check`] does.
    pub fn pause(&self, delay: Duration) -> Result<(), CredentialsError> {
        let delay = self.remaining().map_or(delay, |left| left.min(delay));
        self.config.pause(delay, self.cancel);
        self.check()
    }

    /// Returns a builder for a call of any operation of any service, as the providers of this crate call STS and SSO.
    /// The call is not signed unless [`ProviderCall::credentials`] sets the credentials to sign it with.
    ///
    /// The endpoint URL, bearer token and signature version that the program sets for the client do not apply to it. Those
    /// of the environment and the profile do, such as `AWS_ENDPOINT_URL_STS`.
    pub fn call(&self, service: &str, operation: &str, params: Value) -> ProviderCall<'a> {
        ProviderCall {
            calls: self.calls,
            service: service.into(),
            operation: operation.into(),
            params,
            region: None,
            proof: None,
            credentials: None,
        }
    }

    /// Sends a plain HTTP request and returns the response, whatever its status. The request is neither signed nor
    /// retried. The timeouts of the settings and the limits of the lookup apply to it.
    ///
    /// # Errors
    ///
    /// Returns an error if no complete response of at most 1 MiB is received, or if the lookup is cancelled or reaches its
    /// deadline.
    ///
    /// ```no_run
    /// # use tucuxi::credentials::{CredentialsError, ProviderContext};
    /// # fn f(cx: &ProviderContext<'_>) -> Result<(), CredentialsError> {
    /// let failed = |e: &dyn std::fmt::Display| CredentialsError::failed("vault", e);
    /// let request = http::Request::get("http://127.0.0.1:8200/v1/aws/creds/reader").header("x-vault-token", "…");
    /// let request = request.body(tucuxi::Body::empty()).map_err(|e| failed(&e))?;
    /// let response = cx.send(request).map_err(|e| failed(&e))?;
    /// let document: serde_json::Value = serde_json::from_slice(response.body()).map_err(|e| failed(&e))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send(&self, request: Request) -> Result<http::Response<Bytes>, TransportError> {
        let limits = Limits {
            connect: self.config.connect_timeout(),
            read: self.config.read_timeout(),
            ..Limits::default()
        };
        self.send_within(request, limits)
    }

    /// Sends a plain request with these limits and those of the lookup.
    pub(super) fn send_within(
        &self,
        request: Request,
        limits: Limits,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let uri = request.uri().clone();
        if self.is_cancelled() {
            return Err(TransportError::cancelled(&uri));
        }
        let deadline = limits.deadline.into_iter().chain(self.deadline).min();
        let limits = Limits {
            deadline,
            body_deadline: deadline,
            cancel: self.cancel.clone(),
            ..limits
        };
        let (head, body) = self.transport.send(request, &limits)?.into_parts();
        let mut bytes = Vec::new();
        let read = body.take(MAX_RESPONSE + 1).read_to_end(&mut bytes);
        let read = match read {
            Ok(_) if bytes.len() as u64 > MAX_RESPONSE => Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the response has more than 1 MiB",
            )),
            other => other,
        };
        read.map_err(|e| TransportError::of_body(&uri, e))?;
        Ok(http::Response::from_parts(head, bytes.into()))
    }
}

impl fmt::Debug for ProviderContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderContext")
            .field("now", &self.now)
            .field("is_cancelled", &self.is_cancelled())
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}

/// Makes the calls of providers.
pub(crate) trait ServiceCalls {
    fn call(&self, call: ProviderCall<'_>) -> Result<Value>;
}

/// Returns the `DPoP` header of a request to this URL, which proves possession of a key.
pub(crate) type Proof = dyn Fn(&Uri) -> Result<HeaderValue, String> + Send + Sync;

/// A builder for a call that a provider makes. [`ProviderContext::call`] returns it.
///
/// ```
/// use serde_json::json;
/// use tucuxi::Credentials;
/// use tucuxi::credentials::{CredentialsError, ProviderContext};
///
/// /// Returns the account to which a key belongs.
/// fn account(cx: &ProviderContext<'_>, key: &Credentials) -> Result<String, CredentialsError> {
///     let call = cx.call("sts", "GetCallerIdentity", json!({})).credentials(key).region("us-east-1");
///     let identity = call.send().map_err(|error| CredentialsError::failed("account", error))?;
///     Ok(identity["Account"].as_str().unwrap_or_default().to_owned())
/// }
/// ```
#[must_use = "no request is sent before `send`"]
pub struct ProviderCall<'a> {
    calls: &'a dyn ServiceCalls,
    pub(crate) service: Box<str>,
    pub(crate) operation: Box<str>,
    pub(crate) params: Value,
    pub(crate) region: Option<Box<str>>,
    pub(crate) proof: Option<Arc<Proof>>,
    pub(crate) credentials: Option<Credentials>,
}

impl ProviderCall<'_> {
    /// Signs the call with these credentials.
    pub fn credentials(mut self, credentials: &Credentials) -> Self {
        self.credentials = Some(credentials.clone());
        self
    }

    /// Sends the call to this region instead of the client's.
    pub fn region(mut self, region: &str) -> Self {
        self.region = Some(region.into());
        self
    }

    pub(super) fn proof(mut self, proof: Arc<Proof>) -> Self {
        self.proof = Some(proof);
        self
    }

    /// Sends the call, with retries, and returns its result.
    ///
    /// # Errors
    ///
    /// Returns an error as [`Client::call`](crate::Client::call) does.
    pub fn send(self) -> Result<Value> {
        self.calls.call(self)
    }
}

impl fmt::Debug for ProviderCall<'_> {
    /// Omits the parameters, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderCall")
            .field("service", &self.service)
            .field("operation", &self.operation)
            .field("region", &self.region)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}
