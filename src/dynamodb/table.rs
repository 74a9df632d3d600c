//! Tables.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::batch_get::BatchGet;
use super::batch_write::{self, BatchWriter};
use super::condition::{Condition, KeyCondition};
use super::expression::Expressions;
use super::listing::Listing;
use super::update::Update;
use super::{SERVICE, canonical_item, from_plain, plain, plain_item, take};
use crate::client::{AnyClient, Client};
use crate::error::Result;

/// A DynamoDB table. Items are plain JSON values or the program's own structs. [`Client::table`] returns it.
///
/// A table is cheap to create and to clone: it shares the client's connections, credentials and models. See
/// [`dynamodb`](crate::dynamodb) for a complete example.
///
/// ```
/// use serde_json::{Value, json};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], "{}").respond(200, &[], r#"{"Item": {"id": {"N": "7"}}}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let orders = client.table("orders");
/// orders.put(json!({"id": 7})).send()?;
/// let order: Option<Value> = orders.get(json!({"id": 7})).item()?;
/// assert_eq!(order, Some(json!({"id": 7})));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table<C = Client> {
    client: C,
    pub(super) name: String,
}

impl Client {
    /// Returns a DynamoDB table by its name or ARN. No request is sent.
    ///
    /// ```
    /// use serde_json::{Value, json};
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Item": {"id": {"N": "7"}, "state": {"S": "paid"}}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let orders = client.table("orders");
    /// let order: Option<Value> = orders.get(json!({"id": 7})).item()?;
    /// assert_eq!(order.unwrap()["state"], "paid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn table(&self, name: impl Into<String>) -> Table {
        Table::new(self, name.into())
    }
}

impl<C: AnyClient> Table<C> {
    pub(super) fn new(client: &C, name: String) -> Self {
        let client = plain(client);
        Self { client, name }
    }

    /// Returns the name or ARN.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// assert_eq!(client.table("films").name(), "films");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the client that the table uses. It has plain attribute values.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"TableNames": ["films"]}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let table = client.table("films");
    /// let tables = table.client().call("dynamodb", "ListTables", serde_json::json!({}))?;
    /// assert_eq!(tables["TableNames"][0], "films");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn client(&self) -> &C {
        &self.client
    }

    /// Adds the table to the parameters of an operation.
    pub(super) fn params(&self, mut params: Value) -> Value {
        if let Some(params) = params.as_object_mut() {
            params.insert("TableName".into(), (*self.name).into());
        }
        params
    }

    fn item_call(
        &self,
        operation: &'static str,
        member: &str,
        value: Result<Value>,
    ) -> ItemCall<'_, C> {
        ItemCall {
            table: self,
            operation,
            params: value.map(|value| json!({member: value})),
            expressions: Expressions::new(),
        }
    }

    /// Reads the item with this key, which is an object or a struct.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Item": {"title": {"S": "Metropolis"}}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// use serde_json::{Value, json};
    ///
    /// let table = client.table("films");
    /// let film: Option<Value> = table.get(json!({"title": "Metropolis"})).consistent().item()?;
    /// assert_eq!(film, Some(json!({"title": "Metropolis"})));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get(&self, key: impl Serialize) -> ItemCall<'_, C> {
        self.item_call("GetItem", "Key", plain_item(&key))
    }

    /// Writes an item, replacing an item with the same key.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    /// use tucuxi::dynamodb::Attr;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Film {
    ///     title: String,
    ///     year: u16,
    /// }
    /// let film = Film { title: "Metropolis".into(), year: 1927 };
    /// client.table("films").put(&film).condition(Attr("title").not_exists()).send()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn put(&self, item: impl Serialize) -> ItemCall<'_, C> {
        self.item_call("PutItem", "Item", plain_item(&item))
    }

    /// Deletes the item with this key.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Attributes": {"year": {"N": "1927"}}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::{Value, json};
    /// use tucuxi::dynamodb::ReturnValues;
    ///
    /// let table = client.table("films");
    /// let old: Option<Value> = table.delete(json!({"title": "M"})).returning(ReturnValues::AllOld).item()?;
    /// assert_eq!(old, Some(json!({"year": 1927})));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete(&self, key: impl Serialize) -> ItemCall<'_, C> {
        self.item_call("DeleteItem", "Key", plain_item(&key))
    }

    /// Updates the item with this key, or creates it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Attributes": {"views": {"N": "8"}}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// use serde_json::{Value, json};
    /// use tucuxi::dynamodb::{ReturnValues, Update};
    ///
    /// let table = client.table("films");
    /// let seen = table.update(json!({"title": "Metropolis"}), Update::new().add("views", 1));
    /// let new: Option<Value> = seen.returning(ReturnValues::UpdatedNew).item()?;
    /// assert_eq!(new, Some(json!({"views": 8})));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&self, key: impl Serialize, update: Update) -> ItemCall<'_, C> {
        let mut call = self.item_call("UpdateItem", "Key", plain_item(&key));
        call.expressions = call.expressions.update(update);
        call
    }

    /// Queries the items with this key, in the order of their sort key.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Items": [{"year": {"N": "1927"}}]}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::Value;
    /// use tucuxi::dynamodb::Key;
    ///
    /// for film in client.table("films").query(Key("title").eq("Metropolis")).items::<Value>() {
    ///     assert_eq!(film?["year"], 1927);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn query(&self, key: KeyCondition) -> Listing<C> {
        Listing::new(self, "Query", Expressions::new().key_condition(key))
    }

    /// Scans all items.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Items": [{"title": {"S": "M"}}]}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let films = client.table("films").scan().items::<serde_json::Value>();
    /// let films: Vec<_> = films.collect::<Result<_, _>>()?;
    /// assert_eq!(films[0]["title"], "M");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scan(&self) -> Listing<C> {
        Listing::new(self, "Scan", Expressions::new())
    }

    /// Scans all items in parallel, in `segments` threads, in no particular order. See [`Listing::items`].
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new()
    /// #     .respond(200, &[], r#"{"Items": [{"n": {"N": "1"}}, {"n": {"N": "2"}}]}"#)
    /// #     .respond(200, &[], r#"{"Items": [{"n": {"N": "3"}}]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let table = client.table("numbers");
    /// let mut sum = 0;
    /// for item in table.parallel_scan(2).items::<serde_json::Value>() {
    ///     sum += item?["n"].as_i64().unwrap_or_default();
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parallel_scan(&self, segments: u32) -> Listing<C> {
        self.scan().segments(segments)
    }

    /// Reads the items with these keys, 100 per call, in no particular order. Duplicate keys are requested once; keys without
    /// an item are skipped.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Responses": {"films": [{"title": {"S": "M"}}]}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// use serde_json::{Value, json};
    ///
    /// let table = client.table("films");
    /// let keys = ["M", "Metropolis"].map(|title| json!({"title": title}));
    /// let found: Vec<Value> = table.batch_get(keys).items().collect::<Result<_, _>>()?;
    /// assert_eq!(found, [json!({"title": "M"})]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch_get<K: Serialize>(&self, keys: impl IntoIterator<Item = K>) -> BatchGet<C> {
        BatchGet::new(
            self.clone(),
            keys.into_iter().map(|key| canonical_item(&key)),
        )
    }
}

impl Table {
    /// Calls any other operation of DynamoDB for this table.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Table": {"ItemCount": 3}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let table = client.table("films");
    /// let described = table.call("DescribeTable", serde_json::json!({}))?;
    /// assert_eq!(described["Table"]["ItemCount"], 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`Client::call`].
    pub fn call(&self, operation: &str, params: Value) -> Result<Value> {
        self.client.call(SERVICE, operation, self.params(params))
    }

    /// Returns a writer that puts and deletes many items, 25 per call. The program must call [`BatchWriter::finish`];
    /// [`Table::with_batch_writer`] does so itself.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let mut writer = client.table("films").batch_writer();
    /// writer.put(serde_json::json!({"title": "M"}))?;
    /// writer.finish()?;
    /// # assert_eq!(replay.sent().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch_writer(&self) -> BatchWriter {
        BatchWriter::blocking(self.clone())
    }

    /// Puts and deletes many items, 25 per call. The rest is written when the closure returns, even if it returns an error.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
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
    /// Returns the closure's error, or an error in the same cases as [`BatchWriter::finish`].
    pub fn with_batch_writer<R>(
        &self,
        write: impl FnOnce(&mut BatchWriter) -> Result<R>,
    ) -> Result<R> {
        let mut writer = self.batch_writer();
        let written = write(&mut writer);
        batch_write::closed(written, writer.finish())
    }
}

/// A builder for a call that reads or writes one item. [`Table::get`], [`put`](Table::put), [`update`](Table::update) and
/// [`delete`](Table::delete) return it.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Attr, Update};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], "{}");
/// # let client = Client::with_transport(config, replay)?;
/// let stock = client.table("stock");
/// let take_one = stock.update(json!({"article": "tucuxi"}), Update::new().add("left", -1));
/// take_one.condition(Attr("left").gte(1)).send()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sent before `send` or `item`"]
#[derive(Debug)]
pub struct ItemCall<'t, C = Client> {
    pub(super) table: &'t Table<C>,
    pub(super) operation: &'static str,
    /// An invalid item is reported when the call is sent.
    params: Result<Value>,
    expressions: Expressions,
}

impl<C: AnyClient> ItemCall<'_, C> {
    /// Writes the item only if this condition holds. Otherwise the error has the code `ConditionalCheckFailedException`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::json;
    /// use tucuxi::dynamodb::Attr;
    ///
    /// let table = client.table("films");
    /// table.delete(json!({"title": "M"})).condition(Attr("draft").eq(true)).send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["ConditionExpression"], "#n0 = :v0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn condition(mut self, condition: Condition) -> Self {
        self.expressions = self.expressions.condition(condition);
        self
    }

    /// Restricts the result to the attributes at these paths.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Item": {"year": {"N": "1927"}}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::{Value, json};
    ///
    /// let table = client.table("films");
    /// let film: Option<Value> = table.get(json!({"title": "Metropolis"})).projection(["year"]).item()?;
    /// assert_eq!(film, Some(json!({"year": 1927})));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn projection<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.expressions = self.expressions.projection(paths);
        self
    }

    /// Uses strongly consistent reads, which cost twice as much.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let table = client.table("films");
    /// table.get(serde_json::json!({"title": "M"})).consistent().send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["ConsistentRead"], true);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consistent(self) -> Self {
        self.param("ConsistentRead", true)
    }

    /// Requests attributes of the written item, which [`item`](Self::item) returns. Puts and deletes support only
    /// [`ReturnValues::AllOld`].
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Attributes": {"views": {"N": "8"}}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::{Value, json};
    /// use tucuxi::dynamodb::{ReturnValues, Update};
    ///
    /// let table = client.table("films");
    /// let seen = table.update(json!({"title": "M"}), Update::new().add("views", 1));
    /// let new: Option<Value> = seen.returning(ReturnValues::UpdatedNew).item()?;
    /// assert_eq!(new, Some(json!({"views": 8})));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn returning(self, values: ReturnValues) -> Self {
        self.param("ReturnValues", values.as_str())
    }

    /// Sets any other parameter of the operation.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let table = client.table("films");
    /// table.get(serde_json::json!({"title": "M"})).param("ReturnConsumedCapacity", "TOTAL").send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["ReturnConsumedCapacity"], "TOTAL");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Ok(params) = &mut self.params {
            params[name] = value.into();
        }
        self
    }

    /// Returns the parameters of the call.
    pub(super) fn merged(self) -> Result<Value> {
        let named = |e: crate::error::Error| e.of_call(SERVICE, self.operation);
        let mut params = self.params.map_err(named)?;
        self.expressions.merge_into(&mut params).map_err(named)?;
        Ok(params)
    }
}

impl ItemCall<'_> {
    /// Sends the call and returns the response, with plain values.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Item": {"year": {"N": "1927"}}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let table = client.table("films");
    /// let response = table.get(serde_json::json!({"title": "Metropolis"})).send()?;
    /// assert_eq!(response["Item"]["year"], 1927);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the item, the key or an expression is invalid, or if the call fails.
    pub fn send(self) -> Result<Value> {
        let (table, operation) = (self.table, self.operation);
        table.call(operation, self.merged()?)
    }

    /// Sends the call and returns the item of the response, if it has one.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Item": {"year": {"N": "1927"}}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// #[derive(serde::Deserialize)]
    /// struct Film {
    ///     year: u16,
    /// }
    /// let table = client.table("films");
    /// let film: Option<Film> = table.get(serde_json::json!({"title": "Metropolis"})).item()?;
    /// assert_eq!(film.map(|film| film.year), Some(1927));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`send`](Self::send), or if the item does not fit the type.
    pub fn item<T: DeserializeOwned>(self) -> Result<Option<T>> {
        item_of(self.send()?)
    }
}

/// The item of a response, if it has one.
pub(super) fn item_of<T: DeserializeOwned>(mut output: Value) -> Result<Option<T>> {
    let item = match take(&mut output, "Item") {
        Value::Null => take(&mut output, "Attributes"),
        item => item,
    };
    match item {
        Value::Null => Ok(None),
        item => from_plain(item).map(Some),
    }
}

/// Which attributes of a written item the service returns, for [`ItemCall::returning`].
///
/// ```
/// use serde_json::{Value, json};
/// use tucuxi::dynamodb::ReturnValues;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"Attributes": {"id": {"N": "7"}, "state": {"S": "open"}}}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let orders = client.table("orders");
/// let replaced: Option<Value> =
///     orders.put(json!({"id": 7, "state": "paid"})).returning(ReturnValues::AllOld).item()?;
/// assert_eq!(replaced.expect("there was an item")["state"], "open");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReturnValues {
    /// The whole item after the update.
    AllNew,
    /// The whole item before the write.
    AllOld,
    /// The updated attributes after the update.
    UpdatedNew,
    /// The updated attributes before the update.
    UpdatedOld,
}

impl ReturnValues {
    /// Returns the value in the API, such as `ALL_NEW`.
    ///
    /// ```
    /// use tucuxi::dynamodb::ReturnValues;
    ///
    /// assert_eq!(ReturnValues::AllNew.as_str(), "ALL_NEW");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllNew => "ALL_NEW",
            Self::AllOld => "ALL_OLD",
            Self::UpdatedNew => "UPDATED_NEW",
            Self::UpdatedOld => "UPDATED_OLD",
        }
    }
}
