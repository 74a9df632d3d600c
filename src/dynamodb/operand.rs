//! Operands of conditions and updates.

use serde::Serialize;
use serde_json::Value;

use super::condition::{Attr, Key};
use super::error::DynamoDbError;
use super::placeholders::Placeholders;
use super::serializer;
use super::types::{Binary, Map, Number, Set};
use crate::attribute_value::ConvertError;
use crate::error::Result;

/// An operand of a condition or an update: a value, an attribute, or the size of an attribute. Common types convert into it;
/// [`Operand::serialize`] accepts any other type.
///
/// ```
/// use tucuxi::dynamodb::{Attr, Operand};
///
/// #[derive(serde::Serialize)]
/// struct Address {
///     city: String,
/// }
/// let home = Address { city: "Manaus".into() };
/// let condition = Attr("address").eq(Operand::serialize(&home)) & Attr("views").gt(Attr("likes"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Operand(Term);

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Path(String),
    Size(String),
    /// An error is reported when the expression is written.
    Value(Result<Value, ConvertError>),
}

/// The size of an attribute, to compare with a value or another size. [`Attr::size`] returns it.
///
/// ```
/// use tucuxi::dynamodb::{Attr, Expressions};
/// # let mut params = serde_json::json!({});
/// let condition = Attr("title").size().between(1, 100) & Attr("cast").size().gt(Attr("crew").size());
/// Expressions::new().filter(condition).merge_into(&mut params)?;
/// assert_eq!(params["FilterExpression"], "(size(#n0) BETWEEN :v0 AND :v1 AND size(#n1) > size(#n2))");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size<'a>(&'a str);

impl<'a> Size<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Self(path)
    }
}

impl Operand {
    /// Creates an operand from a value of any type. An unsupported value is reported when the request is sent.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions, Operand};
    /// # let mut params = serde_json::json!({});
    /// let condition = Attr("cast").eq(Operand::serialize(&("Brigitte Helm", 1927)));
    /// Expressions::new().filter(condition).merge_into(&mut params)?;
    /// assert_eq!(params["FilterExpression"], "#n0 = :v0");
    /// assert_eq!(params["ExpressionAttributeValues"][":v0"], serde_json::json!(["Brigitte Helm", 1927]));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn serialize<T: Serialize + ?Sized>(value: &T) -> Self {
        Self(Term::Value(serializer::to_plain(value)))
    }

    pub(super) fn write(self, to: &mut Placeholders) -> Result<String> {
        match self.0 {
            Term::Path(path) => to.path(&path),
            Term::Size(path) => Ok(format!("size({})", to.path(&path)?)),
            Term::Value(Ok(value)) => Ok(to.value(value)),
            Term::Value(Err(ConvertError { path, reason })) => {
                Err(DynamoDbError::InvalidValue { path, reason }.into())
            }
        }
    }
}

/// Writes operands, separated by commas.
pub(super) fn write_list(operands: Vec<Operand>, to: &mut Placeholders) -> Result<String> {
    let operands = operands.into_iter().map(|operand| operand.write(to));
    Ok(operands.collect::<Result<Vec<_>>>()?.join(", "))
}

macro_rules! operands {
    ($($type:ty),*) => { $(
        impl From<$type> for Operand {
            fn from(value: $type) -> Self {
                Self::serialize(&value)
            }
        }
    )* };
}
operands! {
    bool, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, &str, String, &String, Binary, Number
}

impl From<Value> for Operand {
    fn from(value: Value) -> Self {
        Self(Term::Value(Ok(value)))
    }
}

impl<T: Serialize> From<Vec<T>> for Operand {
    fn from(value: Vec<T>) -> Self {
        Self::serialize(&value)
    }
}

impl<T: Serialize> From<Set<T>> for Operand {
    fn from(value: Set<T>) -> Self {
        Self::serialize(&value)
    }
}

impl<T: Serialize> From<Map<T>> for Operand {
    fn from(value: Map<T>) -> Self {
        Self::serialize(&value)
    }
}

impl From<Attr<'_>> for Operand {
    fn from(Attr(path): Attr<'_>) -> Self {
        Self(Term::Path(path.into()))
    }
}

impl From<Key<'_>> for Operand {
    fn from(Key(path): Key<'_>) -> Self {
        Self(Term::Path(path.into()))
    }
}

impl From<Size<'_>> for Operand {
    fn from(Size(path): Size<'_>) -> Self {
        Self(Term::Size(path.into()))
    }
}
