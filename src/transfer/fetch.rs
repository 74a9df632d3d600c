//! One request of a download, repeated if the response is truncated or corrupted.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Args;
use super::context::Context;
use super::error::TransferError;
use super::object::{Object, content_range};
use super::object_ref::ObjectRef;
use super::partial::PartialFile;
use super::progress::PartMeter;
use super::resume::ResumablePart;
use crate::checksum::ChecksumAlgorithm;
use crate::error::{Error, Result};
use crate::read;

/// The bytes to request.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// At most this many bytes from the start.
    First(u64),
    /// An uploaded part.
    Number {
        number: u32,
        count: u32,
    },
    Range(Range<u64>),
    Whole,
}

/// A request for some bytes of an object.
pub(super) struct Fetch<'f> {
    pub(super) context: &'f Arc<Context>,
    pub(super) object: &'f ObjectRef,
    pub(super) args: &'f Args,
    /// The object that the response must match, or `None` to accept any.
    pub(super) known: Option<&'f Object>,
    /// The length to assume for a response without one.
    pub(super) len: Option<u64>,
    pub(super) wanted: Wanted,
    /// The file to write to. Without one, the bytes stay in memory.
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

/// The content of a response.
#[derive(Debug, PartialEq, Eq)]
enum Received {
    /// These bytes of the object.
    Bytes(Range<u64>),
    /// The whole object although less was requested, or bytes of an object of unknown length.
    Other,
}

/// Bytes that were received.
pub(super) struct Fetched {
    pub(super) range: Range<u64>,
    checksum: Box<str>,
    /// Empty if the bytes are in the file.
    pub(super) bytes: Vec<u8>,
    pub(super) response: Value,
}

impl Fetched {
    pub(super) fn into_part(self) -> (ResumablePart, Vec<u8>) {
        let (range, checksum) = (self.range, self.checksum);
        (ResumablePart { range, checksum }, self.bytes)
    }
}

/// The failure of an attempt.
enum Failed {
    /// Another attempt may succeed.
    Retryable(io::Error, Range<u64>),
    Permanent(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Permanent(error)
    }
}

impl Fetch<'_> {
    /// Fetches the bytes. Returns `None` if the server sends the whole object although less was requested, or does not report the
    /// length of the object.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails, the response does not prove which bytes it has, the object was replaced, all
    /// attempts fail, or the file cannot be written.
    pub(super) fn run(&self) -> Result<Option<Fetched>> {
        let max = self.context.config.part_attempts;
        let meter = PartMeter::new(&self.context.meter);
        let mut attempts = 1;
        loop {
            let (source, range) = match self.attempt(&meter) {
                Ok(fetched) => {
                    let range = fetched.as_ref().map(|fetched| &fetched.range);
                    meter.complete(range.map_or(0, |range| range.end - range.start));
                    return Ok(fetched);
                }
                Err(Failed::Permanent(error)) => return Err(error),
                Err(Failed::Retryable(source, range)) => (source, range),
            };
            meter.restart();
            let object = self.object.url();
            if self.context.cancel.is_cancelled() {
                return Err(TransferError::Cancelled { what: object }.into());
            }
            if attempts == max {
                return Err(TransferError::PartAttempts {
                    object,
                    range,
                    attempts,
                    source,
                }
                .into());
            }
            tracing::debug!(%object, ?range, %source, attempts, "requesting again");
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
            // the last range is open, as botocore's is
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
        let own = self.object.params(own);
        self.args.params(&self.context.client, "GetObject", own)
    }

    fn etag(&self) -> Option<&str> {
        self.known?.etag.as_deref()
    }

    fn attempt(&self, meter: &PartMeter) -> Result<Option<Fetched>, Failed> {
        let request = self.context.request("GetObject", self.params()?);
        let sent = self.context.send(request);
        let mut output = sent.map_err(|error| match (error.code(), self.etag()) {
            (Some("PreconditionFailed"), Some(etag)) => TransferError::ObjectChanged {
                object: self.object.url(),
                etag: etag.to_owned(),
            }
            .into(),
            _ => error,
        })?;
        let body = output.body.take();
        let response = output.to_value()?;
        if let Some(known) = self.known {
            known.check_same(self.object, &response)?;
        }
        let known_len = self.known.map(|known| known.len);
        let mut described = response.clone();
        if let (None, Some(len)) = (described["ContentLength"].as_u64(), self.len)
            && output.meta.status == 200
        {
            described["ContentLength"] = len.into();
        }
        let received = received(&self.wanted, output.meta.status, &described, known_len);
        let wrong = |what| TransferError::response(&self.object.url(), what);
        let range = match received.map_err(wrong)? {
            Received::Bytes(range) => range,
            Received::Other => return Ok(None),
        };
        let mut sink = match self.file {
            Some(partial) => Sink::File(partial.at(range.start)?, partial),
            None => {
                let len = usize::try_from(range.end - range.start).unwrap_or(0);
                Sink::Memory(Vec::with_capacity(len.min(1 << 26)))
            }
        };
        let checksum = match body {
            Some(mut body) => self.read(&mut body, &range, &mut sink, meter)?,
            None => self.read(&mut io::empty(), &range, &mut sink, meter)?,
        };
        Ok(Some(Fetched {
            range,
            checksum: checksum.into(),
            bytes: sink.finish(),
            response,
        }))
    }

    /// Reads the body, and returns its checksum.
    fn read(
        &self,
        body: &mut impl io::Read,
        range: &Range<u64>,
        sink: &mut Sink<'_>,
        meter: &PartMeter,
    ) -> Result<String, Failed> {
        let retryable = |error| Failed::Retryable(error, range.clone());
        let mut hasher = self.algorithm.hasher();
        let mut left = range.end - range.start;
        let mut chunk = vec![0; left.clamp(1, read::CHUNK as u64) as usize];
        loop {
            let n = read::some(body, &mut chunk).map_err(retryable)?;
            if n == 0 {
                break;
            }
            self.context.throttle(n as u64);
            // excess bytes would overwrite those of another part in the file
            left = left.checked_sub(n as u64).ok_or_else(|| {
                let what = "the response is longer than announced";
                retryable(io::Error::new(io::ErrorKind::InvalidData, what))
            })?;
            hasher.update(&chunk[..n]);
            sink.write(&chunk[..n])?;
            meter.add(n as u64);
        }
        if left > 0 {
            let what = format!("the response ended {left} bytes early");
            return Err(retryable(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                what,
            )));
        }
        Ok(hasher.finish())
    }
}

/// Returns which bytes a response proves to have. They must be the requested ones, of an object with the known length.
///
/// # Errors
///
/// Returns a description of the response if it is not what was requested.
fn received(
    wanted: &Wanted,
    status: u16,
    response: &Value,
    known_len: Option<u64>,
) -> Result<Received, String> {
    let content_len = response["ContentLength"].as_u64();
    let text = response["ContentRange"].as_str();
    let wrong = || {
        let range = text.map(|text| format!("Content-Range {text:?}"));
        let range = range.as_deref().unwrap_or("no Content-Range");
        let len = content_len.map(|len| format!("Content-Length {len}"));
        let len = len.as_deref().unwrap_or("no Content-Length");
        let known = known_len.map(|len| format!(" of an object of {len} bytes"));
        let known = known.as_deref().unwrap_or_default();
        format!("requested {wanted}{known}, but received status {status} with {range} and {len}")
    };
    let Some(text) = text else {
        let is_all = status != 206;
        if is_all && content_len.is_none() && matches!(wanted, Wanted::First(_)) {
            return Ok(Received::Other);
        }
        let len = content_len.filter(|_| is_all).ok_or_else(wrong)?;
        if known_len.is_some_and(|known| known != len) {
            return Err(wrong());
        }
        let is_all = match wanted {
            Wanted::First(max) => len <= *max,
            Wanted::Number { count, .. } => *count == 1,
            Wanted::Range(range) => *range == (0..len),
            Wanted::Whole => true,
        };
        return Ok(if is_all {
            Received::Bytes(0..len)
        } else {
            Received::Other
        });
    };
    let (range, len) = content_range(text).ok_or_else(wrong)?;
    let is_whole_len = content_len.is_none_or(|len| len == range.end - range.start);
    let is_of_object = len.is_none_or(|len| known_len.is_none_or(|known| known == len));
    let Some(len) = len.or(known_len) else {
        return Ok(Received::Other);
    };
    let is_wanted = match wanted {
        Wanted::First(max) => range == (0..len.min(*max)),
        Wanted::Number { count, .. } => {
            let reported = response["PartsCount"].as_u64();
            reported.is_none_or(|reported| reported == u64::from(*count))
        }
        Wanted::Range(wanted) => range == *wanted,
        Wanted::Whole => range == (0..len),
    };
    match is_wanted && is_of_object && is_whole_len && range.end <= len {
        true => Ok(Received::Bytes(range)),
        false => Err(wrong()),
    }
}

/// The destination of the received bytes.
enum Sink<'f> {
    File(File, &'f PartialFile),
    Memory(Vec<u8>),
}

impl Sink<'_> {
    fn write(&mut self, chunk: &[u8]) -> Result<()> {
        match self {
            Self::File(file, partial) => partial.write(file, chunk),
            Self::Memory(bytes) => {
                bytes.extend_from_slice(chunk);
                Ok(())
            }
        }
    }

    fn finish(self) -> Vec<u8> {
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
    fn response_must_prove_its_range() {
        let range = || Wanted::Range(10..20);
        let part = |count| Wanted::Number { number: 2, count };
        let known = Some(100);
        let bytes = |range| Some(Received::Bytes(range));
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
                Some(Received::Other),
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
                Some(Received::Other),
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
                Some(Received::Other),
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
                Some(Received::Other),
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
            (
                Wanted::First(50),
                200,
                json!({}),
                None,
                Some(Received::Other),
            ),
            (Wanted::First(50), 206, json!({}), None, None),
        ] {
            let name = format!("{wanted}: {status} {response}");
            let came = received(&wanted, status, &response, known);
            if let Err(what) = &came {
                assert!(what.contains(&format!("status {status}")), "{what}");
            }
            assert_eq!(came.ok(), expected, "{name}");
        }
    }
}
