//! The shorthand of `aws` for structures: `Name=a,Values=b,c,Nested={Key=d}`.
//!
//! ```text
//! text     = pair *( "," pair )
//! pair     = key [ "@" ] "=" value          ; with "@", file:// and fileb:// are read
//! key      = *( ALPHA / DIGIT / one of -_.#/: )
//! value    = list / hash / csv
//! csv      = word *( "," word )             ; a word after which "=" follows is the next key
//! list     = "[" *( item "," ) "]"
//! hash     = "{" *( key [ "@" ] "=" item "," ) "}"
//! item     = list / hash / word
//! word     = bare / "'" quoted "'" / DQUOTE quoted DQUOTE     ; "\," is a comma in a bare word
//! ```

use std::fmt;

/// A value whose type is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Short {
    /// The content of a file of bytes.
    Bytes(Vec<u8>),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
    Text(String),
}

/// A text that is no shorthand.
#[derive(Debug)]
pub(super) struct ShorthandError {
    text: String,
    /// The place of the error, in characters.
    at: usize,
    what: String,
}

impl fmt::Display for ShorthandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = 0;
        for line in self.text.split('\n') {
            let end = before + line.chars().count();
            if self.at <= end {
                let column = self.at - before;
                return write!(f, "{}\n{line}\n{:column$}^", self.what, "");
            }
            before = end + 1;
        }
        f.write_str(&self.what)
    }
}

/// The failure of a rule, after which another may apply.
enum Fault {
    /// The content of a file cannot be read.
    File(String),
    Syntax(ShorthandError),
}

type Result<T> = std::result::Result<T, Fault>;

/// Reads the file that a `file://` or `fileb://` URL names; `None` for any other text.
pub(super) type ReadFile<'f> = dyn Fn(&str) -> std::result::Result<Option<Short>, String> + 'f;

/// Parses a text as pairs of key and value.
///
/// # Errors
///
/// Returns a message if the text is no shorthand, has a key twice or names a file that cannot be read.
pub(super) fn parse(text: &str, read_file: &ReadFile<'_>) -> std::result::Result<Short, String> {
    let mut parser = Parser {
        chars: text.chars().collect(),
        at: 0,
        reads_files: false,
        read_file,
    };
    parser.pairs().map_err(|fault| match fault {
        Fault::File(error) => error,
        Fault::Syntax(error) => error.to_string(),
    })
}

struct Parser<'f> {
    chars: Vec<char>,
    at: usize,
    /// Whether the key was followed by `@`.
    reads_files: bool,
    read_file: &'f ReadFile<'f>,
}

impl Parser<'_> {
    fn pairs(&mut self) -> Result<Short> {
        let mut pairs: Vec<(String, Short)> = Vec::new();
        loop {
            let start = self.at;
            let key = self.key()?;
            let value = self.value()?;
            if pairs.iter().any(|(known, _)| *known == key) {
                let what = format!(
                    "the key {key:?} occurs twice; maybe a comma should be a space, which separates two values:"
                );
                return Err(self.fault(start, what));
            }
            pairs.push((key, value));
            if self.at >= self.chars.len() {
                return Ok(Short::Map(pairs));
            }
            self.expect_spaced(',')?;
        }
    }

    /// Reads a key, and what separates it from its value.
    fn key(&mut self) -> Result<String> {
        let is_key = |c: &char| c.is_ascii_alphanumeric() || "-_.#/:".contains(*c);
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let key: String = rest.iter().take_while(|c| is_key(c)).collect();
        self.at += key.len();
        self.skip_spaces();
        self.reads_files = self.current() == Some('@');
        if self.reads_files {
            self.at += 1;
        }
        self.expect_spaced('=')?;
        Ok(key)
    }

    fn value(&mut self) -> Result<Short> {
        match self.current() {
            None => Ok(Short::Text(String::new())),
            Some('[') => self.list(),
            Some('{') => self.hash(),
            Some(_) => self.csv(),
        }
    }

    /// Reads one word, or a list of several.
    fn csv(&mut self) -> Result<Short> {
        let first = self.word(FIRST_ENDS)?;
        self.skip_spaces();
        if self.current() != Some(',') {
            return Ok(first);
        }
        let mut list = vec![first];
        let mut comma = self.at;
        loop {
            self.at = comma;
            self.expect_spaced(',')?;
            match self.next_word() {
                Ok(Some(word)) => list.push(word),
                Ok(None) => {
                    // the comma separates pairs; a second one in a row does no harm
                    if self.current() != Some(',') {
                        self.at = comma;
                    }
                    break;
                }
                Err(fault) => return Err(fault),
            }
            if self.at >= self.chars.len() {
                break;
            }
            comma = self.at;
        }
        Ok(match list.len() {
            1 => list.remove(0),
            _ => Short::List(list),
        })
    }

    /// Reads a further word of a list, with which the text ends or that a comma follows; `None` if it is something else.
    fn next_word(&mut self) -> Result<Option<Short>> {
        let is_quote = |c| c == '"' || c == '\'';
        match self.current() {
            None => return Err(self.expected("a value")),
            Some(c) if is_quote(c) || starts_word(c) => {}
            Some(_) => return Ok(None),
        }
        let word = match self.word(SECOND_ENDS) {
            Err(Fault::Syntax(_)) if self.at < self.chars.len() => return Ok(None),
            word => word?,
        };
        self.skip_spaces();
        Ok(matches!(self.current(), None | Some(',')).then_some(word))
    }

    fn list(&mut self) -> Result<Short> {
        self.expect_spaced('[')?;
        let mut list = Vec::new();
        while self.current() != Some(']') {
            list.push(self.item()?);
            self.end_item(']')?;
        }
        self.at += 1;
        Ok(Short::List(list))
    }

    fn hash(&mut self) -> Result<Short> {
        self.expect_spaced('{')?;
        let mut pairs: Vec<(String, Short)> = Vec::new();
        while self.current() != Some('}') {
            let key = self.key()?;
            let value = self.item()?;
            self.end_item('}')?;
            pairs.retain(|(known, _)| *known != key);
            pairs.push((key, value));
        }
        self.at += 1;
        Ok(Short::Map(pairs))
    }

    fn item(&mut self) -> Result<Short> {
        match self.current() {
            Some('[') => self.list(),
            Some('{') => self.hash(),
            _ => self.word(FIRST_ENDS),
        }
    }

    /// Reads the comma after an item, unless the collection ends.
    fn end_item(&mut self, end: char) -> Result<()> {
        self.skip_spaces();
        if self.current() != Some(end) {
            self.expect(',')?;
            self.skip_spaces();
        }
        Ok(())
    }

    fn word(&mut self, ends: &str) -> Result<Short> {
        let text = match self.current() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => self.bare(ends),
        };
        let found = match self.reads_files {
            true => (self.read_file)(&text).map_err(Fault::File)?,
            false => None,
        };
        Ok(found.unwrap_or(Short::Text(text)))
    }

    fn bare(&mut self, ends: &str) -> String {
        let mut text = String::new();
        let mut is_first = true;
        while let Some(c) = self.current() {
            if c == '\\' && self.chars.get(self.at + 1) == Some(&',') {
                text.push(',');
                self.at += 2;
            } else if match is_first {
                true => !starts_word(c),
                false => ends.contains(c),
            } {
                break;
            } else {
                text.push(c);
                self.at += 1;
            }
            is_first = false;
        }
        text.truncate(text.trim_end().len());
        text
    }

    fn quoted(&mut self, quote: char) -> Result<String> {
        let start = self.at + 1;
        let (mut at, mut escaped) = (start, None);
        let end = loop {
            match self.chars.get(at) {
                Some('\\') if self.chars.get(at + 1) == Some(&quote) => {
                    escaped = Some(at + 1);
                    at += 2;
                }
                Some(c) if *c == quote => break at,
                Some(_) => at += 1,
                // without another quote, the last escaped one is the end
                None => match escaped {
                    Some(at) => break at,
                    None => return Err(self.expected(&format!("another {quote} after this one"))),
                },
            }
        };
        let inner: String = self.chars[start..end].iter().collect();
        self.at = end + 1;
        let inner = inner.replace(&format!("\\{quote}"), &quote.to_string());
        Ok(inner.replace("\\\\", "\\"))
    }

    fn current(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.current().is_some_and(|c| c.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn expect_spaced(&mut self, c: char) -> Result<()> {
        self.skip_spaces();
        self.expect(c)?;
        self.skip_spaces();
        Ok(())
    }

    fn expect(&mut self, c: char) -> Result<()> {
        if self.current() != Some(c) {
            return Err(self.expected(&format!("{c:?}")));
        }
        self.at += 1;
        Ok(())
    }

    fn expected(&self, what: &str) -> Fault {
        let found = match self.current() {
            None => "the text ends".to_owned(),
            Some(c) => format!("there is {c:?}"),
        };
        self.fault(self.at, format!("expected {what}, but {found}:"))
    }

    fn fault(&self, at: usize, what: String) -> Fault {
        Fault::Syntax(ShorthandError {
            text: self.chars.iter().collect(),
            at,
            what,
        })
    }
}

/// What ends a bare word that may be alone, or the first of a list.
const FIRST_ENDS: &str = "\"',]}";

/// What ends a further word of a list, unless it is a key.
const SECOND_ENDS: &str = "\"',=";

/// Whether a bare word may start with a character.
fn starts_word(c: char) -> bool {
    !c.is_whitespace() && !"\"',=[{".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(short: &Short) -> String {
        let join = |parts: Vec<String>| parts.join(",");
        match short {
            Short::Bytes(bytes) => format!("{bytes:?}"),
            Short::List(list) => format!("[{}]", join(list.iter().map(shown).collect())),
            Short::Map(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| format!("{key}:{}", shown(value)));
                format!("{{{}}}", join(pairs.collect()))
            }
            Short::Text(text) => format!("<{text}>"),
        }
    }

    fn read_file(text: &str) -> std::result::Result<Option<Short>, String> {
        match text.strip_prefix("file://") {
            Some("none") => Err("file://none: no such file".into()),
            Some(name) => Ok(Some(Short::Text(format!("content of {name}")))),
            None => Ok(None),
        }
    }

    #[test]
    fn shorthand_is_read_as_aws_does() {
        let cases = [
            ("a=b", "{a:<b>}"),
            ("a=", "{a:<>}"),
            ("a=b,c=d", "{a:<b>,c:<d>}"),
            ("a=b , c = d ", "{a:<b>,c:<d>}"),
            ("a=b,c", "{a:[<b>,<c>]}"),
            ("a=b,c,d=e,f", "{a:[<b>,<c>],d:[<e>,<f>]}"),
            ("a=,c=d", "{a:<>,c:<d>}"),
            ("a=b=c", "{a:<b=c>}"),
            ("a=b\\,c", "{a:<b,c>}"),
            ("a='b,c',d=\"e, f\"", "{a:<b,c>,d:<e, f>}"),
            (r"a='it\'s',b=c", "{a:<it's>,b:<c>}"),
            (r#"a="x\\y""#, r"{a:<x\y>}"),
            (r"a='b\'", r"{a:<b\>}"),
            ("a=[]", "{a:[]}"),
            ("a=[b]", "{a:[<b>]}"),
            (
                "a=[b, c],d=[{e=f},{g=h}]",
                "{a:[<b>,<c>],d:[{e:<f>},{g:<h>}]}",
            ),
            ("a={b=c,d={e=[f,g]}}", "{a:{b:<c>,d:{e:[<f>,<g>]}}}"),
            ("a={b=c,b=d}", "{a:{b:<d>}}"),
            ("tag:Name/x.y#z=1", "{tag:Name/x.y#z:<1>}"),
            ("a=]b", "{a:<]b>}"),
            ("a=b,,c=d", "{a:<b>,c:<d>}"),
            ("a=b\nc", "{a:<b\nc>}"),
            ("a=🐬,b=ü", "{a:<🐬>,b:<ü>}"),
            ("a@=file://f,b=file://g", "{a:<content of f>,b:<file://g>}"),
            ("a={b@=file://f}", "{a:{b:<content of f>}}"),
            ("a@=none", "{a:<none>}"),
        ];
        for (text, expected) in cases {
            let parsed = parse(text, &read_file);
            assert_eq!(parsed.as_ref().map(shown), Ok(expected.into()), "{text}");
        }
    }

    #[test]
    fn what_is_no_shorthand_is_an_error_with_its_place() {
        let cases = [
            ("", "expected '=', but the text ends:\n\n^"),
            ("ab", "expected '=', but the text ends:\nab\n  ^"),
            ("a=b,", "expected a value, but the text ends:\na=b,\n    ^"),
            ("a=[b", "expected ',', but the text ends:\na=[b\n    ^"),
            ("a=[b\nc=}", "expected ',', but there is '}':\nc=}\n  ^"),
            ("a={b}", "expected '=', but there is '}':\na={b}\n    ^"),
            (
                "a='b",
                "expected another ' after this one, but there is '\\'':\na='b\n  ^",
            ),
            ("a=b]", "expected ',', but there is ']':\na=b]\n   ^"),
            ("a@=file://none", "file://none: no such file"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, &read_file).unwrap_err(), expected, "{text}");
        }
        let twice = parse("a=b,a=c", &read_file).unwrap_err();
        assert!(twice.starts_with("the key \"a\" occurs twice"), "{twice}");
    }
}
