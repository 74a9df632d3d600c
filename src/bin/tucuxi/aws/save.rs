//! Parts of a result that are written to files or decrypted.

use std::fs::File;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tucuxi::internals::command::Writer;

use super::custom::saved::{Part, Saved as Row};
use super::given::Given;
use crate::failure::Failure;

/// The files for parts of a result, which only the user may read.
pub(super) struct Saved<'g> {
    given: &'g Given,
    /// For each part that is written.
    writers: Vec<Option<Writer>>,
}

impl<'g> Saved<'g> {
    /// Opens the files. It is done before the request is sent, as the service sends some parts only once.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be written, or a key to decrypt with cannot be read.
    pub(super) fn open(given: &'g Given) -> Result<Self, Failure> {
        let open = |row: &Row, path: &str| -> io::Result<Option<Writer>> {
            match row.part {
                Part::Decrypted(_) => File::open(path).map(|_| None),
                Part::Chosen { .. } | Part::Text(_) => Writer::private(path.as_ref()).map(Some),
            }
        };
        let named = |(row, path): &(&Row, String)| open(row, path).map_err(Failure::file(path));
        Ok(Self {
            given,
            writers: given.saved.iter().map(named).collect::<Result<_, _>>()?,
        })
    }

    /// Writes the parts of a result.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be written, or a part cannot be decrypted. The result then still has the part.
    pub(super) fn save(self, value: &mut Value) -> Result<(), Failure> {
        for ((row, path), writer) in self.given.saved.iter().zip(self.writers) {
            let (bytes, written) = match row.part {
                Part::Chosen {
                    structure, members, ..
                } => {
                    let choice = self.given.choice.as_deref().unwrap_or_default();
                    let text = value[structure].get(choice).and_then(Value::as_str);
                    let text = text.ok_or_else(|| {
                        Failure::Other(format!("{path}: the response has no {choice}").into())
                    })?;
                    let bytes = BASE64_STANDARD.decode(text);
                    let bytes = bytes.map_err(|e| Failure::Other(e.into()))?;
                    (bytes, Some((structure, members)))
                }
                Part::Decrypted(member) => {
                    decrypt(&mut value[member], path)?;
                    continue;
                }
                Part::Text(members) => {
                    let part = members
                        .iter()
                        .fold(&*value, |value, member| &value[*member]);
                    (part.as_str().unwrap_or_default().into(), None)
                }
            };
            if let Some(writer) = writer {
                let written = writer.write_from(&mut &*bytes);
                written.map_err(Failure::file(path))?;
            }
            if let Some((structure, members)) = written
                && let Some(parts) = value[structure].as_object_mut()
            {
                for member in members {
                    parts.shift_remove(*member);
                }
            }
        }
        Ok(())
    }
}

/// Decrypts a text with the RSA key in a file, by `openssl`.
fn decrypt(value: &mut Value, key: &str) -> Result<(), Failure> {
    let other = |text: String| Failure::Other(text.into());
    let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
        return Ok(()); // there is no password yet
    };
    let bytes = BASE64_STANDARD.decode(text.trim());
    let bytes = bytes.map_err(|e| other(format!("the encrypted text: {e}")))?;
    let mut command = Command::new("openssl");
    command
        .args(["pkeyutl", "-decrypt", "-pkeyopt", "rsa_padding_mode:pkcs1"])
        .args(["-inkey", key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut run = || {
        let mut child = command.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // if it ends early, its message says why
            let _ = input.write_all(&bytes);
        }
        child.wait_with_output()
    };
    let output = run().map_err(|e| other(format!("cannot run openssl, which decrypts: {e}")))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(other(format!(
            "{key}: openssl cannot decrypt with this key: {why}"
        )));
    }
    *value = String::from_utf8_lossy(&output.stdout).into();
    Ok(())
}
