//! The layout of sections as lines.

use std::io::{self, Write};

use super::super::python::NotTabular;
use super::super::repeat;
use super::width::columns;

/// The columns of a cell besides its text: two on each side.
const PADDING: usize = 4;
/// The columns of the frame of a line.
const FRAME: usize = 2;

const VALUE: &str = "\x1b[1m\x1b[34m";
const INDENT: &str = "\x1b[2m\x1b[33m";
const RESET: &str = "\x1b[0m";

/// A framed part of a table: a title, the names of the columns, rows.
pub(super) struct Section {
    title: Option<String>,
    depth: usize,
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
    /// The width of the widest text of each column, once there is one.
    widths: Vec<usize>,
    /// The number of columns, once it is known.
    count: Option<usize>,
}

impl Section {
    pub(super) fn new(title: Option<String>, depth: usize) -> Self {
        Self {
            title,
            depth,
            headers: Vec::new(),
            rows: Vec::new(),
            widths: Vec::new(),
            count: None,
        }
    }

    pub(super) fn set_headers(&mut self, headers: Vec<String>) -> Result<(), NotTabular> {
        self.widen(&headers)?;
        self.count.get_or_insert(headers.len());
        self.headers = headers;
        Ok(())
    }

    pub(super) fn add_row(&mut self, row: Vec<String>) -> Result<(), NotTabular> {
        let count = *self.count.get_or_insert(row.len());
        if row.len() != count {
            let what = format!("a row of {} cells among rows of {count}", row.len());
            return Err(NotTabular(what));
        }
        self.widen(&row)?;
        self.rows.push(row);
        Ok(())
    }

    fn widen(&mut self, cells: &[String]) -> Result<(), NotTabular> {
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
    mut sections: Vec<Section>,
    terminal: usize,
    colour: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let widest = |sections: &[Section]| sections.iter().map(Section::width).max().unwrap_or(0);
    if widest(&sections) > terminal {
        let vertical = sections.into_iter().map(Section::into_vertical);
        sections = vertical
            .map(|section| section.unwrap_or_else(|same| same))
            .collect();
    }
    let width = widest(&sections);
    repeat(out, "-", width)?;
    out.write_all(b"\n")?;
    for section in sections {
        let width = width - 2 * section.depth;
        Lines {
            section: &section,
            width,
            colour,
            out,
        }
        .write()?;
    }
    Ok(())
}

/// The lines of a section.
struct Lines<'a, W> {
    section: &'a Section,
    width: usize,
    colour: bool,
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
            self.line(&format!("|{}|", centred(title, width, 1)))?;
            if headers.is_empty() && rows.is_empty() {
                self.line(&format!("+{}+", "-".repeat(width.saturating_sub(2))))?;
            }
        }
        let widths = self.section.scaled(width);
        let frame = framed(&widths, '+', |_, width, _| "-".repeat(width));
        if !headers.is_empty() {
            self.line(&frame)?;
            let line = framed(&widths, '|', |at, width, edges| {
                centred(&headers[at], width + edges, edges - 1)
            });
            self.line(&line)?;
        }
        if widths.is_empty() || rows.is_empty() {
            return Ok(());
        }
        self.line(&frame)?;
        for row in rows {
            let line = framed(
                &widths[..row.len().min(widths.len())],
                '|',
                |at, width, _| self.left(&row[at], width),
            );
            self.line(&line)?;
        }
        self.line(&frame)
    }

    /// A line between the frames of the sections around this one.
    fn line(&mut self, text: &str) -> io::Result<()> {
        let frame = match self.colour {
            true => format!("{INDENT}|{RESET}"),
            false => "|".into(),
        };
        repeat(self.out, &frame, self.section.depth)?;
        self.out.write_all(text.as_bytes())?;
        repeat(self.out, &frame, self.section.depth)?;
        self.out.write_all(b"\n")
    }

    /// Aligns a value to the left. A cell without space for the indent has none.
    fn left(&self, text: &str, width: usize) -> String {
        let needed = columns(text);
        let indent = if needed + 2 <= width { 2 } else { 0 };
        let rest = " ".repeat(width.saturating_sub(indent + needed));
        let indent = " ".repeat(indent);
        match self.colour {
            true => format!("{indent}{VALUE}{text}{RESET}{rest}"),
            false => format!("{indent}{text}{rest}"),
        }
    }
}

/// Cells between edges. A function returns the text of a cell from its number, the width within its edges, and the number of these.
fn framed(widths: &[usize], edge: char, cell: impl Fn(usize, usize, usize) -> String) -> String {
    let mut line = String::new();
    for (at, width) in widths.iter().enumerate() {
        let edges = if at == 0 { 2 } else { 1 };
        if at == 0 {
            line.push(edge);
        }
        line += &cell(at, width.saturating_sub(edges), edges);
        line.push(edge);
    }
    line
}

/// Centres a text in a cell of this width, edges included. The middle is that of the cell with the edges that precede it.
fn centred(text: &str, width: usize, left_edges: usize) -> String {
    let needed = columns(text) as isize;
    let width = width as isize;
    let before = width / 2 - needed / 2 - 1;
    let after = width - 1 - left_edges as isize - before - needed;
    let spaces = |count: isize| " ".repeat(usize::try_from(count).unwrap_or(0));
    format!("{}{text}{}", spaces(before), spaces(after))
}
