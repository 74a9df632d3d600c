//! The body of a response.

use std::fmt;
use std::io::{self, Read, Write};

use bytes::Bytes;

use super::Exact;
use crate::read;

/// A response body that is read from the connection.
///
/// An answer that ends before its announced length gives an error.
pub struct ResponseBody {
    reader: Box<dyn Read + Send>,
    len: Option<u64>,
    ends_by_close: bool,
}

impl ResponseBody {
    /// A body of this announced length.
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

    /// A body that ends where the connection was closed: nothing else shows that it is whole.
    ///
    /// Such a body is good where its content shows its end. An event stream whose body ends so is an error, as it may have
    /// been cut between two messages.
    pub fn until_close(reader: impl Read + Send + 'static) -> Self {
        Self {
            ends_by_close: true,
            ..Self::new(reader, None)
        }
    }

    /// Whether only the end of the connection shows that the body is whole.
    pub(crate) fn ends_by_close(&self) -> bool {
        self.ends_by_close
    }

    /// The same body, read through another reader.
    pub(crate) fn map_reader<R: Read + Send + 'static>(
        self,
        around: impl FnOnce(Box<dyn Read + Send>) -> R,
    ) -> Self {
        let reader = Box::new(around(self.reader));
        Self { reader, ..self }
    }

    /// The announced length.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Whether it is announced to have no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == Some(0)
    }

    /// The whole body, in memory.
    ///
    /// # Errors
    ///
    /// The connection breaks.
    pub fn read_to_vec(&mut self) -> io::Result<Vec<u8>> {
        // an announced length is not to be trusted with memory
        let expected = usize::try_from(self.len.unwrap_or(0)).unwrap_or(0);
        let mut out = Vec::with_capacity(expected.min(1 << 20));
        self.reader.read_to_end(&mut out)?;
        Ok(out)
    }

    /// The whole body, in memory, unless it is longer than this.
    pub(crate) fn read_within(&mut self, most: u64) -> io::Result<Vec<u8>> {
        let too_large = || {
            let what = format!(
                "the body has more than {most} bytes: read it as a stream, or set max_response_size"
            );
            io::Error::new(io::ErrorKind::FileTooLarge, what)
        };
        if self.len.is_some_and(|len| len > most) {
            return Err(too_large());
        }
        let expected = usize::try_from(self.len.unwrap_or(0)).unwrap_or(0);
        let mut out = Vec::with_capacity(expected.min(1 << 20));
        let limit = most.saturating_add(1);
        (&mut self.reader).take(limit).read_to_end(&mut out)?;
        match out.len() as u64 > most {
            true => Err(too_large()),
            false => Ok(out),
        }
    }

    /// The same body, which fails where more than this is read of it.
    pub(crate) fn limited(self, most: u64) -> Self {
        self.map_reader(|reader| Limited { reader, left: most })
    }

    /// Writes the whole body to `out`, and says how long it was.
    ///
    /// # Errors
    ///
    /// The connection breaks, or the writer fails.
    pub fn copy_to(&mut self, out: &mut (impl Write + ?Sized)) -> io::Result<u64> {
        let mut total = 0;
        read::each(&mut self.reader, read::PIECE, |piece| {
            total += piece.len() as u64;
            out.write_all(piece)
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
                "more came than is held in memory: read it as a stream, or set max_response_size",
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
    fn a_body_that_is_read_whole_has_a_limit() {
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
    fn a_cut_response_is_an_error() {
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
