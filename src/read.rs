//! Reading in chunks.

use std::io::{self, ErrorKind, Read};

/// The largest chunk. Large chunks need fewer system calls.
pub(crate) const CHUNK: usize = 256 * 1024;

/// Reads once, and again if a signal interrupts it. Returns 0 at the end.
pub(crate) fn some(reader: &mut (impl Read + ?Sized), into: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Passes every chunk to `take`, up to the end, without holding more than one in memory.
pub(crate) fn each(
    mut reader: impl Read,
    largest: usize,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut chunk = vec![0; largest.clamp(1, CHUNK)];
    loop {
        match some(&mut reader, &mut chunk)? {
            0 => return Ok(()),
            n => take(&chunk[..n])?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that is interrupted before every byte.
    struct Interrupted(Vec<u8>, bool);

    impl Read for Interrupted {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match (self.1, self.0.pop()) {
                (true, byte) => {
                    self.0.extend(byte);
                    Err(ErrorKind::Interrupted.into())
                }
                (false, byte) => byte.map_or(Ok(0), |byte| {
                    into[0] = byte;
                    Ok(1)
                }),
            }
        }
    }

    #[test]
    fn interrupted_reads_are_repeated() {
        let mut out: Vec<u8> = Vec::new();
        each(Interrupted(b"cba".to_vec(), false), usize::MAX, |chunk| {
            out.extend(chunk);
            Ok(())
        })
        .unwrap();
        assert_eq!(out, b"abc");
    }

    #[test]
    fn chunks_have_a_largest_length() {
        for (largest, expected) in [(0, 4), (2, 2), (usize::MAX, 1)] {
            let mut chunks = 0;
            each(&b"abcd"[..], largest, |_| {
                chunks += 1;
                Ok(())
            })
            .unwrap();
            assert_eq!(chunks, expected, "{largest}");
        }
        let full = |_: &[u8]| Err(ErrorKind::StorageFull.into());
        let error = each(&b"a"[..], 1, full).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
