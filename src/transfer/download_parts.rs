//! Downloads, after the length of the object is known: in parts or whole.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::SystemTime;

use super::destination::Sink;
use super::download::{OpenFile, Request};
use super::error::TransferError;
use super::fetch::{Fetch, Fetched, Wanted};
use super::object::{Cut, Object};
use super::partial::PartialFile;
use super::plan::{Part, Parts};
use super::report::Outcome;
use super::resume::{DownloadJournal, ResumablePart};
use super::work::PartWork;
use crate::body::Body;
use crate::checksum::ChecksumAlgorithm;
use crate::error::{Error, Result};
use crate::sync;

/// A download that has begun.
pub(super) struct DownloadParts<'t> {
    request: Request,
    object: Object,
    sink: Sink<'t>,
    /// `None` if the object is requested whole.
    cut: Option<Cut>,
    /// The checksum algorithm of the parts.
    algorithm: ChecksumAlgorithm,
    /// The time of the file.
    modified: Option<SystemTime>,
    partial: Option<PartialFile>,
    /// Parts that an earlier process downloaded.
    resumable: BTreeMap<u32, ResumablePart>,
    done: Mutex<Done>,
    /// Held while the whole object is fetched at once.
    whole: Mutex<()>,
    /// A part was fetched by what is presumably its range.
    has_ranges: AtomicBool,
    journal: Mutex<Option<DownloadJournal>>,
}

#[derive(Default)]
struct Done {
    parts: BTreeMap<u32, ResumablePart>,
    /// The only part is the whole object.
    is_whole: bool,
    resumed_bytes: u64,
}

impl<'t> DownloadParts<'t> {
    pub(super) fn new(
        request: Request,
        object: Object,
        sink: Sink<'t>,
        cut: Option<Cut>,
        algorithm: ChecksumAlgorithm,
        modified: Option<SystemTime>,
        file: OpenFile,
    ) -> Self {
        Self {
            request,
            object,
            sink,
            cut,
            algorithm,
            modified,
            partial: file.partial,
            resumable: file.resumable,
            done: Mutex::default(),
            whole: Mutex::default(),
            has_ranges: AtomicBool::new(false),
            journal: Mutex::new(file.journal),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Done> {
        sync::lock(&self.done)
    }

    fn wrong(&self, what: impl Into<String>) -> Error {
        TransferError::response(&self.request.object.url(), what)
    }

    pub(super) fn parts(&self, cut: Cut) -> Parts {
        let (parts, size) = match cut {
            Cut::Parts { count, .. } => (
                Parts::numbered(count),
                self.object.len.div_ceil(count.max(1).into()),
            ),
            Cut::Ranges(size) => (Parts::ranges(self.object.len, size), size),
        };
        match &self.sink {
            Sink::File(_) => parts,
            Sink::Stream(_) => parts.within(self.request.context.config.parts_in_memory(size)),
        }
    }

    /// Stores the bytes that were fetched before the download was opened.
    pub(super) fn put_first(&self, first: Fetched) -> Result<()> {
        if let Some(partial) = &self.partial {
            let mut file = partial.at(0)?;
            partial.write(&mut file, &first.bytes)?;
            partial.put_back(file);
        }
        self.put(1, first)
    }

    fn do_part(&self, part: &Part) -> Result<()> {
        let number = part.number;
        {
            let done = self.lock();
            if done.is_whole || done.parts.contains_key(&number) {
                return Ok(());
            }
        }
        let resumable = self.resumable.get(&number);
        if let Some(resumable) = resumable.filter(|resumable| self.has(resumable, part)) {
            let len = resumable.len();
            self.request.context.meter.resumed(len);
            let mut done = self.lock();
            done.resumed_bytes += len;
            done.parts.insert(number, resumable.clone());
            return Ok(());
        }
        let (count, first) = match self.cut {
            None => return self.get(number, Wanted::Whole),
            Some(Cut::Ranges(_)) => return self.get(number, Wanted::Range(part.range.clone())),
            Some(Cut::Parts { count, first }) => (count, first),
        };
        match self.get(number, Wanted::Number { number, count }) {
            Err(error) if is_unproven(&error) => {
                let range = nth_range(self.object.len, count, first, number).ok_or(error)?;
                tracing::debug!(object = %self.request.object, number, "fetching a part by its range");
                self.has_ranges.store(true, Ordering::Relaxed);
                self.get(number, Wanted::Range(range))
            }
            done => done,
        }
    }

    /// Whether the file has this part, and the bytes match their checksum.
    fn has(&self, resumable: &ResumablePart, part: &Part) -> bool {
        let is_part = match self.cut {
            Some(Cut::Ranges(_)) => resumable.range == part.range,
            // where it belongs is checked when all parts are done
            _ => resumable.range.end <= self.object.len,
        };
        let Some(partial) = self.partial.as_ref().filter(|_| is_part) else {
            return false;
        };
        let body = Body::file_range(&*partial.path, resumable.range.clone());
        let mut hasher = self.algorithm.hasher();
        hasher.read_body(&body).is_ok() && *hasher.finish() == *resumable.checksum
    }

    /// Fetches and stores a part. A server that ignores ranges sends the whole object instead.
    pub(super) fn get(&self, number: u32, wanted: Wanted) -> Result<()> {
        match self.fetch(wanted)? {
            Some(fetched) => self.put(number, fetched),
            None => self.get_whole(),
        }
    }

    fn fetch(&self, wanted: Wanted) -> Result<Option<Fetched>> {
        let is_whole_file =
            self.cut.is_none() && matches!(wanted, Wanted::Whole) && self.partial.is_some();
        let fetch = Fetch {
            context: &self.request.context,
            object: &self.request.object,
            args: &self.request.args,
            // a listing may be outdated, and a newer object is as good for a whole file; a stream would hold it in memory
            known: (!is_whole_file).then_some(&self.object),
            len: Some(self.object.len),
            wanted,
            file: self.partial.as_ref(),
            algorithm: self.algorithm,
        };
        let fetched = fetch.run()?;
        if let Some(Fetched {
            range, response, ..
        }) = &fetched
            && is_whole_file
            && !self.object.may_have_len(range.end, response)
        {
            return Err(self.wrong(format!(
                "the response has {} bytes of an object of {} bytes",
                range.end, self.object.len
            )));
        }
        Ok(fetched)
    }

    /// Fetches the whole object at once, from a server that ignores ranges. The first thread that notices does this; the others
    /// have nothing left to do.
    fn get_whole(&self) -> Result<()> {
        let _guard = sync::lock(&self.whole);
        if self.lock().is_whole {
            return Ok(());
        }
        let (len, limit) = (self.object.len, self.request.context.config.memory_limit);
        if matches!(self.sink, Sink::Stream(_)) {
            if len > limit {
                return Err(self.wrong(format!(
                    "the server ignores ranges, and the object has {len} bytes, more than the memory limit of {limit}; download it to a file"
                )));
            }
            if !self.lock().parts.is_empty() {
                return Err(self.wrong(
                    "the server ignored a range after it had respected others; start again",
                ));
            }
        }
        tracing::debug!(object = %self.request.object, "the server ignores ranges; fetching the whole object");
        let Some(fetched) = self.fetch(Wanted::Whole)? else {
            return Err(self.wrong("the server did not send the whole object"));
        };
        let (part, bytes) = fetched.into_part();
        if let Sink::Stream(stream) = &self.sink {
            stream.put(1, bytes)?;
        }
        *self.lock() = Done {
            parts: BTreeMap::from([(1, part)]),
            is_whole: true,
            resumed_bytes: 0,
        };
        Ok(())
    }

    fn put(&self, number: u32, fetched: Fetched) -> Result<()> {
        let (part, bytes) = fetched.into_part();
        if let Sink::Stream(stream) = &self.sink {
            stream.put(number, bytes)?;
        }
        if let Some(journal) = &mut *sync::lock(&self.journal) {
            journal.done(number, &part);
        }
        let mut done = self.lock();
        if !done.is_whole {
            done.parts.insert(number, part);
        }
        Ok(())
    }

    /// Verifies everything that was received, and returns its length.
    fn verify(&self, done: &Done) -> Result<u64> {
        let mut at = 0;
        for part in done.parts.values() {
            if part.range.start != at {
                return Err(self.wrong(format!("the parts do not join at byte {at}")));
            }
            at = part.range.end;
        }
        let Some(cut) = self.cut else {
            // verified as it was received, and possibly newer than the known object
            return Ok(at);
        };
        if at != self.object.len {
            return Err(self.wrong(format!("received {at} of {} bytes", self.object.len)));
        }
        let object = &self.object;
        let expected = match (object.whole_checksum(), object.composite_checksum(), cut) {
            (Some((algorithm, expected)), ..) => {
                Some((algorithm, expected, self.checksum(done, algorithm)?))
            }
            // only the uploaded parts make up a composite checksum
            (None, Some((algorithm, expected, _)), Cut::Parts { .. })
                if !done.is_whole && !self.has_ranges.load(Ordering::Relaxed) =>
            {
                let parts = done.parts.values().map(|part| &*part.checksum);
                Some((algorithm, expected, algorithm.composite(parts)))
            }
            _ => None,
        };
        match expected {
            Some((algorithm, expected, Some(actual))) if actual != expected => {
                Err(TransferError::Mismatch {
                    object: self.request.object.url(),
                    range: None,
                    algorithm,
                    expected: expected.to_owned(),
                    actual,
                }
                .into())
            }
            _ => Ok(at),
        }
    }

    /// Returns the checksum of all bytes: combined from those of the parts if possible, or else of the file.
    fn checksum(&self, done: &Done, algorithm: ChecksumAlgorithm) -> Result<Option<String>> {
        if algorithm == self.algorithm && algorithm.is_crc() {
            let parts = done.parts.values();
            let parts = parts.map(|part| Some((&*part.checksum, part.len())));
            return Ok(algorithm.combined(parts));
        }
        if let Sink::Stream(stream) = &self.sink {
            return Ok(stream.checksum());
        }
        let Some(partial) = &self.partial else {
            return Ok(None);
        };
        let mut hasher = algorithm.hasher();
        let read = Body::file(&partial.path).and_then(|body| hasher.read_body(&body));
        read.map_err(TransferError::file(&*partial.path))?;
        Ok(Some(hasher.finish()))
    }

    fn end_journal(&self) {
        if let Some(journal) = sync::lock(&self.journal).take() {
            journal.remove();
        }
    }
}

impl PartWork for DownloadParts<'_> {
    fn part(&self, part: &Part) -> Result<bool> {
        self.do_part(part).map(|()| true)
    }

    fn finish(&self) -> Result<Outcome> {
        let done = self.lock();
        let len = self.verify(&done)?;
        match (&self.sink, &self.partial) {
            (Sink::Stream(stream), _) => stream.flush()?,
            (Sink::File(_), Some(partial)) => {
                // the journal is removed afterwards
                let is_durable = sync::lock(&self.journal).is_some();
                partial.finish(len, self.modified, is_durable)?;
            }
            (Sink::File(_), None) => {}
        }
        self.end_journal();
        Ok(Outcome {
            objects: 1,
            bytes: len,
            resumed_bytes: done.resumed_bytes,
            etag: self.object.etag.as_deref().map(Into::into),
            version_id: self.object.version_id.as_deref().map(Into::into),
            ..Outcome::default()
        })
    }

    fn abort(&self) {
        if let Some(partial) = &self.partial {
            partial.remove();
        }
        self.end_journal();
    }
}

/// Whether the response does not prove which bytes it has.
fn is_unproven(error: &Error) -> bool {
    matches!(
        error.root().downcast_ref(),
        Some(TransferError::Response { .. })
    )
}

/// Returns the range of a part, if all parts except the last are as long as the first.
fn nth_range(len: u64, count: u32, first: u64, number: u32) -> Option<Range<u64>> {
    if first == 0 || len.div_ceil(first) != u64::from(count) {
        return None;
    }
    let start = u64::from(number).checked_sub(1)?.checked_mul(first)?;
    let range = start..start.saturating_add(first).min(len);
    (!range.is_empty()).then_some(range)
}
