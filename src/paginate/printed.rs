//! The pages of a listing as the command prints them: the elements of each page are text, or a compact tree.

use serde_json::{Map, Number, Value};

use super::cursor::PageCursor;
use super::page::{self, Page};
use crate::cancel::CancelToken;
use crate::client::{Client, RepeatedRequest, RequestBuilder};
use crate::error::Result;
use crate::exchange::Purpose;
use crate::model::Paginator;
use crate::output::listed::{Items, Listed, assemble};
use crate::query::Query;
use crate::tree::Tree;

/// The form of the elements.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// Text, with numbers as a function writes them.
    Text(fn(&Number) -> String),
    Tree,
}

/// Pages whose elements are text or trees.
pub(crate) struct PrintedPages {
    cursor: PageCursor,
    request: RepeatedRequest<Client>,
    /// The service and the operation, for errors.
    call: (Box<str>, Box<str>),
    cancel: CancelToken,
    /// The list whose items are apart, unless an expression of the paginator needs them or the first page lacks it.
    list: Option<String>,
    is_first: bool,
    form: Form,
}

impl RequestBuilder {
    /// Returns the pages of a listing operation, whose elements have this form.
    pub(crate) fn printed_pages(self, form: Form) -> Result<PrintedPages> {
        let listing = self.listing()?;
        let list = list(&listing.definition.paginator).map(String::from);
        Ok(PrintedPages {
            cursor: PageCursor::new(listing.definition, listing.params)?,
            request: listing.request,
            call: listing.call,
            cancel: listing.cancel,
            list,
            is_first: true,
            form,
        })
    }
}

/// The first list of a result, if no expression of the paginator but its own contains its name.
fn list(paginator: &Paginator) -> Option<&str> {
    let list = paginator.primary().text();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let others = (paginator.result_keys.iter().skip(1))
        .chain(&paginator.non_aggregate_keys)
        .chain(&paginator.output_tokens)
        .chain(&paginator.more_results);
    let is_free = others.clone().all(|other| !other.text().contains(list));
    (list.chars().all(is_name) && is_free).then_some(list)
}

impl PrintedPages {
    /// Sets what [`Pages::max_items`](super::Pages::max_items), `page_size` and `starting_token` do.
    pub(crate) fn limit(
        &mut self,
        max_items: Option<usize>,
        page_size: Option<u64>,
        starting_token: Option<String>,
    ) {
        self.cursor.max_items = max_items;
        self.cursor.page_size = page_size;
        self.cursor.starting_token = starting_token;
    }

    /// The name of the list whose items are apart.
    pub(crate) fn list(&self) -> Option<&str> {
        self.list.as_deref()
    }

    /// Appends the rest of a page to those before it.
    pub(crate) fn merge(&self, full: &mut Value, rest: Value) -> Result<()> {
        self.cursor.merge(full, rest)
    }

    /// Adds to the merged pages what they share, and the token of the rest.
    pub(crate) fn complete(&self, full: &mut Value) {
        self.cursor.complete(full);
    }

    /// Makes one tree of the rest and the items of pages.
    pub(crate) fn tree(&self, rest: &Value, items: Vec<Items>) -> Result<Tree> {
        match rest {
            Value::Object(members) => assemble(members, self.list(), items),
            other => Ok(Tree::from(other)),
        }
    }

    /// The elements of a page, with other members of it. Elements that the page does not have are null.
    pub(crate) fn elements(&self, mut rest: Value, others: Map<String, Value>) -> Result<Value> {
        let paginator = self.cursor.paginator();
        let mut found = Value::Object(others);
        for key in &paginator.result_keys {
            let elements = page::take(&mut rest, key, paginator)?;
            page::put(&mut found, key.text(), elements);
        }
        Ok(found)
    }

    /// The members that are the same on each page.
    pub(crate) fn shared_part(&self) -> &Map<String, Value> {
        self.cursor.shared_part()
    }

    /// Returns the token of the rest of the listing.
    pub(crate) fn resume_token(&self) -> Option<String> {
        self.cursor.resume_token()
    }

    fn page(&mut self, params: Value) -> Result<Listed> {
        let request = self.request.with(params).purpose(Purpose::Pages);
        let output = request.cancel_with(&self.cancel).send_buffered()?;
        let page = match (&self.list, self.form) {
            (Some(list), Form::Text(number)) => output.to_listed(list, number)?,
            (Some(list), Form::Tree) => output.to_listed_tree(list)?,
            (None, _) => Listed {
                rest: output.to_value()?,
                items: None,
            },
        };
        // only the first member of the result can be printed before the others are complete; a later page may lack it
        if std::mem::take(&mut self.is_first) && page.items.is_none() {
            self.list = None;
        }
        self.cursor.accept(page)
    }
}

impl Iterator for PrintedPages {
    type Item = Result<Listed>;

    fn next(&mut self) -> Option<Self::Item> {
        let page = match self.cursor.next_params() {
            Ok(None) => return None,
            Ok(Some(params)) => self.page(params).inspect_err(|_| self.cursor.end()),
            Err(error) => Err(error),
        };
        let (service, operation) = &self.call;
        Some(page.map_err(|error| error.of_call(service, operation)))
    }
}

impl Page for Listed {
    fn members(&self) -> &Value {
        &self.rest
    }

    fn length(&self, primary: &Query) -> Result<usize> {
        match &self.items {
            Some(items) => Ok(items.len()),
            None => self.rest.length(primary),
        }
    }

    fn skip_known(&mut self, known: usize, paginator: &Paginator) -> Result<()> {
        match &mut self.items {
            Some(items) => {
                items.skip(known);
                page::empty_others(&mut self.rest, paginator)
            }
            None => self.rest.skip_known(known, paginator),
        }
    }

    fn cut_tail(&mut self, keep: usize, paginator: &Paginator) -> Result<()> {
        match &mut self.items {
            Some(items) => {
                items.truncate(keep);
                Ok(())
            }
            None => self.rest.cut_tail(keep, paginator),
        }
    }
}
