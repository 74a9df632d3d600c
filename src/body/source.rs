//! Sources of bodies.

use std::io::{self, Read};
use std::sync::Mutex;

use super::Body;
use crate::sync;

/// A source of a body's bytes.
///
/// ```
/// use std::io::{self, Read};
/// use tucuxi::{Body, BodySource, Reuse};
///
/// /// A million zeros.
/// struct Zeros;
///
/// impl BodySource for Zeros {
///     fn len(&self) -> Option<u64> {
///         Some(1_000_000)
///     }
///     fn open(&self) -> io::Result<Box<dyn Read + Send>> {
///         Ok(Box::new(io::repeat(0).take(1_000_000)))
///     }
///     fn reuse(&self) -> Reuse {
///         Reuse::Always
///     }
/// }
///
/// assert_eq!(io::copy(&mut Body::from_source(Zeros).open()?, &mut io::sink())?, 1_000_000);
/// # Ok::<(), io::Error>(())
/// ```
pub trait BodySource: Send + Sync {
    /// Returns the length in bytes, if it is known in advance.
    fn len(&self) -> Option<u64>;

    /// Whether the length is known to be 0.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Opens the source for reading from its start.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be opened.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// Opens the source for hashing. A source that counts the bytes that are sent, for example to show progress, overrides this
    /// so as not to count these.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be opened.
    fn open_to_hash(&self) -> io::Result<Box<dyn Read + Send>> {
        self.open()
    }

    /// Opens the source as a stream, for the async client. A source without one is opened with [`open`](Self::open) and read
    /// off the executor.
    #[cfg(feature = "async")]
    fn open_stream(&self) -> Option<io::Result<super::BodyStream>> {
        None
    }

    /// Returns how often the source can be opened. A source that wraps another one returns the inner value.
    fn reuse(&self) -> Reuse;
}

/// How often a body can be opened. An attempt whose body is consumed is not retried.
///
/// ```
/// use tucuxi::{Body, Reuse};
///
/// // bytes can be sent again, a reader cannot
/// assert_eq!(Body::from("a small fish").reuse(), Reuse::Always);
/// assert_eq!(Body::from_reader(&b"a small fish"[..]).reuse(), Reuse::Once);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Any number of times.
    Always,
    /// Once. It has not been opened yet.
    Once,
    /// It has been opened and cannot be opened again.
    Consumed,
}

/// A reader, which can be opened only once.
pub(super) struct OneShot {
    reader: Mutex<Option<Box<dyn Read + Send>>>,
    len: Option<u64>,
}

impl OneShot {
    pub(super) fn new(reader: Box<dyn Read + Send>, len: Option<u64>) -> Self {
        let reader = Mutex::new(Some(reader));
        Self { reader, len }
    }
}

pub(super) fn spent() -> io::Error {
    let what = "the body is a reader that was read already; pass bytes, a file or a source that can be reopened";
    io::Error::other(what)
}

impl BodySource for OneShot {
    fn len(&self) -> Option<u64> {
        self.len
    }
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut reader = sync::lock(&self.reader);
        reader.take().ok_or_else(spent)
    }
    fn reuse(&self) -> Reuse {
        match *sync::lock(&self.reader) {
            Some(_) => Reuse::Once,
            None => Reuse::Consumed,
        }
    }
}

/// A body whose length was set by the caller. [`Body::open`] checks it.
pub(super) struct WithLength {
    pub(super) body: Body,
    pub(super) len: u64,
}

impl BodySource for WithLength {
    fn len(&self) -> Option<u64> {
        Some(self.len)
    }
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.body.open()
    }
    fn open_to_hash(&self) -> io::Result<Box<dyn Read + Send>> {
        self.body.open_to_hash()
    }
    #[cfg(feature = "async")]
    fn open_stream(&self) -> Option<io::Result<super::BodyStream>> {
        self.body.open_stream()
    }
    fn reuse(&self) -> Reuse {
        self.body.reuse()
    }
}
