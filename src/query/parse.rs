//! The parser: top-down operator precedence, as JMESPath defines it.
//!
//! What a chain of operators makes (`a.b.c`, `a || b || c`, `a | b`, `a[][]`, `!!!a`) is a flat list and takes no stack, neither
//! here nor in evaluation. What nests is counted.

use super::functions::Function;
use super::lexer::{self, Token, syntax};
use super::{Expr, Misfit, Operator, QueryErrorKind};

/// How deep an expression may nest.
const MAX_DEPTH: usize = 150;

/// Binding powers of what an expression goes on with.
mod power {
    pub(super) const PIPE: u8 = 1;
    pub(super) const OR: u8 = 2;
    pub(super) const AND: u8 = 3;
    pub(super) const COMPARE: u8 = 5;
    pub(super) const FLATTEN: u8 = 9;
    /// What binds less ends a projection.
    pub(super) const PROJECTION_END: u8 = 10;
    pub(super) const STAR: u8 = 20;
    pub(super) const FILTER: u8 = 21;
    pub(super) const DOT: u8 = 40;
    pub(super) const NOT: u8 = 45;
    pub(super) const BRACE: u8 = 50;
    pub(super) const BRACKET: u8 = 55;
    pub(super) const PARENTHESIS: u8 = 60;
}

pub(super) fn parse(text: &str) -> Result<Expr, Misfit> {
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
    /// The next token is the last one.
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

    /// Takes the next token; the end stays.
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

    fn expect(&mut self, token: &Token, name: &str) -> Result<(), Misfit> {
        match self.takes(token) {
            true => Ok(()),
            false => Err(self.unexpected(name)),
        }
    }

    fn unexpected(&self, wanted: &str) -> Misfit {
        let found = match self.peek() {
            Token::End => "the expression ends".to_owned(),
            token => format!("there is {token:?}"),
        };
        syntax(self.offset(), &format!("{found}, where {wanted} is due"))
    }

    /// An expression up to an operator that binds no more than `least`.
    fn expr(&mut self, least: u8) -> Result<Expr, Misfit> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let what = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(syntax(self.offset(), &what));
        }
        let mut left = self.start()?;
        while binding_power(self.peek()) > least {
            left = self.go_on(left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// What an expression can begin with.
    fn start(&mut self) -> Result<Expr, Misfit> {
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
                Token::LeftParenthesis => Err(syntax(offset, "a function's name has no quotes")),
                _ => Ok(Expr::Field(name.into())),
            },
            Token::Literal(value) => Ok(Expr::Literal(value)),
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

    /// What an expression can go on with.
    fn go_on(&mut self, left: Expr) -> Result<Expr, Misfit> {
        if !can_go_on(self.peek()) {
            return Err(self.unexpected("an operator"));
        }
        match self.next() {
            Token::Dot if self.takes(&Token::Star) => self.values(left),
            Token::Dot => {
                let right = self.behind_dot(power::DOT)?;
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

    fn function(&mut self, name: &str, offset: usize) -> Result<Expr, Misfit> {
        self.next();
        let mut args = Vec::new();
        if !self.takes(&Token::RightParenthesis) {
            args = self.list(&Token::RightParenthesis, "',' or ')'")?;
        }
        let function = Function::named(name).ok_or_else(|| Misfit {
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

    fn multi_list(&mut self) -> Result<Expr, Misfit> {
        let elements = self.list(&Token::RightBracket, "',' or ']'")?;
        Ok(Expr::List(elements.into()))
    }

    fn list(&mut self, end: &Token, wanted: &str) -> Result<Vec<Expr>, Misfit> {
        let mut out = vec![self.expr(0)?];
        while self.takes(&Token::Comma) {
            out.push(self.expr(0)?);
        }
        self.expect(end, wanted)?;
        Ok(out)
    }

    fn multi_hash(&mut self) -> Result<Expr, Misfit> {
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
        let behind = self.tokens.len().checked_sub(2);
        let behind = behind.and_then(|n| self.tokens.get(n));
        behind.is_some_and(|(_, token)| *token == Token::RightBracket)
    }

    fn wildcard(&mut self, left: Expr) -> Result<Expr, Misfit> {
        self.next();
        self.expect(&Token::RightBracket, "']'")?;
        let right = self.projected(power::STAR)?;
        Ok(left.then(Expr::Each(Box::new(right))))
    }

    fn values(&mut self, left: Expr) -> Result<Expr, Misfit> {
        let right = self.projected(power::STAR)?;
        let values = left.then(Expr::ObjectValues);
        Ok(values.then(Expr::Each(Box::new(right))))
    }

    fn flatten(&mut self, left: Expr) -> Result<Expr, Misfit> {
        let right = self.projected(power::FLATTEN)?;
        let flat = left.then(Expr::Flatten);
        Ok(flat.then(Expr::Each(Box::new(right))))
    }

    fn filter(&mut self, left: Expr) -> Result<Expr, Misfit> {
        let predicate = Box::new(self.expr(0)?);
        self.expect(&Token::RightBracket, "']'")?;
        let right = Box::new(self.projected(power::FILTER)?);
        let condition = Expr::Condition(predicate, right);
        Ok(left.then(Expr::Each(Box::new(condition))))
    }

    /// `0]` or `0:1:2]`, behind the bracket.
    fn index(&mut self, left: Expr) -> Result<Expr, Misfit> {
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

    /// What is done with each element of a projection.
    fn projected(&mut self, least: u8) -> Result<Expr, Misfit> {
        match self.peek() {
            Token::Dot => {
                self.next();
                self.behind_dot(least)
            }
            Token::LeftBracket | Token::Filter => self.expr(least),
            token if binding_power(token) < power::PROJECTION_END => Ok(Expr::Current),
            _ => Err(self.unexpected("'.', '[' or '[?'")),
        }
    }

    fn behind_dot(&mut self, least: u8) -> Result<Expr, Misfit> {
        match self.peek() {
            Token::LeftBracket => {
                self.next();
                self.multi_list()
            }
            Token::Identifier(_) | Token::QuotedIdentifier(_) | Token::Star | Token::LeftBrace => {
                self.expr(least)
            }
            _ => Err(self.unexpected("an identifier, '*', '{' or '['")),
        }
    }
}

fn can_start(token: &Token) -> bool {
    matches!(
        token,
        Token::At
            | Token::Ampersand
            | Token::Filter
            | Token::Flatten
            | Token::Identifier(_)
            | Token::LeftBrace
            | Token::LeftBracket
            | Token::LeftParenthesis
            | Token::Literal(_)
            | Token::Not
            | Token::QuotedIdentifier(_)
            | Token::Star
    )
}

/// Some tokens bind, so that they end no expression, and are invalid where it could go on.
fn can_go_on(token: &Token) -> bool {
    !matches!(
        token,
        Token::LeftBrace | Token::LeftParenthesis | Token::Not | Token::Star
    )
}

fn binding_power(token: &Token) -> u8 {
    match token {
        Token::Pipe => power::PIPE,
        Token::Or => power::OR,
        Token::And => power::AND,
        Token::Equal
        | Token::Greater
        | Token::GreaterOrEqual
        | Token::Less
        | Token::LessOrEqual
        | Token::NotEqual => power::COMPARE,
        Token::Flatten => power::FLATTEN,
        Token::Star => power::STAR,
        Token::Filter => power::FILTER,
        Token::Dot => power::DOT,
        Token::Not => power::NOT,
        Token::LeftBrace => power::BRACE,
        Token::LeftBracket => power::BRACKET,
        Token::LeftParenthesis => power::PARENTHESIS,
        _ => 0,
    }
}

impl Expr {
    /// The right side at what the left one finds.
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
