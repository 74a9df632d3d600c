//! The text of one of AWS's files with some keys changed.
//!
//! Lines are added where `aws` adds them, so that both make the same file of the same changes: a key after the last line of its
//! section that has `=` or `:`, a section at the end of the file.

use super::shell_words;

/// A key to set, in a nested section if one is named.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) key: String,
    pub(super) nested: Option<String>,
    pub(super) value: String,
}

const INDENT: &str = "    ";

/// Returns a text with these keys of a section set.
pub(super) fn edited(text: &str, header: &str, changes: &[Change]) -> String {
    let mut lines = Lines::read(text);
    let Some(start) = lines.section(header) else {
        return lines.with_section(header, changes);
    };
    let mut new = Vec::new();
    for change in changes {
        match lines.option(start, &change.key) {
            Some(at) => lines.replace(at, change),
            None => new.push(change),
        }
    }
    lines.insert(lines.place_after_options(start), &lines.added(&new, ""));
    lines.text()
}

/// What a line is, as the parser of `ini.rs` reads it.
enum Kind<'l> {
    Blank,
    Comment,
    /// The line continues a value.
    Continuation,
    Header(&'l str),
    Option(&'l str),
}

struct Lines {
    /// The lines with their ends.
    lines: Vec<String>,
    /// The end of new lines: that of the old ones.
    end: &'static str,
}

impl Lines {
    fn read(text: &str) -> Self {
        let lines = text.split_inclusive('\n').map(str::to_owned).collect();
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { lines, end }
    }

    fn text(&self) -> String {
        self.lines.concat()
    }

    /// The kinds of all lines.
    fn kinds(&self) -> Vec<Kind<'_>> {
        // the indentation of the option whose value may continue
        let mut open = None;
        let kinds = self.lines.iter().map(|line| {
            let line = line.trim_start_matches('\u{feff}');
            let text = line.trim();
            if text.is_empty() {
                return Kind::Blank;
            }
            if text.starts_with(['#', ';']) {
                return Kind::Comment;
            }
            let indent = indent(line).len();
            if open.is_some_and(|open| indent > open) {
                return Kind::Continuation;
            }
            open = None;
            if let Some(rest) = text.strip_prefix('[') {
                let end = rest.rfind(']').unwrap_or(rest.len());
                return Kind::Header(&rest[..end]);
            }
            open = Some(indent);
            Kind::Option(key(text))
        });
        kinds.collect()
    }

    /// The line of a section's header. Its words may be quoted in another way.
    fn section(&self, header: &str) -> Option<usize> {
        let words = shell_words::split(header);
        let is_it = |known: &str| {
            known == header || (words.is_some() && shell_words::split(known) == words)
        };
        let kinds = self.kinds();
        let exact = |kind: &Kind<'_>| matches!(kind, Kind::Header(known) if *known == header);
        let found = kinds.iter().position(exact);
        found.or_else(|| {
            let mut kinds = kinds.iter();
            kinds.position(|kind| matches!(kind, Kind::Header(known) if is_it(known)))
        })
    }

    /// The line of an option of a section. Letters may be in the other case, which the parser ignores.
    fn option(&self, start: usize, key: &str) -> Option<usize> {
        let key = key.trim().to_lowercase();
        let kinds = self.kinds();
        let options = kinds.iter().enumerate().skip(start + 1);
        let mut section = options.take_while(|(_, kind)| !matches!(kind, Kind::Header(_)));
        let found = section
            .find(|(_, kind)| matches!(kind, Kind::Option(known) if known.to_lowercase() == key));
        found.map(|(at, _)| at)
    }

    /// The place for a new option of a section.
    fn place_after_options(&self, start: usize) -> usize {
        let kinds = self.kinds();
        let is_header = |kind: &Kind<'_>| matches!(kind, Kind::Header(_));
        let next = kinds.iter().skip(start + 1).position(is_header);
        let end = next.map_or(kinds.len(), |next| start + 1 + next);
        let mut last = (start + 1..end).rev();
        let last = last.find(|at| has_delimiter(&self.lines[*at]));
        let mut place = last.unwrap_or(start) + 1;
        if next.is_none() {
            // in the last section, the line that follows stays where it is
            place += 1;
        }
        // a value may continue after blank lines and comments
        let is_gap = |kind: &&Kind<'_>| matches!(kind, Kind::Blank | Kind::Comment);
        loop {
            let rest = kinds.get(place..end).unwrap_or_default();
            let gap = rest.iter().take_while(is_gap).count();
            match rest.get(gap) {
                Some(Kind::Continuation) => place += gap + 1,
                _ => break,
            }
        }
        place.min(end)
    }

    /// Replaces an option, with the lines that continue its value, or sets a key of its nested section.
    fn replace(&mut self, at: usize, change: &Change) {
        let kinds = self.kinds();
        let Kind::Option(name) = kinds[at] else {
            return;
        };
        let name = name.to_owned();
        let continued = kinds.iter().enumerate().skip(at + 1);
        let continued = continued.take_while(|(_, kind)| {
            matches!(kind, Kind::Continuation | Kind::Comment | Kind::Blank)
        });
        let continued = continued.filter(|(_, kind)| matches!(kind, Kind::Continuation));
        let continued: Vec<usize> = continued.map(|(at, _)| at).collect();
        let is_nested = self.value(at).is_empty();
        let Some(nested) = change.nested.as_ref().filter(|_| is_nested) else {
            for at in continued.into_iter().rev() {
                self.lines.remove(at);
            }
            let changed = Change {
                key: name,
                ..change.clone()
            };
            // without its indentation, the following options would continue its value
            self.lines[at] = self.added(&[&changed], indent(&self.lines[at]));
            return;
        };
        let known = continued
            .iter()
            .rev()
            .find(|at| key(self.lines[**at].trim()) == nested.trim());
        match known {
            Some(at) => {
                let indent = " ".repeat(indent(&self.lines[*at]).len());
                self.lines[*at] = self.line(&indent, nested, &change.value);
            }
            None => {
                let place = self.place_after_nested(at);
                let indent = format!("{}{INDENT}", indent(&self.lines[at]));
                let line = self.line(&indent, nested, &change.value);
                self.insert(place, &line);
            }
        }
    }

    /// The place for a new key of the nested section that starts at this line: before the next option or header.
    fn place_after_nested(&self, at: usize) -> usize {
        let start = indent(&self.lines[at]).len();
        let mut rest = self.lines.iter().enumerate().skip(at + 1);
        let next = rest.find(|(_, line)| {
            let is_option = has_delimiter(line) && indent(line).len() <= start;
            is_option || line.trim_start().starts_with('[')
        });
        next.map_or(self.lines.len(), |(at, _)| at)
    }

    fn value(&self, at: usize) -> &str {
        let text = self.lines[at].split_once(['=', ':']);
        text.map_or("", |(_, value)| value.trim())
    }

    /// Inserts whole lines. An unfinished line before them is finished.
    fn insert(&mut self, at: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(before) = at
            .checked_sub(1)
            .and_then(|before| self.lines.get_mut(before))
            && !before.ends_with('\n')
        {
            before.push_str(self.end);
        }
        let lines = text.split_inclusive('\n').map(str::to_owned);
        self.lines.splice(at..at, lines);
    }

    /// The lines of new options.
    fn added(&self, changes: &[&Change], indent: &str) -> String {
        let mut text = String::new();
        let mut done: Vec<&str> = Vec::new();
        for change in changes {
            let is_same = |other: &&&Change| other.key == change.key && other.nested.is_some();
            match &change.nested {
                None => text += &self.line(indent, &change.key, &change.value),
                // written with the first key of the section
                Some(_) if done.contains(&&*change.key) => {}
                Some(_) => {
                    done.push(&change.key);
                    text += &format!("{indent}{} ={}", change.key.trim(), self.end);
                    let deeper = format!("{indent}{INDENT}");
                    for change in changes.iter().filter(is_same) {
                        let nested = change.nested.as_deref().unwrap_or_default();
                        text += &self.line(&deeper, nested, &change.value);
                    }
                }
            }
        }
        text
    }

    fn line(&self, indent: &str, key: &str, value: &str) -> String {
        format!("{indent}{} = {value}{}", key.trim(), self.end)
    }

    fn with_section(mut self, header: &str, changes: &[Change]) -> String {
        let changes: Vec<&Change> = changes.iter().collect();
        let text = format!("[{header}]{}{}", self.end, self.added(&changes, ""));
        self.insert(self.lines.len(), &text);
        self.text()
    }
}

/// The white space at the start of a line.
fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// The key of an option.
fn key(text: &str) -> &str {
    text.split_once(['=', ':'])
        .map_or(text, |(key, _)| key)
        .trim()
}

/// Whether a line has a delimiter after something else, as options have, and some comments.
fn has_delimiter(line: &str) -> bool {
    let rest = line.trim_start_matches(['=', ':']);
    rest.contains(['=', ':'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ini::{Ini, IniValue};
    use super::*;

    /// Sets `KEY=VALUE` or `KEY.NESTED=VALUE` in a section.
    fn set(text: &str, header: &str, options: &[&str]) -> String {
        let changes = options.iter().map(|option| {
            let (key, value) = option.split_once('=').unwrap();
            let (key, nested) = match key.split_once('.') {
                Some((key, nested)) => (key, Some(nested.to_owned())),
                None => (key, None),
            };
            let (key, value) = (key.to_owned(), value.to_owned());
            Change { key, nested, value }
        });
        edited(text, header, &changes.collect::<Vec<_>>())
    }

    /// What the parser reads: sections with their options, nested ones as `key.nested`.
    fn read(text: &str) -> Option<Vec<(String, String, String)>> {
        let mut found = Vec::new();
        for section in Ini::parse(text.as_bytes()).ok()?.sections {
            for entry in section.entries {
                let mut add = |key: &str, value: String| {
                    found.push((section.name.clone(), key.to_owned(), value));
                };
                match entry.value {
                    IniValue::Text(text) => add(&entry.key, text),
                    IniValue::Nested(nested) => {
                        for (key, value) in nested {
                            add(&format!("{}.{key}", entry.key), value);
                        }
                    }
                }
            }
        }
        Some(found)
    }

    proptest! {
        #[test]
        fn a_change_sets_its_key_and_nothing_else(
            lines in prop::collection::vec(
                prop::sample::select(vec![
                    "[b]", "[profile c]", "x = 1", "y: 2", "  z=3", "s3 =", "  s3 =", "    n = 4", "    m = 5", "\tn = 6", "", "# c",
                    "# d = e", "  ; f", "    more", "Y = 7",
                ]),
                0..14,
            ),
            ends in any::<bool>(),
            header in prop::sample::select(vec!["a", "b", "profile c", "new"]),
            option in prop::sample::select(vec!["x=9", "y=9", "z=9", "new=9", "s3.n=9", "s3.m=9", "s3.new=9", "x="]),
        ) {
            let text = format!("[a]\n{}{}", lines.join("\n"), if ends { "\n" } else { "" });
            let Some(old) = read(&text) else {
                return Ok(()); // not a valid file
            };
            let changed = set(&text, header, &[option]);
            let new = read(&changed).expect(&changed);
            let (key, value) = option.split_once('=').unwrap();
            let is_it = |(section, name, _): &&(String, String, String)| section == header && name == key;
            // of repeated keys of a nested section, the last one counts
            let found = new.iter().rfind(is_it).map(|(_, _, value)| &**value);
            prop_assert_eq!(found, Some(value), "{}", changed);
            // a text that becomes a nested section is the only thing that may be lost
            let top = key.split('.').next().unwrap();
            let is_other = |row: &&(String, String, String)| {
                row.0 != header || (row.1 != key && row.1 != top && !row.1.starts_with(&format!("{key}.")))
            };
            let others = |rows: &[(String, String, String)]| -> Vec<_> {
                rows.iter().filter(is_other).cloned().collect()
            };
            prop_assert_eq!(others(&old), others(&new), "{}", changed);
            // again, it changes nothing
            prop_assert_eq!(&set(&changed, header, &[option]), &changed);
        }
    }

    #[test]
    fn changes_are_made_where_aws_makes_them() {
        for (text, header, options, expected) in [
            ("", "default", &["a=1"][..], "[default]\na = 1\n"),
            ("", "profile x", &[], "[profile x]\n"),
            (
                "[a]\nx = 1",
                "b",
                &["y=2", "z=3"],
                "[a]\nx = 1\n[b]\ny = 2\nz = 3\n",
            ),
            (
                "[a]\n",
                "a",
                &["s3.x=1", "s3.y=2"],
                "[a]\ns3 =\n    x = 1\n    y = 2\n",
            ),
            (
                "",
                "a",
                &["s3.x=1", "s3.y=2"],
                "[a]\ns3 =\n    x = 1\n    y = 2\n",
            ),
            // an option that exists: its own spelling, without what follows it
            (
                "[a]\n  Region=x # c\nz: 1\n",
                "a",
                &["region=y"],
                "[a]\n  Region = y\nz: 1\n",
            ),
            (
                "[a]\nx = 1\n  2\n  3\ny = 2\n",
                "a",
                &["x=9"],
                "[a]\nx = 9\ny = 2\n",
            ),
            ("[a]\nx = 1\n", "a", &["x="], "[a]\nx = \n"),
            // a new one
            (
                "[a]\nx = 1\n\n[b]\n",
                "a",
                &["y=2"],
                "[a]\nx = 1\ny = 2\n\n[b]\n",
            ),
            (
                "[a]\nx = 1\n# c: d\n# e\n[b]\n",
                "a",
                &["y=2"],
                "[a]\nx = 1\n# c: d\ny = 2\n# e\n[b]\n",
            ),
            ("[a]\nx = 1\n\n\n", "a", &["y=2"], "[a]\nx = 1\n\ny = 2\n\n"),
            (
                "[a]\nx = 1\n# tail",
                "a",
                &["y=2"],
                "[a]\nx = 1\n# tail\ny = 2\n",
            ),
            (
                "[a]\nx =\n  b\n  c\n[b]\n",
                "a",
                &["y=2"],
                "[a]\nx =\n  b\n  c\ny = 2\n[b]\n",
            ),
            ("[a]", "a", &["y=2"], "[a]\ny = 2\n"),
            (
                "[a]\nx = 1\n\n\n",
                "a",
                &["y=2", "z=3"],
                "[a]\nx = 1\n\ny = 2\nz = 3\n\n",
            ),
            // of the nested section, not of the profile
            (
                "[a]\ns3 =\n  x = 1\n",
                "a",
                &["x=2"],
                "[a]\ns3 =\n  x = 1\nx = 2\n",
            ),
            (
                "[a]\ns3 =\n  x = 1\n  y=2\nz = 1\n",
                "a",
                &["s3.x=3"],
                "[a]\ns3 =\n  x = 3\n  y=2\nz = 1\n",
            ),
            (
                "[a]\ns3 =\n  x = 1\nz = 1\n",
                "a",
                &["s3.y=3"],
                "[a]\ns3 =\n  x = 1\n    y = 3\nz = 1\n",
            ),
            (
                "[a]\ns3 =\n    x = 1",
                "a",
                &["s3.y=3"],
                "[a]\ns3 =\n    x = 1\n    y = 3\n",
            ),
            (
                "[a]\ns3 =\n    x = 1\n\n[b]\n",
                "a",
                &["s3.y=3"],
                "[a]\ns3 =\n    x = 1\n\n    y = 3\n[b]\n",
            ),
            (
                "[a]\ns3 =\n[b]\n",
                "a",
                &["s3.y=3"],
                "[a]\ns3 =\n    y = 3\n[b]\n",
            ),
            (
                "[a]\ns3 = old\nz = 1\n",
                "a",
                &["s3.y=3"],
                "[a]\ns3 =\n    y = 3\nz = 1\n",
            ),
            // headers
            (
                "[profile \"a b\"]\nx = 1\n",
                "profile 'a b'",
                &["x=2"],
                "[profile \"a b\"]\nx = 2\n",
            ),
            (
                "# [a]\n;[a]\n[a]\n",
                "a",
                &["x=2"],
                "# [a]\n;[a]\n[a]\nx = 2\n",
            ),
            (
                "[profile a]\n[a]\n",
                "a",
                &["x=2"],
                "[profile a]\n[a]\nx = 2\n",
            ),
            // line ends
            (
                "[a]\r\nx = 1\r\n[b]\r\n",
                "a",
                &["x=2", "y=3"],
                "[a]\r\nx = 2\r\ny = 3\r\n[b]\r\n",
            ),
            (
                "\u{feff}[a]\nx = 1\n",
                "a",
                &["x=2"],
                "\u{feff}[a]\nx = 2\n",
            ),
        ] {
            assert_eq!(set(text, header, options), expected, "{text:?} {options:?}");
        }
    }
}
