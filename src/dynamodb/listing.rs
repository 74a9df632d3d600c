//! Queries and scans.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::condition::Condition;
use super::expression::Expressions;
use super::segments::Segments;
use super::table::Table;
use super::{SERVICE, from_plain};
use crate::error::Result;
use crate::paginate::Pages;

/// A query or a scan that is being put together.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new()
/// #     .answer(200, &[], r#"{"Items": [{"year": {"N": "1927"}}], "LastEvaluatedKey": {"title": {"S": "M"}}}"#)
/// #     .answer(200, &[], r#"{"Items": [{"year": {"N": "1984"}}]}"#);
/// # let client = Client::with_transport(config, replay)?;
/// use serde_json::Value;
/// use tucuxi::dynamodb::{Attr, Key};
///
/// let films = client.table("films");
/// let german = films.query(Key("country").eq("de")).index("by-country").filter(Attr("year").lt(2000));
/// let years = german.projection(["year"]).page_size(100).items::<Value>().map(|film| film.map(|film| film["year"].clone()));
/// assert_eq!(years.collect::<Result<Vec<_>, _>>()?, [1927, 1984]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is asked before `items`, `pages` or `count`"]
#[derive(Debug)]
pub struct Listing {
    table: Table,
    operation: &'static str,
    params: Value,
    expressions: Expressions,
    segments: Option<u32>,
}

impl Listing {
    pub(super) fn new(table: &Table, operation: &'static str, expressions: Expressions) -> Self {
        Self {
            params: json!({"TableName": table.name()}),
            table: table.clone(),
            operation,
            expressions,
            segments: None,
        }
    }

    pub(super) fn segments(mut self, segments: u32) -> Self {
        self.segments = Some(segments.max(1));
        self
    }

    /// Reads this index in place of the table.
    pub fn index(self, name: &str) -> Self {
        self.param("IndexName", name)
    }

    /// What must hold of an item so that it is given. It is read, and paid for, in any case.
    pub fn filter(mut self, condition: Condition) -> Self {
        self.expressions = self.expressions.filter(condition);
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

    /// The greatest sort key of a query first.
    pub fn descending(self) -> Self {
        self.param("ScanIndexForward", false)
    }

    /// How many items are read for a page at most. How many are wanted at most is `take` of the iterator.
    pub fn page_size(self, items: u32) -> Self {
        self.param("Limit", items)
    }

    /// Any other parameter of the operation.
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params[name] = value.into();
        self
    }

    /// The items, page after page; or, of [`Table::parallel_scan`], as its threads read them: each waits when a page of its own
    /// is not taken, all end when the iterator is dropped, and an error of one ends all.
    ///
    /// An error comes in the place of an item. One of a call is the last; behind an item that does not fit the type others follow.
    pub fn items<T: DeserializeOwned>(self) -> Items<T> {
        match self.values() {
            Ok(values) => Items::new(values),
            Err(error) => Items::new(std::iter::once(Err(error))),
        }
    }

    fn values(self) -> Result<Box<dyn Iterator<Item = Result<Value>> + Send>> {
        match self.segments {
            Some(segments) => {
                let client = self.table.client().clone();
                Ok(Box::new(Segments::start(client, self.merged()?, segments)?))
            }
            None => Ok(Box::new(self.pages()?.items())),
        }
    }

    /// The pages, which also tell how many items were read, and a token by which another process may go on. They are read one
    /// after the other, those of a parallel scan too.
    ///
    /// # Errors
    ///
    /// An expression is none.
    pub fn pages(self) -> Result<Pages> {
        let (client, operation) = (self.table.client().clone(), self.operation);
        client.pages(SERVICE, operation, self.merged()?)
    }

    /// How many items there are, without reading them to here.
    ///
    /// # Errors
    ///
    /// An expression is none, or a page cannot be had.
    pub fn count(self) -> Result<u64> {
        let pages = self.param("Select", "COUNT").pages()?;
        let counts = pages.map(|page| Ok(page?["Count"].as_u64().unwrap_or(0)));
        counts.sum()
    }

    fn merged(mut self) -> Result<Value> {
        let named = |e: crate::error::Error| e.of_call(SERVICE, self.operation);
        self.expressions
            .merge_into(&mut self.params)
            .map_err(named)?;
        Ok(self.params)
    }
}

/// Items, one after the other.
#[must_use = "nothing is asked before the first `next`"]
pub struct Items<T> {
    values: Box<dyn Iterator<Item = Result<Value>> + Send>,
    of: PhantomData<fn() -> T>,
}

impl<T> Items<T> {
    pub(super) fn new(values: impl Iterator<Item = Result<Value>> + Send + 'static) -> Self {
        Self {
            values: Box::new(values),
            of: PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Iterator for Items<T> {
    type Item = Result<T>;
    fn next(&mut self) -> Option<Result<T>> {
        Some(self.values.next()?.and_then(from_plain))
    }
}

impl<T> std::fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}
