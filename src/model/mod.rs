//! Service models: operations, their inputs, outputs and errors, and how these are written on the wire.
//!
//! ```text
//!  ModelSource ──text──► ServiceModel::parse          one scan: finds each operation and shape
//!   embedded ──blocks──►   ├─ operation("ListBuckets") its block is unpacked, and it is parsed, on first use, then kept
//!                          └─ shape(id)                the same
//! ```
//! A call uses a few dozen of a service's shapes, and EC2 has 3,900; so a shape costs nothing until it is used. Wire names, locations
//! and lookups are resolved when a shape is parsed, so that a codec never looks up a trait. The form of a model's text is known to
//! its `Dialect` alone.

mod blocks;
mod c2j;
mod describe;
mod dialect;
mod documentation;
mod entries;
mod example;
#[cfg(feature = "cli")]
pub mod import;
mod index;
mod notes;
mod operation;
mod ordered;
mod paginator;
mod parts;
mod quoted;
mod reachable;
mod reads;
mod recognise;
pub(crate) mod resource;
mod schema;
mod shape;
mod skeleton;
mod smithy;
mod source;
#[cfg(feature = "cli")]
mod split;
mod standard;
mod text;
mod waiter;

pub use self::documentation::Documentation;
pub(crate) use self::entries::Entries;
pub use self::example::{Example, ExampleError};
#[cfg(feature = "cli")]
pub use self::import::Archive;
pub use self::notes::{MemberNotes, Notes};
pub use self::operation::{EndpointDiscovery, HttpChecksum, Operation, StaticContextParam};
pub use self::paginator::Paginator;
pub use self::shape::{ErrorTraits, Kind, Location, Member, Members, Shape, XmlNamespace};
pub use self::skeleton::Skeleton;
#[cfg(feature = "embedded")]
pub use self::source::Embedded;
#[cfg(feature = "cli")]
pub(crate) use self::source::SERVICE;
pub use self::source::{DataFile, Directory, Memory, ModelSource, Origin};
pub(crate) use self::source::{
    ENDPOINT_RULES, EXAMPLES, Loaded, Models, PAGINATORS, RESOURCES, WAITERS,
};
pub use self::waiter::{Acceptor, Matcher, Scope, Waiter, WaiterState};
pub use crate::time::TimestampFormat;

use std::fmt;
use std::sync::Arc;

use self::blocks::Summary;
use self::dialect::Dialect;
use self::index::Index;
use crate::error::{Detail, Error, ErrorKind, Result};
use crate::names::{is_plain, nearest, plain, present};

/// Spellings of the names of operations and services.
pub mod names {
    pub use crate::names::{hyphenated_service_id, kebab_case, snake_case};
}

/// The identifier of a shape within its model.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("sts")?;
/// let id = model.shape_id("Credentials").expect("STS has this shape");
/// assert_eq!(model.shape_name(id), "Credentials");
/// assert!(model.shape(id)?.members().is_some());
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShapeId(u32);

/// The model of a service.
///
/// ```
/// use tucuxi::model::ServiceModel;
///
/// let text = r#"{"metadata": {"protocol": "json"}, "operations": {"RingBell": {}}, "shapes": {}}"#;
/// let model = ServiceModel::parse("tower", text)?;
/// let operation = model.operation("ring-bell")?;
/// assert_eq!((&*operation.name, operation.method.as_str()), ("RingBell", "POST"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
pub struct ServiceModel {
    name: Box<str>,
    /// The whole text, or that without operations and shapes.
    text: Arc<str>,
    dialect: Arc<dyn Dialect>,
    metadata: Metadata,
    operations: Index<Operation>,
    shapes: Index<Shape>,
    /// What is known of the operations without their texts.
    summary: Option<Summary>,
}

/// The properties of a service as a whole.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("dynamodb")?;
/// let metadata = model.metadata();
/// assert_eq!((&*metadata.service_id, &*metadata.api_version), ("DynamoDB", "2012-08-10"));
/// assert_eq!(metadata.target_prefix, "DynamoDB_20120810");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metadata {
    /// Where an API key is sent, if the service has such keys. Only Smithy's models have it.
    pub api_key: Option<ApiKeyPlace>,
    /// The version of the API, such as `2006-03-01`.
    pub api_version: String,
    /// The auth schemes, most preferred first, such as `aws.auth#sigv4`.
    pub auth: Vec<String>,
    /// The parameters of the endpoint rules that a client can set: name and type.
    pub client_context_params: Vec<(String, String)>,
    /// The first label of the host in endpoints that do not come from rules.
    ///
    /// It is empty for services that are not AWS's.
    pub endpoint_prefix: String,
    /// The version of the AWS JSON protocol: `1.0` or `1.1`. Other protocols ignore it.
    pub json_version: String,
    /// The protocol that calls use: the most preferred of those that the service supports.
    pub protocol: Protocol,
    /// Whether errors also have the codes of the query protocol, which the service used before.
    pub query_compatible: bool,
    /// The full name, such as `Amazon Simple Storage Service`.
    pub service_full_name: String,
    /// The service id, such as `S3` or `Application Auto Scaling`.
    pub service_id: String,
    /// The signature version, such as `v4`, `s3v4` or `bearer`, for models without `auth`.
    pub signature_version: String,
    /// The signing name: that of the service in the scope of a signature.
    pub signing_name: String,
    /// The service's name in RPC protocols, such as `DynamoDB_20120810`: in AWS JSON, the part of `X-Amz-Target` before the operation.
    pub target_prefix: String,
    /// The namespace of the service's XML documents.
    pub xml_namespace: Option<XmlNamespace>,
}

/// The place of an API key in a request (`smithy.api#httpApiKeyAuth`).
///
/// ```
/// use tucuxi::model::{ApiKeyPlace, ServiceModel};
///
/// let model = ServiceModel::parse("tower", r#"{"smithy": "2.0", "shapes": {"a#Tower": {"type": "service", "version": "1", "traits": {
///     "aws.protocols#restJson1": {}, "smithy.api#httpApiKeyAuth": {"name": "X-Key", "in": "header"}
/// }}}}"#)?;
/// let place = ApiKeyPlace::Header { name: "X-Key".into(), scheme: None };
/// assert_eq!(model.metadata().api_key, Some(place));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiKeyPlace {
    /// A header.
    Header {
        /// The header's name.
        name: String,
        /// The scheme that precedes the key, such as `ApiKey` in `Authorization: ApiKey …`.
        scheme: Option<String>,
    },
    /// A parameter of the query.
    Query {
        /// The parameter's name.
        name: String,
    },
}

impl Metadata {
    /// The service id in the spelling of settings: `application_auto_scaling`.
    pub(crate) fn service_key(&self) -> String {
        let key = self.service_id.to_lowercase();
        match key.contains(' ') {
            true => key.replace(' ', "_"),
            false => key,
        }
    }
}

/// A protocol of AWS services.
///
/// ```
/// use tucuxi::model::Protocol;
/// # use tucuxi::{Client, Config, transport::Replay};
///
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// assert_eq!(client.model("s3")?.metadata().protocol, Protocol::RestXml);
/// assert_eq!(Protocol::RestXml.name(), "rest-xml");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// AWS JSON 1.0 and 1.1: one URL, and the operation in `X-Amz-Target`.
    AwsJson,
    /// AWS query: forms in requests, XML in responses.
    AwsQuery,
    /// EC2's variant of AWS query.
    Ec2Query,
    /// REST with JSON bodies.
    RestJson,
    /// REST with XML bodies.
    RestXml,
    /// Smithy RPC v2 with CBOR bodies.
    RpcV2Cbor,
    /// Smithy RPC v2 with JSON bodies.
    RpcV2Json,
}

impl ServiceModel {
    /// Parses a model: botocore's `service-2.json`, or Smithy's JSON AST. `name` is the name of the service, which is that of the
    /// model's folder. If a Smithy model has several services, the name is that of one of them.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a model, or if none of its protocols is supported. An error inside a shape or an operation
    /// is returned when that is first used.
    pub fn parse(name: &str, text: impl Into<String>) -> Result<Self> {
        recognise::parse(name, text.into())
    }

    /// Parses a model that was loaded.
    pub(crate) fn read(name: &str, loaded: Loaded) -> Result<Self> {
        match loaded {
            Loaded::Text(text) => recognise::parse(name, text),
            Loaded::Blocks(blocks) => c2j::read(name, &blocks),
        }
    }

    /// The same model in another protocol, in which members may have other names on the wire.
    #[cfg(feature = "mock")]
    pub(crate) fn speaking(&self, protocol: Protocol) -> Self {
        Self {
            name: self.name.clone(),
            text: self.text.clone(),
            dialect: self.dialect.clone(),
            metadata: Metadata {
                protocol,
                ..self.metadata.clone()
            },
            operations: self.operations.unparsed(),
            shapes: self.shapes.unparsed(),
            summary: self.summary,
        }
    }

    /// Returns the name of the service, such as `s3`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the properties of the service as a whole.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Returns the names of all operations, in the order of the model.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let model = client.model("sts")?;
    /// assert!(model.operation_names().any(|name| name == "GetCallerIdentity"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn operation_names(&self) -> impl Iterator<Item = &str> {
        self.operations.names()
    }

    /// Returns the operation with this name: that of the API (`ListObjectsV2`), snake case or kebab case. Case and separators are
    /// ignored, because tools split words differently: `create_o_auth2_token` is `create_oauth2_token`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let model = client.model("s3")?;
    /// assert_eq!(model.operation("list_objects_v2")?.name, "ListObjectsV2");
    /// assert!(model.operation("ListObject").is_err());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation ([`UnknownName`], with the most similar names), or if its definition is broken.
    pub fn operation(&self, name: &str) -> Result<&Arc<Operation>> {
        let index = self.operation_index(name)?;
        let parse = |name: &str, text: &str| {
            let parsed = self.dialect.operation(self, name, text);
            parsed.map_err(|e| format!("operation {name}: {e}"))
        };
        let operation = self.operations.get_or_try_init(index, parse);
        operation.map_err(|e| self.failed(&e))
    }

    /// Reads all operations and shapes.
    ///
    /// # Errors
    ///
    /// Returns an error if a part of the model cannot be read, or a definition is broken.
    pub(crate) fn check(&self) -> Result<()> {
        let read = self.operations.check().and_then(|()| self.shapes.check());
        read.map_err(|e| self.failed(&e))?;
        for name in self.operation_names() {
            self.operation(name)?;
        }
        for name in self.shape_names() {
            let id = self.find_shape(name).map_err(|e| self.failed(&e))?;
            id.map_or(Ok(()), |id| self.shape(id).map(drop))?;
        }
        Ok(())
    }

    /// Returns one of the service's other data files, if the model contains it: in a Smithy model, these are traits.
    pub(crate) fn file(&self, kind: &str) -> Result<Option<String>> {
        let file = self.dialect.file(self, kind);
        file.map_err(|e| self.failed(&e))
    }

    /// Whether any operation must discover its endpoint.
    pub(crate) fn requires_discovery(&self) -> bool {
        match self.summary {
            Some(summary) => summary.discovers,
            None => {
                let mut all = self.operations.all();
                all.any(|(_, operation)| self.dialect.requires_discovery(operation))
            }
        }
    }

    fn operation_index(&self, name: &str) -> Result<u32> {
        let find = |name: &str| self.operations.find(name).map_err(|e| self.failed(&e));
        if let Some(index) = find(name)? {
            return Ok(index);
        }
        let wanted = plain(present(name));
        let mut names = self.operation_names();
        let known = names.find(|api| is_plain(api, &wanted));
        known.map_or(Ok(None), find)?.ok_or_else(|| {
            Error::model(UnknownName {
                what: "operation",
                name: name.into(),
                place: self.name.as_ref().into(),
                nearest: nearest(name, self.operation_names())
                    .into_iter()
                    .map(Into::into)
                    .collect(),
            })
        })
    }

    /// Returns the shape with this id.
    ///
    /// # Errors
    ///
    /// Returns an error if the definition of the shape is broken.
    #[inline]
    pub fn shape(&self, id: ShapeId) -> Result<&Shape> {
        match self.shapes.get(id.0) {
            Some(shape) => Ok(shape),
            None => self.parse_shape(id),
        }
    }

    #[cold]
    fn parse_shape(&self, id: ShapeId) -> Result<&Shape> {
        let parse = |name: &str, text: &str| {
            let parsed = self.dialect.shape(self, id, text);
            parsed.map_err(|e| format!("shape {name}: {e}"))
        };
        let shape = self.shapes.get_or_try_init(id.0, parse);
        Ok(shape.map_err(|e| self.failed(&e))?)
    }

    /// Returns the name of a shape.
    pub fn shape_name(&self, id: ShapeId) -> &str {
        // what has an id has been read
        self.shapes.entry(id.0).map_or("", |(name, _)| name)
    }

    /// Returns the id of the shape with this name.
    pub fn shape_id(&self, name: &str) -> Option<ShapeId> {
        let found = self.find_shape(name);
        let found = found.inspect_err(|error| tracing::warn!(service = self.name(), error));
        found.ok().flatten()
    }

    /// The shape with this name. An error is one of reading the model.
    fn find_shape(&self, name: &str) -> Result<Option<ShapeId>, String> {
        Ok(self.shapes.find(name)?.map(ShapeId))
    }

    /// Returns the names of all shapes, in the order of the model.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let model = client.model("dynamodb")?;
    /// assert!(model.shape_names().any(|name| name == "AttributeValue"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn shape_names(&self) -> impl Iterator<Item = &str> {
        self.shapes.names()
    }

    /// The error shape for a code: among those that the operation declares, then among all in the model.
    pub(crate) fn error_shape(&self, operation: &Operation, code: &str) -> Option<ShapeId> {
        let fits = |id: &ShapeId| {
            self.shape(*id).is_ok_and(|shape| {
                let modelled = shape.error.as_ref().and_then(|e| e.code.as_deref());
                modelled.unwrap_or_else(|| self.shape_name(*id)) == code
            })
        };
        operation.errors.iter().copied().find(fits).or_else(|| {
            let named = self.shape_id(code).filter(fits);
            named.filter(|id| self.shape(*id).is_ok_and(|s| s.error.is_some()))
        })
    }

    /// The text of a shape in the model.
    fn shape_text(&self, id: ShapeId) -> Result<&str, String> {
        Ok(self.shapes.entry(id.0)?.1)
    }

    fn failed(&self, error: &dyn fmt::Display) -> Error {
        Error::model(format!("{}: {error}", self.name))
    }
}

impl fmt::Debug for ServiceModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceModel")
            .field("name", &self.name)
            .field("protocol", &self.metadata.protocol)
            .finish_non_exhaustive()
    }
}

impl Protocol {
    /// The protocols by their names in models, most preferred first.
    const BY_PREFERENCE: [(&'static str, Self); 7] = [
        ("json", Self::AwsJson),
        ("rest-json", Self::RestJson),
        ("rest-xml", Self::RestXml),
        ("smithy-rpc-v2-cbor", Self::RpcV2Cbor),
        ("smithy-rpc-v2-json", Self::RpcV2Json),
        ("query", Self::AwsQuery),
        ("ec2", Self::Ec2Query),
    ];

    /// The protocol with this name in models.
    fn named(name: &str) -> Option<Self> {
        let row = Self::BY_PREFERENCE.iter().find(|row| row.0 == name);
        row.map(|row| row.1)
    }

    /// The most preferred of these protocols.
    fn preferred(spoken: impl Iterator<Item = Self>) -> Option<Self> {
        let rank = |protocol: &Self| {
            Self::BY_PREFERENCE
                .iter()
                .position(|row| row.1 == *protocol)
        };
        spoken.min_by_key(rank)
    }

    /// Returns the protocol's name in models.
    pub fn name(self) -> &'static str {
        let row = Self::BY_PREFERENCE.iter().find(|row| row.1 == self);
        row.map_or("", |row| row.0)
    }

    /// Returns whether members are bound to path, query, headers and status.
    pub fn is_rest(self) -> bool {
        matches!(self, Self::RestJson | Self::RestXml)
    }

    pub(crate) fn is_query(self) -> bool {
        matches!(self, Self::AwsQuery | Self::Ec2Query)
    }
}

/// An unknown name of a service, an operation or the like, with suggestions.
///
/// ```
/// use tucuxi::model::UnknownName;
/// # use tucuxi::{Client, Config, transport::Replay};
///
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let error = client.call("s3", "ListBucket", serde_json::json!({})).unwrap_err();
/// let unknown: &UnknownName = error.downcast_ref().unwrap();
/// assert_eq!((unknown.what, &*unknown.nearest[0]), ("operation", "ListBuckets"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnknownName {
    /// The kind of name: `service`, `operation`, ….
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// The place in which it was looked up, such as the service.
    pub place: String,
    /// The most similar names, at most three.
    pub nearest: Vec<String>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there is no {} {:?} in {}",
            self.what, self.name, self.place
        )?;
        if !self.nearest.is_empty() {
            write!(f, "; did you mean {}?", self.nearest.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownName {}

impl Detail for UnknownName {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Model
    }
}
