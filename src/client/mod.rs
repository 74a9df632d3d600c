//! The client.

mod any;
#[cfg(feature = "async")]
mod asynchronous;
mod options;
mod request;

pub use self::any::AnyClient;
pub(crate) use self::any::Shared;
#[cfg(feature = "async")]
pub use self::asynchronous::AsyncClient;
pub(crate) use self::request::RepeatedRequest;
pub use self::request::RequestBuilder;

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cancel::CancelToken;
use crate::config::{Config, ConfigBuilder};
use crate::credentials::{Chain, CredentialsCache, CredentialsProvider};
use crate::custom;
use crate::error::Result;
use crate::exchange::{CallEnv, Services};
use crate::identity::Credentials;
use crate::model::{ModelSource, Models, Paginator, ServiceModel, Waiter};
use crate::settings::Settings;
use crate::transport::Transport;

/// A client for any operation of any service.
///
/// Clones are cheap: they share connections, credentials and parsed models. A client opens connections, starts threads and reads
/// root certificates only when a call needs them.
///
/// ```
/// use serde_json::json;
/// use tucuxi::transport::Replay;
/// use tucuxi::{Client, Config, Credentials};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let config = Config::builder().isolated().region("eu-west-1");
/// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t"]}"#);
/// # let client = Client::with_transport(config, replay)?; /*
/// let client = Client::new()?;
/// # */
/// let tables = client.call("dynamodb", "ListTables", json!({"Limit": 10}))?;
/// for name in tables["TableNames"].as_array().into_iter().flatten() {
///     println!("{name}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    config: Config,
    env: CallEnv,
}

impl Client {
    /// Creates a client from the environment variables and the configuration files.
    ///
    /// # Errors
    ///
    /// Returns an error if a file is malformed or a setting is invalid.
    ///
    /// ```no_run
    /// let client = tucuxi::Client::new()?;
    /// println!("{:?}", client.config().region());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    #[cfg(feature = "ureq")]
    pub fn new() -> Result<Self> {
        Self::with_config(Config::load()?)
    }

    /// Creates a client with this configuration.
    ///
    /// ```
    /// use tucuxi::{Client, Config, Credentials};
    ///
    /// let config = Config::builder()
    ///     .region("eu-west-1")
    ///     .endpoint_url("http://localhost:9000")
    ///     .credentials(Credentials::new("minio", "minio-secret"));
    /// # let config = config.isolated();
    /// let client = Client::with_config(config.build()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a network setting is not supported or names an invalid file, or if the configuration disables an
    /// unknown customisation.
    #[cfg(feature = "ureq")]
    pub fn with_config(config: Config) -> Result<Self> {
        let transport = crate::transport::UreqTransport::new(config.network())?;
        Self::with_transport(config, transport)
    }

    /// Creates a client that sends its requests through this transport, such as a [`Replay`](crate::transport::Replay) in tests.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::transport::Replay;
    /// use tucuxi::{Client, Config};
    ///
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t"]}"#);
    /// let client = Client::with_transport(config, replay)?;
    /// assert_eq!(client.call("dynamodb", "ListTables", json!({}))?["TableNames"][0], "t");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration disables an unknown customisation.
    pub fn with_transport(config: Config, transport: impl Transport + 'static) -> Result<Self> {
        check_customisations(&config)?;
        let models = Models::standard(config.data_path(), config.environment());
        let services = Services::new(models);
        Ok(Self::assemble(config, Arc::new(transport), services))
    }

    /// Creates a client that looks up models in this source before all others.
    ///
    /// ```
    /// use tucuxi::model::Memory;
    /// use tucuxi::transport::Replay;
    /// use tucuxi::{Client, Config};
    ///
    /// let model = r#"{
    ///     "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": "zoo", "protocol": "json", "jsonVersion": "1.1",
    ///         "serviceId": "Zoo", "signatureVersion": "v4", "targetPrefix": "Zoo"},
    ///     "operations": {"Feed": {"name": "Feed", "http": {"method": "POST", "requestUri": "/"}}},
    ///     "shapes": {}
    /// }"#;
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned();
    /// let config = config.endpoint_url("http://localhost:8080").build()?;
    /// let replay = Replay::new().respond(200, &[], "{}");
    /// let client = Client::with_models(config, replay, Memory::new().with("zoo/2026-01-01/service-2", model))?;
    /// client.call("zoo", "Feed", serde_json::json!({}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration disables an unknown customisation.
    pub fn with_models(
        config: Config,
        transport: impl Transport + 'static,
        source: impl ModelSource + 'static,
    ) -> Result<Self> {
        check_customisations(&config)?;
        let mut models = Models::standard(config.data_path(), config.environment());
        models.push_front(Arc::new(source));
        let services = Services::new(models);
        Ok(Self::assemble(config, Arc::new(transport), services))
    }

    /// Creates a client with changed settings, such as another profile or region. It shares connections and models with this one,
    /// but has its own credentials, retry quotas and discovered endpoints. Changes of network settings (proxies, certificates,
    /// keep-alive) and of model folders have no effect.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let elsewhere = client.with(|config| config.region("ap-south-1"))?;
    /// assert_eq!(elsewhere.config().region(), Some("ap-south-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is invalid, the profile does not exist, or an unknown customisation is disabled.
    pub fn with(&self, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Result<Self> {
        let config = self.config().with(change)?;
        check_customisations(&config)?;
        let (transport, services) = (self.0.env.transport.clone(), self.0.env.services.fresh());
        let changed = Self::assemble(config, transport, services);
        #[cfg(all(feature = "async", feature = "_internals"))]
        if let Some(instead) = self.0.env.instead.clone() {
            return Ok(changed.driven_on(&instead.runtime, instead.transport));
        }
        Ok(changed)
    }

    /// Returns this client with plain `AttributeValue`s. Both share everything else.
    pub(crate) fn with_plain_attribute_values(&self) -> Self {
        match self.0.config.has_plain_attribute_values() {
            true => self.clone(),
            false => self.sharing(self.config().with_plain_attribute_values()),
        }
    }

    /// Returns this client with strict responses. Both share everything else.
    pub(crate) fn with_strict_responses(&self) -> Self {
        match self.0.config.strict_responses() {
            true => self.clone(),
            false => self.sharing(self.config().with_strict_responses()),
        }
    }

    fn sharing(&self, settings: Settings) -> Self {
        let config = self.config().with_settings(settings);
        let env = CallEnv {
            config: config.settings().clone(),
            ..self.env().clone()
        };
        Self(Arc::new(Inner { config, env }))
    }

    /// Returns this client in another region, if one is given, with calls that the token cancels. Both share everything else, also
    /// the credentials.
    pub(crate) fn in_region(&self, region: Option<&str>, cancel: &CancelToken) -> Result<Self> {
        let config = match region {
            Some(region) => self.config().with(|config| config.region(region))?,
            None => self.config().clone(),
        };
        let env = CallEnv {
            config: config.settings().clone(),
            cancel: cancel.clone(),
            ..self.env().clone()
        };
        Ok(Self(Arc::new(Inner { config, env })))
    }

    /// The same client over another transport.
    #[cfg(feature = "async")]
    fn over(&self, transport: Arc<dyn Transport>) -> Self {
        let config = self.config().clone();
        let env = CallEnv {
            transport,
            ..self.env().clone()
        };
        Self(Arc::new(Inner { config, env }))
    }

    /// The same client with calls that the async driver drives on a runtime, for tests.
    #[cfg(all(feature = "async", feature = "_internals"))]
    pub(crate) fn driven_on(
        &self,
        runtime: &tokio::runtime::Handle,
        transport: Arc<dyn crate::transport::AsyncTransport>,
    ) -> Self {
        let bridge = crate::transport::Bridge {
            transport: transport.clone(),
            runtime: Some(runtime.clone()),
        };
        let config = self.config().clone();
        let env = CallEnv {
            transport: Arc::new(bridge),
            instead: Some(crate::exchange::Instead {
                transport,
                runtime: runtime.clone(),
            }),
            ..self.env().clone()
        };
        Self(Arc::new(Inner { config, env }))
    }

    fn assemble(config: Config, transport: Arc<dyn Transport>, services: Services) -> Self {
        let services = services.in_versions(config.api_versions());
        let services = services.watched(config.watches_models());
        let env = CallEnv {
            config: config.settings().clone(),
            credentials: Arc::new(CredentialsCache::new(provider(&config))),
            tokens: Arc::default(),
            transport,
            services: Arc::new(services),
            cancel: CancelToken::default(),
            instance_region: Arc::default(),
            deadline: None,
            #[cfg(all(feature = "async", feature = "_internals"))]
            instead: None,
        };
        Self(Arc::new(Inner { config, env }))
    }

    /// Returns the configuration.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// assert_eq!(client.config().region(), Some("eu-west-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Returns a service's model. The name is that of the service's model folder (`application-autoscaling`) or its service id, in
    /// any spelling (`ApplicationAutoScaling`).
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// let model = client.model("S3")?;
    /// assert!(model.operation_names().any(|name| name == "ListBuckets"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such service, or its model is malformed.
    pub fn model(&self, service: &str) -> Result<Arc<ServiceModel>> {
        Ok(self.0.env.services.service(service)?.model.clone())
    }

    /// Calls an operation and returns its whole result as a JSON value, in which blobs and streaming bodies are base64 and
    /// timestamps are RFC 3339 strings.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": ["t"]}"#))?;
    /// use serde_json::json;
    ///
    /// let tables = client.call("dynamodb", "ListTables", json!({"Limit": 10}))?;
    /// assert_eq!(tables["TableNames"][0], "t");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error of any [`ErrorKind`](crate::ErrorKind): invalid parameters, missing credentials, a failed connection, an
    /// error response.
    pub fn call(&self, service: &str, operation: &str, params: Value) -> Result<Value> {
        self.request(service, operation)
            .params(params)
            .send_buffered()?
            .to_value()
    }

    /// Calls an operation and deserializes its whole result.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    ///
    /// #[derive(Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Tables {
    ///     table_names: Vec<String>,
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let tables: Tables = client.call_as("dynamodb", "ListTables", json!({}))?;
    /// assert_eq!(tables.table_names, ["t"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error as [`Client::call`] does, or if the result does not fit the type.
    pub fn call_as<T: DeserializeOwned>(
        &self,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<T> {
        self.request(service, operation)
            .params(params)
            .send_buffered()?
            .deserialize()
    }

    /// Returns the credentials with which calls are currently signed. Temporary credentials are refreshed before they expire.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// assert_eq!(client.credentials()?.access_key_id(), "AKIDEXAMPLE");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if no provider has credentials, or if a provider fails.
    pub fn credentials(&self) -> Result<Credentials> {
        self.env().credentials()
    }

    /// Returns a cache of credentials for a call, if its settings change the provider or the profile.
    fn credentials_of(&self, config: &Config) -> Option<CredentialsCache> {
        let own = self.config();
        let same = match (config.provider(), own.provider()) {
            (None, None) => config.profile() == own.profile(),
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        (!same).then(|| CredentialsCache::new(provider(config)))
    }

    pub(crate) fn all_services(&self) -> &Services {
        &self.0.env.services
    }

    pub(crate) fn env(&self) -> &CallEnv {
        &self.0.env
    }

    /// Returns the paginator of an operation, if it has one.
    pub(crate) fn paginator(&self, service: &str, operation: &str) -> Result<Option<Paginator>> {
        let service = self.0.env.services.service(service)?;
        let text = service.paginators()?.text(operation);
        text.map(|text| Paginator::parse(operation, text))
            .transpose()
    }

    /// Returns a waiter's name and definition.
    pub(crate) fn waiter_definition(
        &self,
        service: &str,
        waiter: &str,
    ) -> Result<(Box<str>, Waiter)> {
        let service = self.0.env.services.service(service)?;
        let (name, text) = service.waiters()?.find("waiter", waiter, service.name())?;
        Ok((name.into(), Waiter::parse(name, text)?))
    }

    /// Starts building a call that has a body or its own options, or of which the program needs the response headers or the
    /// streaming body.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::Body;
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let replay = Replay::new().respond(200, &[("etag", "\"e\"")], "").respond(200, &[], "hello");
    /// # let client = Client::with_transport(config, replay)?;
    /// let object = json!({"Bucket": "my-bucket", "Key": "greeting"});
    /// client.request("s3", "PutObject").params(object.clone()).body(Body::from("hello")).send()?;
    ///
    /// let output = client.request("s3", "GetObject").params(object).send()?;
    /// let mut text = Vec::new();
    /// output.body.expect("GetObject streams").copy_to(&mut text)?;
    /// assert_eq!(text, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, service: &str, operation: &str) -> RequestBuilder {
        RequestBuilder::new(self, service, operation)
    }
}

fn check_customisations(config: &Config) -> Result<()> {
    Ok(custom::check_names(config)?)
}

/// Returns the program's credentials provider, or else the default chain.
fn provider(config: &Config) -> Arc<dyn CredentialsProvider> {
    match config.provider() {
        Some(provider) => provider.clone(),
        None if config.has_explicit_profile() => Arc::new(Chain::standard_of_profile()),
        None => Arc::new(Chain::standard()),
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.config().region())
            .finish_non_exhaustive()
    }
}
