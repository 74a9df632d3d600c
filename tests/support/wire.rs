//! HTTP/1.1 for test servers: heads, bodies, and connection resets.

use std::io::{self, BufRead};
use std::net::TcpStream;
use std::time::Duration;

/// The head of a request or a response.
pub(crate) struct Head {
    /// The head as received, including the empty line.
    pub(crate) raw: String,
    /// `content-length`
    pub(crate) length: Option<u64>,
    pub(crate) chunked: bool,
    pub(crate) aws_chunked: bool,
    /// Whether the client waits for `100 Continue`.
    pub(crate) expects: bool,
    /// Whether the connection is closed afterwards.
    pub(crate) closes: bool,
}

impl Head {
    /// One of the three words of the first line.
    pub(crate) fn word(&self, at: usize) -> &str {
        let line = self.raw.lines().next().unwrap_or_default();
        line.split(' ').nth(at).unwrap_or_default()
    }

    /// The method of a request.
    pub(crate) fn method(&self) -> &str {
        self.word(0)
    }

    /// Returns a header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.raw.lines().filter_map(|line| line.split_once(':'));
        let mut same = pairs.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        same.next().map(|(_, value)| value.trim())
    }
}

/// Reads a head up to and including the empty line.
///
/// # Errors
///
/// Returns an error if the connection ends before that.
pub(crate) fn read_head(reader: &mut impl BufRead) -> io::Result<Head> {
    let mut raw = String::new();
    loop {
        let from = raw.len();
        reader.read_line(&mut raw)?;
        if !raw.ends_with('\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if raw[from..].trim_end().is_empty() {
            break;
        }
    }
    let mut head = Head {
        raw,
        length: None,
        chunked: false,
        aws_chunked: false,
        expects: false,
        closes: false,
    };
    let says = |name: &str, word: &str| {
        let value = head.header(name).unwrap_or_default();
        value.to_ascii_lowercase().contains(word)
    };
    let (chunked, closes) = (
        says("transfer-encoding", "chunked"),
        says("connection", "close"),
    );
    let (aws_chunked, expects) = (
        says("content-encoding", "aws-chunked"),
        says("expect", "100"),
    );
    let length = head.header("content-length");
    let length = length.and_then(|length| length.parse().ok());
    (head.chunked, head.closes, head.length) = (chunked, closes, length);
    (head.aws_chunked, head.expects) = (aws_chunked, expects);
    Ok(head)
}

/// Reads a body to its end, chunks and trailers too: a connection that closes with bytes unread is reset, and the client may lose the response.
///
/// # Errors
///
/// Returns an error if the connection ends within the body, or if a chunk has no length.
pub(crate) fn read_body(reader: &mut impl BufRead, head: &Head) -> io::Result<Vec<u8>> {
    let length = head.length.and_then(|length| usize::try_from(length).ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    if head.chunked {
        body = read_chunks(reader)?;
    }
    if head.aws_chunked {
        body = read_chunks(&mut &body[..])?;
    }
    Ok(body)
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Ok(length) = usize::from_str_radix(line.trim_end(), 16) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        if length == 0 {
            while line.trim_end() != "" {
                line.clear();
                reader.read_line(&mut line)?;
            }
            return Ok(out);
        }
        let from = out.len();
        out.resize(from + length, 0);
        reader.read_exact(&mut out[from..])?;
        reader.read_line(&mut line)?;
    }
}

/// Makes closing the connection send a reset.
pub(crate) fn reset(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))
}
