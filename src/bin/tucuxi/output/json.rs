//! JSON with an indent of four, and numbers in Python's spelling.

use std::io::{self, Write};

use serde_json::Value;

use super::python;

/// The spaces of 16 levels.
const SPACES: &str = "                                                                ";

/// Writes a value and a line break.
pub(super) fn document(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    write(value, 0, out)?;
    out.write_all(b"\n")
}

/// The text of a value, without a line break at its end.
pub(crate) fn text(value: &Value) -> String {
    let mut out = Vec::new();
    // cannot fail
    let _ = write(value, 0, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Writes a value whose closing bracket is indented to this depth.
pub(super) fn write(value: &Value, depth: usize, mut out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Number(number) => out.write_all(python::number(number).as_bytes()),
        Value::Array(items) if !items.is_empty() => {
            out.write_all(b"[")?;
            for (at, item) in items.iter().enumerate() {
                start(at == 0, depth + 1, out)?;
                write(item, depth + 1, out)?;
            }
            end("]", depth, out)
        }
        Value::Object(members) if !members.is_empty() => {
            out.write_all(b"{")?;
            for (at, (name, value)) in members.iter().enumerate() {
                start(at == 0, depth + 1, out)?;
                self::name(name, out)?;
                write(value, depth + 1, out)?;
            }
            end("}", depth, out)
        }
        scalar => Ok(serde_json::to_writer(&mut out, scalar)?),
    }
}

/// Starts the line of an item or a member.
pub(super) fn start(is_first: bool, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(if is_first { b"\n" } else { b",\n" })?;
    indent(depth, out)
}

/// Ends a list or a map that is not empty.
pub(super) fn end(bracket: &str, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\n")?;
    indent(depth, out)?;
    out.write_all(bracket.as_bytes())
}

fn indent(depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut left = 4 * depth;
    while left > 0 {
        let n = left.min(SPACES.len());
        out.write_all(&SPACES.as_bytes()[..n])?;
        left -= n;
    }
    Ok(())
}

/// Writes the name of a member, and what separates it from its value.
pub(super) fn name(name: &str, mut out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut out, name)?;
    out.write_all(b": ")
}
