//! Conditions, composed of attributes, values and Rust's operators.
//!
//! ```text
//! condition = operand ( "=" | "<>" | "<" | "<=" | ">" | ">=" ) operand
//!           | operand "BETWEEN" operand "AND" operand
//!           | operand "IN" "(" operand, … ")"
//!           | function "(" operand, … ")"
//!           | "(" condition "AND" condition ")" | "(" condition "OR" condition ")" | "(NOT" condition ")"
//! operand   = path | "size(" path ")" | value
//! ```
//! The texts are the same as boto3's. See [`Expressions`](super::Expressions).

use std::ops::{BitAnd, BitOr, Not};

use super::error::DynamoDbError;
use super::operand::{Operand, Size, write_list};
use super::placeholders::Placeholders;
use crate::error::Result;

/// A condition on an item. The methods of [`Attr`] create conditions, and `&`, `|` and `!` combine them.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Attr, Expressions};
///
/// let recent = Attr("year").gte(2000) & (Attr("awards[0].name").exists() | !Attr("genre").is_in(["war", "crime"]));
/// let mut params = json!({"TableName": "films"});
/// Expressions::new().filter(recent).merge_into(&mut params)?;
/// assert_eq!(
///     params["FilterExpression"],
///     "(#n0 >= :v0 AND (attribute_exists(#n1[0].#n2) OR (NOT #n3 IN (:v1, :v2))))"
/// );
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[must_use = "a condition does nothing by itself"]
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Node);

/// A condition on the key of a table or an index. The methods of [`Key`] create key conditions, and `&` combines two of them.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Expressions, Key};
///
/// let mut params = json!({"TableName": "films"});
/// let key = Key("title").eq("Metropolis") & Key("released").begins_with("1927-");
/// Expressions::new().key_condition(key).merge_into(&mut params)?;
/// assert_eq!(params["KeyConditionExpression"], "(#n0 = :v0 AND begins_with(#n1, :v1))");
/// # Ok::<(), tucuxi::Error>(())
/// ```
///
/// DynamoDB supports no other conditions in a query, so these do not compile:
///
/// ```compile_fail
/// use tucuxi::dynamodb::Key;
///
/// let either = Key("title").eq("Metropolis") | Key("title").eq("M");
/// ```
#[must_use = "a condition does nothing by itself"]
#[derive(Clone, Debug, PartialEq)]
pub struct KeyCondition(Node);

/// An attribute, by its path: `title`, `info.awards[0].name`. A name that contains a dot cannot be part of a path: write the
/// expression and its placeholder among the parameters of the call.
///
/// ```
/// use tucuxi::dynamodb::Attr;
///
/// let condition = Attr("info.awards[0].name").exists() & Attr("year").between(1920, 1930);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attr<'a>(pub &'a str);

/// An attribute of the key of a table or an index.
///
/// ```
/// use tucuxi::dynamodb::{Expressions, Key};
/// # let mut params = serde_json::json!({});
/// let key = Key("title").eq("Metropolis") & Key("year").lt(1930);
/// Expressions::new().key_condition(key).merge_into(&mut params)?;
/// assert_eq!(params["KeyConditionExpression"], "(#n0 = :v0 AND #n1 < :v1)");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a>(pub &'a str);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Between(Operand, Operand, Operand),
    Both(&'static str, Box<(Self, Self)>),
    Compare(Operand, &'static str, Operand),
    Function(&'static str, Vec<Operand>),
    In(Operand, Vec<Operand>),
    Not(Box<Self>),
}

macro_rules! compare {
    ($out:ident: $($(#[$doc:meta])* $method:ident $operator:literal),*) => { $(
        $(#[$doc])*
        pub fn $method(self, other: impl Into<Operand>) -> $out {
            $out(Node::Compare(self.into(), $operator, other.into()))
        }
    )* };
}

macro_rules! comparisons {
    ($type:ident, $out:ident) => {
        impl $type<'_> {
            compare! {
                $out:
                /// The attribute is equal to `other`.
                ///
                /// ```
                /// use tucuxi::dynamodb::{Attr, Expressions, Key};
                /// # let mut params = serde_json::json!({});
                /// let (key, filter) = (Key("year").eq(1927), Attr("title").size().eq(10));
                /// let expressions = Expressions::new().key_condition(key).filter(filter);
                /// expressions.merge_into(&mut params)?;
                /// assert_eq!(params["KeyConditionExpression"], "#n1 = :v1");
                /// assert_eq!(params["FilterExpression"], "size(#n0) = :v0");
                /// # Ok::<(), tucuxi::Error>(())
                /// ```
                eq "=",
                /// The attribute is less than `other`.
                ///
                /// ```
                /// use tucuxi::dynamodb::{Attr, Expressions, Key};
                /// # let mut params = serde_json::json!({});
                /// let (key, filter) = (Key("year").lt(1927), Attr("title").size().lt(10));
                /// let expressions = Expressions::new().key_condition(key).filter(filter);
                /// expressions.merge_into(&mut params)?;
                /// assert_eq!(params["KeyConditionExpression"], "#n1 < :v1");
                /// assert_eq!(params["FilterExpression"], "size(#n0) < :v0");
                /// # Ok::<(), tucuxi::Error>(())
                /// ```
                lt "<",
                /// The attribute is less than or equal to `other`.
                ///
                /// ```
                /// use tucuxi::dynamodb::{Attr, Expressions, Key};
                /// # let mut params = serde_json::json!({});
                /// let (key, filter) = (Key("year").lte(1927), Attr("title").size().lte(10));
                /// let expressions = Expressions::new().key_condition(key).filter(filter);
                /// expressions.merge_into(&mut params)?;
                /// assert_eq!(params["KeyConditionExpression"], "#n1 <= :v1");
                /// assert_eq!(params["FilterExpression"], "size(#n0) <= :v0");
                /// # Ok::<(), tucuxi::Error>(())
                /// ```
                lte "<=",
                /// The attribute is greater than `other`.
                ///
                /// ```
                /// use tucuxi::dynamodb::{Attr, Expressions, Key};
                /// # let mut params = serde_json::json!({});
                /// let (key, filter) = (Key("year").gt(1927), Attr("title").size().gt(10));
                /// let expressions = Expressions::new().key_condition(key).filter(filter);
                /// expressions.merge_into(&mut params)?;
                /// assert_eq!(params["KeyConditionExpression"], "#n1 > :v1");
                /// assert_eq!(params["FilterExpression"], "size(#n0) > :v0");
                /// # Ok::<(), tucuxi::Error>(())
                /// ```
                gt ">",
                /// The attribute is greater than or equal to `other`.
                ///
                /// ```
                /// use tucuxi::dynamodb::{Attr, Expressions, Key};
                /// # let mut params = serde_json::json!({});
                /// let (key, filter) = (Key("year").gte(1927), Attr("title").size().gte(10));
                /// let expressions = Expressions::new().key_condition(key).filter(filter);
                /// expressions.merge_into(&mut params)?;
                /// assert_eq!(params["KeyConditionExpression"], "#n1 >= :v1");
                /// assert_eq!(params["FilterExpression"], "size(#n0) >= :v0");
                /// # Ok::<(), tucuxi::Error>(())
                /// ```
                gte ">="
            }

            /// The attribute is between `low` and `high`, inclusive.
            ///
            /// ```
            /// use tucuxi::dynamodb::{Attr, Expressions, Key};
            /// # let mut params = serde_json::json!({});
            /// let (key, filter) = (Key("year").between(1920, 1929), Attr("title").size().between(5, 20));
            /// let expressions = Expressions::new().key_condition(key).filter(filter);
            /// expressions.merge_into(&mut params)?;
            /// assert_eq!(params["KeyConditionExpression"], "#n1 BETWEEN :v2 AND :v3");
            /// assert_eq!(params["FilterExpression"], "size(#n0) BETWEEN :v0 AND :v1");
            /// # Ok::<(), tucuxi::Error>(())
            /// ```
            pub fn between(self, low: impl Into<Operand>, high: impl Into<Operand>) -> $out {
                $out(Node::Between(self.into(), low.into(), high.into()))
            }
        }
    };
}
comparisons! { Attr, Condition }
comparisons! { Key, KeyCondition }
comparisons! { Size, Condition }

macro_rules! more_comparisons {
    ($($type:ident),*) => { $(
        impl $type<'_> {
            compare! {
                Condition:
                /// The attribute is not equal to `other`.
                ///
                /// ```
                /// use tucuxi::dynamodb::{Attr, Expressions};
                /// # let mut params = serde_json::json!({});
                /// let condition = Attr("state").ne("paid") & Attr("title").size().ne(0);
                /// Expressions::new().filter(condition).merge_into(&mut params)?;
                /// assert_eq!(params["FilterExpression"], "(#n0 <> :v0 AND size(#n1) <> :v1)");
                /// # Ok::<(), tucuxi::Error>(())
                /// ```
                ne "<>"
            }

            /// The attribute is one of 1 to 100 values.
            ///
            /// ```
            /// use tucuxi::dynamodb::{Attr, Expressions};
            /// # let mut params = serde_json::json!({});
            /// let condition = Attr("genre").is_in(["war", "crime"]);
            /// Expressions::new().filter(condition).merge_into(&mut params)?;
            /// assert_eq!(params["FilterExpression"], "#n0 IN (:v0, :v1)");
            /// # Ok::<(), tucuxi::Error>(())
            /// ```
            pub fn is_in<T: Into<Operand>>(self, list: impl IntoIterator<Item = T>) -> Condition {
                let list = list.into_iter().map(Into::into).collect();
                Condition(Node::In(self.into(), list))
            }
        }
    )* };
}
more_comparisons! { Attr, Size }

impl Key<'_> {
    /// The attribute is a string that begins with `start`.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Key};
    /// # let mut params = serde_json::json!({});
    /// let key = Key("title").eq("Metropolis") & Key("released").begins_with("1927-");
    /// Expressions::new().key_condition(key).merge_into(&mut params)?;
    /// assert_eq!(params["KeyConditionExpression"], "(#n0 = :v0 AND begins_with(#n1, :v1))");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn begins_with(self, start: impl Into<Operand>) -> KeyCondition {
        KeyCondition(Node::Function(
            "begins_with",
            vec![self.into(), start.into()],
        ))
    }
}

impl<'a> Attr<'a> {
    fn call<const N: usize>(self, function: &'static str, more: [Operand; N]) -> Condition {
        let arguments = std::iter::once(self.into()).chain(more).collect();
        Condition(Node::Function(function, arguments))
    }

    /// The attribute is a string that begins with `start`.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions};
    /// # let mut params = serde_json::json!({});
    /// let condition = Attr("title").begins_with("The ");
    /// Expressions::new().filter(condition).merge_into(&mut params)?;
    /// assert_eq!(params["FilterExpression"], "begins_with(#n0, :v0)");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn begins_with(self, start: impl Into<Operand>) -> Condition {
        self.call("begins_with", [start.into()])
    }

    /// The attribute is a string, a set or a list that contains `part`.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions};
    /// # let mut params = serde_json::json!({});
    /// let condition = Attr("tags").contains("silent");
    /// Expressions::new().filter(condition).merge_into(&mut params)?;
    /// assert_eq!(params["FilterExpression"], "contains(#n0, :v0)");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn contains(self, part: impl Into<Operand>) -> Condition {
        self.call("contains", [part.into()])
    }

    /// The item has the attribute.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions};
    /// # let mut params = serde_json::json!({});
    /// let condition = Attr("awards[0]").exists();
    /// Expressions::new().filter(condition).merge_into(&mut params)?;
    /// assert_eq!(params["FilterExpression"], "attribute_exists(#n0[0])");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn exists(self) -> Condition {
        self.call("attribute_exists", [])
    }

    /// The item does not have the attribute.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions};
    /// # let mut params = serde_json::json!({});
    /// let condition = Attr("draft").not_exists();
    /// Expressions::new().filter(condition).merge_into(&mut params)?;
    /// assert_eq!(params["FilterExpression"], "attribute_not_exists(#n0)");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn not_exists(self) -> Condition {
        self.call("attribute_not_exists", [])
    }

    /// The attribute has this type: `S`, `SS`, `N`, `NS`, `B`, `BS`, `BOOL`, `NULL`, `L` or `M`.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions};
    /// # let mut params = serde_json::json!({});
    /// let condition = Attr("year").attribute_type("N");
    /// Expressions::new().filter(condition).merge_into(&mut params)?;
    /// assert_eq!(params["FilterExpression"], "attribute_type(#n0, :v0)");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn attribute_type(self, name: impl Into<Operand>) -> Condition {
        self.call("attribute_type", [name.into()])
    }

    /// Returns the size of the attribute: the characters of a string, the bytes of a binary, or the elements of a set, list or map.
    ///
    /// ```
    /// use tucuxi::dynamodb::Attr;
    ///
    /// let long = Attr("title").size().gt(20);
    /// ```
    pub fn size(self) -> Size<'a> {
        Size::new(self.0)
    }
}

impl BitAnd for Condition {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(Node::Both("AND", Box::new((self.0, other.0))))
    }
}

impl BitOr for Condition {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(Node::Both("OR", Box::new((self.0, other.0))))
    }
}

impl Not for Condition {
    type Output = Self;
    fn not(self) -> Self {
        Self(Node::Not(Box::new(self.0)))
    }
}

impl BitAnd for KeyCondition {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(Node::Both("AND", Box::new((self.0, other.0))))
    }
}

impl Condition {
    pub(super) fn write(self, placeholders: &mut Placeholders) -> Result<String> {
        self.0.write(placeholders)
    }
}

impl KeyCondition {
    pub(super) fn write(self, placeholders: &mut Placeholders) -> Result<String> {
        self.0.write(placeholders)
    }
}

impl Node {
    fn write(self, to: &mut Placeholders) -> Result<String> {
        Ok(match self {
            Self::Between(of, low, high) => {
                let (of, low, high) = (of.write(to)?, low.write(to)?, high.write(to)?);
                format!("{of} BETWEEN {low} AND {high}")
            }
            Self::Both(operator, both) => {
                let (left, right) = (both.0.write(to)?, both.1.write(to)?);
                format!("({left} {operator} {right})")
            }
            Self::Compare(left, operator, right) => {
                let (left, right) = (left.write(to)?, right.write(to)?);
                format!("{left} {operator} {right}")
            }
            Self::Function(name, arguments) => format!("{name}({})", write_list(arguments, to)?),
            Self::In(_, elements) if elements.is_empty() => {
                return Err(DynamoDbError::EmptyIn.into());
            }
            Self::In(of, elements) => {
                let of = of.write(to)?;
                format!("{of} IN ({})", write_list(elements, to)?)
            }
            Self::Not(of) => format!("(NOT {})", of.write(to)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Expressions, Number};
    use super::*;
    use serde_json::{Value, json};

    fn written(condition: Condition) -> (Value, Value, Value) {
        let mut params = json!({});
        let expressions = Expressions::new().condition(condition);
        expressions.merge_into(&mut params).unwrap();
        let mut part = |name: &str| params[name].take();
        (
            part("ConditionExpression"),
            part("ExpressionAttributeNames"),
            part("ExpressionAttributeValues"),
        )
    }

    #[test]
    fn texts_and_placeholders_are_those_of_boto3() {
        let a = || Attr("a");
        let only = json!({"#n0": "a"});
        let two = json!({"#n0": "a", "#n1": "b"});
        let (one, text) = (json!({":v0": 1}), json!({":v0": "x"}));
        #[rustfmt::skip] // a line each
        let cases = [
            (a().eq(1), "#n0 = :v0", &only, one.clone()),
            (a().ne(1), "#n0 <> :v0", &only, one.clone()),
            (a().lt(1), "#n0 < :v0", &only, one.clone()),
            (a().lte(1), "#n0 <= :v0", &only, one.clone()),
            (a().gt(1), "#n0 > :v0", &only, one.clone()),
            (a().gte(1), "#n0 >= :v0", &only, one.clone()),
            (a().begins_with("x"), "begins_with(#n0, :v0)", &only, text.clone()),
            (a().between(1, 2), "#n0 BETWEEN :v0 AND :v1", &only, json!({":v0": 1, ":v1": 2})),
            (a().is_in([1, 2, 3]), "#n0 IN (:v0, :v1, :v2)", &only, json!({":v0": 1, ":v1": 2, ":v2": 3})),
            (a().exists(), "attribute_exists(#n0)", &only, Value::Null),
            (a().not_exists(), "attribute_not_exists(#n0)", &only, Value::Null),
            (a().contains("x"), "contains(#n0, :v0)", &only, text),
            (a().attribute_type("S"), "attribute_type(#n0, :v0)", &only, json!({":v0": "S"})),
            (a().size().gt(3), "size(#n0) > :v0", &only, json!({":v0": 3})),
            (Attr("a.b").size().between(1, 2), "size(#n0.#n1) BETWEEN :v0 AND :v1", &two, json!({":v0": 1, ":v1": 2})),
            (a().eq(1) & Attr("b").eq(2), "(#n0 = :v0 AND #n1 = :v1)", &two, json!({":v0": 1, ":v1": 2})),
            (a().eq(1) | Attr("b").eq(2), "(#n0 = :v0 OR #n1 = :v1)", &two, json!({":v0": 1, ":v1": 2})),
            (!a().eq(1), "(NOT #n0 = :v0)", &only, one.clone()),
            (
                (a().eq(1) & !(Attr("b").exists() | Attr("c").lt(2))) | a().eq(3),
                "((#n0 = :v0 AND (NOT (attribute_exists(#n1) OR #n2 < :v1))) OR #n3 = :v2)",
                &json!({"#n0": "a", "#n1": "b", "#n2": "c", "#n3": "a"}), json!({":v0": 1, ":v1": 2, ":v2": 3}),
            ),
            (Attr("a.b[0].c").eq(1), "#n0.#n1[0].#n2 = :v0", &json!({"#n0": "a", "#n1": "b", "#n2": "c"}), one.clone()),
            (Attr("a[0][1].b[2]").exists(), "attribute_exists(#n0[0][1].#n1[2])", &two, Value::Null),
            (Attr("a.b.a").eq(1), "#n0.#n1.#n2 = :v0", &json!({"#n0": "a", "#n1": "b", "#n2": "a"}), one.clone()),
            (a().eq(Attr("b.c")), "#n0 = #n1.#n2", &json!({"#n0": "a", "#n1": "b", "#n2": "c"}), Value::Null),
            (a().gt(Attr("b").size()), "#n0 > size(#n1)", &two, Value::Null),
            (a().between(Attr("b"), 5), "#n0 BETWEEN #n1 AND :v0", &two, json!({":v0": 5})),
            (a().eq(vec![1, 2]), "#n0 = :v0", &only, json!({":v0": [1, 2]})),
            (Attr("a-b").eq(1), "#n0 = :v0", &json!({"#n0": "a-b"}), one),
        ];
        for (condition, expected, names, values) in cases {
            assert_eq!(
                written(condition),
                (expected.into(), names.clone(), values),
                "{expected}"
            );
        }
    }

    #[test]
    fn key_conditions_are_those_of_boto3() {
        let k = || Key("k");
        let cases = [
            (k().eq("x"), "#n0 = :v0"),
            (k().lt(1), "#n0 < :v0"),
            (k().lte(1), "#n0 <= :v0"),
            (k().gt(1), "#n0 > :v0"),
            (k().gte(1), "#n0 >= :v0"),
            (k().begins_with("x"), "begins_with(#n0, :v0)"),
            (
                k().eq("x") & Key("s").between(1, 2),
                "(#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2)",
            ),
        ];
        for (condition, expected) in cases {
            let mut params = json!({});
            let expressions = Expressions::new().key_condition(condition);
            expressions.merge_into(&mut params).unwrap();
            assert_eq!(params["KeyConditionExpression"], expected);
        }
    }

    #[test]
    fn placeholders_are_numbered_over_the_whole_request() {
        // boto3 sends the same, regardless of the order of arguments
        let mut params =
            json!({"ExpressionAttributeNames": {"#p": "z"}, "ProjectionExpression": "#p"});
        let expressions = Expressions::new()
            .key_condition(Key("k").eq("x") & Key("s").gt(1))
            .filter(Attr("f").eq(5));
        expressions.merge_typed_into(&mut params).unwrap();
        let expected = json!({
            "ExpressionAttributeNames": {"#p": "z", "#n0": "f", "#n1": "k", "#n2": "s"},
            "ProjectionExpression": "#p",
            "FilterExpression": "#n0 = :v0",
            "KeyConditionExpression": "(#n1 = :v1 AND #n2 > :v2)",
            "ExpressionAttributeValues": {":v0": {"N": "5"}, ":v1": {"S": "x"}, ":v2": {"N": "1"}},
        });
        assert_eq!(params, expected);
    }

    #[test]
    fn invalid_values_and_paths_are_errors() {
        let cases = [
            (
                Attr("a").eq(f64::NAN),
                "DynamoDB supports neither NaN nor infinity",
            ),
            (
                Attr("a").eq(vec![f64::INFINITY]),
                "[0]: DynamoDB supports neither",
            ),
            (Attr("").exists(), "\"\" is not a valid attribute path"),
            (
                Attr("a").is_in(Vec::<i32>::new()),
                "`is_in` has no values: DynamoDB requires 1 to 100",
            ),
            (
                Attr("a..b").exists(),
                "\"a..b\" is not a valid attribute path",
            ),
            (
                Attr("a[x].b").exists(),
                "\"a[x].b\" is not a valid attribute path",
            ),
            (
                Attr("a[0]b").exists(),
                "\"a[0]b\" is not a valid attribute path",
            ),
            (
                Attr("a[]").exists(),
                "\"a[]\" is not a valid attribute path",
            ),
            (
                Attr("[0]").exists(),
                "\"[0]\" is not a valid attribute path",
            ),
            (
                Attr("a").eq(1) & !Attr("b.").exists(),
                "\"b.\" is not a valid attribute path",
            ),
        ];
        for (condition, expected) in cases {
            let mut params = json!({"a": 1});
            let error = Expressions::new().filter(condition).merge_into(&mut params);
            let error = error.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert_eq!(params, json!({"a": 1}));
        }
        let mut params = json!({"FilterExpression": "mine"});
        let error = Expressions::new()
            .filter(Attr("a").exists())
            .merge_into(&mut params);
        let error = error.unwrap_err().to_string();
        assert_eq!(error, "the parameters already have FilterExpression");
    }

    #[test]
    fn placeholders_of_the_program_are_kept() {
        let mut params = json!({
            "ExpressionAttributeNames": {"#n0": "mine"}, "ExpressionAttributeValues": {":v1": true},
        });
        let number: Number = "0.10000000000000000000001".parse().unwrap();
        let condition = Attr("a").is_in([Operand::from(number), 2.into()]);
        Expressions::new()
            .condition(condition)
            .merge_into(&mut params)
            .unwrap();
        let expected = json!({
            "ExpressionAttributeNames": {"#n0": "mine", "#n1": "a"},
            "ExpressionAttributeValues": {":v1": true, ":v0": {"$number": "0.10000000000000000000001"}, ":v2": 2},
            "ConditionExpression": "#n1 IN (:v0, :v2)",
        });
        assert_eq!(params, expected);
    }
}
