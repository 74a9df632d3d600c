//! A request of a download: some bytes of an object, asked for again if they come broken.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Args;
use super::error::TransferError;
use super::partial::PartialFile;
use super::progress::PartMeter;
use super::{Context, Place};
use crate::checksum::{ChecksumAlgorithm, Hasher};
use crate::error::{Error, Result};

/// Large pieces cost fewer system calls.
const PIECE: u64 = 256 * 1024;

/// Which bytes are asked for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// As many as there are, if no more than so many.
    First(u64),
    /// Those of a part that was uploaded.
    Number(u32),
    Range(Range<u64>),
    Whole,
}

/// What is asked, and of what.
pub(super) struct Fetch<'f> {
    pub(super) context: &'f Arc<Context>,
    pub(super) place: &'f Place,
    pub(super) args: &'f Args,
    /// Of the object that it must be.
    pub(super) etag: Option<&'f str>,
    /// The object's length, if it is known.
    pub(super) len: Option<u64>,
    pub(super) wanted: Wanted,
    /// Where the bytes go; else they stay in memory.
    pub(super) file: Option<&'f PartialFile>,
    pub(super) algorithm: ChecksumAlgorithm,
}

/// Bytes that came.
pub(super) struct Fetched {
    pub(super) range: Range<u64>,
    pub(super) checksum: Box<str>,
    /// None if they are in the file.
    pub(super) bytes: Vec<u8>,
    pub(super) answer: Value,
}

/// What is wrong with bytes that came.
enum Broken {
    /// They may come right when they are asked for again.
    Again(io::Error, Range<u64>),
    Never(Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Never(error)
    }
}

impl Fetch<'_> {
    /// # Errors
    ///
    /// The service refuses, the object is another one by now, the bytes come broken as often as they are asked for, or the file
    /// cannot be written.
    pub(super) fn run(&self) -> Result<Fetched> {
        let most = self.context.config.part_attempts;
        let meter = PartMeter::new(&self.context.meter);
        let mut attempts = 1;
        loop {
            let (source, range) = match self.attempt(&meter) {
                Ok(fetched) => {
                    meter.settle(fetched.range.end - fetched.range.start);
                    return Ok(fetched);
                }
                Err(Broken::Never(error)) => return Err(error),
                Err(Broken::Again(source, range)) => (source, range),
            };
            meter.restart();
            let object = self.place.url().into();
            if self.context.cancel.is_cancelled() {
                return Err(TransferError::Cancelled { what: object }.into());
            }
            if attempts == most {
                return Err(TransferError::PartAttempts {
                    object,
                    range,
                    attempts,
                    source,
                }
                .into());
            }
            tracing::debug!(object = %self.place, ?range, %source, attempts, "asked for again");
            attempts += 1;
        }
    }

    fn params(&self) -> Result<Value> {
        let mut own = json!({});
        match &self.wanted {
            Wanted::First(len) => own["Range"] = format!("bytes=0-{}", len - 1).into(),
            Wanted::Number(number) => own["PartNumber"] = (*number).into(),
            // the last is open, as botocore's is
            Wanted::Range(range) if Some(range.end) == self.len => {
                own["Range"] = format!("bytes={}-", range.start).into()
            }
            Wanted::Range(range) => {
                own["Range"] = format!("bytes={}-{}", range.start, range.end - 1).into()
            }
            Wanted::Whole => {}
        }
        if let Some(etag) = self.etag {
            own["IfMatch"] = etag.into();
        }
        self.args
            .of(&self.context.client, "GetObject", self.place.params(own))
    }

    fn attempt(&self, meter: &PartMeter) -> Result<Fetched, Broken> {
        let request = self.context.request("GetObject", self.params()?);
        let sent = self.context.send(request);
        let mut output = sent.map_err(|error| match (error.code(), self.etag) {
            (Some("PreconditionFailed"), Some(etag)) => TransferError::ObjectChanged {
                object: self.place.url().into(),
                etag: etag.into(),
            }
            .into(),
            _ => error,
        })?;
        let body = output.body.take();
        let answer = output.value()?;
        let range = self.range(&answer)?;
        let len = range.end - range.start;
        let mut sink = match self.file {
            Some(partial) => Sink::File(partial.at(range.start)?, partial),
            None => Sink::Memory(Vec::with_capacity(
                usize::try_from(len).unwrap_or(0).min(1 << 26),
            )),
        };
        let mut hasher = self.algorithm.hasher();
        let (mut piece, mut left) = (vec![0; len.clamp(1, PIECE) as usize], len);
        let again = |error| Broken::Again(error, range.clone());
        if let Some(mut body) = body {
            loop {
                let n = match body.read(&mut piece) {
                    Ok(0) => break,
                    Ok(n) => n,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                    Err(e) => return Err(again(e)),
                };
                self.context.pass(n as u64);
                // what is too much would be another part's in the file
                left = left.checked_sub(n as u64).ok_or_else(|| {
                    again(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "more bytes came than were announced",
                    ))
                })?;
                hasher.update(&piece[..n]);
                sink.write(&piece[..n])?;
                meter.add(n as u64);
            }
        }
        if left > 0 {
            let what = format!("the answer ended {left} bytes too soon");
            return Err(again(io::Error::new(io::ErrorKind::UnexpectedEof, what)));
        }
        Ok(self.fetched(range, hasher, sink, answer))
    }

    fn fetched(&self, range: Range<u64>, hasher: Hasher, sink: Sink<'_>, answer: Value) -> Fetched {
        Fetched {
            range,
            checksum: hasher.finish().into(),
            bytes: sink.done(),
            answer,
        }
    }

    /// Which bytes the answer has: those that were asked for.
    fn range(&self, answer: &Value) -> Result<Range<u64>> {
        let wrong = |what: String| TransferError::answer(&self.place.url(), what);
        let Some(text) = answer["ContentRange"].as_str() else {
            let len = answer["ContentLength"].as_u64();
            let whole = len
                .map(|len| 0..len)
                .ok_or_else(|| wrong("the answer does not say how long it is".to_owned()))?;
            return match &self.wanted {
                Wanted::First(_) | Wanted::Whole => Ok(whole),
                // a server that gives all of a short object
                Wanted::Range(range) if *range == whole => Ok(whole),
                _ => Err(wrong(
                    "a range was asked for, and the answer is the whole object".to_owned(),
                )),
            };
        };
        let (range, len) = content_range(text).ok_or_else(|| {
            wrong(format!(
                "the answer has a range that cannot be read: {text:?}"
            ))
        })?;
        let is_asked_for = match &self.wanted {
            Wanted::First(most) => range.start == 0 && range.end <= *most,
            Wanted::Number(_) => true,
            Wanted::Range(asked) => range == *asked,
            Wanted::Whole => range == (0..len),
        };
        let is_of_object = range.end <= len && self.len.is_none_or(|known| known == len);
        match is_asked_for && is_of_object {
            true => Ok(range),
            false => Err(wrong(format!(
                "{:?} was asked for, and the answer has {text:?}",
                self.wanted
            ))),
        }
    }
}

/// Where bytes go as they come.
enum Sink<'f> {
    File(File, &'f PartialFile),
    Memory(Vec<u8>),
}

impl Sink<'_> {
    fn write(&mut self, piece: &[u8]) -> Result<()> {
        match self {
            Self::File(file, partial) => {
                let written = file.write_all(piece);
                written.map_err(TransferError::file(&*partial.path))
            }
            Self::Memory(bytes) => {
                bytes.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    fn done(self) -> Vec<u8> {
        match self {
            Self::File(file, partial) => {
                partial.put_back(file);
                Vec::new()
            }
            Self::Memory(bytes) => bytes,
        }
    }
}

/// `bytes 0-9/100`.
fn content_range(text: &str) -> Option<(Range<u64>, u64)> {
    let (range, len) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, last) = range.split_once('-')?;
    let (start, last): (u64, u64) = (start.parse().ok()?, last.parse().ok()?);
    let end = last.checked_add(1)?;
    (start < end).then_some((start..end, len.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_strictly() {
        assert_eq!(content_range("bytes 0-9/100"), Some((0..10, 100)));
        assert_eq!(content_range("bytes 99-99/100"), Some((99..100, 100)));
        for text in [
            "",
            "bytes",
            "bytes 0-9",
            "bytes 9-0/100",
            "bytes 0-9/*",
            "0-9/100",
            "bytes 0-18446744073709551615/1",
        ] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }
}
