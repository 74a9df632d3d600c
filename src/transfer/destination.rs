//! Destinations of downloads.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
#[cfg(feature = "async")]
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};

#[cfg(feature = "async")]
use tokio::io::AsyncWrite;

#[cfg(feature = "async")]
use super::async_streams::AsyncWriter;
use super::error::TransferError;
use super::pipe::Pipe;
use crate::cancel::CancelToken;
use crate::checksum::{ChecksumAlgorithm, Hasher};
use crate::error::Result;
use crate::new_file::Destination;
use crate::sync;

/// The target of a download.
///
/// | to | |
/// | --- | --- |
/// | [`Path`], [`PathBuf`] | a file, which is renamed into place only after it is complete and verified; symbolic links are followed, and a pipe or device is written as a stream |
/// | [`Target::writer`] | a stream, written sequentially |
///
/// ```
/// use tucuxi::transfer::Target;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[("content-length", "12")], "");
/// # let replay = replay.respond(200, &[("content-length", "12")], "a small fish");
/// # let client = Client::with_transport(config, replay)?;
/// client.transfer().download("river", "fish.txt", Target::writer(std::io::sink())).run()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Target<'t>(Kind<'t>);

enum Kind<'t> {
    File(PathBuf),
    Writer(Box<dyn Write + Send + 't>),
    #[cfg(feature = "async")]
    AsyncWriter(Pin<Box<dyn AsyncWrite + Send + 't>>),
}

impl<'t> Target<'t> {
    /// Creates a target from a writer, which is flushed at the end.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[("content-length", "12")], "")
    /// #     .respond(200, &[("content-length", "12")], "a small fish"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use tucuxi::transfer::Target;
    ///
    /// let mut fish = Vec::new();
    /// client.transfer().download("river", "fish.txt", Target::writer(&mut fish)).run()?;
    /// assert_eq!(fish, b"a small fish");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn writer(writer: impl Write + Send + 't) -> Self {
        Self(Kind::Writer(Box::new(writer)))
    }

    /// Creates a target from an asynchronous writer, for jobs of the async client. It is written as fast as it takes the bytes,
    /// with at most [`memory_limit`](super::TransferConfig::memory_limit) in memory. It is flushed and shut down at the end;
    /// if the download fails, it is dropped without that.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("content-length", "12")], "");
    /// # let replay = replay.respond(200, &[("content-length", "12")], "a small fish");
    /// # let client = AsyncClient::with_transport(config, replay)?;
    /// use tokio::io::AsyncReadExt as _;
    /// use tucuxi::transfer::Target;
    ///
    /// let (writer, mut reader) = tokio::io::duplex(64 * 1024);
    /// let download = client.transfer().download("river", "fish.txt", Target::async_writer(writer)).start()?;
    /// let mut fish = String::new();
    /// reader.read_to_string(&mut fish).await?;
    /// assert_eq!(fish, "a small fish");
    /// download.await?; // only now it is certain that nothing is missing
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "async")]
    pub fn async_writer(writer: impl AsyncWrite + Send + 't) -> Self {
        Self(Kind::AsyncWriter(Box::pin(writer)))
    }
}

impl Target<'_> {
    /// Returns the path of a file.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::File(path) => Some(path),
            _ => None,
        }
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::File(path) => f.debug_tuple("File").field(path).finish(),
            Kind::Writer(_) => f.write_str("Writer"),
            #[cfg(feature = "async")]
            Kind::AsyncWriter(_) => f.write_str("AsyncWriter"),
        }
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::File(path) => path.display().fmt(f),
            Kind::Writer(_) => f.write_str("a stream"),
            #[cfg(feature = "async")]
            Kind::AsyncWriter(_) => f.write_str("a stream"),
        }
    }
}

impl From<&Path> for Target<'_> {
    fn from(path: &Path) -> Self {
        path.to_owned().into()
    }
}

impl From<PathBuf> for Target<'_> {
    fn from(path: PathBuf) -> Self {
        Self(Kind::File(path))
    }
}

impl<'t> From<&'t mut Vec<u8>> for Target<'t> {
    fn from(bytes: &'t mut Vec<u8>) -> Self {
        Self::writer(bytes)
    }
}

/// An opened target.
pub(super) enum Sink<'t> {
    File(PathBuf),
    Stream(Box<Ordered<'t>>),
}

impl<'t> Sink<'t> {
    /// # Errors
    ///
    /// Returns an error if the target is a folder or a device that cannot be opened.
    pub(super) fn open(target: Target<'t>, cancel: &CancelToken) -> Result<Self> {
        let path = match target.0 {
            Kind::File(path) => path,
            Kind::Writer(writer) => return Ok(Self::Stream(Ordered::new(writer))),
            #[cfg(feature = "async")]
            Kind::AsyncWriter(writer) => {
                let writer = AsyncWriter::boxed(writer, cancel);
                return Ok(Self::Stream(Ordered::new(writer)));
            }
        };
        match Destination::find(&path).map_err(TransferError::file(&*path))? {
            Destination::File(path) => Ok(Self::File(path)),
            Destination::Device(path) => {
                let device = Pipe::write_to(&path, cancel).map_err(TransferError::file(path))?;
                Ok(Self::Stream(Ordered::new(Box::new(device))))
            }
            Destination::Descriptor(file) => Ok(Self::Stream(Ordered::new(Box::new(file)))),
        }
    }
}

/// A stream that receives parts out of order. Parts that have to wait are in memory.
pub(super) struct Ordered<'t>(Mutex<OrderedState<'t>>);

struct OrderedState<'t> {
    writer: Box<dyn Write + Send + 't>,
    next: u32,
    waiting: BTreeMap<u32, Vec<u8>>,
    hasher: Option<Hasher>,
}

impl<'t> Ordered<'t> {
    fn new(writer: Box<dyn Write + Send + 't>) -> Box<Self> {
        Box::new(Self(Mutex::new(OrderedState {
            writer,
            next: 1,
            waiting: BTreeMap::new(),
            hasher: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, OrderedState<'t>> {
        // a panic of a writer ends the transfer
        sync::lock(&self.0)
    }

    /// Computes the checksum of what is written, for algorithms whose checksums of parts cannot be combined.
    pub(super) fn hash_with(&self, algorithm: ChecksumAlgorithm) {
        self.lock().hasher = Some(algorithm.hasher());
    }

    /// Returns the checksum of everything that was written.
    pub(super) fn checksum(&self) -> Option<String> {
        self.lock().hasher.take().map(Hasher::finish)
    }

    /// Adds a part, and writes all parts that are next in order.
    ///
    /// # Errors
    ///
    /// Returns an error if the stream cannot be written.
    pub(super) fn put(&self, number: u32, bytes: Vec<u8>) -> Result<()> {
        let mut state = self.lock();
        state.waiting.insert(number, bytes);
        loop {
            let next = state.next;
            let Some(bytes) = state.waiting.remove(&next) else {
                return Ok(());
            };
            if let Some(hasher) = &mut state.hasher {
                hasher.update(&bytes);
            }
            let written = state.writer.write_all(&bytes);
            written.map_err(|source| TransferError::Writer { source })?;
            state.next += 1;
        }
    }

    pub(super) fn flush(&self) -> Result<()> {
        let flushed = self.lock().writer.flush();
        flushed.map_err(|source| TransferError::Writer { source }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_in_order() {
        let mut out = Vec::new();
        let Ok(Sink::Stream(ordered)) = Sink::open((&mut out).into(), &CancelToken::default())
        else {
            panic!("a writer is a stream");
        };
        for number in [3, 1, 2, 4] {
            ordered
                .put(number, number.to_string().into_bytes())
                .unwrap();
        }
        ordered.flush().unwrap();
        drop(ordered);
        assert_eq!(out, b"1234");
    }

    #[test]
    fn folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Sink::open(folder.path().into(), &CancelToken::default()).is_err());
    }
}
