//! Lines of values, separated by tabs, for `cut` and `awk`.
//!
//! ```text
//! {"B": 2, "A": 1, "C": {"D": 3}, "E": [4, 5]}       1   2          the scalars, sorted by their names
//!                                                    C   3          then the other members, with their names
//!                                                    E   4
//!                                                    E   5
//! ```
//! The items of a list of maps have the same columns: all names of scalars that occur in the list.

use std::borrow::Cow;
use std::io::{self, Write};

use tucuxi::tree::{Kind, Members, Node};

use super::python::{self, is_scalar};

pub(super) fn lines(node: Node<'_>, escape: bool, out: &mut impl Write) -> io::Result<()> {
    let mut lines = Lines {
        escape,
        line: Vec::new(),
        out,
    };
    lines.value(node, None, None)
}

struct Lines<'o, W> {
    escape: bool,
    /// The current line, empty between two.
    line: Vec<u8>,
    out: &'o mut W,
}

/// The names of the scalars of a list's maps, sorted.
type Columns<'t> = Vec<&'t str>;

impl<W: Write> Lines<'_, W> {
    fn value(
        &mut self,
        node: Node<'_>,
        label: Option<&str>,
        columns: Option<&Columns<'_>>,
    ) -> io::Result<()> {
        match node.kind() {
            Kind::Map(members) => self.map(members, label, columns),
            Kind::List(_) => self.list(node, label),
            _ => self.line(None, [Some(node)]),
        }
    }

    fn list(&mut self, list: Node<'_>, label: Option<&str>) -> io::Result<()> {
        if list.elements().any(Node::is_map) {
            let columns = columns(list.elements().flat_map(Node::members));
            return (list.elements()).try_for_each(|item| self.value(item, label, Some(&columns)));
        }
        let scalars = || list.elements().filter(|item| is_scalar(*item));
        match label {
            _ if scalars().next().is_none() => {}
            None => self.line(None, scalars().map(Some))?,
            Some(_) => {
                for item in scalars() {
                    self.line(label, [Some(item)])?;
                }
            }
        }
        let mut rest = list.elements().filter(|item| !is_scalar(*item));
        rest.try_for_each(|item| self.value(item, label, None))
    }

    fn map(
        &mut self,
        members: Members<'_>,
        label: Option<&str>,
        columns: Option<&Columns<'_>>,
    ) -> io::Result<()> {
        let mut sorted: Vec<_> = members.collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        let own;
        let columns = match columns {
            Some(columns) => columns,
            None => {
                own = self::columns(sorted.iter().copied());
                &own
            }
        };
        let value = |name: &&str| {
            let found = sorted.binary_search_by_key(name, |(known, _)| known);
            found.ok().map(|at| sorted[at].1)
        };
        if !columns.is_empty() {
            self.line(label, columns.iter().map(value))?;
        }
        for (name, node) in &sorted {
            if columns.binary_search(name).is_err() {
                self.value(*node, Some(name), None)?;
            }
        }
        Ok(())
    }

    /// A line of cells, of which those without a value are empty.
    fn line<'t>(
        &mut self,
        label: Option<&str>,
        cells: impl IntoIterator<Item = Option<Node<'t>>>,
    ) -> io::Result<()> {
        let label = label.map(|label| label.to_uppercase());
        let label = label
            .as_deref()
            .map(|label| python::printable(label, self.escape));
        let cells = cells
            .into_iter()
            .map(|cell| cell.map_or(Cow::Borrowed(""), |node| python::text(node, self.escape)));
        for (at, cell) in label.into_iter().chain(cells).enumerate() {
            if at > 0 {
                self.line.push(b'\t');
            }
            self.line.extend_from_slice(cell.as_bytes());
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }
}

/// The names of scalars, sorted, each once.
fn columns<'t>(members: impl Iterator<Item = (&'t str, Node<'t>)>) -> Columns<'t> {
    let scalars = members.filter(|(_, node)| is_scalar(*node));
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in scalars {
        if let Err(at) = names.binary_search(&name) {
            names.insert(at, name);
        }
    }
    names
}
