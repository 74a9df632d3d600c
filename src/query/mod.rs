//! JMESPath over JSON values and trees.
//!
//! An expression is split into tokens (`lexer`), parsed into a tree (`parse`), and evaluated (`eval`). Nothing of the
//! input is copied before the search ends, objects keep their order, and integers are compared as integers. No expression or value can exhaust the
//! stack or the memory: the depth of the tree is bounded, and so is the size of the values that a search creates (`budget`).

mod budget;
mod data;
mod eval;
mod functions;
mod lexer;
mod parse;
mod precedence;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use self::data::Data;
use crate::error::{Detail, ErrorKind};
use crate::tree::{Builder, Name, Node, TooLarge, Tree};

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

/// The error of an invalid expression, or of a search in a value that does not fit the expression.
///
/// ```
/// use tucuxi::query::{Query, QueryErrorKind};
///
/// let error = Query::compile("Contents[?Size >").unwrap_err();
/// assert_eq!((error.kind, error.offset), (QueryErrorKind::Syntax, 16));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryError {
    /// The kind of the error.
    pub kind: QueryErrorKind,
    /// The position in the expression, in characters from its start.
    pub offset: usize,
    expression: Box<str>,
    what: Box<str>,
}

/// The kinds of errors. The names are those of JMESPath, except `TooLarge`.
///
/// ```
/// use serde_json::json;
/// use tucuxi::query::{Query, QueryErrorKind};
///
/// let error = Query::compile("sort(Contents)")?.search(&json!({"Contents": 7})).unwrap_err();
/// assert_eq!(error.kind, QueryErrorKind::InvalidType);
/// assert_eq!(Query::compile("sorted(@)").unwrap_err().kind, QueryErrorKind::UnknownFunction);
/// # Ok::<(), tucuxi::query::QueryError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryErrorKind {
    /// A function has the wrong number of arguments.
    InvalidArity,
    /// A value has the wrong type.
    InvalidType,
    /// A value of the right type is invalid, such as 0 as the step of a slice.
    InvalidValue,
    /// The expression is malformed.
    Syntax,
    /// The search creates more values than the limit allows.
    TooLarge,
    /// The function does not exist.
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

impl Detail for QueryError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Query
    }
}

impl Query {
    /// Parses an expression.
    ///
    /// ```
    /// use tucuxi::query::Query;
    ///
    /// let query = Query::compile("Reservations[].Instances[].InstanceId")?;
    /// assert_eq!(query.text(), "Reservations[].Instances[].InstanceId");
    /// assert!(Query::compile("Reservations[").is_err());
    /// # Ok::<(), tucuxi::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error with its position if the expression is invalid or nested more than 150 levels deep. Chains such as `a.b.c`
    /// or `a || b || c` may have any length.
    pub fn compile(text: &str) -> Result<Self, QueryError> {
        let root = parse::parse(text).map_err(|error| error.in_expression(text))?;
        let text = text.into();
        Ok(Self { text, root })
    }

    /// Returns the text of the expression.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Evaluates the expression. The result is null if nothing is found.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::query::Query;
    ///
    /// let query = Query::compile("length(Contents)")?;
    /// assert_eq!(*query.search(&json!({"Contents": [1, 2]}))?, json!(2));
    /// // `length` of null is an error
    /// assert!(query.search(&json!({})).is_err());
    /// # Ok::<(), tucuxi::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an argument of a function has the wrong type, or if the search takes more steps and creates more values
    /// than its limit: 1,000,000 together, plus 64 for each value of the input. A long text counts as several values. What it makes
    /// of its input may be nested 250 levels deep.
    pub fn search<'v>(&self, value: &'v Value) -> Result<Cow<'v, Value>, QueryError> {
        Ok(self.find(Data::Value(value))?.into_value())
    }

    /// Evaluates the expression on a node of a tree. The result is a tree of its own, and null if nothing is found.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::Tree;
    /// use tucuxi::query::Query;
    ///
    /// let page = Tree::from(&json!({"Contents": [{"Key": "a", "Size": 1}, {"Key": "b", "Size": 20}]}));
    /// let found = Query::compile("Contents[?Size > `10`].Key")?.search_tree(page.root())?;
    /// assert_eq!(found.root().to_value(), json!(["b"]));
    /// # Ok::<(), tucuxi::query::QueryError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error as [`search`](Self::search) does, or if the result has more than 4 GiB of text.
    pub fn search_tree(&self, node: Node<'_>) -> Result<Tree, QueryError> {
        let found = self.find(Data::Node(node))?;
        let mut builder = Builder::default();
        let built = found.build(&mut builder, Name::NONE);
        let too_large = |error: TooLarge| ExprError {
            kind: QueryErrorKind::TooLarge,
            offset: 0,
            what: error.to_string(),
        };
        built.map_err(|error| too_large(error).in_expression(&self.text))?;
        Ok(builder.finish())
    }

    /// Evaluates the expression on a node of a tree, for a result that is small.
    pub(crate) fn search_node(&self, node: Node<'_>) -> Result<Value, QueryError> {
        Ok(self.find(Data::Node(node))?.into_value().into_owned())
    }

    fn find<'v>(&self, data: Data<'v>) -> Result<Data<'v>, QueryError> {
        let budget = budget::Budget::new(data.clone());
        eval::eval(&self.root, &data, &budget).map_err(|error| error.in_expression(&self.text))
    }
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <Box<str>>::deserialize(from)?;
        Self::compile(&text).map_err(serde::de::Error::custom)
    }
}

/// An error before the text of the expression is added.
struct ExprError {
    kind: QueryErrorKind,
    offset: usize,
    what: String,
}

impl ExprError {
    fn in_expression(self, expression: &str) -> QueryError {
        QueryError {
            kind: self.kind,
            offset: self.offset,
            expression: expression.into(),
            what: self.what.into(),
        }
    }
}

/// A parsed expression, of bounded depth.
#[derive(Clone, Debug)]
enum Expr {
    And(Vec<Self>),
    /// Each is evaluated on the result of the one before it.
    Chain(Vec<Self>),
    /// From left to right: the result of a comparison is the left side of the next one.
    Compare(Box<Self>, Vec<(Operator, Self)>),
    Condition(Box<Self>, Box<Self>),
    Current,
    /// Evaluated on each element of a list. Null results are omitted.
    Each(Box<Self>),
    Field(Box<str>),
    Flatten,
    /// `&expression`, an argument of some functions.
    Reference(Box<Self>),
    Function {
        function: functions::Function,
        args: Box<[Self]>,
        offset: usize,
    },
    Index(i64),
    List(Box<[Self]>),
    Literal(Data<'static>),
    Not(Box<Self>),
    Object(Box<[(String, Self)]>),
    ObjectValues,
    Or(Vec<Self>),
    Slice {
        start: Option<i64>,
        stop: Option<i64>,
        step: i64,
        offset: usize,
    },
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expressions_have_the_results_of_jmespath() {
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
    fn values_of_the_input_are_not_copied() {
        let value = json!({"a": {"b": [1]}});
        let query = Query::compile("a.b").unwrap();
        assert!(matches!(query.search(&value).unwrap(), Cow::Borrowed(_)));
    }

    #[test]
    fn errors_have_kind_and_position() {
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
    }

    /// Runs the test on a thread with a stack of 2 MiB.
    fn on_a_small_stack(test: impl FnOnce() + Send) {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(2 << 20);
            let thread = thread.spawn_scoped(scope, test).unwrap();
            thread.join().unwrap();
        });
    }

    #[test]
    fn deep_expressions_are_refused_without_a_stack_overflow() {
        let deep = [
            ("(", "a", ")"),
            ("[", "a", "]"),
            ("[*]", "", ""),
            ("{a: ", "b", "}"),
            ("& ", "a", ""),
            ("a[?", "b", "]"),
            ("not_null(", "a", ")"),
            ("!(", "a", ")"),
            ("*.", "a", ""),
            ("[:]", "", ""),
            ("[?a]", "", ""),
            ("! &", "a", ""),
            ("[@][*].{b: ", "@", "}"),
            ("a && (b || ", "c", ")"),
            ("a | [", "b", "]"),
        ];
        on_a_small_stack(|| {
            let value = json!({"a": [[[1]]], "b": 1});
            for (open, middle, close) in deep {
                for times in [20_000, 250] {
                    let text = format!("{}{middle}{}", open.repeat(times), close.repeat(times));
                    let error = Query::compile(&text).unwrap_err();
                    assert_eq!(error.kind, QueryErrorKind::Syntax, "{open}");
                }
                let at_most = |times: &usize| {
                    let text = format!("{}{middle}{}", open.repeat(*times), close.repeat(*times));
                    Query::compile(&text).ok()
                };
                let query = (40..=150).rev().find_map(|times| at_most(&times)).unwrap();
                let _ = query.clone().search(&value);
            }
            for broken in [
                "[", "!", "(", "{a:", "&", "a[?", "a(", "`[", "'", "a.", "a||", "[0:",
            ] {
                assert!(Query::compile(&broken.repeat(100_000)).is_err(), "{broken}");
            }
        });
    }

    #[test]
    fn chains_have_any_length() {
        let value = json!({"a": {"b": false}, "l": [[[3]]]});
        let many = 8_000;
        let cases = [
            (format!("{}a", "a.".repeat(many)), json!(null)),
            (format!("{}a", "a!=b||".repeat(many)), json!(true)),
            (format!("{}l", "b||".repeat(many)), json!([[[3]]])),
            (format!("{}l", "l&&".repeat(many)), json!([[[3]]])),
            (format!("{}a.b", "@|".repeat(many)), json!(false)),
            (format!("{}a", "!".repeat(many)), json!(true)),
            (format!("{}a", "! ".repeat(many + 1)), json!(false)),
            (format!("l{}", "[]".repeat(many)), json!([3])),
            (format!("l{}", "[0]".repeat(many)), json!(null)),
            (format!("a{}", "==b".repeat(many)), json!(false)),
            (format!("[{}a.b] | [-1]", "a,".repeat(many)), json!(false)),
            (format!("{}l", "*|".repeat(many)), json!(null)),
        ];
        on_a_small_stack(|| {
            for (text, expected) in cases {
                let name = &text[..20];
                let query = Query::compile(&text).unwrap_or_else(|e| panic!("{name}: {}", e.what));
                let found = query.clone().search(&value).unwrap().into_owned();
                assert_eq!(found, expected, "{name}");
                assert!(!format!("{query:?}").is_empty());
            }
        });
    }

    #[test]
    fn a_search_creates_no_more_values_than_its_limit() {
        let long = "x".repeat(10_000);
        let value = json!({"a": [1, 2], "long": long});
        let pipes = |step: &str| format!("{}@", format!("{step} | ").repeat(40));
        let ones = "[1,1,1,1,1,1,1,1,1,1]";
        let nested = (0..20).fold("@".to_owned(), |inner, _| {
            format!("map(&{inner}, `{ones}`)")
        });
        let filters = (0..20).fold("`1`".to_owned(), |inner, _| format!("`{ones}`[?{inner}]"));
        for text in [
            pipes("[@, @]"),
            pipes("{a: @, b: @}"),
            pipes("[long || @, long || @] | join('-', @)"),
            pipes("join(to_string(@), [to_string(@), 'x', to_string(@)])"),
            pipes("[@, @][]"),
            pipes("merge({a: @}, {b: @})"),
            pipes("[to_string(@), to_string(@)]"),
            nested,
            filters,
        ] {
            let error = Query::compile(&text).unwrap().search(&value);
            let error = error.map(Cow::into_owned).unwrap_err();
            assert_eq!(error.kind, QueryErrorKind::TooLarge, "{}", &text[..20]);
        }
    }

    #[test]
    fn what_a_search_makes_has_a_bounded_depth() {
        on_a_small_stack(|| {
            let value = json!({"a": [1]});
            for step in [
                "[@]",
                "{a: @}",
                "[@, a]",
                "to_array([@])",
                "[[@]]",
                "map(&[@], [@])",
            ] {
                let deep = |times: usize| format!("a{}", format!(" | {step}").repeat(times));
                let error = Query::compile(&deep(2000)).unwrap().search(&value);
                let error = error.map(Cow::into_owned).unwrap_err();
                assert_eq!(error.kind, QueryErrorKind::TooLarge, "{step}");
                let query = Query::compile(&deep(80)).unwrap();
                let found = query.search(&value).unwrap().into_owned();
                let tree = query.search_tree(Tree::from(&value).root()).unwrap();
                assert_eq!(tree.root().to_value(), found, "{step}");
            }
        });
    }

    #[test]
    fn large_maps_are_compared_in_a_time_that_grows_with_them() {
        let members = (0..20_000).map(|n| (format!("k{n}"), json!(n)));
        let value = json!({"m": members.collect::<serde_json::Map<_, _>>()});
        let tree = Tree::from(&value);
        let query = Query::compile("[m == m, merge(m, m) == m, contains([m], m)]").unwrap();
        let found = query.search_tree(tree.root()).unwrap();
        assert_eq!(found.root().to_value(), json!([true, true, true]));
    }

    #[test]
    fn the_limit_grows_with_the_input() {
        let rows: Vec<Value> = (0..300_000).map(|n| json!({"n": n, "name": "x"})).collect();
        let value = json!({"rows": rows});
        let query =
            Query::compile("rows[?n >= `0`].{n: n, m: [name, n], o: {p: n}} | sort_by(@, &n)");
        let found = query.unwrap().search(&value).unwrap().into_owned();
        assert_eq!(found.as_array().map(Vec::len), Some(300_000));
    }

    #[test]
    fn numbers_have_one_order() {
        let numbers = [
            json!(-9_223_372_036_854_775_808_i64),
            json!(-1.5),
            json!(-1),
            json!(-0.0),
            json!(0.5),
            json!(9_007_199_254_740_992_u64),
            json!(9_007_199_254_740_993_u64),
            json!(9_007_199_254_740_994.0),
            json!(u64::MAX),
            json!(1e300),
        ];
        let (query, list) = (Query::compile("sort(@)").unwrap(), numbers.to_vec());
        let reversed = Value::Array(list.iter().rev().cloned().collect());
        assert_eq!(*query.search(&reversed).unwrap(), Value::Array(list));
        for text in [
            "`0` == `-0.0`",
            "`-0.0` == `0.0`",
            "`1` == `1.0`",
            "`2` > `1.5`",
        ] {
            let found = Query::compile(text).unwrap();
            assert_eq!(*found.search(&json!(0)).unwrap(), json!(true), "{text}");
        }
    }

    #[test]
    fn indexes_and_slices_take_any_number() {
        let value = json!([0, 1, 2]);
        let cases = [
            ("[-9223372036854775808]", json!(null)),
            ("[9223372036854775807]", json!(null)),
            ("[99999999999999999999999]", json!(null)),
            ("[-99999999999999999999999:]", json!([0, 1, 2])),
            ("[:9223372036854775807:9223372036854775807]", json!([0])),
            ("[::-9223372036854775808]", json!([2])),
            (
                "[-9223372036854775808:9223372036854775807:2]",
                json!([0, 2]),
            ),
            ("[-1]", json!(2)),
        ];
        for (text, expected) in cases {
            let query = Query::compile(text).unwrap();
            assert_eq!(*query.search(&value).unwrap(), expected, "{text}");
        }
        let query = Query::compile("[::0]").unwrap();
        assert_eq!(
            query.search(&value).unwrap_err().kind,
            QueryErrorKind::InvalidValue
        );
    }

    #[test]
    fn arguments_of_another_type_are_errors() {
        let value = json!({"l": [1, "a", null, [1], {"k": 1}], "n": [1, 2]});
        for text in [
            "sort(l)",
            "sort_by(l, &@)",
            "sort_by(n, &[@])",
            "max(l)",
            "min_by(l, &k)",
            "sum(l)",
            "join('', l)",
            "avg(l)",
            "keys(l)",
            "merge(l)",
            "sort_by(n, &to_array(@))",
        ] {
            let error = Query::compile(text)
                .unwrap()
                .search(&value)
                .map(Cow::into_owned);
            assert_eq!(
                error.unwrap_err().kind,
                QueryErrorKind::InvalidType,
                "{text}"
            );
        }
        for text in ["sort_by(l, k)", "map(a, b)", "length(&a)"] {
            let found = Query::compile(text)
                .unwrap()
                .search(&value)
                .map(Cow::into_owned);
            assert_eq!(
                found.unwrap_err().kind,
                QueryErrorKind::InvalidType,
                "{text}"
            );
        }
    }
}
