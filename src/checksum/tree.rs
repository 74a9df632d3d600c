//! Glacier's hash: the SHA-256 of each mebibyte, joined pairwise until one is left.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::hash::hex;

/// The tree hash of all that the reader gives, in hexadecimal.
///
/// # Errors
///
/// The reader fails.
pub fn tree_hash(mut reader: impl Read) -> io::Result<String> {
    let mut level = Vec::new();
    let mut piece = Vec::new();
    loop {
        piece.clear();
        let len = (&mut reader).take(1 << 20).read_to_end(&mut piece)?;
        // nothing at all has a hash too
        if len > 0 || level.is_empty() {
            level.push(Sha256::digest(&piece));
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
