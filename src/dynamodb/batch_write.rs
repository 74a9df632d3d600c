//! Batch writes.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Value, json};

use super::backoff::Backoff;
use super::error::DynamoDbError;
use super::table::Table;
use super::{SERVICE, canonical_item, take};
use crate::attribute_value::object;
use crate::error::Result;

/// The maximum number of requests per call.
const MAX_REQUESTS: usize = 25;
/// The maximum size of a call, in bytes.
const MAX_BYTES: usize = 16 << 20;

/// A writer that puts and deletes many items. [`Table::batch_writer`] returns it. Requests are buffered and sent in batches of 25
/// requests or 16 MB. Requests that the service leaves unprocessed are sent again in later batches, after growing delays.
///
/// [`BatchWriter::finish`] sends the rest. A writer that is dropped with buffered requests logs a warning and tries to send
/// them, unless the thread panics; failures are only logged. [`Table::with_batch_writer`] always finishes.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = std::sync::Arc::new(Replay::new().respond(200, &[], "{}").respond(200, &[], "{}"));
/// # let client = Client::with_transport(config, replay.clone())?;
/// use serde_json::json;
///
/// let table = client.table("numbers");
/// let mut writer = table.batch_writer();
/// writer.overwrite_by_keys(["n"]);
/// for n in 0..40 {
///     writer.put(json!({"n": n}))?;
/// }
/// writer.delete(json!({"n": 39}))?; // replaces the last request
/// writer.finish()?;
/// # assert_eq!(replay.sent().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "buffered requests are sent by `finish`"]
#[derive(Debug)]
pub struct BatchWriter {
    table: Table,
    buffer: VecDeque<Write>,
    bytes: usize,
    keys: Vec<String>,
    backoff: Backoff,
}

/// A buffered request.
#[derive(Debug)]
struct Write {
    /// `{"PutRequest": {"Item": …}}` or `{"DeleteRequest": {"Key": …}}`, with plain values.
    request: Value,
    bytes: usize,
    /// The values of the key attributes, if duplicates are removed.
    key: Option<String>,
}

impl BatchWriter {
    pub(super) fn new(table: Table) -> Self {
        Self {
            table,
            buffer: VecDeque::new(),
            bytes: 0,
            keys: Vec::new(),
            backoff: Backoff::new(),
        }
    }

    /// Sets the names of the table's key attributes. From now on, a request replaces a buffered request for the same item: the
    /// service refuses a batch with two requests for one item.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use serde_json::json;
    ///
    /// let mut writer = client.table("films").batch_writer();
    /// writer.overwrite_by_keys(["title"]);
    /// writer.put(json!({"title": "M", "year": 1930}))?;
    /// writer.put(json!({"title": "M", "year": 1931}))?;
    /// assert_eq!(writer.pending(), 1);
    /// writer.finish()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn overwrite_by_keys<K: Into<String>>(&mut self, names: impl IntoIterator<Item = K>) {
        self.keys = names.into_iter().map(Into::into).collect();
    }

    /// Sets how many times in a row the service may leave a whole batch unprocessed. The default is 10.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let mut writer = client.table("films").batch_writer();
    /// writer.max_attempts(3);
    /// # writer.finish()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_attempts(&mut self, attempts: u32) {
        self.backoff.set_max_attempts(attempts);
    }

    /// Returns the number of buffered requests.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let mut writer = client.table("films").batch_writer();
    /// writer.put(serde_json::json!({"title": "M"}))?;
    /// assert_eq!(writer.pending(), 1);
    /// # writer.finish()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Writes an item.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let mut writer = client.table("films").batch_writer();
    /// writer.put(serde_json::json!({"title": "M", "year": 1931}))?;
    /// writer.finish()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["RequestItems"]["films"][0]["PutRequest"]["Item"]["year"]["N"], "1931");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the item is invalid, which is then not buffered, as it would block the other items of its batch; or
    /// if a full batch could not be sent, which is then kept.
    pub fn put(&mut self, item: impl Serialize) -> Result<()> {
        let item = canonical_item(&item)?;
        self.add(object("PutRequest", json!({"Item": item})))
    }

    /// Deletes the item with this key.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let mut writer = client.table("films").batch_writer();
    /// writer.delete(serde_json::json!({"title": "Untitled"}))?;
    /// writer.finish()?;
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["RequestItems"]["films"][0]["DeleteRequest"]["Key"]["title"]["S"], "Untitled");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`BatchWriter::put`].
    pub fn delete(&mut self, key: impl Serialize) -> Result<()> {
        let key = canonical_item(&key)?;
        self.add(object("DeleteRequest", json!({"Key": key})))
    }

    fn add(&mut self, request: Value) -> Result<()> {
        let write = Write::new(request, &self.keys)?;
        if let Some(key) = &write.key
            && let Some(known) = self
                .buffer
                .iter()
                .position(|one| one.key.as_ref() == Some(key))
            && let Some(known) = self.buffer.remove(known)
        {
            self.bytes -= known.bytes;
        }
        self.bytes += write.bytes;
        self.buffer.push_back(write);
        while self.buffer.len() >= MAX_REQUESTS || self.bytes >= MAX_BYTES {
            self.send()?;
        }
        Ok(())
    }

    /// Sends one batch. Its unprocessed requests come first in the next one.
    fn send(&mut self) -> Result<()> {
        self.backoff.wait(self.table.client().config());
        let batch = self.next_batch();
        let requests = batch.iter().map(|write| write.request.clone());
        let requests: Vec<Value> = requests.collect();
        let params = json!({"RequestItems": {self.table.name(): requests}});
        let response = self.table.client().call(SERVICE, "BatchWriteItem", params);
        let left = response.and_then(|response| unprocessed(response, &self.keys));
        match left {
            Ok(left) => {
                let (sent, kept) = (batch.len(), left.len());
                self.requeue(left);
                self.backoff.record(sent, kept, self.table.name())
            }
            Err(error) => {
                self.requeue(batch);
                Err(error)
            }
        }
    }

    fn next_batch(&mut self) -> Vec<Write> {
        let mut bytes = 0;
        let fits = |write: &&Write| {
            bytes += write.bytes;
            bytes <= MAX_BYTES
        };
        let count = self
            .buffer
            .iter()
            .take(MAX_REQUESTS)
            .take_while(fits)
            .count();
        // a request that is too large on its own is left for the service to refuse
        let batch: Vec<Write> = self.buffer.drain(..count.max(1)).collect();
        self.bytes -= batch.iter().map(|write| write.bytes).sum::<usize>();
        batch
    }

    fn requeue(&mut self, writes: Vec<Write>) {
        for write in writes.into_iter().rev() {
            self.bytes += write.bytes;
            self.buffer.push_front(write);
        }
    }

    fn send_all(&mut self) -> Result<()> {
        while !self.buffer.is_empty() {
            self.send()?;
        }
        Ok(())
    }

    /// Sends the remaining requests.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let mut writer = client.table("films").batch_writer();
    /// for title in ["M", "Metropolis"] {
    ///     writer.put(serde_json::json!({"title": title}))?;
    /// }
    /// writer.finish()?;
    /// # assert_eq!(replay.sent().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`DynamoDbError::Unwritten`], with the requests that were not written, if a call fails or the service repeatedly
    /// processes nothing.
    pub fn finish(mut self) -> Result<()> {
        let sent = self.send_all();
        sent.map_err(|source| {
            let requests = self.buffer.drain(..).map(|write| write.request).collect();
            let unwritten = DynamoDbError::Unwritten {
                table: self.table.name().into(),
                requests,
                source,
            };
            unwritten.into()
        })
    }
}

impl Drop for BatchWriter {
    fn drop(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        let (table, requests) = (self.table.name().to_owned(), self.buffer.len());
        tracing::warn!(
            table,
            requests,
            "a batch writer was dropped before it was finished"
        );
        // a second panic would end the program
        if std::thread::panicking() {
            return;
        }
        if let Err(error) = self.send_all() {
            let requests = self.buffer.len();
            tracing::error!(table, requests, %error, "a dropped batch writer could not write its requests");
        }
    }
}

impl Write {
    fn new(request: Value, keys: &[String]) -> Result<Self> {
        let of = ["/PutRequest/Item", "/DeleteRequest/Key"];
        let item = of.into_iter().find_map(|path| request.pointer(path));
        let item = item.ok_or(DynamoDbError::NotAnObject)?;
        let key = match keys {
            [] => None,
            keys => Some(key_values(item, keys)?),
        };
        let bytes = size(item);
        Ok(Self {
            request,
            bytes,
            key,
        })
    }
}

/// The values of the key attributes. Equal values have equal texts, as items are canonical.
fn key_values(item: &Value, keys: &[String]) -> Result<String> {
    let values = keys.iter().map(|name| {
        let value = item.get(name).cloned();
        value.ok_or_else(|| DynamoDbError::InvalidValue {
            path: name.clone(),
            reason: "the item lacks this key attribute".into(),
        })
    });
    let values = values.collect::<Result<Vec<_>, _>>()?;
    Ok(Value::from(values).to_string())
}

/// The approximate size of a value by the service's rules, in bytes.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(_) => 21,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 3,
        Value::Object(members) => {
            let members = members.iter();
            members
                .map(|(name, value)| name.len() + size(value) + 1)
                .sum::<usize>()
                + 3
        }
    }
}

fn unprocessed(mut response: Value, keys: &[String]) -> Result<Vec<Write>> {
    let mut left = take(&mut response, "UnprocessedItems");
    let tables = left
        .as_object_mut()
        .into_iter()
        .flat_map(|tables| tables.values_mut());
    let requests = tables.filter_map(Value::as_array_mut).flatten();
    requests
        .map(|request| Write::new(request.take(), keys))
        .collect()
}
