//! The precedence of tokens.

use super::lexer::Token;

/// The binding powers of tokens.
pub(super) mod power {
    pub(in crate::query) const PIPE: u8 = 1;
    pub(in crate::query) const OR: u8 = 2;
    pub(in crate::query) const AND: u8 = 3;
    pub(in crate::query) const COMPARE: u8 = 5;
    pub(in crate::query) const FLATTEN: u8 = 9;
    /// A lower power ends a projection.
    pub(in crate::query) const PROJECTION_END: u8 = 10;
    pub(in crate::query) const STAR: u8 = 20;
    pub(in crate::query) const FILTER: u8 = 21;
    pub(in crate::query) const DOT: u8 = 40;
    pub(in crate::query) const NOT: u8 = 45;
    pub(in crate::query) const BRACE: u8 = 50;
    pub(in crate::query) const BRACKET: u8 = 55;
    pub(in crate::query) const PARENTHESIS: u8 = 60;
}

/// Whether an expression can start with a token.
pub(super) fn can_start(token: &Token) -> bool {
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

/// Whether an expression can continue with a token. Some tokens have a binding power, so they do not end an expression, and are
/// errors in this position.
pub(super) fn can_continue(token: &Token) -> bool {
    !matches!(
        token,
        Token::LeftBrace | Token::LeftParenthesis | Token::Not | Token::Star
    )
}

/// Returns the binding power of a token that continues an expression; 0 if it ends the expression.
pub(super) fn binding_power(token: &Token) -> u8 {
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
