//! The elements of pages, one by one.

use std::fmt;
use std::vec;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Pages, page};
use crate::client::{AnyClient, Client};
use crate::error::{Error, Result};
use crate::query::Query;

/// The elements of all pages of a listing, as an iterator. [`Pages::items`], [`Pages::items_as`], [`Pages::search`] and
/// [`Pages::search_as`] return it.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new()
/// #     .respond(200, &[], r#"{"TableNames": ["one", "two"], "LastEvaluatedTableName": "two"}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let mut tables = client.pages("dynamodb", "ListTables", json!({}))?.max_items(1).items();
/// for table in &mut tables {
///     assert_eq!(table?, "one");
/// }
/// assert!(tables.resume_token().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "no page is requested before the first `next`"]
pub struct Elements<T = Value, C: AnyClient = Client> {
    pub(super) pages: Pages<C>,
    query: Query,
    split: fn(Value) -> Vec<Value>,
    convert: fn(Value) -> Result<T>,
    /// The rest of the current page.
    pub(super) page: vec::IntoIter<Value>,
}

/// The elements of a result key.
pub(super) fn of_result(found: Value) -> Vec<Value> {
    match found {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

/// The results of an expression.
pub(super) fn of_search(found: Value) -> Vec<Value> {
    match found {
        Value::Array(list) => list,
        other => vec![other],
    }
}

pub(super) fn typed<T: DeserializeOwned>(element: Value) -> Result<T> {
    serde_json::from_value(element).map_err(Error::response)
}

impl<T, C: AnyClient> Elements<T, C> {
    pub(super) fn new(
        pages: Pages<C>,
        query: Query,
        split: fn(Value) -> Vec<Value>,
        convert: fn(Value) -> Result<T>,
    ) -> Self {
        Self {
            pages,
            query,
            split,
            convert,
            page: Vec::new().into_iter(),
        }
    }

    /// Returns the token of the rest of the listing, if [`Pages::max_items`] ended it.
    pub fn resume_token(&self) -> Option<String> {
        self.pages.resume_token()
    }

    /// The next element of the page that was received.
    pub(super) fn in_memory(&mut self) -> Option<Result<T>> {
        let (service, operation) = &self.pages.call;
        let element = (self.convert)(self.page.next()?);
        Some(element.map_err(|e| e.of_call(service, operation)))
    }

    pub(super) fn of_page(&self, mut page: Value) -> Result<Vec<Value>> {
        Ok((self.split)(page::take_out(&mut page, &self.query)?))
    }
}

impl<T> Iterator for Elements<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(element) = self.in_memory() {
                return Some(element);
            }
            let page = self.pages.next()?;
            match page.and_then(|page| self.of_page(page)) {
                Ok(elements) => self.page = elements.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<T, C: AnyClient> fmt::Debug for Elements<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Elements");
        shown.field("pages", &self.pages).finish_non_exhaustive()
    }
}
