//! Signed URLs and cookies of CloudFront, for content that not everyone may have.
//!
//! | policy | what it limits | in a URL |
//! | --- | --- | --- |
//! | canned | when access ends, for exactly this URL | `Expires`, `Signature`, `Key-Pair-Id` |
//! | custom | also when it begins, from which addresses, and for which URLs | `Policy`, `Signature`, `Key-Pair-Id` |
//!
//! Nothing is sent: the key is the private part of a public key in one of the distribution's key groups.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use tucuxi::cloudfront::{Policy, Signer};
//! # let pem = include_str!("test_ec.pem");
//!
//! // let pem = std::fs::read_to_string("private-key.pem")?;
//! let signer = Signer::from_pem("K2JCJMDEHXQW5F", pem)?;
//! let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
//! let link = signer.url("https://d111111abcdef8.cloudfront.net/film.mp4", &Policy::new(tomorrow))?;
//! # assert!(link.contains("film.mp4?Expires=") && link.contains("&Key-Pair-Id=K2JCJMDEHXQW5F"));
//!
//! let films = Policy::new(tomorrow).ip_range("192.0.2.0/24");
//! for (name, value) in signer.cookies("https://d111111abcdef8.cloudfront.net/films/*", &films)? {
//!     println!("Set-Cookie: {name}={value}; Domain=d111111abcdef8.cloudfront.net; Secure; HttpOnly");
//! }
//! # Ok::<(), tucuxi::Error>(())
//! ```

mod key;
mod policy;

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use self::key::Key;
pub use self::policy::Policy;
use crate::error::Result;

/// The hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// The default of RSA keys. Keys on an elliptic curve do not support it.
    Sha1,
    /// The default of keys on an elliptic curve.
    Sha256,
}

/// Signs URLs and cookies with a private key. `Debug` does not show the key.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tucuxi::cloudfront::{Policy, Signer};
/// # let pem = include_str!("test_ec.pem");
///
/// let signer = Signer::from_pem("K2JCJMDEHXQW5F", pem)?;
/// let policy = Policy::new(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000));
/// let link = signer.url("https://example.com/a.png?size=1", &policy)?;
/// assert!(link.starts_with("https://example.com/a.png?size=1&Expires=4000000000&Signature="));
/// # Ok::<(), tucuxi::Error>(())
/// ```
pub struct Signer {
    key_pair_id: String,
    key: Key,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("key_pair_id", &self.key_pair_id)
            .field("hash", &self.key.hash())
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// Makes a signer with the id of a public key and the text of its private key, which is an RSA key or one on the curve P-256, in
    /// PEM (PKCS#1, PKCS#8 or SEC1), without a passphrase.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is no such key.
    pub fn from_pem(key_pair_id: impl Into<String>, pem: &str) -> Result<Self> {
        let (key_pair_id, key) = (key_pair_id.into(), Key::from_pem(pem)?);
        Ok(Self { key_pair_id, key })
    }

    /// Signs hashes of this algorithm instead of the key's default.
    ///
    /// # Errors
    ///
    /// Returns an error if CloudFront does not support it for keys of this kind.
    pub fn hash_algorithm(mut self, hash: HashAlgorithm) -> Result<Self> {
        self.key = self.key.with_hash(hash)?;
        Ok(self)
    }

    /// Returns a URL that gives access as the policy says. The policy is canned if it limits the end only.
    ///
    /// # Errors
    ///
    /// Returns an error if the policy is invalid, or its resource does not match the URL.
    pub fn url(&self, url: &str, policy: &Policy) -> Result<String> {
        let grant = self.grant(url, policy)?;
        let separator = if url.contains('?') { '&' } else { '?' };
        let params = grant.iter().map(|(name, value)| format!("{name}={value}"));
        let params: Vec<String> = params.collect();
        Ok(format!("{url}{separator}{}", params.join("&")))
    }

    /// Returns the names and values of cookies that give access to a resource: a URL, in which `*` stands for any text and `?` for
    /// one character. Domain, path and other attributes are the program's.
    ///
    /// # Errors
    ///
    /// Returns an error if the policy is invalid.
    pub fn cookies(&self, resource: &str, policy: &Policy) -> Result<Vec<(String, String)>> {
        let policy = match resource.contains(['*', '?']) && policy.resource.is_none() {
            true => policy.clone().resource(resource),
            false => policy.clone(),
        };
        let grant = self.grant(resource, &policy)?.into_iter();
        Ok(grant
            .map(|(name, value)| (format!("CloudFront-{name}"), value))
            .collect())
    }

    /// What a request must bring.
    fn grant(&self, url: &str, policy: &Policy) -> Result<Vec<(&'static str, String)>> {
        let text = policy.text(url)?;
        let mut grant = match policy.is_canned(url) {
            true => vec![("Expires", policy.expires_at().to_string())],
            false => vec![("Policy", encode(text.as_bytes()))],
        };
        grant.push(("Signature", encode(&self.key.sign(text.as_bytes())?)));
        grant.push(("Key-Pair-Id", self.key_pair_id.clone()));
        if self.key.hash() == HashAlgorithm::Sha256 {
            grant.push(("Hash-Algorithm", "SHA256".to_owned()));
        }
        Ok(grant)
    }
}

/// Base64 with the characters that CloudFront accepts in URLs and cookies.
fn encode(bytes: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(bytes);
    text.replace('+', "-").replace('=', "_").replace('/', "~")
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const RSA: &str = include_str!("test_rsa.pem");
    const EC: &str = include_str!("test_ec.pem");
    const URL: &str = "https://d1.cloudfront.net/a.png";

    fn at(seconds: u64) -> Policy {
        Policy::new(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn decode(text: &str) -> Vec<u8> {
        let text = text.replace('-', "+").replace('_', "=").replace('~', "/");
        BASE64_STANDARD.decode(text).unwrap()
    }

    fn part<'u>(url: &'u str, name: &str) -> Option<&'u str> {
        let (_, query) = url.split_once('?')?;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }

    /// Checks a signature with OpenSSL, if that is installed.
    fn is_openssl_content(pem: &str, hash: &str, text: &str, signature: &[u8]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        std::fs::write(file("key"), pem).unwrap();
        std::fs::write(file("sig"), signature).unwrap();
        std::fs::write(file("text"), text).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args([
            "dgst",
            hash,
            "-prverify",
            &file("key"),
            "-signature",
            &file("sig"),
            &file("text"),
        ]);
        match openssl.stdout(Stdio::null()).status() {
            Ok(status) => status.success(),
            Err(_) => true,
        }
    }

    #[test]
    fn signatures_are_valid() {
        let canned = format!(
            r#"{{"Statement":[{{"Resource":"{URL}","Condition":{{"DateLessThan":{{"AWS:EpochTime":1767290400}}}}}}]}}"#
        );
        let cases = [
            (RSA, None, "-sha1", None),
            (RSA, Some(HashAlgorithm::Sha256), "-sha256", Some("SHA256")),
            (EC, None, "-sha256", Some("SHA256")),
        ];
        for (pem, algorithm, hash, expected) in cases {
            let mut signer = Signer::from_pem("K1", pem).unwrap();
            if let Some(algorithm) = algorithm {
                signer = signer.hash_algorithm(algorithm).unwrap();
            }
            let url = signer.url(URL, &at(1_767_290_400)).unwrap();
            assert_eq!(part(&url, "Expires"), Some("1767290400"));
            assert_eq!(part(&url, "Key-Pair-Id"), Some("K1"));
            assert_eq!(part(&url, "Hash-Algorithm"), expected);
            let signature = decode(part(&url, "Signature").unwrap());
            assert!(is_openssl_content(pem, hash, &canned, &signature), "{hash}");
            let custom = signer.url(URL, &at(2).starts(UNIX_EPOCH)).unwrap();
            let policy = String::from_utf8(decode(part(&custom, "Policy").unwrap())).unwrap();
            assert!(policy.contains(r#""DateGreaterThan":{"AWS:EpochTime":0}"#));
            let signature = decode(part(&custom, "Signature").unwrap());
            assert!(is_openssl_content(pem, hash, &policy, &signature), "{hash}");
        }
    }

    #[test]
    fn a_wildcard_makes_the_policy_of_cookies_custom() {
        let signer = Signer::from_pem("K1", EC).unwrap();
        let names = |resource: &str| -> Vec<String> {
            let cookies = signer.cookies(resource, &at(5)).unwrap();
            cookies.into_iter().map(|(name, _)| name).collect()
        };
        let end = [
            "CloudFront-Signature",
            "CloudFront-Key-Pair-Id",
            "CloudFront-Hash-Algorithm",
        ];
        assert_eq!(
            names("https://a/*"),
            [&["CloudFront-Policy"][..], &end[..]].concat()
        );
        assert_eq!(
            names("https://a/b"),
            [&["CloudFront-Expires"][..], &end[..]].concat()
        );
    }

    #[test]
    fn other_keys_and_hashes_are_errors() {
        let p384 = "-----BEGIN EC PRIVATE KEY-----\nMIGk\n-----END EC PRIVATE KEY-----\n";
        let encrypted =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGk\n-----END ENCRYPTED PRIVATE KEY-----\n";
        for (pem, expected) in [
            ("", "the private key must be"),
            ("secret", "the private key must be"),
            (p384, "the private key must be"),
            (encrypted, "the private key is encrypted"),
        ] {
            let error = Signer::from_pem("K1", pem).unwrap_err().to_string();
            assert!(
                error.contains(expected) && !error.contains("secret"),
                "{error}"
            );
        }
        let signer = Signer::from_pem("K1", EC).unwrap();
        assert!(!format!("{signer:?}").contains("key:"));
        assert!(signer.hash_algorithm(HashAlgorithm::Sha1).is_err());
    }

    #[test]
    fn keys_are_read_in_all_forms() {
        // what `openssl ecparam` writes before the key is passed over
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        for pem in [
            RSA,
            include_str!("test_rsa_pkcs1.pem"),
            EC,
            include_str!("test_ec_sec1.pem"),
            &format!("{parameters}{}", include_str!("test_ec_sec1.pem")),
        ] {
            let signer = Signer::from_pem("K1", pem).unwrap();
            assert!(signer.url(URL, &at(5)).is_ok());
        }
    }
}
