//! The elements of pages, one by one.

use std::fmt;
use std::vec;

use serde_json::Value;

use super::{Pages, error};
use crate::error::Result;
use crate::query::Query;

/// The elements of all pages of a listing, as an iterator: [`Pages::items`] and [`Pages::search`] make it.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new()
/// #     .answer(200, &[], r#"{"TableNames": ["one", "two"], "LastEvaluatedTableName": "two"}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let mut tables = client.pages("dynamodb", "ListTables", json!({}))?.max_items(1).items();
/// for table in &mut tables {
///     assert_eq!(table?, "one");
/// }
/// assert!(tables.resume_token().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "no page is requested before the first `next`"]
pub struct Elements {
    pages: Pages,
    query: Query,
    /// The elements of a result.
    split: fn(Value) -> Vec<Value>,
    /// Those of the present page.
    page: vec::IntoIter<Value>,
}

impl Elements {
    pub(super) fn new(pages: Pages, query: Query, split: fn(Value) -> Vec<Value>) -> Self {
        Self {
            pages,
            query,
            split,
            page: Vec::new().into_iter(),
        }
    }

    /// Where the rest of the listing is, if [`Pages::max_items`] ended it.
    pub fn resume_token(&self) -> Option<String> {
        self.pages.resume_token()
    }

    fn of_page(&self, page: &Value) -> Result<Vec<Value>> {
        let found = self.query.search(page);
        let found = found.map_err(|e| error(e.to_string()))?;
        Ok((self.split)(found.into_owned()))
    }
}

impl Iterator for Elements {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(element) = self.page.next() {
                return Some(Ok(element));
            }
            let page = self.pages.next()?;
            match page.and_then(|page| self.of_page(&page)) {
                Ok(elements) => self.page = elements.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl fmt::Debug for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Elements");
        shown.field("pages", &self.pages).finish_non_exhaustive()
    }
}
