//! A request of a download: some bytes of an object, asked for again if they come broken.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Args;
use super::error::TransferError;
use super::object::{Object, content_range};
use super::partial::PartialFile;
use super::progress::PartMeter;
use super::{Context, Place};
use crate::checksum::{ChecksumAlgorithm, Hasher};
use crate::error::{Error, Result};
use crate::read;

/// Which bytes are asked for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// As many as there are, if no more than so many.
    First(u64),
    /// Those of a part that was uploaded, of so many.
    Number {
        number: u32,
        count: u32,
    },
    Range(Range<u64>),
    Whole,
}

/// What is asked, and of what.
pub(super) struct Fetch<'f> {
    pub(super) context: &'f Arc<Context>,
    pub(super) place: &'f Place,
    pub(super) args: &'f Args,
    /// The object that it must be; none if any is right.
    pub(super) known: Option<&'f Object>,
    /// The length for a response that tells none, as in chunks.
    pub(super) len: Option<u64>,
    pub(super) wanted: Wanted,
    /// Where the bytes go; else they stay in memory.
    pub(super) file: Option<&'f PartialFile>,
    pub(super) algorithm: ChecksumAlgorithm,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First(len) => write!(f, "bytes 0-{}", len.saturating_sub(1)),
            Self::Number { number, count } => write!(f, "part {number} of {count}"),
            Self::Range(range) => {
                write!(f, "bytes {}-{}", range.start, range.end.saturating_sub(1))
            }
            Self::Whole => f.write_str("the whole object"),
        }
    }
}

/// What a response has.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    /// These bytes of the object.
    Bytes(Range<u64>),
    /// The whole object, although less was asked for, or bytes of an object of unknown length.
    Other,
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
    /// The bytes; none if the server gives the whole object, although less was asked for, or does not say how long it is.
    ///
    /// # Errors
    ///
    /// The service refuses, the response does not prove which bytes it has, the object is another one by now, the bytes come broken as often as they are asked for, or the file
    /// cannot be written.
    pub(super) fn run(&self) -> Result<Option<Fetched>> {
        let most = self.context.config.part_attempts;
        let meter = PartMeter::new(&self.context.meter);
        let mut attempts = 1;
        loop {
            let (source, range) = match self.attempt(&meter) {
                Ok(fetched) => {
                    let range = fetched.as_ref().map(|fetched| &fetched.range);
                    meter.settle(range.map_or(0, |range| range.end - range.start));
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
            Wanted::First(len) => {
                own["Range"] = format!("bytes=0-{}", len.saturating_sub(1)).into()
            }
            Wanted::Number { number, .. } => own["PartNumber"] = (*number).into(),
            // the last is open, as botocore's is
            Wanted::Range(range) if Some(range.end) == self.known.map(|known| known.len) => {
                own["Range"] = format!("bytes={}-", range.start).into()
            }
            Wanted::Range(range) => {
                let last = range.end.saturating_sub(1);
                own["Range"] = format!("bytes={}-{last}", range.start).into()
            }
            Wanted::Whole => {}
        }
        if let Some(etag) = self.etag() {
            own["IfMatch"] = etag.into();
        }
        self.args
            .of(&self.context.client, "GetObject", self.place.params(own))
    }

    fn etag(&self) -> Option<&str> {
        self.known?.etag.as_deref()
    }

    fn attempt(&self, meter: &PartMeter) -> Result<Option<Fetched>, Broken> {
        let request = self.context.request("GetObject", self.params()?);
        let sent = self.context.send(request);
        let mut output = sent.map_err(|error| match (error.code(), self.etag()) {
            (Some("PreconditionFailed"), Some(etag)) => TransferError::ObjectChanged {
                object: self.place.url().into(),
                etag: etag.into(),
            }
            .into(),
            _ => error,
        })?;
        let body = output.body.take();
        let answer = output.value()?;
        if let Some(known) = self.known {
            known.check_same(self.place, &answer)?;
        }
        let known_len = self.known.map(|known| known.len);
        let mut told = answer.clone();
        if let (None, Some(len)) = (told["ContentLength"].as_u64(), self.len)
            && output.meta.status == 200
        {
            told["ContentLength"] = len.into();
        }
        let came = came(&self.wanted, output.meta.status, &told, known_len);
        let range = match came.map_err(|what| TransferError::answer(&self.place.url(), what))? {
            Came::Bytes(range) => range,
            Came::Other => return Ok(None),
        };
        let len = range.end - range.start;
        let mut sink = match self.file {
            Some(partial) => Sink::File(partial.at(range.start)?, partial),
            None => Sink::Memory(Vec::with_capacity(
                usize::try_from(len).unwrap_or(0).min(1 << 26),
            )),
        };
        let mut hasher = self.algorithm.hasher();
        let (mut piece, mut left) = (vec![0; len.clamp(1, read::CHUNK as u64) as usize], len);
        let again = |error| Broken::Again(error, range.clone());
        if let Some(mut body) = body {
            loop {
                let n = read::some(&mut body, &mut piece).map_err(again)?;
                if n == 0 {
                    break;
                }
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
        Ok(Some(self.fetched(range, hasher, sink, answer)))
    }

    fn fetched(&self, range: Range<u64>, hasher: Hasher, sink: Sink<'_>, answer: Value) -> Fetched {
        Fetched {
            range,
            checksum: hasher.finish().into(),
            bytes: sink.done(),
            answer,
        }
    }
}

/// Which bytes a response has, by what it proves: they must be those that were asked for, of an object of the known length.
///
/// # Errors
///
/// What came instead.
fn came(
    wanted: &Wanted,
    status: u16,
    response: &Value,
    known_len: Option<u64>,
) -> Result<Came, String> {
    let content_len = response["ContentLength"].as_u64();
    let text = response["ContentRange"].as_str();
    let wrong = || {
        let range = text.map(|text| format!("Content-Range {text:?}"));
        let range = range.as_deref().unwrap_or("no Content-Range");
        let len = content_len.map(|len| format!("Content-Length {len}"));
        let len = len.as_deref().unwrap_or("no Content-Length");
        let known = known_len.map(|len| format!(" of an object of {len} bytes"));
        let known = known.as_deref().unwrap_or_default();
        format!(
            "{wanted}{known} was asked for, and a response with status {status}, {range} and {len} came"
        )
    };
    let Some(text) = text else {
        let is_all = status != 206;
        if is_all && content_len.is_none() && matches!(wanted, Wanted::First(_)) {
            return Ok(Came::Other);
        }
        let len = content_len.filter(|_| is_all).ok_or_else(wrong)?;
        if known_len.is_some_and(|known| known != len) {
            return Err(wrong());
        }
        let is_all = match wanted {
            Wanted::First(most) => len <= *most,
            Wanted::Number { count, .. } => *count == 1,
            Wanted::Range(range) => *range == (0..len),
            Wanted::Whole => true,
        };
        return Ok(if is_all {
            Came::Bytes(0..len)
        } else {
            Came::Other
        });
    };
    let (range, len) = content_range(text).ok_or_else(wrong)?;
    let is_whole_len = content_len.is_none_or(|len| len == range.end - range.start);
    let is_of_object = len.is_none_or(|len| known_len.is_none_or(|known| known == len));
    let Some(len) = len.or(known_len) else {
        return Ok(Came::Other);
    };
    let is_asked_for = match wanted {
        Wanted::First(most) => range == (0..len.min(*most)),
        Wanted::Number { count, .. } => {
            let told = response["PartsCount"].as_u64();
            told.is_none_or(|told| told == u64::from(*count))
        }
        Wanted::Range(asked) => range == *asked,
        Wanted::Whole => range == (0..len),
    };
    match is_asked_for && is_of_object && is_whole_len && range.end <= len {
        true => Ok(Came::Bytes(range)),
        false => Err(wrong()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_response_proves_is_believed() {
        let range = || Wanted::Range(10..20);
        let part = |count| Wanted::Number { number: 2, count };
        let known = Some(100);
        let bytes = |range| Some(Came::Bytes(range));
        let of = |range: &str, len: u64| json!({"ContentRange": range, "ContentLength": len});
        for (wanted, status, response, known, expected) in [
            (
                range(),
                206,
                of("bytes 10-19/100", 10),
                known,
                bytes(10..20),
            ),
            (
                range(),
                206,
                json!({"ContentRange": "bytes 10-19/100"}),
                known,
                bytes(10..20),
            ),
            (range(), 206, of("bytes 10-19/*", 10), known, bytes(10..20)),
            (range(), 206, of("bytes 10-19/101", 10), known, None),
            (range(), 206, of("bytes 10-19/100", 11), known, None),
            (range(), 206, of("bytes 10-18/100", 9), known, None),
            (range(), 206, of("bytes 9-19/100", 11), known, None),
            (range(), 206, of("bytes 15-24/100", 10), known, None),
            (range(), 206, of("bytes 0-99/100", 100), known, None),
            (range(), 206, of("items 10-19/100", 10), known, None),
            (range(), 206, of("bytes 10-19", 10), known, None),
            (range(), 206, json!({"ContentLength": 10}), known, None),
            (range(), 200, json!({"ContentLength": 10}), known, None),
            (
                range(),
                200,
                json!({"ContentLength": 100}),
                known,
                Some(Came::Other),
            ),
            (range(), 200, json!({}), known, None),
            (
                Wanted::Range(0..100),
                200,
                json!({"ContentLength": 100}),
                known,
                bytes(0..100),
            ),
            (
                Wanted::First(50),
                206,
                of("bytes 0-49/100", 50),
                None,
                bytes(0..50),
            ),
            (
                Wanted::First(50),
                206,
                of("bytes 0-29/30", 30),
                None,
                bytes(0..30),
            ),
            // fewer than there are would leave a hole
            (Wanted::First(50), 206, of("bytes 0-29/100", 30), None, None),
            (
                Wanted::First(50),
                206,
                of("bytes 0-49/*", 50),
                None,
                Some(Came::Other),
            ),
            (
                Wanted::First(50),
                200,
                json!({"ContentLength": 30}),
                None,
                bytes(0..30),
            ),
            (
                Wanted::First(50),
                200,
                json!({"ContentLength": 51}),
                None,
                Some(Came::Other),
            ),
            (
                Wanted::First(50),
                206,
                json!({"ContentLength": 50}),
                None,
                None,
            ),
            (
                part(4),
                206,
                of("bytes 30-59/100", 30),
                known,
                bytes(30..60),
            ),
            (
                part(4),
                206,
                json!({"ContentLength": 30, "PartsCount": 4}),
                known,
                None,
            ),
            (part(4), 206, of("bytes 30-59/90", 30), known, None),
            (
                part(4),
                206,
                json!({"ContentRange": "bytes 30-59/100", "PartsCount": 5}),
                known,
                None,
            ),
            (
                part(4),
                200,
                json!({"ContentLength": 100}),
                known,
                Some(Came::Other),
            ),
            (
                part(1),
                200,
                json!({"ContentLength": 100}),
                known,
                bytes(0..100),
            ),
            (
                Wanted::Whole,
                200,
                json!({"ContentLength": 7}),
                None,
                bytes(0..7),
            ),
            (Wanted::Whole, 200, json!({"ContentLength": 7}), known, None),
            (Wanted::Whole, 206, of("bytes 0-6/7", 7), None, bytes(0..7)),
            (Wanted::Whole, 206, of("bytes 0-5/7", 6), None, None),
            (Wanted::Whole, 200, json!({}), None, None),
            (Wanted::First(50), 200, json!({}), None, Some(Came::Other)),
            (Wanted::First(50), 206, json!({}), None, None),
        ] {
            let name = format!("{wanted}: {status} {response}");
            let came = came(&wanted, status, &response, known);
            if let Err(what) = &came {
                assert!(what.contains(&format!("status {status}")), "{what}");
            }
            assert_eq!(came.ok(), expected, "{name}");
        }
    }
}
