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

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Map, Value};

use self::layout::Section;
use super::python::{self, NotTabular, is_falsy, is_scalar};

pub(super) struct Table {
    sections: Vec<Section>,
    escape: bool,
}

type Result<T> = std::result::Result<T, NotTabular>;

impl Table {
    /// Arranges a value in sections. There is no table of nothing.
    pub(super) fn build(title: &str, value: &Value, escape: bool) -> Result<Option<Self>> {
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

    fn add(&mut self, title: Option<&str>, value: &Value, depth: usize) -> Result<()> {
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
    fn list(&mut self, list: &[Value]) -> Result<()> {
        for item in list {
            match item {
                Value::Array(cells) if cells.iter().all(is_scalar) => self.row(cells.iter())?,
                Value::Array(_) => self.add(None, item, 0)?,
                Value::Object(map) => {
                    let names: Vec<Value> = map.keys().map(|name| (**name).into()).collect();
                    self.row(names.iter())?;
                }
                scalar => self.row([scalar])?,
            }
        }
        Ok(())
    }

    fn map(&mut self, map: &Map<String, Value>, depth: usize) -> Result<()> {
        let (scalars, rest) = names([map]);
        let cells = scalars.iter().map(|name| &map[*name]);
        match scalars.len() {
            0 => {}
            1 => {
                let name = scalars.iter().map(|name| Value::from(*name)).next();
                self.row(name.iter().chain(cells))?;
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
    fn maps(&mut self, list: &[Value], depth: usize, title: Option<&str>) -> Result<()> {
        let maps: Option<Vec<_>> = list.iter().map(Value::as_object).collect();
        let maps = maps.ok_or_else(|| NotTabular("a list of maps has other items".into()))?;
        let (scalars, rest) = names(maps.iter().copied());
        self.headers(&scalars)?;
        for (at, map) in maps.into_iter().enumerate() {
            if at > 0 && !rest.is_empty() {
                self.start(title, depth);
                self.headers(&scalars)?;
            }
            let missing = Value::from("");
            self.row(
                scalars
                    .iter()
                    .map(|name| map.get(*name).unwrap_or(&missing)),
            )?;
            for name in &rest {
                if let Some(value) = map.get(*name) {
                    self.add(Some(name), value, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, title: Option<&str>, depth: usize) {
        let title = title.map(|title| python::printable(title, self.escape).into_owned());
        self.sections.push(Section::new(title, depth));
    }

    fn headers(&mut self, names: &BTreeSet<&str>) -> Result<()> {
        let names = names
            .iter()
            .map(|name| python::printable(name, self.escape).into_owned());
        let names = names.collect();
        self.section()?.set_headers(names)
    }

    fn row<'v>(&mut self, cells: impl IntoIterator<Item = &'v Value>) -> Result<()> {
        let cells = cells
            .into_iter()
            .map(|cell| python::text(cell, self.escape).into_owned());
        let cells = cells.collect();
        self.section()?.add_row(cells)
    }

    fn section(&mut self) -> Result<&mut Section> {
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
