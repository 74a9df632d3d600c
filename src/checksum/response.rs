//! Verifying the bodies of responses.

use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use serde_json::Value;

use super::algorithm::{ChecksumAlgorithm, Hasher};
use crate::body::{Check, ResponseBody};
use crate::error::{Detail, ErrorKind};
use crate::model::Operation;

/// The error of a response whose body does not match its checksum.
///
/// ```
/// use serde_json::json;
/// use tucuxi::checksum::ChecksumMismatch;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[("x-amz-checksum-crc32", "AAAAAA==")], "fish");
/// # let client = Client::with_transport(config, replay)?;
/// let params = json!({"Bucket": "river", "Key": "fish.txt", "ChecksumMode": "ENABLED"});
/// let mut body = client.request("s3", "GetObject").params(params).send()?.body.unwrap();
/// let error = body.read_to_vec().unwrap_err();
/// let mismatch = error.get_ref().and_then(|error| error.downcast_ref::<ChecksumMismatch>()).unwrap();
/// assert_eq!(mismatch.expected(), "AAAAAA==");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the body's {algorithm} is {actual}, but the response declares {expected}: it was corrupted in transit"
)]
#[non_exhaustive]
pub struct ChecksumMismatch {
    algorithm: ChecksumAlgorithm,
    expected: Box<str>,
    actual: Box<str>,
}

impl ChecksumMismatch {
    /// Returns the algorithm.
    pub fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// Returns the checksum that the response declares, in base64.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// Returns the checksum of the received body, in base64.
    pub fn actual(&self) -> &str {
        &self.actual
    }
}

impl Detail for ChecksumMismatch {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Response
    }

    fn is_retryable(&self) -> bool {
        true
    }
}

/// The checksum that a response declares for its body.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) algorithm: ChecksumAlgorithm,
    checksum: Box<str>,
}

impl Expected {
    /// Returns the checksum to verify the body against, if the call requests that and the response has one. A composite
    /// checksum (`…-3`) is computed from those of the parts and cannot be verified against the body.
    pub(crate) fn find(operation: &Operation, params: &Value, headers: &HeaderMap) -> Option<Self> {
        let traits = operation.http_checksum.as_ref()?;
        let member = traits.request_validation_mode_member.as_deref()?;
        let mode = params.get(member)?.as_str()?;
        if !mode.eq_ignore_ascii_case("ENABLED") {
            return None;
        }
        let offered = |a: &ChecksumAlgorithm| {
            let mut names = traits.response_algorithms.iter();
            traits.response_algorithms.is_empty()
                || names.any(|name| name.eq_ignore_ascii_case(a.as_str()))
        };
        let mut all = ChecksumAlgorithm::ALL.iter().copied().filter(offered);
        let found = all.find_map(|algorithm| {
            let text = headers.get(algorithm.header())?.to_str().ok()?;
            let checksum = text.into();
            Some(Self {
                algorithm,
                checksum,
            })
        });
        found.filter(|found| !found.checksum.contains('-'))
    }

    /// Returns the checksum in `x-amz-crc32`, which DynamoDB sends with every response although no model has it.
    pub(crate) fn in_header(headers: &HeaderMap) -> Option<Self> {
        let number: u32 = headers.get("x-amz-crc32")?.to_str().ok()?.parse().ok()?;
        Some(Self {
            algorithm: ChecksumAlgorithm::Crc32,
            checksum: BASE64_STANDARD.encode(number.to_be_bytes()).into(),
        })
    }

    fn compare(&self, hasher: Hasher) -> Result<(), ChecksumMismatch> {
        let actual = hasher.finish();
        match *actual == *self.checksum {
            true => Ok(()),
            false => Err(ChecksumMismatch {
                algorithm: self.algorithm,
                expected: self.checksum.clone(),
                actual: actual.into(),
            }),
        }
    }

    /// Wraps `body` so that reading it to the end returns an error if the checksum does not match.
    pub(crate) fn verified(self, body: ResponseBody) -> ResponseBody {
        let hasher = Some(self.algorithm.hasher());
        body.checked(Verified {
            hasher,
            expected: self,
        })
    }

    /// Verifies the checksum of a whole body.
    pub(crate) fn check(&self, body: &[u8]) -> Result<(), ChecksumMismatch> {
        let mut hasher = self.algorithm.hasher();
        hasher.update(body);
        self.compare(hasher)
    }
}

/// Verifies the checksum at the end of the body.
struct Verified {
    hasher: Option<Hasher>,
    expected: Expected,
}

impl Check for Verified {
    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let differ = |e| io::Error::new(io::ErrorKind::InvalidData, e);
        let hasher = self.hasher.take();
        hasher.map_or(Ok(()), |hasher| {
            self.expected.compare(hasher).map_err(differ)
        })
    }
}
