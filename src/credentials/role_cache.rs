//! The cache of assumed roles in `~/.aws/cli/cache`, which `aws` shares. So several processes that use a role assume it only
//! once, and the user enters an MFA code only once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::cache_file::{CacheFile, sha1_hex};
use super::document::{self, lasts};
use super::{CredentialsError, ProviderContext};
use crate::codec::python_json::{self, Spacing};
use crate::time::Timestamp;

const FOLDER: &str = "~/.aws/cli/cache";
/// Credentials that expire sooner are not reused.
const MARGIN: Duration = Duration::from_secs(15 * 60);

/// Returns the response in the file of this key, or fetches one and saves it there. If the file cannot be read or
/// written, the role is assumed each time.
pub(super) fn cached(
    cx: &ProviderContext<'_>,
    provider: &'static str,
    key: &str,
    fetch: impl FnOnce() -> Result<Value, CredentialsError>,
) -> Result<Value, CredentialsError> {
    let file = match cx.config.caches_roles() {
        true => CacheFile::new(cx.config.environment(), FOLDER, &sha1_hex(key)),
        false => None,
    };
    let Some(file) = file else {
        return fetch();
    };
    match file.read(provider) {
        Ok(Some(document)) if is_usable(cx, &document) => return Ok(document),
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "a cached role is not used"),
    }
    let document = fetch()?;
    if let Err(error) = file.write(&document) {
        tracing::debug!(file = file.place(), %error, "the role is not cached");
    }
    Ok(document)
}

fn is_usable(cx: &ProviderContext<'_>, cached: &Value) -> bool {
    let end = cached["Credentials"]["Expiration"].as_str();
    let end = end.and_then(|end| Timestamp::parse(end).ok()?.system_time());
    let is_whole = || document::credentials("", &cached["Credentials"], "SessionToken").is_ok();
    end.is_some_and(|end| lasts(end, cx.now, MARGIN)) && is_whole()
}

/// Returns the text that `aws` hashes: the sorted members of a flat object.
pub(super) fn key_text(object: &Value, spacing: Spacing) -> String {
    let members: BTreeMap<_, _> = object.as_object().into_iter().flatten().collect();
    let sorted = members
        .into_iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    python_json::to_string(&Value::Object(sorted.collect()), spacing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::credentials::tests::{Calls, context};
    use crate::transport::Replay;
    use serde_json::json;

    fn role(end: &str) -> Value {
        json!({"Credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": end}})
    }

    #[test]
    fn keys_are_sorted() {
        let key = json!({"RoleArn": "r", "DurationSeconds": 900});
        let expected = r#"{"DurationSeconds": 900, "RoleArn": "r"}"#;
        assert_eq!(key_text(&key, Spacing::Usual), expected);
    }

    #[test]
    fn a_role_is_fetched_once_into_a_private_file() {
        let home = tempfile::tempdir().unwrap();
        let config = Config::builder()
            .environment([("HOME", home.path().to_str().unwrap())])
            .build()
            .unwrap();
        let (transport, calls) = (Replay::new(), Calls::default());
        let cx = context(&config, &transport, &calls);
        let none = || panic!("it is in the file");
        let long = cached(&cx, "p", "k", || Ok(role("2030-01-01T00:00:00Z"))).unwrap();
        assert_eq!(cached(&cx, "p", "k", none).unwrap(), long);
        // these expire in ten minutes
        let short = role("2023-11-14T22:23:20+00:00");
        cached(&cx, "p", "short", || Ok(short.clone())).unwrap();
        assert_eq!(
            cached(&cx, "p", "short", || Ok(long.clone())).unwrap(),
            long
        );

        let file = home
            .path()
            .join(".aws/cli/cache")
            .join(sha1_hex("k") + ".json");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &std::fs::metadata(&file).unwrap().permissions(),
            );
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&file, b"{half").unwrap();
        assert_eq!(cached(&cx, "p", "k", || Ok(short.clone())).unwrap(), short);
    }
}
