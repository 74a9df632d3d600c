//! The chunked transfer coding (RFC 9112, section 7.1).
//!
//! ```text
//! body    = chunk* last-chunk trailer* CRLF
//! chunk   = 1*HEXDIG [";" extension] CRLF data CRLF
//! trailer = name ":" value CRLF
//! ```
//! Extensions and trailers are ignored, up to a limit.

use super::head::MAX_HEAD;
use crate::transport::failure::Failure;

/// The longest line before a chunk. No service sends extensions; all of them together may have as many bytes as a head.
const MAX_LINE: usize = 1024;

/// A decoder of a body that is received in parts.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    state: State,
    /// The bytes of extensions and trailers so far.
    ignored: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Data(u64),
    /// After the data of a chunk.
    DataEnd,
    Trailer,
    Ended,
}

impl Chunks {
    pub(crate) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Whether the last chunk was received.
    pub(crate) fn is_ending(&self) -> bool {
        matches!(self.state, State::Trailer | State::Ended)
    }

    /// Decodes as much as possible. Returns the number of bytes that were taken from the input and written to the output.
    pub(crate) fn decode(
        &mut self,
        input: &[u8],
        out: &mut [u8],
    ) -> Result<(usize, usize), Failure> {
        let (mut used, mut written) = (0, 0);
        loop {
            let rest = input.get(used..).unwrap_or_default();
            match self.state {
                State::Data(left) => {
                    let room = out.get_mut(written..).unwrap_or_default();
                    let most = usize::try_from(left).unwrap_or(usize::MAX);
                    let n = copy(rest, room, most);
                    if n == 0 {
                        break;
                    }
                    (used, written) = (used + n, written + n);
                    self.state = match left.saturating_sub(n as u64) {
                        0 => State::DataEnd,
                        left => State::Data(left),
                    };
                }
                State::Ended => break,
                _ => match self.line(rest)? {
                    Some(len) => used += len,
                    None => break,
                },
            }
        }
        Ok((used, written))
    }

    /// Reads a line and returns its length.
    fn line(&mut self, rest: &[u8]) -> Result<Option<usize>, Failure> {
        let (limit, problem) = match self.state {
            State::Trailer => (MAX_HEAD, "the trailers of the response are too long"),
            _ => (
                MAX_LINE,
                "the chunk extensions of the response are too long",
            ),
        };
        let limit = limit.min(MAX_HEAD.saturating_sub(self.ignored));
        let Some(end) = memchr::memchr(b'\n', rest) else {
            return match rest.len() > limit {
                true => Err(Failure::TooLarge(problem)),
                false => Ok(None),
            };
        };
        if end > limit {
            return Err(Failure::TooLarge(problem));
        }
        let invalid = || Failure::Http("a chunk of the response is invalid".into());
        let line = rest.get(..end).and_then(|line| line.strip_suffix(b"\r"));
        let line = line.ok_or_else(invalid)?;
        self.state = match self.state {
            State::Size => {
                let extension = memchr::memchr(b';', line).map_or(0, |at| line.len() - at);
                self.ignored = self.ignored.saturating_add(extension);
                match size(line).ok_or_else(invalid)? {
                    0 => State::Trailer,
                    size => State::Data(size),
                }
            }
            State::DataEnd if line.is_empty() => State::Size,
            State::Trailer if line.is_empty() => State::Ended,
            State::Trailer => {
                self.ignored = self.ignored.saturating_add(end);
                State::Trailer
            }
            _ => return Err(invalid()),
        };
        Ok(Some(end + 1))
    }
}

/// Copies as many bytes as both slices have, up to `most`, and returns their number.
pub(crate) fn copy(from: &[u8], to: &mut [u8], most: usize) -> usize {
    let n = from.len().min(to.len()).min(most);
    to[..n].copy_from_slice(&from[..n]);
    n
}

/// Parses the size in a line, which may have an extension.
fn size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|b| *b == b';').next()?.trim_ascii();
    let text = std::str::from_utf8(digits).ok()?;
    // the parser accepts a sign
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_number.then(|| u64::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes a body that is received in parts of this length. Returns also whether it is complete.
    fn decode(body: &[u8], len: usize) -> Result<(Vec<u8>, bool), Failure> {
        let (mut chunks, mut out, mut input) = (Chunks::default(), Vec::new(), Vec::new());
        for part in body.chunks(len) {
            input.extend_from_slice(part);
            loop {
                let mut room = [0; 3];
                let (used, written) = chunks.decode(&input, &mut room)?;
                input.drain(..used);
                out.extend_from_slice(&room[..written]);
                if used == 0 {
                    break;
                }
            }
        }
        Ok((out, chunks.is_ended()))
    }

    #[test]
    fn bodies_are_decoded_however_they_are_cut() {
        let body = b"5;a=b\r\nhello\r\n00A\r\n 0123\r\n567\r\n0\r\nx-t: v\r\n\r\n";
        for len in 1..=body.len() {
            let (out, ended) = decode(body, len).unwrap();
            assert_eq!(out, b"hello 0123\r\n567", "{len}");
            assert!(ended);
        }
        for end in 0..body.len() {
            assert!(!decode(&body[..end], 7).unwrap().1, "{end}");
        }
    }

    #[test]
    fn invalid_chunks_are_errors() {
        for body in [
            "x\r\n",
            "\r\n",
            "-1\r\n",
            "+5\r\nhello\r\n",
            "0x5\r\nhello\r\n",
            "5\nhello\r\n",
            "5\r\nhelloX\r\n",
            "11111111111111111\r\n",
            "5\r\nhello5\r\n",
            "\u{665}\r\nhello\r\n",
        ] {
            assert!(
                matches!(decode(body.as_bytes(), 4), Err(Failure::Http(_))),
                "{body}"
            );
        }
    }

    #[test]
    fn endless_lines_and_trailers_are_errors() {
        let extension = [b"5;".to_vec(), vec![b'x'; 100_000]].concat();
        let trailer = [b"0\r\nx: ".to_vec(), vec![b'x'; 100_000]].concat();
        let trailers = [b"0\r\n".to_vec(), b"x: y\r\n".repeat(50_000)].concat();
        let extensions = b"1;xxxxxxx\r\n \r\n".repeat(50_000);
        for body in [extension, extensions, trailer, trailers] {
            for len in [10, 100_000] {
                assert!(matches!(decode(&body, len), Err(Failure::TooLarge(_))));
            }
        }
    }
}
