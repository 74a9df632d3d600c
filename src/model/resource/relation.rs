//! Relations from a resource to others.

use serde::Deserialize;

use crate::query::Query;

/// A rule that leads from a resource, or from a response, to other resources.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let s3 = client.resource("s3")?;
/// let bucket = s3.definitions().get("Bucket")?;
/// let object = &bucket.subresources["Object"];
/// assert_eq!((&*object.resource_type, object.is_plural()), ("Object", false));
/// let objects = bucket.collections["Objects"].resource.as_ref().expect("a collection has resources");
/// assert_eq!((&*objects.resource_type, objects.is_plural()), ("ObjectSummary", true));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Raw")]
#[non_exhaustive]
pub struct Relation {
    /// The resource type.
    pub resource_type: Box<str>,
    /// The sources of identifiers. The caller passes those that are not listed.
    pub identifiers: Box<[IdentifierRule]>,
    /// The path of the attributes, if the response has them.
    pub path: Option<Query>,
    rows: Option<Rows>,
}

/// An identifier and its source.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let s3 = client.resource("s3")?;
/// let rules = &s3.definitions().get("Bucket")?.subresources["Object"].identifiers;
/// assert_eq!((&*rules[0].target, &*rules[1].target), ("BucketName", "Key"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct IdentifierRule {
    /// The name of the identifier.
    pub target: Box<str>,
    /// The source.
    #[serde(flatten)]
    pub source: IdentifierSource,
}

/// The source of an identifier.
///
/// ```
/// use tucuxi::resource::IdentifierSource;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let s3 = client.resource("s3")?;
/// let rules = &s3.definitions().get("Bucket")?.subresources["Object"].identifiers;
/// assert!(matches!(rules[0].source, IdentifierSource::Identifier { .. })); // the name of the bucket
/// assert!(matches!(rules[1].source, IdentifierSource::Input)); // the key
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "source", rename_all = "camelCase")]
#[non_exhaustive]
pub enum IdentifierSource {
    /// The identifier is an attribute of the resource that has the relation.
    Data {
        /// The path in the attributes.
        path: Query,
    },
    /// The identifier is one of the resource that has the relation.
    Identifier {
        /// The name of the identifier.
        name: Box<str>,
    },
    /// The caller passes the identifier.
    Input,
    /// The identifier is among the parameters of the call.
    RequestParameter {
        /// The path in the parameters.
        path: Query,
    },
    /// The identifier is in the response.
    Response {
        /// The path in the response.
        path: Query,
    },
}

/// The source of the values of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Data,
    Params,
    Response,
}

/// A list whose elements are the resources. Identifiers and attributes are taken from the same element, even if another element
/// has no identifier.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) origin: Origin,
    pub(crate) list: Query,
    /// The path of each identifier in an element; `None` for those that all have in common.
    pub(crate) columns: Box<[Option<Query>]>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    resource_type: Box<str>,
    #[serde(default)]
    identifiers: Box<[IdentifierRule]>,
    #[serde(default)]
    path: Option<Query>,
}

impl From<Raw> for Relation {
    fn from(raw: Raw) -> Self {
        Self {
            rows: Rows::of(&raw.identifiers, raw.path.as_ref()),
            resource_type: raw.resource_type,
            identifiers: raw.identifiers,
            path: raw.path,
        }
    }
}

impl Relation {
    /// A relation to a type whose identifiers the caller passes.
    pub(super) fn of_type(name: &str) -> Self {
        Self {
            resource_type: name.into(),
            identifiers: Box::default(),
            path: None,
            rows: None,
        }
    }

    /// Returns whether the relation leads to a list of resources, which may be empty.
    pub fn is_plural(&self) -> bool {
        let mut sources = self.identifiers.iter().map(|rule| &rule.source);
        sources.any(|source| {
            source
                .path()
                .is_some_and(|(_, path)| is_several(path.text()))
        })
    }

    /// Whether the attributes of the resource with the relation are needed.
    pub(super) fn needs_data(&self) -> bool {
        let mut sources = self.identifiers.iter().map(|rule| &rule.source);
        sources.any(|source| matches!(source, IdentifierSource::Data { .. }))
    }

    pub(crate) fn rows(&self) -> Option<&Rows> {
        self.rows.as_ref()
    }
}

impl IdentifierSource {
    /// The expression and its source.
    pub(crate) fn path(&self) -> Option<(Origin, &Query)> {
        match self {
            Self::Data { path } => Some((Origin::Data, path)),
            Self::RequestParameter { path } => Some((Origin::Params, path)),
            Self::Response { path } => Some((Origin::Response, path)),
            Self::Identifier { .. } | Self::Input => None,
        }
    }
}

impl Rows {
    /// The list that all expressions of several values have in common, if any: `Buckets[]` in `Buckets[].Name`.
    fn of(identifiers: &[IdentifierRule], path: Option<&Query>) -> Option<Self> {
        let several = |rule: &IdentifierRule| {
            let (origin, path) = rule.source.path()?;
            is_several(path.text()).then(|| (origin, Box::<str>::from(path.text())))
        };
        let all: Vec<_> = identifiers.iter().map(several).collect();
        let (origin, first) = all.iter().flatten().next()?;
        let list = match path {
            Some(path) => path.text(),
            None => &first[..first.rfind("[]")? + 2],
        };
        let column = |found: &Option<(Origin, Box<str>)>| {
            let Some((from, text)) = found else {
                return Some(None);
            };
            let behind = text.strip_prefix(list).filter(|_| from == origin)?;
            let column = match behind.strip_prefix('.') {
                Some(name) if !name.contains(['[', '|']) => name,
                None if behind.is_empty() => "@",
                _ => return None,
            };
            Some(Some(Query::compile(column).ok()?))
        };
        Some(Self {
            origin: *origin,
            list: Query::compile(list).ok()?,
            columns: all.iter().map(column).collect::<Option<_>>()?,
        })
    }
}

/// Whether an expression evaluates to a list, judged by its text.
fn is_several(text: &str) -> bool {
    ["[]", "[*]", "[?"].iter().any(|list| text.contains(list))
}
