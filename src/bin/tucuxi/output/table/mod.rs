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
use std::cmp::Ordering;
use std::io::{self, Write};
use std::ops::Range;

use tucuxi::tree::{Kind, Members, Node};

use self::layout::Sections;
use super::python::{self, NotTabular, is_falsy, is_scalar};

pub(super) struct Table<'t> {
    sections: Sections<'t>,
    escape: bool,
    /// The members of the maps that are being added, each map's sorted by their names.
    members: Vec<(&'t str, Node<'t>)>,
}

type Result<T> = std::result::Result<T, NotTabular>;

impl<'t> Table<'t> {
    /// Arranges a value in sections. There is no table of nothing.
    pub(super) fn build(title: &'t str, node: Node<'t>, escape: bool) -> Result<Option<Self>> {
        let mut table = Self {
            sections: Sections::default(),
            escape,
            members: Vec::new(),
        };
        table.add(Some(title), node, 0)?;
        Ok(Some(table).filter(|table| !table.sections.is_empty()))
    }

    pub(super) fn render(
        &self,
        width: usize,
        colour: bool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.sections.render(width, colour, out)
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
        let (cell, name) = (self.cell(), self.name());
        for item in list.elements() {
            match item.kind() {
                Kind::List(cells) if cells.clone().all(is_scalar) => {
                    self.sections.add_row(cells.map(&cell))?;
                }
                Kind::List(_) => self.add(None, item, 0)?,
                Kind::Map(members) => {
                    let all = self.sorted(members);
                    let names = self.members[all.clone()].iter();
                    self.sections
                        .add_row(names.map(|(member, _)| name(member)))?;
                    self.members.truncate(all.start);
                }
                _ => self.sections.add_row([item].into_iter().map(&cell))?,
            }
        }
        Ok(())
    }

    fn map(&mut self, members: Members<'t>, depth: usize) -> Result<()> {
        let (cell, name) = (self.cell(), self.name());
        let all = self.sorted(members);
        let is_cell = |(_, node): &&(&'t str, Node<'t>)| is_scalar(*node);
        let scalars = || self.members[all.clone()].iter().filter(is_cell);
        let cells = scalars().map(|(_, node)| cell(*node));
        let mut names = scalars().map(|(member, _)| name(member));
        match scalars().count() {
            0 => {}
            1 => self.sections.add_row(names.chain(cells))?,
            _ => {
                self.sections.set_headers(&mut names)?;
                self.sections.add_row(cells)?;
            }
        }
        for at in all.clone() {
            let (name, node) = self.members[at];
            if !is_scalar(node) {
                self.add(Some(name), node, depth + 1)?;
            }
        }
        self.members.truncate(all.start);
        Ok(())
    }

    /// A row for each map of a list, followed by the sections of its other members.
    fn maps(&mut self, list: Node<'t>, depth: usize, title: Option<&'t str>) -> Result<()> {
        let (cell, name) = (self.cell(), self.name());
        let (mut scalars, mut rest) = (Vec::new(), Vec::new());
        let start = self.members.len();
        let mut maps = Vec::with_capacity(list.len());
        for item in list.elements() {
            let Kind::Map(members) = item.kind() else {
                return Err(NotTabular("a list of maps has other items".into()));
            };
            let map = self.sorted(members);
            for (name, node) in &self.members[map.clone()] {
                add_name(
                    if is_scalar(*node) {
                        &mut scalars
                    } else {
                        &mut rest
                    },
                    name,
                );
            }
            maps.push(map);
        }
        let headers =
            |sections: &mut Sections<'t>| sections.set_headers(scalars.iter().copied().map(&name));
        headers(&mut self.sections)?;
        for (at, map) in maps.into_iter().enumerate() {
            if at > 0 && !rest.is_empty() {
                self.start(title, depth);
                headers(&mut self.sections)?;
            }
            let mut members = Sorted(&self.members[map.clone()]);
            let cells = scalars.iter().map(|name| members.get(name));
            let cells = cells.map(|found| found.map_or(Cow::Borrowed(""), &cell));
            self.sections.add_row(cells)?;
            let mut after = map.start;
            for name in &rest {
                let mut members = Sorted(&self.members[after..map.end]);
                let found = members.get(name);
                after = map.end - members.0.len();
                if let Some(node) = found {
                    self.add(Some(name), node, depth + 1)?;
                }
            }
        }
        self.members.truncate(start);
        Ok(())
    }

    fn start(&mut self, title: Option<&'t str>, depth: usize) {
        self.sections.start(title.map(self.name()), depth);
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

    /// Adds the members of a map, sorted by their names, and returns their positions.
    fn sorted(&mut self, members: Members<'t>) -> Range<usize> {
        let start = self.members.len();
        self.members.extend(members);
        self.members[start..].sort_unstable_by_key(|(name, _)| *name);
        start..self.members.len()
    }
}

/// Adds a name to those of other maps, in order. Most maps have the same ones.
fn add_name<'t>(names: &mut Vec<&'t str>, name: &'t str) {
    if let Err(at) = names.binary_search(&name) {
        names.insert(at, name);
    }
}

/// The rest of a map's members, sorted by name. Each lookup must be for a later name than the one before.
struct Sorted<'m, 't>(&'m [(&'t str, Node<'t>)]);

impl<'t> Sorted<'_, 't> {
    fn get(&mut self, name: &str) -> Option<Node<'t>> {
        while let [(known, node), rest @ ..] = self.0 {
            match (*known).cmp(name) {
                Ordering::Less => self.0 = rest,
                Ordering::Equal => {
                    self.0 = rest;
                    return Some(*node);
                }
                Ordering::Greater => break,
            }
        }
        None
    }
}
