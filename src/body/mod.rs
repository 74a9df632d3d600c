//! Bodies: a request's is a recipe that can be opened again, a response's is read once.

mod response;
mod spool;

pub use self::response::ResponseBody;

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::{read, sync};

/// A request body.
///
/// It is opened once to be hashed, if the signature needs that, and once for each attempt; so a file or a
/// [`BodySource`] is read in pieces and never held in memory. A plain reader can be opened once only.
///
/// ```
/// use tucuxi::Body;
/// let body = Body::from("hello");
/// assert_eq!(body.len(), Some(5));
/// ```
#[derive(Clone)]
pub struct Body(Kind);

#[derive(Clone)]
enum Kind {
    Bytes(Bytes),
    File { path: Arc<Path>, range: Range<u64> },
    Source(Arc<dyn BodySource>),
}

/// Where a body's bytes come from.
pub trait BodySource: Send + Sync {
    /// How many bytes there are, if that is known beforehand.
    fn len(&self) -> Option<u64>;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Starts reading from the beginning.
    ///
    /// # Errors
    ///
    /// Whatever the source says.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// Starts reading what is only to be hashed, and not sent: for a source that counts what goes out.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    fn open_to_hash(&self) -> io::Result<Box<dyn Read + Send>> {
        self.open()
    }

    /// How often it can be opened. A source that wraps another one returns that one's value.
    fn reuse(&self) -> Reuse;
}

/// How often a body can be opened: no attempt is repeated whose body is consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Any number of times.
    Always,
    /// Once, and it was not opened yet.
    Once,
    /// It was opened, and cannot be opened again.
    Consumed,
}

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Bytes::new().into()
    }

    /// A whole file, as long as it is now.
    ///
    /// # Errors
    ///
    /// The file is not there or cannot be asked for its length.
    pub fn file(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let metadata = std::fs::metadata(&path)?;
        if !metadata.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        Ok(Self::file_range(path, 0..metadata.len()))
    }

    /// These bytes of a file.
    pub fn file_range(path: impl Into<PathBuf>, range: Range<u64>) -> Self {
        Self(Kind::File {
            path: path.into().into(),
            range,
        })
    }

    /// A source of your own.
    pub fn from_source(source: impl BodySource + 'static) -> Self {
        Self(Kind::Source(Arc::new(source)))
    }

    /// A reader of unknown length, which can be read once.
    pub fn from_reader(reader: impl Read + Send + 'static) -> Self {
        Self::one_shot(Box::new(reader), None)
    }

    /// A reader of this length, which can be read once. It must end there: one that goes on is an error, as is one that
    /// ends before.
    pub fn from_reader_with_len(reader: impl Read + Send + 'static, len: u64) -> Self {
        Self::one_shot(Box::new(reader), Some(len))
    }

    fn one_shot(reader: Box<dyn Read + Send>, len: Option<u64>) -> Self {
        Self::from_source(OneShot {
            reader: Mutex::new(Some(reader)),
            len,
        })
    }

    /// How many bytes there are, if that is known beforehand.
    pub fn len(&self) -> Option<u64> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(bytes.len() as u64),
            Kind::File { range, .. } => Some(range.end.saturating_sub(range.start)),
            Kind::Source(source) => source.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The same body with this length, which its source may not know.
    ///
    /// # Errors
    ///
    /// The length is known to be another. A source that turns out to be shorter or longer fails when it is read.
    pub(crate) fn of_len(self, len: u64) -> io::Result<Self> {
        match self.len() {
            Some(known) if known == len => Ok(self),
            Some(known) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("it has {known} bytes, and its length is given as {len}"),
            )),
            None => Ok(Self::from_source(OfLength { body: self, len })),
        }
    }

    /// How often it can be opened.
    ///
    /// ```
    /// use tucuxi::{Body, Reuse};
    /// assert_eq!(Body::from("hello").reuse(), Reuse::Always);
    /// let reader = Body::from_reader(&b"hello"[..]);
    /// assert_eq!(reader.reuse(), Reuse::Once);
    /// reader.open()?;
    /// assert_eq!(reader.reuse(), Reuse::Consumed);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reuse(&self) -> Reuse {
        match &self.0 {
            Kind::Bytes(_) | Kind::File { .. } => Reuse::Always,
            Kind::Source(source) => source.reuse(),
        }
    }

    /// The bytes, if they are in memory.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The file, and which of its bytes, if it is one.
    pub(crate) fn as_file(&self) -> Option<(&Arc<Path>, &Range<u64>)> {
        match &self.0 {
            Kind::File { path, range } => Some((path, range)),
            _ => None,
        }
    }

    /// Starts reading from the beginning. Where the length is known, a source of another length gives an error.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or a reader was read before.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.open_source(|source| source.open())
    }

    /// As [`open`](Self::open), for bytes that are hashed and not sent.
    pub(crate) fn open_to_hash(&self) -> io::Result<Box<dyn Read + Send>> {
        self.open_source(|source| source.open_to_hash())
    }

    fn open_source(
        &self,
        open: impl FnOnce(&dyn BodySource) -> io::Result<Box<dyn Read + Send>>,
    ) -> io::Result<Box<dyn Read + Send>> {
        let whole = |reader, len| -> io::Result<Box<dyn Read + Send>> {
            let Some(left) = len else {
                return Ok(reader);
            };
            let mut exact = Exact { reader, left };
            // of no bytes none is read later
            if left == 0 && exact.goes_on()? {
                return Err(too_long());
            }
            Ok(Box::new(exact))
        };
        match &self.0 {
            Kind::Bytes(bytes) => Ok(Box::new(io::Cursor::new(bytes.clone()))),
            Kind::File { path, range } => {
                let named =
                    |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
                let mut file = File::open(path).map_err(named)?;
                file.seek(SeekFrom::Start(range.start)).map_err(named)?;
                let len = range.end.saturating_sub(range.start);
                whole(Box::new(file.take(len)), Some(len))
            }
            Kind::Source(source) => whole(open(&**source)?, source.len()),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Kind::Bytes(_) => "bytes",
            Kind::File { .. } => "file",
            Kind::Source(_) => "source",
        };
        write!(f, "Body({kind}, length {:?})", self.len())
    }
}

struct OneShot {
    reader: Mutex<Option<Box<dyn Read + Send>>>,
    len: Option<u64>,
}

impl BodySource for OneShot {
    fn len(&self) -> Option<u64> {
        self.len
    }
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut reader = sync::lock(&self.reader);
        reader.take().ok_or_else(|| {
            let what = "the body is a reader that was read already; give bytes, a file or a source \
                        that can be opened again";
            io::Error::other(what)
        })
    }
    fn reuse(&self) -> Reuse {
        match *sync::lock(&self.reader) {
            Some(_) => Reuse::Once,
            None => Reuse::Consumed,
        }
    }
}

/// A body whose length is known from elsewhere. [`Body::open`] checks it.
struct OfLength {
    body: Body,
    len: u64,
}

impl BodySource for OfLength {
    fn len(&self) -> Option<u64> {
        Some(self.len)
    }
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.body.open()
    }
    fn open_to_hash(&self) -> io::Result<Box<dyn Read + Send>> {
        self.body.open_to_hash()
    }
    fn reuse(&self) -> Reuse {
        self.body.reuse()
    }
}

/// Exactly as many bytes as were announced, else an error. The end is looked for with the last byte: nobody sends a body that
/// is too long as if it were whole, and a connection whose answer was read is free at once.
struct Exact {
    reader: Box<dyn Read + Send>,
    left: u64,
}

impl Exact {
    fn goes_on(&mut self) -> io::Result<bool> {
        Ok(read::some(&mut self.reader, &mut [0])? > 0)
    }
}

fn too_long() -> io::Error {
    let what = "the body is longer than its length";
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Read for Exact {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buf.len(), |left| left.min(buf.len()));
        if most == 0 {
            return Ok(0);
        }
        let n = self.reader.read(&mut buf[..most])?;
        if n == 0 {
            let what = format!("the body ended {} bytes before its length", self.left);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
        self.left -= n as u64;
        if self.left == 0 && self.goes_on()? {
            return Err(too_long());
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Body) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        body.open()?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn bytes_and_files_are_read_as_often_as_needed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, b"0123456789").unwrap();
        let cases: [(Body, &[u8]); 3] = [
            (Body::from("abc"), b"abc"),
            (Body::file(&path).unwrap(), b"0123456789"),
            (Body::file_range(&path, 2..5), b"234"),
        ];
        for (body, expected) in cases {
            assert_eq!(body.reuse(), Reuse::Always);
            assert_eq!(body.len(), Some(expected.len() as u64));
            assert_eq!(read(&body).unwrap(), expected);
            assert_eq!(read(&body).unwrap(), expected);
        }
    }

    #[test]
    fn a_reader_is_read_once() {
        let body = Body::from_reader(&b"abc"[..]);
        assert_eq!(body.reuse(), Reuse::Once);
        assert_eq!(read(&body).unwrap(), b"abc");
        assert!(
            read(&body)
                .unwrap_err()
                .to_string()
                .contains("read already")
        );
    }

    #[test]
    fn a_source_that_is_not_as_long_as_announced_is_an_error() {
        let body = Body::from_reader_with_len(&b"abc"[..], 4);
        assert_eq!(
            read(&body).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        let body = Body::from_reader_with_len(&b"abcd"[..], 3);
        assert_eq!(read(&body).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_length_that_is_given_for_a_body_holds() {
        let of_len = |len| Body::from_reader(&b"abc"[..]).of_len(len).unwrap();
        assert_eq!(of_len(3).len(), Some(3));
        assert_eq!(read(&of_len(3)).unwrap(), b"abc");
        for len in [0, 2, 4, u64::MAX] {
            let found = read(&of_len(len));
            assert!(found.is_err(), "{len}: {found:?}");
            let known = Body::from("abc").of_len(len).unwrap_err().to_string();
            assert!(known.contains("3 bytes") && known.contains(&len.to_string()));
        }
        let empty = Body::from_reader(io::empty()).of_len(0).unwrap();
        assert_eq!(read(&empty).unwrap(), b"");
    }

    #[test]
    fn a_reader_is_consumed_once_it_was_opened() {
        let reader = || Body::from_reader(&b"abc"[..]);
        for body in [reader(), reader().of_len(3).unwrap()] {
            assert_eq!(body.reuse(), Reuse::Once);
            body.open().unwrap();
            assert_eq!(body.reuse(), Reuse::Consumed);
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let shown = format!("{:?}", Body::from("secret"));
        assert_eq!(shown, "Body(bytes, length Some(6))");
    }
}
