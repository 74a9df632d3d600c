//! Messages of the `application/vnd.amazon.eventstream` format.
//!
//! ```text
//! message = total length: u32, headers length: u32, CRC-32 of these: u32, header*, payload, CRC-32 of all before: u32
//! header  = length of name: u8, name, type: u8, value
//! value   = nothing (0 true, 1 false) │ i8 (2) │ i16 (3) │ i32 (4) │ i64 (5) │ u16 and as many bytes (6 bytes, 7 text)
//!         │ i64, milliseconds since 1970 (8) │ 16 bytes (9)
//! ```
//! All numbers are big-endian.

use std::io::{self, Read};

#[cfg(feature = "async")]
use bytes::BytesMut;
use bytes::{Buf, Bytes};
use crc_fast::CrcAlgorithm;

use crate::read;

const CRC: CrcAlgorithm = CrcAlgorithm::Crc32IsoHdlc;

fn crc32(bytes: &[u8]) -> u32 {
    crc_fast::checksum(CRC, bytes) as u32 // it has 32 bits
}

/// A message: headers and a payload.
///
/// ```
/// use tucuxi::eventstream::{HeaderValue, Message};
///
/// let message = Message::new("hello").with(":event-type", HeaderValue::String("Greeting".into()));
/// let bytes = message.encode()?;
/// let read = Message::read(&mut &bytes[..])?.unwrap();
/// assert_eq!(read.text(":event-type"), Some("Greeting"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The headers, in their order.
    pub headers: Vec<(String, HeaderValue)>,
    /// The payload.
    pub payload: Bytes,
}

/// The value of a header of a [`Message`].
///
/// ```
/// use tucuxi::eventstream::{HeaderValue, Message};
///
/// let message = Message::new("{}").with("attempt", HeaderValue::Int(2));
/// match message.header("attempt") {
///     Some(HeaderValue::Int(n)) => assert_eq!(*n, 2),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValue {
    /// True or false.
    Bool(bool),
    /// An 8-bit integer.
    Byte(i8),
    /// Bytes.
    Bytes(Bytes),
    /// A 32-bit integer.
    Int(i32),
    /// A 64-bit integer.
    Long(i64),
    /// A 16-bit integer.
    Short(i16),
    /// Text.
    String(String),
    /// Milliseconds since 1970.
    Timestamp(i64),
    /// A UUID.
    Uuid([u8; 16]),
}

/// A malformed message, or a stream that fails or ends too early.
///
/// ```
/// use tucuxi::eventstream::{FrameError, Message};
///
/// let bytes = Message::new("hello").encode()?;
/// let error = Message::read(&mut &bytes[..10]).unwrap_err();
/// assert!(matches!(error, FrameError::Truncated));
/// # Ok::<(), FrameError>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A checksum does not match the bytes.
    #[error("event stream: the checksum does not match the {0}")]
    Checksum(&'static str),
    /// Two headers have the same name.
    #[error("event stream: duplicate header {0:?}")]
    DuplicateHeader(String),
    /// An invalid header.
    #[error("event stream: invalid header: {0}")]
    Header(&'static str),
    /// A length above the limit of the format, or too small for the parts of the message.
    #[error("event stream: invalid length of the {part}: {length} bytes")]
    Length {
        /// The part with the length.
        part: &'static str,
        /// The length.
        length: u32,
    },
    /// The stream has no message, but its protocol requires an initial response.
    #[error("event stream: the stream ended before its initial response")]
    Empty,
    /// The stream cannot be read.
    #[error("event stream: reading failed: {0}")]
    Read(io::Error),
    /// The connection was closed between two messages, without a length or a last chunk that confirms the end of the stream.
    #[error(
        "event stream: the connection was closed, without a length or a last chunk that confirms the end of the stream"
    )]
    Unproven,
    /// The stream ended inside a message.
    #[error("event stream: the stream ended inside a message")]
    Truncated,
}

/// The size of the two lengths and their checksum.
const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
const MAX_HEADERS: u32 = 128 * 1024;
const MAX_PAYLOAD: u32 = 24 * 1024 * 1024;

impl Message {
    /// Creates a message with this payload and no headers.
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self {
            headers: Vec::new(),
            payload: payload.into(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: HeaderValue) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&HeaderValue> {
        let found = self.headers.iter().find(|(known, _)| **known == *name);
        found.map(|(_, value)| value)
    }

    /// Returns the value of a header, if it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.header(name)? {
            HeaderValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// Reads a message. Returns `None` at the end of the stream.
    ///
    /// # Errors
    ///
    /// Returns an error if the stream fails or ends inside the message, or if the message is invalid.
    pub fn read(from: &mut impl Read) -> Result<Option<Self>, FrameError> {
        let mut prelude = [0; PRELUDE];
        match fill(from, &mut prelude)? {
            0 => return Ok(None),
            PRELUDE => {}
            _ => return Err(FrameError::Truncated),
        }
        let prelude = Prelude::parse(prelude)?;
        let mut rest = vec![0; prelude.rest()];
        whole(from, &mut rest)?;
        prelude.message(rest.into()).map(Some)
    }

    /// Takes a message from the front of the bytes that have been received; `None` if they hold only a part of one.
    ///
    /// # Errors
    ///
    /// Returns an error if the message is invalid.
    #[cfg(feature = "async")]
    pub(crate) fn split_from(received: &mut BytesMut) -> Result<Option<Self>, FrameError> {
        let Some(prelude) = received.first_chunk() else {
            return Ok(None);
        };
        let prelude = Prelude::parse(*prelude)?;
        let total = PRELUDE + prelude.rest();
        if received.len() < total {
            received.reserve(total - received.len());
            return Ok(None);
        }
        let rest = received.split_to(total).split_off(PRELUDE);
        prelude.message(rest.freeze()).map(Some)
    }

    /// Encodes the message.
    ///
    /// # Errors
    ///
    /// Returns an error if a name, a value, all headers together or the payload are longer than the format allows.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let headers = self.encoded_headers()?;
        let length = |part, bytes: &[u8], most: u32| {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            match length <= most {
                true => Ok(length),
                false => Err(FrameError::Length { part, length }),
            }
        };
        let headers_len = length("headers", &headers, MAX_HEADERS)?;
        let payload_len = length("message", &self.payload, MAX_PAYLOAD)?;
        let total = headers_len + payload_len + (PRELUDE + CHECKSUM) as u32;
        let mut out = Vec::with_capacity(total as usize);
        out.extend(total.to_be_bytes());
        out.extend(headers_len.to_be_bytes());
        out.extend(crc32(&out).to_be_bytes());
        out.extend(headers);
        out.extend_from_slice(&self.payload);
        out.extend(crc32(&out).to_be_bytes());
        Ok(out)
    }
}

impl Message {
    /// Encodes the headers, which are what a signature covers besides the payload.
    pub(crate) fn encoded_headers(&self) -> Result<Vec<u8>, FrameError> {
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let length = u8::try_from(name.len()).ok().filter(|length| *length > 0);
            headers.push(length.ok_or(FrameError::Header("the length of the name"))?);
            headers.extend_from_slice(name.as_bytes());
            value.encode(&mut headers)?;
        }
        Ok(headers)
    }
}

/// The first bytes of a message: its lengths.
struct Prelude {
    bytes: [u8; PRELUDE],
    headers: usize,
    payload: usize,
}

impl Prelude {
    fn parse(bytes: [u8; PRELUDE]) -> Result<Self, FrameError> {
        let number = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|i| bytes[at + i]));
        let (total, headers) = (number(0), number(4));
        if crc32(&bytes[..8]) != number(8) {
            return Err(FrameError::Checksum("lengths"));
        }
        if headers > MAX_HEADERS {
            let (part, length) = ("headers", headers);
            return Err(FrameError::Length { part, length });
        }
        // no overflow: headers are bounded
        let frame = (PRELUDE + CHECKSUM) as u32 + headers;
        let payload = total
            .checked_sub(frame)
            .filter(|length| *length <= MAX_PAYLOAD);
        let Some(payload) = payload else {
            let (part, length) = ("message", total);
            return Err(FrameError::Length { part, length });
        };
        Ok(Self {
            bytes,
            headers: headers as usize,
            payload: payload as usize,
        })
    }

    /// The length of what follows: headers, payload and checksum.
    fn rest(&self) -> usize {
        self.headers + self.payload + CHECKSUM
    }

    fn message(&self, mut rest: Bytes) -> Result<Message, FrameError> {
        let sum = rest.split_off(rest.len() - CHECKSUM).get_u32();
        let mut digest = crc_fast::Digest::new(CRC);
        digest.update(&self.bytes);
        digest.update(&rest);
        if digest.finalize() != u64::from(sum) {
            return Err(FrameError::Checksum("message"));
        }
        let payload = rest.split_off(self.headers);
        let headers = read_headers(rest)?;
        Ok(Message { headers, payload })
    }
}

/// Fills the buffer and returns the number of bytes, which is less than the buffer's length only at the end of the stream.
fn fill(from: &mut impl Read, into: &mut [u8]) -> Result<usize, FrameError> {
    let mut filled = 0;
    while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read::some(from, rest).map_err(FrameError::Read)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

fn whole(from: &mut impl Read, into: &mut [u8]) -> Result<(), FrameError> {
    match fill(from, into)? == into.len() {
        true => Ok(()),
        false => Err(FrameError::Truncated),
    }
}

fn read_headers(mut bytes: Bytes) -> Result<Vec<(String, HeaderValue)>, FrameError> {
    let mut headers: Vec<(String, HeaderValue)> = Vec::new();
    while !bytes.is_empty() {
        let length = bytes.get_u8().into();
        let name = text(&mut bytes, length)?;
        if name.is_empty() {
            return Err(FrameError::Header("no name"));
        }
        headers.push((name, HeaderValue::decode(&mut bytes)?));
    }
    match duplicate(&headers) {
        Some(name) => Err(FrameError::DuplicateHeader(name.into())),
        None => Ok(headers),
    }
}

/// Finds a name that occurs twice. Sorting keeps this fast for many headers.
fn duplicate(headers: &[(String, HeaderValue)]) -> Option<&str> {
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    let pair = names.windows(2).find(|pair| pair[0] == pair[1])?;
    pair.first().copied()
}

const TRUNCATED: FrameError = FrameError::Header("shorter than its length");

fn take(bytes: &mut Bytes, length: usize) -> Result<Bytes, FrameError> {
    match length <= bytes.len() {
        true => Ok(bytes.split_to(length)),
        false => Err(TRUNCATED),
    }
}

fn text(bytes: &mut Bytes, length: usize) -> Result<String, FrameError> {
    let part = take(bytes, length)?;
    let text = std::str::from_utf8(&part).map_err(|_| FrameError::Header("not UTF-8"))?;
    Ok(text.into())
}

impl HeaderValue {
    fn decode(bytes: &mut Bytes) -> Result<Self, FrameError> {
        let kind = bytes.try_get_u8().map_err(|_| TRUNCATED)?;
        let cut = |_| TRUNCATED;
        Ok(match kind {
            0 => Self::Bool(true),
            1 => Self::Bool(false),
            2 => Self::Byte(bytes.try_get_i8().map_err(cut)?),
            3 => Self::Short(bytes.try_get_i16().map_err(cut)?),
            4 => Self::Int(bytes.try_get_i32().map_err(cut)?),
            5 => Self::Long(bytes.try_get_i64().map_err(cut)?),
            6 | 7 => {
                let length = bytes.try_get_u16().map_err(cut)?.into();
                match kind {
                    6 => Self::Bytes(take(bytes, length)?),
                    _ => Self::String(text(bytes, length)?),
                }
            }
            8 => Self::Timestamp(bytes.try_get_i64().map_err(cut)?),
            9 => {
                let mut uuid = [0; 16];
                bytes.try_copy_to_slice(&mut uuid).map_err(cut)?;
                Self::Uuid(uuid)
            }
            _ => return Err(FrameError::Header("unknown type")),
        })
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let mut long = |kind: u8, bytes: &[u8]| {
            let length = u16::try_from(bytes.len());
            let length = length.map_err(|_| FrameError::Header("value too long"))?;
            out.push(kind);
            out.extend(length.to_be_bytes());
            out.extend_from_slice(bytes);
            Ok(())
        };
        match self {
            Self::Bytes(bytes) => return long(6, bytes),
            Self::String(text) => return long(7, text.as_bytes()),
            Self::Bool(true) => out.push(0),
            Self::Bool(false) => out.push(1),
            Self::Byte(n) => out.extend([2, n.to_be_bytes()[0]]),
            Self::Short(n) => {
                out.push(3);
                out.extend(n.to_be_bytes());
            }
            Self::Int(n) => {
                out.push(4);
                out.extend(n.to_be_bytes());
            }
            Self::Long(n) => {
                out.push(5);
                out.extend(n.to_be_bytes());
            }
            Self::Timestamp(n) => {
                out.push(8);
                out.extend(n.to_be_bytes());
            }
            Self::Uuid(uuid) => {
                out.push(9);
                out.extend(uuid);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Message {
        Message::new("payload")
            .with("yes", HeaderValue::Bool(true))
            .with("no", HeaderValue::Bool(false))
            .with("byte", HeaderValue::Byte(-1))
            .with("short", HeaderValue::Short(-2))
            .with("int", HeaderValue::Int(-3))
            .with("long", HeaderValue::Long(i64::MIN))
            .with("bytes", HeaderValue::Bytes(Bytes::from_static(b"\0\xff")))
            .with("text", HeaderValue::String("tëxt".into()))
            .with("time", HeaderValue::Timestamp(1_700_000_000_123))
            .with("uuid", HeaderValue::Uuid([7; 16]))
    }

    #[test]
    fn a_written_message_can_be_read() {
        let bytes = [
            sample().encode().unwrap(),
            Message::default().encode().unwrap(),
        ]
        .concat();
        let mut from = &bytes[..];
        assert_eq!(Message::read(&mut from).unwrap(), Some(sample()));
        assert_eq!(Message::read(&mut from).unwrap(), Some(Message::default()));
        assert_eq!(Message::read(&mut from).unwrap(), None);
    }

    #[test]
    fn a_message_truncated_anywhere_is_an_error() {
        let bytes = sample().encode().unwrap();
        for end in 1..bytes.len() {
            let cut = Message::read(&mut &bytes[..end]);
            assert!(
                matches!(cut, Err(FrameError::Truncated)),
                "cut at {end}: {cut:?}"
            );
        }
    }

    /// A reader that fails after its bytes.
    struct Broken<'a>(&'a [u8]);

    impl Read for Broken<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buf)? {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                n => Ok(n),
            }
        }
    }

    #[test]
    fn a_failure_between_two_messages_is_not_the_end() {
        let bytes = sample().encode().unwrap();
        for end in 0..=bytes.len() {
            let mut from = Broken(&bytes[..end]);
            if end == bytes.len() {
                assert_eq!(Message::read(&mut from).unwrap(), Some(sample()));
            }
            let found = Message::read(&mut from);
            assert!(
                matches!(found, Err(FrameError::Read(_))),
                "{end}: {found:?}"
            );
        }
    }

    #[test]
    fn many_headers_are_read_fast_and_duplicates_are_errors() {
        let with = |last: &str| {
            let names = (0..20_000).map(|n| format!("{n:x}"));
            let message = names
                .chain([last.into()])
                .fold(Message::new(""), |m, name| {
                    m.with(name, HeaderValue::Bool(true))
                });
            Message::read(&mut &message.encode().unwrap()[..])
        };
        let since = std::time::Instant::now();
        assert_eq!(with("last").unwrap().unwrap().headers.len(), 20_001);
        let twice = with("1a");
        assert!(
            matches!(twice, Err(FrameError::DuplicateHeader(_))),
            "{twice:?}"
        );
        assert!(since.elapsed() < std::time::Duration::from_secs(5));
    }

    #[test]
    fn a_message_changed_anywhere_is_an_error() {
        let bytes = sample().encode().unwrap();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(
                    Message::read(&mut &changed[..]).is_err(),
                    "byte {at}, bit {bit}"
                );
            }
        }
    }

    #[test]
    fn limits_are_checked_before_memory_is_allocated() {
        let prelude = |total: u32, headers: u32| {
            let mut bytes = [total.to_be_bytes(), headers.to_be_bytes()].concat();
            bytes.extend(crc32(&bytes).to_be_bytes());
            Message::read(&mut &bytes[..])
        };
        for (total, headers) in [(u32::MAX, 0), (16, MAX_HEADERS + 1), (15, 0), (20, 5)] {
            let found = prelude(total, headers);
            assert!(
                matches!(found, Err(FrameError::Length { .. })),
                "{total} {headers}: {found:?}"
            );
        }
    }
}
