//! Batch writes.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Value, json};

use super::backoff::Backoff;
use super::error::DynamoDbError;
use super::table::Table;
use super::{SERVICE, canonical_item, take};
use crate::attribute_value::object;
use crate::client::{AnyClient, Client};
use crate::error::Result;

pub(super) const BATCH_WRITE: &str = "BatchWriteItem";
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
pub struct BatchWriter<C = Client> {
    pub(super) table: Table<C>,
    buffer: VecDeque<Write>,
    bytes: usize,
    /// The batch that is being sent.
    sending: Vec<Write>,
    keys: Vec<String>,
    pub(super) backoff: Backoff,
    /// Sends what a dropped writer has buffered.
    last_resort: Option<fn(&mut Self) -> Result<()>>,
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

impl<C: AnyClient> BatchWriter<C> {
    pub(super) fn new(table: Table<C>, last_resort: Option<fn(&mut Self) -> Result<()>>) -> Self {
        Self {
            table,
            buffer: VecDeque::new(),
            bytes: 0,
            sending: Vec::new(),
            keys: Vec::new(),
            backoff: Backoff::new(),
            last_resort,
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
        self.buffer.len() + self.sending.len()
    }

    /// Buffers a write of an item.
    pub(super) fn buffer_put(&mut self, item: &impl Serialize) -> Result<()> {
        let item = canonical_item(item)?;
        self.add(object("PutRequest", json!({"Item": item})))
    }

    /// Buffers the deletion of an item.
    pub(super) fn buffer_delete(&mut self, key: &impl Serialize) -> Result<()> {
        let key = canonical_item(key)?;
        self.add(object("DeleteRequest", json!({"Key": key})))
    }

    fn add(&mut self, request: Value) -> Result<()> {
        let write = Write::new(request, &self.keys)?;
        self.recover();
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
        Ok(())
    }

    /// Buffers a batch again that may not have been processed.
    fn recover(&mut self) {
        let writes = std::mem::take(&mut self.sending);
        self.requeue(writes);
    }

    /// Whether a batch is full.
    pub(super) fn is_full(&self) -> bool {
        self.buffer.len() >= MAX_REQUESTS || self.bytes >= MAX_BYTES
    }

    /// Begins the next batch and returns its parameters.
    pub(super) fn next_batch(&mut self) -> Value {
        // of a future that was dropped while it waited for the response
        self.recover();
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
        self.sending = self.buffer.drain(..count.max(1)).collect();
        self.bytes -= self.sending.iter().map(|write| write.bytes).sum::<usize>();
        let requests = self.sending.iter().map(|write| write.request.clone());
        let requests: Vec<Value> = requests.collect();
        json!({"RequestItems": {self.table.name(): requests}})
    }

    /// Ends a batch. Its unprocessed requests come first in the next one.
    pub(super) fn received(&mut self, response: Result<Value>) -> Result<()> {
        let left = response.and_then(|response| unprocessed(response, &self.keys));
        let left = left.inspect_err(|_| self.recover())?;
        let (sent, kept) = (std::mem::take(&mut self.sending).len(), left.len());
        self.requeue(left);
        self.backoff.record(sent, kept, self.table.name())
    }

    fn requeue(&mut self, writes: Vec<Write>) {
        for write in writes.into_iter().rev() {
            self.bytes += write.bytes;
            self.buffer.push_front(write);
        }
    }

    /// Adds the requests that were not written to an error.
    pub(super) fn unwritten(&mut self, sent: Result<()>) -> Result<()> {
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

impl BatchWriter {
    pub(super) fn blocking(table: Table) -> Self {
        Self::new(table, Some(Self::send_all))
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
        self.buffer_put(&item)?;
        self.send_full()
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
        self.buffer_delete(&key)?;
        self.send_full()
    }

    fn send_full(&mut self) -> Result<()> {
        while self.is_full() {
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        self.backoff.wait(self.table.client().config());
        let params = self.next_batch();
        let response = self.table.client().call(SERVICE, BATCH_WRITE, params);
        self.received(response)
    }

    fn send_all(&mut self) -> Result<()> {
        while self.pending() > 0 {
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
        self.unwritten(sent)
    }
}

impl<C> Drop for BatchWriter<C> {
    fn drop(&mut self) {
        let requests = self.buffer.len() + self.sending.len();
        if requests == 0 {
            return;
        }
        let table = self.table.name.clone();
        tracing::warn!(
            table,
            requests,
            "a batch writer was dropped before it was finished"
        );
        // a second panic would end the program
        let last_resort = self.last_resort.filter(|_| !std::thread::panicking());
        if let Some(send_all) = last_resort
            && let Err(error) = send_all(self)
        {
            let requests = self.buffer.len();
            tracing::error!(table, requests, %error, "a dropped batch writer could not write its requests");
        }
    }
}

/// Ends the scope of a writer: the result of its closure, and that of finishing it.
pub(super) fn closed<R>(written: Result<R>, finished: Result<()>) -> Result<R> {
    match (written, finished) {
        (written, Ok(())) => written,
        (Ok(_), Err(unwritten)) => Err(unwritten),
        (Err(error), Err(unwritten)) => {
            // the unwritten requests are the more important error
            tracing::warn!(%error, "the closure of a batch writer failed, and its requests could not be written");
            Err(unwritten)
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
