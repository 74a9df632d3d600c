//! Resources: objects of a service, such as buckets and queues, with attributes and actions, as in boto3.
//!
//! ```text
//!  Client ──resource("s3")──► s3.ServiceResource ──sub("Bucket", "b")──► s3.Bucket(name="b")
//!                               │ action, collection                      │ attribute, load, action, waiter
//!                               └──► s3.Bucket, s3.Bucket, …              └─ reference, sub, collection ──► others
//! ```
//! Definitions are data: boto3's files `resources-1` for nine services, files in a directory of models, or a text of the program
//! ([`Client::resource_from`]). They have boto3's format and meaning:
//!
//! * Names are in snake case (`creation_date`, `wait_until_exists`), those of sub-resources in Pascal case (`Bucket`). Both
//!   spellings are accepted everywhere. If two names are the same, the later one gets its [`Category`] as a suffix
//!   (`routes_attribute`), in this order: identifier, action, sub-resource, reference, collection, waiter, attribute.
//! * Identifiers are always known. Attributes come with a listing, or are loaded when the first one is read. An action discards
//!   attributes that can be loaded again.
//! * The caller's parameters replace those that the resource provides. Parameters of a listing are merged with them.
//!
//! A resource is cheap to clone, clones share attributes, and threads can share a resource.

mod action;
mod action_output;
mod attribute;
mod collection;
mod error;
mod identifiers;
mod injected;
mod relation;
mod replace;
mod s3_transfers;
mod waiter;

pub use self::action_output::ActionOutput;
pub use self::collection::{Collection, ResourcePages, Resources};
pub use self::error::{NoSuchName, ResourceError};
pub use self::identifiers::Identifiers;
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

/// A service, or an object of a service.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], "<R><Contents><Key>a</Key><Size>1</Size></Contents></R>");
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
/// Two resources are equal if they have the same type and identifiers. Attributes affect neither equality nor the hash, so
/// resources can be keys of a map, despite `clippy::mutable_key_type`.
#[derive(Clone)]
pub struct Resource(Arc<Inner>);

struct Inner {
    context: Arc<Context>,
    definition: Arc<Definition>,
    /// The values of the definition's identifiers, in the same order.
    identifiers: Box<[Value]>,
    data: RwLock<Option<Arc<Value>>>,
}

/// The part that all resources of a service share.
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
    /// Returns a service as a resource, from which all others are reached.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"QueueUrl": "https://sqs/1/orders"}"#);
    /// # let client = Client::with_transport(config, replay.respond(200, &[], "{}"))?;
    /// let sqs = client.resource("sqs")?;
    /// let queue = sqs.action("get_queue_by_name", json!({"QueueName": "orders"}))?.resource()?;
    /// queue.action("send_message", json!({"MessageBody": "three dolphins"}))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service is unknown or has no resources; the error lists the services that have.
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

    /// Returns a service as a resource, with definitions of the program's own: the text of a file `resources-1`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"KeyMetadata": {"Description": "sea"}}"#);
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
    /// Returns an error if the service is unknown or the text is invalid. An error in the definition of a type is reported when
    /// the type is first used.
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

    /// Returns the service's name, such as `s3`.
    pub fn service(&self) -> &str {
        self.definitions().model().name()
    }

    /// Returns the type's name, such as `Bucket`, or `ServiceResource` for a service.
    pub fn type_name(&self) -> &str {
        &self.definition().name
    }

    /// Returns the client that makes the resource's calls.
    pub fn client(&self) -> &Client {
        &self.0.context.client
    }

    /// Returns the definition of the resource's type.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let bucket = client.resource("s3")?.sub("Bucket", "my-bucket")?;
    /// assert!(bucket.definition().actions.contains_key("PutObject"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn definition(&self) -> &Definition {
        &self.0.definition
    }

    /// Returns the definitions of all types of the service.
    pub fn definitions(&self) -> &Definitions {
        &self.0.context.definitions
    }

    /// Returns the names in a category: identifiers in their order, others sorted.
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

    /// Returns the names and values of the identifiers, in order.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let object = client.resource("s3")?.sub("Object", ["my-bucket", "a/b"])?;
    /// let names: Vec<&str> = object.identifiers().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["bucket_name", "key"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn identifiers(&self) -> impl Iterator<Item = (&str, &Value)> {
        let names = self.definition().names(Category::Identifier);
        names.into_iter().zip(&self.0.identifiers)
    }

    /// Returns the value of an identifier.
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
    /// Returns an error if the resource has no such identifier.
    pub fn identifier(&self, name: &str) -> Result<&Value> {
        let found = self.find(Category::Identifier, name)?;
        self.identifier_by_key(&found.key)
    }

    /// The value of an identifier by its name in definitions.
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
        NoSuchName::new(self, category, name).into()
    }

    /// The resource in error texts: `s3.Bucket`.
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

/// `s3.Object(bucket_name="b", key="k")`, without attributes and secrets.
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
