//! Comparing files with objects.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::args::Args;
use super::context::Context;
use super::error::TransferError;
use super::object::Object;
use super::object_ref::ObjectRef;
use super::plan::Parts;
use crate::body::Body;
use crate::checksum::{ChecksumAlgorithm, Hasher};
use crate::error::Result;

/// How a sync decides whether a file and the object of the same name differ.
///
/// ```
/// use tucuxi::transfer::Compare;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let listing = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
/// # let replay = Replay::new().respond(200, &[], listing).respond(200, &[("etag", "\"e\"")], "");
/// # let client = Client::with_transport(config, replay)?;
/// # let folder = tempfile::tempdir()?;
/// # let site = folder.path();
/// # std::fs::write(site.join("index.html"), "<p>hello</p>")?;
/// let report = client.transfer().sync_up(site, "my-bucket", "www").compare(Compare::Checksum).job().run()?;
/// assert_eq!(report.objects, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compare {
    /// By size and content. The file is read and verified against the checksum or MD5 of the object. An object without either
    /// counts as different.
    Checksum,
    /// By size alone.
    Size,
    /// By size and time. If the source is newer than the destination, it counts as different.
    #[default]
    SizeAndTime,
}

/// Whether the object has the content of the file, which has the same size.
///
/// # Errors
///
/// Returns an error if the service cannot be called or the file cannot be read.
pub(super) fn has_same_content(
    context: &Arc<Context>,
    path: &Path,
    object_ref: &ObjectRef,
    args: &Args,
) -> Result<bool> {
    let object = Object::look_at(context, object_ref, args)?;
    let all = 0..object.len;
    if let Some((algorithm, expected)) = object.whole_checksum() {
        return Ok(hashed(path, all, algorithm)?.finish() == expected);
    }
    if let Some((algorithm, expected, _)) = object.composite_checksum()
        && let Some(size) = object.first_part(context, object_ref, args)?
    {
        // assuming parts of one size, as all common tools create; otherwise the object counts as different
        let parts = Parts::ranges(object.len, size);
        let parts = (1..).map_while(|number| parts.part(number));
        let hashes = parts.map(|part| Ok(hashed(path, part.range, algorithm)?.finish()));
        let hashes: Vec<String> = hashes.collect::<Result<_>>()?;
        let actual = algorithm.composite(hashes.iter().map(|hash| &**hash));
        return Ok(actual.as_deref() == Some(expected));
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
