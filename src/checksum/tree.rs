//! Glacier's tree hash: the SHA-256 of each mebibyte, combined pairwise until one is left.

use std::io::{self, Read};

use sha2::digest::Output;
use sha2::{Digest, Sha256};

use crate::hash::hex;
use crate::read;

/// The length of a leaf, in bytes.
const LEAF: usize = 1 << 20;

/// Returns Glacier's tree hash of everything that `reader` yields, in hexadecimal.
///
/// ```
/// let hash = tucuxi::checksum::tree_hash(&b"a small fish"[..])?;
/// assert_eq!(hash.len(), 64);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Returns an error if the reader fails.
pub fn tree_hash(reader: impl Read) -> io::Result<String> {
    let mut hasher = TreeHasher::default();
    read::each(reader, read::CHUNK, |bytes| {
        hasher.update(bytes);
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// A tree hash in progress.
#[derive(Default)]
pub(crate) struct TreeHasher {
    leaves: Vec<Output<Sha256>>,
    /// The leaf that is being filled, and its length.
    leaf: Sha256,
    filled: usize,
}

impl TreeHasher {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(LEAF - self.filled));
            self.leaf.update(now);
            self.filled += now.len();
            if self.filled == LEAF {
                self.leaves.push(self.leaf.finalize_reset());
                self.filled = 0;
            }
            bytes = later;
        }
    }

    /// Returns the hash, in lower-case hexadecimal.
    pub(crate) fn finish(mut self) -> String {
        // the hash of no bytes is that of an empty leaf
        if self.filled > 0 || self.leaves.is_empty() {
            self.leaves.push(self.leaf.finalize());
        }
        let mut level = self.leaves;
        while level.len() > 1 {
            let join = |pair: &[Output<Sha256>]| match pair {
                [left, right] => Sha256::new()
                    .chain_update(left)
                    .chain_update(right)
                    .finalize(),
                rest => rest[0],
            };
            level = level.chunks(2).map(join).collect();
        }
        hex(&level[0])
    }
}
