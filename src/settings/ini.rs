//! The INI dialect of AWS's files. `profile.rs` gives sections and keys their meaning.
//!
//! ```text
//! file     = { comment | blank | section { comment | blank | option } }
//! comment  = [space] ("#" | ";") any            a whole line; elsewhere these are part of a value
//! section  = "[" name "]" any
//! option   = key [space] ("=" | ":") [space] value { continuation }
//! continuation = a line that is indented deeper than its option
//! ```
//! A value whose first line is empty and whose continuation lines are `key = value` is a nested section. Keys are converted to
//! lower case. A repeated section or key is an error, as in Python's parser, which defines the dialect.

use std::collections::HashSet;
use std::fmt;

/// The sections of a file, in order.
#[derive(Debug, Default)]
pub(crate) struct Ini {
    pub(crate) sections: Vec<Section>,
}

#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) line: usize,
    pub(crate) key: String,
    pub(crate) value: IniValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IniValue {
    Nested(Vec<(String, String)>),
    Text(String),
}

/// An invalid line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IniError {
    pub(crate) line: usize,
    problem: String,
}

impl fmt::Display for IniError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for IniError {}

impl Ini {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, IniError> {
        Self::read(bytes, Reader::default())
    }

    /// Parses a file without nested sections: an indented line always continues a text.
    #[cfg(feature = "cli")]
    pub(crate) fn parse_flat(bytes: &[u8]) -> Result<Self, IniError> {
        let reader = Reader {
            is_flat: true,
            ..Reader::default()
        };
        Self::read(bytes, reader)
    }

    fn read(bytes: &[u8], mut reader: Reader) -> Result<Self, IniError> {
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let before = &bytes[..e.valid_up_to()];
            error(
                before.iter().filter(|b| **b == b'\n').count() + 1,
                "not UTF-8",
            )
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (n, line) in text.lines().enumerate() {
            reader.line(n + 1, line)?;
        }
        reader.finish_option()?;
        Ok(reader.ini)
    }
}

fn error(line: usize, problem: impl Into<String>) -> IniError {
    let problem = problem.into();
    IniError { line, problem }
}

#[derive(Default)]
struct Reader {
    ini: Ini,
    /// Whether there are no nested sections.
    is_flat: bool,
    sections: HashSet<String>,
    /// The keys of the last section.
    keys: HashSet<String>,
    /// The option whose value may continue.
    open: Option<Open>,
}

struct Open {
    line: usize,
    indent: usize,
    key: String,
    lines: Vec<String>,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), IniError> {
        let text = line.trim();
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        if text.is_empty() {
            if let Some(open) = &mut self.open {
                open.lines.push(String::new());
            }
            return Ok(());
        }
        let indent = line.len() - line.trim_start().len();
        if let Some(open) = self.open.as_mut().filter(|open| indent > open.indent) {
            open.lines.push(text.to_owned());
            return Ok(());
        }
        self.finish_option()?;
        if let Some(rest) = text.strip_prefix('[') {
            let end = rest.rfind(']').filter(|end| *end > 0);
            let name = &rest[..end.ok_or_else(|| error(number, "the section lacks its ]"))?];
            if !self.sections.insert(name.to_owned()) {
                return Err(error(number, format!("section [{name}] is repeated")));
            }
            self.keys.clear();
            self.ini.sections.push(Section {
                line: number,
                name: name.to_owned(),
                entries: Vec::new(),
            });
            return Ok(());
        }
        if self.ini.sections.is_empty() {
            return Err(error(number, "the key is before the first section"));
        }
        let (key, value) = text
            .split_once(['=', ':'])
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| error(number, "neither [section] nor key = value"))?;
        self.open = Some(Open {
            line: number,
            indent,
            key: key.trim().to_lowercase(),
            lines: vec![value.trim().to_owned()],
        });
        Ok(())
    }

    fn finish_option(&mut self) -> Result<(), IniError> {
        let (Some(open), Some(section)) = (self.open.take(), self.ini.sections.last_mut()) else {
            return Ok(());
        };
        if !self.keys.insert(open.key.clone()) {
            let problem = format!("key {} is repeated in section [{}]", open.key, section.name);
            return Err(error(open.line, problem));
        }
        let text = open.lines.join("\n").trim_end().to_owned();
        let value = match text.strip_prefix('\n') {
            Some(text) if self.is_flat => IniValue::Text(text.to_owned()),
            Some(nested) => IniValue::Nested(nested_options(nested, open.line + 1)?),
            None => IniValue::Text(text),
        };
        section.entries.push(Entry {
            line: open.line,
            key: open.key,
            value,
        });
        Ok(())
    }
}

fn nested_options(text: &str, first_line: usize) -> Result<Vec<(String, String)>, IniError> {
    let mut options = Vec::new();
    for (n, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
    {
        let (key, value) = line
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| error(first_line + n, "the indented line is not key = value"))?;
        options.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Vec<(String, IniValue)> {
        let ini = Ini::parse(text.as_bytes()).unwrap();
        let section = ini.sections.into_iter().next().unwrap();
        section
            .entries
            .into_iter()
            .map(|o| (o.key, o.value))
            .collect()
    }

    fn text(value: &str) -> IniValue {
        IniValue::Text(value.into())
    }

    #[test]
    fn comments_are_whole_lines() {
        let read = options("# c\n[a]\n ; c\nKey = v # not a comment\nb:w=x\nempty =\n");
        let expected = [("key", "v # not a comment"), ("b", "w=x"), ("empty", "")];
        assert_eq!(read, expected.map(|(k, v)| (k.to_owned(), text(v))));
    }

    #[test]
    fn indented_lines_continue_a_value() {
        let read = options("[a]\ns3 =\n  x = 1\n\n  y= 2\nlong = a\n  b\n\nz = 1\n");
        let nested = vec![("x".into(), "1".into()), ("y".into(), "2".into())];
        assert_eq!(read[0], ("s3".into(), IniValue::Nested(nested)));
        assert_eq!(read[1], ("long".into(), text("a\nb")));
        assert_eq!(read[2], ("z".into(), text("1")));
    }

    #[cfg(feature = "cli")]
    #[test]
    fn a_flat_file_has_texts_only() {
        let ini = Ini::parse_flat(b"[a]\nf =\n  !f() {\n    x=1\n  }; f\n").unwrap();
        assert_eq!(ini.sections[0].entries[0].value, text("!f() {\nx=1\n}; f"));
    }

    #[test]
    fn errors_name_their_line() {
        let cases: [(&[u8], usize); 9] = [
            (b"a = 1", 1),
            (b"[a]\n[a]", 2),
            (b"[a]\nx=1\nX=2", 3),
            (b"[a]\nnothing", 2),
            (b"[a]\n= 1", 2),
            (b"[a", 1),
            (b"[a]\ns3 =\n  x", 3),
            (b"[a]\ns3 =\n  = x", 3),
            (b"[a]\n\xff", 2),
        ];
        for (bytes, line) in cases {
            let error = Ini::parse(bytes).unwrap_err();
            assert_eq!(
                error.line,
                line,
                "{}: {error}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}
