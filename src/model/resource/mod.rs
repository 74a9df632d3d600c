//! The resources of a service, from `resources-1`: their types, identifiers and actions.
//!
//! ```text
//!  Definitions ──"Bucket"──► Definition ─┬─ identifiers, shape          its identity and attributes
//!                                        ├─ load, actions               calls
//!                                        ├─ subresources, references    a step to one resource
//!                                        ├─ collections                 steps to many resources, and calls for all (batch_actions)
//!                                        └─ waiters
//! ```
//! A definition is parsed on first use. Its parts have the names of the file (`CreateBucket`); [`names`] has the [`Category`] of a name
//! and its spelling without clashes.

mod names;
mod relation;
mod target;

pub use self::names::Category;
pub(crate) use self::names::{Name, Names};
pub use self::relation::{IdentifierRule, IdentifierSource, Relation};
pub(crate) use self::relation::{Origin, Rows};
pub use self::target::Target;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use once_cell::sync::OnceCell;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Members, ServiceModel, UnknownName};
use crate::error::{Error, Result};
use crate::query::Query;

/// The definitions of all resources of a service.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let sqs = client.resource("sqs")?;
/// let definitions = sqs.definitions();
/// assert!(definitions.types().eq(["Message", "Queue"]));
/// let purge = &definitions.get("Queue")?.actions["Purge"];
/// assert_eq!(&*purge.request.operation, "PurgeQueue");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Definitions {
    model: Arc<ServiceModel>,
    service: Entry,
    types: BTreeMap<Box<str>, Entry>,
}

/// A definition, and the text from which it is parsed on first use.
struct Entry {
    text: Box<RawValue>,
    read: OnceCell<Arc<Definition>>,
}

/// A resource type, or the service itself.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let sqs = client.resource("sqs")?;
/// let queue = sqs.definitions().get("Queue")?;
/// assert_eq!(&*queue.identifiers[0].name, "Url");
/// assert!(queue.actions.contains_key("ReceiveMessages"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Definition {
    /// The name, such as `Bucket`; that of the service itself is [`Definitions::SERVICE`].
    pub name: Box<str>,
    /// The identifiers, in their order.
    pub identifiers: Box<[Identifier]>,
    /// The shape of the attributes, if there are any.
    pub shape: Option<Box<str>>,
    /// The call that loads the attributes.
    pub load: Option<Action>,
    /// The actions, by name.
    pub actions: BTreeMap<Box<str>, Action>,
    /// The actions that one call performs for all resources of a page.
    pub batch_actions: BTreeMap<Box<str>, Action>,
    /// Resources that are reached without attributes; the caller may have to pass identifiers.
    pub subresources: BTreeMap<Box<str>, Relation>,
    /// Resources that the attributes refer to.
    pub references: BTreeMap<Box<str>, Relation>,
    /// Resources that a listing returns.
    pub collections: BTreeMap<Box<str>, Action>,
    /// The waiters, by name.
    pub waiters: BTreeMap<Box<str>, WaiterUse>,
    names: Names,
}

/// An identifier of a resource.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let ec2 = client.resource("ec2")?;
/// let snapshot = ec2.definitions().get("Snapshot")?;
/// let id = &snapshot.identifiers[0];
/// assert_eq!((&*id.name, id.member_name.as_deref()), ("Id", Some("SnapshotId")));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Identifier {
    /// The name, such as `BucketName`.
    pub name: Box<str>,
    /// The member of the shape that has the same value, if any.
    #[serde(default)]
    pub member_name: Option<Box<str>>,
    /// `integer` for a number, `None` for text.
    #[serde(default, rename = "type")]
    pub kind: Option<Box<str>>,
    /// Whether that member is sensitive.
    #[serde(skip)]
    pub is_secret: bool,
}

/// A call, and the result that is made of its response.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let ec2 = client.resource("ec2")?;
/// let snapshot = ec2.definitions().get("Snapshot")?;
/// let load = snapshot.load.as_ref().expect("a snapshot can be loaded");
/// assert_eq!(&*load.request.operation, "DescribeSnapshots");
/// assert_eq!(load.path.as_ref().map(|path| path.text()), Some("Snapshots[0]"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Action {
    /// The call.
    pub request: ActionRequest,
    /// The resources in the response; a collection always has them.
    #[serde(default)]
    pub resource: Option<Relation>,
    /// The path of the result in the response, if the response has no resources. Without a path, the result is the whole response.
    #[serde(default, deserialize_with = "whole_or_path")]
    pub path: Option<Query>,
}

/// A call that a definition makes.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let sqs = client.resource("sqs")?;
/// let request = &sqs.definitions().get("Queue")?.actions["Purge"].request;
/// assert_eq!((&*request.operation, request.params.len()), ("PurgeQueue", 1));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ActionRequest {
    /// The operation's API name.
    pub operation: Box<str>,
    /// The parameters that the resource sets.
    #[serde(default)]
    pub params: Box<[Param]>,
}

/// A parameter that a resource sets.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let sqs = client.resource("sqs")?;
/// let param = &sqs.definitions().get("Queue")?.actions["Purge"].request.params[0];
/// assert_eq!(param.target.to_string(), "QueueUrl");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Param {
    /// The place of the value in the parameters.
    pub target: Target,
    /// The source of the value.
    #[serde(flatten)]
    pub source: ParamSource,
}

/// The source of a parameter.
///
/// ```
/// use tucuxi::resource::ParamSource;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let sqs = client.resource("sqs")?;
/// let param = &sqs.definitions().get("Queue")?.actions["Purge"].request.params[0];
/// assert!(matches!(&param.source, ParamSource::Identifier { name } if **name == *"Url"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "source", rename_all = "camelCase")]
#[non_exhaustive]
pub enum ParamSource {
    /// The value is an attribute of the resource.
    Data {
        /// The path in the attributes.
        path: Query,
    },
    /// The value is an identifier of the resource.
    Identifier {
        /// The name of the identifier.
        name: Box<str>,
    },
    /// The caller passes the value.
    Input,
    /// The value is a constant in the definition.
    #[serde(rename = "string", alias = "integer", alias = "boolean")]
    Literal {
        /// The value.
        value: Value,
    },
}

/// A waiter of the service, with the parameters that the resource sets.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let s3 = client.resource("s3")?;
/// let exists = &s3.definitions().get("Bucket")?.waiters["Exists"];
/// assert_eq!(&*exists.waiter_name, "BucketExists");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WaiterUse {
    /// The name of the waiter.
    pub waiter_name: Box<str>,
    /// The parameters that the resource sets.
    #[serde(default)]
    pub params: Box<[Param]>,
}

/// A definition in the form of the file.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Raw {
    identifiers: Box<[Identifier]>,
    shape: Option<Box<str>>,
    load: Option<Action>,
    actions: BTreeMap<Box<str>, Action>,
    batch_actions: BTreeMap<Box<str>, Action>,
    has: BTreeMap<Box<str>, RawHas>,
    has_many: BTreeMap<Box<str>, Action>,
    waiters: BTreeMap<Box<str>, WaiterUse>,
}

#[derive(Deserialize)]
struct RawHas {
    resource: Relation,
}

impl Definitions {
    /// The name of the definition of the service itself.
    pub const SERVICE: &'static str = "ServiceResource";

    /// Parses a file, but not its definitions.
    pub(crate) fn parse(model: Arc<ServiceModel>, text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct File {
            service: Box<RawValue>,
            #[serde(default)]
            resources: BTreeMap<Box<str>, Box<RawValue>>,
        }
        let file: File = serde_json::from_str(text)
            .map_err(|e| Error::model(format!("{}/resources-1: {e}", model.name())))?;
        let types = file.resources.into_iter();
        Ok(Self {
            model,
            service: Entry::new(file.service),
            types: types.map(|(name, text)| (name, Entry::new(text))).collect(),
        })
    }

    /// Returns the model of the service.
    pub fn model(&self) -> &Arc<ServiceModel> {
        &self.model
    }

    /// Returns the names of all types, sorted.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(|name| &**name)
    }

    /// Returns the definition of the service itself.
    ///
    /// # Errors
    ///
    /// Returns an error if the definition is broken.
    pub fn service(&self) -> Result<Arc<Definition>> {
        self.read(Self::SERVICE, &self.service)
    }

    /// Returns the definition of a type.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such type, or if its definition is broken.
    pub fn get(&self, name: &str) -> Result<Arc<Definition>> {
        match self.types.get(name) {
            Some(entry) => self.read(name, entry),
            None => Err(Error::model(UnknownName {
                what: "type",
                name: name.into(),
                place: format!("{}/resources-1", self.model.name()),
                nearest: crate::names::nearest(name, self.types())
                    .into_iter()
                    .map(Into::into)
                    .collect(),
            })),
        }
    }

    fn read(&self, name: &str, entry: &Entry) -> Result<Arc<Definition>> {
        let read = || {
            let of = |what: String| {
                Error::model(format!("{}/resources-1: {name}: {what}", self.model.name()))
            };
            let raw: Raw = serde_json::from_str(entry.text.get()).map_err(|e| of(e.to_string()))?;
            Definition::of(name, raw, self).map(Arc::new).map_err(of)
        };
        entry.read.get_or_try_init(read).cloned()
    }
}

impl Entry {
    fn new(text: Box<RawValue>) -> Self {
        let read = OnceCell::new();
        Self { text, read }
    }
}

impl Definition {
    fn of(name: &str, raw: Raw, all: &Definitions) -> Result<Self, String> {
        let mut has: BTreeMap<Box<str>, Relation> = (raw.has.into_iter())
            .map(|(name, has)| (name, has.resource))
            .collect();
        if name == Definitions::SERVICE {
            // every type can be reached from the service; unless the file says how, the caller passes all identifiers
            let is_missing = |name: &&str| !has.values().any(|has| *has.resource_type == **name);
            let missing: Vec<&str> = all.types().filter(is_missing).collect();
            for name in missing {
                has.entry(name.into())
                    .or_insert_with(|| Relation::of_type(name));
            }
        }
        let (references, subresources) = has
            .into_iter()
            .partition(|(_, relation)| relation.needs_data());
        if let Some((name, _)) = raw
            .has_many
            .iter()
            .find(|(_, many)| many.resource.is_none())
        {
            return Err(format!("hasMany.{name}: it has no resource"));
        }
        // such a resource would have to be loaded before it can be loaded
        let from_data = |param: &&Param| matches!(param.source, ParamSource::Data { .. });
        let mut load = raw.load.iter().flat_map(|load| &load.request.params);
        if let Some(Param { target, .. }) = load.find(from_data) {
            return Err(format!(
                "load: {target} comes from the attributes, which are not loaded before it"
            ));
        }
        let mut this = Self {
            name: name.into(),
            identifiers: raw.identifiers,
            shape: raw.shape,
            load: raw.load,
            actions: raw.actions,
            batch_actions: raw.batch_actions,
            subresources,
            references,
            collections: raw.has_many,
            waiters: raw.waiters,
            names: Names::default(),
        };
        this.names = Names::of(&this, &all.model)?;
        let members = this.members(&all.model)?;
        for identifier in &mut this.identifiers {
            let name = identifier.member_name.as_deref();
            let member = members.and_then(|members| members.get(name?));
            if let Some(member) = member {
                let shape = all.model.shape(member.target);
                identifier.is_secret = shape.map_err(|e| e.to_string())?.sensitive;
            }
        }
        Ok(this)
    }

    /// The members of the shape.
    fn members<'m>(&self, model: &'m ServiceModel) -> Result<Option<&'m Members>, String> {
        let Some(name) = &self.shape else {
            return Ok(None);
        };
        let id = model.shape_id(name);
        let id = id.ok_or_else(|| format!("there is no shape {name} in {}", model.name()))?;
        let shape = model.shape(id).map_err(|e| e.to_string())?;
        Ok(shape.members())
    }

    /// Returns the names of a category, without clashes: in snake case, except sub-resources (`Bucket`). Identifiers are in their
    /// order, others are sorted. Actions that this crate adds to the file are in [`Resource::names`](crate::Resource::names).
    pub fn names(&self, category: Category) -> Vec<&str> {
        let names = self.names.of_category(category).map(|name| &*name.name);
        let mut names: Vec<&str> = names.collect();
        if category != Category::Identifier {
            names.sort_unstable();
        }
        names
    }

    /// Finds a name in any of its spellings.
    pub(crate) fn find(&self, category: Category, name: &str) -> Option<&Name> {
        self.names.find(category, name)
    }

    /// The categories that have this name.
    pub(crate) fn categories_of(&self, name: &str) -> impl Iterator<Item = Category> {
        let has = move |category: &Category| self.find(*category, name).is_some();
        Category::ALL.into_iter().filter(has)
    }

    /// The index of an identifier, by its name in the file.
    pub(crate) fn identifier_index(&self, name: &str) -> Option<usize> {
        let mut all = self.identifiers.iter();
        all.position(|identifier| *identifier.name == *name)
    }
}

impl Identifier {
    /// Whether the identifier is a number.
    pub(crate) fn is_integer(&self) -> bool {
        self.kind.as_deref() == Some("integer")
    }
}

impl fmt::Debug for Definitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definitions")
            .field("service", &self.model.name())
            .field("types", &self.types.keys())
            .finish_non_exhaustive()
    }
}

/// Reads a path. `$` means the whole response: the files are older than JMESPath's `@`.
fn whole_or_path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Query>, D::Error> {
    let text = Option::<Box<str>>::deserialize(from)?;
    let text = text.filter(|text| **text != *"$");
    text.map(|text| Query::compile(&text))
        .transpose()
        .map_err(serde::de::Error::custom)
}
