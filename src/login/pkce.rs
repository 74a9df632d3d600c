//! The secret of a login that uses an authorization code (RFC 7636).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::{random, uri};

/// A secret, and what of it may be shown.
pub(super) struct Pkce {
    pub(super) verifier: String,
    pub(super) challenge: String,
    /// Which login an answer belongs to.
    pub(super) state: String,
}

impl Pkce {
    pub(super) fn new() -> Result<Self> {
        // 64 characters, of which the specification wants 43 to 128
        let verifier = BASE64_URL_SAFE_NO_PAD.encode(
            random::secret::<48>()
                .map_err(|error| Error::new(ErrorKind::Credentials, error.to_string()))?,
        );
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        Ok(Self {
            verifier,
            challenge,
            state: random::uuid(),
        })
    }
}

/// Returns a URL with a query.
pub(super) fn url(base: &str, path: &str, query: &[(&str, &str)]) -> String {
    let query = query
        .iter()
        .map(|(name, value)| format!("{name}={}", uri::encode(value, b"")));
    let query: Vec<String> = query.collect();
    format!("{base}{path}?{}", query.join("&"))
}

/// Returns the scheme and the host of a URL.
pub(super) fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']);
    end.map_or(url, |end| &url[..start + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_encoded() {
        let query = [("a", "http://x/y z"), ("b", "1")];
        assert_eq!(
            url("https://h", "/p", &query),
            "https://h/p?a=http%3A%2F%2Fx%2Fy%20z&b=1"
        );
        for (url, expected) in [
            ("https://h.x/y?z", "https://h.x"),
            ("http://h:1", "http://h:1"),
            ("https://h?x", "https://h"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }

    #[test]
    fn the_challenge_is_that_of_the_verifier() {
        let pkce = Pkce::new().unwrap();
        assert_eq!(pkce.verifier.len(), 64);
        let digest = Sha256::digest(pkce.verifier.as_bytes());
        assert_eq!(pkce.challenge, BASE64_URL_SAFE_NO_PAD.encode(digest));
        assert_ne!(pkce.verifier, Pkce::new().unwrap().verifier);
    }
}
