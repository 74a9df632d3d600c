//! Expressions with placeholders for all names and values.

use std::ops::BitAnd;

use serde_json::{Map, Value, json};

use super::condition::{Condition, KeyCondition};
use super::error::DynamoDbError;
use super::placeholders::{NAMES, Placeholders, VALUES};
use super::update::Update;
use crate::attribute_value::{self, ConvertError};
use crate::error::{Error, Result};

/// The expressions of a request, which are merged into its parameters.
///
/// Names become placeholders `#n0`, `#n1` and so on, values `:v0`, `:v1` and so on. They are numbered over the whole request:
/// condition, filter, key condition, update, projection. Placeholders that the parameters already have are kept and not reused.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Attr, Expressions, Key};
///
/// let mut params = json!({"TableName": "films", "ExpressionAttributeNames": {"#n0": "mine"}});
/// let expressions = Expressions::new()
///     .key_condition(Key("title").eq("Metropolis"))
///     .filter(Attr("info.year").gt(1900))
///     .projection(["title", "info.awards[0]"]);
/// expressions.merge_into(&mut params)?;
/// assert_eq!(params, json!({
///     "TableName": "films",
///     "ExpressionAttributeNames":
///         {"#n0": "mine", "#n1": "info", "#n2": "year", "#n3": "title", "#n4": "title", "#n5": "info", "#n6": "awards"},
///     "FilterExpression": "#n1.#n2 > :v0",
///     "KeyConditionExpression": "#n3 = :v1",
///     "ProjectionExpression": "#n4, #n5.#n6[0]",
///     "ExpressionAttributeValues": {":v0": 1900, ":v1": "Metropolis"},
/// }));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[must_use = "expressions do nothing before they are merged into parameters"]
#[derive(Clone, Debug, Default)]
pub struct Expressions {
    condition: Option<Condition>,
    filter: Option<Condition>,
    key_condition: Option<KeyCondition>,
    update: Option<Update>,
    projection: Vec<String>,
}

impl Expressions {
    /// Creates an empty set of expressions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the condition of a write: the item is written only if the condition holds. The conditions of several calls are combined
    /// with AND.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions};
    /// # let mut params = serde_json::json!({});
    /// Expressions::new().condition(Attr("title").not_exists()).merge_into(&mut params)?;
    /// assert_eq!(params["ConditionExpression"], "attribute_not_exists(#n0)");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn condition(mut self, condition: Condition) -> Self {
        self.condition = both(self.condition, condition);
        self
    }

    /// Sets the filter of a query or scan, which returns only items for which it holds. The conditions of several calls are combined
    /// with AND.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Attr, Expressions};
    /// # let mut params = serde_json::json!({});
    /// Expressions::new().filter(Attr("year").gt(1900)).filter(Attr("draft").not_exists()).merge_into(&mut params)?;
    /// assert_eq!(params["FilterExpression"], "(#n0 > :v0 AND attribute_not_exists(#n1))");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn filter(mut self, condition: Condition) -> Self {
        self.filter = both(self.filter, condition);
        self
    }

    /// Sets the key condition of a query. The conditions of several calls are combined with AND.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Key};
    /// # let mut params = serde_json::json!({});
    /// Expressions::new().key_condition(Key("title").eq("Metropolis")).merge_into(&mut params)?;
    /// assert_eq!(params["KeyConditionExpression"], "#n0 = :v0");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn key_condition(mut self, condition: KeyCondition) -> Self {
        self.key_condition = both(self.key_condition, condition);
        self
    }

    /// Sets the update of an item.
    ///
    /// ```
    /// use tucuxi::dynamodb::{Expressions, Update};
    /// # let mut params = serde_json::json!({});
    /// Expressions::new().update(Update::new().add("views", 1)).merge_into(&mut params)?;
    /// assert_eq!(params["UpdateExpression"], "ADD #n0 :v0");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn update(mut self, update: Update) -> Self {
        self.update = Some(update).filter(|update| !update.is_empty());
        self
    }

    /// Restricts the result to the attributes at these paths.
    ///
    /// ```
    /// use tucuxi::dynamodb::Expressions;
    /// # let mut params = serde_json::json!({});
    /// Expressions::new().projection(["title", "awards[0]"]).merge_into(&mut params)?;
    /// assert_eq!(params["ProjectionExpression"], "#n0, #n1[0]");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn projection<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.projection.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Merges the expressions into parameters with plain values, for a client with
    /// [`plain_attribute_values`](crate::ConfigBuilder::plain_attribute_values).
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::dynamodb::{Attr, Expressions};
    ///
    /// let mut params = json!({"TableName": "films"});
    /// Expressions::new().filter(Attr("year").gt(1900)).merge_into(&mut params)?;
    /// assert_eq!(params["ExpressionAttributeValues"], json!({":v0": 1900}));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a path is invalid, DynamoDB does not support a value, or `params` already has such an expression.
    /// `params` is then unchanged.
    pub fn merge_into(self, params: &mut Value) -> Result<()> {
        self.merge(params, Ok)
    }

    /// Merges the expressions into parameters with typed values, such as `{"N": "1"}`, for any other client.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::dynamodb::{Attr, Expressions};
    ///
    /// let mut params = json!({"TableName": "films"});
    /// Expressions::new().filter(Attr("year").gt(1900)).merge_typed_into(&mut params)?;
    /// assert_eq!(params["ExpressionAttributeValues"], json!({":v0": {"N": "1900"}}));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`Expressions::merge_into`].
    pub fn merge_typed_into(self, params: &mut Value) -> Result<()> {
        self.merge(params, attribute_value::to_typed)
    }

    fn merge(
        self,
        params: &mut Value,
        convert: fn(Value) -> Result<Value, ConvertError>,
    ) -> Result<()> {
        let not_an_object = || Error::request("the parameters must be an object");
        let params = params.as_object_mut().ok_or_else(not_an_object)?;
        let mut to = Placeholders::unlike(params);
        let mut written = Vec::new();
        if let Some(condition) = self.condition {
            written.push(("ConditionExpression", condition.write(&mut to)?));
        }
        if let Some(filter) = self.filter {
            written.push(("FilterExpression", filter.write(&mut to)?));
        }
        if let Some(condition) = self.key_condition {
            written.push(("KeyConditionExpression", condition.write(&mut to)?));
        }
        if let Some(update) = self.update {
            written.push(("UpdateExpression", update.write(&mut to)?));
        }
        if !self.projection.is_empty() {
            let paths = self.projection.iter().map(|path| to.path(path));
            let paths = paths.collect::<Result<Vec<_>>>()?;
            written.push(("ProjectionExpression", paths.join(", ")));
        }
        for (name, value) in &mut to.values {
            *value = convert(value.take()).map_err(|error| error.in_member(name))?;
        }
        if let Some((name, _)) = written.iter().find(|(name, _)| params.contains_key(*name)) {
            return Err(DynamoDbError::DuplicateExpression(name).into());
        }
        for (name, text) in written {
            params.insert(name.into(), text.into());
        }
        extend(params, NAMES, to.names);
        extend(params, VALUES, to.values);
        Ok(())
    }
}

fn both<C: BitAnd<Output = C>>(known: Option<C>, more: C) -> Option<C> {
    Some(match known {
        Some(known) => known & more,
        None => more,
    })
}

/// Adds entries to a map of the parameters. An empty map is not sent.
fn extend(params: &mut Map<String, Value>, name: &str, entries: Map<String, Value>) {
    if entries.is_empty() {
        return;
    }
    let known = params.entry(name).or_insert_with(|| json!({}));
    // if it is not a map, the validation of parameters reports it
    if let Some(known) = known.as_object_mut() {
        known.extend(entries);
    }
}
