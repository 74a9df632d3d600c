//! The manifest of a job: a CSV file with a line `BUCKET,KEY` for each object, whose key is URL-encoded.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write as _};

use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempPath};
use tucuxi::internals::command::hex;

/// A manifest that is being written to a temporary file.
#[derive(Default)]
pub(super) struct Manifest {
    file: Option<BufWriter<NamedTempFile>>,
    digest: Sha256,
    objects: u64,
    /// Why the file lacks an object.
    fault: Option<io::Error>,
}

/// A complete manifest.
pub(super) struct Written {
    pub(super) path: TempPath,
    pub(super) objects: u64,
    /// The name of the file, which is that of its content: the same plan has the same manifest.
    pub(super) name: String,
}

impl Manifest {
    /// Adds an object. If that fails, the manifest cannot be completed.
    pub(super) fn add(&mut self, bucket: &str, key: &str) {
        if self.fault.is_none()
            && let Err(error) = self.write(&line(bucket, key))
        {
            self.fault = Some(error);
        }
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BufWriter::new(NamedTempFile::new()?)),
        };
        file.write_all(line.as_bytes())?;
        self.digest.update(line);
        self.objects += 1;
        Ok(())
    }

    /// Completes the manifest: `None` if it has no object.
    ///
    /// # Errors
    ///
    /// Returns an error if the file could not be written.
    pub(super) fn finish(self) -> io::Result<Option<Written>> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let Some(file) = self.file else {
            return Ok(None);
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Some(Written {
            path: file.into_temp_path(),
            objects: self.objects,
            name: format!("tucuxi-{}.csv", hex(&self.digest.finalize()[..16])),
        }))
    }
}

fn line(bucket: &str, key: &str) -> String {
    let mut line = format!("{bucket},");
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                line.push(byte.into());
            }
            // cannot fail
            byte => drop(write!(line, "%{byte:02X}")),
        }
    }
    line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded() {
        for (key, expected) in [
            ("a/b-c_d.e~f", "b,a/b-c_d.e~f\n"),
            ("a b+c,d\"e%", "b,a%20b%2Bc%2Cd%22e%25\n"),
            ("l\r\nb,x", "b,l%0D%0Ab%2Cx\n"),
            ("ü", "b,%C3%BC\n"),
        ] {
            assert_eq!(line("b", key), expected);
        }
    }

    #[test]
    fn the_same_plan_has_the_same_name() {
        let written = |keys: &[&str]| {
            let mut manifest = Manifest::default();
            for key in keys {
                manifest.add("b", key);
            }
            manifest.finish().unwrap()
        };
        assert!(written(&[]).is_none());
        let (one, same) = (written(&["k", "l"]).unwrap(), written(&["k", "l"]).unwrap());
        assert_eq!((one.objects, one.name), (2, same.name.clone()));
        assert_ne!(written(&["k"]).unwrap().name, same.name);
        assert_eq!(std::fs::read_to_string(&same.path).unwrap(), "b,k\nb,l\n");
    }
}
