//! Glacier's tree hash: the SHA-256 of each mebibyte, combined pairwise until one is left.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::hash::hex;

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
pub fn tree_hash(mut reader: impl Read) -> io::Result<String> {
    let mut level = Vec::new();
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        let len = (&mut reader).take(1 << 20).read_to_end(&mut chunk)?;
        // no bytes have a hash too
        if len > 0 || level.is_empty() {
            level.push(Sha256::digest(&chunk));
        }
        if len == 0 {
            break;
        }
    }
    while level.len() > 1 {
        let join = |pair: &[_]| match pair {
            [left, right] => Sha256::new()
                .chain_update(left)
                .chain_update(right)
                .finalize(),
            rest => rest[0],
        };
        level = level.chunks(2).map(join).collect();
    }
    Ok(hex(&level[0]))
}
