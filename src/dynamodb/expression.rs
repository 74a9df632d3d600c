//! Expressions, with placeholders for all names and values, written into the parameters of an operation.

use std::ops::BitAnd;

use serde_json::{Map, Value, json};

use super::condition::{Condition, KeyCondition};
use super::error::DynamoDbError;
use super::placeholders::{NAMES, Placeholders, VALUES};
use super::update::Update;
use crate::attribute_value::{self, Fault};
use crate::error::{Error, Result};

/// The expressions of a request. Names become `#n0`, `#n1` and so on, values `:v0`, `:v1` and so on, counted over the whole
/// request: in the condition first, then filter, key condition, update and projection. What the parameters have of either is
/// kept, and none of it is taken for another thing.
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
    projection: Vec<Box<str>>,
}

impl Expressions {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// What must hold so that an item is written; of several calls, all.
    pub fn condition(mut self, condition: Condition) -> Self {
        self.condition = both(self.condition, condition);
        self
    }

    /// What must hold so that an item is given; of several calls, all.
    pub fn filter(mut self, condition: Condition) -> Self {
        self.filter = both(self.filter, condition);
        self
    }

    /// The key of the items that a query looks for; of several calls, all.
    pub fn key_condition(mut self, condition: KeyCondition) -> Self {
        self.key_condition = both(self.key_condition, condition);
        self
    }

    /// What is done to an item.
    pub fn update(mut self, update: Update) -> Self {
        self.update = Some(update).filter(|update| !update.is_empty());
        self
    }

    /// The paths of the attributes that are given, where not all are wanted.
    pub fn projection<P: Into<Box<str>>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.projection.extend(paths.into_iter().map(Into::into));
        self
    }

    /// Writes them into parameters, with plain values: for a client with
    /// [`plain_attribute_values`](crate::ConfigBuilder::plain_attribute_values).
    ///
    /// # Errors
    ///
    /// A path is none, a value is none that DynamoDB takes, or the parameters have such an expression. They are left as they
    /// were then.
    pub fn merge_into(self, params: &mut Value) -> Result<()> {
        self.merge(params, Ok)
    }

    /// Writes them into parameters, with values as the API has them: for any other client.
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
    /// As [`Expressions::merge_into`].
    pub fn merge_typed_into(self, params: &mut Value) -> Result<()> {
        self.merge(params, attribute_value::to_typed)
    }

    fn merge(self, params: &mut Value, form: fn(Value) -> Result<Value, Fault>) -> Result<()> {
        let no_object = || Error::request("the parameters are no object");
        let params = params.as_object_mut().ok_or_else(no_object)?;
        let mut to = Placeholders::beside(params);
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
            *value = form(value.take()).map_err(|fault| fault.in_member(name))?;
        }
        if let Some((name, _)) = written.iter().find(|(name, _)| params.contains_key(*name)) {
            return Err(DynamoDbError::GivenTwice(name).into());
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

/// Adds entries to a map among the parameters; an empty one is not sent.
fn extend(params: &mut Map<String, Value>, name: &str, entries: Map<String, Value>) {
    if entries.is_empty() {
        return;
    }
    let known = params.entry(name).or_insert_with(|| json!({}));
    // where it is no map, the checks of parameters tell
    if let Some(known) = known.as_object_mut() {
        known.extend(entries);
    }
}
