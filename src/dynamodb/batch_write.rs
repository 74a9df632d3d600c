//! Many items, written in batches.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Value, json};

use super::backoff::Backoff;
use super::error::DynamoDbError;
use super::table::Table;
use super::{SERVICE, canonical_item, take};
use crate::attribute_value::object;
use crate::error::Result;

/// How many requests a call takes.
const MAX_REQUESTS: usize = 25;
/// How many bytes a call takes.
const MAX_BYTES: usize = 16 << 20;

/// Writes and deletes many items: what it is given is kept until there are 25 requests, or 16 MB, and then sent. What the
/// service leaves unprocessed is sent again with later requests, after a delay that grows.
///
/// [`BatchWriter::finish`] sends the rest. A writer that is dropped before that warns of it in the log and tries to send it,
/// unless the thread panics, and nobody is told if it fails; [`Table::with_batch_writer`] finishes in any case.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = std::sync::Arc::new(Replay::new().answer(200, &[], "{}").answer(200, &[], "{}"));
/// # let client = Client::with_transport(config, replay.clone())?;
/// use serde_json::json;
///
/// let table = client.table("numbers");
/// let mut writer = table.batch_writer();
/// writer.overwrite_by_keys(["n"]);
/// for n in 0..40 {
///     writer.put(json!({"n": n}))?;
/// }
/// writer.delete(json!({"n": 39}))?; // in the place of the last one
/// writer.finish()?;
/// # assert_eq!(replay.sent().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "what is in it is written by `finish`"]
#[derive(Debug)]
pub struct BatchWriter {
    table: Table,
    buffer: VecDeque<Write>,
    bytes: usize,
    keys: Vec<Box<str>>,
    backoff: Backoff,
}

/// One request.
#[derive(Debug)]
struct Write {
    /// `{"PutRequest": {"Item": …}}` or `{"DeleteRequest": {"Key": …}}`, with plain values.
    request: Value,
    bytes: usize,
    /// What it is told from others by, where that is asked for.
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

    /// From now on a request takes the place of an earlier one with the same values of these attributes, which are the table's
    /// key: a call that has two for one item is refused by the service.
    pub fn overwrite_by_keys<K: Into<Box<str>>>(&mut self, names: impl IntoIterator<Item = K>) {
        self.keys = names.into_iter().map(Into::into).collect();
    }

    /// How often in a row the service may leave a whole batch unprocessed: 10 times, if nothing is said.
    pub fn max_attempts(&mut self, attempts: u32) {
        self.backoff.set_max_attempts(attempts);
    }

    /// How many requests are kept and not sent.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Writes an item.
    ///
    /// # Errors
    ///
    /// It is no item that DynamoDB takes, in which case it is left out: it would hold up all that are with it in a batch. Or a batch
    /// was full and could not be sent, in which case all of it is kept.
    pub fn put(&mut self, item: impl Serialize) -> Result<()> {
        let item = canonical_item(&item)?;
        self.add(object("PutRequest", json!({"Item": item})))
    }

    /// Deletes the item with this key.
    ///
    /// # Errors
    ///
    /// As [`BatchWriter::put`].
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

    /// Sends one batch. What is left of it is first in the next one.
    fn send(&mut self) -> Result<()> {
        self.backoff.wait(self.table.client().config());
        let batch = self.next_batch();
        let requests = batch.iter().map(|write| write.request.clone());
        let requests: Vec<Value> = requests.collect();
        let params = json!({"RequestItems": {self.table.name(): requests}});
        let answer = self.table.client().call(SERVICE, "BatchWriteItem", params);
        let left = answer.and_then(|answer| unprocessed(answer, &self.keys));
        match left {
            Ok(left) => {
                let (sent, kept) = (batch.len(), left.len());
                self.put_back(left);
                self.backoff.learn(sent, kept, self.table.name())
            }
            Err(error) => {
                self.put_back(batch);
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
        // one that is too large alone is for the service to refuse
        let batch: Vec<Write> = self.buffer.drain(..count.max(1)).collect();
        self.bytes -= batch.iter().map(|write| write.bytes).sum::<usize>();
        batch
    }

    fn put_back(&mut self, writes: Vec<Write>) {
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

    /// Sends all that is left.
    ///
    /// # Errors
    ///
    /// A call fails, or the service processes nothing for too long. [`DynamoDbError::Unwritten`] has all that was not written.
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
            tracing::error!(table, requests, %error, "a batch writer that was dropped could not write all");
        }
    }
}

impl Write {
    fn new(request: Value, keys: &[Box<str>]) -> Result<Self> {
        let of = ["/PutRequest/Item", "/DeleteRequest/Key"];
        let item = of.into_iter().find_map(|path| request.pointer(path));
        let item = item.ok_or(DynamoDbError::NoObject)?;
        let key = match keys {
            [] => None,
            keys => Some(identity(item, keys)?),
        };
        let bytes = size(item);
        Ok(Self {
            request,
            bytes,
            key,
        })
    }
}

/// The values of these attributes. Items are in the form in which equal values are the same.
fn identity(item: &Value, keys: &[Box<str>]) -> Result<String> {
    let values = keys.iter().map(|name| {
        let value = item.get(&**name).cloned();
        value.ok_or_else(|| DynamoDbError::Value {
            path: (**name).into(),
            reason: "the item lacks this attribute of the table's key".into(),
        })
    });
    let values = values.collect::<Result<Vec<_>, _>>()?;
    Ok(Value::from(values).to_string())
}

/// About how many bytes a value has by the service's count.
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

fn unprocessed(mut answer: Value, keys: &[Box<str>]) -> Result<Vec<Write>> {
    let mut left = take(&mut answer, "UnprocessedItems");
    let tables = left
        .as_object_mut()
        .into_iter()
        .flat_map(|tables| tables.values_mut());
    let requests = tables.filter_map(Value::as_array_mut).flatten();
    requests
        .map(|request| Write::new(request.take(), keys))
        .collect()
}
