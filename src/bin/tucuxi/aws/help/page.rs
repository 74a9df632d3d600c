//! The text of a help page, wrapped at the width of the terminal.

use std::fmt::Write as _;

use tucuxi::internals::command::PrintableLines;

use crate::documentation;

/// The width of a page on a wide terminal, where longer lines are hard to read.
const WIDEST: usize = 100;
/// The width below which lines are not wrapped any closer.
const NARROWEST: usize = 24;

/// The longest name that has its description beside it.
const LONGEST_NAME: usize = 28;

/// A step of indentation.
pub(super) const STEP: usize = 4;

pub(super) struct Page {
    width: usize,
    /// Whether headings and names are bold.
    bold: bool,
    text: String,
}

impl Page {
    pub(super) fn new(width: usize, bold: bool) -> Self {
        Self {
            width: width.clamp(NARROWEST, WIDEST),
            bold,
            text: String::new(),
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let text = self.emphasised(text);
        self.push(0, &text);
    }

    /// The name of what the following lines are about.
    pub(super) fn term(&mut self, indent: usize, text: &str) {
        for (at, line) in self
            .wrapped(text, indent, indent + STEP, &[' ', '|'])
            .iter()
            .enumerate()
        {
            let indent = if at == 0 { indent } else { indent + STEP };
            let line = self.emphasised(line);
            self.push(indent, &line);
        }
    }

    /// Text that is wrapped between words.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        for line in self.wrapped(text, indent, indent, &[' ']) {
            self.push(indent, &line);
        }
    }

    /// A form, which may also be wrapped after commas and bars, and whose further lines have another indent.
    pub(super) fn form(&mut self, indent: usize, further: usize, text: &str) {
        let lines = self.wrapped(text, indent, further, &[' ', ',', '|']);
        for (at, line) in lines.iter().enumerate() {
            self.push(if at == 0 { indent } else { further }, line);
        }
    }

    /// Lines that stay as they are.
    pub(super) fn lines(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            self.push(indent, line);
        }
    }

    /// Documentation of a model, if it has any.
    pub(super) fn documentation(&mut self, indent: usize, html: Option<&str>) {
        let width = self.width.saturating_sub(indent);
        for line in documentation::lines(html.unwrap_or_default(), indent, width) {
            self.push(0, &line);
        }
    }

    /// Names side by side, in the order of a dictionary from top to bottom.
    pub(super) fn columns(&mut self, indent: usize, names: &[String]) {
        let widest = names.iter().map(|name| name.chars().count()).max();
        let cell = widest.unwrap_or(0) + 2;
        let count = (self.width.saturating_sub(indent) + 2).checked_div(cell);
        let count = count.unwrap_or(1).max(1);
        let rows = names.len().div_ceil(count);
        for row in 0..rows {
            let cells = names.iter().skip(row).step_by(rows.max(1));
            let line: String = cells.map(|name| format!("{name:cell$}")).collect();
            self.push(indent, line.trim_end());
        }
    }

    /// Names with descriptions beside them. A long name has a line of its own; where there is little space, all have.
    pub(super) fn table(&mut self, indent: usize, rows: &[(&str, &str)]) {
        let widths = rows.iter().map(|(name, _)| name.chars().count());
        let usual = widths.filter(|width| *width <= LONGEST_NAME).max();
        let usual = usual.unwrap_or(0);
        let mut beside = indent + usual + 2;
        if beside + NARROWEST > self.width {
            beside = indent + STEP;
        }
        for (name, description) in rows {
            let lines = self.wrapped(description, beside, beside, &[' ']);
            let mut lines = lines.iter();
            if indent + name.chars().count() + 2 <= beside {
                let first = lines.next().map_or("", String::as_str);
                let width = beside - indent;
                self.push(indent, format!("{name:width$}{first}").trim_end());
            } else {
                self.push(indent, name);
            }
            lines.for_each(|line| self.push(beside, line));
        }
    }

    fn emphasised(&self, text: &str) -> String {
        match self.bold {
            true => format!("\x1b[1m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    fn push(&mut self, indent: usize, line: &str) {
        let indent = if line.is_empty() { 0 } else { indent };
        // the text of a model must not reach a terminal's controls; those of this page are added around it
        let bold = line
            .strip_prefix("\x1b[1m")
            .and_then(|line| line.strip_suffix("\x1b[0m"));
        let inner = PrintableLines(bold.unwrap_or(line));
        // cannot fail
        let _ = match bold {
            Some(_) => writeln!(self.text, "{:indent$}\x1b[1m{inner}\x1b[0m", ""),
            None => writeln!(self.text, "{:indent$}{inner}", ""),
        };
    }

    fn wrapped(&self, text: &str, indent: usize, further: usize, ends: &[char]) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_inclusive(ends) {
            let indent = if lines.len() == 1 { indent } else { further };
            let last = lines.len() - 1;
            let used = indent + lines[last].chars().count();
            let needed = word.trim_end().chars().count();
            if used + needed > self.width && !lines[last].is_empty() {
                lines.push(word.to_owned());
            } else {
                lines[last].push_str(word);
            }
        }
        lines
            .iter()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, write: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::new(width, false);
        write(&mut page);
        page.into_text()
    }

    #[test]
    fn text_is_wrapped_at_the_width() {
        let text = "one two three,four five-six seven eight";
        let wrapped = page(24, |page| page.paragraph(2, text));
        assert_eq!(wrapped, "  one two three,four\n  five-six seven eight\n");
        let wrapped = page(24, |page| {
            page.form(2, 6, "aaaa=string,bbbb=string,cccc=string")
        });
        assert_eq!(
            wrapped,
            "  aaaa=string,\n      bbbb=string,\n      cccc=string\n"
        );
        let long = "x".repeat(50);
        assert_eq!(
            page(24, |page| page.paragraph(0, &long)),
            format!("{long}\n")
        );
    }

    #[test]
    fn names_are_side_by_side_if_there_is_space() {
        let names: Vec<String> = ["a", "bb", "ccc", "d", "e"].map(String::from).into();
        assert_eq!(
            page(24, |page| page.columns(4, &names)),
            "    a    ccc  e\n    bb   d\n".to_owned()
        );
        assert_eq!(page(24, |page| page.columns(20, &names)).lines().count(), 5);
        assert_eq!(page(24, |page| page.columns(0, &[])), "");
    }

    #[test]
    fn descriptions_go_below_their_names_in_a_narrow_window() {
        let rows = [("--a", "does this"), ("--long", "does that and more")];
        let wide = page(40, |page| page.table(2, &rows));
        assert_eq!(wide, "  --a     does this\n  --long  does that and more\n");
        let narrow = page(24, |page| page.table(2, &rows));
        assert_eq!(
            narrow,
            "  --a\n      does this\n  --long\n      does that and more\n"
        );
    }

    #[test]
    fn text_of_a_model_cannot_control_the_terminal() {
        let mut page = Page::new(80, true);
        page.term(0, "a\u{1b}[2Jb");
        page.paragraph(0, "c\u{9b}d");
        assert_eq!(
            page.into_text(),
            "\u{1b}[1ma\\u{1b}[2Jb\u{1b}[0m\nc\\u{9b}d\n"
        );
    }
}
