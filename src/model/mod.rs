//! Service models: what a service's operations take and give, and how that goes over the wire.
//!
//! ```text
//!  ModelSource ──text──► ServiceModel::parse          one scan: where each operation and shape stands
//!                          ├─ operation("ListBuckets") parsed when first asked for, then kept
//!                          └─ shape(id)                the same
//! ```
//! A call touches a few dozen of a service's shapes, and EC2 has 3,900; so a shape costs nothing until it is met. Wire
//! names, locations and lookups are settled when a shape is parsed, so that a codec looks no trait up.

mod c2j;
mod describe;
mod dialect;
mod entries;
#[cfg(feature = "cli")]
pub mod import;
mod index;
mod operation;
mod ordered;
mod paginator;
mod reachable;
pub(crate) mod resource;
mod shape;
mod source;
mod waiter;

pub(crate) use self::entries::Entries;
pub use self::operation::{EndpointDiscovery, HttpChecksum, Operation, StaticContextParam};
pub use self::paginator::Paginator;
pub use self::shape::{ErrorTraits, Kind, Location, Member, Members, Shape, XmlNamespace};
#[cfg(feature = "embedded")]
pub use self::source::Embedded;
pub use self::source::{Directory, Memory, ModelSource};
pub(crate) use self::source::{ENDPOINT_RULES, Models, PAGINATORS, RESOURCES, SERVICE, WAITERS};
pub use self::waiter::{Acceptor, Matcher, Waiter, WaiterState};
pub use crate::time::TimestampFormat;

use std::fmt;
use std::sync::Arc;

use self::dialect::{Dialect, Notes, SERVICE_2};
use self::index::Index;
use crate::error::{Detail, Error, ErrorKind, Result};
use crate::names::{nearest, plain, present};

/// The spellings of names of operations and services.
pub mod names {
    pub use crate::names::{hyphenated_service_id, kebab_case, snake_case};
}

/// The number of a shape within its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShapeId(u32);

/// One service's model.
pub struct ServiceModel {
    name: Box<str>,
    text: Box<str>,
    dialect: &'static dyn Dialect,
    metadata: Metadata,
    operations: Index<Operation>,
    shapes: Index<Shape>,
}

/// What a model says of the service as a whole.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metadata {
    /// Such as `2006-03-01`.
    pub api_version: Box<str>,
    /// The `auth` list, most preferred first: names as `aws.auth#sigv4`.
    pub auth: Box<[Box<str>]>,
    /// The parameters of the endpoint rules that a client may set: name and type.
    pub client_context_params: Box<[(Box<str>, Box<str>)]>,
    /// The host's first part in endpoints that no rule set gives.
    pub endpoint_prefix: Box<str>,
    /// `1.0` or `1.1` for the JSON protocol.
    pub json_version: Box<str>,
    /// The protocol, of which the most preferred is chosen if a service supports several.
    pub protocol: Protocol,
    /// Whether errors carry the codes of the query protocol that the service spoke before.
    pub query_compatible: bool,
    /// Such as `Amazon Simple Storage Service`.
    pub service_full_name: Box<str>,
    /// The service's id, such as `S3` or `Application Auto Scaling`.
    pub service_id: Box<str>,
    /// Such as `v4`, `s3v4` or `bearer`; older than `auth`.
    pub signature_version: Box<str>,
    /// The name in a signature's scope.
    pub signing_name: Box<str>,
    /// What stands before the operation in `X-Amz-Target`.
    pub target_prefix: Box<str>,
    /// The namespace of the service's XML documents.
    pub xml_namespace: Option<XmlNamespace>,
}

impl Metadata {
    /// The service's id as settings have it: `application_auto_scaling`.
    pub(crate) fn service_key(&self) -> String {
        self.service_id.to_lowercase().replace(' ', "_")
    }
}

/// The protocols of AWS services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// JSON 1.0 and 1.1: one URL, the operation in `X-Amz-Target`.
    AwsJson,
    /// Forms in, XML out.
    AwsQuery,
    /// EC2's own kind of query.
    Ec2Query,
    /// REST with JSON bodies.
    RestJson,
    /// REST with XML bodies.
    RestXml,
    /// Smithy RPC v2 with CBOR bodies.
    RpcV2Cbor,
}

impl ServiceModel {
    /// Reads a model in the `service-2.json` form. `name` is the service's name, as the folder of the model has it.
    ///
    /// # Errors
    ///
    /// Text that is no model, or one whose protocol is unknown. A fault inside a shape or an operation shows when that is
    /// first asked for.
    pub fn parse(name: &str, text: impl Into<Box<str>>) -> Result<Self> {
        SERVICE_2.parse(name, text.into())
    }

    /// The service's name, such as `s3`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the model says of the service as a whole.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The names of all operations, in the order of the model.
    pub fn operation_names(&self) -> impl Iterator<Item = &str> {
        self.operations.names(&self.text)
    }

    /// The operation with this name: as the API has it (`ListObjectsV2`), in snake case or as the command line has it. Case and
    /// separators do not matter, as tools put them differently: `create_o_auth2_token` is `create_oauth2_token`.
    ///
    /// # Errors
    ///
    /// There is none: the error names the nearest ones. Or the model's text of it is broken.
    pub fn operation(&self, name: &str) -> Result<&Arc<Operation>> {
        let index = self.operation_index(name)?;
        self.operations.get_or_try_init(index, || {
            let (name, text) = self.operations.entry(index, &self.text);
            self.dialect
                .operation(self, name, text)
                .map_err(|e| self.fault("operation", name, &e))
        })
    }

    /// Whether any operation must have its endpoint asked for.
    pub(crate) fn requires_discovery(&self) -> bool {
        let mut texts = self.operations.texts(&self.text);
        texts.any(|operation| self.dialect.requires_discovery(operation))
    }

    fn operation_index(&self, name: &str) -> Result<u32> {
        if let Some(index) = self.operations.find(name, &self.text) {
            return Ok(index);
        }
        let wanted = plain(present(name));
        self.operation_names()
            .position(|api| plain(api) == wanted)
            // an index has no more than u32::MAX entries
            .map(|index| index as u32)
            .ok_or_else(|| {
                Error::model(UnknownName {
                    what: "operation",
                    name: name.into(),
                    place: self.name.clone(),
                    nearest: nearest(name, self.operation_names())
                        .into_iter()
                        .map(Into::into)
                        .collect(),
                })
            })
    }

    /// The shape with this number.
    ///
    /// # Errors
    ///
    /// The model's text of it is broken.
    #[inline]
    pub fn shape(&self, id: ShapeId) -> Result<&Shape> {
        match self.shapes.get(id.0) {
            Some(shape) => Ok(shape),
            None => self.parse_shape(id),
        }
    }

    #[cold]
    fn parse_shape(&self, id: ShapeId) -> Result<&Shape> {
        let shape = self.shapes.get_or_try_init(id.0, || {
            let (name, text) = self.shapes.entry(id.0, &self.text);
            self.dialect
                .shape(self, id, text)
                .map_err(|e| self.fault("shape", name, &e))
        })?;
        Ok(shape)
    }

    /// The shape's name in the model.
    pub fn shape_name(&self, id: ShapeId) -> &str {
        self.shapes.entry(id.0, &self.text).0
    }

    /// The number of the shape with this name.
    pub fn shape_id(&self, name: &str) -> Option<ShapeId> {
        self.shapes.find(name, &self.text).map(ShapeId)
    }

    /// The names of all shapes, in the order of the model.
    pub fn shape_names(&self) -> impl Iterator<Item = &str> {
        self.shapes.names(&self.text)
    }

    /// The error shape that a code names: of those that the operation declares first, then of all in the model.
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
    fn shape_text(&self, id: ShapeId) -> &str {
        self.shapes.entry(id.0, &self.text).1
    }

    fn notes_of_operation(&self, name: &str) -> Result<Notes> {
        let index = self.operation_index(name)?;
        Ok((self.dialect).notes(self.operations.entry(index, &self.text).1))
    }

    fn fault(&self, what: &str, name: &str, error: &dyn fmt::Display) -> Error {
        Error::model(format!("{}: {what} {name}: {error}", self.name))
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
    /// In the order of preference where a service speaks several.
    const BY_PREFERENCE: [(&'static str, Self); 6] = [
        ("json", Self::AwsJson),
        ("rest-json", Self::RestJson),
        ("rest-xml", Self::RestXml),
        ("smithy-rpc-v2-cbor", Self::RpcV2Cbor),
        ("query", Self::AwsQuery),
        ("ec2", Self::Ec2Query),
    ];

    /// The one to speak with a service that speaks these.
    fn choose<'a>(names: impl IntoIterator<Item = &'a str> + Clone) -> Option<Self> {
        Self::BY_PREFERENCE
            .iter()
            .find(|(name, _)| names.clone().into_iter().any(|n| n == *name))
            .map(|(_, protocol)| *protocol)
    }

    /// The protocol's name in models.
    pub fn name(self) -> &'static str {
        let row = Self::BY_PREFERENCE.iter().find(|row| row.1 == self);
        row.map_or("", |row| row.0)
    }

    /// Whether parameters and results are bound to path, query, headers and status.
    pub fn is_rest(self) -> bool {
        matches!(self, Self::RestJson | Self::RestXml)
    }

    pub(crate) fn is_query(self) -> bool {
        matches!(self, Self::AwsQuery | Self::Ec2Query)
    }
}

/// A name that no service, operation or the like has.
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
    /// What has no such name: `service`, `operation`, ….
    pub what: &'static str,
    /// The name.
    pub name: Box<str>,
    /// Where it was looked up, such as the service.
    pub place: Box<str>,
    /// The names that are most like it, at most three.
    pub nearest: Vec<Box<str>>,
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
