//! Spooling: keeping a body that must be read more than once, but whose source can be read only once.

use std::io::{self, Read, Write};

use tempfile::NamedTempFile;

use super::{Body, BodySource, Reuse};

/// The longest body that is kept in memory, in bytes. Longer ones go to a temporary file.
const IN_MEMORY: usize = 8 * 1024 * 1024;

impl Body {
    /// Returns a body with the same bytes that can be opened any number of times.
    ///
    /// A reader is kept in memory up to 8 MiB, and otherwise in a temporary file that only the user can read and that is
    /// removed with the body.
    pub(crate) fn into_reusable(self) -> io::Result<Self> {
        match self.reuse() {
            Reuse::Always => Ok(self),
            Reuse::Once | Reuse::Consumed => spool(self.open()?, IN_MEMORY),
        }
    }
}

fn spool(mut reader: impl Read, max_in_memory: usize) -> io::Result<Body> {
    let mut start = Vec::new();
    let limit = u64::try_from(max_in_memory)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    reader.by_ref().take(limit).read_to_end(&mut start)?;
    if start.len() <= max_in_memory {
        return Ok(start.into());
    }
    let mut file = NamedTempFile::new()?;
    file.write_all(&start)?;
    drop(start);
    io::copy(&mut reader, &mut file)?;
    file.flush()?;
    let len = file.as_file().metadata()?.len();
    Ok(Body::from_source(SpooledFile { file, len }))
}

struct SpooledFile {
    file: NamedTempFile,
    len: u64,
}

impl BodySource for SpooledFile {
    fn len(&self) -> Option<u64> {
        Some(self.len)
    }
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.file.reopen()?))
    }
    fn reuse(&self) -> Reuse {
        Reuse::Always
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spooled_body_is_reusable_and_leaves_no_file() {
        for (len, most) in [(0, 4), (4, 4), (5, 4), (100_000, 4)] {
            let bytes: Vec<u8> = (0..len).map(|n: u32| (n % 251) as u8).collect();
            let body = spool(&bytes[..], most).unwrap();
            assert_eq!(body.len(), Some(u64::from(len)));
            for _ in 0..2 {
                let mut read = Vec::new();
                body.open().unwrap().read_to_end(&mut read).unwrap();
                assert!(read == bytes);
            }
            assert_eq!(body.bytes().is_some(), len <= 4, "{len}");
        }
        let file = NamedTempFile::new().unwrap();
        let path = file.path().to_owned();
        drop(SpooledFile { file, len: 0 });
        assert!(!path.exists());
    }

    #[test]
    fn failing_source_is_an_error() {
        let body = Body::from_reader_with_len(&b"abc"[..], 4);
        assert!(body.into_reusable().is_err());
    }
}
