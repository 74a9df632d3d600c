//! Resources: things that a service has, with what can be known of them and done with them.
//!
//! ```text
//!  Client ──resource("s3")──► s3.ServiceResource ──sub("Bucket", "b")──► s3.Bucket(name="b")
//!                               │ action, collection                      │ attribute, load, action, waiter
//!                               └──► s3.Bucket, s3.Bucket, …              └─ reference, sub, collection ──► others
//! ```
//! Which there are is data: the files `resources-1` of boto3 for nine services, those in a folder of models, or a text that
//! the program has ([`Client::resource_from`]). They are laid out as boto3's, and what is done with them is the same:
//!
//! * Names are snake case (`creation_date`, `wait_until_exists`), those of sub-resources capitals (`Bucket`); both
//!   spellings are taken everywhere. Where two names are the same, the later one has its [`Category`] behind it
//!   (`routes_attribute`), in the order: identifier, action, sub-resource, reference, collection, waiter, attribute.
//! * Identifiers are known from the start; attributes are asked for when the first of them is read, or came with the
//!   listing. An action forgets them, if they can be asked for again.
//! * Parameters that the caller gives replace those that the resource knows; those of a listing are joined with them.
//!
//! A resource is cheap to clone, and its clones share what they know. It can be used by several threads.

mod action;
mod attribute;
mod collection;
mod error;
mod identifiers;
mod injected;
mod outcome;
mod relation;
mod replace;
mod s3_transfers;
mod waiter;

pub use self::collection::{Collection, ResourcePages, Resources};
pub use self::error::{NoSuchName, ResourceError};
pub use self::identifiers::Identifiers;
pub use self::outcome::Outcome;
pub use crate::model::resource::{
    Action, ActionRequest, Category, Definition, Definitions, Identifier, IdentifierRule,
    IdentifierSource, Param, ParamSource, Relation, Target, WaiterUse,
};

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, RwLock};

use serde_json::Value;

use crate::client::Client;
use crate::error::Result;
use crate::introspection::Introspection;
use crate::model::resource::Name;

/// A service, or something that it has.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().answer(200, &[], "<R><Contents><Key>a</Key><Size>1</Size></Contents></R>");
/// # let client = Client::with_transport(config, replay)?;
/// let s3 = client.resource("s3")?;
/// let bucket = s3.sub("Bucket", "my-bucket")?;
/// for object in bucket.collection("objects")?.filter(json!({"Prefix": "2026/"})) {
///     let object = object?;
///     println!("{} {}", object.identifier("key")?, object.attribute("size")?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Two are equal if they are of one type and their identifiers are equal. What is known of them has no part in that, nor in their
/// hash: they may be keys of a map, whatever `clippy::mutable_key_type` says.
#[derive(Clone)]
pub struct Resource(Arc<Inner>);

struct Inner {
    context: Arc<Context>,
    definition: Arc<Definition>,
    /// As many as the definition has, in its order.
    identifiers: Box<[Value]>,
    data: RwLock<Option<Arc<Value>>>,
}

/// What all resources have in common that one service's led to.
struct Context {
    client: Client,
    definitions: Arc<Definitions>,
}

impl Introspection {
    /// Returns the names of the services that have resources, sorted.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.introspect().resources()?.contains(&"s3".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a model directory cannot be read.
    pub fn resources(&self) -> Result<Vec<String>> {
        self.client().all_services().with_resources()
    }
}

impl Client {
    /// A service as a resource: what leads to all others.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"QueueUrl": "https://sqs/1/orders"}"#);
    /// # let client = Client::with_transport(config, replay.answer(200, &[], "{}"))?;
    /// let sqs = client.resource("sqs")?;
    /// let queue = sqs.action("get_queue_by_name", json!({"QueueName": "orders"}))?.resource()?;
    /// queue.action("send_message", json!({"MessageBody": "three dolphins"}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such service, or it has no resources: the error says which have.
    pub fn resource(&self, service: &str) -> Result<Resource> {
        let found = self.all_services().service(service)?;
        match found.resources()? {
            Some(definitions) => Resource::service_of(self, definitions.clone()),
            None => Err(ResourceError::NoResources {
                service: found.name().into(),
                services: self.introspect().resources()?,
            }
            .into()),
        }
    }

    /// A service as a resource, by definitions of the program's own: the text of a file `resources-1`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().answer(200, &[], r#"{"KeyMetadata": {"Description": "sea"}}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let text = r#"{"service": {}, "resources": {"Key": {
    ///     "identifiers": [{"name": "Id", "memberName": "KeyId"}], "shape": "KeyMetadata",
    ///     "load": {"path": "KeyMetadata", "request": {"operation": "DescribeKey",
    ///         "params": [{"target": "KeyId", "source": "identifier", "name": "Id"}]}}}}}"#;
    /// let kms = client.resource_from("kms", text)?;
    /// let key = kms.sub("Key", "1234abcd")?;
    /// assert_eq!(key.attribute("description")?, "sea");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such service, or the text is broken. A type's own fault shows when it is first met.
    pub fn resource_from(&self, service: &str, definitions: &str) -> Result<Resource> {
        let model = self.model(service)?;
        let definitions = Definitions::parse(model, definitions)?;
        Resource::service_of(self, Arc::new(definitions))
    }
}

impl Resource {
    fn service_of(client: &Client, definitions: Arc<Definitions>) -> Result<Self> {
        let definition = definitions.service()?;
        let client = injected::client_for(client, &definitions.model().metadata().service_id);
        let context = Arc::new(Context {
            client,
            definitions,
        });
        Ok(Self::new(context, definition, Box::default(), None))
    }

    fn new(
        context: Arc<Context>,
        definition: Arc<Definition>,
        identifiers: Box<[Value]>,
        data: Option<Value>,
    ) -> Self {
        Self(Arc::new(Inner {
            context,
            definition,
            identifiers,
            data: RwLock::new(data.map(Arc::new)),
        }))
    }

    /// The service's name, such as `s3`.
    pub fn service(&self) -> &str {
        self.definitions().model().name()
    }

    /// The type's name, such as `Bucket`; `ServiceResource` for a service.
    pub fn type_name(&self) -> &str {
        &self.definition().name
    }

    /// The client that its calls are made with.
    pub fn client(&self) -> &Client {
        &self.0.context.client
    }

    /// What its type has.
    pub fn definition(&self) -> &Definition {
        &self.0.definition
    }

    /// All types of the service.
    pub fn definitions(&self) -> &Definitions {
        &self.0.context.definitions
    }

    /// The names of all that it has of a category: identifiers in their order, others sorted.
    ///
    /// ```
    /// use tucuxi::resource::Category;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let bucket = client.resource("s3")?.sub("Bucket", "b")?;
    /// assert_eq!(bucket.names(Category::Identifier), ["name"]);
    /// assert_eq!(bucket.names(Category::Collection), ["multipart_uploads", "object_versions", "objects"]);
    /// assert_eq!(bucket.names(Category::Waiter), ["wait_until_exists", "wait_until_not_exists"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn names(&self, category: Category) -> Vec<&str> {
        let mut names = self.definition().names(category);
        if category == Category::Action {
            let id = &self.definitions().model().metadata().service_id;
            names.extend(injected::names_of(id, self.type_name()).map(|name| -> &str { name }));
            if self.has_load() {
                names.extend(["load", "reload"]);
            }
            names.sort_unstable();
            names.dedup();
        }
        names
    }

    /// The names and values of its identifiers, in their order.
    pub fn identifiers(&self) -> impl Iterator<Item = (&str, &Value)> {
        let names = self.definition().names(Category::Identifier);
        names.into_iter().zip(&self.0.identifiers)
    }

    /// The value of an identifier.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let object = client.resource("s3")?.sub("Object", ["my-bucket", "a/b"])?;
    /// assert_eq!(object.identifier("bucket_name")?, "my-bucket");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It has no such identifier.
    pub fn identifier(&self, name: &str) -> Result<&Value> {
        let found = self.find(Category::Identifier, name)?;
        self.identifier_by_key(&found.key)
    }

    /// By the name that definitions have.
    fn identifier_by_key(&self, key: &str) -> Result<&Value> {
        let index = self.definition().identifier_index(key);
        let value = index.and_then(|index| self.0.identifiers.get(index));
        value.ok_or_else(|| self.no_such(Category::Identifier, key))
    }

    fn find(&self, category: Category, name: &str) -> Result<&Name> {
        let found = self.definition().find(category, name);
        found.ok_or_else(|| self.no_such(category, name))
    }

    fn no_such(&self, category: Category, name: &str) -> crate::error::Error {
        NoSuchName::of(self, category, name).into()
    }

    /// As a text for errors: `s3.Bucket`.
    fn place(&self) -> String {
        format!("{}.{}", self.service(), self.type_name())
    }
}

impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.0.identifiers == other.0.identifiers
            && self.type_name() == other.type_name()
            && self.service() == other.service()
    }
}

impl Eq for Resource {}

impl Hash for Resource {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.service().hash(state);
        self.type_name().hash(state);
        self.0.identifiers.hash(state);
    }
}

/// `s3.Object(bucket_name="b", key="k")`; attributes and secrets are not shown.
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.place())?;
        let definitions = &self.definition().identifiers;
        for (n, ((name, value), definition)) in self.identifiers().zip(definitions).enumerate() {
            write!(f, "{}{name}=", if n == 0 { "" } else { ", " })?;
            match definition.is_secret {
                true => f.write_str("***")?,
                false => write!(f, "{value}")?,
            }
        }
        f.write_str(")")
    }
}
