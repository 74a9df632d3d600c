//! Credentials of a role that others may assume: the profile names the role, and who assumes it.

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

/// Assumes the profile's `role_arn` with the credentials of its `source_profile`, which may be of a role in turn, or of its
/// `credential_source`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct AssumeRoleProvider;

const NAME: &str = "assume-role";
/// The longest way from a profile over its source profiles to keys. Each role of it costs a call.
const MAX_ROLES: usize = 50;

impl AssumeRoleProvider {
    /// The provider.
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

/// Assumes the role of the context's profile. `visited`: the profiles on the way to it.
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
            "more than {MAX_ROLES} roles are assumed one with the other, from profile {first:?} up to {last:?}"
        );
        return Err(fault(NAME, what));
    }
    let of = |what: String| fault(NAME, format!("profile {profile:?}: {what}"));
    let source = match (text(cx, "source_profile"), text(cx, "credential_source")) {
        (Some(source), None) => {
            from_profile(cx, source, visited)?.with_sources(&[CredentialsSource::SourceProfile])
        }
        (None, Some(source)) => {
            from_place(cx, source)?.with_sources(&[CredentialsSource::CredentialSource])
        }
        (Some(_), Some(_)) => {
            return Err(of(
                "it has source_profile and credential_source, and one of them is enough".into(),
            ));
        }
        (None, None) => {
            return Err(of("it has role_arn, and neither source_profile nor credential_source says who assumes it".into()));
        }
    };
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
    let serial = text(cx, "mfa_serial");
    if let Some(serial) = serial {
        params["SerialNumber"] = serial.into();
    }
    let answer = as_role(cx, NAME, params, |mut params| {
        if let Some(serial) = serial {
            let code = cx.config.mfa_code(serial, || cx.check().is_ok());
            params["TokenCode"] = code
                .map_err(|e| of(format!("no code of {serial}: {e}")))?
                .into();
        }
        cx.check()?;
        let call = cx.call("sts", "AssumeRole", params);
        let response = call.credentials(&source).send();
        response.map_err(|e| of(e.to_string()))
    })?;
    let credentials = assumed(NAME, &answer)?;
    Ok(credentials
        .with_sources(source.sources())
        .with_sources(&[CredentialsSource::AssumeRole]))
}

/// The answer for a role that is assumed with these parameters, from the cache or from `call`, which is given a name of
/// the session too. A name that is made up does not count for the cache.
pub(super) fn as_role(
    cx: &ProviderContext<'_>,
    provider: &'static str,
    mut params: Value,
    call: impl FnOnce(Value) -> Result<Value, CredentialsError>,
) -> Result<Value, CredentialsError> {
    let key = key_text(&params, Spacing::Usual);
    cached(cx, provider, &key, || {
        if params["RoleSessionName"].is_null() {
            params["RoleSessionName"] = made_up_name(cx).into();
        }
        call(params)
    })
}

/// The credentials of another profile, which may assume a role too.
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
    // only a profile that is its own source may come twice, and its keys end the chain
    let is_own = has_keys && *name == *cx.config.profile().value;
    if !is_own && visited.iter().any(|visited| visited == name) {
        let way = [&visited[..], &[name.to_owned()]].concat().join(" → ");
        return Err(fault(
            NAME,
            format!("the source profiles go round in a circle: {way}"),
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

fn from_place(cx: &ProviderContext<'_>, place: &str) -> Result<Credentials, CredentialsError> {
    let provider: &dyn CredentialsProvider = match place {
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
            format!("credential_source is {place}, where there are none: {why}"),
        ),
        other => other,
    })
}

pub(super) fn text<'a>(cx: &ProviderContext<'a>, key: &str) -> Option<&'a str> {
    let (text, _) = cx.config.profile_text(key)?;
    Some(text).filter(|text| !text.is_empty())
}

/// A name of a session that tells when it was made.
fn made_up_name(cx: &ProviderContext<'_>) -> String {
    let seconds = cx
        .now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    format!("tucuxi-session-{seconds}")
}

/// What STS gives. The account stands in the ARN of who was made.
pub(super) fn assumed(
    provider: &'static str,
    answer: &Value,
) -> Result<Credentials, CredentialsError> {
    let credentials = document::credentials(provider, &answer["Credentials"], "SessionToken")?;
    let arn = answer["AssumedRoleUser"]["Arn"]
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
    use crate::credentials::tests::{Calls, ask};
    use crate::transport::Replay;

    fn asked(profiles: &str, calls: &Calls) -> Result<Option<Credentials>, CredentialsError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, profiles).unwrap();
        let variables = [
            ("AWS_CONFIG_FILE", file.to_str().unwrap()),
            ("AWS_ACCESS_KEY_ID", "AKIDENV"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ];
        ask(
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
        let found = asked(&format!("{role}{KEYS}"), &calls).unwrap().unwrap();
        assert_eq!(
            (found.access_key_id(), found.account_id()),
            ("ASIA1", Some("123456789012"))
        );
        let expected = r#"sts.AssumeRole by AKIDKEYS {"RoleArn":"r","ExternalId":"x","DurationSeconds":900,"RoleSessionName":"tucuxi-session-1700000000"}"#;
        assert_eq!(calls.made(), [expected]);
        assert!(asked("[default]\n", &calls).unwrap().is_none());
    }

    #[test]
    fn sources_may_be_roles_too() {
        let calls = Calls::default();
        let profiles = "[default]\nrole_arn = r1\nrole_session_name = n\nsource_profile = middle\n\
                        [profile middle]\nrole_arn = r2\nrole_session_name = n\ncredential_source = Environment\n";
        asked(profiles, &calls).unwrap().unwrap();
        let role = |by: &str, arn: &str| {
            format!(r#"sts.AssumeRole by {by} {{"RoleArn":"{arn}","RoleSessionName":"n"}}"#)
        };
        assert_eq!(calls.made(), [role("AKIDENV", "r2"), role("ASIA1", "r1")]);
    }

    #[test]
    fn a_profile_may_be_its_own_source_if_it_has_keys() {
        let calls = Calls::default();
        let role = "[default]\nrole_arn = r\nsource_profile = default\n";
        let error = asked(role, &calls).unwrap_err().to_string();
        assert!(error.contains("default → default"), "{error}");
        asked(
            &format!("{role}aws_access_key_id = AKIDOWN\naws_secret_access_key = s\n"),
            &calls,
        )
        .unwrap();
        assert!(calls.made()[0].contains("by AKIDOWN"));
    }

    #[test]
    fn faults_name_the_profile_and_what_to_do() {
        let cases = [
            (
                "[default]\nrole_arn = r\n",
                "neither source_profile nor credential_source",
            ),
            (
                "[default]\nrole_arn = r\nsource_profile = a\ncredential_source = Environment\n",
                "one of them is enough",
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
            let error = asked(profiles, &Calls::default()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
