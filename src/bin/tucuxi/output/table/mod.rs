//! Tables: a section for each map and list, framed and indented by its depth.
//!
//! ```text
//! -------------------------
//! |     DescribeThings    |      title of the operation
//! +---------+-------------+
//! |  Name   |  Size       |      the names of scalars
//! +---------+-------------+
//! |  a      |  1          |      a row for each map of a list
//! +---------+-------------+
//! ||        Tags         ||      a section for each member that is a map or a list
//! |+------+--------------+|
//! ```
//! A table that is wider than the terminal has each name and value in a row of their own, wherever a section has one row.

mod layout;
mod width;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Map, Value};

use self::layout::Section;
use super::python::{self, NotTabular, is_falsy, is_scalar};

pub(super) struct Table<'v> {
    sections: Vec<Section<'v>>,
    escape: bool,
}

type Result<T> = std::result::Result<T, NotTabular>;

impl<'v> Table<'v> {
    /// Arranges a value in sections. There is no table of nothing.
    pub(super) fn build(title: &'v str, value: &'v Value, escape: bool) -> Result<Option<Self>> {
        let mut table = Self {
            sections: Vec::new(),
            escape,
        };
        table.add(Some(title), value, 0)?;
        Ok(Some(table).filter(|table| !table.sections.is_empty()))
    }

    pub(super) fn render(self, width: usize, colour: bool, out: &mut impl Write) -> io::Result<()> {
        layout::render(self.sections, width, colour, out)
    }

    fn add(&mut self, title: Option<&'v str>, value: &'v Value, depth: usize) -> Result<()> {
        if is_falsy(value) {
            return Ok(());
        }
        if let Some(title) = title {
            self.start(Some(title), depth);
        }
        match value {
            Value::Object(map) => self.map(map, depth),
            Value::Array(list) if list[0].is_object() => self.maps(list, depth, title),
            Value::Array(list) => self.list(list),
            _ => Ok(()), // a scalar is a title with nothing below
        }
    }

    /// A row for each item of a list that does not start with a map.
    fn list(&mut self, list: &'v [Value]) -> Result<()> {
        for item in list {
            match item {
                Value::Array(cells) if cells.iter().all(is_scalar) => {
                    self.row(cells.iter().map(self.cell()))?;
                }
                Value::Array(_) => self.add(None, item, 0)?,
                Value::Object(map) => {
                    let names = map.keys().map(String::as_str);
                    self.row(names.map(self.name()))?;
                }
                scalar => self.row([scalar].into_iter().map(self.cell()))?,
            }
        }
        Ok(())
    }

    fn map(&mut self, map: &'v Map<String, Value>, depth: usize) -> Result<()> {
        let (scalars, rest) = names([map]);
        let cells = scalars.iter().map(|name| &map[*name]).map(self.cell());
        match scalars.len() {
            0 => {}
            1 => {
                let name = scalars.iter().copied().map(self.name());
                self.row(name.chain(cells))?;
            }
            _ => {
                self.headers(&scalars)?;
                self.row(cells)?;
            }
        }
        rest.into_iter()
            .try_for_each(|name| self.add(Some(name), &map[name], depth + 1))
    }

    /// A row for each map of a list, followed by the sections of its other members.
    fn maps(&mut self, list: &'v [Value], depth: usize, title: Option<&'v str>) -> Result<()> {
        let maps: Option<Vec<_>> = list.iter().map(Value::as_object).collect();
        let maps = maps.ok_or_else(|| NotTabular("a list of maps has other items".into()))?;
        let (scalars, rest) = names(maps.iter().copied());
        self.headers(&scalars)?;
        for (at, map) in maps.into_iter().enumerate() {
            if at > 0 && !rest.is_empty() {
                self.start(title, depth);
                self.headers(&scalars)?;
            }
            let cell = self.cell();
            let cells = scalars.iter().map(|name| map.get(*name));
            self.row(cells.map(|found| found.map_or(Cow::Borrowed(""), &cell)))?;
            for name in &rest {
                if let Some(value) = map.get(*name) {
                    self.add(Some(name), value, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, title: Option<&'v str>, depth: usize) {
        self.sections
            .push(Section::new(title.map(self.name()), depth));
    }

    fn headers(&mut self, names: &BTreeSet<&'v str>) -> Result<()> {
        let names = names.iter().copied().map(self.name());
        self.section()?.set_headers(names.collect())
    }

    fn row(&mut self, cells: impl Iterator<Item = Cow<'v, str>>) -> Result<()> {
        self.section()?.add_row(cells.collect())
    }

    /// The text of a scalar.
    fn cell(&self) -> impl Fn(&'v Value) -> Cow<'v, str> + use<'v> {
        let escape = self.escape;
        move |value| python::text(value, escape)
    }

    /// The text of a name.
    fn name(&self) -> impl Fn(&'v str) -> Cow<'v, str> + use<'v> {
        let escape = self.escape;
        move |name| python::printable(name, escape)
    }

    fn section(&mut self) -> Result<&mut Section<'v>> {
        let last = self.sections.last_mut();
        last.ok_or_else(|| NotTabular("it has no title".into()))
    }
}

/// The names of members in order: those of scalars, and those of maps and lists.
fn names<'v>(
    maps: impl IntoIterator<Item = &'v Map<String, Value>>,
) -> (BTreeSet<&'v str>, BTreeSet<&'v str>) {
    let (mut scalars, mut rest) = (BTreeSet::new(), BTreeSet::new());
    for (name, value) in maps.into_iter().flatten() {
        let names = if is_scalar(value) {
            &mut scalars
        } else {
            &mut rest
        };
        names.insert(name.as_str());
    }
    (scalars, rest)
}
