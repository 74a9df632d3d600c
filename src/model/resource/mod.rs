//! What `resources-1` says of a service's resources: which types there are, what tells one of them from another, and
//! what each can do.
//!
//! ```text
//!  Definitions ──"Bucket"──► Definition ─┬─ identifiers, shape          what it is
//!                                        ├─ load, actions               calls for it
//!                                        ├─ subresources, references    one step to another
//!                                        ├─ collections                 steps to many, and calls for all of them (batch_actions)
//!                                        └─ waiters
//! ```
//! A definition is read when it is first asked for. What is in it goes by the names of the file (`CreateBucket`); the
//! [`Category`] of a name and its spelling without clashes are in [`names`].

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

/// All resources of a service.
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

/// A definition, and the text that it is read from when it is first asked for.
struct Entry {
    text: Box<RawValue>,
    read: OnceCell<Arc<Definition>>,
}

/// One type of resources, or the service itself.
#[derive(Debug)]
#[non_exhaustive]
pub struct Definition {
    /// Such as `Bucket`; the service's own is [`Definitions::SERVICE`].
    pub name: Box<str>,
    /// What tells one from another, in their order.
    pub identifiers: Box<[Identifier]>,
    /// The shape of its attributes, if it has some.
    pub shape: Option<Box<str>>,
    /// What gives its attributes.
    pub load: Option<Action>,
    /// What it can do.
    pub actions: BTreeMap<Box<str>, Action>,
    /// What all of a page can do in one call.
    pub batch_actions: BTreeMap<Box<str>, Action>,
    /// Resources that need no data, but maybe identifiers of the caller's.
    pub subresources: BTreeMap<Box<str>, Relation>,
    /// Resources that its own attributes name.
    pub references: BTreeMap<Box<str>, Relation>,
    /// Resources that a listing gives.
    pub collections: BTreeMap<Box<str>, Action>,
    /// What can be waited for.
    pub waiters: BTreeMap<Box<str>, WaiterUse>,
    names: Names,
}

/// A part of what tells a resource from another.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Identifier {
    /// Such as `BucketName`.
    pub name: Box<str>,
    /// The member of the shape that has the same value, if there is one.
    #[serde(default)]
    pub member_name: Option<Box<str>>,
    /// `integer`, where it is no text.
    #[serde(default, rename = "type")]
    pub kind: Option<Box<str>>,
    /// Whether that member is a secret.
    #[serde(skip)]
    pub is_secret: bool,
}

/// A call, and what is made of its answer.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Action {
    /// The call.
    pub request: ActionRequest,
    /// The resources in its answer; a collection has them always.
    #[serde(default)]
    pub resource: Option<Relation>,
    /// What of an answer without resources is the result; all of it, where there is no path.
    #[serde(default, deserialize_with = "whole_or_path")]
    pub path: Option<Query>,
}

/// A call that a definition makes.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ActionRequest {
    /// The operation's API name.
    pub operation: Box<str>,
    /// The parameters that the resource knows.
    #[serde(default)]
    pub params: Box<[Param]>,
}

/// A parameter that a resource knows.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Param {
    /// Where it goes.
    pub target: Target,
    /// Where it comes from.
    #[serde(flatten)]
    pub source: ParamSource,
}

/// Where a parameter comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "source", rename_all = "camelCase")]
#[non_exhaustive]
pub enum ParamSource {
    /// From the attributes.
    Data {
        /// Where in them.
        path: Query,
    },
    /// From an identifier.
    Identifier {
        /// Its name.
        name: Box<str>,
    },
    /// The caller gives it.
    Input,
    /// The definition has it.
    #[serde(rename = "string", alias = "integer", alias = "boolean")]
    Literal {
        /// The value.
        value: Value,
    },
}

/// A waiter of the service, with the parameters that the resource knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WaiterUse {
    /// The waiter's name.
    pub waiter_name: Box<str>,
    /// The parameters that the resource knows.
    #[serde(default)]
    pub params: Box<[Param]>,
}

/// A definition as the file has it.
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
    /// The name of the service's own definition.
    pub const SERVICE: &'static str = "ServiceResource";

    /// Reads a file; what is in the definitions shows when they are asked for.
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

    /// The model of the service.
    pub fn model(&self) -> &Arc<ServiceModel> {
        &self.model
    }

    /// The names of all types, sorted.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(|name| &**name)
    }

    /// What the service itself has.
    ///
    /// # Errors
    ///
    /// The definition is broken.
    pub fn service(&self) -> Result<Arc<Definition>> {
        self.read(Self::SERVICE, &self.service)
    }

    /// What a type has.
    ///
    /// # Errors
    ///
    /// There is no such type, or its definition is broken.
    pub fn get(&self, name: &str) -> Result<Arc<Definition>> {
        match self.types.get(name) {
            Some(entry) => self.read(name, entry),
            None => Err(Error::model(UnknownName {
                what: "type",
                name: name.into(),
                place: format!("{}/resources-1", self.model.name()).into(),
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
            // a service has every type; where the file does not say how, all identifiers are the caller's
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
        // it would be asked for again and again
        let from_data = |param: &&Param| matches!(param.source, ParamSource::Data { .. });
        let mut load = raw.load.iter().flat_map(|load| &load.request.params);
        if let Some(Param { target, .. }) = load.find(from_data) {
            return Err(format!(
                "load: {target} comes from the attributes, which are not there before it"
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

    /// The members of its shape.
    fn members<'m>(&self, model: &'m ServiceModel) -> Result<Option<&'m Members>, String> {
        let Some(name) = &self.shape else {
            return Ok(None);
        };
        let id = model.shape_id(name);
        let id = id.ok_or_else(|| format!("there is no shape {name} in {}", model.name()))?;
        let shape = model.shape(id).map_err(|e| e.to_string())?;
        Ok(shape.members())
    }

    /// The names of a category, without clashes: snake case, but for sub-resources, which are `Bucket`. Identifiers are in
    /// their order, others sorted. What a service's resources have beyond the file is in
    /// [`Resource::names`](crate::Resource::names).
    pub fn names(&self, category: Category) -> Vec<&str> {
        let names = self.names.of_category(category).map(|name| &*name.name);
        let mut names: Vec<&str> = names.collect();
        if category != Category::Identifier {
            names.sort_unstable();
        }
        names
    }

    /// A name in any of its spellings.
    pub(crate) fn find(&self, category: Category, name: &str) -> Option<&Name> {
        self.names.find(category, name)
    }

    /// The categories in which there is such a name.
    pub(crate) fn categories_of(&self, name: &str) -> impl Iterator<Item = Category> {
        let has = move |category: &Category| self.find(*category, name).is_some();
        Category::ALL.into_iter().filter(has)
    }

    /// The place of an identifier among all, by the name that the file has.
    pub(crate) fn identifier_index(&self, name: &str) -> Option<usize> {
        let mut all = self.identifiers.iter();
        all.position(|identifier| *identifier.name == *name)
    }
}

impl Identifier {
    /// A number may be given as its text.
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

/// `$` stands for all of an answer, as the files had it before JMESPath had `@`.
fn whole_or_path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Query>, D::Error> {
    let text = Option::<Box<str>>::deserialize(from)?;
    let text = text.filter(|text| **text != *"$");
    text.map(|text| Query::compile(&text))
        .transpose()
        .map_err(serde::de::Error::custom)
}
