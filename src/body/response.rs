//! The body of a response.

use std::fmt;
use std::io::{self, Read, Write};

use bytes::Bytes;

use super::exact::Exact;
use crate::read;

/// A response body, read from the connection.
///
/// Reading returns an error if the response ends before its announced length.
///
/// ```
/// use tucuxi::ResponseBody;
/// let mut body = ResponseBody::from("a small fish");
/// assert_eq!(body.len(), Some(12));
/// assert_eq!(body.read_to_vec()?, b"a small fish");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ResponseBody {
    pub(super) source: Source,
    /// What every chunk passes through.
    checks: Vec<Box<dyn Check>>,
    len: Option<u64>,
    ends_by_close: bool,
}

/// The bytes of a body.
pub(super) enum Source {
    Reader(Box<dyn Read + Send>),
    #[cfg(feature = "async")]
    Stream(super::asynchronous::Buffered),
}

/// Watches the bytes of a body as they are read.
pub(crate) trait Check: Send {
    /// Fails if the body must not have these bytes.
    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Fails if the body must not end here. It is called once.
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ResponseBody {
    /// Creates a body with an announced length, if there is one. A [`Transport`](crate::transport::Transport) does so.
    ///
    /// ```
    /// use tucuxi::ResponseBody;
    ///
    /// let mut truncated = ResponseBody::new(&b"a small"[..], Some(12));
    /// assert!(truncated.read_to_vec().is_err());
    /// ```
    pub fn new(reader: impl Read + Send + 'static, len: Option<u64>) -> Self {
        let reader: Box<dyn Read + Send> = Box::new(reader);
        let reader = match len {
            Some(left) => Box::new(Exact { reader, left }),
            None => reader,
        };
        Self::of(Source::Reader(reader), len)
    }

    pub(super) fn of(source: Source, len: Option<u64>) -> Self {
        Self {
            source,
            checks: Vec::new(),
            len,
            ends_by_close: false,
        }
    }

    /// Creates a body that ends when the connection is closed, so nothing shows that it is complete.
    ///
    /// This is no problem if the content itself shows where it ends. For an event stream it is an error, because the stream may
    /// have been truncated between two messages.
    pub fn until_close(reader: impl Read + Send + 'static) -> Self {
        Self {
            ends_by_close: true,
            ..Self::new(reader, None)
        }
    }

    /// Whether the body ends when the connection is closed.
    pub(crate) fn ends_by_close(&self) -> bool {
        self.ends_by_close
    }

    /// Marks the body as one that ends when the connection is closed.
    #[cfg(feature = "async")]
    pub(crate) fn ending_by_close(self, ends_by_close: bool) -> Self {
        Self {
            ends_by_close,
            ..self
        }
    }

    /// Adds a check. Those that are added later see the bytes later.
    pub(crate) fn checked(mut self, check: impl Check + 'static) -> Self {
        self.checks.push(Box::new(check));
        self
    }

    /// Passes bytes to the checks; none are the end.
    pub(super) fn check(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() {
            return self
                .checks
                .iter_mut()
                .try_for_each(|check| check.chunk(bytes));
        }
        let checks = std::mem::take(&mut self.checks);
        checks.into_iter().try_for_each(|mut check| check.end())
    }

    /// Returns the announced length.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Whether the announced length is 0.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    /// Reads the rest of the body into memory.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection breaks or the body ends early.
    pub fn read_to_vec(&mut self) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(self.expected());
        self.read_to_end(&mut out)?;
        Ok(out)
    }

    /// The announced length, which is not trusted beyond 1 MiB.
    pub(super) fn expected(&self) -> usize {
        let expected = usize::try_from(self.len.unwrap_or(0)).unwrap_or(0);
        expected.min(1 << 20)
    }

    /// Reads the rest of the body into memory, or returns an error if it has more than `max` bytes.
    pub(crate) fn read_within(&mut self, max: u64) -> io::Result<Vec<u8>> {
        self.check_len(max)?;
        let mut out = Vec::with_capacity(self.expected());
        let limit = max.saturating_add(1);
        self.take(limit).read_to_end(&mut out)?;
        match out.len() as u64 > max {
            true => Err(too_large(max)),
            false => Ok(out),
        }
    }

    /// Fails if more than `max` bytes are announced.
    pub(super) fn check_len(&self, max: u64) -> io::Result<()> {
        match self.len.is_some_and(|len| len > max) {
            true => Err(too_large(max)),
            false => Ok(()),
        }
    }

    /// Limits the body to `max` bytes. Reading more returns an error.
    pub(crate) fn limited(self, max: u64) -> Self {
        self.checked(Limited { left: max })
    }

    /// Writes the rest of the body to `out`, and returns the number of bytes.
    ///
    /// ```
    /// use tucuxi::ResponseBody;
    /// let mut file = tempfile::tempfile()?;
    /// assert_eq!(ResponseBody::from("a small fish").copy_to(&mut file)?, 12);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the connection breaks, the body ends early or the writer fails.
    pub fn copy_to(&mut self, out: &mut (impl Write + ?Sized)) -> io::Result<u64> {
        let mut total = 0;
        read::each(self, read::CHUNK, |chunk| {
            total += chunk.len() as u64;
            out.write_all(chunk)
        })?;
        Ok(total)
    }
}

pub(super) fn too_large(max: u64) -> io::Error {
    let what = format!(
        "the body has more than {max} bytes: read it as a stream, or raise max_response_size"
    );
    io::Error::new(io::ErrorKind::FileTooLarge, what)
}

/// Fails after this many bytes.
struct Limited {
    left: u64,
}

impl Check for Limited {
    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the body is longer than the limit: read it as a stream, or raise max_response_size",
            )
        })?;
        Ok(())
    }
}

impl Read for ResponseBody {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = match &mut self.source {
            Source::Reader(reader) => reader.read(buf)?,
            #[cfg(feature = "async")]
            Source::Stream(_) => return self.read_stream(buf),
        };
        if n > 0 || !buf.is_empty() {
            self.check(&buf[..n])?;
        }
        Ok(n)
    }
}

impl From<&'static str> for ResponseBody {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<String> for ResponseBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        let len = bytes.len() as u64;
        Self::new(io::Cursor::new(bytes), Some(len))
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseBody(length {:?})", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_in_memory_has_a_limit() {
        let body = |len| ResponseBody::new(&b"abc"[..], len);
        for len in [None, Some(3)] {
            assert_eq!(body(len).read_within(3).unwrap(), b"abc");
            let error = body(len).read_within(2).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
            assert_eq!(body(len).limited(3).read_to_vec().unwrap(), b"abc");
            assert!(body(len).limited(2).read_to_vec().is_err());
        }
        let endless = ResponseBody::new(io::repeat(0), Some(u64::MAX));
        let mut endless = endless.limited(1 << 20);
        assert!(endless.read_to_vec().is_err());
    }

    #[test]
    fn truncated_response_is_an_error() {
        let mut body = ResponseBody::new(&b"abc"[..], Some(4));
        assert_eq!(
            body.read_to_vec().unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        let mut out = Vec::new();
        assert_eq!(
            ResponseBody::new(&b"abc"[..], None)
                .copy_to(&mut out)
                .unwrap(),
            3
        );
    }
}
