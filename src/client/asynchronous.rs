//! The async client.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{AnyClient, Client, RequestBuilder, Shared};
use crate::cancel::CancelToken;
use crate::config::{Config, ConfigBuilder};
use crate::error::{Error, Result};
use crate::eventstream::EventInput;
use crate::exchange::{AsyncEnv, CallEnv, Presign, drive_async, drive_to_request_async};
use crate::identity::Credentials;
use crate::model::{ModelSource, ServiceModel};
use crate::output::Output;
use crate::runtime;
use crate::transport::{AsyncTransport, Bridge, Request, TokioTransport};

/// A client for any operation of any service whose calls are futures.
///
/// It does what [`Client`] does, by the same rules, on a tokio runtime with IO and timers. Nothing blocks the executor: files, hashes,
/// models and credentials providers are read on threads of the runtime's pool. A call is cancelled by dropping its future. Clones
/// are cheap and share connections, credentials and models.
///
/// ```
/// use serde_json::json;
/// use tucuxi::AsyncClient;
/// # use tucuxi::{Config, Credentials, transport::Replay};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let config = Config::builder().isolated().region("eu-west-1");
/// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t"]}"#);
/// # let client = AsyncClient::with_transport(config, replay)?; /*
/// let client = AsyncClient::new()?;
/// # */
/// let tables = client.call("dynamodb", "ListTables", json!({"Limit": 10})).await?;
/// for name in tables["TableNames"].as_array().into_iter().flatten() {
///     println!("{name}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AsyncClient {
    shared: Client,
    transport: Arc<dyn AsyncTransport>,
}

impl AsyncClient {
    /// Creates a client from the environment variables and the configuration files. It reads the files at once.
    ///
    /// ```no_run
    /// let client = tucuxi::AsyncClient::new()?;
    /// println!("{:?}", client.config().region());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a file is malformed or a setting is invalid.
    pub fn new() -> Result<Self> {
        Self::with_config(Config::load()?)
    }

    /// Creates a client with this configuration. It connects to nothing and needs no runtime yet.
    ///
    /// ```
    /// use tucuxi::{AsyncClient, Config, Credentials};
    ///
    /// let config = Config::builder()
    ///     .region("eu-west-1")
    ///     .endpoint_url("http://localhost:9000")
    ///     .credentials(Credentials::new("minio", "minio-secret"));
    /// # let config = config.isolated();
    /// let client = AsyncClient::with_config(config.build()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a network setting is not supported or names an invalid file, or if the configuration disables an
    /// unknown customisation.
    pub fn with_config(config: Config) -> Result<Self> {
        let transport = TokioTransport::new(config.network())?;
        Self::with_transport(config, transport)
    }

    /// Creates a client that sends its requests through this transport, such as a [`Replay`](crate::transport::Replay) in tests.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration disables an unknown customisation.
    pub fn with_transport(
        config: Config,
        transport: impl AsyncTransport + 'static,
    ) -> Result<Self> {
        let transport = Arc::new(transport);
        let shared = Client::with_transport(config, bridge(transport.clone()))?;
        Ok(Self { shared, transport })
    }

    /// Creates a client that looks up models in this source before all others.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration disables an unknown customisation.
    pub fn with_models(
        config: Config,
        transport: impl AsyncTransport + 'static,
        source: impl ModelSource + 'static,
    ) -> Result<Self> {
        let transport = Arc::new(transport);
        let shared = Client::with_models(config, bridge(transport.clone()), source)?;
        Ok(Self { shared, transport })
    }

    /// Creates a client with changed settings, as [`Client::with`] does.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new())?;
    /// let elsewhere = client.with(|config| config.region("ap-south-1"))?;
    /// assert_eq!(elsewhere.config().region(), Some("ap-south-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is invalid, the profile does not exist, or an unknown customisation is disabled.
    pub fn with(&self, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Result<Self> {
        Ok(self.with_shared(self.shared.with(change)?))
    }

    /// Returns the configuration.
    pub fn config(&self) -> &Config {
        self.shared.config()
    }

    /// Returns a service's model, as [`Client::model`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such service, or its model is malformed.
    pub async fn model(&self, service: &str) -> Result<Arc<ServiceModel>> {
        self.load(service, None).await?;
        self.shared.model(service)
    }

    /// Reads the model of a service, unless a call has done so.
    async fn load(&self, service: &str, version: Option<&str>) -> Result<()> {
        let services = self.shared.env().services.clone();
        if services.is_known(service, version) {
            return Ok(());
        }
        let (service, version) = (service.to_owned(), version.map(str::to_owned));
        let load = move || services.service_in(&service, version.as_deref()).map(drop);
        runtime::off_executor(load).await.map_err(Error::request)?
    }

    /// Calls an operation and returns its whole result, as [`Client::call`] does.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn call(&self, service: &str, operation: &str, params: Value) -> Result<Value> {
        let request = self.request(service, operation).params(params);
        request.send_buffered().await?.to_value()
    }

    /// Calls an operation and deserializes its whole result, as [`Client::call_as`] does.
    ///
    /// # Errors
    ///
    /// As [`Client::call`]; also if the result does not fit the type.
    pub async fn call_as<T: DeserializeOwned>(
        &self,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<T> {
        let request = self.request(service, operation).params(params);
        request.send_buffered().await?.deserialize()
    }

    /// Starts a call with a body or options of its own, or one whose response headers or streaming body are needed.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::{AsyncClient, Body};
    /// # use tucuxi::{Config, transport::Replay};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("etag", "\"e\"")], "").respond(200, &[], "hello");
    /// # let client = AsyncClient::with_transport(config, replay)?;
    /// let object = json!({"Bucket": "my-bucket", "Key": "greeting"});
    /// client.request("s3", "PutObject").params(object.clone()).body(Body::from("hello")).send().await?;
    ///
    /// let output = client.request("s3", "GetObject").params(object).send().await?;
    /// let mut body = output.body.expect("GetObject streams");
    /// while let Some(chunk) = body.chunk().await? {
    ///     assert_eq!(chunk, "hello");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, service: &str, operation: &str) -> RequestBuilder<Self> {
        RequestBuilder::new(self, service, operation)
    }

    /// Returns the credentials that calls are signed with now, as [`Client::credentials`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if no provider has credentials, or if a provider fails.
    pub async fn credentials(&self) -> Result<Credentials> {
        self.driving(self.shared.env().clone()).credentials().await
    }

    /// Runs code that blocks on a thread of the runtime's pool, with a blocking client that shares everything with this one: for
    /// [resources](Client::resource), and whatever else has no async form.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> tucuxi::Result<()> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new())?;
    /// let services = client.blocking(|client| client.introspect().services()).await?;
    /// assert!(services.iter().any(|name| name == "s3"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of `work`, or one if there is no runtime.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Client) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let client = self.for_threads()?;
        let done = runtime::off_executor(move || work(&client)).await;
        done.map_err(Error::request)?
    }

    /// The blocking client for threads outside of the runtime.
    pub(crate) fn for_threads(&self) -> Result<Client> {
        let runtime = runtime::current().map_err(Error::request)?;
        let transport = Bridge {
            transport: self.transport.clone(),
            runtime: Some(runtime),
        };
        Ok(self.shared.over(Arc::new(transport)))
    }

    /// Waits, until the token is cancelled.
    pub(crate) async fn pause(&self, delay: Duration, cancel: &CancelToken) -> Result<()> {
        let mut env = self.shared.env().clone();
        env.cancel = cancel.clone();
        self.driving(env).pause(delay).await
    }

    /// The environment of a call.
    fn driving(&self, env: CallEnv) -> AsyncEnv {
        let transport = self.transport.clone();
        AsyncEnv { env, transport }
    }
}

/// The transport of the part that blocks.
fn bridge(transport: Arc<dyn AsyncTransport>) -> Bridge {
    Bridge {
        transport,
        runtime: None,
    }
}

impl AnyClient for AsyncClient {}

impl Shared for AsyncClient {
    fn shared(&self) -> &Client {
        &self.shared
    }

    fn with_shared(&self, shared: Client) -> Self {
        Self {
            shared,
            transport: self.transport.clone(),
        }
    }

    type Fetch = Arc<dyn Fn(Value, CancelToken) -> Self::Sent + Send + Sync>;
    type Sent = Pin<Box<dyn Future<Output = Result<Value>> + Send>>;
    type Series = Pin<Box<dyn Stream<Item = Result<Value>> + Send>>;
    type Thread<T: Send + 'static> = runtime::OwnThread<T>;
}

impl fmt::Debug for AsyncClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncClient")
            .field("region", &self.config().region())
            .finish_non_exhaustive()
    }
}

impl RequestBuilder<AsyncClient> {
    /// Sets the events that the request consists of, each an object with one member, as the stream returns them.
    ///
    /// [`eventstream::channel`](crate::eventstream::channel) makes a stream that tasks send events into. If the response consists of
    /// events too, both directions are open at once, over HTTP/2: `send` returns as soon as the service has accepted the call, and
    /// [`Output::events`] are received while events are sent. The call ends when the service ends the response. Dropping
    /// [`Output::events`] ends the sending. Events are sent once, so a call that fails after the first event is not retried.
    ///
    /// ```no_run
    /// use serde_json::json;
    /// use tucuxi::{AsyncClient, eventstream};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = AsyncClient::new()?;
    /// let (sender, events) = eventstream::channel(16);
    /// let voice = json!({"Engine": "generative", "VoiceId": "Amy", "OutputFormat": "mp3"});
    /// let request = client.request("polly", "StartSpeechSynthesisStream").params(voice);
    /// let output = request.events(events).send().await?;
    /// tokio::spawn(async move {
    ///     for line in ["A small fish", "in a wide river"] {
    ///         sender.send(json!({"TextEvent": {"Text": line}})).await?;
    ///     }
    ///     sender.send(json!({"CloseStreamEvent": {}})).await
    /// });
    /// let mut received = output.events.expect("the operation streams events");
    /// while let Some(event) = received.next_event().await {
    ///     println!("{}", event?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(mut self, events: impl Stream<Item = Value> + Send + 'static) -> Self {
        self.events = Some(EventInput::of_stream(events));
        self
    }

    /// Sends the request and returns the output. A streaming payload is not read yet: it is in [`Output::body`], or in
    /// [`Output::events`] if the operation streams events.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn send(self) -> Result<Output> {
        self.run(false).await
    }

    /// Sends the request and reads the whole response into memory, streaming payloads included.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn send_buffered(self) -> Result<Output> {
        self.run(true).await
    }

    async fn run(self, buffered: bool) -> Result<Output> {
        let client = self.loaded().await?;
        let (exchange, env) = self.started(buffered)?;
        drive_async(exchange, client.driving(env)).await
    }

    /// Signs the request in its URL instead of sending it.
    pub(crate) async fn presigned(self, presign: Presign) -> Result<Request> {
        let client = self.loaded().await?;
        let (exchange, env) = self.started_presigned(presign)?;
        drive_to_request_async(exchange, client.driving(env)).await
    }

    /// Returns the client after the model of the service was read.
    pub(crate) async fn loaded(&self) -> Result<AsyncClient> {
        let client = self.client.clone();
        let version = self.version(self.call_config()?);
        client.load(&self.service, version).await?;
        Ok(client)
    }
}
