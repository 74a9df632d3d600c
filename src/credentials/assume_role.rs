//! Credentials of a role that the profile names, assumed with the credentials that the profile refers to.

use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use super::container::ContainerProvider;
use super::document::{self, absent, fault};
use super::env::EnvProvider;
use super::imds::ImdsProvider;
use super::role_cache::{cached, key_text};
use super::{
    Chain, Credentials, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
};
use crate::codec::python_json::Spacing;

/// Assumes the profile's `role_arn` with the credentials of its `source_profile`, which may have a role itself, or of
/// its `credential_source`.
///
/// ```
/// use tucuxi::Config;
/// use tucuxi::credentials::Chain;
/// use tucuxi::credentials::assume_role::AssumeRoleProvider;
///
/// let chain = Chain::new().then(AssumeRoleProvider::new());
/// let config = Config::builder().isolated().credentials_provider(chain).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct AssumeRoleProvider;

const NAME: &str = "assume-role";
/// The maximum number of roles in a chain of source profiles. Each role takes a call.
const MAX_ROLES: usize = 50;

impl AssumeRoleProvider {
    /// Creates the provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for AssumeRoleProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        assume(cx, &mut Vec::new())
    }
}

/// Assumes the role of the context's profile. `visited` are the profiles that lead to it.
fn assume(
    cx: &ProviderContext<'_>,
    visited: &mut Vec<String>,
) -> Result<Credentials, CredentialsError> {
    let config = cx.config;
    let profile = &config.profile().value;
    let Some(role) = text(cx, "role_arn") else {
        return Err(absent(format!("profile {profile:?} has no role_arn")));
    };
    if text(cx, "web_identity_token_file").is_some() {
        return Err(absent(format!(
            "profile {profile:?} has a web_identity_token_file"
        )));
    }
    visited.push(profile.clone());
    if visited.len() > MAX_ROLES {
        let (first, last) = (&visited[0], &visited[MAX_ROLES]);
        let what = format!(
            "the chain of source profiles has more than {MAX_ROLES} roles, from profile {first:?} to {last:?}"
        );
        return Err(fault(NAME, what));
    }
    let source = source(cx, visited)?;
    let params = parameters(cx, role);
    let response = as_role(cx, NAME, params, |mut params| {
        if let Some(serial) = text(cx, "mfa_serial") {
            let code = cx.config.mfa_code(serial, || cx.check().is_ok());
            let code = code.map_err(|e| failed(cx, &format!("no MFA code for {serial}: {e}")))?;
            params["TokenCode"] = code.into();
        }
        cx.check()?;
        let call = cx.call("sts", "AssumeRole", params);
        let response = call.credentials(&source).send();
        response.map_err(|e| failed(cx, &e.to_string()))
    })?;
    let credentials = assumed(NAME, &response)?;
    Ok(credentials
        .with_sources(source.sources())
        .with_sources(&[CredentialsSource::AssumeRole]))
}

/// Returns the error of the context's profile.
fn failed(cx: &ProviderContext<'_>, what: &str) -> CredentialsError {
    fault(
        NAME,
        format!("profile {:?}: {what}", cx.config.profile().value),
    )
}

/// Returns the credentials that assume the role of the context's profile.
fn source(
    cx: &ProviderContext<'_>,
    visited: &mut Vec<String>,
) -> Result<Credentials, CredentialsError> {
    match (text(cx, "source_profile"), text(cx, "credential_source")) {
        (Some(source), None) => {
            let source = from_profile(cx, source, visited)?;
            Ok(source.with_sources(&[CredentialsSource::SourceProfile]))
        }
        (None, Some(source)) => {
            let source = from_source(cx, source)?;
            Ok(source.with_sources(&[CredentialsSource::CredentialSource]))
        }
        (Some(_), Some(_)) => Err(failed(
            cx,
            "source_profile and credential_source are both set; remove one of them",
        )),
        (None, None) => Err(failed(
            cx,
            "role_arn requires source_profile or credential_source",
        )),
    }
}

/// Returns the parameters of the call, without an MFA code.
fn parameters(cx: &ProviderContext<'_>, role: &str) -> Value {
    let mut params = json!({"RoleArn": role});
    if let Some(name) = text(cx, "role_session_name") {
        params["RoleSessionName"] = name.into();
    }
    if let Some(id) = text(cx, "external_id") {
        params["ExternalId"] = id.into();
    }
    if let Some(seconds) = text(cx, "duration_seconds").and_then(|text| text.parse::<u32>().ok()) {
        params["DurationSeconds"] = seconds.into();
    }
    if let Some(serial) = text(cx, "mfa_serial") {
        params["SerialNumber"] = serial.into();
    }
    params
}

/// Returns the response for a role that is assumed with these parameters, from the cache or from `call`. The parameters
/// that `call` receives always have a session name; a generated one is not part of the cache key.
pub(super) fn as_role(
    cx: &ProviderContext<'_>,
    provider: &'static str,
    mut params: Value,
    call: impl FnOnce(Value) -> Result<Value, CredentialsError>,
) -> Result<Value, CredentialsError> {
    let key = key_text(&params, Spacing::Usual);
    cached(cx, provider, &key, || {
        if params["RoleSessionName"].is_null() {
            params["RoleSessionName"] = generated_name(cx).into();
        }
        call(params)
    })
}

/// Returns the credentials of another profile, which may assume a role as well.
fn from_profile(
    cx: &ProviderContext<'_>,
    name: &str,
    visited: &mut Vec<String>,
) -> Result<Credentials, CredentialsError> {
    let config = cx
        .config
        .in_profile(name)
        .map_err(|e| fault(NAME, e.to_string()))?;
    let there = ProviderContext {
        config: &config,
        ..*cx
    };
    let has_keys = text(&there, "aws_access_key_id").is_some();
    // only a profile that is its own source may occur twice; its keys end the chain
    let is_own = has_keys && *name == *cx.config.profile().value;
    if !is_own && visited.iter().any(|visited| visited == name) {
        let way = [&visited[..], &[name.to_owned()]].concat().join(" → ");
        return Err(fault(
            NAME,
            format!("the source profiles form a cycle: {way}"),
        ));
    }
    if !has_keys {
        match assume(&there, visited) {
            Err(CredentialsError::Absent(_)) => {}
            other => return other,
        }
    }
    Chain::of_profile().credentials(&there)
}

fn from_source(cx: &ProviderContext<'_>, source: &str) -> Result<Credentials, CredentialsError> {
    let provider: &dyn CredentialsProvider = match source {
        "Ec2InstanceMetadata" => &ImdsProvider::new(),
        "EcsContainer" => &ContainerProvider::new(),
        "Environment" => &EnvProvider::new(),
        other => {
            let what = format!(
                "credential_source is {other:?}, and must be Ec2InstanceMetadata, EcsContainer or Environment"
            );
            return Err(fault(NAME, what));
        }
    };
    provider.credentials(cx).map_err(|error| match error {
        CredentialsError::Absent(why) => fault(
            NAME,
            format!("credential_source {source} has no credentials: {why}"),
        ),
        other => other,
    })
}

pub(super) fn text<'a>(cx: &ProviderContext<'a>, key: &str) -> Option<&'a str> {
    let (text, _) = cx.config.profile_text(key)?;
    Some(text).filter(|text| !text.is_empty())
}

/// Returns a session name with the current time.
pub(super) fn generated_name(cx: &ProviderContext<'_>) -> String {
    let seconds = cx
        .now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    format!("tucuxi-session-{seconds}")
}

/// Reads the response of STS. The account id is a part of the assumed role's ARN.
pub(super) fn assumed(
    provider: &'static str,
    response: &Value,
) -> Result<Credentials, CredentialsError> {
    let credentials = document::credentials(provider, &response["Credentials"], "SessionToken")?;
    let arn = response["AssumedRoleUser"]["Arn"]
        .as_str()
        .unwrap_or_default();
    Ok(match arn.split(':').nth(4) {
        Some(account) if !account.is_empty() => credentials.with_account_id(account),
        _ => credentials,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{Calls, query};
    use crate::transport::Replay;

    fn lookup(profiles: &str, calls: &Calls) -> Result<Option<Credentials>, CredentialsError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, profiles).unwrap();
        let variables = [
            ("AWS_CONFIG_FILE", file.to_str().unwrap()),
            ("AWS_ACCESS_KEY_ID", "AKIDENV"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        query(
            &AssumeRoleProvider::new(),
            &variables,
            &Replay::new(),
            calls,
        )
    }

    const KEYS: &str = "[profile keys]\naws_access_key_id = AKIDKEYS\naws_secret_access_key = s\n";

    #[test]
    fn a_role_is_assumed_by_its_source() {
        let calls = Calls::default();
        let role = "[default]\nrole_arn = r\nsource_profile = keys\nexternal_id = x\nduration_seconds = 900\n";
        let found = lookup(&format!("{role}{KEYS}"), &calls).unwrap().unwrap();
        assert_eq!(
            (found.access_key_id(), found.account_id()),
            ("ASIA1", Some("123456789012"))
        );
        let expected = r#"sts.AssumeRole by AKIDKEYS {"RoleArn":"r","ExternalId":"x","DurationSeconds":900,"RoleSessionName":"tucuxi-session-1700000000"}"#;
        assert_eq!(calls.made(), [expected]);
        assert!(lookup("[default]\n", &calls).unwrap().is_none());
    }

    #[test]
    fn source_profiles_may_have_roles() {
        let calls = Calls::default();
        let profiles = "[default]\nrole_arn = r1\nrole_session_name = n\nsource_profile = middle\n\
                        [profile middle]\nrole_arn = r2\nrole_session_name = n\ncredential_source = Environment\n";
        lookup(profiles, &calls).unwrap().unwrap();
        let role = |by: &str, arn: &str| {
            format!(r#"sts.AssumeRole by {by} {{"RoleArn":"{arn}","RoleSessionName":"n"}}"#)
        };
        assert_eq!(calls.made(), [role("AKIDENV", "r2"), role("ASIA1", "r1")]);
    }

    #[test]
    fn a_profile_may_be_its_own_source_if_it_has_keys() {
        let calls = Calls::default();
        let role = "[default]\nrole_arn = r\nsource_profile = default\n";
        let error = lookup(role, &calls).unwrap_err().to_string();
        assert!(error.contains("default → default"), "{error}");
        lookup(
            &format!("{role}aws_access_key_id = AKIDOWN\naws_secret_access_key = s\n"),
            &calls,
        )
        .unwrap();
        assert!(calls.made()[0].contains("by AKIDOWN"));
    }

    #[test]
    fn errors_name_the_profile_and_the_remedy() {
        let cases = [
            (
                "[default]\nrole_arn = r\n",
                "role_arn requires source_profile or credential_source",
            ),
            (
                "[default]\nrole_arn = r\nsource_profile = a\ncredential_source = Environment\n",
                "remove one of them",
            ),
            (
                "[default]\nrole_arn = r\ncredential_source = Moon\n",
                "\"Moon\"",
            ),
            (
                "[default]\nrole_arn = r\nsource_profile = gone\n",
                "\"gone\"",
            ),
            (
                "[default]\nrole_arn = r\nsource_profile = a\n[profile a]\nrole_arn = r\nsource_profile = b\n\
                 [profile b]\nrole_arn = r\nsource_profile = a\n",
                "default → a → b → a",
            ),
            (
                "[default]\nrole_arn = r\naws_access_key_id = a\naws_secret_access_key = s\nsource_profile = b\n\
                 [profile b]\nrole_arn = r\nsource_profile = default\n",
                "default → b → default",
            ),
        ];
        for (profiles, expected) in cases {
            let error = lookup(profiles, &Calls::default()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
