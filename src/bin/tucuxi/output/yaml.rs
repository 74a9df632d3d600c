//! YAML.

use std::io::Write;

use serde::Serialize;
use tucuxi::internals::command::PrintableLines;
use tucuxi::tree::Node;

use crate::failure::Failure;
use crate::terminal::EscapedJson;

/// Writes a value. A text alone is quoted, as `aws` does.
pub(super) fn document(node: Node<'_>, escape: bool, out: &mut impl Write) -> Result<(), Failure> {
    if let Some(text) = node.as_str() {
        let text = serde_json::Value::from(text);
        return Ok(writeln!(EscapedJson::new(out), "{text}")?);
    }
    write(&node, escape, out)
}

/// Writes a list of one node.
pub(super) fn item(node: Node<'_>, escape: bool, out: &mut impl Write) -> Result<(), Failure> {
    write(&[node], escape, out)
}

fn write(value: &impl Serialize, escape: bool, out: &mut impl Write) -> Result<(), Failure> {
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
