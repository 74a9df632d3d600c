//! Bodies that are kept until they have been sent, because they are read more than once and their source is not.

use std::io::{self, Read, Write};

use tempfile::NamedTempFile;

use super::{Body, BodySource, Reuse};

/// As much is kept in memory; what is longer goes to a temporary file.
const IN_MEMORY: usize = 8 * 1024 * 1024;

impl Body {
    /// The same bytes, such that they can be read again. Up to 8 MiB of a reader are kept in memory; more goes to a file in
    /// the system's folder for temporary files, which only the user can read and which is removed with the body.
    pub(crate) fn kept(self) -> io::Result<Self> {
        match self.reuse() {
            Reuse::Always => Ok(self),
            Reuse::Once | Reuse::Consumed => keep(self.open()?, IN_MEMORY),
        }
    }
}

fn keep(mut reader: impl Read, most: usize) -> io::Result<Body> {
    let mut start = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    reader.by_ref().take(limit).read_to_end(&mut start)?;
    if start.len() <= most {
        return Ok(start.into());
    }
    let mut file = NamedTempFile::new()?;
    file.write_all(&start)?;
    drop(start);
    io::copy(&mut reader, &mut file)?;
    file.flush()?;
    let len = file.as_file().metadata()?.len();
    Ok(Body::from_source(Kept { file, len }))
}

struct Kept {
    file: NamedTempFile,
    len: u64,
}

impl BodySource for Kept {
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
    fn what_is_kept_is_read_as_often_as_needed_and_leaves_nothing() {
        for (len, most) in [(0, 4), (4, 4), (5, 4), (100_000, 4)] {
            let bytes: Vec<u8> = (0..len).map(|n: u32| (n % 251) as u8).collect();
            let body = keep(&bytes[..], most).unwrap();
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
        drop(Kept { file, len: 0 });
        assert!(!path.exists());
    }

    #[test]
    fn a_source_that_breaks_is_an_error() {
        let body = Body::from_reader_with_len(&b"abc"[..], 4);
        assert!(body.kept().is_err());
    }
}
