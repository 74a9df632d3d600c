//! Hashes of bodies that are not in memory: the machine requests them, and a driver reads the body.

use std::io::{self, Read};

use crate::body::Body;
use crate::checksum::ChecksumAlgorithm;

/// Which hashes of a body are needed before it can be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hashes {
    /// For the header of a checksum.
    pub(super) checksum: Option<ChecksumAlgorithm>,
    /// For the signature.
    pub(super) sha256: bool,
}

/// The hashes of a body.
#[derive(Debug)]
pub(crate) struct Hashed {
    /// The body, such that it can be read again.
    pub(crate) body: Body,
    /// As base64.
    pub(crate) checksum: Option<String>,
    /// As hexadecimal digits.
    pub(crate) sha256: Option<String>,
}

impl Hashes {
    /// `None` if there is nothing to compute.
    pub(super) fn any(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }

    /// Reads the body once, in pieces. A reader that can be read only once is kept, in memory or in a temporary file.
    ///
    /// # Errors
    ///
    /// The body cannot be read.
    pub(crate) fn read(self, body: Body) -> io::Result<Hashed> {
        let body = body.into_reusable()?;
        let mut checksum = self.checksum.map(ChecksumAlgorithm::hasher);
        let mut sha256 = self.sha256.then(|| ChecksumAlgorithm::Sha256.hasher());
        // a small body needs no large buffer
        let most = body.len().unwrap_or(u64::MAX).clamp(1, 256 * 1024);
        let mut buffer = vec![0; usize::try_from(most).unwrap_or(1)];
        let mut reader = body.open_to_hash()?;
        loop {
            let n = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            for hasher in checksum.iter_mut().chain(&mut sha256) {
                hasher.update(&buffer[..n]);
            }
        }
        drop(reader);
        Ok(Hashed {
            body,
            checksum: checksum.map(|hasher| hasher.finish()),
            sha256: sha256.map(|hasher| hasher.finish_hex()),
        })
    }
}
