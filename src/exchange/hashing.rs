//! Hashes of a body. The exchange requests them, and the driver reads the body.

use std::io;

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::body::Body;
use crate::checksum::{ChecksumAlgorithm, TreeHasher};
use crate::error::{Error, Result};
use crate::read;

/// The hashes that a request needs. They are computed in one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hashes {
    /// For the header of this algorithm.
    pub(super) checksum: Option<ChecksumAlgorithm>,
    /// For the signature.
    pub(super) sha256: bool,
    /// For Glacier's headers.
    pub(super) tree: bool,
}

/// The hashes, and the body that was read for them. A body that could be read only once has been replaced by a copy.
#[derive(Debug)]
pub(crate) struct Hashed {
    pub(crate) body: Body,
    /// The checksum, in the form of its header.
    pub(crate) checksum: Option<String>,
    /// The SHA-256, in lower-case hexadecimal.
    pub(crate) sha256: Option<String>,
    /// The tree hash, in lower-case hexadecimal.
    pub(crate) tree: Option<String>,
}

impl Hashes {
    pub(super) fn any(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }

    /// Reads the body and computes the hashes.
    ///
    /// # Errors
    ///
    /// Returns an error if the body cannot be read, or if it can be read only once and cannot be copied.
    pub(crate) fn read(self, body: Body) -> io::Result<Hashed> {
        let body = body.into_reusable()?;
        let mut checksum = self.checksum.map(ChecksumAlgorithm::hasher);
        let mut sha256 = self.sha256.then(|| ChecksumAlgorithm::Sha256.hasher());
        let mut tree = self.tree.then(TreeHasher::default);
        // a small body needs no large buffer
        let len = body.len().unwrap_or(u64::MAX).clamp(1, read::CHUNK as u64);
        let len = usize::try_from(len).unwrap_or(read::CHUNK);
        read::each(body.open_to_hash()?, len, |bytes| {
            for hasher in checksum.iter_mut().chain(&mut sha256) {
                hasher.update(bytes);
            }
            if let Some(tree) = &mut tree {
                tree.update(bytes);
            }
            Ok(())
        })?;
        Ok(Hashed {
            body,
            checksum: checksum.map(|hasher| hasher.finish()),
            sha256: sha256.map(|hasher| hasher.finish_hex()),
            tree: tree.map(TreeHasher::finish),
        })
    }
}

impl Hashed {
    /// Sets Glacier's headers, unless the caller did.
    pub(super) fn set_tree_headers(&self, headers: &mut HeaderMap) -> Result<()> {
        let pairs = [
            ("x-amz-sha256-tree-hash", &self.tree),
            ("x-amz-content-sha256", &self.sha256),
        ];
        for (name, hash) in pairs {
            if let (Some(hash), Some(_)) = (hash, &self.tree) {
                let value = HeaderValue::from_str(hash).map_err(Error::request)?;
                let name = HeaderName::from_static(name);
                headers.entry(name).or_insert(value);
            }
        }
        Ok(())
    }
}
