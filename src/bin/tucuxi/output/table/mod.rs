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
use std::io::{self, Write};

use tucuxi::tree::{Kind, Members, Node};

use self::layout::Section;
use super::python::{self, NotTabular, is_falsy, is_scalar};

pub(super) struct Table<'t> {
    sections: Vec<Section<'t>>,
    escape: bool,
}

type Result<T> = std::result::Result<T, NotTabular>;

impl<'t> Table<'t> {
    /// Arranges a value in sections. There is no table of nothing.
    pub(super) fn build(title: &'t str, node: Node<'t>, escape: bool) -> Result<Option<Self>> {
        let mut table = Self {
            sections: Vec::new(),
            escape,
        };
        table.add(Some(title), node, 0)?;
        Ok(Some(table).filter(|table| !table.sections.is_empty()))
    }

    pub(super) fn render(self, width: usize, colour: bool, out: &mut impl Write) -> io::Result<()> {
        layout::render(self.sections, width, colour, out)
    }

    fn add(&mut self, title: Option<&'t str>, node: Node<'t>, depth: usize) -> Result<()> {
        if is_falsy(node) {
            return Ok(());
        }
        if let Some(title) = title {
            self.start(Some(title), depth);
        }
        match node.kind() {
            Kind::Map(members) => self.map(members, depth),
            Kind::List(_) if node.at(0).is_some_and(Node::is_map) => self.maps(node, depth, title),
            Kind::List(_) => self.list(node),
            _ => Ok(()), // a scalar is a title with nothing below
        }
    }

    /// A row for each item of a list that does not start with a map.
    fn list(&mut self, list: Node<'t>) -> Result<()> {
        for item in list.elements() {
            match item.kind() {
                Kind::List(cells) if cells.clone().all(is_scalar) => {
                    self.row(cells.map(self.cell()))?;
                }
                Kind::List(_) => self.add(None, item, 0)?,
                Kind::Map(members) => {
                    let names = members.map(|(name, _)| name);
                    self.row(names.map(self.name()))?;
                }
                _ => self.row([item].into_iter().map(self.cell()))?,
            }
        }
        Ok(())
    }

    fn map(&mut self, members: Members<'t>, depth: usize) -> Result<()> {
        let members = Sorted::new(members);
        let (scalars, rest) = members.names();
        let cells = scalars.iter().filter_map(|name| members.get(name));
        let cells = cells.map(self.cell());
        match &scalars[..] {
            [] => {}
            [name] => {
                let name = [*name].into_iter().map(self.name());
                self.row(name.chain(cells))?;
            }
            _ => {
                self.headers(&scalars)?;
                self.row(cells)?;
            }
        }
        for name in rest {
            if let Some(node) = members.get(name) {
                self.add(Some(name), node, depth + 1)?;
            }
        }
        Ok(())
    }

    /// A row for each map of a list, followed by the sections of its other members.
    fn maps(&mut self, list: Node<'t>, depth: usize, title: Option<&'t str>) -> Result<()> {
        let (mut scalars, mut rest) = (Vec::new(), Vec::new());
        let mut maps = Vec::with_capacity(list.len());
        for item in list.elements() {
            let Kind::Map(members) = item.kind() else {
                return Err(NotTabular("a list of maps has other items".into()));
            };
            let members = Sorted::new(members);
            members.add_names(&mut scalars, &mut rest);
            maps.push(members);
        }
        self.headers(&scalars)?;
        for (at, members) in maps.into_iter().enumerate() {
            if at > 0 && !rest.is_empty() {
                self.start(title, depth);
                self.headers(&scalars)?;
            }
            let cell = self.cell();
            let cells = scalars.iter().map(|name| members.get(name));
            self.row(cells.map(|found| found.map_or(Cow::Borrowed(""), &cell)))?;
            for name in &rest {
                if let Some(node) = members.get(name) {
                    self.add(Some(name), node, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, title: Option<&'t str>, depth: usize) {
        self.sections
            .push(Section::new(title.map(self.name()), depth));
    }

    fn headers(&mut self, names: &[&'t str]) -> Result<()> {
        let names = names.iter().copied().map(self.name());
        self.section()?.set_headers(names.collect())
    }

    fn row(&mut self, cells: impl Iterator<Item = Cow<'t, str>>) -> Result<()> {
        self.section()?.add_row(cells.collect())
    }

    /// The text of a scalar.
    fn cell(&self) -> impl Fn(Node<'t>) -> Cow<'t, str> + use<'t> {
        let escape = self.escape;
        move |node| python::text(node, escape)
    }

    /// The text of a name.
    fn name(&self) -> impl Fn(&'t str) -> Cow<'t, str> + use<'t> {
        let escape = self.escape;
        move |name| python::printable(name, escape)
    }

    fn section(&mut self) -> Result<&mut Section<'t>> {
        let last = self.sections.last_mut();
        last.ok_or_else(|| NotTabular("it has no title".into()))
    }
}

/// The members of a map, sorted by their names.
struct Sorted<'t>(Vec<(&'t str, Node<'t>)>);

impl<'t> Sorted<'t> {
    fn new(members: Members<'t>) -> Self {
        let mut members: Vec<_> = members.collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        Self(members)
    }

    fn get(&self, name: &str) -> Option<Node<'t>> {
        let found = self.0.binary_search_by_key(&name, |(known, _)| known);
        found.ok().map(|at| self.0[at].1)
    }

    /// The names in order: those of scalars, and those of maps and lists.
    fn names(&self) -> (Vec<&'t str>, Vec<&'t str>) {
        let (mut scalars, mut rest) = (Vec::new(), Vec::new());
        self.add_names(&mut scalars, &mut rest);
        (scalars, rest)
    }

    /// Adds the names that are missing.
    fn add_names(&self, scalars: &mut Vec<&'t str>, rest: &mut Vec<&'t str>) {
        for (name, node) in &self.0 {
            let names = if is_scalar(*node) {
                &mut *scalars
            } else {
                &mut *rest
            };
            if let Err(at) = names.binary_search(name) {
                names.insert(at, name);
            }
        }
    }
}
