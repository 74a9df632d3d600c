//! Downloads.
//!
//! ```text
//!                ┌──► GetObject                                  below the threshold
//!   HeadObject ──┤
//!                └──► GetObject of each range or uploaded part ──► checksum of the whole ──► rename
//! ```
//! An object with a composite checksum is downloaded by its uploaded parts, each of which comes with its own checksum, so that
//! the whole object can be verified. If response checksums are disabled, there is no HeadObject: the first range reports the
//! length.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::Args;
use super::context::Context;
use super::destination::{Sink, Target};
use super::download_parts::DownloadParts;
use super::fetch::{Fetch, Fetched, Wanted};
use super::object::{Cut, Object};
use super::object_ref::ObjectRef;
use super::partial::PartialFile;
use super::report::Outcome;
use super::resume::{DownloadJournal, ResumablePart};
use super::work::{AbortGuard, Begun, PartWork as _, Work};
use crate::checksum::ChecksumAlgorithm;
use crate::error::Result;
use crate::settings::ResponseChecksums;

/// A download that has not begun.
pub(super) struct Download<'t> {
    request: Request,
    target: Target<'t>,
    /// The object as reported by a listing.
    listed: Option<Object>,
}

/// The object to download.
pub(super) struct Request {
    pub(super) context: Arc<Context>,
    pub(super) object: ObjectRef,
    pub(super) args: Args,
}

impl<'t> Download<'t> {
    pub(super) fn new(
        context: Arc<Context>,
        object: ObjectRef,
        target: Target<'t>,
        args: Args,
    ) -> Self {
        Self {
            request: Request {
                context,
                object,
                args,
            },
            target,
            listed: None,
        }
    }

    /// Uses the entry of a listing instead of HeadObject, if the object is small. The file gets the object's time.
    pub(super) fn listed(self, object: Object) -> Self {
        let listed = Some(object);
        Self { listed, ..self }
    }
}

impl<'t> Work<'t> for Download<'t> {
    fn object(&self) -> String {
        self.request.object.url()
    }

    fn action(&self) -> String {
        format!("download {} to {}", self.request.object, self.target)
    }

    fn begin(self: Box<Self>) -> Result<Begun<'t>> {
        let Self {
            request,
            target,
            listed,
        } = *self;
        let context = &request.context;
        let is_kept = |path: &Path| !context.config.overwrite && path.exists();
        if target.path().is_some_and(is_kept) {
            return Ok(Begun::Done(Outcome::skipped(request.object.url())));
        }
        let sink = Sink::open(target, &context.cancel)?;
        let modified = listed.as_ref().and_then(|listed| listed.modified);
        // a stream is written from memory, so that a failed request can be repeated
        let config = &context.config;
        let threshold = match sink {
            Sink::File(_) => config.multipart_threshold,
            Sink::Stream(_) => config.multipart_threshold.min(config.memory_limit),
        };
        let is_small = |object: &Object| object.len < threshold;
        let (object, first) = match listed {
            Some(listed) if is_small(&listed) => (listed, None),
            _ => request.look_at()?,
        };
        context.meter.begun(&request.object.url(), Some(object.len));
        let is_whole = first
            .as_ref()
            .is_some_and(|first| first.range.end == object.len);
        let cut = match first {
            _ if is_whole => None,
            // the first range is used, whatever the threshold is
            Some(_) => Some(Cut::Ranges(request.first_len())),
            None if is_small(&object) => None,
            None => {
                let max = matches!(sink, Sink::Stream(_)).then_some(config.memory_limit);
                Some(object.cut(context, &request.object, &request.args, max)?)
            }
        };
        let download = AbortGuard::new(open(request, object, sink, cut, modified)?);
        if let Some(first) = first {
            download.put_first(first)?;
        }
        match cut {
            Some(cut) => {
                let parts = download.parts(cut);
                Ok(Begun::Parts(parts, download.release()))
            }
            None => {
                if !is_whole {
                    download.get(1, Wanted::Whole)?;
                }
                let outcome = download.finish()?;
                download.release();
                Ok(Begun::Done(outcome))
            }
        }
    }
}

impl Request {
    /// Returns the object, and its first bytes if they were requested instead of HeadObject.
    fn look_at(&self) -> Result<(Object, Option<Fetched>)> {
        let checksums = self.context.client.config().response_checksums();
        // without checksums, HeadObject reports nothing that the first bytes do not
        if checksums == ResponseChecksums::WhenRequired {
            return self.first_range();
        }
        let object = Object::look_at(&self.context, &self.object, &self.args)?;
        Ok((object, None))
    }

    /// The number of bytes to request before the length is known.
    fn first_len(&self) -> u64 {
        let config = &self.context.config;
        config.part_size.min(config.memory_limit)
    }

    fn first_range(&self) -> Result<(Object, Option<Fetched>)> {
        let fetch = Fetch {
            context: &self.context,
            object: &self.object,
            args: &self.args,
            known: None,
            len: None,
            wanted: Wanted::First(self.first_len()),
            file: None,
            algorithm: ChecksumAlgorithm::Crc32,
        };
        match fetch.run() {
            // an empty object has no first byte, and some servers do not support ranges
            Err(error) if error.code() != Some("InvalidRange") => Err(error),
            Err(_) | Ok(None) => {
                let object = Object::look_at(&self.context, &self.object, &self.args)?;
                Ok((object, None))
            }
            Ok(Some(fetched)) => {
                let object = Object::from_response(&self.object, &fetched.response)?;
                Ok((object, Some(fetched)))
            }
        }
    }
}

/// Opens the partial file, or that of an unfinished download.
fn open(
    request: Request,
    object: Object,
    sink: Sink<'_>,
    cut: Option<Cut>,
    modified: Option<std::time::SystemTime>,
) -> Result<DownloadParts<'_>> {
    let algorithm = part_algorithm(&object, cut);
    if let (Sink::Stream(stream), Some((whole, _))) = (&sink, object.whole_checksum())
        && !whole.is_crc()
    {
        stream.hash_with(whole);
    }
    let file = match &sink {
        Sink::File(path) => Some(open_file(&request, &object, path, cut, algorithm)?),
        Sink::Stream(_) => None,
    };
    let file = file.unwrap_or_default();
    Ok(DownloadParts::new(
        request, object, sink, cut, algorithm, modified, file,
    ))
}

/// Returns the checksum algorithm of the parts: that of the object if the parts' checksums make up the object's.
fn part_algorithm(object: &Object, cut: Option<Cut>) -> ChecksumAlgorithm {
    let by_parts = matches!(cut, Some(Cut::Parts { .. }));
    match object.checksum {
        Some((algorithm, _)) if by_parts || algorithm.is_crc() => algorithm,
        _ => ChecksumAlgorithm::Crc32,
    }
}

/// The file of a download.
#[derive(Default)]
pub(super) struct OpenFile {
    pub(super) partial: Option<PartialFile>,
    /// Parts that an earlier process downloaded.
    pub(super) resumable: BTreeMap<u32, ResumablePart>,
    pub(super) journal: Option<DownloadJournal>,
}

fn open_file(
    request: &Request,
    object: &Object,
    path: &Path,
    cut: Option<Cut>,
    algorithm: ChecksumAlgorithm,
) -> Result<OpenFile> {
    let mut journal = None;
    // without an ETag, a later process could not see whether the object was replaced
    if let (Some(cut), Some(_)) = (cut, &object.etag) {
        let stored = json!({
            "etag": object.etag,
            "version": object.version_id,
            "length": object.len,
            "cut": cut.journaled(),
            "algorithm": algorithm.as_str(),
        });
        let (context, args) = (&request.context, &request.args);
        journal = DownloadJournal::open(context, &request.object, path, args, &stored);
    }
    let found = journal.as_mut().and_then(|journal| journal.find(path));
    let (partial, resumable) = match (found, &mut journal) {
        (Some((partial, parts)), _) => (PartialFile::existing(partial, path), parts),
        (None, None) => (PartialFile::temporary(path)?, BTreeMap::new()),
        (None, Some(open)) => {
            let partial = PartialFile::resumable(path)?;
            open.restart(&partial.path);
            if let Err(error) = partial.create() {
                if let Some(journal) = journal {
                    journal.remove();
                }
                return Err(error);
            }
            (partial, BTreeMap::new())
        }
    };
    Ok(OpenFile {
        partial: Some(partial),
        resumable,
        journal,
    })
}
