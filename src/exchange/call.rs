//! A call: what every stage may read about it, and the only way to start its exchange.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::hooks::{intercept_params, interceptors};
use super::presigned::Presign;
use super::{Exchange, Service, sent_events};
use crate::body::Body;
use crate::call::{CallContext, CallExtensions, Quirk};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::eventstream::EventInput;
use crate::interceptor::{Interceptor, Interceptors};
use crate::model::Operation;
use crate::params::{self, ParamError, ParamErrors};
use crate::protocol::{self, Params};
use crate::random;
use crate::secrets::CallOf;
use crate::settings::{ParameterValidation, Settings};

/// Everything that the stages of a call may read about it. It owns its parts, so a driver may keep it for any time.
pub(crate) struct Call {
    pub(super) config: Arc<Settings>,
    /// The program's interceptors.
    interceptors: Interceptors,
    pub(super) service: Arc<Service>,
    pub(super) operation: Arc<Operation>,
    /// Whether a streaming payload is read into memory, too.
    pub(super) buffered: bool,
    /// Set for a call that is not sent but signed in its URL.
    pub(super) presign: Option<Presign>,
    pub(super) purpose: Purpose,
    /// The endpoint URL of the settings, once it was looked up.
    pub(super) given_url: OnceLock<Option<Box<str>>>,
    extensions: CallExtensions,
}

/// The part of the crate that makes a call, which the User-Agent reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Call,
    Pages,
    Transfer,
    Wait,
}

impl Call {
    /// Creates a call with the program's configuration, whose response is read into memory.
    ///
    /// # Errors
    ///
    /// Returns an error if the service has no such operation.
    pub(crate) fn new(config: &Config, service: Arc<Service>, operation: &str) -> Result<Self> {
        let interceptors = config.interceptors().clone();
        Self::with_settings(config.settings().clone(), interceptors, service, operation)
    }

    /// Creates a call of a credentials provider, without the program's interceptors.
    pub(super) fn of_provider(
        settings: Settings,
        service: Arc<Service>,
        operation: &str,
    ) -> Result<Self> {
        let none = Interceptors::default();
        Self::with_settings(Arc::new(settings), none, service, operation)
    }

    fn with_settings(
        config: Arc<Settings>,
        interceptors: Interceptors,
        service: Arc<Service>,
        operation: &str,
    ) -> Result<Self> {
        let operation = service.model.operation(operation)?.clone();
        Ok(Self {
            config,
            interceptors,
            service,
            operation,
            buffered: true,
            presign: None,
            purpose: Purpose::Call,
            given_url: OnceLock::new(),
            extensions: CallExtensions::default(),
        })
    }

    /// Creates a call of another operation of the same service, on behalf of this call.
    pub(super) fn nested(&self, operation: &str) -> Result<Self> {
        let mut nested = Self::with_settings(
            self.config.clone(),
            self.interceptors.clone(),
            self.service.clone(),
            operation,
        )?;
        nested.purpose = self.purpose;
        Ok(nested)
    }

    /// Creates a call of the same operation, presigned in another region.
    pub(super) fn presigned_in(&self, region: &str, why: &str, presign: Presign) -> Result<Self> {
        let config = self.config.in_region(region, why)?;
        Ok(Self {
            config: Arc::new(config),
            interceptors: self.interceptors.clone(),
            service: self.service.clone(),
            operation: self.operation.clone(),
            buffered: true,
            presign: Some(presign),
            purpose: self.purpose,
            given_url: OnceLock::new(),
            extensions: CallExtensions::default(),
        })
    }

    /// Leaves a streaming payload to the caller.
    pub(crate) fn streaming(mut self) -> Self {
        self.buffered = false;
        self
    }

    /// Signs the request in its URL instead of sending it.
    pub(crate) fn presigned(mut self, presign: Presign) -> Self {
        self.presign = Some(presign);
        self
    }

    pub(crate) fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Removes null members from the parameters.
    pub(crate) fn drop_null_members(&self, params: &mut Value) -> Result<()> {
        match self.operation.input {
            Some(input) => params::drop_null_members(&self.service.model, input, params),
            None => Ok(()),
        }
    }

    /// Completes and validates the parameters, and creates the exchange of the call.
    ///
    /// # Errors
    ///
    /// Returns an error if the parameters do not fit the model, or an interceptor rejects them.
    pub(crate) fn exchange(self, params: Value, body: Option<Body>) -> Result<Exchange> {
        self.exchange_with(params, body, None)
    }

    /// Does the same for a call that may send events.
    pub(crate) fn exchange_with(
        self,
        mut params: Value,
        body: Option<Body>,
        events: Option<EventInput>,
    ) -> Result<Exchange> {
        let completed = self.complete(&mut params, body.is_some(), events.as_ref());
        match completed {
            Ok(()) => {
                let params = Params {
                    value: params,
                    body,
                };
                Ok(Exchange::new(self, params, events))
            }
            Err(error) => Err(self.named(error)),
        }
    }

    /// Runs the interceptors over the parameters, generates idempotency tokens, and validates the result.
    fn complete(
        &self,
        params: &mut Value,
        has_body: bool,
        events: Option<&EventInput>,
    ) -> Result<()> {
        let (model, operation) = (&self.service.model, &self.operation);
        let events = sent_events::member(model, operation, events)?;
        let streaming = protocol::streaming_payload(model, operation.input)?;
        if has_body && streaming.is_none() {
            let what = "the request has a body, but the operation has no streaming payload";
            return Err(Error::request(what));
        }
        let refused = self.intercept_params(params)?;
        params::fill_idempotency_tokens(model, operation, params, random::uuid)?;
        let streamed = streaming.filter(|_| has_body).or(events);
        let streamed = streamed.map(|member| &*member.name);
        let validate = |strict| params::validate(model, operation, params, streamed, strict);
        let checked = match self.config.parameter_validation() {
            ParameterValidation::Disabled => Ok(()),
            ParameterValidation::Enabled => validate(false),
            ParameterValidation::Strict => validate(true),
        };
        let checked = match self.config.is_of_provider() {
            // the values are a profile's, such as a role's ARN; the service's error describes a wrong length better
            true => ParamErrors::without_limits(checked),
            false => checked,
        };
        ParamErrors(refused).before(checked)
    }

    /// Runs the interceptors over parameters that may be incomplete or invalid, such as those of an explanation.
    ///
    /// # Errors
    ///
    /// Returns an error if an interceptor fails. A parameter that an interceptor rejects is kept.
    pub(super) fn completed(&self, params: &Value) -> Result<Value> {
        let mut params = params.clone();
        self.intercept_params(&mut params)?;
        Ok(params)
    }

    fn intercept_params(&self, params: &mut Value) -> Result<Vec<ParamError>> {
        intercept_params(self.interceptors(), &self.context(&Value::Null, 0), params)
    }

    /// The interceptors that apply to the call, in the order in which they see the request.
    pub(super) fn interceptors(&self) -> impl DoubleEndedIterator<Item = &dyn Interceptor> {
        interceptors(
            &self.interceptors,
            &self.config,
            &self.service.customisations,
            &self.operation,
        )
    }

    /// The view of the call that interceptors, signers and checksums receive.
    pub(super) fn context<'c>(&'c self, params: &'c Value, attempt: u32) -> CallContext<'c> {
        CallContext {
            config: &self.config,
            model: &self.service.model,
            operation: &self.operation,
            params,
            attempt,
            is_presigned: self.presign.is_some(),
            extensions: &self.extensions,
            quirks: self.service.quirks,
        }
    }

    /// Whether the service has this quirk and it is not switched off.
    pub(super) fn has(&self, quirk: Quirk) -> bool {
        quirk.is_on(&self.config)
    }

    /// The model and operation of each request, by which its secrets are found.
    pub(super) fn call_of(&self) -> CallOf {
        CallOf {
            model: self.service.model.clone(),
            operation: self.operation.clone(),
        }
    }

    /// Adds the service and the operation to an error.
    pub(crate) fn named(&self, error: Error) -> Error {
        error.of_call(self.service.name(), &self.operation.name)
    }
}
