//! A log file of a digest.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tucuxi::internals::command::hex;
use tucuxi::{Client, Error};

use crate::failure::Failure;

/// How a compressed file begins.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The largest content of a log file. CloudTrail's files have 50 MB at most, compressed.
const LARGEST: u64 = 16 << 30;

/// A log file, as a digest names it.
pub(super) struct Log {
    pub(super) bucket: String,
    pub(super) key: String,
    hash: String,
}

impl Log {
    pub(super) fn of(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self {
            bucket: text("s3Bucket"),
            key: text("s3Object"),
            hash: text("hashValue"),
        }
    }

    /// Downloads the file, and compares its hash. Returns why it is invalid.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be downloaded.
    pub(super) fn verify(&self, client: &Client) -> Result<Option<&'static str>, Failure> {
        let params = json!({"Bucket": self.bucket, "Key": self.key});
        let body = match client.request("s3", "GetObject").params(params).send() {
            Ok(response) => response.body,
            Err(error) if error.root().code() == Some("NoSuchKey") => return Ok(Some("not found")),
            Err(error) => return Err(error.into()),
        };
        let hashed = match body {
            Some(body) => hash(BufReader::new(body), LARGEST),
            None => hash(io::empty(), LARGEST),
        };
        match hashed {
            Ok(Some(hash)) if hash == self.hash => Ok(None),
            Ok(Some(_)) => Ok(Some("hash value doesn't match")),
            Ok(None) => Ok(Some("unexpected data after end of compressed stream")),
            // a download that breaks off says nothing about the file
            Err(error) if is_of_call(&error) => Err(error.into()),
            Err(_) => Ok(Some("invalid format")),
        }
    }
}

/// The hash of a compressed file: `None` if something follows what is compressed. The content may be no longer than `largest`.
fn hash(mut reader: impl BufRead, largest: u64) -> io::Result<Option<String>> {
    // the decoder notices it in the tenth byte only
    let mut head = reader.fill_buf()?.iter().zip(MAGIC);
    if head.any(|(byte, expected)| *byte != expected) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut hash = Sha256::new();
    let mut decoder = GzDecoder::new(reader).take(largest + 1);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => hash.update(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // a file that was cut has another hash
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !is_of_call(&error) => {
                break;
            }
            Err(error) => return Err(error),
        }
    }
    if decoder.limit() == 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let is_at_end = decoder.get_mut().get_mut().fill_buf()?.is_empty();
    Ok(is_at_end.then(|| hex(&hash.finalize())))
}

/// Whether a download has broken off.
pub(super) fn is_of_call(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|error| error.is::<Error>())
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    pub(in super::super) fn zipped(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn files_that_were_changed_have_another_hash() {
        let good = zipped(b"{}");
        let hash = |file: &[u8]| hash(file, 2);
        let expected = hex(&Sha256::digest(b"{}"));
        assert_eq!(hash(&good).unwrap(), Some(expected));
        for cut in 0..good.len() {
            let found = hash(&good[..cut]).unwrap();
            assert!(found.is_some(), "{cut}");
        }
        let more = [&*good, &*good].concat();
        assert_eq!(hash(&more).unwrap(), None);
        assert!(hash(&b"{\"Records\": []}"[..]).is_err() && hash(&b"{}"[..]).is_err());
        let mut wrong = good;
        let sum = wrong.len() - 8;
        wrong[sum] ^= 1;
        assert!(hash(&wrong).is_err());
        for long in [zipped(b"{ }"), zipped(&vec![b' '; 1 << 20])] {
            assert!(hash(&long).is_err());
        }
    }
}
