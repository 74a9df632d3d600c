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
    reader: Box<dyn Read + Send>,
    len: Option<u64>,
    ends_by_close: bool,
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
        Self {
            reader,
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

    /// Wraps the reader.
    pub(crate) fn map_reader<R: Read + Send + 'static>(
        self,
        around: impl FnOnce(Box<dyn Read + Send>) -> R,
    ) -> Self {
        let reader = Box::new(around(self.reader));
        Self { reader, ..self }
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
        let mut out = self.buffer();
        self.reader.read_to_end(&mut out)?;
        Ok(out)
    }

    /// Returns a buffer for the announced length, which is not trusted beyond 1 MiB.
    fn buffer(&self) -> Vec<u8> {
        let expected = usize::try_from(self.len.unwrap_or(0)).unwrap_or(0);
        Vec::with_capacity(expected.min(1 << 20))
    }

    /// Reads the rest of the body into memory, or returns an error if it has more than `max` bytes.
    pub(crate) fn read_within(&mut self, max: u64) -> io::Result<Vec<u8>> {
        let too_large = || {
            let what = format!(
                "the body has more than {max} bytes: read it as a stream, or raise max_response_size"
            );
            io::Error::new(io::ErrorKind::FileTooLarge, what)
        };
        if self.len.is_some_and(|len| len > max) {
            return Err(too_large());
        }
        let mut out = self.buffer();
        let limit = max.saturating_add(1);
        (&mut self.reader).take(limit).read_to_end(&mut out)?;
        match out.len() as u64 > max {
            true => Err(too_large()),
            false => Ok(out),
        }
    }

    /// Limits the body to `max` bytes. Reading more returns an error.
    pub(crate) fn limited(self, max: u64) -> Self {
        self.map_reader(|reader| Limited { reader, left: max })
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
        read::each(&mut self.reader, read::CHUNK, |chunk| {
            total += chunk.len() as u64;
            out.write_all(chunk)
        })?;
        Ok(total)
    }
}

struct Limited {
    reader: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Limited {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buf)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => {
                self.left = left;
                Ok(n)
            }
            None => Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the body is longer than the limit: read it as a stream, or raise max_response_size",
            )),
        }
    }
}

impl Read for ResponseBody {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buf)
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
