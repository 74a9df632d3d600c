//! The grammar of the command lines of `aws`.
//!
//! ```text
//! line       = *( option / positional )
//! option     = "--" name ( "=" value / *value )     ; a unique start of the name is enough
//! value      = any argument that does not look like an option
//! ```
//! An argument looks like an option if it starts with `-` and is neither a negative number nor contains a space; the names of
//! options, also those that end in `=value`, always do. What no option and no positional takes is left over.

use std::ops::Range;

/// How many values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// None, or as many as follow.
    Any,
    /// None: it is a switch.
    None,
    /// Exactly one.
    One,
    /// None or one.
    Optional,
    /// At least one.
    Some,
    /// Exactly two.
    Two,
}

/// An option, as far as the grammar is concerned.
pub(super) trait Syntax {
    /// The name without dashes.
    fn name(&self) -> &str;
    fn takes(&self) -> Takes;
}

impl<S: Syntax> Syntax for &S {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn takes(&self) -> Takes {
        (**self).takes()
    }
}

/// The options and positionals of a line.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// The given options, as indices into the table, with their values, in the order of the line.
    pub(super) options: Vec<(usize, Vec<String>)>,
    pub(super) positionals: Vec<String>,
    pub(super) rest: Vec<String>,
}

/// Reads a line. As many of its positionals are taken as there are places for.
///
/// # Errors
///
/// Returns a message if an option has the wrong number of values or its name is ambiguous.
pub(super) fn parse<S: Syntax>(
    args: Vec<String>,
    table: &[S],
    places: usize,
) -> Result<Parsed, String> {
    let words = words(&args, table)?;
    let mut reader = Reader {
        args,
        table,
        places,
        parsed: Parsed::default(),
    };
    let mut at = 0;
    while at < words.len() {
        let values = values_from(&words, at);
        match &words[at] {
            Word::Value => {
                reader.positionals(values.clone());
                at = values.end;
            }
            Word::Unknown => {
                let unknown = reader.take(at);
                reader.parsed.rest.push(unknown);
                at += 1;
            }
            Word::Option { index, value } => {
                at = reader.option(*index, value.clone(), values_from(&words, at + 1))?;
            }
        }
    }
    Ok(reader.parsed)
}

struct Reader<'t, S> {
    args: Vec<String>,
    table: &'t [S],
    places: usize,
    parsed: Parsed,
}

impl<S: Syntax> Reader<'_, S> {
    fn take(&mut self, at: usize) -> String {
        std::mem::take(&mut self.args[at])
    }

    fn positionals(&mut self, range: Range<usize>) {
        for at in range {
            let value = self.take(at);
            match self.parsed.positionals.len() < self.places {
                true => self.parsed.positionals.push(value),
                false => self.parsed.rest.push(value),
            }
        }
    }

    /// Reads an option with the values that follow it, of which it may leave some. Returns the place after it.
    fn option(
        &mut self,
        index: usize,
        value: Option<String>,
        values: Range<usize>,
    ) -> Result<usize, String> {
        let option = &self.table[index];
        let name = option.name();
        if let Some(value) = value {
            match option.takes() {
                Takes::None => {
                    return Err(format!("--{name} takes no value, but {value:?} is given"));
                }
                Takes::Two => return Err(format!("--{name} needs two values, after spaces")),
                _ => {}
            }
            self.parsed.options.push((index, vec![value]));
            return Ok(values.start);
        }
        let count = match (option.takes(), values.len()) {
            (Takes::One, 0) => return Err(format!("--{name} needs a value")),
            (Takes::Some, 0) => return Err(format!("--{name} needs at least one value")),
            (Takes::Two, 0 | 1) => return Err(format!("--{name} needs two values")),
            (Takes::Any | Takes::Some, count) => count,
            (Takes::None, _) => 0,
            (Takes::One, _) => 1,
            (Takes::Two, _) => 2,
            (Takes::Optional, count) => count.min(1),
        };
        let end = values.start + count;
        let values = (values.start..end).map(|at| self.take(at)).collect();
        self.parsed.options.push((index, values));
        Ok(end)
    }
}

enum Word {
    Option {
        index: usize,
        /// The value after `=`.
        value: Option<String>,
    },
    Unknown,
    Value,
}

fn words<S: Syntax>(args: &[String], table: &[S]) -> Result<Vec<Word>, String> {
    let mut only_values = false;
    let word = |arg: &String| match only_values {
        true => Ok(Word::Value),
        false => {
            only_values = arg == "--";
            word(arg, table)
        }
    };
    args.iter().map(word).collect()
}

fn word<S: Syntax>(arg: &str, table: &[S]) -> Result<Word, String> {
    let Some(after_dash) = arg.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
        return Ok(Word::Value);
    };
    if let Some(name) = after_dash.strip_prefix('-').filter(|name| !name.is_empty()) {
        let (start, value) = match name.split_once('=') {
            Some((start, value)) => (start, Some(value.to_owned())),
            None => (name, None),
        };
        let is = |full: &str| table.iter().position(|option| option.name() == full);
        if let Some(index) = is(name) {
            return Ok(Word::Option { index, value: None });
        }
        if let Some(index) = is(start) {
            return Ok(Word::Option { index, value });
        }
        let starts = (0..table.len()).filter(|index| table[*index].name().starts_with(start));
        match starts.collect::<Vec<_>>()[..] {
            [] => {}
            [index] => return Ok(Word::Option { index, value }),
            [first, second, ..] => {
                let (first, second) = (table[first].name(), table[second].name());
                return Err(format!(
                    "--{start} is ambiguous: it may be --{first} or --{second}"
                ));
            }
        }
    }
    Ok(match is_negative_number(after_dash) || arg.contains(' ') {
        true => Word::Value,
        false => Word::Unknown,
    })
}

/// Whether a text after `-` is a number.
fn is_negative_number(digits: &str) -> bool {
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match digits.split_once('.') {
        None => all_digits(digits),
        Some((whole, part)) => all_digits(whole) && all_digits(part) && !part.is_empty(),
    }
}

/// The values from a place to the next option.
fn values_from(words: &[Word], start: usize) -> Range<usize> {
    let after = words.get(start..).unwrap_or_default();
    let is_value = |word: &&Word| matches!(word, Word::Value);
    start..start + after.iter().take_while(is_value).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Syntax for (&str, Takes) {
        fn name(&self) -> &str {
            self.0
        }

        fn takes(&self) -> Takes {
            self.1
        }
    }

    const TABLE: &[(&str, Takes)] = &[
        ("name", Takes::One),
        ("ids", Takes::Any),
        ("tags", Takes::Some),
        ("check", Takes::Optional),
        ("dry-run", Takes::None),
        ("dry-walk", Takes::None),
    ];

    /// Shows what a line is read as, or the error.
    fn shown(line: &str) -> String {
        let args = line.split(' ').map(|arg| arg.replace('_', " "));
        let args = args.filter(|arg| !arg.is_empty()).collect();
        match parse(args, TABLE, 1) {
            Err(error) => error,
            Ok(parsed) => {
                let options = parsed.options.iter();
                let options = options.map(|(index, values)| (TABLE[*index].0, values));
                let options: Vec<_> = options
                    .map(|(name, values)| format!("{name}={}", values.join("+")))
                    .collect();
                let parts = [options, parsed.positionals, parsed.rest];
                parts.map(|part| part.join(" ")).join(" | ")
            }
        }
    }

    #[test]
    fn lines_are_read_as_aws_does() {
        let cases = [
            ("--name x", "name=x |  | "),
            ("--name=x --name", "--name needs a value"),
            ("--name=a=b", "name=a=b |  | "),
            ("--name -1", "name=-1 |  | "),
            ("--name -1.5", "name=-1.5 |  | "),
            ("--name -x", "--name needs a value"),
            ("--name --dry-run", "--name needs a value"),
            ("--name ---BEGIN_KEY---", "name=---BEGIN KEY--- |  | "),
            ("--ids", "ids= |  | "),
            ("--ids a b --dry-run c", "ids=a+b dry-run= | c | "),
            ("--ids=a b", "ids=a | b | "),
            ("--tags", "--tags needs at least one value"),
            ("--check --check a b", "check= check=a | b | "),
            ("--na x", "name=x |  | "),
            ("--na=x", "name=x |  | "),
            ("--dry-r", "dry-run= |  | "),
            (
                "--dry",
                "--dry is ambiguous: it may be --dry-run or --dry-walk",
            ),
            (
                "--dry-run=true",
                "--dry-run takes no value, but \"true\" is given",
            ),
            ("--other x y", " | x | --other y"),
            ("a b", " | a | b"),
            ("-", " | - | "),
            ("-x", " |  | -x"),
            ("-- --name", " | --name | --"),
        ];
        for (line, expected) in cases {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
