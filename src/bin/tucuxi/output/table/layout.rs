//! The layout of sections as lines.

use std::borrow::Cow;
use std::io::{self, Write};

use super::super::python::NotTabular;
use super::width::columns;

/// The columns of a cell besides its text: two on each side.
const PADDING: usize = 4;
/// The columns of the frame of a line.
const FRAME: usize = 2;

const VALUE: &str = "\x1b[1m\x1b[34m";
const INDENT: &str = "\x1b[2m\x1b[33m";
const RESET: &str = "\x1b[0m";

/// A framed part of a table: a title, the names of the columns, rows.
pub(super) struct Section<'v> {
    title: Option<Cow<'v, str>>,
    depth: usize,
    headers: Vec<Cow<'v, str>>,
    rows: Vec<Vec<Cow<'v, str>>>,
    /// The width of the widest text of each column, once there is one.
    widths: Vec<usize>,
    /// The number of columns, once it is known.
    count: Option<usize>,
}

impl<'v> Section<'v> {
    pub(super) fn new(title: Option<Cow<'v, str>>, depth: usize) -> Self {
        Self {
            title,
            depth,
            headers: Vec::new(),
            rows: Vec::new(),
            widths: Vec::new(),
            count: None,
        }
    }

    pub(super) fn set_headers(&mut self, headers: Vec<Cow<'v, str>>) -> Result<(), NotTabular> {
        self.widen(&headers)?;
        self.count.get_or_insert(headers.len());
        self.headers = headers;
        Ok(())
    }

    pub(super) fn add_row(&mut self, row: Vec<Cow<'v, str>>) -> Result<(), NotTabular> {
        let count = *self.count.get_or_insert(row.len());
        if row.len() != count {
            let what = format!("a row of {} cells among rows of {count}", row.len());
            return Err(NotTabular(what));
        }
        self.widen(&row)?;
        self.rows.push(row);
        Ok(())
    }

    fn widen(&mut self, cells: &[Cow<'v, str>]) -> Result<(), NotTabular> {
        if self.widths.is_empty() {
            self.widths = cells.iter().map(|cell| columns(cell)).collect();
            return Ok(());
        }
        if cells.len() > self.widths.len() {
            return Err(NotTabular("lists of different depths in one list".into()));
        }
        for (width, cell) in self.widths.iter_mut().zip(cells) {
            *width = (*width).max(columns(cell));
        }
        Ok(())
    }

    /// The width that the section needs.
    fn width(&self) -> usize {
        let cells: usize = self.widths.iter().map(|width| width + PADDING).sum();
        // `aws` counts a missing title as the text `None`
        let title = columns(self.title.as_deref().unwrap_or("None"));
        title.max(cells) + FRAME + 2 * self.depth
    }

    /// Makes a row of each name and value, if there is one row.
    fn into_vertical(self) -> Result<Self, Self> {
        if self.rows.len() != 1 || self.headers.is_empty() {
            return Err(self);
        }
        let mut vertical = Self::new(self.title, self.depth);
        vertical.rows = (self.headers.into_iter())
            .zip(self.rows.into_iter().flatten())
            .map(|(name, value)| vec![name, value])
            .collect();
        vertical.count = Some(2);
        let widest = |at: usize| {
            let cells = vertical.rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| columns(cell)).max().unwrap_or(0)
        };
        vertical.widths = vec![widest(0), widest(1)];
        Ok(vertical)
    }

    /// The widths of the cells, frames included, in proportion to their texts. They add up to the width of the section.
    fn scaled(&self, width: usize) -> Vec<usize> {
        let natural: Vec<usize> = self.widths.iter().map(|width| width + PADDING).collect();
        let sum: usize = natural.iter().sum();
        let factor = width as f64 / sum as f64;
        let scale = |natural: &usize| (factor * *natural as f64).round_ties_even() as usize;
        let mut scaled: Vec<usize> = natural.iter().map(scale).collect();
        let last = scaled.len().saturating_sub(1);
        // what rounding added is taken from the first cells, what it took is added to the last
        for at in (0..scaled.len()).cycle() {
            match scaled.iter().sum::<usize>().cmp(&width) {
                std::cmp::Ordering::Equal => break,
                std::cmp::Ordering::Greater => scaled[at] = scaled[at].saturating_sub(1),
                std::cmp::Ordering::Less => scaled[last - at] += 1,
            }
        }
        scaled
    }
}

pub(super) fn render(
    mut sections: Vec<Section<'_>>,
    terminal: usize,
    colour: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let widest = |sections: &[Section<'_>]| sections.iter().map(Section::width).max().unwrap_or(0);
    if widest(&sections) > terminal {
        let vertical = sections.into_iter().map(Section::into_vertical);
        sections = vertical
            .map(|section| section.unwrap_or_else(|same| same))
            .collect();
    }
    let width = widest(&sections);
    let mut line = Vec::new();
    fill(&mut line, b'-', width);
    line.push(b'\n');
    out.write_all(&line)?;
    for section in sections {
        let width = width - 2 * section.depth;
        line.clear();
        Lines {
            section: &section,
            width,
            colour,
            line: &mut line,
            out,
        }
        .write()?;
    }
    Ok(())
}

/// The lines of a section.
struct Lines<'a, W> {
    section: &'a Section<'a>,
    width: usize,
    colour: bool,
    /// The current line, empty between two.
    line: &'a mut Vec<u8>,
    out: &'a mut W,
}

impl<W: Write> Lines<'_, W> {
    fn write(&mut self) -> io::Result<()> {
        let Section {
            title,
            headers,
            rows,
            ..
        } = self.section;
        let width = self.width;
        if let Some(title) = title.as_deref().filter(|title| !title.is_empty()) {
            self.line(|line| {
                line.push(b'|');
                centre(line, title, width, 1);
                line.push(b'|');
            })?;
            if headers.is_empty() && rows.is_empty() {
                self.line(|line| {
                    line.push(b'+');
                    fill(line, b'-', width.saturating_sub(2));
                    line.push(b'+');
                })?;
            }
        }
        let widths = self.section.scaled(width);
        let frame = |line: &mut Vec<u8>| {
            framed(line, &widths, b'+', |line, _, width, _| {
                fill(line, b'-', width);
            });
        };
        if !headers.is_empty() {
            self.line(frame)?;
            self.line(|line| {
                framed(line, &widths, b'|', |line, at, width, edges| {
                    centre(line, &headers[at], width + edges, edges - 1);
                });
            })?;
        }
        if widths.is_empty() || rows.is_empty() {
            return Ok(());
        }
        self.line(frame)?;
        let colour = self.colour;
        for row in rows {
            let widths = &widths[..row.len().min(widths.len())];
            self.line(|line| {
                framed(line, widths, b'|', |line, at, width, _| {
                    left(line, &row[at], width, colour);
                });
            })?;
        }
        self.line(frame)
    }

    /// A line between the frames of the sections around this one.
    fn line(&mut self, add: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let frame = |line: &mut Vec<u8>| {
            for _ in 0..self.section.depth {
                match self.colour {
                    true => line.extend([INDENT, "|", RESET].concat().bytes()),
                    false => line.push(b'|'),
                }
            }
        };
        frame(self.line);
        add(self.line);
        frame(self.line);
        self.line.push(b'\n');
        self.out.write_all(self.line)?;
        self.line.clear();
        Ok(())
    }
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
        line.extend(VALUE.bytes());
    }
    line.extend_from_slice(text.as_bytes());
    if colour {
        line.extend(RESET.bytes());
    }
    fill(line, b' ', width.saturating_sub(indent + needed));
}

/// Appends cells between edges. A function appends the text of a cell from its number, the width within its edges, and the number of
/// these.
fn framed(
    line: &mut Vec<u8>,
    widths: &[usize],
    edge: u8,
    cell: impl Fn(&mut Vec<u8>, usize, usize, usize),
) {
    for (at, width) in widths.iter().enumerate() {
        let edges = if at == 0 { 2 } else { 1 };
        if at == 0 {
            line.push(edge);
        }
        cell(line, at, width.saturating_sub(edges), edges);
        line.push(edge);
    }
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
