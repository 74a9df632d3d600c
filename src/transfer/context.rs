//! State that the requests of a transfer share.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::config::TransferConfig;
use super::journal;
use super::progress::{Meter, Progress};
use super::throttle::Throttle;
use crate::cancel::CancelToken;
use crate::client::{AnyClient, Client, RequestBuilder};
use crate::error::Result;
use crate::exchange::Purpose;
use crate::output::Output;

/// The service of all transfers.
pub(super) const SERVICE: &str = "s3";

/// State that all transfers of a manager share.
#[derive(Clone, Debug)]
pub(super) struct Shared<C = Client> {
    pub(super) client: C,
    config: TransferConfig,
    throttle: Option<Arc<Throttle>>,
}

impl<C: AnyClient> Shared<C> {
    /// Settings that the program leaves at their defaults are taken from the client's profile.
    pub(super) fn new(client: &C, config: TransferConfig) -> Self {
        let config = config.or_profile(client.shared().config().s3());
        Self {
            throttle: config.bandwidth.map(|limit| Arc::new(Throttle::new(limit))),
            client: client.clone(),
            config,
        }
    }

    /// The same settings with another client.
    #[cfg(feature = "async")]
    pub(super) fn with_client<D>(&self, client: D) -> Shared<D> {
        Shared {
            client,
            config: self.config.clone(),
            throttle: self.throttle.clone(),
        }
    }
}

impl Shared {
    pub(super) fn context(
        &self,
        cancel: CancelToken,
        progress: Option<Box<dyn Progress>>,
    ) -> Context {
        Context {
            client: self.client.clone(),
            config: self.config.clone(),
            meter: Arc::new(Meter::new(progress, self.config.progress_interval)),
            throttle: self.throttle.clone(),
            late: cancel.clone(),
            cancel,
            retried: Arc::default(),
        }
    }
}

/// State that all requests of a job share.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) client: Client,
    pub(super) config: TransferConfig,
    pub(super) meter: Arc<Meter>,
    throttle: Option<Arc<Throttle>>,
    pub(super) cancel: CancelToken,
    /// Cancels requests that create something: what their response names can be undone. Cancelled with the job, or soon after.
    pub(super) late: CancelToken,
    retried: Arc<AtomicBool>,
}

impl Context {
    /// Replaces the client.
    pub(super) fn with_client(&self, client: &Client) -> Self {
        let client = client.clone();
        Self {
            client,
            ..self.clone()
        }
    }

    /// Returns a context without progress reports.
    pub(super) fn without_progress(&self) -> Self {
        let meter = Arc::new(Meter::new(None, self.config.progress_interval));
        Self {
            meter,
            ..self.clone()
        }
    }

    /// Creates a request that is cancelled with the job.
    pub(super) fn request(&self, operation: &str, params: Value) -> RequestBuilder {
        let request = self.client.request(SERVICE, operation).params(params);
        let request = request.purpose(Purpose::Transfer);
        request.cancel_with(&self.cancel)
    }

    /// Sends a request, and records whether it was retried.
    pub(super) fn send(&self, request: RequestBuilder) -> Result<Output> {
        let result = request.send();
        let was_retried = match &result {
            Ok(output) => output.meta.attempts > 1,
            Err(error) => error.is_retryable(),
        };
        if was_retried {
            self.retried.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Whether a request was retried since the last call of this method.
    pub(super) fn take_retried(&self) -> bool {
        self.retried.swap(false, Ordering::Relaxed)
    }

    pub(super) fn call(&self, operation: &str, params: Value) -> Result<Value> {
        self.send(self.request(operation, params))?.to_value()
    }

    /// Creates something that is undone if the job is cancelled.
    pub(super) fn create(&self, operation: &str, params: Value) -> Result<Value> {
        let request = self.request(operation, params);
        let request = match self.cancel.is_cancelled() {
            true => request,
            false => request.cancel_with(&self.late),
        };
        self.send(request)?.to_value()
    }

    /// Waits until the bandwidth limit permits `bytes` more.
    pub(super) fn throttle(&self, bytes: u64) {
        if let Some(throttle) = &self.throttle {
            throttle.wait(bytes, &self.cancel);
        }
    }

    /// Whether requests have checksums if the operation supports them.
    pub(super) fn sends_checksums(&self) -> bool {
        self.client.config().request_checksums().when_supported()
    }

    /// Returns the folder of the journals, or `None` if transfers are not resumed.
    pub(super) fn state_folder(&self) -> Option<Cow<'_, Path>> {
        if !self.config.resume {
            return None;
        }
        match &self.config.state_folder {
            Some(folder) => Some(folder.into()),
            None => journal::default_folder(self.client.config().environment()).map(PathBuf::into),
        }
    }

    /// Returns the endpoint or the region, which identify the service in journals.
    pub(super) fn service_id(&self) -> String {
        let config = self.client.config();
        match config.endpoint_url(SERVICE) {
            Ok(Some(url)) => without_userinfo(&url),
            _ => config.region().unwrap_or_default().to_owned(),
        }
    }
}

/// Removes user name and password from a URL.
fn without_userinfo(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    match scheme {
        "" => format!("{host}{path}"),
        scheme => format!("{scheme}://{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userinfo_is_removed() {
        for (url, expected) in [
            ("https://u:p@host:1/a", "https://host:1/a"),
            ("https://u:p@x@host", "https://host"),
            ("https://u@host?a=b@c", "https://host?a=b@c"),
            ("https://host/a@b", "https://host/a@b"),
            ("u:p@host", "host"),
            ("http://[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(without_userinfo(url), expected, "{url}");
        }
    }
}
