//! Many items, read in batches.

use std::collections::{HashSet, VecDeque};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::backoff::Backoff;
use super::expression::Expressions;
use super::listing::Items;
use super::table::Table;
use super::{SERVICE, take};
use crate::error::Result;

/// How many keys a call takes.
const MAX_KEYS: usize = 100;

/// A reading of many items that is being put together. What the service leaves unprocessed is asked for again, after a delay
/// that grows.
#[must_use = "nothing is asked before `items`"]
#[derive(Debug)]
pub struct BatchGet {
    table: Table,
    /// A fault is told in the place of the first item.
    keys: Result<VecDeque<Value>>,
    params: Value,
    expressions: Expressions,
    backoff: Backoff,
}

impl BatchGet {
    pub(super) fn new(table: Table, keys: impl Iterator<Item = Result<Value>>) -> Self {
        Self {
            table,
            keys: distinct(keys),
            params: json!({}),
            expressions: Expressions::new(),
            backoff: Backoff::new(),
        }
    }

    /// The paths of the attributes that are given, where not all are wanted.
    pub fn projection<P: Into<Box<str>>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.expressions = self.expressions.projection(paths);
        self
    }

    /// Reads what was written last, for a higher price.
    pub fn consistent(mut self) -> Self {
        self.params["ConsistentRead"] = true.into();
        self
    }

    /// How often in a row the service may leave a whole batch unprocessed: 10 times, if nothing is said.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.backoff.set_max_attempts(attempts);
        self
    }

    /// The items, as they come. An error comes in the place of an item. One of a call is the last; behind an item that does not fit
    /// the type others follow.
    pub fn items<T: DeserializeOwned>(self) -> Items<T> {
        match self.reading() {
            Ok(reading) => Items::new(reading),
            Err(error) => Items::new(std::iter::once(Err(error))),
        }
    }

    fn reading(mut self) -> Result<Reading> {
        self.expressions.merge_into(&mut self.params)?;
        Ok(Reading {
            table: self.table,
            keys: self.keys?,
            params: self.params,
            backoff: self.backoff,
            found: Vec::new().into_iter(),
        })
    }
}

/// The service refuses a key that comes twice.
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

struct Reading {
    table: Table,
    keys: VecDeque<Value>,
    params: Value,
    backoff: Backoff,
    found: std::vec::IntoIter<Value>,
}

impl Reading {
    /// Asks for one batch. What is left of it is first in the next one.
    fn read(&mut self) -> Result<()> {
        self.backoff.wait(self.table.client().config());
        let sent = self.keys.len().min(MAX_KEYS);
        let keys: Vec<Value> = self.keys.drain(..sent).collect();
        self.params["Keys"] = keys.into();
        let params = json!({"RequestItems": {self.table.name(): self.params}});
        let mut answer = self.table.client().call(SERVICE, "BatchGetItem", params)?;
        let left = each(take(&mut answer, "UnprocessedKeys"), |mut table| {
            take(&mut table, "Keys")
        });
        self.found = each(take(&mut answer, "Responses"), |items| items).into_iter();
        let kept = left.len();
        for key in left.into_iter().rev() {
            self.keys.push_front(key);
        }
        self.backoff.learn(sent, kept, self.table.name())
    }
}

impl Iterator for Reading {
    type Item = Result<Value>;
    fn next(&mut self) -> Option<Result<Value>> {
        loop {
            if let Some(item) = self.found.next() {
                return Some(Ok(item));
            }
            if self.keys.is_empty() {
                return None;
            }
            if let Err(error) = self.read() {
                self.keys.clear();
                return Some(Err(error));
            }
        }
    }
}

/// What the lists of all tables hold.
fn each(tables: Value, list: fn(Value) -> Value) -> Vec<Value> {
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
