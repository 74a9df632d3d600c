//! The layout of sections as lines.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

use super::super::python::NotTabular;
use super::width::columns;

/// The columns of a cell besides its text: two on each side.
const PADDING: usize = 4;
/// The columns of the frame of a line.
const FRAME: usize = 2;

const VALUE: &str = "\x1b[1m\x1b[34m";
const INDENT: &str = "\x1b[2m\x1b[33m";
const RESET: &str = "\x1b[0m";

/// The bytes that are written at once.
const PIECE: usize = 32 * 1024;

/// The framed parts of a table. Their texts and widths are in common lists, as a result may have thousands of sections.
#[derive(Default)]
pub(super) struct Sections<'v> {
    all: Vec<Section<'v>>,
    names: Vec<Cow<'v, str>>,
    cells: Vec<Cow<'v, str>>,
    widths: Vec<usize>,
}

/// A title, the names of the columns, rows.
struct Section<'v> {
    title: Option<Cow<'v, str>>,
    depth: usize,
    /// The positions of the names.
    headers: Range<usize>,
    /// The position of the first cell of the first row.
    first: usize,
    rows: usize,
    /// The cells of each row, once it is known.
    count: Option<usize>,
    /// The positions of the widths of the widest text of each column.
    widths: Range<usize>,
}

impl<'v> Sections<'v> {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Starts a section, to which headers and rows are added until the next one starts.
    pub(super) fn start(&mut self, title: Option<Cow<'v, str>>, depth: usize) {
        self.all.push(Section {
            title,
            depth,
            headers: 0..0,
            first: self.cells.len(),
            rows: 0,
            count: None,
            widths: self.widths.len()..self.widths.len(),
        });
    }

    pub(super) fn set_headers(
        &mut self,
        names: impl Iterator<Item = Cow<'v, str>>,
    ) -> Result<(), NotTabular> {
        let section = last(&mut self.all)?;
        let start = self.names.len();
        self.names.extend(names);
        section.headers = start..self.names.len();
        let names = &self.names[start..];
        section.count.get_or_insert(names.len());
        section.widen(names, &mut self.widths)
    }

    pub(super) fn add_row(
        &mut self,
        cells: impl Iterator<Item = Cow<'v, str>>,
    ) -> Result<(), NotTabular> {
        let section = last(&mut self.all)?;
        let start = self.cells.len();
        self.cells.extend(cells);
        let row = &self.cells[start..];
        let count = *section.count.get_or_insert(row.len());
        if row.len() != count {
            let what = format!("a row of {} cells among rows of {count}", row.len());
            return Err(NotTabular(what));
        }
        section.rows += 1;
        section.widen(row, &mut self.widths)
    }

    /// The names and values of a section that has one row, which may be shown one below the other.
    fn pairs(&self, section: &Section<'v>) -> Option<[&[Cow<'v, str>]; 2]> {
        let names = &self.names[section.headers.clone()];
        let is_one = section.rows == 1 && !names.is_empty();
        let values = is_one.then(|| self.rows(section).next()).flatten()?;
        let both = names.len().min(values.len());
        Some([&names[..both], &values[..both]])
    }

    fn rows(&self, section: &Section<'v>) -> impl Iterator<Item = &[Cow<'v, str>]> {
        let (first, count) = (section.first, section.count.unwrap_or(0));
        (0..section.rows).map(move |row| {
            let start = first + row * count;
            &self.cells[start..start + count]
        })
    }

    pub(super) fn render(
        &self,
        terminal: usize,
        colour: bool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let widest = |width: &dyn Fn(&Section<'v>) -> usize| self.all.iter().map(width).max();
        let natural = |section: &Section<'v>| section.width(&self.widths[section.widths.clone()]);
        let upright = |section: &Section<'v>| match self.pairs(section) {
            Some([names, values]) => section.width(&[broadest(names), broadest(values)]),
            None => natural(section),
        };
        let mut width = widest(&natural).unwrap_or(0);
        let is_upright = width > terminal;
        if is_upright {
            width = widest(&upright).unwrap_or(0);
        }
        let mut lines = Lines {
            colour,
            width: 0,
            frame: Vec::new(),
            rule: Vec::new(),
            scaled: Vec::new(),
            text: Vec::with_capacity(PIECE + PIECE / 2),
            out,
        };
        fill(&mut lines.text, b'-', width);
        lines.text.push(b'\n');
        for section in &self.all {
            lines.start(section, width - 2 * section.depth);
            match self.pairs(section).filter(|_| is_upright) {
                Some([names, values]) => {
                    lines.title(section, false)?;
                    lines.scale(&[broadest(names), broadest(values)]);
                    let pairs = names.iter().zip(values);
                    lines.rows(pairs.map(|(name, value)| [&**name, &**value]))?;
                }
                None => {
                    let names = &self.names[section.headers.clone()];
                    lines.title(section, names.is_empty() && section.rows == 0)?;
                    lines.scale(&self.widths[section.widths.clone()]);
                    lines.headers(names);
                    lines.rows(self.rows(section))?;
                }
            }
        }
        lines.write()
    }
}

fn last<'s, 'v>(sections: &'s mut [Section<'v>]) -> Result<&'s mut Section<'v>, NotTabular> {
    let last = sections.last_mut();
    last.ok_or_else(|| NotTabular("it has no title".into()))
}

fn broadest(cells: &[Cow<'_, str>]) -> usize {
    cells.iter().map(|cell| columns(cell)).max().unwrap_or(0)
}

impl Section<'_> {
    fn widen(&mut self, cells: &[Cow<'_, str>], all: &mut Vec<usize>) -> Result<(), NotTabular> {
        if self.widths.is_empty() {
            all.extend(cells.iter().map(|cell| columns(cell)));
            self.widths.end = all.len();
            return Ok(());
        }
        let widths = &mut all[self.widths.clone()];
        if cells.len() > widths.len() {
            return Err(NotTabular("lists of different depths in one list".into()));
        }
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(columns(cell));
        }
        Ok(())
    }

    /// The width that the section needs, with columns of these widths.
    fn width(&self, widths: &[usize]) -> usize {
        let cells: usize = widths.iter().map(|width| width + PADDING).sum();
        // `aws` counts a missing title as the text `None`
        let title = columns(self.title.as_deref().unwrap_or("None"));
        title.max(cells) + FRAME + 2 * self.depth
    }
}

/// The lines of a section, and those before it that are not written yet.
struct Lines<'o, W> {
    colour: bool,
    width: usize,
    /// The frames of the sections around this one, on each side.
    frame: Vec<u8>,
    /// The line between rows.
    rule: Vec<u8>,
    /// The widths of the cells, frames included, in proportion to their texts. They add up to the width of the section.
    scaled: Vec<usize>,
    text: Vec<u8>,
    out: &'o mut W,
}

impl<W: Write> Lines<'_, W> {
    fn start(&mut self, section: &Section<'_>, width: usize) {
        self.width = width;
        self.frame.clear();
        for _ in 0..section.depth {
            match self.colour {
                true => self.frame.extend([INDENT, "|", RESET].concat().bytes()),
                false => self.frame.push(b'|'),
            }
        }
    }

    fn title(&mut self, section: &Section<'_>, is_alone: bool) -> io::Result<()> {
        let Some(title) = section.title.as_deref().filter(|title| !title.is_empty()) else {
            return Ok(());
        };
        let width = self.width;
        self.line(|line| {
            line.push(b'|');
            centre(line, title, width, 1);
            line.push(b'|');
        });
        if is_alone {
            self.line(|line| {
                line.push(b'+');
                fill(line, b'-', width.saturating_sub(2));
                line.push(b'+');
            });
        }
        self.write_if_many()
    }

    fn scale(&mut self, widths: &[usize]) {
        let sum: usize = widths.iter().map(|width| width + PADDING).sum();
        let factor = self.width as f64 / sum as f64;
        let scale = |width: &usize| (factor * (width + PADDING) as f64).round_ties_even() as usize;
        let scaled = &mut self.scaled;
        scaled.clear();
        scaled.extend(widths.iter().map(scale));
        let last = scaled.len().saturating_sub(1);
        let mut sum: usize = scaled.iter().sum();
        // what rounding added is taken from the first cells, what it took is added to the last
        for at in (0..scaled.len()).cycle() {
            match sum.cmp(&self.width) {
                std::cmp::Ordering::Equal => break,
                std::cmp::Ordering::Greater => {
                    let less = scaled[at].saturating_sub(1);
                    sum -= scaled[at] - less;
                    scaled[at] = less;
                }
                std::cmp::Ordering::Less => {
                    scaled[last - at] += 1;
                    sum += 1;
                }
            }
        }
        self.rule.clear();
        self.rule.extend_from_slice(&self.frame);
        for (at, width) in self.scaled.iter().enumerate() {
            if at == 0 {
                self.rule.push(b'+');
            }
            fill(&mut self.rule, b'-', width.saturating_sub(edges(at)));
            self.rule.push(b'+');
        }
        self.rule.extend_from_slice(&self.frame);
        self.rule.push(b'\n');
    }

    fn headers(&mut self, names: &[Cow<'_, str>]) {
        if names.is_empty() {
            return;
        }
        self.text.extend_from_slice(&self.rule);
        let scaled = std::mem::take(&mut self.scaled);
        self.line(|line| {
            line.push(b'|');
            for ((at, width), name) in scaled.iter().enumerate().zip(names) {
                let edges = edges(at);
                centre(line, name, width.saturating_sub(edges) + edges, edges - 1);
                line.push(b'|');
            }
        });
        self.scaled = scaled;
    }

    fn rows<R>(&mut self, rows: impl Iterator<Item = R>) -> io::Result<()>
    where
        R: IntoIterator<Item: AsRef<str>>,
    {
        let mut rows = rows.peekable();
        if self.scaled.is_empty() || rows.peek().is_none() {
            return Ok(());
        }
        self.text.extend_from_slice(&self.rule);
        let scaled = std::mem::take(&mut self.scaled);
        let colour = self.colour;
        for row in rows {
            self.line(|line| {
                for ((at, width), cell) in scaled.iter().enumerate().zip(row) {
                    if at == 0 {
                        line.push(b'|');
                    }
                    left(line, cell.as_ref(), width.saturating_sub(edges(at)), colour);
                    line.push(b'|');
                }
            });
            self.write_if_many()?;
        }
        self.scaled = scaled;
        self.text.extend_from_slice(&self.rule);
        Ok(())
    }

    /// Adds a line between the frames of the sections around this one.
    fn line(&mut self, add: impl FnOnce(&mut Vec<u8>)) {
        self.text.extend_from_slice(&self.frame);
        add(&mut self.text);
        self.text.extend_from_slice(&self.frame);
        self.text.push(b'\n');
    }

    fn write_if_many(&mut self) -> io::Result<()> {
        match self.text.len() >= PIECE {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}

/// The edges of a cell: the first one has both.
fn edges(at: usize) -> usize {
    if at == 0 { 2 } else { 1 }
}

/// Appends a byte several times.
fn fill(line: &mut Vec<u8>, byte: u8, count: usize) {
    line.resize(line.len() + count, byte);
}

/// Aligns a value to the left. A cell without space for the indent has none.
fn left(line: &mut Vec<u8>, text: &str, width: usize, colour: bool) {
    let needed = columns(text);
    let indent = if needed + 2 <= width { 2 } else { 0 };
    fill(line, b' ', indent);
    if colour {
        line.extend_from_slice(VALUE.as_bytes());
    }
    line.extend_from_slice(text.as_bytes());
    if colour {
        line.extend_from_slice(RESET.as_bytes());
    }
    fill(line, b' ', width.saturating_sub(indent + needed));
}

/// Centres a text in a cell of this width, edges included. The middle is that of the cell with the edges that precede it.
fn centre(line: &mut Vec<u8>, text: &str, width: usize, left_edges: usize) {
    let needed = columns(text) as isize;
    let width = width as isize;
    let before = width / 2 - needed / 2 - 1;
    let after = width - 1 - left_edges as isize - before - needed;
    let spaces = |line: &mut Vec<u8>, count: isize| {
        fill(line, b' ', usize::try_from(count).unwrap_or(0));
    };
    spaces(line, before);
    line.extend_from_slice(text.as_bytes());
    spaces(line, after);
}
