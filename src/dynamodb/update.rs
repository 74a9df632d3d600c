//! Update expressions.

use super::operand::Operand;
use super::placeholders::Placeholders;
use crate::error::Result;

/// An update expression.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Expressions, Set, Update};
///
/// let update = Update::new()
///     .set("title", "Metropolis")
///     .set_if_missing("year", 1927)
///     .append("awards", ["best"])
///     .remove("draft")
///     .add("views", 1)
///     .delete("tags", Set(vec!["new"]));
/// let mut params = json!({});
/// Expressions::new().update(update).merge_into(&mut params)?;
/// assert_eq!(
///     params["UpdateExpression"],
///     "SET #n0 = :v0, #n1 = if_not_exists(#n2, :v1), #n3 = list_append(#n4, :v2) REMOVE #n5 ADD #n6 :v3 DELETE #n7 :v4"
/// );
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[must_use = "an update does nothing by itself"]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update(Vec<Action>);

#[derive(Clone, Debug, PartialEq)]
struct Action {
    clause: Clause,
    path: String,
    value: Option<Operand>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clause {
    Add,
    Append,
    Delete,
    Remove,
    Set,
    SetIfMissing,
}

impl Clause {
    fn word(self) -> &'static str {
        match self {
            Self::Set | Self::SetIfMissing | Self::Append => "SET",
            Self::Remove => "REMOVE",
            Self::Add => "ADD",
            Self::Delete => "DELETE",
        }
    }
}

impl Update {
    /// Creates an empty update.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Update};
    /// # let mut params = serde_json::json!({});
    /// let update = Update::new().set("year", 1927);
    /// Expressions::new().update(update).merge_into(&mut params)?;
    /// assert_eq!(params["UpdateExpression"], "SET #n0 = :v0");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, clause: Clause, path: &str, value: Option<Operand>) -> Self {
        let path = path.into();
        self.0.push(Action {
            clause,
            path,
            value,
        });
        self
    }

    /// Sets an attribute to a value, or to the value of another attribute.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions, Update};
    /// # let mut params = serde_json::json!({});
    /// let update = Update::new().set("year", 1927).set("shown_as", Attr("title"));
    /// Expressions::new().update(update).merge_into(&mut params)?;
    /// assert_eq!(params["UpdateExpression"], "SET #n0 = :v0, #n1 = #n2");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn set(self, path: &str, value: impl Into<Operand>) -> Self {
        self.with(Clause::Set, path, Some(value.into()))
    }

    /// Sets an attribute that the item does not have.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Update};
    /// # let mut params = serde_json::json!({});
    /// let update = Update::new().set_if_missing("views", 0);
    /// Expressions::new().update(update).merge_into(&mut params)?;
    /// assert_eq!(params["UpdateExpression"], "SET #n0 = if_not_exists(#n1, :v0)");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn set_if_missing(self, path: &str, value: impl Into<Operand>) -> Self {
        self.with(Clause::SetIfMissing, path, Some(value.into()))
    }

    /// Appends items to a list.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Update};
    /// # let mut params = serde_json::json!({});
    /// let update = Update::new().append("awards", ["best film"]);
    /// Expressions::new().update(update).merge_into(&mut params)?;
    /// assert_eq!(params["UpdateExpression"], "SET #n0 = list_append(#n1, :v0)");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn append<T: serde::Serialize>(
        self,
        path: &str,
        items: impl IntoIterator<Item = T>,
    ) -> Self {
        let items: Vec<T> = items.into_iter().collect();
        self.with(Clause::Append, path, Some(Operand::from(items)))
    }

    /// Removes an attribute, or an item of a list.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Update};
    /// # let mut params = serde_json::json!({});
    /// let update = Update::new().remove("draft").remove("awards[0]");
    /// Expressions::new().update(update).merge_into(&mut params)?;
    /// assert_eq!(params["UpdateExpression"], "REMOVE #n0, #n1[0]");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn remove(self, path: &str) -> Self {
        self.with(Clause::Remove, path, None)
    }

    /// Adds a number to a number, or elements to a set.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Set, Update};
    /// # let mut params = serde_json::json!({});
    /// let update = Update::new().add("views", 1).add("tags", Set(vec!["silent"]));
    /// Expressions::new().update(update).merge_into(&mut params)?;
    /// assert_eq!(params["UpdateExpression"], "ADD #n0 :v0, #n1 :v1");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn add(self, path: &str, value: impl Into<Operand>) -> Self {
        self.with(Clause::Add, path, Some(value.into()))
    }

    /// Deletes elements from a set.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Set, Update};
    /// # let mut params = serde_json::json!({});
    /// let update = Update::new().delete("tags", Set(vec!["new"]));
    /// Expressions::new().update(update).merge_into(&mut params)?;
    /// assert_eq!(params["UpdateExpression"], "DELETE #n0 :v0");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn delete(self, path: &str, set: impl Into<Operand>) -> Self {
        self.with(Clause::Delete, path, Some(set.into()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn write(self, to: &mut Placeholders) -> Result<String> {
        let mut clauses = Vec::new();
        for word in ["SET", "REMOVE", "ADD", "DELETE"] {
            let actions = self.0.iter().filter(|action| action.clause.word() == word);
            let actions = actions.map(|action| action.clone().write(to));
            let actions = actions.collect::<Result<Vec<_>>>()?;
            if !actions.is_empty() {
                clauses.push(format!("{word} {}", actions.join(", ")));
            }
        }
        Ok(clauses.join(" "))
    }
}

impl Action {
    fn write(self, to: &mut Placeholders) -> Result<String> {
        let path = to.path(&self.path)?;
        let Some(value) = self.value else {
            return Ok(path);
        };
        Ok(match self.clause {
            Clause::Append | Clause::SetIfMissing => {
                let function = match self.clause {
                    Clause::Append => "list_append",
                    _ => "if_not_exists",
                };
                let (of, value) = (to.path(&self.path)?, value.write(to)?);
                format!("{path} = {function}({of}, {value})")
            }
            Clause::Set => format!("{path} = {}", value.write(to)?),
            Clause::Add | Clause::Delete | Clause::Remove => format!("{path} {}", value.write(to)?),
        })
    }
}
