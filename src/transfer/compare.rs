//! Whether a file and an object are the same.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::args::Args;
use super::error::TransferError;
use super::object::Object;
use super::plan::Parts;
use super::{Context, Place};
use crate::body::Body;
use crate::checksum::{ChecksumAlgorithm, Hasher};
use crate::error::Result;

/// By what two of one name are taken for the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compare {
    /// Their length and their content: the file is read and held against the checksum or the MD5 that the service has; where
    /// it has neither, they are not the same.
    Checksum,
    /// Their length.
    Size,
    /// Their length, and that the one which is brought is not younger than the other.
    #[default]
    SizeAndTime,
}

/// Whether an object has the content of a file of its length, as far as the service tells.
///
/// # Errors
///
/// The service is not to be asked, or the file not to be read.
pub(super) fn has_content_of(
    context: &Arc<Context>,
    path: &Path,
    place: &Place,
    args: &Args,
) -> Result<bool> {
    let object = Object::look_at(context, place, args)?;
    let all = 0..object.len;
    if let Some((algorithm, theirs)) = object.whole_checksum() {
        return Ok(hashed(path, all, algorithm)?.finish() == theirs);
    }
    if let Some((algorithm, theirs, _)) = object.composite_checksum()
        && let Some(size) = object.first_part(context, place, args)?
    {
        // parts of one size, as everybody makes them; others are not told to be the same
        let parts = Parts::of(object.len, size);
        let parts = (1..).map_while(|number| parts.part(number));
        let hashes = parts.map(|part| Ok(hashed(path, part.range, algorithm)?.finish()));
        let hashes: Vec<String> = hashes.collect::<Result<_>>()?;
        let own = algorithm.composite(hashes.iter().map(|hash| &**hash));
        return Ok(own.as_deref() == Some(theirs));
    }
    let etag = object.etag.as_deref().unwrap_or_default().trim_matches('"');
    let is_md5 = etag.len() == 32;
    Ok(is_md5 && hashed(path, all, ChecksumAlgorithm::Md5)?.finish_hex() == etag)
}

fn hashed(path: &Path, range: Range<u64>, algorithm: ChecksumAlgorithm) -> Result<Hasher> {
    let mut hasher = algorithm.hasher();
    let read = hasher.read_body(&Body::file_range(path, range));
    read.map_err(TransferError::file(path))?;
    Ok(hasher)
}
