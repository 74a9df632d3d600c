//! Batch reads.

use std::collections::{HashSet, VecDeque};
use std::vec;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::backoff::Backoff;
use super::expression::Expressions;
use super::listing::Items;
use super::table::Table;
use super::{SERVICE, take};
use crate::client::{AnyClient, Client};
use crate::error::Result;

pub(super) const BATCH_GET: &str = "BatchGetItem";
/// The maximum number of keys per call.
const MAX_KEYS: usize = 100;

/// A builder for a batch read, which [`Table::batch_get`] returns. Keys that the service leaves unprocessed are requested again,
/// after growing delays.
///
/// ```
/// use serde_json::{Value, json};
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"Responses": {"films": [{"title": {"S": "M"}}]}}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let keys = ["M", "Metropolis"].map(|title| json!({"title": title}));
/// let films = client.table("films").batch_get(keys).consistent().items::<Value>();
/// let films: Vec<Value> = films.collect::<Result<_, _>>()?;
/// assert_eq!(films, [json!({"title": "M"})]); // there is no Metropolis
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sent before `items`"]
#[derive(Debug)]
pub struct BatchGet<C = Client> {
    table: Table<C>,
    /// An invalid key is reported as the first item.
    keys: Result<VecDeque<Value>>,
    params: Value,
    expressions: Expressions,
    backoff: Backoff,
}

impl<C: AnyClient> BatchGet<C> {
    pub(super) fn new(table: Table<C>, keys: impl Iterator<Item = Result<Value>>) -> Self {
        Self {
            table,
            keys: distinct(keys),
            params: json!({}),
            expressions: Expressions::new(),
            backoff: Backoff::new(),
        }
    }

    /// Restricts the result to the attributes at these paths.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Responses": {"films": [{"year": {"N": "1931"}}]}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::{Value, json};
    ///
    /// let films = client.table("films").batch_get([json!({"title": "M"})]).projection(["year"]);
    /// assert_eq!(films.items::<Value>().count(), 1);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["RequestItems"]["films"]["ProjectionExpression"], "#n0");
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
    /// #     .respond(200, &[], r#"{"Responses": {"films": [{"year": {"N": "1931"}}]}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::{Value, json};
    ///
    /// let films = client.table("films").batch_get([json!({"title": "M"})]).consistent();
    /// assert_eq!(films.items::<Value>().count(), 1);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["RequestItems"]["films"]["ConsistentRead"], true);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consistent(mut self) -> Self {
        self.params["ConsistentRead"] = true.into();
        self
    }

    /// Sets how many times in a row the service may leave a whole batch unprocessed. The default is 10.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Responses": {"films": [{"year": {"N": "1931"}}]}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::{Value, json};
    ///
    /// let films = client.table("films").batch_get([json!({"title": "M"})]).max_attempts(3);
    /// assert_eq!(films.items::<Value>().count(), 1);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["RequestItems"]["films"]["Keys"][0]["title"]["S"], "M");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.backoff.set_max_attempts(attempts);
        self
    }

    pub(super) fn reader(mut self) -> Result<Reader<C>> {
        self.expressions.merge_into(&mut self.params)?;
        Ok(Reader {
            table: self.table,
            keys: self.keys?,
            params: self.params,
            backoff: self.backoff,
            found: Vec::new().into_iter(),
        })
    }
}

impl BatchGet {
    /// Returns the items, in no particular order. Errors are items of the iterator. An error of a call is the last item; after
    /// an item that does not fit the type, the iterator continues.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Responses": {"films": [{"year": {"N": "1931"}}]}}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::{Value, json};
    ///
    /// for film in client.table("films").batch_get([json!({"title": "M"})]).items::<Value>() {
    ///     assert_eq!(film?["year"], 1931);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn items<T: DeserializeOwned>(self) -> Items<T> {
        match self.reader() {
            Ok(reader) => Items::iterator(reader),
            Err(error) => Items::iterator(std::iter::once(Err(error))),
        }
    }
}

/// Removes duplicate keys, which the service refuses.
fn distinct(keys: impl Iterator<Item = Result<Value>>) -> Result<VecDeque<Value>> {
    let mut known = HashSet::new();
    let mut distinct = VecDeque::new();
    for key in keys {
        let mut key = key?;
        key.sort_all_objects();
        if known.insert(key.to_string()) {
            distinct.push_back(key);
        }
    }
    Ok(distinct)
}

/// Reads batches, until all keys are processed.
pub(super) struct Reader<C = Client> {
    pub(super) table: Table<C>,
    pub(super) keys: VecDeque<Value>,
    params: Value,
    pub(super) backoff: Backoff,
    /// The items of the last batch.
    pub(super) found: vec::IntoIter<Value>,
}

impl<C: AnyClient> Reader<C> {
    /// Returns the parameters of the next batch, and its number of keys.
    pub(super) fn next_batch(&mut self) -> (Value, usize) {
        let sent = self.keys.len().min(MAX_KEYS);
        let keys: Vec<Value> = self.keys.drain(..sent).collect();
        self.params["Keys"] = keys.into();
        let params = json!({"RequestItems": {self.table.name(): self.params}});
        (params, sent)
    }

    /// Receives a batch. Its unprocessed keys come first in the next one. After an error there is no other.
    pub(super) fn received(&mut self, sent: usize, response: Result<Value>) -> Result<()> {
        let received = response.and_then(|mut response| {
            let unprocessed = concat(take(&mut response, "UnprocessedKeys"), |mut table| {
                take(&mut table, "Keys")
            });
            self.found = concat(take(&mut response, "Responses"), |items| items).into_iter();
            let kept = unprocessed.len();
            for key in unprocessed.into_iter().rev() {
                self.keys.push_front(key);
            }
            self.backoff.record(sent, kept, self.table.name())
        });
        received.inspect_err(|_| self.keys.clear())
    }
}

impl Iterator for Reader {
    type Item = Result<Value>;
    fn next(&mut self) -> Option<Result<Value>> {
        loop {
            if let Some(item) = self.found.next() {
                return Some(Ok(item));
            }
            if self.keys.is_empty() {
                return None;
            }
            self.backoff.wait(self.table.client().config());
            let (params, sent) = self.next_batch();
            let response = self.table.client().call(SERVICE, BATCH_GET, params);
            if let Err(error) = self.received(sent, response) {
                return Some(Err(error));
            }
        }
    }
}

/// Concatenates the lists of all tables.
fn concat(tables: Value, list: fn(Value) -> Value) -> Vec<Value> {
    let Value::Object(tables) = tables else {
        return Vec::new();
    };
    let lists = tables.into_iter().map(|(_, table)| list(table));
    let items = lists.filter_map(|list| match list {
        Value::Array(items) => Some(items),
        _ => None,
    });
    items.flatten().collect()
}
