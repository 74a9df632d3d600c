//! The builder of a single call.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::options::CallOptions;
use super::{AnyClient, Client, Inner};
use crate::auth;
use crate::body::Body;
use crate::cancel::CancelToken;
use crate::config::{Config, ConfigBuilder};
use crate::error::{Error, ErrorKind, Result};
use crate::eventstream::EventInput;
use crate::exchange::{
    Call, CallEnv, Exchange, Presign, Purpose, Service, drive, drive_to_request,
};
use crate::interceptor::Interceptor;
use crate::model::Operation;
use crate::output::Output;
use crate::transport::Request;

/// A builder for a single call. `Debug` does not show the parameters, which may contain secrets.
///
/// ```
/// use serde_json::json;
/// use std::time::Duration;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[("x-amzn-requestid", "r-1")], "{}"))?;
/// let output = client
///     .request("dynamodb", "ListTables")
///     .params(json!({"Limit": 10}))
///     .region("us-east-1")
///     .config(|config| config.operation_timeout(Duration::from_secs(30)))
///     .send()?;
/// assert_eq!(output.meta.status, 200);
/// assert_eq!(output.meta.request_id.as_deref(), Some("r-1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a request is sent only by `send`"]
pub struct RequestBuilder<C = Client> {
    pub(super) client: C,
    pub(super) service: Box<str>,
    operation: Box<str>,
    params: Result<Value, serde_json::Error>,
    /// Whether a null member counts as not set.
    drops_nulls: bool,
    body: Option<Body>,
    pub(super) events: Option<EventInput>,
    options: CallOptions,
    /// The HTTP method of a presigned request, if it is not the model's.
    pub(crate) method: Option<Method>,
    purpose: Purpose,
}

impl<C: AnyClient> fmt::Debug for RequestBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("client", self.client.shared())
            .field("service", &self.service)
            .field("operation", &self.operation)
            .field("body", &self.body)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<C: AnyClient> RequestBuilder<C> {
    pub(crate) fn new(client: &C, service: &str, operation: &str) -> Self {
        Self {
            client: client.clone(),
            service: service.into(),
            operation: operation.into(),
            params: Ok(json!({})),
            drops_nulls: false,
            body: None,
            events: None,
            options: CallOptions::default(),
            method: None,
            purpose: Purpose::Call,
        }
    }

    /// Sets the parameters: an object with the names of the operation's input members.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": ["films"]}"#))?;
    /// let params = serde_json::json!({"Limit": 1, "ExclusiveStartTableName": "actors"});
    /// let output = client.request("dynamodb", "ListTables").params(params).send()?;
    /// assert_eq!(output.to_value()?["TableNames"][0], "films");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn params(mut self, params: Value) -> Self {
        self.params = Ok(params);
        self.drops_nulls = false;
        self
    }

    /// Sets the parameters from a type that implements [`Serialize`]. A member that serializes to null, such as an `Option` that is
    /// `None`, counts as not set. For bytes see [`blob`](crate::blob).
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # use std::sync::Arc;
    /// #[derive(serde::Serialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct ListTables {
    ///     limit: Option<u32>,
    ///     exclusive_start_table_name: Option<String>,
    /// }
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Arc::new(Replay::new().respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let params = ListTables { limit: Some(10), exclusive_start_table_name: None };
    /// client.request("dynamodb", "ListTables").params_from(&params).send()?;
    /// # assert_eq!(replay.sent()[0].body, br#"{"Limit":10}"#[..]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn params_from(mut self, params: &impl Serialize) -> Self {
        self.params = serde_json::to_value(params);
        self.drops_nulls = true;
        self
    }

    /// Sets the streaming body of the request, such as the content of the object for S3's `PutObject`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
    /// use serde_json::json;
    /// use tucuxi::Body;
    ///
    /// let object = json!({"Bucket": "my-bucket", "Key": "report.pdf"});
    /// client.request("s3", "PutObject").params(object).body(Body::from(vec![0; 1024])).send()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the region of this call.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}").respond(200, &[], "{}"))?;
    /// for region in ["eu-west-1", "us-east-1"] {
    ///     client.request("dynamodb", "ListTables").region(region).send()?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn region(self, region: impl Into<String>) -> Self {
        let region = region.into();
        self.config(|config| config.region(region))
    }

    /// Sets the version of the service's API, such as `2012-11-05`. A model of that version must be in a model folder or embedded;
    /// see [`ConfigBuilder::api_version`].
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.options.api_version = Some(version.into());
        self
    }

    /// The version of the service's API, if it is not the newest.
    pub(super) fn version<'v>(&'v self, config: &'v Config) -> Option<&'v str> {
        let version = self.options.api_version.as_deref();
        version.or_else(|| config.api_version(&self.service))
    }

    /// Returns the service, in the API version of this call.
    fn service(&self, config: &Config) -> Result<Arc<Service>> {
        let version = self.version(config);
        self.client
            .shared()
            .all_services()
            .service_in(&self.service, version)
    }

    /// Changes settings for this call, such as timeouts, attempts, credentials or the endpoint. Those of the
    /// [`Network`](crate::transport::Network) can be changed only for the client.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # use std::time::Duration;
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// let request = client.request("dynamodb", "ListTables");
    /// request.config(|config| config.max_attempts(1).read_timeout(Duration::from_secs(5))).send()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn config(mut self, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        let client = self.client.shared().config();
        self.options.change(client, change);
        self
    }

    /// Adds an interceptor to this call, after those of the client. See [`interceptor`](crate::interceptor).
    ///
    /// ```
    /// use tucuxi::interceptor::{CallContext, Interceptor};
    /// use tucuxi::transport::Request;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    ///
    /// struct Tagged;
    ///
    /// impl Interceptor for Tagged {
    ///     fn request(&self, _: &CallContext<'_>, request: &mut Request) -> tucuxi::Result<()> {
    ///         request.headers_mut().insert("x-team", http::HeaderValue::from_static("blue"));
    ///         Ok(())
    ///     }
    /// }
    /// client.request("dynamodb", "ListTables").interceptor(Tagged).send()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn interceptor(mut self, interceptor: impl Interceptor + 'static) -> Self {
        let client = self.client.shared().config();
        self.options.interceptor(client, interceptor);
        self
    }

    /// Sets the part of the crate that makes the call, which the User-Agent reports.
    pub(crate) fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Aborts the call, or the reading of its response body, when the token is cancelled.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// use tucuxi::transport::CancelToken;
    ///
    /// let token = CancelToken::default();
    /// token.cancel(); // from any thread
    /// let error = client.request("dynamodb", "ListTables").cancel_with(&token).send().unwrap_err();
    /// assert!(error.is_cancelled());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.options.cancel = Some(token.clone());
        self
    }

    /// Returns the call with its options, and its environment.
    fn prepare(&self) -> Result<(Call, CallEnv)> {
        let client = self.client.shared();
        let config = self.call_config()?;
        let mut env = client.env().clone();
        env.config = config.settings().clone();
        if let Some(credentials) = client.credentials_of(config) {
            env.credentials = Arc::new(credentials);
        }
        if let Some(cancel) = &self.options.cancel {
            env.cancel = cancel.clone();
        }
        let timeout = config.operation_timeout();
        env.deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let call = Call::new(config, self.service(config)?, &self.operation)?;
        Ok((call.with_purpose(self.purpose), env))
    }

    /// Prepares the request to be sent several times, and returns its parameters. Its options are resolved once, so all calls
    /// share the credentials that they change.
    ///
    /// # Errors
    ///
    /// Returns an error if the service, the operation, an option or a parameter is invalid, or the request has a body.
    pub(crate) fn repeated(self) -> Result<(Value, RepeatedRequest<C>)> {
        let (call, env) = self.prepare()?;
        let config = self.call_config()?.clone();
        let repeated = RepeatedRequest {
            service: self.service(&config)?,
            operation: self.operation.clone(),
            api_version: self.options.api_version.clone(),
            client: self
                .client
                .with_shared(Client(Arc::new(Inner { config, env }))),
        };
        match self.parameters(&call)? {
            (params, None) => Ok((params, repeated)),
            (_, Some(_)) => {
                let what = "a request that is sent several times cannot have a body";
                Err(call.named(Error::request(what)))
            }
        }
    }

    /// The configuration of the call.
    pub(super) fn call_config(&self) -> Result<&Config> {
        self.options.config(self.client.shared().config())
    }

    /// The exchange of the call, and the environment that it is driven in.
    pub(super) fn started(self, buffered: bool) -> Result<(Exchange, CallEnv)> {
        let (call, env) = self.prepare()?;
        let call = match buffered {
            true => call,
            false => call.streaming(),
        };
        Ok((self.exchange(call)?, env))
    }

    /// The exchange of a call that is signed in its URL instead of sent.
    pub(super) fn started_presigned(self, presign: Presign) -> Result<(Exchange, CallEnv)> {
        auth::check_expiry(presign.expires)?;
        let (call, env) = self.prepare()?;
        let call = call.presigned(presign);
        Ok((self.exchange(call)?, env))
    }

    fn exchange(mut self, call: Call) -> Result<Exchange> {
        let events = self.events.take();
        let (params, body) = self.parameters(&call)?;
        call.exchange_with(params, body, events)
    }

    fn parameters(self, call: &Call) -> Result<(Value, Option<Body>)> {
        let mut params = self.params.map_err(|error| {
            let what = format!("the parameters cannot be serialized: {error}");
            call.named(Error::new(ErrorKind::Params, what))
        })?;
        if self.drops_nulls {
            call.drop_null_members(&mut params)?;
        }
        Ok((params, self.body))
    }
}

impl RequestBuilder {
    /// Sets the events that the request consists of, each an object with one member. They are sent once, as the iterator returns
    /// them. An operation whose response consists of events too needs the `AsyncClient` (feature `async`).
    pub fn events(mut self, events: impl Iterator<Item = Value> + Send + 'static) -> Self {
        self.events = Some(EventInput::of_iterator(events));
        self
    }

    /// Sends the request and returns the output. A streaming payload is not read yet: it is in [`Output::body`], or in
    /// [`Output::events`] if the operation streams events.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("etag", "\"e\"")], "a small fish");
    /// # let client = Client::with_transport(config, replay)?;
    /// let object = serde_json::json!({"Bucket": "river", "Key": "fish.txt"});
    /// let output = client.request("s3", "GetObject").params(object).send()?;
    /// assert_eq!(output.to_value()?["ETag"], "\"e\"");
    /// let mut file = tempfile::tempfile()?;
    /// output.body.unwrap().copy_to(&mut file)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error as [`Client::call`] does.
    pub fn send(self) -> Result<Output> {
        self.run(false)
    }

    /// Sends the request and reads the whole response into memory, streaming payloads included.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "hello"))?;
    /// let object = serde_json::json!({"Bucket": "my-bucket", "Key": "greeting"});
    /// let output = client.request("s3", "GetObject").params(object).send_buffered()?;
    /// assert_eq!(output.to_value()?["Body"], "aGVsbG8="); // base64
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error as [`Client::call`] does.
    pub fn send_buffered(self) -> Result<Output> {
        self.run(true)
    }

    fn run(self, buffered: bool) -> Result<Output> {
        let (exchange, env) = self.started(buffered)?;
        drive(exchange, &env)
    }

    /// Validates the parameters, as [`send`](Self::send) does, and sends nothing.
    pub(crate) fn check(self) -> Result<()> {
        self.started(true).map(drop)
    }

    /// Signs the request in its URL instead of sending it.
    pub(crate) fn presigned(self, presign: Presign) -> Result<Request> {
        let (exchange, env) = self.started_presigned(presign)?;
        drive_to_request(exchange, &env)
    }
}

/// A request that is sent several times, with other parameters each time.
pub(crate) struct RepeatedRequest<C = Client> {
    /// The client, with the options of the request.
    client: C,
    pub(crate) service: Arc<Service>,
    operation: Box<str>,
    api_version: Option<String>,
}

impl<C: AnyClient> RepeatedRequest<C> {
    pub(crate) fn client(&self) -> &Client {
        self.client.shared()
    }

    pub(crate) fn operation(&self) -> Result<&Arc<Operation>> {
        self.service.model.operation(&self.operation)
    }

    /// Returns the request with these parameters.
    pub(crate) fn with(&self, params: Value) -> RequestBuilder<C> {
        let name = self.service.name();
        let mut request = RequestBuilder::new(&self.client, name, &self.operation);
        request.options.api_version.clone_from(&self.api_version);
        request.params(params)
    }
}
