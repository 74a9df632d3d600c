//! Results on stdout, in the formats of `aws`.
//!
//! | format | one response | pages |
//! | --- | --- | --- |
//! | `json` | indented by four | merged; without a query, the elements of the first list are printed as they arrive |
//! | `yaml`, `table` | | merged, then printed |
//! | `yaml-stream` | a list of one | a list with an item for each page |
//! | `text` | lines of values, separated by tabs | each printed on its own, with the query applied to each |
//! | `off` | nothing | nothing, but all are requested |

mod error;
mod json;
mod out;
mod pager;
mod pages;
mod python;
mod rows;
mod settings;
mod table;
mod text;
mod timestamp;
mod yaml;

use std::io::{BufWriter, Write};

use serde_json::Value;
use tucuxi::internals::command::printed;
use tucuxi::query::Query;
use tucuxi::tree::Node;
use tucuxi::{Config, Output, Tree};

pub(crate) use self::error::{report, sentence};
pub(crate) use self::json::text as json_text;
pub(crate) use self::out::Out;
pub(crate) use self::python::{float as python_float, text as python_text};
pub(crate) use self::rows::Rows;
pub(crate) use self::settings::{Options, timestamp_format};
use self::table::Table;
pub(crate) use self::timestamp::{Form, TimestampFormat};
use crate::failure::Failure;
use crate::terminal;

/// A value of `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Off,
    Table,
    Text,
    Yaml,
    YamlStream,
}

impl Format {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("json", Self::Json),
        ("text", Self::Text),
        ("table", Self::Table),
        ("yaml", Self::Yaml),
        ("yaml-stream", Self::YamlStream),
        ("off", Self::Off),
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find_map(|(known, format)| (*known == name).then_some(*format))
    }
}

/// How a result is printed.
#[derive(Debug)]
pub(crate) struct Style<'q> {
    pub(crate) format: Format,
    /// Whether tables have colours.
    pub(crate) colour: bool,
    /// The width that a table should not exceed.
    pub(crate) width: usize,
    /// The title of a table: the name of the operation.
    pub(crate) title: String,
    pub(crate) query: Option<&'q Query>,
    /// Whether control characters are escaped, because a terminal would interpret them.
    pub(crate) escape: bool,
}

impl<'q> Style<'q> {
    /// The style of an operation's result.
    pub(crate) fn new(
        options: &Options<'_>,
        config: &Config,
        out: &Out<'_>,
        operation: &str,
        query: Option<&'q Query>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            format: options.format(config)?,
            colour: options.has_colours(|| out.has_colours()),
            width: out.width(),
            title: operation.into(),
            query,
            escape: out.is_terminal(),
        })
    }

    /// JSON for a writer that escapes by itself what a terminal would interpret.
    pub(crate) fn json(query: Option<&'q Query>) -> Self {
        Self {
            format: Format::Json,
            colour: false,
            width: 80,
            title: String::new(),
            query,
            escape: false,
        }
    }

    /// Whether results are written as JSON as they are, so that no value is needed.
    pub(crate) fn is_plain_json(&self) -> bool {
        self.format == Format::Json && self.query.is_none()
    }

    /// Whether what is printed depends on the order of members. Text and tables sort them by their names.
    pub(crate) fn shows_order(&self) -> bool {
        self.query.is_some() || !matches!(self.format, Format::Text | Format::Table)
    }

    /// The same style for another document.
    pub(crate) fn with(&self, format: Format) -> Self {
        Self {
            format,
            title: self.title.clone(),
            query: None,
            ..*self
        }
    }
}

/// Prints the result of one operation.
pub(crate) struct Printer<'s, W> {
    style: &'s Style<'s>,
    out: W,
}

impl<'s, W: Write> Printer<'s, W> {
    pub(crate) fn new(style: &'s Style<'s>, out: W) -> Self {
        Self { style, out }
    }

    /// Prints the result of a call that has no pages.
    pub(crate) fn response(mut self, result: &Tree) -> Result<(), Failure> {
        self.tree(result)?;
        Ok(self.out.flush()?)
    }

    /// Prints the result of a call that has no pages, as plain JSON.
    pub(crate) fn output(mut self, output: &Output) -> Result<(), Failure> {
        let text = printed(output, python::number)?;
        if text != b"{}" {
            let mut out = escaped(self.style, &mut self.out);
            out.write_all(&text)?;
            out.write_all(b"\n")?;
            out.flush()?;
        }
        Ok(self.out.flush()?)
    }

    /// Applies the query to a result, and prints what it selects.
    fn tree(&mut self, result: &Tree) -> Result<(), Failure> {
        let selected = match &self.style.query {
            None => None,
            Some(query) => {
                let found = query.search_tree(result.root());
                Some(found.map_err(|e| Failure::Other(format!("--query: {e}").into()))?)
            }
        };
        let selected = selected.as_ref().unwrap_or(result).root();
        // a call without a result prints nothing in these formats
        let is_empty = selected.is_map() && selected.is_empty();
        match self.style.format {
            Format::Json | Format::Yaml | Format::YamlStream if is_empty => Ok(()),
            _ => self.write(selected),
        }
    }

    /// Prints a document, even an empty one.
    pub(crate) fn document(mut self, value: &Value) -> Result<(), Failure> {
        self.write(Tree::from(value).root())?;
        Ok(self.out.flush()?)
    }

    fn write(&mut self, selected: Node<'_>) -> Result<(), Failure> {
        let Self { style, out } = self;
        match style.format {
            Format::Json => {
                let mut out = escaped(style, out);
                json::document(selected, &mut out)?;
                out.flush()?;
            }
            Format::Yaml => yaml::document(selected, style.escape, out)?,
            Format::YamlStream => yaml::item(selected, style.escape, out)?,
            Format::Table => {
                if let Some(table) = Table::build(&style.title, selected, style.escape)? {
                    table.render(style.width, style.colour, out)?;
                }
            }
            Format::Text => text::lines(selected, style.escape, out)?,
            Format::Off => {}
        }
        Ok(())
    }
}

/// The output for JSON, which keeps its meaning when it is escaped. It must be flushed.
fn escaped<'o, W: Write>(style: &Style<'_>, out: &'o mut W) -> Box<dyn Write + 'o> {
    match style.escape {
        true => Box::new(BufWriter::new(terminal::EscapedJson::new(out))),
        false => Box::new(BufWriter::new(out)),
    }
}

impl From<python::NotTabular> for Failure {
    fn from(error: python::NotTabular) -> Self {
        Self::Other(Box::new(error))
    }
}
