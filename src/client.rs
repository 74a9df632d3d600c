//! The client.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::body::Body;
use crate::call::CallContext;
use crate::cancel::CancelToken;
use crate::config::{Config, ConfigBuilder, ConfigError, ResponseChecksums};
use crate::credentials::{Chain, CredentialsCache, CredentialsProvider, TokenCache};
use crate::error::{Error, Result};
use crate::exchange::{
    Call, CrossRegion, EndpointExplanation, Exchange, Needs, Presign, Purpose, Service, Services,
    drive, drive_to_request, explain, intercept_params, interceptors,
};
use crate::interceptor::Interceptor;
use crate::model::{ModelSource, Models, Paginator, ServiceModel, Waiter};
use crate::output::Output;
use crate::params::ParamErrors;
use crate::protocol::{self, Params};
use crate::transport::{Request, Transport};
use crate::{auth, custom, params, random};

/// Calls any operation of any service.
///
/// It is cheap to clone, and all clones share connections, credentials and what was read of the models. A client makes no
/// connection, starts no thread and reads no root certificates before it is needed.
///
/// ```
/// use serde_json::json;
/// use tucuxi::transport::Replay;
/// use tucuxi::{Client, Config, Credentials};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let config = Config::builder().isolated().region("eu-west-1");
/// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
/// # let replay = Replay::new().answer(200, &[], r#"{"TableNames": ["t"]}"#);
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
    credentials: Arc<CredentialsCache>,
    tokens: Arc<TokenCache>,
    services: Arc<Services>,
    transport: Arc<dyn Transport>,
    /// For what nobody can cancel.
    never: CancelToken,
    /// The region of the instance that this runs on, once it was looked for.
    here: OnceLock<Option<String>>,
}

impl Client {
    /// A client as environment and files say.
    ///
    /// # Errors
    ///
    /// A file is broken or a setting is wrong.
    #[cfg(feature = "ureq")]
    pub fn new() -> Result<Self> {
        Self::with_config(Config::load().map_err(|e| Error::Config(e.into()))?)
    }

    /// A client with this configuration.
    ///
    /// # Errors
    ///
    /// A setting of the network asks for what cannot be, or names a file that is broken.
    #[cfg(feature = "ureq")]
    pub fn with_config(config: Config) -> Result<Self> {
        let transport = crate::transport::UreqTransport::new(config.network())?;
        Self::with_transport(config, transport)
    }

    /// A client that sends its requests through this transport.
    ///
    /// # Errors
    ///
    /// A customisation is switched off that there is not.
    pub fn with_transport(config: Config, transport: impl Transport + 'static) -> Result<Self> {
        check_customisations(&config)?;
        let models = Models::standard(config.data_path(), config.environment());
        let services = Services::new(models);
        Ok(Self::assemble(config, Arc::new(transport), services))
    }

    /// A client that looks into this source of models before all others.
    ///
    /// # Errors
    ///
    /// A customisation is switched off that there is not.
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

    /// A client with other settings, such as another profile or region. It shares this one's connections and models;
    /// credentials, retry quotas and what services said of their endpoints are its own. How connections are made (proxies,
    /// certificates, keep-alive) and where models are stays as it is.
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
    /// A setting is wrong, there is no such profile, or a customisation is switched off that there is not.
    pub fn with(&self, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Result<Self> {
        let config = self.config().with(change);
        let config = config.map_err(|e| Error::Config(e.into()))?;
        check_customisations(&config)?;
        let (transport, services) = (self.0.transport.clone(), self.0.services.fresh());
        Ok(Self::assemble(config, transport, services))
    }

    /// This client, but `AttributeValue`s are plain. It shares everything.
    pub(crate) fn with_plain_attribute_values(&self) -> Self {
        match self.0.config.has_plain_attribute_values() {
            true => self.clone(),
            false => self.sharing(self.0.config.with_plain_attribute_values()),
        }
    }

    /// This client, but a response with a member that does not fit the model is an error. It shares everything.
    pub(crate) fn with_strict_responses(&self) -> Self {
        match self.0.config.strict_responses() {
            true => self.clone(),
            false => self.sharing(self.0.config.with_strict_responses()),
        }
    }

    fn sharing(&self, config: Config) -> Self {
        let this = &self.0;
        Self(Arc::new(Inner {
            config,
            credentials: this.credentials.clone(),
            tokens: this.tokens.clone(),
            services: this.services.clone(),
            transport: this.transport.clone(),
            never: this.never.clone(),
            here: this.here.clone(),
        }))
    }

    fn assemble(config: Config, transport: Arc<dyn Transport>, services: Services) -> Self {
        let services = services.in_versions(config.api_versions());
        Self(Arc::new(Inner {
            tokens: Arc::default(),
            credentials: CredentialsCache::new(provider(&config)).into(),
            services: services.into(),
            transport,
            never: CancelToken::default(),
            here: OnceLock::new(),
            config,
        }))
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// A service's model. The name is the service's as folders of models have it (`application-autoscaling`), or its id
    /// in any spelling (`ApplicationAutoScaling`).
    ///
    /// # Errors
    ///
    /// There is no such service, or its model is broken.
    pub fn model(&self, service: &str) -> Result<Arc<ServiceModel>> {
        Ok(self.0.services.service(service)?.model.clone())
    }

    /// Calls an operation and gives its whole result as a JSON value; a streaming body is in it as base64.
    ///
    /// # Errors
    ///
    /// Whatever [`Error`] has: wrong parameters, no credentials, no connection, an answer that says no.
    pub fn call(&self, service: &str, operation: &str, params: Value) -> Result<Value> {
        self.request(service, operation)
            .params(params)
            .send_buffered()?
            .value()
    }

    /// Calls an operation and gives its whole result as a type of yours.
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
    /// # let replay = Replay::new().answer(200, &[], r#"{"TableNames": ["t"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let tables: Tables = client.call_as("dynamodb", "ListTables", json!({}))?;
    /// assert_eq!(tables.table_names, ["t"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Client::call`], and a result that does not fit the type.
    pub fn call_as<T: DeserializeOwned>(
        &self,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<T> {
        self.request(service, operation)
            .params(params)
            .send_buffered()?
            .into()
    }

    /// Tells how the endpoint of a call is found, without making the call: what the rules are told, which of them hold, and
    /// what comes of it. Credentials are looked for only where the rules read the account.
    ///
    /// # Errors
    ///
    /// There is no such operation, or no region. A rule that says no is a part of the explanation.
    pub fn explain_endpoint(
        &self,
        service: &str,
        operation: &str,
        params: &Value,
    ) -> Result<EndpointExplanation> {
        let service = self.0.services.service(service)?;
        let operation = service.model.operation(operation)?;
        let call = Call {
            config: self.config(),
            service: &service,
            operation,
            buffered: true,
            presign: None,
            purpose: Purpose::Itself,
        };
        let who = match service.reads_account_id()? {
            true => self.needs().credentials().ok(),
            false => None,
        };
        explain(&call, params, who.as_ref())
    }

    /// The credentials of a call whose settings ask for others than the client's.
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
        &self.0.services
    }

    pub(crate) fn needs(&self) -> Needs<'_> {
        Needs {
            config: &self.0.config,
            credentials: &self.0.credentials,
            tokens: &self.0.tokens,
            transport: &*self.0.transport,
            services: &self.0.services,
            cancel: &self.0.never,
            here: &self.0.here,
            deadline: None,
        }
    }

    /// The names of a service's operations that give their result in pages, sorted.
    ///
    /// # Errors
    ///
    /// There is no such service, or its data are broken.
    pub fn paginators(&self, service: &str) -> Result<Vec<String>> {
        let service = self.0.services.service(service)?;
        Ok(service.paginators()?.names().map(Into::into).collect())
    }

    /// The names of what a service's waiters wait for, sorted.
    ///
    /// # Errors
    ///
    /// There is no such service, or its data are broken.
    pub fn waiters(&self, service: &str) -> Result<Vec<String>> {
        let service = self.0.services.service(service)?;
        Ok(service.waiters()?.names().map(Into::into).collect())
    }

    /// How an operation gives its pages, if it gives any.
    ///
    /// # Errors
    ///
    /// There is no such service, or its data are broken.
    pub fn paginator(&self, service: &str, operation: &str) -> Result<Option<Paginator>> {
        let service = self.0.services.service(service)?;
        let text = service.paginators()?.text(operation);
        text.map(|text| Paginator::parse(operation, text))
            .transpose()
    }

    /// A waiter's name and definition.
    ///
    /// # Errors
    ///
    /// There is no such service or waiter, or its data are broken.
    pub fn waiter_definition(&self, service: &str, waiter: &str) -> Result<(Box<str>, Waiter)> {
        let service = self.0.services.service(service)?;
        let (name, text) = service.waiters()?.find("waiter", waiter, service.name())?;
        Ok((name.into(), Waiter::parse(name, text)?))
    }

    /// Starts a call that has more than parameters, or whose answer is more than its result.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::Body;
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let replay = Replay::new().answer(200, &[("etag", "\"e\"")], "").answer(200, &[], "hello");
    /// # let client = Client::with_transport(config, replay)?;
    /// let place = json!({"Bucket": "my-bucket", "Key": "greeting"});
    /// client.request("s3", "PutObject").params(place.clone()).body(Body::from("hello")).send()?;
    ///
    /// let output = client.request("s3", "GetObject").params(place).send()?;
    /// let mut text = Vec::new();
    /// output.body.expect("GetObject streams").copy_to(&mut text)?;
    /// assert_eq!(text, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, service: &str, operation: &str) -> RequestBuilder {
        RequestBuilder {
            client: self.clone(),
            service: service.into(),
            operation: operation.into(),
            params: json!({}),
            body: None,
            cancel: None,
            settings: Overrides::None,
            api_version: None,
            method: None,
            purpose: Purpose::Itself,
        }
    }
}

fn check_customisations(config: &Config) -> Result<()> {
    custom::check_names(config).map_err(|e| Error::Config(e.into()))
}

/// The provider that the program gives, or the chain of all.
fn provider(config: &Config) -> Arc<dyn CredentialsProvider> {
    match config.provider() {
        Some(provider) => provider.clone(),
        None => Arc::new(Chain::standard(config.has_explicit_profile())),
    }
}

/// Where an answer may have a checksum, it is asked for.
fn ask_for_checksum(call: &Call<'_>, params: &mut Params) {
    let traits = call.operation.http_checksum.as_ref();
    let member = traits.and_then(|t| t.request_validation_mode_member.as_deref());
    if let (Some(member), Some(members)) = (member, params.value.as_object_mut())
        && call.config.response_checksums() == ResponseChecksums::WhenSupported
    {
        members.entry(member).or_insert_with(|| "ENABLED".into());
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.config().region())
            .finish_non_exhaustive()
    }
}

/// The settings of one call.
#[derive(Debug)]
enum Overrides {
    /// An error is told when the call is made.
    Broken(Box<ConfigError>),
    Config(Box<Config>),
    None,
}

impl Overrides {
    fn of(config: &Config, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        match config.with(change) {
            Ok(config) => Self::Config(config.into()),
            Err(error) => Self::Broken(error.into()),
        }
    }
}

/// A call that is being put together. `Debug` does not show its parameters, which may hold secrets.
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder {
    client: Client,
    service: Box<str>,
    operation: Box<str>,
    params: Value,
    body: Option<Body>,
    cancel: Option<CancelToken>,
    settings: Overrides,
    api_version: Option<Box<str>>,
    /// Of a presigned request.
    pub(crate) method: Option<Method>,
    purpose: Purpose,
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("client", &self.client)
            .field("service", &self.service)
            .field("operation", &self.operation)
            .field("body", &self.body)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl RequestBuilder {
    /// The parameters: an object by member names.
    pub fn params(mut self, params: Value) -> Self {
        self.params = params;
        self
    }

    /// The streaming body of the operation.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends this call to another region.
    pub fn region(self, region: impl Into<String>) -> Self {
        let region = region.into();
        self.config(|config| config.region(region))
    }

    /// Makes this call in another version of the service's API, of which a model must be in a folder or in the binary; see
    /// [`ConfigBuilder::api_version`].
    pub fn api_version(mut self, version: impl Into<Box<str>>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// The service in the version that this call is made in.
    fn service(&self, config: &Config) -> Result<Arc<Service>> {
        let version = self.api_version.as_deref();
        let version = version.or_else(|| config.api_version(&self.service));
        self.client.0.services.service_in(&self.service, version)
    }

    /// Changes settings for this call alone: timeouts, attempts, credentials, endpoint or any other but those of the
    /// [`Network`](crate::transport::Network), which a client settles once.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # use std::time::Duration;
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[], "{}"))?;
    /// let request = client.request("dynamodb", "ListTables");
    /// request.config(|config| config.max_attempts(1).read_timeout(Duration::from_secs(5))).send()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn config(mut self, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        self.settings = match self.settings {
            Overrides::Broken(error) => Overrides::Broken(error),
            Overrides::None => Overrides::of(self.client.config(), change),
            Overrides::Config(config) => Overrides::of(&config, change),
        };
        self
    }

    /// Hooks into this call, after the client's own interceptors. See [`interceptor`](crate::interceptor).
    pub fn interceptor(self, interceptor: impl Interceptor + 'static) -> Self {
        self.config(|config| config.interceptor(interceptor))
    }

    /// Tells the service what the call is a part of.
    pub(crate) fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Ends the call, or the reading of its body, when the token is cancelled.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = Some(token.clone());
        self
    }

    /// Makes the call. The body of an operation that streams one is left in [`Output::body`], its events in
    /// [`Output::events`].
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub fn send(self) -> Result<Output> {
        self.run(false)
    }

    /// Makes the call and reads everything into memory.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub fn send_buffered(self) -> Result<Output> {
        self.run(true)
    }

    /// Where the settings of this call and what it needs come from.
    fn source(&self) -> Result<CallSource<'_>> {
        let client = &self.client;
        let config = match &self.settings {
            Overrides::Broken(error) => return Err(Error::Config(error.to_string().into())),
            Overrides::Config(config) => &**config,
            Overrides::None => client.config(),
        };
        check_customisations(config)?;
        if config.network() != client.config().network() {
            let what =
                "proxies, certificates and connections are settled for the client, not for a call";
            return Err(Error::Config(what.into()));
        }
        Ok(CallSource {
            credentials: client.credentials_of(config),
            config,
            builder: self,
        })
    }

    fn run(mut self, buffered: bool) -> Result<Output> {
        let (params, body) = (self.params.take(), self.body.take());
        let source = self.source()?;
        let service = self.service(source.config)?;
        let operation = service.model.operation(&self.operation)?;
        let mut params = self.prepare(&service, source.config, params, body, false)?;
        let call = Call {
            config: source.config,
            service: &service,
            operation,
            buffered,
            presign: None,
            purpose: self.purpose,
        };
        let named = |e: Error| e.of_call(service.name(), &operation.name);
        let needs = source.needs();
        sign_for_source(&call, &mut params, needs).map_err(named)?;
        ask_for_checksum(&call, &mut params);
        let output = drive(Exchange::new(call, params), needs).map_err(named)?;
        let most = buffered.then(|| call.config.max_response_size());
        output.with_events(most).map_err(named)
    }

    /// The request, signed in its URL and not sent.
    pub(crate) fn presigned(mut self, presign: &Presign) -> Result<Request> {
        auth::check_expiry(presign.expires)?;
        let (params, body) = (self.params.take(), self.body.take());
        let source = self.source()?;
        let service = self.service(source.config)?;
        let params = self.prepare(&service, source.config, params, body, true)?;
        let call = Call {
            config: source.config,
            service: &service,
            operation: service.model.operation(&self.operation)?,
            buffered: true,
            presign: Some(presign),
            purpose: self.purpose,
        };
        drive_to_request(Exchange::new(call, params), source.needs())
    }

    /// Checks and completes the parameters.
    fn prepare(
        &self,
        service: &Service,
        config: &Config,
        mut value: Value,
        body: Option<Body>,
        is_presigned: bool,
    ) -> Result<Params> {
        let model = &*service.model;
        let operation = model.operation(&self.operation)?;
        let checked = || {
            let streaming = protocol::streaming_payload(model, operation.input)?;
            if body.is_some() && streaming.is_none() {
                return Err(Error::request(
                    "a body is given, but the operation streams none",
                ));
            }
            let hooks = interceptors(config, &service.customisations, operation);
            let context = CallContext {
                config,
                model,
                operation,
                params: &Value::Null,
                attempt: 0,
                is_presigned,
                quirks: service.quirks,
            };
            let refused = intercept_params(hooks, &context, &mut value)?;
            params::fill_idempotency_tokens(model, operation, &mut value, random::uuid)?;
            let streamed = streaming.filter(|_| body.is_some());
            let checked = match config.validates_parameters() {
                true => params::validate(
                    model,
                    operation,
                    &value,
                    streamed.map(|member| &*member.name),
                    config.validates_strictly(),
                ),
                false => Ok(()),
            };
            ParamErrors(refused).before(checked)?;
            Ok(Params { value, body })
        };
        checked().map_err(|e: Error| e.of_call(model.name(), &operation.name))
    }
}

/// What one call is made with.
struct CallSource<'a> {
    builder: &'a RequestBuilder,
    config: &'a Config,
    /// If they are not the client's.
    credentials: Option<CredentialsCache>,
}

impl CallSource<'_> {
    fn needs(&self) -> Needs<'_> {
        let needs = self.builder.client.needs();
        let timeout = self.config.operation_timeout();
        Needs {
            config: self.config,
            credentials: self.credentials.as_ref().unwrap_or(needs.credentials),
            cancel: self.builder.cancel.as_ref().unwrap_or(needs.cancel),
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            ..needs
        }
    }
}

/// A copy from another region has a URL with which this region's service fetches from that one.
fn sign_for_source(call: &Call<'_>, params: &mut Params, needs: Needs<'_>) -> Result<()> {
    if !call.config.has_customisation("source-region-url") {
        return Ok(());
    }
    let Some(copy) = CrossRegion::find(call, &params.value)? else {
        return Ok(());
    };
    if copy.is_given() || call.config.is_unsigned() {
        *params = copy.params;
        return Ok(());
    }
    let presign = Presign {
        expires: Duration::from_secs(3600),
        method: Some(Method::GET),
        more: copy.more.clone(),
    };
    let config = (call.config).in_region(&copy.source_region, "the parameter SourceRegion");
    let config = config.map_err(|e| Error::Config(e.into()))?;
    let there = Call {
        config: &config,
        presign: Some(&presign),
        ..*call
    };
    let exchange = Exchange::new(there, copy.params.clone());
    let request = drive_to_request(exchange, needs)?;
    *params = copy.finish(&request.uri().to_string());
    Ok(())
}
