//! Checking that a body has the announced length.

use std::io::{self, Read};

use crate::read;

/// A reader of exactly the announced number of bytes. It checks for the end when it reads the last byte, so a body that is too
/// long is never sent as if it were complete, and a connection is free as soon as its response is read.
pub(super) struct Exact {
    pub(super) reader: Box<dyn Read + Send>,
    pub(super) left: u64,
}

impl Exact {
    pub(super) fn has_more(&mut self) -> io::Result<bool> {
        Ok(read::some(&mut self.reader, &mut [0])? > 0)
    }
}

pub(super) fn too_short(left: u64) -> io::Error {
    let what = format!("the body ended {left} bytes early");
    io::Error::new(io::ErrorKind::UnexpectedEof, what)
}

pub(super) fn too_long() -> io::Error {
    let what = "the body is longer than its announced length";
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Read for Exact {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buf.len(), |left| left.min(buf.len()));
        if most == 0 {
            return Ok(0);
        }
        let n = self.reader.read(&mut buf[..most])?;
        if n == 0 {
            return Err(too_short(self.left));
        }
        self.left -= n as u64;
        if self.left == 0 && self.has_more()? {
            return Err(too_long());
        }
        Ok(n)
    }
}
