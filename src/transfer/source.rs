//! Sources of uploads.

use std::fmt;
use std::fs::Metadata;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::Bytes;

#[cfg(feature = "async")]
use super::async_streams::AsyncReader;
use super::error::TransferError;
use super::pipe::Pipe;
use super::plan::growing_part_size;
use crate::body::Body;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::sync;

/// The source of an upload.
///
/// | from | |
/// | --- | --- |
/// | [`Path`], [`PathBuf`] | a file, whose parts are read concurrently; a pipe or device is read as a stream |
/// | bytes, text, [`Body`] | bytes in memory, or the file of the [`Body`] |
/// | a [`Body`] from an asynchronous stream or reader, with the async client | a stream that is read without blocking the executor, with the same limit |
/// | [`Source::reader`] | a stream, read sequentially, with at most [`memory_limit`](super::TransferConfig::memory_limit) in memory |
///
/// ```
/// use tucuxi::transfer::Source;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[("etag", "\"e\"")], ""))?;
/// let source = Source::reader(&b"a small fish"[..]);
/// client.transfer().upload(source, "river", "fish.txt").run()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Source<'s>(Kind<'s>);

enum Kind<'s> {
    Body(Body),
    File(PathBuf),
    Reader(Box<dyn Read + Send + 's>),
}

impl<'s> Source<'s> {
    /// Creates a source from a reader, which is read to its end.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("etag", "\"e\"")], ""));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use tucuxi::transfer::Source;
    ///
    /// let source = Source::reader(std::io::Cursor::new("a small fish"));
    /// assert_eq!(client.transfer().upload(source, "river", "fish.txt").run()?.bytes, 12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader(reader: impl Read + Send + 's) -> Self {
        Self(Kind::Reader(Box::new(reader)))
    }
}

impl Source<'_> {
    /// Returns the path of a file.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Body(body) => body.as_file().map(|(path, _)| &**path),
            Kind::File(path) => Some(path),
            Kind::Reader(_) => None,
        }
    }
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Body(body) => body.fmt(f),
            Kind::File(path) => f.debug_tuple("File").field(path).finish(),
            Kind::Reader(_) => f.write_str("Reader"),
        }
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Body(body) => match body.as_file() {
                Some((path, _)) => path.display().fmt(f),
                None => f.write_str("a body"),
            },
            Kind::File(path) => path.display().fmt(f),
            Kind::Reader(_) => f.write_str("a stream"),
        }
    }
}

impl From<&Path> for Source<'_> {
    fn from(path: &Path) -> Self {
        path.to_owned().into()
    }
}

impl From<PathBuf> for Source<'_> {
    fn from(path: PathBuf) -> Self {
        Self(Kind::File(path))
    }
}

macro_rules! from_body {
    ($($from:ty),*) => {
        $(impl From<$from> for Source<'_> {
            fn from(body: $from) -> Self {
                Self(Kind::Body(body.into()))
            }
        })*
    };
}
from_body!(Body, Bytes, Vec<u8>, String, &'static str, &'static [u8]);

/// An opened source.
pub(super) enum Content<'s> {
    Bytes(Bytes),
    File(FileContent),
    Stream(Stream<'s>),
}

/// The size up to which a file is read at once.
const SMALL: u64 = 256 * 1024;

/// A file, or a range of it.
#[derive(Clone, Debug)]
pub(super) struct FileContent {
    pub(super) path: Arc<Path>,
    range: Range<u64>,
    pub(super) identity: Identity,
}

/// The size and time by which a changed file is detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) len: u64,
    pub(super) modified: Option<SystemTime>,
}

impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl<'s> Content<'s> {
    /// # Errors
    ///
    /// Returns an error if the source cannot be opened.
    pub(super) fn open(source: Source<'s>, cancel: &CancelToken) -> Result<Self> {
        match source.0 {
            Kind::File(path) => {
                let metadata = std::fs::metadata(&path).map_err(TransferError::file(&*path))?;
                if metadata.is_dir() {
                    let error = io::Error::new(
                        io::ErrorKind::IsADirectory,
                        "it is a folder; use upload_folder",
                    );
                    return Err(TransferError::file(path)(error));
                }
                if !metadata.is_file() {
                    let pipe = Pipe::read_from(&path, cancel).map_err(TransferError::file(path))?;
                    return Ok(Self::Stream(Stream::new(Box::new(pipe), None)));
                }
                Ok(Self::File(FileContent::new(
                    path.into(),
                    0..metadata.len(),
                    &metadata,
                )))
            }
            Kind::Body(body) => Self::from_body(&body, cancel),
            Kind::Reader(reader) => Ok(Self::Stream(Stream::new(reader, None))),
        }
    }

    fn from_body(body: &Body, cancel: &CancelToken) -> Result<Self> {
        if let Some(bytes) = body.bytes() {
            return Ok(Self::Bytes(bytes.clone()));
        }
        if let Some((path, range)) = body.as_file() {
            let metadata = std::fs::metadata(path).map_err(TransferError::file(&**path))?;
            return Ok(Self::File(FileContent::new(
                path.clone(),
                range.clone(),
                &metadata,
            )));
        }
        let opened = match read_async(body, cancel) {
            Some(reader) => reader,
            None => body.open(),
        };
        let reader = opened.map_err(crate::error::Error::request)?;
        Ok(Self::Stream(Stream::new(reader, body.len())))
    }

    /// Returns the length, if it is known.
    pub(super) fn len(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File(file) => Some(file.len()),
            Self::Stream(stream) => stream.len,
        }
    }
}

/// Reads a body that is a stream, until the transfer is cancelled.
#[cfg(feature = "async")]
fn read_async(body: &Body, cancel: &CancelToken) -> Option<io::Result<Box<dyn Read + Send>>> {
    let stream = body.open_exact_stream()?;
    Some(stream.map(|stream| AsyncReader::boxed(stream, cancel)))
}

#[cfg(not(feature = "async"))]
fn read_async(_: &Body, _: &CancelToken) -> Option<io::Result<Box<dyn Read + Send>>> {
    None
}

impl FileContent {
    fn new(path: Arc<Path>, range: Range<u64>, metadata: &Metadata) -> Self {
        Self {
            path,
            range,
            identity: metadata.into(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Returns the range within the file.
    pub(super) fn range(&self) -> &Range<u64> {
        &self.range
    }

    /// Reads a small file into memory, which is cheaper than reading it for each purpose.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or has changed.
    pub(super) fn read_small(&self) -> Result<Option<Bytes>> {
        if self.len() > SMALL {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(self.len() as usize);
        let read = self
            .body(0..self.len())
            .open()
            .and_then(|mut file| file.read_to_end(&mut bytes));
        match read {
            Ok(_) => Ok(Some(bytes.into())),
            Err(error) => {
                self.check_unchanged()?;
                Err(TransferError::file(&*self.path)(error))
            }
        }
    }

    /// Returns a range of it as a body.
    pub(super) fn body(&self, range: Range<u64>) -> Body {
        let start = self.range.start;
        Body::file_range(&*self.path, start + range.start..start + range.end)
    }

    /// # Errors
    ///
    /// Returns an error if the file has changed.
    pub(super) fn check_unchanged(&self) -> Result<(), TransferError> {
        let now = std::fs::metadata(&self.path);
        match now.is_ok_and(|now| Identity::from(&now) == self.identity) {
            true => Ok(()),
            false => Err(TransferError::SourceChanged {
                path: self.path.to_path_buf(),
            }),
        }
    }
}

/// A source that can only be read sequentially.
pub(super) struct Stream<'s> {
    len: Option<u64>,
    state: Mutex<StreamState<'s>>,
}

struct StreamState<'s> {
    /// `None` after the end.
    reader: Option<Box<dyn Read + Send + 's>>,
    /// Bytes that were read in advance.
    head: Vec<u8>,
    number: u32,
}

/// A part of a stream.
pub(super) struct StreamPart {
    pub(super) number: u32,
    pub(super) bytes: Bytes,
    pub(super) has_more: bool,
}

impl<'s> Stream<'s> {
    fn new(reader: Box<dyn Read + Send + 's>, len: Option<u64>) -> Self {
        Self {
            len,
            state: Mutex::new(StreamState {
                reader: Some(reader),
                head: Vec::new(),
                number: 0,
            }),
        }
    }

    /// Reads the whole stream, if it has fewer than `threshold` bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if the stream cannot be read.
    pub(super) fn whole_below(&self, threshold: u64) -> io::Result<Option<Bytes>> {
        // a panic of a reader ends the transfer
        let mut state = sync::lock(&self.state);
        state.head = state.read(threshold)?;
        match state.reader {
            None => Ok(Some(std::mem::take(&mut state.head).into())),
            Some(_) => Ok(None),
        }
    }

    /// Reads the next part. Returns `None` after the last one.
    ///
    /// # Errors
    ///
    /// Returns an error if the stream cannot be read.
    pub(super) fn next(&self, part_size: u64) -> io::Result<Option<StreamPart>> {
        // a panic of a reader ends the transfer
        let mut state = sync::lock(&self.state);
        let size = match self.len {
            Some(_) => part_size,
            None => growing_part_size(part_size, state.number + 1),
        };
        let bytes = state.read(size)?;
        if bytes.is_empty() && state.number > 0 {
            return Ok(None);
        }
        state.number += 1;
        Ok(Some(StreamPart {
            number: state.number,
            bytes: bytes.into(),
            has_more: state.reader.is_some(),
        }))
    }
}

impl StreamState<'_> {
    /// Reads up to `max` bytes. Fewer means the end; the reader is dropped then.
    fn read(&mut self, max: u64) -> io::Result<Vec<u8>> {
        let fits = usize::try_from(max).unwrap_or(usize::MAX);
        let rest = self.head.split_off(fits.min(self.head.len()));
        let mut bytes = std::mem::replace(&mut self.head, rest);
        let Some(reader) = &mut self.reader else {
            return Ok(bytes);
        };
        let missing = max - bytes.len() as u64;
        if missing > 0 {
            reader.take(missing).read_to_end(&mut bytes)?;
            if (bytes.len() as u64) < max {
                self.reader = None;
            }
        }
        Ok(bytes)
    }
}
