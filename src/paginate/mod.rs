//! Listings whose operation gives them in pages: one page after the other, or all elements in a row.

mod elements;
mod page;
mod seen;
mod token;

pub use self::elements::Elements;

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::{Map, Value};

use self::page::{cut_tail, length, merge, put, skip_known};
use self::seen::Seen;
use self::token::Place;
use crate::attribute_value::Form;
use crate::cancel::CancelToken;
use crate::client::Client;
use crate::custom::AttributeValues;
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::Purpose;
use crate::model::{Kind, Paginator, ServiceModel, Shape, ShapeId};
use crate::query::Query;

/// The pages of a listing, as an iterator. Settings are made before the first page is asked for.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new()
/// #     .answer(200, &[], r#"{"TableNames": ["one", "two"], "LastEvaluatedTableName": "two"}"#)
/// #     .answer(200, &[], r#"{"TableNames": ["three"]}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let pages = client.pages("dynamodb", "ListTables", json!({}))?;
/// let names: Vec<_> = pages.page_size(2).items().collect::<Result<_, _>>()?;
/// assert_eq!(names, ["one", "two", "three"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A page is dropped before the next one is asked for, unless [`Pages::prefetch`] asks for it in advance.
#[must_use = "no page is asked for before the first `next`"]
pub struct Pages {
    source: Source,
    params: Map<String, Value>,
    page_size: Option<u64>,
    max_items: Option<usize>,
    starting_token: Option<String>,
    prefetch: bool,
    cancel: CancelToken,
    state: State,
    next: Option<JoinHandle<Result<Value>>>,
    total: usize,
    previous: Option<Map<String, Value>>,
    seen: Seen,
    resume: Option<Place>,
    shared: Map<String, Value>,
}

/// What gives a page for parameters.
type GivePage = dyn Fn(Value, &CancelToken) -> Result<Value> + Send + Sync;

/// Where pages are from.
struct Source {
    paginator: Paginator,
    /// Service and operation.
    call: (Box<str>, Box<str>),
    give: Arc<GivePage>,
    /// The model and the input of the operation, where there is one.
    input: Option<(Arc<ServiceModel>, ShapeId)>,
    /// Whether `AttributeValue`s in tokens are plain. In their texts they never are.
    plain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Done,
    /// No page was asked for.
    New,
    Running,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Pages");
        shown
            .field("paginator", &self.source.paginator)
            .field("state", &self.state);
        shown.finish_non_exhaustive()
    }
}

/// A fault of pagination.
fn error(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Pagination, what.into())
}

impl Client {
    /// The pages of a listing operation, for these parameters.
    ///
    /// # Errors
    ///
    /// There is no such service or operation, or it does not give its result in pages.
    pub fn pages(&self, service: &str, operation: &str, params: Value) -> Result<Pages> {
        let model = self.model(service)?;
        let operation = model.operation(operation)?;
        let name: Box<str> = operation.name.clone();
        let paginator = self.paginator(service, &name)?.ok_or_else(|| {
            let what = format!("{service}.{name} does not give its result in pages");
            error(what)
        })?;
        let (client, service) = (self.clone(), Box::<str>::from(service));
        let plain = self.config().has_plain_attribute_values();
        let call = (model.name().into(), name.clone());
        let input = operation.input.map(|input| (model.clone(), input));
        let give = move |params, cancel: &CancelToken| {
            let request = client.request(&service, &name).params(params);
            request
                .purpose(Purpose::Pages)
                .cancel_with(cancel)
                .send_buffered()?
                .value()
        };
        Pages::over(
            Source {
                paginator,
                call,
                give: Arc::new(give),
                input,
                plain,
            },
            params,
        )
    }

    /// Whether an operation gives its result in pages.
    ///
    /// # Errors
    ///
    /// There is no such service or operation.
    pub fn can_paginate(&self, service: &str, operation: &str) -> Result<bool> {
        let model = self.model(service)?;
        let name = &model.operation(operation)?.name;
        Ok(self.paginator(service, name)?.is_some())
    }
}

/// Which parameters lead to the next page, each with the expression of its value in this one; none if this page is the last.
#[cfg(feature = "cli")]
pub(crate) fn next_page(page: &Value, paginator: &Paginator) -> Result<Vec<(Box<str>, Box<str>)>> {
    let tokens = page::next_tokens(page, paginator)?;
    let names = paginator.input_tokens.iter().zip(&paginator.output_tokens);
    Ok(names
        .filter(|(input, _)| tokens.get(&***input).is_some_and(|token| !token.is_null()))
        .map(|(input, output)| (input.clone(), output.text().into()))
        .collect())
}

impl Pages {
    fn over(source: Source, params: Value) -> Result<Self> {
        let Value::Object(params) = params else {
            return Err(error("the parameters are no object"));
        };
        Ok(Self {
            source,
            params,
            page_size: None,
            max_items: None,
            starting_token: None,
            prefetch: false,
            cancel: CancelToken::default(),
            state: State::New,
            next: None,
            total: 0,
            previous: None,
            seen: Seen::default(),
            resume: None,
            shared: Map::new(),
        })
    }

    /// Pages that another function gives, for tests.
    #[cfg(feature = "_internals")]
    pub(crate) fn of(
        paginator: Paginator,
        params: Value,
        input: Option<(Arc<ServiceModel>, ShapeId)>,
        give: impl Fn(Value) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<Self> {
        let give = Arc::new(move |params, _: &CancelToken| give(params));
        Self::over(
            Source {
                paginator,
                call: ("tests".into(), "List".into()),
                give,
                input,
                plain: false,
            },
            params,
        )
    }

    /// How many elements the service puts on a page at most.
    pub fn page_size(mut self, elements: u64) -> Self {
        self.page_size = Some(elements);
        self
    }

    /// How many elements there are in all at most; [`Pages::resume_token`] tells where the rest is.
    pub fn max_items(mut self, elements: usize) -> Self {
        self.max_items = Some(elements);
        self
    }

    /// Goes on where an earlier listing stopped: its [`Pages::resume_token`], or that of botocore.
    pub fn starting_token(mut self, token: impl Into<String>) -> Self {
        self.starting_token = Some(token.into());
        self
    }

    /// Asks for the next page on a thread of its own while a page is worked on: two pages are in memory then.
    pub fn prefetch(mut self, yes: bool) -> Self {
        self.prefetch = yes;
        self
    }

    /// Ends the listing with an error when the token is cancelled.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// The elements of all pages: those of the paginator's first result.
    pub fn items(self) -> Elements {
        let primary = self.source.paginator.primary().clone();
        Elements::new(self, primary, |found| match found {
            Value::Array(list) => list,
            Value::Null => Vec::new(),
            other => vec![other],
        })
    }

    /// The results of a JMESPath expression on each page; a list's elements one by one.
    ///
    /// # Errors
    ///
    /// The expression does not parse.
    pub fn search(self, expression: &str) -> Result<Elements> {
        let query = Query::compile(expression).map_err(|e| error(e.to_string()))?;
        Ok(Elements::new(self, query, |found| match found {
            Value::Array(list) => list,
            other => vec![other],
        }))
    }

    /// All pages in one: lists end to end, numbers added, texts joined, what is the same on each page once, and
    /// `NextToken` if there is more than was asked for.
    ///
    /// # Errors
    ///
    /// A page cannot be had.
    pub fn collect_full(&mut self) -> Result<Value> {
        let mut full = Value::Object(Map::new());
        while let Some(page) = self.next() {
            merge(&mut full, &page?, &self.source.paginator)?;
        }
        for (name, value) in self.shared.clone() {
            merge_missing(&mut full, name, value);
        }
        if let Some(token) = self.resume_token() {
            full["NextToken"] = token.into();
        }
        Ok(full)
    }

    /// Where the rest of the listing is, if [`Pages::max_items`] ended it.
    pub fn resume_token(&self) -> Option<String> {
        let mut place = self.resume.clone()?;
        self.source.convert(&mut place.tokens, Form::Typed).ok()?;
        Some(place.to_text(self.source.blobs(&place.tokens)))
    }

    /// What is the same on each page, from the first one.
    pub fn shared_part(&self) -> &Map<String, Value> {
        &self.shared
    }

    fn begin(&mut self) -> Result<Option<usize>> {
        let mut known = None;
        if let Some(text) = &self.starting_token {
            let mut place = Place::parse(text, &self.source.paginator.input_tokens)?;
            self.source.convert(&mut place.tokens, Form::Plain)?;
            known = Some(place.known.unwrap_or(0));
            set_tokens(&mut self.params, &place.tokens);
            self.previous = Some(place.tokens);
        }
        if let Some(size) = self.page_size {
            let (key, size) = self.source.limit(size)?;
            self.params.insert(key, size);
        }
        Ok(known)
    }

    fn give(&mut self) -> Result<Value> {
        match self.next.take() {
            Some(page) => page
                .join()
                .unwrap_or_else(|_| Err(error("the thread that asked for the next page panicked"))),
            None => (self.source.give)(Value::Object(self.params.clone()), &self.cancel),
        }
    }

    fn page(&mut self) -> Result<Value> {
        let mut starting = 0;
        let mut page = match self.state {
            State::New => {
                self.state = State::Running;
                let known = self.begin()?;
                let starting_tokens = self.previous.take();
                let mut page = self.give()?;
                if let Some(known) = known {
                    starting = known;
                    skip_known(&mut page, known, &self.source.paginator)?;
                }
                self.shared = page::shared(&page, &self.source.paginator)?;
                // of a page that is cut at once the beginning is where the listing began
                self.resume = starting_tokens.map(|tokens| Place {
                    tokens,
                    known: None,
                });
                page
            }
            _ => self.give()?,
        };
        let paginator = &self.source.paginator;
        let count = length(&page, paginator.primary())?;
        if let Some(max) = self.max_items
            && self.total + count > max
        {
            let keep = max.saturating_sub(self.total);
            cut_tail(&mut page, keep, paginator)?;
            let tokens = match (self.resume.take(), self.previous.take()) {
                (Some(place), _) => place.tokens,
                (None, Some(tokens)) => tokens,
                (None, None) => no_tokens(paginator),
            };
            self.resume = Some(Place {
                tokens,
                known: Some(keep + starting),
            });
            self.state = State::Done;
            return Ok(page);
        }
        self.resume = None;
        self.total += count;
        self.advance(&page)?;
        Ok(page)
    }

    /// Goes on to the next page, if there is one.
    fn advance(&mut self, page: &Value) -> Result<()> {
        let tokens = page::next_tokens(page, &self.source.paginator)?;
        if tokens.values().all(Value::is_null) {
            self.state = State::Done;
            return Ok(());
        }
        if self.max_items == Some(self.total) {
            self.resume = Some(Place {
                tokens,
                known: None,
            });
            self.state = State::Done;
            return Ok(());
        }
        if !self.seen.is_new(&tokens) {
            let what = format!(
                "the service gave the same token twice, so the listing would have no end: {}",
                Value::Object(tokens)
            );
            return Err(error(what));
        }
        set_tokens(&mut self.params, &tokens);
        self.previous = Some(tokens);
        if self.prefetch {
            let (give, params) = (self.source.give.clone(), Value::Object(self.params.clone()));
            let cancel = self.cancel.clone();
            // without a thread it is asked for when it is wanted
            let asking = std::thread::Builder::new().spawn(move || give(params, &cancel));
            self.next = asking.ok();
        }
        Ok(())
    }
}

impl Iterator for Pages {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        let page = self.page();
        if page.is_err() {
            self.state = State::Done;
        }
        let (service, operation) = &self.source.call;
        Some(page.map_err(|error| error.of_call(service, operation)))
    }
}

impl Source {
    /// The parameter of the page's size, of its own type.
    fn limit(&self, size: u64) -> Result<(String, Value)> {
        let key = self.paginator.limit_key.as_deref();
        let key = key.ok_or_else(|| {
            error("the operation does not let its callers choose the size of a page")
        })?;
        let is_text = match self.member(key)? {
            Some(shape) => matches!(shape.kind, Kind::String),
            None => false,
        };
        let value = match is_text {
            true => size.to_string().into(),
            false => size.into(),
        };
        Ok((key.to_owned(), value))
    }

    fn member(&self, name: &str) -> Result<Option<&Shape>> {
        let Some((model, input)) = &self.input else {
            return Ok(None);
        };
        match model
            .shape(*input)?
            .members()
            .and_then(|members| members.get(name))
        {
            Some(member) => Ok(Some(model.shape(member.target)?)),
            None => Ok(None),
        }
    }

    /// Tokens for their text, or from it.
    fn convert(&self, tokens: &mut Map<String, Value>, to: Form) -> Result<()> {
        let Some((model, input)) = self.input.as_ref().filter(|_| self.plain) else {
            return Ok(());
        };
        let Some(values) = AttributeValues::of(model) else {
            return Ok(());
        };
        let mut all = Value::Object(std::mem::take(tokens));
        let faults = values.convert(*input, &mut all, to)?;
        if let Value::Object(all) = all {
            *tokens = all;
        }
        match faults.first() {
            None => Ok(()),
            Some(fault) => Err(error(format!("token: {}: {}", fault.path, fault.reason))),
        }
    }

    /// The paths of all bytes among tokens.
    fn blobs(&self, tokens: &Map<String, Value>) -> Vec<Value> {
        let mut found = Vec::new();
        if let Some((model, input)) = &self.input
            && let Ok(shape) = model.shape(*input)
        {
            let mut path = Vec::new();
            page::find_blobs(
                model,
                shape,
                &Value::Object(tokens.clone()),
                &mut path,
                &mut found,
            );
        }
        found
    }
}

/// A token that is null, or the text `None`, is left out.
fn set_tokens(params: &mut Map<String, Value>, tokens: &Map<String, Value>) {
    for (name, token) in tokens {
        match token.is_null() || token == "None" {
            true => params.shift_remove(name),
            false => params.insert(name.clone(), token.clone()),
        };
    }
}

fn no_tokens(paginator: &Paginator) -> Map<String, Value> {
    let names = paginator.input_tokens.iter();
    names
        .map(|name| (String::from(&**name), Value::Null))
        .collect()
}

/// What is the same on each page does not replace what was put together.
fn merge_missing(full: &mut Value, name: String, value: Value) {
    match (full.get_mut(&name), value) {
        (Some(Value::Object(known)), Value::Object(more)) => {
            for (name, value) in more {
                known.entry(name).or_insert(value);
            }
        }
        (Some(_), _) => {}
        (None, value) => put(full, &name, value),
    }
}
