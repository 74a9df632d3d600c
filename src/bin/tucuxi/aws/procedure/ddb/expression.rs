//! Expressions of DynamoDB as a person writes them: with the names of attributes and values in place of placeholders.
//!
//! ```text
//! expression = simple *( ( "and" / "or" ) simple )  /  operand *( "," operand )
//! simple     = "(" expression ")" / "not" simple / ( name "(" operands ")" / operand ) [ tail ]
//! tail       = comparator operand / "between" operand "and" operand / "in" "(" operands ")"
//! operand    = path / literal
//! path       = name [ "[" index "]" ] *( "." name [ "[" index "]" ] )      ; 'a name' may be quoted
//! literal    = "text" / b"base64" / 1.5 / true / null / [ .. ] / { "key": .. } / { 1, 2 }
//! ```

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

/// How deep an expression may be nested.
const DEEPEST: usize = 64;

/// An expression with placeholders.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Expression {
    pub(super) text: String,
    /// The placeholders of names.
    pub(super) names: Map<String, Value>,
    /// The placeholders of values, which are attribute values.
    pub(super) values: Map<String, Value>,
}

/// Reads an expression. `first` is the number of its first placeholder.
///
/// # Errors
///
/// Returns a message if the text is no expression.
pub(super) fn parse(text: &str, first: usize) -> Result<Expression, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        first,
        depth: 0,
        found: Expression::default(),
    };
    if parser.tokens.is_empty() {
        return Err("the expression is empty".into());
    }
    let written = parser.expression()?;
    if let Some(token) = parser.peek() {
        return Err(unexpected(token));
    }
    parser.found.text = written.trim().to_owned();
    Ok(parser.found)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Base64(String),
    /// A name that is written without quotes.
    Bare(String),
    Name(String),
    Number(String),
    Symbol(&'static str),
    Text(String),
}

/// The longer ones come first.
const SYMBOLS: [&str; 15] = [
    "<>", "<=", ">=", ".", ",", ":", "(", ")", "{", "}", "[", "]", "=", "<", ">",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            tokens.push(Token::Symbol(symbol));
            rest = &rest[symbol.len()..];
        } else if let Some(after) = rest
            .strip_prefix("b\"")
            .or_else(|| rest.strip_prefix("B\""))
        {
            let (text, after) = quoted(after, '"')?;
            if BASE64_STANDARD.decode(&text).is_err() {
                return Err(format!("b\"{text}\" is no base64"));
            }
            tokens.push(Token::Base64(text));
            rest = after;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let (word, after) = rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()));
            tokens.push(Token::Bare(word.into()));
            rest = after;
        } else if c == '\'' || c == '"' {
            let (text, after) = quoted(&rest[1..], c)?;
            tokens.push(match c {
                '\'' => Token::Name(text),
                _ => Token::Text(text),
            });
            rest = after;
        } else if c.is_ascii_digit() || c == '-' {
            let (number, after) = rest.split_at(number_length(rest)?);
            tokens.push(Token::Number(number.into()));
            rest = after;
        } else {
            return Err(format!("unexpected character {c:?} before {rest:?}"));
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// The text up to a quote, before which a backslash makes another one part of the text, and what comes after it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((out, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, next)) if next == quote => out.push(next),
                Some((_, next)) => out.extend(['\\', next]),
                None => break,
            },
            c => out.push(c),
        }
    }
    Err(format!("a quote {quote} is not closed"))
}

fn number_length(text: &str) -> Result<usize, String> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.bytes().take_while(u8::is_ascii_digit).count()
    };
    let wrong = || format!("{text:?} starts with no number");
    let mut end = usize::from(text.starts_with('-'));
    let add = |from: usize| match digits(from) {
        0 => Err(wrong()),
        count => Ok(from + count),
    };
    end = add(end)?;
    if text[end..].starts_with('.') {
        end = add(end + 1)?;
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['-', '+']));
        end = add(end + 1 + sign)?;
    }
    Ok(end)
}

fn unexpected(token: &Token) -> String {
    let shown = match token {
        Token::Base64(text) => format!("b\"{text}\""),
        Token::Bare(text) | Token::Number(text) => text.clone(),
        Token::Name(text) => format!("'{text}'"),
        Token::Symbol(text) => (*text).to_owned(),
        Token::Text(text) => format!("\"{text}\""),
    };
    format!("unexpected {shown}")
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    first: usize,
    depth: usize,
    found: Expression,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// Takes a symbol, if it is next.
    fn takes(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Symbol(next)) if *next == symbol);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a word in any case, if it is next.
    fn takes_word(&mut self, word: &str) -> bool {
        let is_next =
            matches!(self.peek(), Some(Token::Bare(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        match self.takes(symbol) {
            true => Ok(()),
            false => Err(self.wrong(&format!("{symbol} is expected"))),
        }
    }

    fn wrong(&self, expected: &str) -> String {
        match self.peek() {
            Some(token) => format!("{}; {expected}", unexpected(token)),
            None => format!("the expression ends too early; {expected}"),
        }
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the expression is nested too deeply".into());
        }
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn expression(&mut self) -> Result<String, String> {
        let mut text = self.simple()?;
        if self.takes(",") {
            let rest = self.operands()?;
            return Ok(format!("{}, {rest}", text.trim()));
        }
        loop {
            let word = match (self.takes_word("and"), self.takes_word("or")) {
                (true, _) => "AND",
                (_, true) => "OR",
                _ => return Ok(text),
            };
            text = format!("{text}{word} {}", self.simple()?);
        }
    }

    fn simple(&mut self) -> Result<String, String> {
        if self.takes("(") {
            let inner = self.deeper(Self::expression)?;
            self.expect(")")?;
            return Ok(format!("( {inner}) "));
        }
        if self.takes_word("not") {
            let inner = self.deeper(Self::simple)?;
            return Ok(format!("NOT {inner}"));
        }
        if let Some(Token::Bare(name) | Token::Name(name)) = self.peek().cloned()
            && self.tokens.get(self.at + 1) == Some(&Token::Symbol("("))
            && !is_reserved(&name)
        {
            self.at += 2;
            let operands = self.operands()?;
            self.expect(")")?;
            return self.tail(format!("{name}({operands}) "));
        }
        let left = self.operand()?;
        self.tail(left)
    }

    fn tail(&mut self, left: String) -> Result<String, String> {
        if self.takes_word("in") {
            self.expect("(")?;
            let operands = self.operands()?;
            self.expect(")")?;
            return Ok(format!("{left}IN ({operands}) "));
        }
        if self.takes_word("between") {
            let low = self.operand()?;
            if !self.takes_word("and") {
                return Err(self.wrong("and is expected"));
            }
            let high = self.operand()?;
            return Ok(format!("{left}BETWEEN {low}AND {high}"));
        }
        for comparator in ["=", "<>", "<=", ">=", "<", ">"] {
            if self.takes(comparator) {
                return Ok(format!("{left}{comparator} {}", self.operand()?));
            }
        }
        Ok(left)
    }

    fn operands(&mut self) -> Result<String, String> {
        let mut all = vec![self.operand()?.trim().to_owned()];
        while self.takes(",") {
            all.push(self.operand()?.trim().to_owned());
        }
        Ok(all.join(", "))
    }

    /// Reads an operand, and returns its placeholders and a space.
    fn operand(&mut self) -> Result<String, String> {
        let is_path = match self.peek() {
            Some(Token::Name(_)) => true,
            Some(Token::Bare(word)) => constant(word).is_none() && !is_reserved(word),
            _ => false,
        };
        if is_path {
            return self.path();
        }
        let value = self.literal()?;
        let name = self.placeholder(':');
        self.found.values.insert(name.clone(), value);
        Ok(format!("{name} "))
    }

    fn path(&mut self) -> Result<String, String> {
        let mut path = self.name()?;
        while self.takes(".") {
            path = format!("{path}.{}", self.name()?);
        }
        Ok(format!("{path} "))
    }

    fn name(&mut self) -> Result<String, String> {
        let Some(Token::Bare(name) | Token::Name(name)) = self.peek().cloned() else {
            return Err(self.wrong("the name of an attribute is expected"));
        };
        self.at += 1;
        let placeholder = self.placeholder('#');
        self.found.names.insert(placeholder.clone(), name.into());
        if !self.takes("[") {
            return Ok(placeholder);
        }
        let index = match self.peek() {
            Some(Token::Number(index)) if index.bytes().all(|digit| digit.is_ascii_digit()) => {
                index.clone()
            }
            _ => return Err(self.wrong("a whole number is expected")),
        };
        self.at += 1;
        self.expect("]")?;
        Ok(format!("{placeholder}[{index}]"))
    }

    fn placeholder(&self, kind: char) -> String {
        let number = self.first + self.found.names.len() + self.found.values.len();
        format!("{kind}n{number}")
    }

    /// Reads a value, as an attribute value.
    fn literal(&mut self) -> Result<Value, String> {
        if self.takes("[") {
            let items = self.deeper(|parser| parser.list("]", Self::literal))?;
            return Ok(json!({"L": items}));
        }
        if self.takes("{") {
            return self.deeper(Self::map_or_set);
        }
        let value = match self.peek() {
            Some(Token::Base64(text)) => json!({"B": text}),
            Some(Token::Number(text)) => json!({"N": text}),
            Some(Token::Text(text)) => json!({"S": text}),
            Some(Token::Bare(word)) => match constant(word) {
                Some(value) => value,
                None => return Err(self.wrong("a value is expected")),
            },
            _ => return Err(self.wrong("the name of an attribute or a value is expected")),
        };
        self.at += 1;
        Ok(value)
    }

    /// Reads what is separated by commas, up to a symbol.
    fn list<T>(
        &mut self,
        end: &str,
        read: impl Fn(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        if self.takes(end) {
            return Ok(Vec::new());
        }
        let mut items = vec![read(self)?];
        while self.takes(",") {
            items.push(read(self)?);
        }
        self.expect(end)?;
        Ok(items)
    }

    fn map_or_set(&mut self) -> Result<Value, String> {
        let is_set = self.tokens.get(self.at + 1) != Some(&Token::Symbol(":"))
            && self.peek() != Some(&Token::Symbol("}"));
        if !is_set {
            let entries = self.list("}", |parser| {
                let Some(Token::Text(key)) = parser.peek().cloned() else {
                    return Err(parser.wrong("a key in double quotes is expected"));
                };
                parser.at += 1;
                parser.expect(":")?;
                Ok((key, parser.literal()?))
            })?;
            return Ok(json!({"M": Map::from_iter(entries)}));
        }
        let items = self.list("}", Self::literal)?;
        super::item::set(items.into_iter())
    }
}

/// The value of a word that is no name.
fn constant(word: &str) -> Option<Value> {
    match &*word.to_ascii_lowercase() {
        "true" => Some(json!({"BOOL": true})),
        "false" => Some(json!({"BOOL": false})),
        "null" => Some(json!({"NULL": true})),
        _ => None,
    }
}

fn is_reserved(word: &str) -> bool {
    let words = ["and", "between", "in", "not", "or"];
    words
        .iter()
        .any(|reserved| word.eq_ignore_ascii_case(reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_become_placeholders() {
        let cases = [
            (
                "a = 1",
                "#n0 = :n1",
                json!([{"#n0": "a"}, {":n1": {"N": "1"}}]),
            ),
            (
                "a.b[2].'c d' <> \"x\\\"y\" AND NOT (b between -1 and 2.5e3)",
                "#n0.#n1[2].#n2 <> :n3 AND NOT ( #n4 BETWEEN :n5 AND :n6 )",
                json!([
                    {"#n0": "a", "#n1": "b", "#n2": "c d", "#n4": "b"},
                    {":n3": {"S": "x\"y"}, ":n5": {"N": "-1"}, ":n6": {"N": "2.5e3"}},
                ]),
            ),
            (
                "begins_with(a, \"x\") or size(b) >= 3",
                "begins_with(#n0, :n1) OR size(#n2) >= :n3",
                json!([{"#n0": "a", "#n2": "b"}, {":n1": {"S": "x"}, ":n3": {"N": "3"}}]),
            ),
            (
                "a in (1, b\"aGk=\", null)",
                "#n0 IN (:n1, :n2, :n3)",
                json!([
                    {"#n0": "a"}, {":n1": {"N": "1"}, ":n2": {"B": "aGk="}, ":n3": {"NULL": true}},
                ]),
            ),
            (
                "a, b.c, d",
                "#n0, #n1.#n2, #n3",
                json!([{"#n0": "a", "#n1": "b", "#n2": "c", "#n3": "d"}, {}]),
            ),
            (
                "a = [1, {\"k\": {2, 3, 2}}, {}, true]",
                "#n0 = :n1",
                json!([{"#n0": "a"}, {":n1": {"L": [
                    {"N": "1"}, {"M": {"k": {"NS": ["2", "3"]}}}, {"M": {}}, {"BOOL": true},
                ]}}]),
            ),
        ];
        for (text, expected, placeholders) in cases {
            let found = parse(text, 0).unwrap();
            assert_eq!(found.text, expected, "{text}");
            assert_eq!(json!([found.names, found.values]), placeholders, "{text}");
        }
        let shifted = parse("a", 7).unwrap();
        assert_eq!(shifted.text, "#n7");
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        let deep = "(".repeat(1000);
        for text in [
            "",
            " ",
            "a =",
            "= a",
            "a = 'b",
            "a = \"b",
            "(a = 1",
            "a = 1)",
            "a b",
            "a[1.5] = 1",
            "a[x] = 1",
            "a = {1, \"b\"}",
            "a = {true}",
            "a = [1",
            "a between 1 or 2",
            "a in 1",
            "f(",
            "a = -",
            "a = 1.",
            "a = b\"!\"",
            "a = %",
            "a.",
            "and",
            "a = {1: 2}",
            &deep,
        ] {
            assert!(parse(text, 0).is_err(), "{text}");
        }
    }
}
