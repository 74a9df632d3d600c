//! The interceptors of a call, and where the exchange asks them.

use std::sync::Arc;

use http::header::HOST;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::Call;
use super::prepare::host;
use crate::call::{CallContext, Quirk};
use crate::custom::{Customisation, PlainAttributeValues};
use crate::error::{Error, Result, RetryReason};
use crate::interceptor::{Attempt, Interceptor};
use crate::model::Operation;
use crate::output::Output;
use crate::params::{ParamError, ParamErrors};
use crate::settings::Settings;
use crate::transport::{Request, Response, TransportError};

/// The interceptors of a call, on the way out: the program's, then those of the service that are not switched off, and what
/// makes its plain values those of the model.
pub(crate) fn interceptors<'a>(
    program: &'a [Arc<dyn Interceptor>],
    settings: &'a Settings,
    customisations: &'a [&'static Customisation],
    operation: &'a Operation,
) -> impl DoubleEndedIterator<Item = &'a dyn Interceptor> {
    let theirs = program.iter().map(|one| &**one);
    let is_on = |line: &&&Customisation| {
        line.is_of(&operation.name) && settings.has_customisation(line.name)
    };
    let ours = customisations
        .iter()
        .filter(is_on)
        .map(|line| line.by as &dyn Interceptor);
    let plain: Option<&dyn Interceptor> = match settings.has_plain_attribute_values() {
        true => Some(&PlainAttributeValues),
        false => None,
    };
    theirs.chain(ours).chain(plain)
}

impl<'a> Call<'a> {
    fn interceptors(&self) -> impl DoubleEndedIterator<Item = &'a dyn Interceptor> {
        interceptors(
            self.interceptors,
            self.config,
            &self.service.customisations,
            self.operation,
        )
    }

    /// What the stages of the call may read about it.
    pub(super) fn context<'c>(&self, params: &'c Value, attempt: u32) -> CallContext<'c>
    where
        'a: 'c,
    {
        CallContext {
            config: self.config,
            model: &self.service.model,
            operation: self.operation,
            params,
            attempt,
            is_presigned: self.presign.is_some(),
            quirks: self.service.quirks,
        }
    }

    /// Whether the service has this quirk, and it is not switched off.
    pub(super) fn has(&self, quirk: Quirk) -> bool {
        quirk.is_on(self.config)
    }

    /// Lets them change the request that was written, and names its host unless they did.
    pub(super) fn intercept_request(&self, params: &Value, request: &mut Request) -> Result<()> {
        let context = self.context(params, 0);
        self.interceptors()
            .try_for_each(|one| one.request(&context, request))?;
        if let Some(host) = host(request.uri()).filter(|_| !request.headers().contains_key(HOST)) {
            let host = HeaderValue::from_str(host).map_err(Error::request)?;
            request.headers_mut().insert(HOST, host);
        }
        Ok(())
    }

    /// The answer that one of them gives in the service's place.
    pub(super) fn intercept_send(
        &self,
        params: &Value,
        attempt: u32,
        request: &Request,
    ) -> Option<Result<Response, TransportError>> {
        let context = self.context(params, attempt);
        self.interceptors()
            .find_map(|one| one.send(&context, request))
    }

    /// Lets them change what came of an attempt, and whether there is another.
    pub(super) fn intercept_answer(
        &self,
        params: &Value,
        attempt: u32,
        headers: &HeaderMap,
        outcome: &mut Result<Output>,
        retry: Option<RetryReason>,
    ) -> Option<RetryReason> {
        let context = self.context(params, attempt);
        let mut over = Attempt {
            headers,
            outcome,
            retry,
        };
        for one in self.interceptors().rev() {
            one.answered(&context, &mut over);
        }
        over.retry
    }

    pub(super) fn intercept_result(
        &self,
        params: &Value,
        attempt: u32,
        result: &mut Result<Output>,
    ) {
        let context = self.context(params, attempt);
        for one in self.interceptors().rev() {
            one.result(&context, result);
        }
    }
}

/// Lets them complete the parameters, or refuse them. All are asked; refusals are given together.
pub(crate) fn intercept_params<'a>(
    interceptors: impl Iterator<Item = &'a dyn Interceptor>,
    context: &CallContext<'_>,
    params: &mut Value,
) -> Result<Vec<ParamError>> {
    let mut refused = Vec::new();
    for one in interceptors {
        if let Err(error) = one.params(context, params) {
            refused.extend(error.downcast::<ParamErrors>()?.0);
        }
    }
    Ok(refused)
}
