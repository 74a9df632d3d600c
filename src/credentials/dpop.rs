//! Keys with which a client proves that a token was issued to it (DPoP, RFC 9449).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderValue, Uri};
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, LineEnding};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::random;

/// A private key on the curve P-256.
pub(crate) struct DpopKey(SecretKey);

impl DpopKey {
    /// Makes a new key.
    pub(crate) fn new() -> Result<Self, random::Failed> {
        loop {
            let bytes = Zeroizing::new(random::secret::<32>()?);
            // one number in 2^32 is too large for the curve
            if let Ok(key) = SecretKey::from_slice(&*bytes) {
                return Ok(Self(key));
            }
        }
    }

    /// Parses a key in PEM, of PKCS #8 or SEC 1.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let secret = match SecretKey::from_pkcs8_pem(pem) {
            Ok(secret) => secret,
            Err(_) => SecretKey::from_sec1_pem(pem).ok()?,
        };
        Some(Self(secret))
    }

    /// Returns the key in PEM of SEC 1.
    pub(crate) fn to_pem(&self) -> Option<Zeroizing<String>> {
        self.0.to_sec1_pem(LineEnding::LF).ok()
    }

    /// Returns the JWT for a POST to this URL, as the value of a header.
    pub(crate) fn proof(&self, uri: &Uri, seconds: i64) -> Result<HeaderValue, String> {
        let key = SigningKey::from(&self.0);
        let point = key.verifying_key().to_sec1_point(false);
        let coordinate =
            |bytes: Option<&[u8]>| BASE64_URL_SAFE_NO_PAD.encode(bytes.unwrap_or_default());
        let jwk = json!({
            "kty": "EC",
            "x": coordinate(point.x().map(|x| &x[..])),
            "y": coordinate(point.y().map(|y| &y[..])),
            "crv": "P-256",
        });
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let payload =
            json!({"htm": "POST", "htu": uri.to_string(), "iat": seconds, "jti": random::uuid()});
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&payload));
        let signature: Signature = key.sign(signed.as_bytes());
        let jwt = format!(
            "{signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes())
        );
        let mut value = HeaderValue::try_from(jwt).map_err(|e| e.to_string())?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        let key = DpopKey::new().unwrap();
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN EC PRIVATE KEY-----\n"));
        assert!(DpopKey::from_pem(&pem).unwrap().0 == key.0);
        assert!(DpopKey::from_pem("x").is_none());
    }
}
