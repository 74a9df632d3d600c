//! Private keys in PEM, and their signatures.

use p256::ecdsa::{DerSignature, SigningKey as EcKey};
use p256::pkcs8::DecodePrivateKey as _;
use rsa::PrivateKey as RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs1v15::SigningKey as RsaKey;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use sha1::Sha1;
use sha2::Sha256;

use super::HashAlgorithm;
use crate::error::{Error, ErrorKind, Result};

/// A private key with the hash that it signs.
pub(super) enum Key {
    Ec(EcKey),
    Rsa(Box<RsaPrivateKey>, HashAlgorithm),
}

impl Key {
    pub(super) fn from_pem(pem: &str) -> Result<Self> {
        let is_encrypted =
            pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED");
        if is_encrypted {
            let text = "the private key is encrypted: decrypt it first, as with openssl pkey";
            return Err(Error::new(ErrorKind::Config, text));
        }
        let rsa = |key| Self::Rsa(Box::new(key), HashAlgorithm::Sha1);
        let ec = |key: p256::SecretKey| Self::Ec(key.into());
        let found = if let Some(pem) = block(pem, "RSA PRIVATE KEY") {
            RsaPrivateKey::from_pkcs1_pem(&pem).ok().map(rsa)
        } else if let Some(pem) = block(pem, "EC PRIVATE KEY") {
            p256::SecretKey::from_sec1_pem(&pem).ok().map(ec)
        } else if let Some(pem) = block(pem, "PRIVATE KEY") {
            let found = RsaPrivateKey::from_pkcs8_pem(&pem).ok().map(rsa);
            found.or_else(|| p256::SecretKey::from_pkcs8_pem(&pem).ok().map(ec))
        } else {
            None
        };
        found.ok_or_else(|| {
            let text = "the private key must be an RSA key or one on the curve P-256, in PEM";
            Error::new(ErrorKind::Config, text)
        })
    }

    pub(super) fn hash(&self) -> HashAlgorithm {
        match self {
            Self::Ec(_) => HashAlgorithm::Sha256,
            Self::Rsa(_, hash) => *hash,
        }
    }

    pub(super) fn with_hash(self, hash: HashAlgorithm) -> Result<Self> {
        match (self, hash) {
            (Self::Ec(_), HashAlgorithm::Sha1) => {
                let text = "keys on an elliptic curve sign SHA-256 only";
                Err(Error::new(ErrorKind::Params, text))
            }
            (Self::Rsa(key, _), hash) => Ok(Self::Rsa(key, hash)),
            (key, HashAlgorithm::Sha256) => Ok(key),
        }
    }

    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>> {
        let failed = |error: rsa::signature::Error| {
            let text = format!("the private key cannot sign: {error}");
            Error::new(ErrorKind::Config, text)
        };
        Ok(match self {
            Self::Ec(key) => {
                let signature: DerSignature = key.try_sign(text).map_err(failed)?;
                signature.as_bytes().to_vec()
            }
            Self::Rsa(key, HashAlgorithm::Sha1) => {
                let key = RsaKey::<Sha1>::new((**key).clone());
                key.try_sign(text).map_err(failed)?.to_vec()
            }
            Self::Rsa(key, HashAlgorithm::Sha256) => {
                let key = RsaKey::<Sha256>::new((**key).clone());
                key.try_sign(text).map_err(failed)?.to_vec()
            }
        })
    }
}

/// The block of a PEM text with a label. Others, such as the parameters of a curve, may be beside it.
fn block(pem: &str, label: &str) -> Option<String> {
    let end = format!("-----END {label}-----");
    let start = pem.find(&format!("-----BEGIN {label}-----"))?;
    let length = pem[start..].find(&end)? + end.len();
    Some(format!("{}\n", &pem[start..start + length]))
}
