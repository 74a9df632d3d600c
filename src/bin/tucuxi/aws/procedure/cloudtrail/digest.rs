//! A digest file: what it says, and whether CloudTrail has signed it.

use std::collections::HashMap;
use std::io::{BufReader, Read};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use rsa::PublicKey;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tucuxi::Client;
use tucuxi::internals::command::hex;

use super::super::moment;
use super::log::{Log, is_of_call};
use super::names::is_backfill;
use crate::failure::Failure;

/// The largest content of a digest file. It names the log files of an hour.
const LARGEST: u64 = 64 << 20;

/// Public keys in PKCS #1 and base64, by their fingerprints.
pub(super) type PublicKeys = HashMap<String, String>;

/// A digest that CloudTrail has signed.
pub(super) struct Digest {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    /// Bucket and key of the previous one.
    pub(super) previous: Option<(String, String)>,
    pub(super) logs: Vec<Log>,
}

/// Why there is no digest.
pub(super) enum Fault {
    /// A failure that says nothing about the digest.
    Call(Failure),
    Invalid(String),
}

impl Fault {
    fn format() -> Self {
        Self::Invalid("invalid format".to_owned())
    }

    fn signature() -> Self {
        Self::Invalid("signature verification failed".to_owned())
    }
}

/// A digest file whose signature has not been verified.
pub(super) struct Fetched {
    content: Vec<u8>,
    value: Value,
    signature: String,
    /// The time at which a digest was written for log files of the past.
    pub(super) backfilled: Option<Timestamp>,
}

impl Fetched {
    /// Downloads a digest file.
    ///
    /// # Errors
    ///
    /// Returns an error if it is missing or no digest file.
    pub(super) fn get(client: &Client, bucket: &str, key: &str) -> Result<Self, Fault> {
        let params = json!({"Bucket": bucket, "Key": key});
        let response = client.request("s3", "GetObject").params(params).send();
        let mut response = response.map_err(|error| match error.root().code() {
            Some("NoSuchKey") => Fault::Invalid("not found".to_owned()),
            _ => Fault::Call(error.into()),
        })?;
        let result = response
            .to_value()
            .map_err(|error| Fault::Call(error.into()))?;
        let body = response.body.take().ok_or_else(Fault::format)?;
        let content = content(BufReader::new(body), LARGEST)?;
        let value: Value = serde_json::from_slice(&content).map_err(|_| Fault::format())?;
        let metadata = &result["Metadata"];
        let Some(signature) = metadata["signature"]
            .as_str()
            .filter(|_| metadata["signature-algorithm"].is_string())
        else {
            return Err(Fault::signature());
        };
        let time = metadata["backfill-generation-timestamp"].as_str();
        let backfilled = time.and_then(|time| moment::parse(time).ok());
        if is_backfill(key) && backfilled.is_none() {
            return Err(Fault::format());
        }
        Ok(Self {
            signature: signature.to_owned(),
            backfilled,
            content,
            value,
        })
    }

    pub(super) fn fingerprint(&self) -> &str {
        self.text("digestPublicKeyFingerprint").unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value[name].as_str()
    }

    /// Checks that a digest has the members that it needs, and is at its place.
    ///
    /// # Errors
    ///
    /// Returns an error if not.
    pub(super) fn check(&self, bucket: &str, key: &str) -> Result<(), Fault> {
        let required = [
            "digestPublicKeyFingerprint",
            "digestS3Bucket",
            "digestS3Object",
            "digestEndTime",
            "digestStartTime",
        ];
        let has_all = required.iter().all(|name| self.text(name).is_some());
        if !has_all || self.value.get("previousDigestSignature").is_none() {
            return Err(Fault::format());
        }
        let place = (self.text("digestS3Bucket"), self.text("digestS3Object"));
        if place != (Some(bucket), Some(key)) {
            let text = "has been moved from its original location";
            return Err(Fault::Invalid(text.to_owned()));
        }
        Ok(())
    }

    /// Verifies the signature.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not that of the public key.
    pub(super) fn verify(self, keys: &PublicKeys, home_region: &str) -> Result<Digest, Fault> {
        let fingerprint = self.fingerprint();
        let Some(key) = keys.get(fingerprint) else {
            return Err(Fault::Invalid(format!(
                "public key not found in region {home_region} for fingerprint {fingerprint}"
            )));
        };
        let der = BASE64_STANDARD.decode(key).unwrap_or_default();
        let key = PublicKey::from_pkcs1_der(&der).map_err(|_| {
            Fault::Invalid(format!(
                "Unable to load PKCS #1 key with fingerprint {fingerprint}"
            ))
        })?;
        let signature = unhex(&self.signature).ok_or_else(Fault::signature)?;
        let signature = Signature::try_from(&*signature).map_err(|_| Fault::signature())?;
        let verified =
            VerifyingKey::<Sha256>::new(key).verify(self.signed().as_bytes(), &signature);
        verified.map_err(|_| Fault::signature())?;
        self.read()
    }

    /// The text that is signed.
    fn signed(&self) -> String {
        let text = |name: &str| self.text(name).unwrap_or_default();
        format!(
            "{}\n{}/{}\n{}\n{}",
            text("digestEndTime"),
            text("digestS3Bucket"),
            text("digestS3Object"),
            hex(&Sha256::digest(&self.content)),
            self.text("previousDigestSignature").unwrap_or("null"),
        )
    }

    fn read(&self) -> Result<Digest, Fault> {
        let text = |name: &str| self.text(name).unwrap_or_default().to_owned();
        let time = |name: &str| moment::parse(&text(name)).map_err(|_| Fault::format());
        let previous = self.text("previousDigestS3Bucket").map(str::to_owned);
        let logs = self.value["logFiles"].as_array().into_iter().flatten();
        Ok(Digest {
            bucket: text("digestS3Bucket"),
            key: text("digestS3Object"),
            start: time("digestStartTime")?,
            end: time("digestEndTime")?,
            previous: previous.zip(self.text("previousDigestS3Object").map(str::to_owned)),
            logs: logs.map(Log::of).collect(),
        })
    }
}

/// The content of a compressed file, which may be no longer than that.
fn content(file: impl Read, largest: u64) -> Result<Vec<u8>, Fault> {
    let mut content = Vec::new();
    let read = GzDecoder::new(file)
        .take(largest + 1)
        .read_to_end(&mut content);
    match read {
        Ok(length) if length as u64 <= largest => Ok(content),
        // a download that breaks off says nothing about the file
        Err(error) if is_of_call(&error) => Err(Fault::Call(error.into())),
        _ => Err(Fault::format()),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16);
    let byte = |two: &[u8]| match two {
        [high, low] => Some((value(*high)? * 16 + value(*low)?) as u8),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::super::log::tests::zipped;
    use super::*;

    #[test]
    fn contents_have_a_limit() {
        let good = zipped(b"content");
        for (file, largest, expected) in [
            (&*good, 7, Some(&b"content"[..])),
            (&good, 6, None),
            (&good[..12], 7, None),
            (b"content", 7, None),
            (&zipped(&vec![0; 1 << 20]), 1000, None),
            (&zipped(b""), 0, Some(b"")),
        ] {
            let found = content(file, largest).ok();
            assert_eq!(found.as_deref(), expected, "{largest}");
        }
    }

    #[test]
    fn hexadecimal_is_read() {
        for (text, expected) in [
            ("00fFa0", Some(vec![0, 255, 160])),
            ("", Some(vec![])),
            ("0", None),
            ("0g", None),
        ] {
            assert_eq!(unhex(text), expected, "{text}");
        }
    }
}
