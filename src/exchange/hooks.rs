//! The interceptors of a call, and the points at which they run.

use http::header::HOST;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::Call;
use super::prepare::host;
use crate::call::CallContext;
use crate::custom::{Customisation, PlainAttributeValues, ResponseChecksum};
use crate::error::{Error, Result, RetryReason};
use crate::interceptor::{Attempt, Interceptor, Interceptors};
use crate::model::Operation;
use crate::output::Output;
use crate::params::{ParamError, ParamErrors};
use crate::settings::Settings;
use crate::transport::{Request, Response, TransportError};

/// The interceptors of a call, in the order in which they see its request: the program's, then those of the service that are not
/// switched off, then those of every service.
pub(super) fn interceptors<'a>(
    program: &'a Interceptors,
    settings: &'a Settings,
    customisations: &'a [&'static Customisation],
    operation: &'a Operation,
) -> impl DoubleEndedIterator<Item = &'a dyn Interceptor> {
    let is_on = |line: &&&Customisation| {
        line.applies_to(&operation.name) && settings.has_customisation(line.name)
    };
    let of_service = customisations
        .iter()
        .filter(is_on)
        .map(|line| line.interceptor as &dyn Interceptor);
    let plain: Option<&dyn Interceptor> = match settings.has_plain_attribute_values() {
        true => Some(&PlainAttributeValues),
        false => None,
    };
    let checksum: Option<&dyn Interceptor> = match operation.http_checksum {
        Some(_) => Some(&ResponseChecksum),
        None => None,
    };
    program
        .iter()
        .chain(of_service)
        .chain(plain)
        .chain(checksum)
}

impl Call {
    /// Runs the `request` hooks, and sets the `Host` header unless they have set it.
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

    /// Runs the `send` hooks up to the first that returns a response.
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

    /// Runs the `after_attempt` hooks, which may change the outcome of the attempt and the reason for a retry.
    pub(super) fn intercept_attempt(
        &self,
        params: &Value,
        attempt: u32,
        headers: &HeaderMap,
        outcome: &mut Result<Output>,
        retry: Option<RetryReason>,
    ) -> Option<RetryReason> {
        let context = self.context(params, attempt);
        let mut done = Attempt {
            headers,
            outcome,
            retry,
        };
        for one in self.interceptors().rev() {
            one.after_attempt(&context, &mut done);
        }
        done.retry
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

/// Runs the `params` hooks, and returns all parameter errors that they report.
pub(super) fn intercept_params<'a>(
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
