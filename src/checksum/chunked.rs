//! The `aws-chunked` encoding: chunks, each preceded by its length, then a trailer with the checksum.
//!
//! ```text
//! 5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n
//! ```

use std::io::{self, Read};

use super::algorithm::{ChecksumAlgorithm, Hasher};
use crate::body::{Body, BodySource, Reuse};

/// The size of all chunks except the last.
const CHUNK: usize = 1024 * 1024;

/// A body in the `aws-chunked` encoding. It is encoded and hashed in one pass, as it is read.
///
/// ```
/// use tucuxi::BodySource;
/// use tucuxi::checksum::{AwsChunked, ChecksumAlgorithm};
/// let source = AwsChunked::new("hello".into(), Some(ChecksumAlgorithm::Crc32));
/// assert_eq!(std::io::read_to_string(source.open()?)?, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a source does nothing until it is read"]
pub struct AwsChunked {
    body: Body,
    algorithm: Option<ChecksumAlgorithm>,
    chunk: usize,
}

impl AwsChunked {
    /// Encodes `body` in chunks of 1 MiB. Without an algorithm, there is no trailer.
    pub fn new(body: Body, algorithm: Option<ChecksumAlgorithm>) -> Self {
        Self {
            body,
            algorithm,
            chunk: CHUNK,
        }
    }

    /// Sets the size of a chunk, at least 1.
    pub fn chunk_size(self, bytes: usize) -> Self {
        Self {
            chunk: bytes.max(1),
            ..self
        }
    }

    fn trailer(&self, checksum: Option<&str>) -> String {
        match (self.algorithm, checksum) {
            (Some(algorithm), Some(checksum)) => format!("{}:{checksum}\r\n", algorithm.header()),
            _ => String::new(),
        }
    }
}

impl BodySource for AwsChunked {
    fn len(&self) -> Option<u64> {
        let (len, chunk) = (self.body.len()?.into(), self.chunk as u128);
        let framed = |len: u128| match len {
            0 => 0,
            len => format!("{len:x}").len() as u128 + len + 4,
        };
        let trailer = self
            .algorithm
            .map_or(0, |a| a.header().len() as u64 + a.text_len() + 3);
        let len: u128 = len;
        let all = len / chunk * framed(chunk) + framed(len % chunk) + 3 + u128::from(trailer) + 2;
        u64::try_from(all).ok()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Encoder {
            reader: self.body.open()?,
            hasher: self.algorithm.map(ChecksumAlgorithm::hasher),
            source: Self {
                body: Body::empty(),
                ..*self
            },
            encoded: Vec::new(),
            at: 0,
            ended: false,
        }))
    }

    fn reuse(&self) -> Reuse {
        self.body.reuse()
    }
}

struct Encoder {
    reader: Box<dyn Read + Send>,
    hasher: Option<Hasher>,
    /// The settings, without the body.
    source: AwsChunked,
    /// An encoded chunk, which was read up to `at`.
    encoded: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Read for Encoder {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at == self.encoded.len() {
            if self.ended || buf.is_empty() {
                return Ok(0);
            }
            self.encode()?;
        }
        let n = buf.len().min(self.encoded.len() - self.at);
        buf[..n].copy_from_slice(&self.encoded[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

impl Encoder {
    /// Encodes the next chunk, or the end.
    fn encode(&mut self) -> io::Result<()> {
        // space for the length, which is known only after the chunk is read
        const HEAD: usize = 18;
        self.encoded.clear();
        self.encoded.resize(HEAD, 0);
        let limit = self.source.chunk as u64;
        let len = (&mut self.reader)
            .take(limit)
            .read_to_end(&mut self.encoded)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.encoded[HEAD..]);
        }
        if len == 0 {
            let checksum = self.hasher.take().map(Hasher::finish);
            let end = format!("0\r\n{}\r\n", self.source.trailer(checksum.as_deref()));
            self.encoded = end.into_bytes();
            (self.at, self.ended) = (0, true);
            return Ok(());
        }
        let head = format!("{len:x}\r\n");
        self.at = HEAD - head.len();
        self.encoded[self.at..HEAD].copy_from_slice(head.as_bytes());
        self.encoded.extend_from_slice(b"\r\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_body_has_the_announced_length() {
        for (len, chunk) in [(0, 4), (1, 4), (4, 4), (5, 4), (300, 256), (1000, 17)] {
            for algorithm in [
                None,
                Some(ChecksumAlgorithm::Crc32),
                Some(ChecksumAlgorithm::Sha512),
            ] {
                let source = AwsChunked {
                    body: vec![7; len].into(),
                    algorithm,
                    chunk,
                };
                let mut out = Vec::new();
                source.open().unwrap().read_to_end(&mut out).unwrap();
                assert_eq!(
                    source.len(),
                    Some(out.len() as u64),
                    "{len} in chunks of {chunk}"
                );
            }
        }
    }

    #[test]
    fn length_that_overflows_is_unknown() {
        let body = Body::from_reader_with_len(&b"abc"[..], u64::MAX);
        assert_eq!(AwsChunked::new(body, None).len(), None);
    }

    #[test]
    fn reader_of_unknown_length_is_encoded() {
        let source = AwsChunked::new(Body::from_reader(&b"abc"[..]), None);
        assert_eq!((source.len(), source.reuse()), (None, Reuse::Once));
        let mut out = Vec::new();
        source.open().unwrap().read_to_end(&mut out).unwrap();
        assert_eq!(source.reuse(), Reuse::Consumed);
        assert_eq!(out, b"3\r\nabc\r\n0\r\n\r\n");
    }
}
