//! The writer, in the block layout of `aws`: two spaces for each level, lists as far left as the key above them.

use super::{Dialect, Yaml, plain, scalar};

/// The longest key that is written before a colon on one line.
const LONGEST_KEY: usize = 122;

/// Returns the text of a document.
pub(crate) fn text_of(value: &Yaml, dialect: Dialect) -> String {
    let mut writer = Writer {
        out: String::new(),
        dialect,
    };
    match value {
        Yaml::Map(entries) if !entries.is_empty() => writer.map(entries, 0),
        Yaml::List(items) if !items.is_empty() => writer.list(items, 0),
        value => {
            let text = writer.scalar(value, 0);
            writer.out += &text;
            writer.out.push('\n');
        }
    }
    writer.out
}

struct Writer {
    out: String,
    dialect: Dialect,
}

impl Writer {
    /// Writes entries, of which the first continues the present line.
    fn map(&mut self, entries: &[(Yaml, Yaml)], indent: usize) {
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                self.indent(indent);
            }
            match self.simple_key(key) {
                Some(key) => {
                    self.out += &key;
                    self.out.push(':');
                }
                None => {
                    self.out += "? ";
                    self.nested(key, indent);
                    self.indent(indent);
                    self.out += ": ";
                    self.nested(value, indent);
                    continue;
                }
            }
            match value {
                Yaml::Map(entries) if !entries.is_empty() => {
                    self.out.push('\n');
                    self.indent(indent + 2);
                    self.map(entries, indent + 2);
                }
                Yaml::List(items) if !items.is_empty() => {
                    self.out.push('\n');
                    self.indent(indent);
                    self.list(items, indent);
                }
                Yaml::Set(items) if !items.is_empty() => {
                    self.out += " !!set\n";
                    self.indent(indent + 2);
                    self.set(items, indent + 2);
                }
                value => {
                    self.out.push(' ');
                    let text = self.scalar(value, indent + 2);
                    self.out += &text;
                    self.out.push('\n');
                }
            }
        }
    }

    fn list(&mut self, items: &[Yaml], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.indent(indent);
            }
            self.out += "- ";
            self.nested(item, indent);
        }
    }

    /// Writes a set as the map of nulls that it is.
    fn set(&mut self, items: &[Yaml], indent: usize) {
        let items = items.iter();
        let entries: Vec<_> = items.map(|item| (item.clone(), Yaml::Null)).collect();
        self.map(&entries, indent);
    }

    /// Writes a value after `- ` or `? `.
    fn nested(&mut self, value: &Yaml, indent: usize) {
        match value {
            Yaml::Map(entries) if !entries.is_empty() => self.map(entries, indent + 2),
            Yaml::List(items) if !items.is_empty() => self.list(items, indent + 2),
            Yaml::Set(items) if !items.is_empty() => {
                self.out += "!!set\n";
                self.indent(indent + 2);
                self.set(items, indent + 2);
            }
            value => {
                let text = self.scalar(value, indent + 2);
                self.out += &text;
                self.out.push('\n');
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// The text of a key that fits on the line of its value.
    fn simple_key(&self, key: &Yaml) -> Option<String> {
        match key {
            Yaml::Text(text) if text.contains('\n') => None,
            Yaml::Text(text) if text.chars().count() > LONGEST_KEY => None,
            Yaml::Text(text) => Some(scalar::key(text, self.dialect)),
            Yaml::List(items) | Yaml::Set(items) if !items.is_empty() => None,
            Yaml::Map(entries) if !entries.is_empty() => None,
            other => Some(self.scalar(other, 0)),
        }
    }

    /// The text of a scalar or an empty collection, whose further lines have this indent.
    fn scalar(&self, value: &Yaml, indent: usize) -> String {
        match value {
            Yaml::Binary(text) => format!("!!binary \"{text}\""),
            Yaml::Bool(yes) => yes.to_string(),
            Yaml::Float(text) => float(text, self.dialect),
            Yaml::Int(text) => text.clone(),
            Yaml::List(_) => "[]".into(),
            Yaml::Map(_) => "{}".into(),
            Yaml::Null => "null".into(),
            Yaml::Set(_) => "!!set {}".into(),
            Yaml::Text(text) => {
                let line = self.out.rsplit('\n').next().unwrap_or_default();
                scalar::value(text, self.dialect, line.chars().count(), indent)
            }
            Yaml::Timestamp(text) => text.clone(),
        }
    }
}

/// The text of a float: a template's as a number is printed, others as they were written.
fn float(text: &str, dialect: Dialect) -> String {
    let number = match dialect {
        Dialect::CloudFormation => plain::float(text),
        Dialect::Plain => None,
    };
    match number {
        Some(number) if number.is_finite() => crate::output::python_float(number),
        Some(number) if number.is_nan() => ".nan".into(),
        Some(number) if number < 0.0 => "-.inf".into(),
        Some(_) => ".inf".into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn documents_have_the_layout_of_aws() {
        let word = "word ".repeat(20);
        let template = format!(
            "{{A: {{B: [1, [2, [3]], {{c: d, e: []}}], F: {{}}}}, 'yes': !Ref x, 'n': '0777', z: '0888', d: 2010-09-09,
              e: '', m: \"a\\n  b\", c: 'a: b', q: 'it''s', b: '{{x}}', long: '{word}end', '? ': null, f: 1e20}}"
        );
        let expected = "\
A:
  B:
  - 1
  - - 2
    - - 3
  - c: d
    e: []
  F: {}
'yes':
  Ref: x
n: '0777'
z: '0888'
d: 2010-09-09
e: ''
m: \"a\\n  b\"
c: 'a: b'
q: it's
b: '{x}'
long: word word word word word word word word word word word word word word word word
  word word word word end
'? ': null
f: 1e+20
";
        let parsed = parse(&template, Dialect::CloudFormation).unwrap();
        let written = text_of(&parsed, Dialect::CloudFormation);
        assert_eq!(written, expected);
        let again = parse(&written, Dialect::CloudFormation).unwrap();
        assert_eq!(again.to_json(), parsed.to_json());
    }

    #[test]
    fn any_text_is_read_as_it_was_written() {
        let words = [
            "a",
            " ",
            "  ",
            "\n",
            "\t",
            "#",
            "- ",
            ": ",
            "'",
            "\"",
            "\\",
            "yes",
            "1",
            "{",
            "\u{85}",
            "\u{2028}",
            "\u{1b}",
            "\u{feff}",
            "long-word-without-an-end",
            "ü",
            "😀",
            "...",
            "---",
            "|",
            "~",
        ];
        let mut seed = 1_u32;
        let mut next = |bound: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % bound
        };
        for _ in 0..2000 {
            let length = next(30);
            let text: String = (0..length).map(|_| words[next(words.len())]).collect();
            for dialect in [Dialect::CloudFormation, Dialect::Plain] {
                let value = Yaml::map([
                    ("k", Yaml::List(vec![Yaml::text(&*text)])),
                    ("v", Yaml::text(&*text)),
                ]);
                let written = text_of(&value, dialect);
                assert_eq!(parse(&written, dialect).as_ref(), Ok(&value), "{written}");
            }
        }
    }
}
