//! Collections: listings of resources.

use std::fmt;
use std::vec;

use serde_json::{Value, json};

use super::error::NoSuchName;
use super::replace::replace;
use super::{Action, ActionOutput, Category, Relation, Resource};
use crate::error::Result;
use crate::names;
use crate::paginate::Pages;

/// A listing of resources. Pages are fetched when the resources are iterated over.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let page = "<R><Contents><Key>a</Key></Contents></R>";
/// # let replay = Replay::new().respond(200, &[], page).respond(200, &[], page).respond(200, &[], "<DeleteResult/>");
/// # let client = Client::with_transport(config, replay)?;
/// let bucket = client.resource("s3")?.sub("Bucket", "my-bucket")?;
/// let old = bucket.collection("objects")?.filter(json!({"Prefix": "2019/"})).page_size(100);
/// for object in old.clone().limit(3) {
///     println!("{:?}", object?);
/// }
/// for output in old.batch("delete", json!({}))? {
///     println!("{}", output.value()?["Errors"]); // one response per page
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Each iteration lists anew, so a clone or a reference can be iterated over repeatedly.
#[derive(Clone)]
#[must_use = "nothing is listed before the collection is iterated over"]
pub struct Collection {
    parent: Resource,
    /// The name in the parent's definition.
    key: Box<str>,
    params: Value,
    limit: Option<usize>,
    page_size: Option<u64>,
}

impl Resource {
    /// Returns a collection by its name.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], r#"{"TableNames": ["rivers"]}"#))?;
    /// for table in client.resource("dynamodb")?.collection("tables")? {
    ///     println!("{:?}", table?); // dynamodb.Table(name="rivers")
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the collection is unknown.
    pub fn collection(&self, name: &str) -> Result<Collection> {
        Ok(Collection {
            parent: self.clone(),
            key: self.find(Category::Collection, name)?.key.clone(),
            params: json!({}),
            limit: None,
            page_size: None,
        })
    }
}

impl Collection {
    /// Returns the collection itself, which has all resources. boto3 has this name.
    pub fn all(self) -> Self {
        self
    }

    /// Adds parameters of the listing's operation. They are merged with those that the resource provides and with earlier ones:
    /// lists are concatenated, objects merged, other values replaced.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], "<R><Contents><Key>2026/a</Key></Contents></R>");
    /// # let client = Client::with_transport(config, replay)?;
    /// let bucket = client.resource("s3")?.sub("Bucket", "my-bucket")?;
    /// for object in bucket.collection("objects")?.filter(json!({"Prefix": "2026/"})) {
    ///     assert_eq!(object?.identifier("key")?, "2026/a");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filter(mut self, params: Value) -> Self {
        merge(&mut self.params, params, true);
        self
    }

    /// Limits the number of resources.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["rivers", "seas"]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let tables = client.resource("dynamodb")?.collection("tables")?.limit(1);
    /// assert_eq!(tables.into_iter().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn limit(mut self, resources: usize) -> Self {
        self.limit = Some(resources);
        self
    }

    /// Sets the maximum number of resources per page, if the listing is paginated.
    pub fn page_size(mut self, resources: u64) -> Self {
        self.page_size = Some(resources);
        self
    }

    /// Returns an iterator over the pages.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "<R><Contents><Key>a</Key></Contents></R>"))?;
    /// let bucket = client.resource("s3")?.sub("Bucket", "my-bucket")?;
    /// for page in bucket.collection("objects")?.page_size(500).pages() {
    ///     println!("{} objects", page?.len());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pages(self) -> ResourcePages {
        ResourcePages {
            left: self.limit,
            collection: self,
            source: Source::New,
            params: Value::Null,
        }
    }

    /// Returns the names of the batch actions, sorted: see [`batch`](Self::batch).
    ///
    /// # Errors
    ///
    /// Returns an error if the definition of the listed type is invalid.
    pub fn batch_actions(&self) -> Result<Vec<String>> {
        let (_, relation) = self.definition()?;
        let listed = self.parent.definitions().get(&relation.resource_type)?;
        let names = listed.batch_actions.keys();
        Ok(names.map(|name| names::snake_case(name)).collect())
    }

    /// Runs a batch action on all resources, with one call per page. A response may report failures of single resources, as
    /// `Errors` in that of S3's `delete`.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "<DescribeInstancesResponse/>"))?;
    /// let here = json!({"Filters": [{"Name": "tag:pond", "Values": ["north"]}]});
    /// let instances = client.resource("ec2")?.collection("instances")?.filter(here);
    /// assert!(instances.batch_actions()?.contains(&"stop".into()));
    /// instances.batch("stop", json!({"Hibernate": true}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the batch action is unknown or a call fails; earlier pages have been processed then.
    pub fn batch(&self, action: &str, params: Value) -> Result<Vec<ActionOutput>> {
        let (_, relation) = self.definition()?;
        let listed = self.parent.definitions().get(&relation.resource_type)?;
        let wanted = names::spelled(action);
        let mut all = listed.batch_actions.iter();
        let found = all.find(|(name, _)| names::snake_case(name) == wanted);
        let (_, found) = found.ok_or_else(|| {
            let known = self.batch_actions().unwrap_or_default();
            let known: Vec<&str> = known.iter().map(|name| &**name).collect();
            NoSuchName::among(&known, format!("{self:?}"), Category::Action, action)
        })?;
        let mut outputs = Vec::new();
        for page in self.clone().pages() {
            let page = page?;
            if page.is_empty() {
                continue;
            }
            let mut all = json!({});
            for (index, resource) in page.iter().enumerate() {
                resource.fill(&found.request.params, &mut all, Some(index))?;
            }
            let all = replace(all, params.clone());
            let response = self.parent.call(&found.request.operation, all.clone())?;
            outputs.push(self.parent.action_output(found, &all, response)?);
        }
        Ok(outputs)
    }

    fn definition(&self) -> Result<(&Action, &Relation)> {
        let action = self.parent.definition().collections.get(&self.key);
        let found = action.and_then(|action| Some((action, action.resource.as_ref()?)));
        found.ok_or_else(|| self.parent.no_such(Category::Collection, &self.key))
    }
}

/// `s3.Bucket(name="b").objects`
impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.{}", self.parent, names::snake_case(&self.key))
    }
}

impl IntoIterator for Collection {
    type Item = Result<Resource>;
    type IntoIter = Resources;

    fn into_iter(self) -> Resources {
        Resources {
            pages: self.pages(),
            page: Vec::new().into_iter(),
        }
    }
}

impl IntoIterator for &Collection {
    type Item = Result<Resource>;
    type IntoIter = Resources;

    fn into_iter(self) -> Resources {
        self.clone().into_iter()
    }
}

/// An iterator over the resources of a [`Collection`], which a `for` loop creates. An error is the last item.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["rivers", "seas"]}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let mut tables = client.resource("dynamodb")?.collection("tables")?.into_iter();
/// let first = tables.next().expect("there is a table")?;
/// assert_eq!(first.identifier("name")?, "rivers");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Resources {
    pages: ResourcePages,
    page: vec::IntoIter<Resource>,
}

impl Iterator for Resources {
    type Item = Result<Resource>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(resource) = self.page.next() {
                return Some(Ok(resource));
            }
            match self.pages.next()? {
                Ok(page) => self.page = page.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// An iterator over the pages of a [`Collection`], which [`Collection::pages`] returns. Pages can be empty. An error is the last item.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["rivers", "seas"]}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let mut pages = client.resource("dynamodb")?.collection("tables")?.pages();
/// assert_eq!(pages.next().expect("there is a page")?.len(), 2);
/// assert!(pages.next().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ResourcePages {
    collection: Collection,
    source: Source,
    /// The parameters of the listing's call.
    params: Value,
    /// The number of resources left until the limit.
    left: Option<usize>,
}

/// The source of pages.
#[derive(Debug)]
enum Source {
    Done,
    New,
    Pages(Box<Pages>),
}

impl Iterator for ResourcePages {
    type Item = Result<Vec<Resource>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == Some(0) {
            return None;
        }
        let page = self.next_response()?.and_then(|page| {
            let (_, relation) = self.collection.definition()?;
            let parent = &self.collection.parent;
            parent.on_page(relation, &self.params, &page)
        });
        Some(match page {
            Ok(mut page) => {
                if let Some(left) = &mut self.left {
                    page.truncate(*left);
                    *left -= page.len();
                }
                Ok(page)
            }
            Err(error) => {
                self.source = Source::Done;
                Err(error)
            }
        })
    }
}

impl ResourcePages {
    /// The next response of the service, if there is one.
    fn next_response(&mut self) -> Option<Result<Value>> {
        match &mut self.source {
            Source::Done => None,
            Source::New => Some(self.first_response()),
            Source::Pages(pages) => pages.next(),
        }
    }

    fn first_response(&mut self) -> Result<Value> {
        let collection = &self.collection;
        let parent = &collection.parent;
        let (action, _) = collection.definition()?;
        let (service, operation) = (parent.service(), &*action.request.operation);
        let mut params = json!({});
        parent.fill(&action.request.params, &mut params, None)?;
        merge(&mut params, collection.params.clone(), true);
        self.params = params.clone();
        if !parent.client().can_paginate(service, operation)? {
            self.source = Source::Done;
            return parent.call(operation, params);
        }
        let mut pages = parent.client().pages(service, operation, params)?;
        if let Some(size) = collection.page_size {
            pages = pages.page_size(size);
        }
        // there is always a first page
        let first = pages.next().unwrap_or(Ok(Value::Null));
        self.source = Source::Pages(Box::new(pages));
        first
    }
}

/// Merges parameters. Nested lists are replaced, as in boto3.
fn merge(params: &mut Value, more: Value, joins_lists: bool) {
    match (params, more) {
        (Value::Object(params), Value::Object(more)) => {
            for (name, value) in more {
                match (params.get_mut(&name), value) {
                    (Some(known @ Value::Object(_)), value @ Value::Object(_)) => {
                        merge(known, value, false);
                    }
                    (Some(Value::Array(known)), Value::Array(value)) if joins_lists => {
                        known.extend(value);
                    }
                    (_, value) => {
                        params.insert(name, value);
                    }
                }
            }
        }
        // the validation of parameters reports other types
        (params, more) => *params = more,
    }
}
