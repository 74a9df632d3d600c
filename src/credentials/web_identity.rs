//! Credentials of a role that is assumed with the token of another identity provider, such as a Kubernetes cluster.

use std::path::Path;

use serde_json::json;

use super::assume_role::{as_role, assumed, text};
use super::document::{absent, fault};
use super::{
    Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::file;
use crate::identity::is_blank;

/// Assumes the role of `AWS_ROLE_ARN` or the profile's `role_arn` with the token in the file of
/// `AWS_WEB_IDENTITY_TOKEN_FILE` or `web_identity_token_file`, which is read each time.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::web_identity::WebIdentityProvider;
///
/// let chain = Chain::new().then(WebIdentityProvider::new());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct WebIdentityProvider;

const NAME: &str = "assume-role-with-web-identity";

impl WebIdentityProvider {
    /// Creates the provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for WebIdentityProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        // a profile that the program chooses excludes the environment
        let env = |name: &str| match cx.config.has_explicit_profile() {
            true => None,
            false => cx.config.environment().get(name),
        };
        let either = |variable: &str, key: &str| env(variable).or_else(|| text(cx, key));
        let Some(path) = either("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file") else {
            return Err(absent(
                "neither AWS_WEB_IDENTITY_TOKEN_FILE nor web_identity_token_file is set",
            ));
        };
        let role = either("AWS_ROLE_ARN", "role_arn").ok_or_else(|| {
            fault(NAME, "a token file is set, but neither AWS_ROLE_ARN nor role_arn sets the role to assume")
        })?;
        let mut params = json!({"RoleArn": role});
        if let Some(name) = either("AWS_ROLE_SESSION_NAME", "role_session_name") {
            params["RoleSessionName"] = name.into();
        }
        let response = as_role(cx, NAME, params, |mut params| {
            let token = file::read_text(Path::new(path), file::MAX_TOKEN);
            let token = token.map_err(|e| fault(NAME, format!("{path}: {e}")))?;
            if is_blank(&token) {
                return Err(fault(NAME, format!("{path}: the file is blank")));
            }
            params["WebIdentityToken"] = token.trim().into();
            let call = cx.call("sts", "AssumeRoleWithWebIdentity", params);
            call.send().map_err(|e| fault(NAME, e.to_string()))
        })?;
        let origin = match env("AWS_WEB_IDENTITY_TOKEN_FILE") {
            Some(_) => CredentialsSource::EnvironmentWebIdentity,
            None => CredentialsSource::ProfileWebIdentity,
        };
        Ok(assumed(NAME, &response)?
            .with_sources(&[origin, CredentialsSource::AssumeRoleWithWebIdentity]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{Calls, query};
    use crate::transport::Replay;

    fn lookup(
        variables: &[(&str, &str)],
        calls: &Calls,
    ) -> Result<Option<Credentials>, CredentialsError> {
        query(
            &WebIdentityProvider::new(),
            variables,
            &Replay::new(),
            calls,
        )
    }

    #[test]
    fn the_token_is_read_each_time_and_the_call_is_unsigned() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let name = ("AWS_ROLE_SESSION_NAME", "n");
        let file_variable = ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap());
        let calls = Calls::default();
        for token in ["one", "two\n"] {
            std::fs::write(&file, token).unwrap();
            let found = lookup(&[file_variable, ("AWS_ROLE_ARN", "r"), name], &calls)
                .unwrap()
                .unwrap();
            assert_eq!(found.account_id(), Some("123456789012"));
        }
        let call = |token: &str| {
            format!(
                r#"sts.AssumeRoleWithWebIdentity unsigned {{"RoleArn":"r","RoleSessionName":"n","WebIdentityToken":"{token}"}}"#
            )
        };
        assert_eq!(calls.made(), [call("one"), call("two")]);
        let error = lookup(&[file_variable], &calls).unwrap_err().to_string();
        assert!(error.contains("AWS_ROLE_ARN"), "{error}");
        let gone = [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/gone"),
            ("AWS_ROLE_ARN", "r"),
        ];
        assert!(
            lookup(&gone, &calls)
                .unwrap_err()
                .to_string()
                .contains("/gone")
        );
        assert!(lookup(&[], &calls).unwrap().is_none());
    }
}
