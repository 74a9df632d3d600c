//! Downloads.
//!
//! ```text
//!                ┌──► GetObject                                  smaller than the threshold
//!   HeadObject ──┤
//!                └──► GetObject of each range, or of each part that was uploaded ──► whole checksum ──► in its place
//! ```
//! An object whose checksum is made of those of its parts is fetched by these parts, each of which comes with its own, so that
//! all of it can be held against what is stored. Where the answers' checksums are not wanted, there is no HeadObject: the first
//! range tells the length.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use serde_json::json;

use super::args::Args;
use super::error::TransferError;
use super::fetch::{Fetch, Fetched, Wanted};
use super::object::{Cut, Object};
use super::partial::PartialFile;
use super::plan::{Part, Parts};
use super::pool::{Begun, Work};
use super::report::Outcome;
use super::resume::{DownloadJournal, PartThere};
use super::slot::Slot;
use super::target::{Sink, Target};
use super::{Context, Place};
use crate::body::Body;
use crate::checksum::ChecksumAlgorithm;
use crate::error::{Error, Result};
use crate::settings::ResponseChecksums;
use crate::sync;

/// An object on its way down.
pub(super) struct Download<'t> {
    context: Arc<Context>,
    place: Place,
    args: Args,
    /// What the target is called.
    name: String,
    target: Slot<Target<'t>>,
    /// What a listing said of it.
    listed: Option<Object>,
    state: OnceLock<State<'t>>,
}

/// What is known once it is begun.
struct State<'t> {
    object: Object,
    /// None if one answer has it all.
    cut: Option<Cut>,
    /// That of parts.
    algorithm: ChecksumAlgorithm,
    sink: Sink<'t>,
    partial: Option<PartialFile>,
    /// Parts of a try that was killed.
    there: BTreeMap<u32, PartThere>,
    done: Mutex<Done>,
    /// Held while all is fetched at once.
    whole: Mutex<()>,
    /// A part was fetched by what was taken for its range.
    has_ranges: AtomicBool,
    journal: Slot<DownloadJournal>,
}

#[derive(Default)]
struct Done {
    parts: BTreeMap<u32, PartThere>,
    /// There is one part, which is all of it.
    is_whole: bool,
    resumed_bytes: u64,
}

impl<'t> Download<'t> {
    pub(super) fn new(context: Arc<Context>, place: Place, target: Target<'t>, args: Args) -> Self {
        Self {
            context,
            place,
            args,
            name: target.to_string(),
            target: Slot::new(target),
            listed: None,
            state: OnceLock::new(),
        }
    }

    /// One of a folder, of which a listing tells as much as HeadObject would of a small object. The file will be as old as the
    /// object.
    pub(super) fn listed(self, object: Object) -> Self {
        let listed = Some(object);
        Self { listed, ..self }
    }
}

impl Work for Download<'_> {
    fn object(&self) -> String {
        self.place.url()
    }

    fn action(&self) -> String {
        format!("download {} to {}", self.place, self.name)
    }

    fn begin(&self) -> Result<Begun> {
        let Some(target) = self.target.take() else {
            return Err(Error::request("the download was begun before"));
        };
        let sink = Sink::open(target, &self.context.cancel)?;
        let config = &self.context.config;
        // what goes to a stream is in memory before it is written, so that it can be asked for again
        let threshold = match sink {
            Sink::File(_) => config.multipart_threshold,
            Sink::Stream(_) => config.multipart_threshold.min(config.memory_limit),
        };
        let is_small = |object: &Object| object.len < threshold;
        let (object, first) = match &self.listed {
            Some(listed) if is_small(listed) => (listed.clone(), None),
            _ if self.is_first_chunk_enough() => self.first_chunk()?,
            _ => (
                Object::look_at(&self.context, &self.place, &self.args)?,
                None,
            ),
        };
        self.context
            .meter
            .begun(&self.place.url(), Some(object.len));
        let is_all = first
            .as_ref()
            .is_some_and(|first| first.range.end == object.len);
        let cut = match first {
            _ if is_all => None,
            // what came stays, whatever the threshold is
            Some(_) => Some(Cut::Ranges(self.first_len())),
            None if is_small(&object) => None,
            None => {
                let most = matches!(sink, Sink::Stream(_)).then_some(config.memory_limit);
                Some(object.cut(&self.context, &self.place, &self.args, most)?)
            }
        };
        self.open(object, sink, cut)?;
        if let Some(first) = first {
            self.put_first(first)?;
        }
        let state = self.state()?;
        match cut {
            Some(cut) => Ok(Begun::Parts(self.parts(state, cut)?)),
            None => {
                if !is_all {
                    self.get(state, 1, Wanted::Whole)?;
                }
                self.finish().map(Begun::Done)
            }
        }
    }

    fn part(&self, part: &Part) -> Result<bool> {
        self.do_part(part).map(|()| true)
    }

    fn finish(&self) -> Result<Outcome> {
        let state = self.state()?;
        let done = state.lock();
        let len = done.check_whole(&self.place, state)?;
        match (&state.sink, &state.partial) {
            (Sink::Stream(stream), _) => stream.flush()?,
            (Sink::File(_), Some(partial)) => {
                let modified = self.listed.as_ref().and_then(|listed| listed.modified);
                // what the journal knows is forgotten afterwards
                let durable = state.journal.lock().is_some();
                partial.finish(len, modified, durable)?;
            }
            (Sink::File(_), None) => {}
        }
        state.end_journal();
        Ok(Outcome {
            objects: 1,
            bytes: len,
            resumed_bytes: done.resumed_bytes,
            etag: state.object.etag.clone(),
            version_id: state.object.version_id.clone(),
            ..Outcome::default()
        })
    }

    fn abandon(&self) {
        let Some(state) = self.state.get() else {
            return;
        };
        if let Some(partial) = &state.partial {
            partial.remove();
        }
        state.end_journal();
    }
}

impl<'t> Download<'t> {
    /// Without checksums, a HeadObject would tell nothing that the first bytes do not.
    fn is_first_chunk_enough(&self) -> bool {
        self.context.client.config().response_checksums() == ResponseChecksums::WhenRequired
    }

    /// How many bytes are asked for before it is known how many there are.
    fn first_len(&self) -> u64 {
        let config = &self.context.config;
        config.part_size.min(config.memory_limit)
    }

    /// The first bytes, in memory, and what they tell of the object.
    fn first_chunk(&self) -> Result<(Object, Option<Fetched>)> {
        let fetch = Fetch {
            context: &self.context,
            place: &self.place,
            args: &self.args,
            known: None,
            len: None,
            wanted: Wanted::First(self.first_len()),
            file: None,
            algorithm: ChecksumAlgorithm::Crc32,
        };
        match fetch.run() {
            // an empty object has no first byte, and some servers know no ranges
            Err(error) if error.code() != Some("InvalidRange") => Err(error),
            Err(_) | Ok(None) => {
                let object = Object::look_at(&self.context, &self.place, &self.args)?;
                Ok((object, None))
            }
            Ok(Some(fetched)) => {
                let object = Object::of_answer(&self.place, &fetched.answer)?;
                Ok((object, Some(fetched)))
            }
        }
    }

    fn put_first(&self, first: Fetched) -> Result<()> {
        let state = self.state()?;
        if let Some(partial) = &state.partial {
            let mut file = partial.at(0)?;
            file.write_all(&first.bytes)
                .map_err(TransferError::file(&*partial.path))?;
            partial.put_back(file);
        }
        self.put(state, 1, first)
    }

    /// Makes the file, or finds the one of a try that was killed.
    fn open(&self, object: Object, sink: Sink<'t>, cut: Option<Cut>) -> Result<()> {
        // the checksum that the object has is worth most; that of parts is for going on
        let algorithm = object
            .checksum
            .as_ref()
            .map_or(ChecksumAlgorithm::Crc32, |(algorithm, _)| *algorithm);
        let of_parts = cut.is_some_and(|cut| matches!(cut, Cut::Parts { .. }));
        let algorithm = match of_parts || algorithm.is_crc() {
            true => algorithm,
            false => ChecksumAlgorithm::Crc32,
        };
        let (mut partial, mut there, mut journal) = (None, BTreeMap::new(), None);
        if let (Sink::Stream(stream), Some((whole, _))) = (&sink, object.whole_checksum())
            && !whole.is_crc()
        {
            stream.hash_with(whole);
        }
        if let Sink::File(path) = &sink {
            // by what has no ETag it could not be seen that it is another one by the next time
            if let (Some(cut), Some(_)) = (cut, &object.etag) {
                let stored = json!({
                    "etag": object.etag,
                    "version": object.version_id,
                    "length": object.len,
                    "cut": cut.journaled(),
                    "algorithm": algorithm.as_str(),
                });
                journal =
                    DownloadJournal::open(&self.context, &self.place, path, &self.args, &stored);
            }
            let found = journal.as_mut().and_then(|journal| journal.find(path));
            partial = Some(match (found, &mut journal) {
                (Some((known, parts)), _) => {
                    there = parts;
                    PartialFile::known(known, path)
                }
                (None, None) => PartialFile::temporary(path)?,
                (None, Some(kept)) => {
                    let new = PartialFile::beside(path)?;
                    kept.restart(&new.path);
                    if let Err(error) = new.create() {
                        if let Some(journal) = journal {
                            journal.remove();
                        }
                        return Err(error);
                    }
                    new
                }
            });
        }
        let state = State {
            object,
            cut,
            algorithm,
            sink,
            partial,
            there,
            done: Mutex::default(),
            whole: Mutex::default(),
            has_ranges: AtomicBool::new(false),
            journal: Slot::new(journal),
        };
        // it is begun once
        let _ = self.state.set(state);
        Ok(())
    }

    fn parts(&self, state: &State<'t>, cut: Cut) -> Result<Parts> {
        let object = &state.object;
        let (parts, size) = match cut {
            Cut::Parts { count, .. } => (
                Parts::numbered(count),
                object.len.div_ceil(count.max(1).into()),
            ),
            Cut::Ranges(size) => (Parts::of(object.len, size), size),
        };
        Ok(match &state.sink {
            Sink::File(_) => parts,
            Sink::Stream(_) => parts.within(self.context.config.parts_in_memory(size)),
        })
    }

    /// # Errors
    ///
    /// It was not begun, which the plan does not let happen.
    fn state(&self) -> Result<&State<'t>> {
        let state = self.state.get();
        state.ok_or_else(|| Error::request("the download was not begun"))
    }

    fn do_part(&self, part: &Part) -> Result<()> {
        let state = self.state()?;
        {
            let done = state.lock();
            if done.is_whole || done.parts.contains_key(&part.number) {
                return Ok(());
            }
        }
        if let Some(there) = state
            .there
            .get(&part.number)
            .filter(|there| state.has(there, part))
        {
            let len = there.range.end.saturating_sub(there.range.start);
            self.context.meter.resumed(len);
            let mut done = state.lock();
            done.resumed_bytes += len;
            done.parts.insert(part.number, there.clone());
            return Ok(());
        }
        match state.cut {
            Some(Cut::Parts { count, first }) => {
                let number = part.number;
                match self.get(state, number, Wanted::Number { number, count }) {
                    Err(error) if is_unproven(&error) => {
                        let range = nth_range(state.object.len, count, first, number);
                        let range = range.ok_or(error)?;
                        tracing::debug!(object = %self.place, number, "a part is fetched by its range");
                        state.has_ranges.store(true, Ordering::Relaxed);
                        self.get(state, number, Wanted::Range(range))
                    }
                    done => done,
                }
            }
            Some(Cut::Ranges(_)) => self.get(state, part.number, Wanted::Range(part.range.clone())),
            None => self.get(state, part.number, Wanted::Whole),
        }
    }

    fn get(&self, state: &State<'t>, number: u32, wanted: Wanted) -> Result<()> {
        match self.fetch(state, wanted)? {
            Some(fetched) => self.put(state, number, fetched),
            None => self.get_whole(state),
        }
    }

    fn fetch(&self, state: &State<'t>, wanted: Wanted) -> Result<Option<Fetched>> {
        let is_whole_file =
            state.cut.is_none() && matches!(wanted, Wanted::Whole) && state.partial.is_some();
        let fetch = Fetch {
            context: &self.context,
            place: &self.place,
            args: &self.args,
            // what was said of it may be old, and a whole file is right in any case; for a stream it would be held in memory
            known: (!is_whole_file).then_some(&state.object),
            len: Some(state.object.len),
            wanted,
            file: state.partial.as_ref(),
            algorithm: state.algorithm,
        };
        fetch.run()
    }

    /// Fetches all at once from a server that gives the whole object whatever is asked for. The first thread that sees that
    /// does it, and the others have nothing to do any more.
    fn get_whole(&self, state: &State<'t>) -> Result<()> {
        let _guard = sync::lock(&state.whole);
        if state.lock().is_whole {
            return Ok(());
        }
        let wrong = |what: String| Err(TransferError::answer(&self.place.url(), what));
        let (len, most) = (state.object.len, self.context.config.memory_limit);
        if matches!(state.sink, Sink::Stream(_)) {
            if len > most {
                return wrong(format!(
                    "the server gives the whole object where a range is asked for, and its {len} bytes are more than the memory limit of {most}; download it to a file"
                ));
            }
            if !state.lock().parts.is_empty() {
                return wrong(
                    "the server gave ranges first, and then the whole object; start again"
                        .to_owned(),
                );
            }
        }
        tracing::debug!(object = %self.place, "the server knows no ranges, so all is fetched at once");
        let Some(fetched) = self.fetch(state, Wanted::Whole)? else {
            return wrong("the whole object was asked for, and did not come".to_owned());
        };
        let part = PartThere {
            range: fetched.range,
            checksum: fetched.checksum,
        };
        if let Sink::Stream(stream) = &state.sink {
            stream.put(1, fetched.bytes)?;
        }
        let mut done = state.lock();
        done.is_whole = true;
        done.resumed_bytes = 0;
        done.parts = BTreeMap::from([(1, part)]);
        Ok(())
    }

    /// Keeps what came.
    fn put(&self, state: &State<'t>, number: u32, fetched: Fetched) -> Result<()> {
        if let Sink::Stream(stream) = &state.sink {
            stream.put(number, fetched.bytes)?;
        }
        let part = PartThere {
            range: fetched.range,
            checksum: fetched.checksum,
        };
        if let Some(journal) = &mut *state.journal.lock() {
            journal.done(number, &part);
        }
        let mut done = state.lock();
        if !done.is_whole {
            done.parts.insert(number, part);
        }
        Ok(())
    }
}

/// Whether a response came that does not prove which bytes it has.
fn is_unproven(error: &Error) -> bool {
    matches!(
        error.root().downcast_ref(),
        Some(TransferError::Answer { .. })
    )
}

/// The bytes of a part, if all parts but the last are as long as the first.
fn nth_range(len: u64, count: u32, first: u64, number: u32) -> Option<Range<u64>> {
    if first == 0 || len.div_ceil(first) != u64::from(count) {
        return None;
    }
    let start = u64::from(number).checked_sub(1)?.checked_mul(first)?;
    let range = start..start.saturating_add(first).min(len);
    (!range.is_empty()).then_some(range)
}

impl State<'_> {
    fn lock(&self) -> MutexGuard<'_, Done> {
        sync::lock(&self.done)
    }

    /// Whether the file has these bytes, and they are those of the part.
    fn has(&self, there: &PartThere, part: &Part) -> bool {
        let is_part = match self.cut {
            Some(Cut::Ranges(_)) => there.range == part.range,
            // where it lies is seen when all are there
            _ => there.range.end <= self.object.len,
        };
        let Some(partial) = self.partial.as_ref().filter(|_| is_part) else {
            return false;
        };
        let body = Body::file_range(&*partial.path, there.range.clone());
        let mut hasher = self.algorithm.hasher();
        hasher.read_body(&body).is_ok() && *hasher.finish() == *there.checksum
    }

    fn end_journal(&self) {
        if let Some(journal) = self.journal.take() {
            journal.remove();
        }
    }
}

impl Done {
    /// Holds all that came against what is stored, and says how long it is.
    fn check_whole(&self, place: &Place, state: &State<'_>) -> Result<u64> {
        let mut at = 0;
        for part in self.parts.values() {
            if part.range.start != at {
                let what = format!("its parts are not one behind the other at byte {at}");
                return Err(TransferError::answer(&place.url(), what));
            }
            at = part.range.end;
        }
        let Some(cut) = state.cut else {
            // it was held against its checksum as it came, and may be newer than what is known of the object
            return Ok(at);
        };
        if at != state.object.len {
            let what = format!("{at} bytes came of {}", state.object.len);
            return Err(TransferError::answer(&place.url(), what));
        }
        let object = &state.object;
        let expected = match (object.whole_checksum(), object.composite_checksum(), cut) {
            (Some((algorithm, expected)), ..) => {
                Some((algorithm, expected, self.whole(algorithm, state)?))
            }
            // of bytes that were fetched by other cuts than those of the upload it cannot be made
            (None, Some((algorithm, expected, _)), Cut::Parts { .. })
                if !self.is_whole && !state.has_ranges.load(Ordering::Relaxed) =>
            {
                let parts = self.parts.values().map(|part| &*part.checksum);
                Some((algorithm, expected, algorithm.composite(parts)))
            }
            _ => None,
        };
        match expected {
            Some((algorithm, expected, Some(actual))) if actual != expected => {
                Err(TransferError::Mismatch {
                    object: place.url().into(),
                    range: None,
                    algorithm,
                    expected: expected.into(),
                    actual: actual.into(),
                }
                .into())
            }
            _ => Ok(at),
        }
    }

    /// The checksum of all bytes: made of those of the parts, or else of the file.
    fn whole(&self, algorithm: ChecksumAlgorithm, state: &State<'_>) -> Result<Option<String>> {
        if algorithm == state.algorithm && algorithm.is_crc() {
            let parts = self.parts.values();
            let parts =
                parts.map(|part| Some((&*part.checksum, part.range.end - part.range.start)));
            return Ok(algorithm.combined(parts));
        }
        if let Sink::Stream(stream) = &state.sink {
            return Ok(stream.checksum());
        }
        let Some(partial) = &state.partial else {
            return Ok(None);
        };
        let mut hasher = algorithm.hasher();
        let body = Body::file(&partial.path).map_err(TransferError::file(&*partial.path))?;
        hasher
            .read_body(&body)
            .map_err(TransferError::file(&*partial.path))?;
        Ok(Some(hasher.finish()))
    }
}
