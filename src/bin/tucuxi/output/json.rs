//! JSON with an indent of four, and numbers in Python's spelling.

use std::io::{self, Write};

use serde_json::Value;
use tucuxi::Tree;
use tucuxi::tree::{Kind, Node};

use super::python;

/// The spaces of 16 levels.
const SPACES: &str = "                                                                ";

/// Writes a node and a line break.
pub(super) fn document(node: Node<'_>, out: &mut dyn Write) -> io::Result<()> {
    write(node, 0, out)?;
    out.write_all(b"\n")
}

/// The text of a value, without a line break at its end.
pub(crate) fn text(value: &Value) -> String {
    let mut out = Vec::new();
    // cannot fail
    let _ = write(Tree::from(value).root(), 0, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Writes a node whose closing bracket is indented to this depth.
pub(super) fn write(node: Node<'_>, depth: usize, mut out: &mut dyn Write) -> io::Result<()> {
    match node.kind() {
        Kind::Number(number) => out.write_all(python::number(&number).as_bytes()),
        Kind::List(items) if items.len() > 0 => {
            out.write_all(b"[")?;
            for (at, item) in items.enumerate() {
                start(at == 0, depth + 1, out)?;
                write(item, depth + 1, out)?;
            }
            end("]", depth, out)
        }
        Kind::Map(members) if members.len() > 0 => {
            out.write_all(b"{")?;
            for (at, (name, node)) in members.enumerate() {
                start(at == 0, depth + 1, out)?;
                self::name(name, out)?;
                write(node, depth + 1, out)?;
            }
            end("}", depth, out)
        }
        _ => Ok(serde_json::to_writer(&mut out, &node)?),
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
