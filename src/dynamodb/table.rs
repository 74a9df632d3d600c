//! A table.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::batch_get::BatchGet;
use super::batch_write::BatchWriter;
use super::condition::{Condition, KeyCondition};
use super::expression::Expressions;
use super::listing::Listing;
use super::update::Update;
use super::{SERVICE, canonical_item, from_plain, plain_item, take};
use crate::client::Client;
use crate::error::Result;

/// A DynamoDB table. Items are plain JSON values or the program's own structs. [`Client::table`] returns it.
///
/// A table is cheap to create and to clone: it shares the client's connections, credentials and models. See
/// [`dynamodb`](crate::dynamodb) for a complete example.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
}

impl Client {
    /// Returns a DynamoDB table by its name or ARN. No request is sent.
    ///
    /// ```
    /// use serde_json::{Value, json};
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"Item": {"id": {"N": "7"}, "state": {"S": "paid"}}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let orders = client.table("orders");
    /// let order: Option<Value> = orders.get(json!({"id": 7})).item()?;
    /// assert_eq!(order.unwrap()["state"], "paid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn table(&self, name: impl Into<String>) -> Table {
        Table {
            client: self.with_plain_attribute_values(),
            name: name.into(),
        }
    }
}

impl Table {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The client that the table calls: values of attributes are plain for it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Calls an operation of the service, for this table: whatever there is no method for.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"Table": {"ItemCount": 3}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let table = client.table("films");
    /// let described = table.call("DescribeTable", serde_json::json!({}))?;
    /// assert_eq!(described["Table"]["ItemCount"], 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub fn call(&self, operation: &str, mut params: Value) -> Result<Value> {
        if let Some(params) = params.as_object_mut() {
            params.insert("TableName".into(), (*self.name).into());
        }
        self.client.call(SERVICE, operation, params)
    }

    fn item_call(&self, operation: &'static str, name: &str, given: Result<Value>) -> ItemCall<'_> {
        ItemCall {
            table: self,
            operation,
            params: given.map(|given| json!({name: given})),
            expressions: Expressions::new(),
        }
    }

    /// Asks for the item with this key: an object or a struct.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"Item": {"title": {"S": "Metropolis"}}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// use serde_json::{Value, json};
    ///
    /// let table = client.table("films");
    /// let film: Option<Value> = table.get(json!({"title": "Metropolis"})).consistent().item()?;
    /// assert_eq!(film, Some(json!({"title": "Metropolis"})));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get(&self, key: impl Serialize) -> ItemCall<'_> {
        self.item_call("GetItem", "Key", plain_item(&key))
    }

    /// Writes a whole item, in the place of one with the same key.
    pub fn put(&self, item: impl Serialize) -> ItemCall<'_> {
        self.item_call("PutItem", "Item", plain_item(&item))
    }

    /// Deletes the item with this key.
    pub fn delete(&self, key: impl Serialize) -> ItemCall<'_> {
        self.item_call("DeleteItem", "Key", plain_item(&key))
    }

    /// Changes the item with this key, or makes it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"Attributes": {"views": {"N": "8"}}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// use serde_json::{Value, json};
    /// use tucuxi::dynamodb::Update;
    ///
    /// let table = client.table("films");
    /// let seen = table.update(json!({"title": "Metropolis"}), Update::new().add("views", 1));
    /// let new: Option<Value> = seen.returning("UPDATED_NEW").item()?;
    /// assert_eq!(new, Some(json!({"views": 8})));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&self, key: impl Serialize, update: Update) -> ItemCall<'_> {
        let mut call = self.item_call("UpdateItem", "Key", plain_item(&key));
        call.expressions = call.expressions.update(update);
        call
    }

    /// The items with this key, in the order of their sort key.
    pub fn query(&self, key: KeyCondition) -> Listing {
        Listing::new(self, "Query", Expressions::new().key_condition(key))
    }

    /// All items.
    pub fn scan(&self) -> Listing {
        Listing::new(self, "Scan", Expressions::new())
    }

    /// All items, read in so many segments at once, in no order. See [`Listing::items`].
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new()
    /// #     .answer(200, &[], r#"{"Items": [{"n": {"N": "1"}}, {"n": {"N": "2"}}]}"#)
    /// #     .answer(200, &[], r#"{"Items": [{"n": {"N": "3"}}]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let table = client.table("numbers");
    /// let mut sum = 0;
    /// for item in table.parallel_scan(2).items::<serde_json::Value>() {
    ///     sum += item?["n"].as_i64().unwrap_or_default();
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parallel_scan(&self, segments: u32) -> Listing {
        self.scan().segments(segments)
    }

    /// Writes and deletes many items, 25 in a call. It must be told when it is finished; [`Table::with_batch_writer`] does
    /// that.
    pub fn batch_writer(&self) -> BatchWriter {
        BatchWriter::new(self.clone())
    }

    /// Writes and deletes many items, 25 in a call, and finishes when the closure is at its end. What was given to the writer
    /// before an error of the closure is written too.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[], "{}"))?;
    /// use serde_json::json;
    ///
    /// let table = client.table("films");
    /// table.with_batch_writer(|writer| {
    ///     writer.put(json!({"title": "Metropolis", "year": 1927}))?;
    ///     writer.delete(json!({"title": "Untitled"}))
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The closure's own, or as [`BatchWriter::finish`].
    pub fn with_batch_writer<R>(
        &self,
        write: impl FnOnce(&mut BatchWriter) -> Result<R>,
    ) -> Result<R> {
        let mut writer = self.batch_writer();
        let written = write(&mut writer);
        match (written, writer.finish()) {
            (written, Ok(())) => written,
            (Ok(_), Err(unwritten)) => Err(unwritten),
            (Err(error), Err(unwritten)) => {
                // what is left unwritten is told before all else
                tracing::warn!(%error, "a batch ended with an error, and could not be written");
                Err(unwritten)
            }
        }
    }

    /// The items with these keys, 100 in a call, in no order. A key that is given twice is asked for once, and one that the
    /// table does not have gives nothing.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"Responses": {"films": [{"title": {"S": "M"}}]}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// use serde_json::{Value, json};
    ///
    /// let table = client.table("films");
    /// let keys = ["M", "Metropolis"].map(|title| json!({"title": title}));
    /// let found: Vec<Value> = table.batch_get(keys).items().collect::<Result<_, _>>()?;
    /// assert_eq!(found, [json!({"title": "M"})]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch_get<K: Serialize>(&self, keys: impl IntoIterator<Item = K>) -> BatchGet {
        BatchGet::new(
            self.clone(),
            keys.into_iter().map(|key| canonical_item(&key)),
        )
    }
}

/// A call about one item that is being put together.
#[must_use = "nothing is sent before `send` or `item`"]
#[derive(Debug)]
pub struct ItemCall<'t> {
    table: &'t Table,
    operation: &'static str,
    /// A fault is told when the call is made.
    params: Result<Value>,
    expressions: Expressions,
}

impl ItemCall<'_> {
    /// What must hold so that the item is written; else the error has the code `ConditionalCheckFailedException`.
    pub fn condition(mut self, condition: Condition) -> Self {
        self.expressions = self.expressions.condition(condition);
        self
    }

    /// The paths of the attributes that are given, where not all are wanted.
    pub fn projection<P: Into<Box<str>>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.expressions = self.expressions.projection(paths);
        self
    }

    /// Reads what was written last, for a higher price.
    pub fn consistent(self) -> Self {
        self.param("ConsistentRead", true)
    }

    /// What of an item that is written is given back: `ALL_OLD`, `UPDATED_OLD`, `ALL_NEW` or `UPDATED_NEW`.
    pub fn returning(self, values: &str) -> Self {
        self.param("ReturnValues", values)
    }

    /// Any other parameter of the operation.
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Ok(params) = &mut self.params {
            params[name] = value.into();
        }
        self
    }

    /// Makes the call. The result is the operation's own, with plain values.
    ///
    /// # Errors
    ///
    /// The item, the key or an expression is none; or as [`Client::call`].
    pub fn send(self) -> Result<Value> {
        let named = |e: crate::error::Error| e.of_call(SERVICE, self.operation);
        let mut params = self.params.map_err(named)?;
        self.expressions.merge_into(&mut params).map_err(named)?;
        self.table.call(self.operation, params)
    }

    /// Makes the call, and gives the item that it gives, if it does.
    ///
    /// # Errors
    ///
    /// As [`ItemCall::send`], and an item that does not fit the type.
    pub fn item<T: DeserializeOwned>(self) -> Result<Option<T>> {
        let mut output = self.send()?;
        // one or the other, or neither
        let item = match take(&mut output, "Item") {
            Value::Null => take(&mut output, "Attributes"),
            item => item,
        };
        match item {
            Value::Null => Ok(None),
            item => from_plain(item).map(Some),
        }
    }
}
