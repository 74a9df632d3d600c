//! One call: its parameters and options, and how it is made.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use super::Client;
use super::options::CallOptions;
use crate::body::Body;
use crate::call::CallContext;
use crate::cancel::CancelToken;
use crate::config::{Config, ConfigBuilder};
use crate::credentials::CredentialsCache;
use crate::error::{Error, Result};
use crate::exchange::{
    Call, CrossRegion, Exchange, Needs, Presign, Purpose, Service, drive, drive_to_request,
    intercept_params, interceptors,
};
use crate::interceptor::Interceptor;
use crate::output::Output;
use crate::params::ParamErrors;
use crate::protocol::{self, Params};
use crate::settings::ResponseChecksums;
use crate::transport::Request;
use crate::{auth, params, random};

/// A call that is being put together. `Debug` does not show its parameters, which may hold secrets.
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder {
    client: Client,
    service: Box<str>,
    operation: Box<str>,
    params: Value,
    body: Option<Body>,
    options: CallOptions,
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
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl RequestBuilder {
    pub(super) fn new(client: &Client, service: &str, operation: &str) -> Self {
        Self {
            client: client.clone(),
            service: service.into(),
            operation: operation.into(),
            params: json!({}),
            body: None,
            options: CallOptions::default(),
            method: None,
            purpose: Purpose::Itself,
        }
    }

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
        self.options.api_version = Some(version.into());
        self
    }

    /// The service in the version that this call is made in.
    fn service(&self, config: &Config) -> Result<Arc<Service>> {
        let version = self.options.api_version.as_deref();
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
        self.options.change(self.client.config(), change);
        self
    }

    /// Hooks into this call, after the client's own interceptors. See [`interceptor`](crate::interceptor).
    pub fn interceptor(mut self, interceptor: impl Interceptor + 'static) -> Self {
        self.options.interceptor(self.client.config(), interceptor);
        self
    }

    /// Names what the call is a part of; the User-Agent has it.
    pub(crate) fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Ends the call, or the reading of its body, when the token is cancelled.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.options.cancel = Some(token.clone());
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
        let config = self.options.config(client.config())?;
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
            interceptors: source.config.interceptors(),
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
            interceptors: source.config.interceptors(),
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
            let hooks = interceptors(
                config.interceptors(),
                config,
                &service.customisations,
                operation,
            );
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
            cancel: self.builder.options.cancel.as_ref().unwrap_or(needs.cancel),
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            ..needs
        }
    }
}

/// Requests the checksum of a response that may have one.
fn ask_for_checksum(call: &Call<'_>, params: &mut Params) {
    let traits = call.operation.http_checksum.as_ref();
    let member = traits.and_then(|t| t.request_validation_mode_member.as_deref());
    if let (Some(member), Some(members)) = (member, params.value.as_object_mut())
        && call.config.response_checksums() == ResponseChecksums::WhenSupported
    {
        members.entry(member).or_insert_with(|| "ENABLED".into());
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
    let config = (call.config).in_region(&copy.source_region, "the parameter SourceRegion")?;
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
