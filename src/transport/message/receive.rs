//! What is received: interim and final heads, and the body.

use http::header::EXPECT;
use http::{HeaderMap, StatusCode, response};

use super::chunks::{Chunks, copy};
use super::head::{self, Framing, MAX_HEAD};
use crate::transport::failure::Failure;

/// The maximum number of interim responses (1xx) before the final one.
const MAX_INTERIM: usize = 100;

/// The heads of a response: any number of interim ones, and the final one.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    interim: usize,
    /// Whether the server has announced that it reads the body.
    has_consent: bool,
}

/// What was decoded.
#[derive(Debug)]
pub(crate) enum Step {
    /// The server accepts the body that it was announced.
    Continue,
    Final(response::Parts),
    /// An interim response without a meaning.
    Interim,
}

impl Heads {
    /// Whether the connection is at the next response after this final one. A server that refuses a body at its head may take the
    /// body for the next request, so what follows a refusal without consent is unknown.
    pub(crate) fn leaves_no_body(&self, request: &HeaderMap, status: StatusCode) -> bool {
        self.has_consent || status.is_success() || !request.contains_key(EXPECT)
    }

    /// Decodes the next head. Returns its length too, or `None` if the input ends before the head does.
    pub(crate) fn decode(
        &mut self,
        input: &[u8],
        awaits_continue: bool,
    ) -> Result<Option<(usize, Step)>, Failure> {
        let decoded = head::decode(input)?;
        let len = decoded.as_ref().map_or(input.len(), |(len, _)| *len);
        if len >= MAX_HEAD {
            return Err(Failure::TooLarge("the head of the response is too long"));
        }
        let Some((len, head)) = decoded else {
            return Ok(None);
        };
        let step = match head.status.is_informational() {
            true => self.interim(head.status, awaits_continue)?,
            false => Step::Final(head),
        };
        Ok(Some((len, step)))
    }

    /// Returns what an interim response means.
    pub(crate) fn interim(
        &mut self,
        status: StatusCode,
        awaits_continue: bool,
    ) -> Result<Step, Failure> {
        if status == StatusCode::SWITCHING_PROTOCOLS {
            let what = "the server switched protocols (101), which was not requested";
            return Err(Failure::Http(what.into()));
        }
        if status == StatusCode::CONTINUE {
            self.has_consent = true;
            if awaits_continue {
                return Ok(Step::Continue);
            }
        }
        self.interim += 1;
        match self.interim > MAX_INTERIM {
            true => Err(Failure::TooLarge(
                "there are too many interim responses (1xx)",
            )),
            false => Ok(Step::Interim),
        }
    }

    /// Returns the failure of a connection that was closed after these bytes of a head.
    pub(crate) fn closed(received: usize) -> Failure {
        Failure::Closed(match received {
            0 => "it was closed before a response was received",
            _ => "it was closed inside the head of the response",
        })
    }
}

/// What is left of the body of a response.
#[derive(Debug)]
pub(crate) enum Left {
    Bytes(u64),
    Chunks(Chunks),
    Close,
}

impl From<Framing> for Left {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Chunked => Self::Chunks(Chunks::default()),
            Framing::Close => Self::Close,
            Framing::Length(length) => Self::Bytes(length),
        }
    }
}

impl Left {
    /// Returns the length, if it was announced.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::Bytes(left) => Some(*left),
            _ => None,
        }
    }

    pub(crate) fn ends_by_close(&self) -> bool {
        matches!(self, Self::Close)
    }

    /// Whether nothing is left.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Bytes(left) => *left == 0,
            Self::Chunks(chunks) => chunks.is_ended(),
            Self::Close => false,
        }
    }

    /// Decodes as much as possible. Returns the number of bytes that were taken from the input and written to the output.
    pub(crate) fn decode(
        &mut self,
        input: &[u8],
        out: &mut [u8],
    ) -> Result<(usize, usize), Failure> {
        match self {
            Self::Chunks(chunks) => chunks.decode(input, out),
            Self::Bytes(_) | Self::Close => {
                let n = copy(input, out, self.most());
                self.took(n);
                Ok((n, n))
            }
        }
    }

    /// The most bytes of input that are of the body as they are. Chunks are decoded.
    pub(crate) fn most(&self) -> usize {
        match self {
            Self::Bytes(left) => usize::try_from(*left).unwrap_or(usize::MAX),
            Self::Chunks(_) => 0,
            Self::Close => usize::MAX,
        }
    }

    /// Records that as many bytes of input were taken as they are.
    pub(crate) fn took(&mut self, n: usize) {
        if let Self::Bytes(left) = self {
            *left = left.saturating_sub(n as u64);
        }
    }

    /// Fails if the body may not end where the connection was closed.
    pub(crate) fn closed(&self) -> Result<(), Failure> {
        Err(Failure::Closed(match self {
            Self::Close => return Ok(()),
            // only an empty line is missing
            Self::Chunks(chunks) if chunks.is_ending() => return Ok(()),
            Self::Chunks(_) => "it was closed before the last chunk of the body",
            Self::Bytes(_) => "it was closed before the end of the body",
        }))
    }
}
