//! Credentials that a program prints.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::document::{self, absent, fault};
use super::{Credentials, CredentialsError, CredentialsProvider, Origin, ProviderContext};

/// Runs the profile's `credential_process`, without a shell, and reads what it prints.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ProcessProvider;

const NAME: &str = "custom-process";

impl ProcessProvider {
    /// The provider.
    pub fn new() -> Self {
        Self
    }
}

impl CredentialsProvider for ProcessProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let Some((command, _)) = cx.config.profile_text("credential_process") else {
            return Err(absent("the profile has no credential_process"));
        };
        let words = shlex::split(command).filter(|words| !words.is_empty());
        let words =
            words.ok_or_else(|| fault(NAME, "credential_process has a quote that does not end"))?;
        let (program, arguments) = (&words[0], &words[1..]);
        let mut process = Command::new(program);
        process.args(arguments).stdin(Stdio::null());
        let failed = |e| fault(NAME, format!("{program} cannot be run: {e}"));
        let output = process.output().map_err(failed)?;
        if !output.status.success() {
            // what went to stdout may be half of a secret
            let said = match String::from_utf8_lossy(&output.stderr).trim() {
                "" => "it says nothing on stderr".to_owned(),
                said => said.to_owned(),
            };
            let status = output.status;
            return Err(fault(
                NAME,
                format!("{program} ended with {status}: {said}"),
            ));
        }
        let document: Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| fault(NAME, format!("{program} printed something that is no JSON")))?;
        if document["Version"] != 1 {
            let what = format!(
                "{program} printed Version {}, and 1 is the one that is known",
                document["Version"]
            );
            return Err(fault(NAME, what));
        }
        let credentials = document::credentials(NAME, &document, "SessionToken")?
            .found_by(&[Origin::ProfileProcess, Origin::Process]);
        let account = cx
            .config
            .profile_text("aws_account_id")
            .map(|(account, _)| account);
        Ok(match (credentials.account_id(), account) {
            (None, Some(account)) => credentials.with_account_id(account),
            _ => credentials,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::tests::{Calls, ask};
    use crate::transport::Replay;

    fn printed(script: &str) -> Result<Option<Credentials>, CredentialsError> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(at("script"), script).unwrap();
        let command = format!("credential_process = sh '{}'", at("script"));
        let profile = format!("[default]\naws_account_id = 123456789012\n{command}\n");
        std::fs::write(at("config"), profile).unwrap();
        let variables = [("AWS_CONFIG_FILE", &*at("config"))];
        let calls = Calls::default();
        ask(&ProcessProvider::new(), &variables, &Replay::new(), &calls)
    }

    #[test]
    fn what_is_printed_is_read() {
        let document = r#"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s", "SessionToken": "t",
            "Expiration": "2030-01-01T00:00:00Z"}"#;
        let found = printed(&format!("echo '{document}'")).unwrap().unwrap();
        assert_eq!(
            (found.access_key_id(), found.session_token()),
            ("AKID", Some("t"))
        );
        assert_eq!(found.account_id(), Some("123456789012"));
        assert!(found.expires().is_some());
    }

    #[test]
    fn faults_say_what_happened_and_no_secret() {
        let cases = [
            (
                "echo hidden; echo sorry >&2; exit 3",
                "ended with exit status: 3: sorry",
            ),
            ("echo hidden; exit 3", "exit status: 3: it says nothing"),
            ("echo hidden", "no JSON"),
            (r#"echo '{"Version": 2}'"#, "Version 2"),
            (
                r#"echo '{"Version": 1, "SecretAccessKey": "hidden"}'"#,
                "no AccessKeyId",
            ),
        ];
        for (script, expected) in cases {
            let error = printed(script).unwrap_err().to_string();
            assert!(
                error.contains(expected) && !error.contains("hidden"),
                "{error}"
            );
        }
    }
}
