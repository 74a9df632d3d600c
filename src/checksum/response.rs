//! The checksum of an answer.

use std::io::{self, Read};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use serde_json::Value;

use super::algorithm::{ChecksumAlgorithm, Hasher};
use crate::body::ResponseBody;
use crate::error::{Detail, ErrorKind};
use crate::model::Operation;

/// A body that is not what its checksum says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the body's {algorithm} is {actual}, but the answer says {expected}: it was changed on its way"
)]
#[non_exhaustive]
pub struct ChecksumMismatch {
    /// The algorithm.
    pub algorithm: ChecksumAlgorithm,
    /// What the answer says.
    pub expected: Box<str>,
    /// What the body has.
    pub actual: Box<str>,
}

impl Detail for ChecksumMismatch {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Response
    }

    fn is_retryable(&self) -> bool {
        true
    }
}

/// What an answer says of its body.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) algorithm: ChecksumAlgorithm,
    checksum: Box<str>,
}

impl Expected {
    /// The checksum that an answer's body is held against: if the call asks for it, and the answer has one. That of a
    /// body which was uploaded in parts is of their checksums, not of it.
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

    /// What DynamoDB says of every answer, in a header that no model has.
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

    /// The same body, which fails at its end if its checksum is another.
    pub(crate) fn verified(self, body: ResponseBody) -> ResponseBody {
        body.map_reader(|reader| Verified::new(reader, self))
    }

    /// Verifies the checksum of a whole body.
    pub(crate) fn check(&self, body: &[u8]) -> Result<(), ChecksumMismatch> {
        let mut hasher = self.algorithm.hasher();
        hasher.update(body);
        self.compare(hasher)
    }
}

/// Reads a body and verifies its checksum at its end.
struct Verified<R> {
    reader: R,
    state: Option<(Hasher, Expected)>,
}

impl<R> Verified<R> {
    fn new(reader: R, expected: Expected) -> Self {
        let state = Some((expected.algorithm.hasher(), expected));
        Self { reader, state }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buf)?;
        if n > 0 {
            if let Some((hasher, _)) = &mut self.state {
                hasher.update(&buf[..n]);
            }
        } else if !buf.is_empty()
            && let Some((hasher, expected)) = self.state.take()
        {
            let differ = |e| io::Error::new(io::ErrorKind::InvalidData, e);
            expected.compare(hasher).map_err(differ)?;
        }
        Ok(n)
    }
}
