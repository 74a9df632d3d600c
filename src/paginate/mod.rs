//! Listings whose operation returns them in pages: page by page, or element by element.
//!
//! [`cursor`] has the rules of pagination without IO; [`Pages`] sends its requests, as an iterator or as a
//! stream.

#[cfg(feature = "async")]
mod asynchronous;
mod cursor;
mod definition;
mod elements;
mod page;
#[cfg(feature = "cli")]
mod printed;
mod seen;
mod token;

pub use self::elements::Elements;
#[cfg(feature = "cli")]
pub(crate) use self::printed::{Form, PrintedPages};

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::cursor::PageCursor;
use self::definition::Definition;
use crate::cancel::CancelToken;
use crate::client::{AnyClient, Client, RepeatedRequest, RequestBuilder, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::Purpose;
use crate::model::Paginator;
#[cfg(feature = "_internals")]
use crate::model::{ServiceModel, ShapeId};
use crate::query::Query;

/// An iterator over the pages of a listing. It also sets the options of the listing, before the first page is requested.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new()
/// #     .respond(200, &[], r#"{"TableNames": ["one", "two"], "LastEvaluatedTableName": "two"}"#)
/// #     .respond(200, &[], r#"{"TableNames": ["three"]}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let pages = client.pages("dynamodb", "ListTables", json!({}))?;
/// let names: Vec<_> = pages.page_size(2).items().collect::<Result<_, _>>()?;
/// assert_eq!(names, ["one", "two", "three"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// One page is in memory at a time, two with [`Pages::prefetch`].
#[must_use = "no page is requested before the first `next`"]
pub struct Pages<C: AnyClient = Client> {
    cursor: PageCursor,
    fetch: C::Fetch,
    /// The service and the operation, for errors.
    call: (Box<str>, Box<str>),
    prefetch: bool,
    cancel: CancelToken,
    /// The request for the next page, if it was sent already.
    prefetched: Option<C::Sent>,
}

/// A listing before its first page.
struct Listing<C> {
    definition: Definition,
    params: Value,
    request: RepeatedRequest<C>,
    call: (Box<str>, Box<str>),
    cancel: CancelToken,
}

impl<C: AnyClient> fmt::Debug for Pages<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (service, operation) = &self.call;
        f.debug_struct("Pages")
            .field("service", service)
            .field("operation", operation)
            .field("is_done", &self.cursor.is_done())
            .finish_non_exhaustive()
    }
}

fn error(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Pagination, what.into())
}

impl Client {
    /// Returns the pages of a listing operation.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["one", "two"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// for page in client.pages("dynamodb", "ListTables", serde_json::json!({}))? {
    ///     println!("{}", page?["TableNames"]);
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service or operation is unknown, or the operation does not return its result in pages.
    pub fn pages(&self, service: &str, operation: &str, params: Value) -> Result<Pages> {
        self.request(service, operation).params(params).pages()
    }

    /// Returns whether an operation returns its result in pages.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// assert!(client.can_paginate("s3", "ListObjectsV2")?);
    /// assert!(!client.can_paginate("s3", "GetObject")?);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service or operation is unknown.
    pub fn can_paginate(&self, service: &str, operation: &str) -> Result<bool> {
        let model = self.model(service)?;
        let name = &model.operation(operation)?.name;
        Ok(self.paginator(service, name)?.is_some())
    }
}

impl RequestBuilder {
    /// Returns the pages of a listing operation, which are requested with the options of this request.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let tables = r#"{"TableNames": ["one", "two"]}"#;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], tables).respond(200, &[], tables))?;
    /// for region in ["eu-west-1", "us-east-1"] {
    ///     for table in client.request("dynamodb", "ListTables").region(region).pages()?.items() {
    ///         println!("{region}: {}", table?);
    ///     }
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service, the operation, an option or a parameter is invalid, the operation does not
    /// return its result in pages, or the request has a body.
    pub fn pages(self) -> Result<Pages> {
        let listing = self.listing()?;
        let (request, cancel) = (listing.request, listing.cancel);
        let fetch = move |params, cancel: &CancelToken| {
            let request = request.with(params).purpose(Purpose::Pages);
            request.cancel_with(cancel).send_buffered()?.to_value()
        };
        let fetch: <Client as Shared>::Fetch = Arc::new(fetch);
        let mut pages = Pages::new(listing.definition, listing.params, listing.call, fetch)?;
        pages.cancel = cancel;
        Ok(pages)
    }
}

impl<C: AnyClient> RequestBuilder<C> {
    fn listing(self) -> Result<Listing<C>> {
        let (params, request) = self.repeated()?;
        let (model, name) = (&request.service.model, &request.operation()?.name);
        let call = (
            Box::<str>::from(model.name()),
            Box::<str>::from(name.as_str()),
        );
        let text = request.service.paginators()?.text(name);
        let text = text.ok_or_else(|| {
            let (service, operation) = &call;
            error(format!(
                "{service}.{operation} does not return its result in pages"
            ))
        })?;
        let definition = Definition {
            paginator: Paginator::parse(name, text)?,
            input: request
                .operation()?
                .input
                .map(|input| (model.clone(), input)),
            plain: request.client().config().has_plain_attribute_values(),
        };
        Ok(Listing {
            definition,
            params,
            call,
            cancel: request.client().env().cancel.clone(),
            request,
        })
    }
}

/// Returns the parameters that request the next page, each with the expression of its value in this page; none for the
/// last page.
#[cfg(feature = "cli")]
pub(crate) fn next_page(page: &Value, paginator: &Paginator) -> Result<Vec<(String, String)>> {
    let tokens = page::next_tokens(page, paginator)?;
    let names = paginator.input_tokens.iter().zip(&paginator.output_tokens);
    Ok(names
        .filter(|(input, _)| tokens.get(&***input).is_some_and(|token| !token.is_null()))
        .map(|(input, output)| (input.clone(), output.text().into()))
        .collect())
}

impl<C: AnyClient> Pages<C> {
    fn new(
        definition: Definition,
        params: Value,
        call: (Box<str>, Box<str>),
        fetch: C::Fetch,
    ) -> Result<Self> {
        Ok(Self {
            cursor: PageCursor::new(definition, params)?,
            fetch,
            call,
            prefetch: false,
            cancel: CancelToken::default(),
            prefetched: None,
        })
    }

    /// Sets the maximum number of elements on a page, as the service counts them.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": ["one", "two"]}"#))?;
    /// let pages = client.pages("dynamodb", "ListTables", serde_json::json!({}))?.page_size(100);
    /// assert_eq!(pages.items().count(), 2);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn page_size(mut self, elements: u64) -> Self {
        self.cursor.page_size = Some(elements);
        self
    }

    /// Sets the maximum number of elements in total. [`Pages::resume_token`] returns the token of the rest.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let page = r#"{"TableNames": ["one", "two"]}"#;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], page).respond(200, &[], page))?;
    /// let mut first = client.pages("dynamodb", "ListTables", json!({}))?.max_items(1);
    /// assert_eq!(first.collect_full()?["TableNames"], json!(["one"]));
    ///
    /// let token = first.resume_token().expect("there are more tables");
    /// let mut rest = client.pages("dynamodb", "ListTables", json!({}))?.starting_token(token);
    /// assert_eq!(rest.collect_full()?["TableNames"], json!(["two"]));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn max_items(mut self, elements: usize) -> Self {
        self.cursor.max_items = Some(elements);
        self
    }

    /// Continues an earlier listing from its [`Pages::resume_token`], or from a token of botocore.
    pub fn starting_token(mut self, token: impl Into<String>) -> Self {
        self.cursor.starting_token = Some(token.into());
        self
    }

    /// Sets whether the next page is requested in advance, on a thread of its own, while the program handles a page. `false` by
    /// default.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": ["one", "two"]}"#))?;
    /// let tables = client.pages("dynamodb", "ListTables", serde_json::json!({}))?.prefetch(true);
    /// assert_eq!(tables.items().count(), 2);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn prefetch(mut self, yes: bool) -> Self {
        self.prefetch = yes;
        self
    }

    /// Ends the listing with an error when the token is cancelled.
    ///
    /// ```
    /// use tucuxi::transport::CancelToken;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let token = CancelToken::default();
    /// let mut pages = client.pages("dynamodb", "ListTables", serde_json::json!({}))?.cancel_with(&token);
    /// token.cancel();
    /// assert!(pages.next().is_some_and(|page| page.unwrap_err().is_cancelled()));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Returns the elements of all pages. Elements are what the listing is about: the paginator's first result key names them.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": ["one", "two"]}"#))?;
    /// for table in client.pages("dynamodb", "ListTables", serde_json::json!({}))?.items() {
    ///     println!("{}", table?); // "one", "two"
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn items(self) -> Elements<Value, C> {
        let primary = self.primary();
        Elements::new(self, primary, elements::of_result, Ok)
    }

    /// Returns the elements of all pages as a type of the program.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct User {
    ///     user_name: String,
    ///     path: Option<String>,
    /// }
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let users = "<Users><member><UserName>ada</UserName><Path>/</Path></member></Users>";
    /// # let page = format!("<ListUsersResponse><ListUsersResult>{users}</ListUsersResult></ListUsersResponse>");
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], page))?;
    /// for user in client.pages("iam", "ListUsers", serde_json::json!({}))?.items_as::<User>() {
    ///     let user = user?;
    ///     assert_eq!((&*user.user_name, user.path.as_deref()), ("ada", Some("/")));
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// An element that does not fit the type is an error; the iterator continues with the next one.
    pub fn items_as<T: DeserializeOwned>(self) -> Elements<T, C> {
        let primary = self.primary();
        Elements::new(self, primary, elements::of_result, elements::typed)
    }

    fn primary(&self) -> Query {
        self.cursor.definition().paginator.primary().clone()
    }

    /// Returns the results of a JMESPath expression on each page; the elements of a list are returned one by one.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let bucket = "<ListBucketResult><Contents><Key>k</Key><Size>5</Size></Contents></ListBucketResult>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], bucket))?;
    /// let pages = client.pages("s3", "ListObjectsV2", serde_json::json!({"Bucket": "my-bucket"}))?;
    /// let sizes: Vec<_> = pages.search("Contents[].Size")?.collect::<Result<_, _>>()?;
    /// assert_eq!(sizes, [5]);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the expression is invalid.
    pub fn search(self, expression: &str) -> Result<Elements<Value, C>> {
        let query = compile(expression)?;
        Ok(Elements::new(self, query, elements::of_search, Ok))
    }

    /// Returns the results of a JMESPath expression on each page as a type of the program.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let bucket = "<ListBucketResult><Contents><Key>k</Key><Size>5</Size></Contents></ListBucketResult>";
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], bucket))?;
    /// let pages = client.pages("s3", "ListObjectsV2", serde_json::json!({"Bucket": "my-bucket"}))?;
    /// let objects = pages.search_as::<(String, u64)>("Contents[].[Key, Size]")?;
    /// assert_eq!(objects.collect::<Result<Vec<_>, _>>()?, [("k".to_owned(), 5)]);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the expression is invalid.
    pub fn search_as<T: DeserializeOwned>(self, expression: &str) -> Result<Elements<T, C>> {
        let query = compile(expression)?;
        Ok(Elements::new(
            self,
            query,
            elements::of_search,
            elements::typed,
        ))
    }

    /// Returns a token with which another listing continues after [`Pages::max_items`]; `None` if nothing is left. botocore reads the
    /// same tokens.
    pub fn resume_token(&self) -> Option<String> {
        self.cursor.resume_token()
    }

    /// Returns the members that are the same on each page, once the first page was requested.
    pub fn shared_part(&self) -> &Map<String, Value> {
        self.cursor.shared_part()
    }

    /// Completes an item of the listing.
    fn named(&self, page: Result<Value>) -> Result<Value> {
        let (service, operation) = &self.call;
        page.map_err(|error| error.of_call(service, operation))
    }
}

impl Pages {
    /// Pages that a function returns, for tests.
    #[cfg(feature = "_internals")]
    pub(crate) fn from_fn(
        paginator: Paginator,
        params: Value,
        input: Option<(Arc<ServiceModel>, ShapeId)>,
        fetch: impl Fn(Value) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<Self> {
        let definition = Definition {
            paginator,
            input,
            plain: false,
        };
        let call = ("tests".into(), "List".into());
        Self::new(
            definition,
            params,
            call,
            Arc::new(move |params, _: &CancelToken| fetch(params)),
        )
    }

    /// Requests all pages and merges them into one: lists are concatenated, numbers added and texts joined. Members that are the same
    /// on each page occur once. `NextToken` is the [`Pages::resume_token`], if there is one.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let first = r#"{"TableNames": ["one"], "LastEvaluatedTableName": "one"}"#;
    /// # let replay = Replay::new().respond(200, &[], first).respond(200, &[], r#"{"TableNames": ["two"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let mut pages = client.pages("dynamodb", "ListTables", serde_json::json!({}))?;
    /// assert_eq!(pages.collect_full()?["TableNames"], serde_json::json!(["one", "two"]));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the request for a page fails.
    pub fn collect_full(&mut self) -> Result<Value> {
        let mut full = Value::Object(Map::new());
        while let Some(page) = self.next() {
            self.cursor.merge(&mut full, page?)?;
        }
        self.cursor.complete(&mut full);
        Ok(full)
    }

    /// The parameters that request the next page; none after the last one.
    #[cfg(feature = "cli")]
    pub(crate) fn next_params(&mut self) -> Result<Option<Value>> {
        self.cursor.next_params()
    }

    /// Adds a page to those before it.
    #[cfg(feature = "cli")]
    pub(crate) fn merge(&self, full: &mut Value, page: Value) -> Result<()> {
        self.cursor.merge(full, page)
    }

    /// Adds to merged pages the members that all pages share.
    #[cfg(feature = "cli")]
    pub(crate) fn complete(&self, full: &mut Value) {
        self.cursor.complete(full);
    }

    fn page(&mut self, params: Value) -> Result<Value> {
        let fetched = match self.prefetched.take() {
            Some(page) => page
                .join()
                .unwrap_or_else(|_| Err(error("the thread that requested the next page panicked"))),
            None => (self.fetch)(params, &self.cancel),
        };
        let page = fetched.inspect_err(|_| self.cursor.end())?;
        let page = self.cursor.accept(page)?;
        if self.prefetch
            && let Some(params) = self.cursor.next_params()?
        {
            let (fetch, cancel) = (self.fetch.clone(), self.cancel.clone());
            // without a thread the page is requested when it is needed
            let thread = std::thread::Builder::new().spawn(move || fetch(params, &cancel));
            self.prefetched = thread.ok();
        }
        Ok(page)
    }
}

fn compile(expression: &str) -> Result<Query> {
    Query::compile(expression).map_err(|e| error(e.to_string()))
}

impl Iterator for Pages {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        let page = match self.cursor.next_params() {
            Ok(None) => return None,
            Ok(Some(params)) => self.page(params),
            Err(error) => Err(error),
        };
        Some(self.named(page))
    }
}
