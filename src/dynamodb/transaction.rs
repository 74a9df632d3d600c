//! Transactions: several items written, or read, all at once or not at all.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::condition::Condition;
use super::error::DynamoDbError;
use super::expression::Expressions;
use super::table::Table;
use super::update::Update;
use super::{SERVICE, from_plain, plain, plain_item, take};
use crate::attribute_value::object;
use crate::client::{AnyClient, Client};
use crate::error::{Error, Result, ServiceError};

pub(super) const WRITE: &str = "TransactWriteItems";
pub(super) const GET: &str = "TransactGetItems";

impl Client {
    /// Starts a transaction that writes, deletes and checks up to 100 items of any tables: all of it happens, or nothing.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::dynamodb::{Attr, Update};
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
    ///
    /// let (orders, stock, customers) = (client.table("orders"), client.table("stock"), client.table("customers"));
    /// client
    ///     .transact_write()
    ///     .put(&orders, json!({"id": 7, "article": "tucuxi"}))
    ///     .condition(Attr("id").not_exists())
    ///     .update(&stock, json!({"article": "tucuxi"}), Update::new().add("left", -1))
    ///     .condition(Attr("left").gte(1))
    ///     .check(&customers, json!({"id": 1}), Attr("active").eq(true))
    ///     .send()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn transact_write(&self) -> TransactWrite {
        TransactWrite::new(self)
    }

    /// Starts a transaction that reads up to 100 items of any tables in one consistent state.
    ///
    /// ```
    /// use serde_json::{Value, json};
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let responses = r#"{"Responses": [{"Item": {"left": {"N": "3"}}}, {}]}"#;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], responses))?;
    /// let (stock, orders) = (client.table("stock"), client.table("orders"));
    /// let found: Vec<Option<Value>> = client
    ///     .transact_get()
    ///     .get(&stock, json!({"article": "tucuxi"}))
    ///     .projection(["left"])
    ///     .get(&orders, json!({"id": 8}))
    ///     .items()?;
    /// assert_eq!(found, [Some(json!({"left": 3})), None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn transact_get(&self) -> TransactGet {
        TransactGet::new(self)
    }
}

/// One action of a transaction.
#[derive(Debug)]
struct Action {
    /// The member of `TransactWriteItem` or `TransactGetItem`.
    kind: &'static str,
    params: Result<Value>,
    expressions: Expressions,
}

impl Action {
    fn new<C: AnyClient>(
        kind: &'static str,
        table: &Table<C>,
        member: &str,
        value: impl Serialize,
    ) -> Self {
        let params = plain_item(&value);
        Self {
            kind,
            params: params.map(|value| json!({"TableName": table.name(), member: value})),
            expressions: Expressions::new(),
        }
    }

    fn into_params(self) -> Result<Value> {
        let mut params = self.params?;
        self.expressions.merge_into(&mut params)?;
        Ok(object(self.kind, params))
    }
}

/// The value of `TransactItems`.
fn transact_items(actions: Vec<Action>) -> Result<Value> {
    let actions = actions.into_iter().enumerate();
    let items = actions.map(|(index, action)| {
        action.into_params().map_err(|error| {
            let source = Box::new(error);
            DynamoDbError::Action { index, source }.into()
        })
    });
    items.collect::<Result<Vec<_>>>().map(Value::from)
}

/// Applies `change` to the last action. Without one, the first such mistake is returned when the transaction is sent.
fn change_last(
    actions: &mut [Action],
    error: &mut Option<Error>,
    what: &'static str,
    change: impl FnOnce(&mut Action),
) {
    match actions.last_mut() {
        Some(action) => change(action),
        None => {
            error.get_or_insert_with(|| DynamoDbError::NoAction(what).into());
        }
    }
}

/// A builder for a transaction that writes items, which [`Client::transact_write`] returns.
///
/// [`condition`](Self::condition) and [`return_old_on_failure`](Self::return_old_on_failure) belong to the action before them.
/// If the service cancels the transaction, [`cancellation_reasons`] reads the reasons from the error.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Attr, Update};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], "{}");
/// # let client = Client::with_transport(config, replay)?;
/// let (from, to) = (json!({"id": 1}), json!({"id": 2}));
/// let accounts = client.table("accounts");
/// let transfer = client
///     .transact_write()
///     .update(&accounts, from, Update::new().add("balance", -100))
///     .condition(Attr("balance").gte(100))
///     .update(&accounts, to, Update::new().add("balance", 100));
/// transfer.send()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sent before `send`"]
#[derive(Debug)]
pub struct TransactWrite<C = Client> {
    pub(super) client: C,
    actions: Vec<Action>,
    token: Option<String>,
    error: Option<Error>,
}

impl<C: AnyClient> TransactWrite<C> {
    pub(super) fn new(client: &C) -> Self {
        Self {
            client: plain(client),
            actions: Vec::new(),
            token: None,
            error: None,
        }
    }

    fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Writes an item, replacing an item with the same key.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::json;
    ///
    /// let films = client.table("films");
    /// client.transact_write().put(&films, json!({"title": "M"})).send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["TransactItems"][0]["Put"]["TableName"], "films");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn put(self, table: &Table<C>, item: impl Serialize) -> Self {
        self.action(Action::new("Put", table, "Item", item))
    }

    /// Updates the item with this key, or creates it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::json;
    /// use tucuxi::dynamodb::Update;
    ///
    /// let films = client.table("films");
    /// client.transact_write().update(&films, json!({"title": "M"}), Update::new().add("views", 1)).send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["TransactItems"][0]["Update"]["UpdateExpression"], "ADD #n0 :v0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(self, table: &Table<C>, key: impl Serialize, update: Update) -> Self {
        let mut action = Action::new("Update", table, "Key", key);
        action.expressions = action.expressions.update(update);
        self.action(action)
    }

    /// Deletes the item with this key.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::json;
    ///
    /// let films = client.table("films");
    /// client.transact_write().delete(&films, json!({"title": "M"})).send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["TransactItems"][0]["Delete"]["TableName"], "films");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delete(self, table: &Table<C>, key: impl Serialize) -> Self {
        self.action(Action::new("Delete", table, "Key", key))
    }

    /// Checks a condition of an item that the transaction does not change.
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
    /// let films = client.table("films");
    /// client.transact_write().check(&films, json!({"title": "M"}), Attr("draft").not_exists()).send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["TransactItems"][0]["ConditionCheck"]["TableName"], "films");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(self, table: &Table<C>, key: impl Serialize, condition: Condition) -> Self {
        self.action(Action::new("ConditionCheck", table, "Key", key))
            .condition(condition)
    }

    /// Adds a condition to the last action. If it is false, the whole transaction is cancelled.
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
    /// let films = client.table("films");
    /// client.transact_write().put(&films, json!({"title": "M"})).condition(Attr("title").not_exists()).send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["TransactItems"][0]["Put"]["ConditionExpression"], "attribute_not_exists(#n0)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn condition(mut self, condition: Condition) -> Self {
        change_last(&mut self.actions, &mut self.error, "condition", |action| {
            let expressions = std::mem::take(&mut action.expressions);
            action.expressions = expressions.condition(condition);
        });
        self
    }

    /// Requests the current item if the last action's condition is false. [`CancellationReason::item`] returns it.
    pub fn return_old_on_failure(mut self) -> Self {
        let name = "return_old_on_failure";
        change_last(&mut self.actions, &mut self.error, name, |action| {
            if let Ok(params) = &mut action.params {
                params["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
            }
        });
        self
    }

    /// Makes the transaction idempotent across calls: for ten minutes, the service executes a transaction with the same token
    /// only once. Retries of one call are always idempotent, as each call has a random token.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::json;
    ///
    /// let films = client.table("films");
    /// client.transact_write().put(&films, json!({"title": "M"})).client_request_token("order-7").send()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["ClientRequestToken"], "order-7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn client_request_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Returns the parameters of the call.
    pub(super) fn params(self) -> Result<Value> {
        let named = |error: Error| error.of_call(SERVICE, WRITE);
        if let Some(error) = self.error {
            return Err(named(error));
        }
        let items = transact_items(self.actions).map_err(named)?;
        let mut params = json!({"TransactItems": items});
        if let Some(token) = self.token {
            params["ClientRequestToken"] = token.into();
        }
        Ok(params)
    }
}

impl TransactWrite {
    /// Sends the transaction and returns the response, which has members only if consumed capacity or metrics were requested.
    ///
    /// # Errors
    ///
    /// Returns an error if an item, a key or an expression is invalid, if the service cancels the transaction (see
    /// [`cancellation_reasons`]), or if the call fails.
    pub fn send(self) -> Result<Value> {
        let client = self.client.clone();
        client.call(SERVICE, WRITE, self.params()?)
    }
}

/// A builder for a transaction that reads items, which [`Client::transact_get`] returns.
///
/// ```
/// use serde_json::{Value, json};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let found = r#"{"Responses": [{"Item": {"balance": {"N": "5"}}}, {"Item": {"balance": {"N": "7"}}}]}"#;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[], found))?;
/// let accounts = client.table("accounts");
/// let both = client.transact_get().get(&accounts, json!({"id": 1})).get(&accounts, json!({"id": 2}));
/// let both: Vec<Option<Value>> = both.items()?;
/// assert_eq!(both, [Some(json!({"balance": 5})), Some(json!({"balance": 7}))]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sent before `send` or `items`"]
#[derive(Debug)]
pub struct TransactGet<C = Client> {
    pub(super) client: C,
    actions: Vec<Action>,
    error: Option<Error>,
}

impl<C: AnyClient> TransactGet<C> {
    pub(super) fn new(client: &C) -> Self {
        Self {
            client: plain(client),
            actions: Vec::new(),
            error: None,
        }
    }

    /// Reads the item with this key.
    pub fn get(mut self, table: &Table<C>, key: impl Serialize) -> Self {
        self.actions.push(Action::new("Get", table, "Key", key));
        self
    }

    /// Restricts the last item to the attributes at these paths.
    pub fn projection<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        change_last(&mut self.actions, &mut self.error, "projection", |action| {
            let expressions = std::mem::take(&mut action.expressions);
            action.expressions = expressions.projection(paths);
        });
        self
    }

    /// Returns the parameters of the call.
    pub(super) fn params(self) -> Result<Value> {
        let named = |error: Error| error.of_call(SERVICE, GET);
        if let Some(error) = self.error {
            return Err(named(error));
        }
        let items = transact_items(self.actions).map_err(named)?;
        Ok(json!({"TransactItems": items}))
    }
}

impl TransactGet {
    /// Sends the transaction and returns the response, with plain values.
    ///
    /// # Errors
    ///
    /// Returns an error if a key or a path is invalid, if the service cancels the transaction, or if the call fails.
    pub fn send(self) -> Result<Value> {
        let client = self.client.clone();
        client.call(SERVICE, GET, self.params()?)
    }

    /// Sends the transaction and returns the items in the order of their keys, `None` for a key that has no item.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`send`](Self::send), or if an item does not fit the type.
    pub fn items<T: DeserializeOwned>(self) -> Result<Vec<Option<T>>> {
        items_of(self.send()?)
    }
}

/// The items of a response.
pub(super) fn items_of<T: DeserializeOwned>(mut output: Value) -> Result<Vec<Option<T>>> {
    let Value::Array(responses) = take(&mut output, "Responses") else {
        return Ok(Vec::new());
    };
    let items = responses
        .into_iter()
        .map(|mut response| take(&mut response, "Item"));
    items
        .map(|item| match item {
            Value::Null => Ok(None),
            item => from_plain(item).map(Some),
        })
        .collect()
}

/// The reason why one action cancelled a transaction. [`cancellation_reasons`] returns it.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Attr, cancellation_reasons};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let cancelled = r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons":
/// #     [{"Code": "ConditionalCheckFailed", "Message": "m", "Item": {"id": {"N": "7"}, "state": {"S": "paid"}}}]}"#;
/// # let client = Client::with_transport(config, Replay::new().respond(400, &[], cancelled))?;
/// let orders = client.table("orders");
/// let delete = client.transact_write().delete(&orders, json!({"id": 7}));
/// let error = delete.condition(Attr("state").eq("open")).return_old_on_failure().send().unwrap_err();
/// let reason = &cancellation_reasons(&error)[0];
/// assert_eq!((reason.index, &*reason.code), (0, "ConditionalCheckFailed"));
/// assert_eq!(reason.item.as_ref().expect("it was requested")["state"], "paid");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CancellationReason {
    /// The position of the action in the transaction, from 0.
    pub index: usize,
    /// The code, such as `ConditionalCheckFailed`, `TransactionConflict` or `ThrottlingError`.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// The current item, if [`TransactWrite::return_old_on_failure`] requested it and the condition was false.
    pub item: Option<Value>,
}

/// Returns the reasons why a transaction was cancelled, one for each action that failed; none for any other error.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Attr, cancellation_reasons};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let cancelled = r#"{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons":
/// #     [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}]}"#;
/// # let client = Client::with_transport(config, Replay::new().respond(400, &[], cancelled))?;
/// # let (carts, orders) = (client.table("carts"), client.table("orders"));
/// let order = client
///     .transact_write()
///     .delete(&carts, json!({"id": 7}))
///     .put(&orders, json!({"id": 7}))
///     .condition(Attr("id").not_exists());
/// let error = order.send().unwrap_err();
/// for reason in cancellation_reasons(&error) {
///     println!("action {}: {}", reason.index, reason.code); // action 1: ConditionalCheckFailed
/// }
/// # assert_eq!(cancellation_reasons(&error).len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cancellation_reasons(error: &Error) -> Vec<CancellationReason> {
    let error = error.downcast_ref::<ServiceError>();
    let reasons = error.and_then(|error| error.value.get("CancellationReasons")?.as_array());
    let reasons = reasons.into_iter().flatten().enumerate();
    reasons
        .filter_map(|(index, reason)| {
            let text = |name: &str| reason.get(name).and_then(Value::as_str);
            // actions that did not fail have the code `None`
            let code = text("Code").filter(|code| *code != "None")?;
            Some(CancellationReason {
                index,
                code: code.into(),
                message: text("Message").unwrap_or_default().into(),
                item: reason.get("Item").filter(|item| !item.is_null()).cloned(),
            })
        })
        .collect()
}
