//! Tokens of an expression.

use std::iter::{Enumerate, Peekable};
use std::str::Chars;

use serde_json::Value;

use super::{ExprError, QueryErrorKind};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    And,
    At,
    Ampersand,
    Colon,
    Comma,
    Dot,
    End,
    Equal,
    Filter,
    Flatten,
    Greater,
    GreaterOrEqual,
    Identifier(String),
    LeftBrace,
    LeftBracket,
    LeftParenthesis,
    Less,
    LessOrEqual,
    Literal(Value),
    Not,
    NotEqual,
    Number(i64),
    Or,
    Pipe,
    QuotedIdentifier(String),
    RightBrace,
    RightBracket,
    RightParenthesis,
    Star,
}

/// Splits an expression into tokens, each with its position in characters. The last one is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ExprError> {
    let mut lexer = Lexer {
        chars: text.chars().enumerate().peekable(),
    };
    let mut out = Vec::new();
    while let Some((at, c)) = lexer.chars.next() {
        if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            out.push((at, lexer.token(at, c)?));
        }
    }
    out.push((text.chars().count(), Token::End));
    Ok(out)
}

struct Lexer<'t> {
    chars: Peekable<Enumerate<Chars<'t>>>,
}

impl Lexer<'_> {
    fn token(&mut self, at: usize, first: char) -> Result<Token, ExprError> {
        Ok(match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                Token::Identifier(self.run(first, word))
            }
            '0'..='9' | '-' => {
                let digits = self.run(first, |c| c.is_ascii_digit());
                number(&digits).ok_or_else(|| syntax(at, "'-' must be followed by digits"))?
            }
            '.' => Token::Dot,
            '*' => Token::Star,
            '@' => Token::At,
            ',' => Token::Comma,
            ':' => Token::Colon,
            ']' => Token::RightBracket,
            '{' => Token::LeftBrace,
            '}' => Token::RightBrace,
            '(' => Token::LeftParenthesis,
            ')' => Token::RightParenthesis,
            '[' if self.takes(']') => Token::Flatten,
            '[' if self.takes('?') => Token::Filter,
            '[' => Token::LeftBracket,
            '|' if self.takes('|') => Token::Or,
            '|' => Token::Pipe,
            '&' if self.takes('&') => Token::And,
            '&' => Token::Ampersand,
            '>' if self.takes('=') => Token::GreaterOrEqual,
            '>' => Token::Greater,
            '<' if self.takes('=') => Token::LessOrEqual,
            '<' => Token::Less,
            '!' if self.takes('=') => Token::NotEqual,
            '!' => Token::Not,
            '=' if self.takes('=') => Token::Equal,
            '=' => return Err(syntax(at, "'=' is invalid; equality is '=='")),
            '"' => {
                let text = self.delimited(at, '"')?;
                match serde_json::from_str(&format!("\"{text}\"")) {
                    Ok(name) => Token::QuotedIdentifier(name),
                    Err(e) => return Err(syntax(at, &format!("invalid quoted identifier: {e}"))),
                }
            }
            '\'' => {
                let text = self.delimited(at, '\'')?;
                Token::Literal(text.replace("\\'", "'").into())
            }
            '`' => {
                let text = self.delimited(at, '`')?.replace("\\`", "`");
                match serde_json::from_str(&text) {
                    Ok(value) => Token::Literal(value),
                    Err(e) => return Err(syntax(at, &format!("invalid JSON literal: {e}"))),
                }
            }
            other => return Err(syntax(at, &format!("invalid character {other:?}"))),
        })
    }

    fn takes(&mut self, expected: char) -> bool {
        self.chars.next_if(|(_, c)| *c == expected).is_some()
    }

    fn run(&mut self, first: char, belongs: impl Fn(char) -> bool) -> String {
        let mut out = String::from(first);
        while let Some((_, c)) = self.chars.next_if(|(_, c)| belongs(*c)) {
            out.push(c);
        }
        out
    }

    /// Reads up to the next `end` without a backslash before it. Escapes are kept.
    fn delimited(&mut self, at: usize, end: char) -> Result<String, ExprError> {
        let mut out = String::new();
        while let Some((_, c)) = self.chars.next() {
            if c == end {
                return Ok(out);
            }
            out.push(c);
            if c == '\\' {
                out.extend(self.chars.next().map(|(_, c)| c));
            }
        }
        Err(syntax(at, &format!("{end} is not closed")))
    }
}

/// Parses a number. One beyond 64 bits becomes the nearest, as no list is that long.
fn number(digits: &str) -> Option<Token> {
    let number = match digits.parse::<i64>() {
        Ok(number) => number,
        Err(_) if digits == "-" => return None,
        Err(_) if digits.starts_with('-') => i64::MIN,
        Err(_) => i64::MAX,
    };
    Some(Token::Number(number))
}

pub(super) fn syntax(offset: usize, what: &str) -> ExprError {
    ExprError {
        kind: QueryErrorKind::Syntax,
        offset,
        what: what.to_owned(),
    }
}
