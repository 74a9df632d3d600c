//! YAML.

use std::io::Write;

use serde_json::Value;
use tucuxi::internals::command::PrintableLines;

use crate::failure::Failure;
use crate::terminal::EscapedJson;

/// Writes a value. A text alone is quoted, as `aws` does.
pub(super) fn document(value: &Value, escape: bool, out: &mut impl Write) -> Result<(), Failure> {
    if value.is_string() {
        return Ok(writeln!(EscapedJson::new(out), "{value}")?);
    }
    // long texts stay on one line, so that they can be searched for
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    let text = serde_saphyr::to_string_with_options(value, options)
        .map_err(|error| Failure::Other(Box::new(error)))?;
    match escape {
        true => write!(out, "{}", PrintableLines(text))?,
        false => out.write_all(text.as_bytes())?,
    }
    Ok(())
}
