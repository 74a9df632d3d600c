//! Queries and scans.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::condition::Condition;
use super::expression::Expressions;
use super::segments::Segments;
use super::table::Table;
use super::{SERVICE, from_plain};
use crate::client::{AnyClient, Client, Shared};
use crate::error::Result;
use crate::paginate::Pages;

/// A builder for a query or a scan, which [`Table::query`] and [`Table::scan`] return.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new()
/// #     .respond(200, &[], r#"{"Items": [{"year": {"N": "1927"}}], "LastEvaluatedKey": {"title": {"S": "M"}}}"#)
/// #     .respond(200, &[], r#"{"Items": [{"year": {"N": "1984"}}]}"#);
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
#[must_use = "nothing is sent before `items`, `pages` or `count`"]
#[derive(Debug)]
pub struct Listing<C = Client> {
    pub(super) table: Table<C>,
    pub(super) operation: &'static str,
    params: Value,
    expressions: Expressions,
    pub(super) segments: Option<u32>,
}

impl<C: AnyClient> Listing<C> {
    pub(super) fn new(table: &Table<C>, operation: &'static str, expressions: Expressions) -> Self {
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

    /// Reads this secondary index instead of the table.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use tucuxi::dynamodb::Key;
    ///
    /// let items = client.table("films").query(Key("country").eq("de")).index("by-country").items::<serde_json::Value>();
    /// assert_eq!(items.count(), 0);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["IndexName"], "by-country");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn index(self, name: &str) -> Self {
        self.param("IndexName", name)
    }

    /// Filters items after they are read. Filtered items still consume read capacity.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use tucuxi::dynamodb::Attr;
    ///
    /// let items = client.table("films").scan().filter(Attr("year").lt(2000)).items::<serde_json::Value>();
    /// assert_eq!(items.count(), 0);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["FilterExpression"], "#n0 < :v0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filter(mut self, condition: Condition) -> Self {
        self.expressions = self.expressions.filter(condition);
        self
    }

    /// Restricts the result to the attributes at these paths.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let items = client.table("films").scan().projection(["title", "year"]).items::<serde_json::Value>();
    /// assert_eq!(items.count(), 0);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["ProjectionExpression"], "#n0, #n1");
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
    /// let items = client.table("films").scan().consistent().items::<serde_json::Value>();
    /// assert_eq!(items.count(), 0);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["ConsistentRead"], true);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consistent(self) -> Self {
        self.param("ConsistentRead", true)
    }

    /// Returns items in descending order of the sort key.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// use tucuxi::dynamodb::Key;
    ///
    /// let items = client.table("films").query(Key("title").eq("M")).descending().items::<serde_json::Value>();
    /// assert_eq!(items.count(), 0);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["ScanIndexForward"], false);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn descending(self) -> Self {
        self.param("ScanIndexForward", false)
    }

    /// Sets the maximum number of items read per page. To limit the number of items in total, use the iterator's `take`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Items": [{"n": {"N": "1"}}, {"n": {"N": "2"}}, {"n": {"N": "3"}}]}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let numbers = client.table("numbers").scan().page_size(3);
    /// assert_eq!(numbers.items::<serde_json::Value>().take(2).count(), 2);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["Limit"], 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn page_size(self, items: u32) -> Self {
        self.param("Limit", items)
    }

    /// Sets any other parameter of the operation.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], "{}"));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// let items = client.table("films").scan().param("ReturnConsumedCapacity", "TOTAL").items::<serde_json::Value>();
    /// assert_eq!(items.count(), 0);
    /// # let sent: serde_json::Value = serde_json::from_slice(&replay.sent()[0].body)?;
    /// # assert_eq!(sent["ReturnConsumedCapacity"], "TOTAL");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params[name] = value.into();
        self
    }

    pub(super) fn merged(mut self) -> Result<Value> {
        let named = |e: crate::error::Error| e.of_call(SERVICE, self.operation);
        self.expressions
            .merge_into(&mut self.params)
            .map_err(named)?;
        Ok(self.params)
    }
}

impl Listing {
    /// Returns the items. Pages are fetched as they are needed. The threads of [`Table::parallel_scan`] read ahead by one page
    /// each and stop when the iterator is dropped or one of them fails.
    ///
    /// Errors are items of the iterator. An error of a call is the last item; after an item that does not fit the type, the
    /// iterator continues.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Items": [{"year": {"N": "1927"}}]}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// #[derive(serde::Deserialize)]
    /// struct Film {
    ///     year: u16,
    /// }
    /// for film in client.table("films").scan().items::<Film>() {
    ///     assert_eq!(film?.year, 1927);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn items<T: DeserializeOwned>(self) -> Items<T> {
        match self.values() {
            Ok(values) => Items::new(values),
            Err(error) => Items::iterator(std::iter::once(Err(error))),
        }
    }

    fn values(self) -> Result<<Client as Shared>::Series> {
        match self.segments {
            Some(segments) => {
                let client = self.table.client().clone();
                Ok(Box::new(Segments::start(client, self.merged()?, segments)?))
            }
            None => Ok(Box::new(self.pages()?.items())),
        }
    }

    /// Returns the pages, which have the number of items read and a token with which another process can continue. The pages
    /// of a parallel scan are read sequentially, too.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Items": [{"year": {"N": "1927"}}], "ScannedCount": 5}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// for page in client.table("films").scan().pages()? {
    ///     assert_eq!(page?["ScannedCount"], 5);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an expression is invalid.
    pub fn pages(self) -> Result<Pages> {
        let (client, operation) = (self.table.client().clone(), self.operation);
        client.pages(SERVICE, operation, self.merged()?)
    }

    /// Counts the items without returning them.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = std::sync::Arc::new(Replay::new()
    /// #     .respond(200, &[], r#"{"Count": 7}"#));
    /// # let client = Client::with_transport(config, replay.clone())?;
    /// assert_eq!(client.table("films").scan().count()?, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an expression is invalid or a call fails.
    pub fn count(self) -> Result<u64> {
        let pages = self.param("Select", "COUNT").pages()?;
        pages.map(|page| Ok(count_of(&page?))).sum()
    }
}

/// The number of items of a page.
pub(super) fn count_of(page: &Value) -> u64 {
    page["Count"].as_u64().unwrap_or(0)
}

/// An iterator over items. [`Listing::items`] and [`BatchGet::items`](super::BatchGet::items) return it.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"Items": [{"year": {"N": "1927"}}, {"year": {"S": "unknown"}}]}"#);
/// # let client = Client::with_transport(config, replay)?;
/// #[derive(serde::Deserialize)]
/// struct Film {
///     year: u16,
/// }
/// let mut films = client.table("films").scan().items::<Film>();
/// assert_eq!(films.next().expect("there is a film")?.year, 1927);
/// assert!(films.next().is_some_and(|film| film.is_err())); // the year is not a number
/// assert!(films.next().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sent before the first `next`"]
pub struct Items<T, C: AnyClient = Client> {
    pub(super) values: C::Series,
    of: PhantomData<fn() -> T>,
}

impl<T, C: AnyClient> Items<T, C> {
    pub(super) fn new(values: C::Series) -> Self {
        let of = PhantomData;
        Self { values, of }
    }
}

impl<T> Items<T> {
    pub(super) fn iterator(values: impl Iterator<Item = Result<Value>> + Send + 'static) -> Self {
        Self::new(Box::new(values))
    }
}

impl<T: DeserializeOwned> Iterator for Items<T> {
    type Item = Result<T>;
    fn next(&mut self) -> Option<Result<T>> {
        Some(self.values.next()?.and_then(from_plain))
    }
}

impl<T, C: AnyClient> std::fmt::Debug for Items<T, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}
