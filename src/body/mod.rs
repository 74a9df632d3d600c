//! Bodies of requests, which can be reopened for another attempt, and of responses, which are read once.
//!
//! ```
//! use serde_json::json;
//! use tucuxi::Body;
//! let body = Body::json(&json!({"fish": "small"}))?;
//! assert_eq!(body.len(), Some(16));
//! # Ok::<(), serde_json::Error>(())
//! ```

#[cfg(feature = "async")]
mod asynchronous;
mod exact;
mod response;
mod source;
mod spool;

#[cfg(feature = "async")]
pub use self::asynchronous::BodyStream;
pub(crate) use self::response::Check;
pub use self::response::ResponseBody;
pub use self::source::{BodySource, Reuse};

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use self::exact::{Exact, too_long};
use self::source::{OneShot, WithLength};

/// A request body.
///
/// A body is opened once for hashing, if the signature needs that, and once for each attempt. A file or a [`BodySource`] is
/// read in chunks and never held in memory. A plain reader can be opened only once.
///
/// | from | reusable |
/// | --- | --- |
/// | bytes and text, with `From` | yes |
/// | [`Body::json`] | yes |
/// | [`Body::file`], [`Body::file_range`] | yes |
/// | [`Body::from_source`] | the source decides |
/// | [`Body::from_reader`], [`Body::from_reader_with_len`] | no |
/// | `Body::from_stream`, `Body::from_async_read`, `Body::from_http_body`, with the feature `async` | no |
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

impl Body {
    /// Creates an empty body.
    pub fn empty() -> Self {
        Bytes::new().into()
    }

    /// Creates a body from `value`, serialized as JSON: the payload of a Lambda function, for example.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::Body;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "\"hello\""))?;
    /// let event = Body::json(&json!({"name": "fish"}))?;
    /// client.request("lambda", "Invoke").params(json!({"FunctionName": "greet"})).body(event).send()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if `value` cannot be represented in JSON, such as a map whose keys are not strings.
    pub fn json(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Self> {
        serde_json::to_vec(value).map(Self::from)
    }

    /// Creates a body from a whole file, with its current length.
    ///
    /// ```
    /// use tucuxi::Body;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("fish.txt");
    /// # std::fs::write(&path, "a small fish")?;
    /// let body = Body::file(&path)?;
    /// assert_eq!(body.len(), Some(12));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the path is not that of a regular file or its length cannot be read.
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

    /// Creates a body from a range of a file's bytes.
    ///
    /// ```
    /// use tucuxi::Body;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("film.mp4");
    /// # std::fs::write(&path, "0123456789")?;
    /// // a part of a multipart upload
    /// let part = Body::file_range(path, 5..10);
    /// assert_eq!(part.len(), Some(5));
    /// # assert_eq!(std::io::read_to_string(part.open()?)?, "56789");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn file_range(path: impl Into<PathBuf>, range: Range<u64>) -> Self {
        Self(Kind::File {
            path: path.into().into(),
            range,
        })
    }

    /// Creates a body from a source.
    pub fn from_source(source: impl BodySource + 'static) -> Self {
        Self(Kind::Source(Arc::new(source)))
    }

    /// Creates a body from a reader of unknown length. It can be opened only once.
    ///
    /// ```
    /// let body = tucuxi::Body::from_reader(std::io::stdin());
    /// assert_eq!(body.len(), None);
    /// ```
    pub fn from_reader(reader: impl Read + Send + 'static) -> Self {
        Self::from_source(OneShot::new(Box::new(reader), None))
    }

    /// Creates a body from a reader of known length. It can be opened only once. Reading returns an error if the reader turns
    /// out to be shorter or longer.
    ///
    /// ```
    /// use std::io::{self, Read};
    /// use tucuxi::Body;
    ///
    /// let body = Body::from_reader_with_len(io::repeat(b'x').take(3), 3);
    /// assert_eq!(io::read_to_string(body.open()?)?, "xxx");
    /// // two bytes instead of three
    /// let body = Body::from_reader_with_len(io::repeat(b'x').take(2), 3);
    /// assert!(io::read_to_string(body.open()?).is_err());
    /// # Ok::<(), io::Error>(())
    /// ```
    pub fn from_reader_with_len(reader: impl Read + Send + 'static, len: u64) -> Self {
        Self::from_source(OneShot::new(Box::new(reader), Some(len)))
    }

    /// Returns the length in bytes, if it is known in advance.
    pub fn len(&self) -> Option<u64> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(bytes.len() as u64),
            Kind::File { range, .. } => Some(range.end.saturating_sub(range.start)),
            Kind::Source(source) => source.len(),
        }
    }

    /// Whether the length is known to be 0.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Sets the length of a body whose source does not know it. Reading returns an error if the source turns out to be shorter
    /// or longer.
    ///
    /// # Errors
    ///
    /// Returns an error if the length is known and differs.
    pub(crate) fn with_len(self, len: u64) -> io::Result<Self> {
        match self.len() {
            Some(known) if known == len => Ok(self),
            Some(known) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("it has {known} bytes, but the stated length is {len}"),
            )),
            None => Ok(Self::from_source(WithLength { body: self, len })),
        }
    }

    /// Returns how often the body can be opened.
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

    /// Returns the bytes, if they are in memory.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns the file and the range of its bytes, if the body is one.
    pub(crate) fn as_file(&self) -> Option<(&Arc<Path>, &Range<u64>)> {
        match &self.0 {
            Kind::File { path, range } => Some((path, range)),
            _ => None,
        }
    }

    /// Opens the body for reading from its start. Reading returns an error if the length is known and the source turns out to
    /// be shorter or longer.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be opened or the body is [consumed](Reuse::Consumed).
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.open_source(|source| source.open())
    }

    /// Appends the bytes of a small body.
    #[cfg(feature = "ureq")]
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) -> io::Result<()> {
        match self.bytes() {
            Some(bytes) => out.extend_from_slice(bytes),
            None => {
                self.open()?.read_to_end(out)?;
            }
        }
        Ok(())
    }

    /// Opens the body for hashing.
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
            // an empty body is never read, so its end is checked here
            if left == 0 && exact.has_more()? {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Body) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        body.open()?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn bytes_and_files_are_reusable() {
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
    fn json_is_serialized() {
        let body = Body::json(&serde_json::json!({"a": [1, null]})).unwrap();
        assert_eq!(read(&body).unwrap(), br#"{"a":[1,null]}"#);
        assert_eq!(body.reuse(), Reuse::Always);
        let unsuitable = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert!(Body::json(&unsuitable).is_err());
    }

    #[test]
    fn reader_is_read_once() {
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
    fn wrong_length_of_a_source_is_an_error() {
        let body = Body::from_reader_with_len(&b"abc"[..], 4);
        assert_eq!(
            read(&body).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        let body = Body::from_reader_with_len(&b"abcd"[..], 3);
        assert_eq!(read(&body).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn length_set_by_the_caller_is_checked() {
        let with_len = |len| Body::from_reader(&b"abc"[..]).with_len(len).unwrap();
        assert_eq!(with_len(3).len(), Some(3));
        assert_eq!(read(&with_len(3)).unwrap(), b"abc");
        for len in [0, 2, 4, u64::MAX] {
            let found = read(&with_len(len));
            assert!(found.is_err(), "{len}: {found:?}");
            let known = Body::from("abc").with_len(len).unwrap_err().to_string();
            assert!(known.contains("3 bytes") && known.contains(&len.to_string()));
        }
        let empty = Body::from_reader(io::empty()).with_len(0).unwrap();
        assert_eq!(read(&empty).unwrap(), b"");
    }

    #[test]
    fn opened_reader_is_consumed() {
        let reader = || Body::from_reader(&b"abc"[..]);
        for body in [reader(), reader().with_len(3).unwrap()] {
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
