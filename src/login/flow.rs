//! What the ways to log in to IAM Identity Center share.

use serde_json::Value;

use super::LoginError;
use crate::cancel::CancelToken;
use crate::client::Client;
use crate::credentials::SsoCache;
use crate::error::{Error, Result};

/// The scope of a login that names none.
pub(super) const DEFAULT_SCOPE: &str = "sso:account:access";

/// A login with what it needs.
pub(super) struct Flow<'f> {
    /// The start URL of the configuration.
    pub(super) start_url: &'f str,
    /// The start URL as the service knows it.
    pub(super) issuer: &'f str,
    pub(super) region: &'f str,
    pub(super) session: Option<&'f str>,
    pub(super) scopes: &'f [String],
    pub(super) client: &'f Client,
    pub(super) cancel: &'f CancelToken,
    pub(super) cache: &'f SsoCache,
}

impl Flow<'_> {
    /// Calls the service that issues tokens.
    pub(super) fn call(&self, operation: &str, params: Value) -> Result<Value> {
        let request = self.client.request("sso-oidc", operation).params(params);
        let request = request.region(self.region).cancel_with(self.cancel);
        request.send()?.to_value()
    }
}

/// The error of a call for a token.
pub(super) fn of_token(error: Error) -> Error {
    match error.code() {
        Some("ExpiredTokenException") => LoginError::Expired.into(),
        Some("AccessDeniedException") => {
            let reason = error.service_error().map(|error| error.message.clone());
            let reason = reason.filter(|reason| !reason.is_empty());
            let reason = reason.unwrap_or_else(|| "the service gives no reason".into());
            LoginError::Denied(reason).into()
        }
        _ => error,
    }
}
