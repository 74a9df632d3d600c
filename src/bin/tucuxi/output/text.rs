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
use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Map, Value};

use super::python::{self, is_scalar};

pub(super) fn lines(value: &Value, escape: bool, out: &mut impl Write) -> io::Result<()> {
    Lines { escape, out }.value(value, None, None)
}

struct Lines<'o, W> {
    escape: bool,
    out: &'o mut W,
}

/// The names of the scalars of a list's maps.
type Columns<'v> = BTreeSet<&'v str>;

impl<W: Write> Lines<'_, W> {
    fn value(
        &mut self,
        value: &Value,
        label: Option<&str>,
        columns: Option<&Columns<'_>>,
    ) -> io::Result<()> {
        match value {
            Value::Object(map) => self.map(map, label, columns),
            Value::Array(list) => self.list(list, label),
            scalar => self.line(None, [self.text(scalar)]),
        }
    }

    fn list(&mut self, list: &[Value], label: Option<&str>) -> io::Result<()> {
        if list.iter().any(Value::is_object) {
            let maps = list.iter().filter_map(Value::as_object);
            let scalars = maps.flatten().filter(|(_, value)| is_scalar(value));
            let columns = scalars.map(|(name, _)| name.as_str()).collect();
            return (list.iter()).try_for_each(|item| self.value(item, label, Some(&columns)));
        }
        let (scalars, rest): (Vec<&Value>, Vec<&Value>) =
            list.iter().partition(|item| is_scalar(item));
        match label {
            _ if scalars.is_empty() => {}
            None => {
                let texts: Vec<_> = scalars.into_iter().map(|item| self.text(item)).collect();
                self.line(None, texts)?;
            }
            Some(_) => {
                for item in scalars {
                    self.line(label, [self.text(item)])?;
                }
            }
        }
        rest.into_iter()
            .try_for_each(|item| self.value(item, label, None))
    }

    fn map(
        &mut self,
        map: &Map<String, Value>,
        label: Option<&str>,
        columns: Option<&Columns<'_>>,
    ) -> io::Result<()> {
        let own = || {
            let scalars = map.iter().filter(|(_, value)| is_scalar(value));
            scalars.map(|(name, _)| name.as_str()).collect()
        };
        let columns = columns.map_or_else(|| Cow::Owned(own()), Cow::Borrowed);
        if !columns.is_empty() {
            let cells = columns.iter().map(|name| map.get(*name));
            let cells: Vec<_> = cells
                .map(|cell| cell.map_or(Cow::Borrowed(""), |value| self.text(value)))
                .collect();
            self.line(label, cells)?;
        }
        let names: BTreeSet<&str> = map.keys().map(String::as_str).collect();
        for name in names.difference(&columns) {
            self.value(&map[*name], Some(name), None)?;
        }
        Ok(())
    }

    fn text<'v>(&self, value: &'v Value) -> Cow<'v, str> {
        python::text(value, self.escape)
    }

    fn line<'t>(
        &mut self,
        label: Option<&str>,
        cells: impl IntoIterator<Item = Cow<'t, str>>,
    ) -> io::Result<()> {
        let label = label.map(|label| {
            Cow::Owned(python::printable(&label.to_uppercase(), self.escape).into_owned())
        });
        let cells: Vec<Cow<'_, str>> = label.into_iter().chain(cells).collect();
        writeln!(self.out, "{}", cells.join("\t"))
    }
}
