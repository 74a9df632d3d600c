//! Parts of a result that are written to files or decrypted.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::custom::saved::Part;
use super::given::Given;
use crate::failure::Failure;

/// Writes parts of a result to the files that options name, which only the user may read.
///
/// # Errors
///
/// Returns an error if a file cannot be written, or a part cannot be decrypted.
pub(super) fn save(given: &Given, value: &mut Value) -> Result<(), Failure> {
    for (row, path) in &given.saved {
        let bytes = match row.part {
            Part::Chosen {
                structure, members, ..
            } => {
                let choice = given.choice.as_deref().unwrap_or_default();
                let Some(parts) = value[structure].as_object_mut() else {
                    continue;
                };
                let text = parts
                    .get(choice)
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let bytes = BASE64_STANDARD.decode(text);
                let bytes = bytes.map_err(|e| Failure::Other(e.into()))?;
                for member in members {
                    parts.shift_remove(*member);
                }
                bytes
            }
            Part::Decrypted(member) => {
                decrypt(&mut value[member], path)?;
                continue;
            }
            Part::Text(members) => {
                let part = members
                    .iter()
                    .fold(&*value, |value, member| &value[*member]);
                part.as_str().unwrap_or_default().into()
            }
        };
        write_secret(path, &bytes).map_err(Failure::file(path))?;
    }
    Ok(())
}

fn write_secret(path: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let mut file = options.mode(0o600).open(path)?;
        // a file that is there keeps its mode otherwise
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.write_all(bytes)
    }
    #[cfg(not(unix))]
    options.open(path)?.write_all(bytes)
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
            input.write_all(&bytes)?;
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
