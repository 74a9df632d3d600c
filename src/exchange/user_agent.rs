//! The User-Agent of every request, in the form that the AWS SDKs agreed on:
//!
//! ```text
//! tucuxi/0.1.0 ua/2.1 os/linux md/arch#x86_64 lang/rust [exec-env/NAME] m/E,N,Z,b,e cfg/retry-mode#standard [app/NAME] [EXTRA]
//! ```
//! The ids after `m/` are those of the features that the call uses, sorted. A User-Agent that an interceptor sets is not changed.

use std::sync::LazyLock;

use http::HeaderMap;
use http::HeaderValue;
use http::header::CONTENT_ENCODING;

use super::{Call, Purpose, endpoint};
use crate::auth::Sign;
use crate::checksum::{self, ChecksumAlgorithm};
use crate::error::{Error, Result};
use crate::identity::{Credentials, Identity};
use crate::protocol;
use crate::settings::{
    AccountIdEndpointMode, EndpointDiscoveryMode, RequestChecksums, ResponseChecksums, RetryMode,
    Settings,
};

/// The maximum length of the list of features; a longer one is cut.
const MAX_FEATURES: usize = 1024;

/// The inputs of the User-Agent that are known only when the request is signed.
pub(super) struct UserAgentInputs<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) auth: &'a dyn Sign,
    pub(super) identity: Option<&'a Identity>,
    /// Whether the call was redirected to its bucket's region.
    pub(super) followed_bucket: bool,
}

pub(super) fn user_agent(call: &Call, inputs: &UserAgentInputs<'_>) -> Result<HeaderValue> {
    let last = &call.service.user_agent;
    last.get(&call.config, features(call, inputs), |features| {
        written(&call.config, features.to_vec())
    })
}

fn written(config: &Settings, features: Vec<&str>) -> Result<HeaderValue> {
    static START: LazyLock<String> = LazyLock::new(|| {
        let version = env!("CARGO_PKG_VERSION");
        let (os, arch) = (system(std::env::consts::OS), std::env::consts::ARCH);
        format!("tucuxi/{version} ua/2.1 {os} md/arch#{arch} lang/rust")
    });
    // space for what is usually added
    let mut text = String::with_capacity(START.len() + 128);
    text.push_str(&START);
    let mut add = |prefix: &str, value: &str| {
        text.push(' ');
        text.push_str(prefix);
        match value.chars().all(is_allowed) {
            true => text.push_str(value),
            false => text.extend(value.chars().map(|c| if is_allowed(c) { c } else { '-' })),
        }
    };
    if let Some(name) = config.environment().get("AWS_EXECUTION_ENV") {
        add("exec-env/", name);
    }
    add("m/", &joined(features));
    add("cfg/retry-mode#", config.retry_mode().as_str());
    if config.endpoint_discovery() == EndpointDiscoveryMode::Enabled {
        add("cfg/", "endpoint-discovery");
    }
    if let Some(name) = config.app_id() {
        add("app/", name);
    }
    if let Some(extra) = config.user_agent_extra() {
        text.push(' ');
        text.push_str(extra);
    }
    let fault = |_| Error::request("user_agent_extra has a character that HTTP does not allow");
    HeaderValue::from_str(&text).map_err(fault)
}

/// The name of the operating system, as the AWS SDKs have agreed on it.
fn system(name: &str) -> String {
    match name {
        "android" | "ios" | "linux" | "macos" | "tvos" | "watchos" | "windows" => {
            format!("os/{name}")
        }
        other => format!("os/other md/{other}"),
    }
}

fn is_allowed(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '!' | '#'..='\'' | '*'..='.' | '^'..='`' | '|' | '~')
}

fn joined(mut ids: Vec<&str>) -> String {
    ids.sort_unstable();
    ids.dedup();
    let mut text = String::new();
    for id in ids {
        if text.len() + 1 + id.len() > MAX_FEATURES {
            break;
        }
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(id);
    }
    text
}

/// The ids of the features that the call uses.
fn features(call: &Call, inputs: &UserAgentInputs<'_>) -> Vec<&'static str> {
    let config = &call.config;
    // few calls use more
    let mut ids = Vec::with_capacity(16);
    ids.extend([
        match config.retry_mode() {
            RetryMode::Adaptive => "F",
            RetryMode::Legacy => "D",
            RetryMode::Standard => "E",
        },
        match config.request_checksums() {
            RequestChecksums::WhenRequired => "a",
            RequestChecksums::WhenSupported => "Z",
        },
        match config.response_checksums() {
            ResponseChecksums::WhenRequired => "c",
            ResponseChecksums::WhenSupported => "b",
        },
    ]);
    ids.extend(match call.purpose {
        Purpose::Call => None,
        Purpose::Pages => Some("C"),
        Purpose::Transfer => Some("G"),
        Purpose::Wait => Some("B"),
    });
    ids.extend(checksum::algorithm_in(inputs.headers).map(checksum_id));
    let is_compressed = !call.operation.request_compression.is_empty()
        && inputs
            .headers
            .get(CONTENT_ENCODING)
            .is_some_and(|value| value.as_bytes().ends_with(b"gzip"));
    let signing_name = &call.service.model.metadata().signing_name;
    let is_of_variable = matches!(inputs.identity, Some(Identity::Token(_)))
        && config.has_token_variable(signing_name);
    let protocol_id = protocol::for_model(&call.service.model).feature_id();
    let flags = [
        (is_compressed, "L"),
        (protocol_id.is_some(), protocol_id.unwrap_or_default()),
        (
            endpoint::given_url(call).is_ok_and(|url| url.is_some()),
            "N",
        ),
        (inputs.auth.is_for_several_regions(), "S"),
        (inputs.followed_bucket, "Ah"),
        (is_of_variable, "3"),
    ];
    ids.extend(flags.iter().filter(|(is, _)| *is).map(|(_, id)| id));
    let credentials = match inputs.identity {
        Some(Identity::Credentials(credentials)) => Some(credentials),
        _ => None,
    };
    if call.service.reads_account_id().unwrap_or(false) {
        ids.push(match config.account_id_endpoint_mode() {
            AccountIdEndpointMode::Disabled => "Q",
            AccountIdEndpointMode::Preferred => "P",
            AccountIdEndpointMode::Required => "R",
        });
        ids.extend(credentials.and_then(Credentials::account_id).map(|_| "T"));
    }
    ids.extend(
        credentials
            .into_iter()
            .flat_map(Credentials::sources)
            .map(|source| source.feature_id()),
    );
    ids
}

fn checksum_id(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "U",
        ChecksumAlgorithm::Crc32c => "V",
        ChecksumAlgorithm::Crc64Nvme => "W",
        ChecksumAlgorithm::Md5 => "AE",
        ChecksumAlgorithm::Sha1 => "X",
        ChecksumAlgorithm::Sha256 => "Y",
        ChecksumAlgorithm::Sha512 => "AF",
        ChecksumAlgorithm::Xxhash128 => "AI",
        ChecksumAlgorithm::Xxhash3 => "AG",
        ChecksumAlgorithm::Xxhash64 => "AH",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_system_is_other() {
        assert_eq!(system("linux"), "os/linux");
        assert_eq!(system("plan9"), "os/other md/plan9");
    }

    #[test]
    fn features_are_sorted_and_cut_at_a_comma() {
        assert_eq!(joined(vec!["b", "AC", "b", "E"]), "AC,E,b");
        let many: Vec<String> = (100..999).map(|n| n.to_string()).collect();
        let text = joined(many.iter().map(|id| &**id).collect());
        assert_eq!(text.len(), 1023);
        assert!(text.ends_with(",355"), "{text}");
    }
}
