//! JMESPath over JSON values.
//!
//! The `jmespath` crate parses; the evaluation is ours, over `&Value`: nothing of the input is copied, objects keep their
//! order and integers are compared as integers.

mod eval;
mod functions;

use std::borrow::Cow;
use std::fmt;

use jmespath::ast::{Ast, Comparator};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A JMESPath expression.
///
/// ```
/// use serde_json::json;
/// use tucuxi::query::Query;
///
/// let page = json!({"Contents": [{"Key": "a", "Size": 1}, {"Key": "b", "Size": 20}]});
/// let query = Query::compile("Contents[?Size > `10`].Key")?;
/// assert_eq!(*query.search(&page)?, json!(["b"]));
/// # Ok::<(), tucuxi::query::QueryError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    text: Box<str>,
    root: Expr,
}

/// An expression that does not parse, or that asks of a value what it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryError {
    /// What kind of mistake it is.
    pub kind: QueryErrorKind,
    /// Where in the expression, in characters from its start.
    pub offset: usize,
    expression: Box<str>,
    what: Box<str>,
}

/// Kinds of mistakes, as JMESPath names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// A function has another number of arguments.
    InvalidArity,
    /// A value is of another type.
    InvalidType,
    /// A value is of the right type and wrong all the same: a step of zero.
    InvalidValue,
    /// It does not parse.
    Syntax,
    /// There is no such function.
    UnknownFunction,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}, character {}: {}",
            self.expression,
            self.offset + 1,
            self.what
        )
    }
}

impl std::error::Error for QueryError {}

/// How deep an expression may nest: the parser is recursive.
const MAX_DEPTH: usize = 64;

impl Query {
    /// Parses an expression.
    ///
    /// # Errors
    ///
    /// It is none: the error says where.
    pub fn compile(text: &str) -> Result<Self, QueryError> {
        let fault = |offset, what: &str| QueryError {
            kind: QueryErrorKind::Syntax,
            offset,
            expression: text.into(),
            what: what.into(),
        };
        let mut depth = 0_usize;
        for (offset, c) in text.chars().enumerate() {
            match c {
                '(' | '[' | '{' | '!' | '&' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_DEPTH * 4 {
                return Err(fault(offset, "nested too deep"));
            }
        }
        let ast = jmespath::parse(text).map_err(|e| {
            let what = e.reason.to_string();
            fault(
                e.offset,
                what.strip_prefix("Parse error: ")
                    .unwrap_or(&what)
                    .trim_end(),
            )
        })?;
        let root = Expr::from_ast(&ast).map_err(|Misfit { kind, offset, what }| QueryError {
            kind,
            ..fault(offset, &what)
        })?;
        let text = text.into();
        Ok(Self { text, root })
    }

    /// The expression as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the expression finds; null where there is nothing.
    ///
    /// # Errors
    ///
    /// A function is given a value of a type that it cannot take.
    pub fn search<'v>(&self, value: &'v Value) -> Result<Cow<'v, Value>, QueryError> {
        eval::eval(&self.root, value).map_err(|misfit| QueryError {
            kind: misfit.kind,
            offset: misfit.offset,
            expression: self.text.clone(),
            what: misfit.what.into(),
        })
    }
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <Box<str>>::deserialize(from)?;
        Self::compile(&text).map_err(serde::de::Error::custom)
    }
}

/// A mistake, before the expression is known.
struct Misfit {
    kind: QueryErrorKind,
    offset: usize,
    what: String,
}

/// The parsed expression with its literals as values.
#[derive(Clone, Debug)]
enum Expr {
    And(Box<Self>, Box<Self>),
    Compare(Operator, Box<Self>, Box<Self>),
    Condition(Box<Self>, Box<Self>),
    Current,
    Field(Box<str>),
    Flatten(Box<Self>),
    /// `&expression`, an argument of some functions.
    Reference(Box<Self>),
    Function {
        function: functions::Function,
        args: Box<[Self]>,
        offset: usize,
    },
    Index(i64),
    List(Box<[Self]>),
    Literal(Value),
    Not(Box<Self>),
    Object(Box<[(String, Self)]>),
    ObjectValues(Box<Self>),
    Or(Box<Self>, Box<Self>),
    /// The right side for each element of the left.
    Project(Box<Self>, Box<Self>),
    Slice {
        start: Option<i64>,
        stop: Option<i64>,
        step: i64,
        offset: usize,
    },
    Then(Box<Self>, Box<Self>),
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    NotEqual,
}

impl Expr {
    fn from_ast(ast: &Ast) -> Result<Self, Misfit> {
        let one = |ast: &Ast| Self::from_ast(ast).map(Box::new);
        let all = |list: &[Ast]| {
            list.iter()
                .map(Self::from_ast)
                .collect::<Result<Box<_>, _>>()
        };
        Ok(match ast {
            Ast::And { lhs, rhs, .. } => Self::And(one(lhs)?, one(rhs)?),
            Ast::Comparison {
                comparator,
                lhs,
                rhs,
                ..
            } => Self::Compare(Operator::of(comparator), one(lhs)?, one(rhs)?),
            Ast::Condition {
                predicate, then, ..
            } => Self::Condition(one(predicate)?, one(then)?),
            Ast::Expref { ast, .. } => Self::Reference(one(ast)?),
            Ast::Field { name, .. } => Self::Field(name.as_str().into()),
            Ast::Flatten { node, .. } => Self::Flatten(one(node)?),
            Ast::Function { offset, name, args } => {
                let function = functions::Function::named(name).ok_or_else(|| Misfit {
                    kind: QueryErrorKind::UnknownFunction,
                    offset: *offset,
                    what: format!("there is no function {name}"),
                })?;
                function.check_arity(args.len(), *offset)?;
                Self::Function {
                    function,
                    args: all(args)?,
                    offset: *offset,
                }
            }
            Ast::Identity { .. } => Self::Current,
            Ast::Index { idx, .. } => Self::Index((*idx).into()),
            Ast::Literal { value, offset } => {
                Self::Literal(serde_json::to_value(value).map_err(|e| Misfit {
                    kind: QueryErrorKind::Syntax,
                    offset: *offset,
                    what: e.to_string(),
                })?)
            }
            Ast::MultiHash { elements, .. } => Self::Object(
                (elements.iter())
                    .map(|pair| Ok((pair.key.clone(), Self::from_ast(&pair.value)?)))
                    .collect::<Result<_, _>>()?,
            ),
            Ast::MultiList { elements, .. } => Self::List(all(elements)?),
            Ast::Not { node, .. } => Self::Not(one(node)?),
            Ast::ObjectValues { node, .. } => Self::ObjectValues(one(node)?),
            Ast::Or { lhs, rhs, .. } => Self::Or(one(lhs)?, one(rhs)?),
            Ast::Projection { lhs, rhs, .. } => Self::Project(one(lhs)?, one(rhs)?),
            Ast::Slice {
                start,
                stop,
                step,
                offset,
            } => Self::Slice {
                start: start.map(Into::into),
                stop: stop.map(Into::into),
                step: (*step).into(),
                offset: *offset,
            },
            Ast::Subexpr { lhs, rhs, .. } => Self::Then(one(lhs)?, one(rhs)?),
        })
    }
}

impl Operator {
    fn of(comparator: &Comparator) -> Self {
        match comparator {
            Comparator::Equal => Self::Equal,
            Comparator::GreaterThan => Self::Greater,
            Comparator::GreaterThanEqual => Self::GreaterOrEqual,
            Comparator::LessThan => Self::Less,
            Comparator::LessThanEqual => Self::LessOrEqual,
            Comparator::NotEqual => Self::NotEqual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expressions_find_what_they_say() {
        let value = json!({
            "a": {"b": [{"c": 1, "n": "x"}, {"c": 2, "n": "y"}, {"n": "z"}]},
            "big": 9_007_199_254_740_993_u64,
            "m": {"z": 1, "y": 2},
            "nested": [[1, 2], [3], 4],
        });
        let cases = [
            ("a.b[0].c", json!(1)),
            ("a.b[-1].n", json!("z")),
            ("a.b[].c", json!([1, 2])),
            ("a.b[?c > `1`].n | [0]", json!("y")),
            ("a.b[*].[n, c]", json!([["x", 1], ["y", 2], ["z", null]])),
            ("m.*", json!([1, 2])),
            ("keys(m)", json!(["z", "y"])),
            ("nested[]", json!([1, 2, 3, 4])),
            ("nested[::-1]", json!([4, [3], [1, 2]])),
            ("big == `9007199254740992`", json!(false)),
            ("big > `9007199254740992`", json!(true)),
            ("sort_by(a.b[?c], &c)[-1].n", json!("y")),
            ("length(a.b) == `3` && !missing", json!(true)),
            (
                "{first: a.b[0].n, none: x}",
                json!({"first": "x", "none": null}),
            ),
            ("missing || 'default'", json!("default")),
        ];
        for (text, expected) in cases {
            let query = Query::compile(text).unwrap();
            assert_eq!(*query.search(&value).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_found_in_the_input_is_not_copied() {
        let value = json!({"a": {"b": [1]}});
        let query = Query::compile("a.b").unwrap();
        assert!(matches!(query.search(&value).unwrap(), Cow::Borrowed(_)));
    }

    #[test]
    fn mistakes_say_where() {
        let error = Query::compile("a.b[").unwrap_err();
        assert_eq!(error.kind, QueryErrorKind::Syntax);
        assert!(
            error.to_string().starts_with("\"a.b[\", character "),
            "{error}"
        );
        assert_eq!(
            Query::compile("nope(@)").unwrap_err().kind,
            QueryErrorKind::UnknownFunction
        );
        assert_eq!(
            Query::compile("length()").unwrap_err().kind,
            QueryErrorKind::InvalidArity
        );
        let abs = Query::compile("abs('x')").unwrap();
        assert_eq!(
            abs.search(&json!(1)).unwrap_err().kind,
            QueryErrorKind::InvalidType
        );
        assert!(Query::compile(&"[".repeat(100_000)).is_err());
        assert!(Query::compile(&"!".repeat(100_000)).is_err());
    }
}
