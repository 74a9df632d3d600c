//! The parser: top-down operator precedence, as JMESPath defines it.
//!
//! A chain of operators (`a.b.c`, `a || b || c`, `a | b`, `a[][]`, `!!!a`) becomes a flat list and takes no stack, neither here nor in
//! evaluation. The depth of nested expressions is limited.

use super::functions::Function;
use super::lexer::{self, Token, syntax};
use super::precedence::{binding_power, can_continue, can_start, power};
use super::{Expr, ExprError, Operator, QueryErrorKind};

/// The maximum depth of an expression.
const MAX_DEPTH: usize = 150;

pub(super) fn parse(text: &str) -> Result<Expr, ExprError> {
    let mut tokens = lexer::tokens(text)?;
    tokens.reverse();
    let mut parser = Parser { tokens, depth: 0 };
    let expr = parser.expr(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("an operator or the end of the expression")),
    }
}

struct Parser {
    /// In reverse order.
    tokens: Vec<(usize, Token)>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.last().map_or(&Token::End, |(_, token)| token)
    }

    fn offset(&self) -> usize {
        self.tokens.last().map_or(0, |(at, _)| *at)
    }

    /// Returns the next token and advances; the end is never consumed.
    fn next(&mut self) -> Token {
        match self.tokens.len() {
            0 | 1 => Token::End,
            _ => self.tokens.pop().map_or(Token::End, |(_, token)| token),
        }
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_next = self.peek() == token;
        if is_next {
            self.next();
        }
        is_next
    }

    fn expect(&mut self, token: &Token, name: &str) -> Result<(), ExprError> {
        match self.takes(token) {
            true => Ok(()),
            false => Err(self.unexpected(name)),
        }
    }

    fn unexpected(&self, expected: &str) -> ExprError {
        let found = match self.peek() {
            Token::End => "the expression ends".to_owned(),
            token => format!("there is {token:?}"),
        };
        syntax(
            self.offset(),
            &format!("{found}, where {expected} is expected"),
        )
    }

    /// Parses an expression up to an operator whose binding power is at most `min`.
    fn expr(&mut self, min: u8) -> Result<Expr, ExprError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let problem = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(syntax(self.offset(), &problem));
        }
        let mut left = self.start()?;
        while binding_power(self.peek()) > min {
            left = self.continue_from(left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Parses the start of an expression.
    fn start(&mut self) -> Result<Expr, ExprError> {
        let offset = self.offset();
        if !can_start(self.peek()) {
            return Err(self.unexpected("an expression"));
        }
        match self.next() {
            Token::At => Ok(Expr::Current),
            Token::Identifier(name) if *self.peek() == Token::LeftParenthesis => {
                self.function(&name, offset)
            }
            Token::Identifier(name) => Ok(Expr::Field(name.into())),
            Token::QuotedIdentifier(name) => match self.peek() {
                Token::LeftParenthesis => {
                    Err(syntax(offset, "the name of a function cannot be quoted"))
                }
                _ => Ok(Expr::Field(name.into())),
            },
            Token::Literal(value) => Ok(Expr::Literal(value.into())),
            Token::Star => self.values(Expr::Current),
            Token::LeftBracket => match self.peek() {
                Token::Number(_) | Token::Colon => self.index(Expr::Current),
                Token::Star if self.is_wildcard() => self.wildcard(Expr::Current),
                _ => self.multi_list(),
            },
            Token::Flatten => self.flatten(Expr::Current),
            Token::Filter => self.filter(Expr::Current),
            Token::LeftBrace => self.multi_hash(),
            Token::Ampersand => Ok(Expr::Reference(Box::new(self.expr(0)?))),
            Token::Not => {
                let mut is_odd = true;
                while self.takes(&Token::Not) {
                    is_odd = !is_odd;
                }
                let not = Expr::Not(Box::new(self.expr(power::NOT)?));
                Ok(match is_odd {
                    true => not,
                    false => Expr::Not(Box::new(not)),
                })
            }
            _ => {
                let inner = self.expr(0)?;
                self.expect(&Token::RightParenthesis, "')'")?;
                Ok(inner)
            }
        }
    }

    /// Parses the next operator after `left`, with its right side.
    fn continue_from(&mut self, left: Expr) -> Result<Expr, ExprError> {
        if !can_continue(self.peek()) {
            return Err(self.unexpected("an operator"));
        }
        match self.next() {
            Token::Dot if self.takes(&Token::Star) => self.values(left),
            Token::Dot => {
                let right = self.after_dot(power::DOT)?;
                Ok(left.then(right))
            }
            Token::Pipe => {
                let right = self.expr(power::PIPE)?;
                Ok(left.then(right))
            }
            Token::LeftBracket => match self.peek() {
                Token::Number(_) | Token::Colon => self.index(left),
                Token::Star => self.wildcard(left),
                _ => Err(self.unexpected("a number, ':' or '*'")),
            },
            Token::Flatten => self.flatten(left),
            Token::Filter => self.filter(left),
            Token::Or => {
                let right = self.expr(power::OR)?;
                let mut list = match left {
                    Expr::Or(list) => list,
                    other => vec![other],
                };
                list.push(right);
                Ok(Expr::Or(list))
            }
            Token::And => {
                let right = self.expr(power::AND)?;
                let mut list = match left {
                    Expr::And(list) => list,
                    other => vec![other],
                };
                list.push(right);
                Ok(Expr::And(list))
            }
            operator => {
                let operator = match operator {
                    Token::Equal => Operator::Equal,
                    Token::Greater => Operator::Greater,
                    Token::GreaterOrEqual => Operator::GreaterOrEqual,
                    Token::Less => Operator::Less,
                    Token::LessOrEqual => Operator::LessOrEqual,
                    _ => Operator::NotEqual,
                };
                let right = self.expr(power::COMPARE)?;
                let (first, mut rest) = match left {
                    Expr::Compare(first, rest) => (first, rest),
                    other => (Box::new(other), Vec::new()),
                };
                rest.push((operator, right));
                Ok(Expr::Compare(first, rest))
            }
        }
    }

    fn function(&mut self, name: &str, offset: usize) -> Result<Expr, ExprError> {
        self.next();
        let mut args = Vec::new();
        if !self.takes(&Token::RightParenthesis) {
            args = self.list(&Token::RightParenthesis, "',' or ')'")?;
        }
        let function = Function::named(name).ok_or_else(|| ExprError {
            kind: QueryErrorKind::UnknownFunction,
            offset,
            what: format!("there is no function {name}"),
        })?;
        function.check_arity(args.len(), offset)?;
        Ok(Expr::Function {
            function,
            args: args.into(),
            offset,
        })
    }

    fn multi_list(&mut self) -> Result<Expr, ExprError> {
        let elements = self.list(&Token::RightBracket, "',' or ']'")?;
        Ok(Expr::List(elements.into()))
    }

    fn list(&mut self, end: &Token, expected: &str) -> Result<Vec<Expr>, ExprError> {
        let mut out = vec![self.expr(0)?];
        while self.takes(&Token::Comma) {
            out.push(self.expr(0)?);
        }
        self.expect(end, expected)?;
        Ok(out)
    }

    fn multi_hash(&mut self) -> Result<Expr, ExprError> {
        let mut entries = Vec::new();
        loop {
            if !matches!(
                self.peek(),
                Token::Identifier(_) | Token::QuotedIdentifier(_)
            ) {
                return Err(self.unexpected("a key"));
            }
            let (Token::Identifier(key) | Token::QuotedIdentifier(key)) = self.next() else {
                return Err(self.unexpected("a key"));
            };
            self.expect(&Token::Colon, "':'")?;
            entries.push((key, self.expr(0)?));
            if !self.takes(&Token::Comma) {
                self.expect(&Token::RightBrace, "',' or '}'")?;
                return Ok(Expr::Object(entries.into()));
            }
        }
    }

    fn is_wildcard(&self) -> bool {
        let second = self.tokens.len().checked_sub(2);
        let second = second.and_then(|n| self.tokens.get(n));
        second.is_some_and(|(_, token)| *token == Token::RightBracket)
    }

    fn wildcard(&mut self, left: Expr) -> Result<Expr, ExprError> {
        self.next();
        self.expect(&Token::RightBracket, "']'")?;
        let right = self.projected(power::STAR)?;
        Ok(left.then(Expr::Each(Box::new(right))))
    }

    fn values(&mut self, left: Expr) -> Result<Expr, ExprError> {
        let right = self.projected(power::STAR)?;
        let values = left.then(Expr::ObjectValues);
        Ok(values.then(Expr::Each(Box::new(right))))
    }

    fn flatten(&mut self, left: Expr) -> Result<Expr, ExprError> {
        let right = self.projected(power::FLATTEN)?;
        let flat = left.then(Expr::Flatten);
        Ok(flat.then(Expr::Each(Box::new(right))))
    }

    fn filter(&mut self, left: Expr) -> Result<Expr, ExprError> {
        let predicate = Box::new(self.expr(0)?);
        self.expect(&Token::RightBracket, "']'")?;
        let right = Box::new(self.projected(power::FILTER)?);
        let condition = Expr::Condition(predicate, right);
        Ok(left.then(Expr::Each(Box::new(condition))))
    }

    /// Parses `0]` or `0:1:2]`, after the opening bracket.
    fn index(&mut self, left: Expr) -> Result<Expr, ExprError> {
        let offset = self.offset();
        let mut parts = [None, None, None];
        let mut colons = 0;
        loop {
            if let Token::Number(number) = *self.peek() {
                self.next();
                if let Some(part) = parts.get_mut(colons) {
                    *part = Some(number);
                }
            }
            if self.takes(&Token::RightBracket) {
                break;
            }
            if colons == 2 {
                return Err(self.unexpected("']'"));
            }
            self.expect(&Token::Colon, "':' or ']'")?;
            colons += 1;
        }
        let [start, stop, step] = parts;
        if let (0, Some(index)) = (colons, start) {
            return Ok(left.then(Expr::Index(index)));
        }
        let slice = Expr::Slice {
            start,
            stop,
            step: step.unwrap_or(1),
            offset,
        };
        let right = self.projected(power::STAR)?;
        Ok(left.then(slice).then(Expr::Each(Box::new(right))))
    }

    /// Parses the expression that is evaluated on each element of a projection.
    fn projected(&mut self, min: u8) -> Result<Expr, ExprError> {
        match self.peek() {
            Token::Dot => {
                self.next();
                self.after_dot(min)
            }
            Token::LeftBracket | Token::Filter => self.expr(min),
            token if binding_power(token) < power::PROJECTION_END => Ok(Expr::Current),
            _ => Err(self.unexpected("'.', '[' or '[?'")),
        }
    }

    fn after_dot(&mut self, min: u8) -> Result<Expr, ExprError> {
        match self.peek() {
            Token::LeftBracket => {
                self.next();
                self.multi_list()
            }
            Token::Identifier(_) | Token::QuotedIdentifier(_) | Token::Star | Token::LeftBrace => {
                self.expr(min)
            }
            _ => Err(self.unexpected("an identifier, '*', '{' or '['")),
        }
    }
}

impl Expr {
    /// Chains two expressions: the right one is evaluated on the result of the left one.
    fn then(self, right: Self) -> Self {
        let mut steps = match self {
            Self::Chain(steps) => steps,
            Self::Current => return right,
            other => vec![other],
        };
        match right {
            Self::Chain(more) => steps.extend(more),
            Self::Current => {}
            other => steps.push(other),
        }
        Self::Chain(steps)
    }
}
