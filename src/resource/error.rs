//! Errors of resources.

use std::fmt;

use super::{Category, Resource};
use crate::error::{Detail, ErrorKind};
use crate::names;
use crate::query::QueryError;

/// An error of a resource. The field `place` is its service and type, such as `s3.Bucket`.
///
/// ```
/// use tucuxi::resource::ResourceError;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let error = client.resource("s3")?.sub("Object", "my-bucket").unwrap_err();
/// assert!(matches!(error.downcast_ref(), Some(ResourceError::MissingIdentifier { .. })));
/// assert!(error.to_string().contains("identifier key is missing"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceError {
    /// An identifier is given by position and by name.
    #[error("{place}: identifier {name} is given twice")]
    DuplicateIdentifier {
        /// The resource.
        place: String,
        /// The identifier.
        name: String,
    },
    /// An identifier is missing.
    #[error("{place}: identifier {name} is missing; {expected}")]
    MissingIdentifier {
        /// The resource.
        place: String,
        /// The identifier.
        name: String,
        /// The identifiers of the resource.
        expected: String,
    },
    /// An action that is not a single call cannot be a request.
    #[error("{place}.{name} is not a single call; use `action`")]
    NotACall {
        /// The resource.
        place: String,
        /// The action.
        name: String,
    },
    /// The response does not contain the resource.
    #[error(
        "{resource} is unknown to the service: the response of {operation} does not contain it"
    )]
    NoData {
        /// The resource, with its identifiers.
        resource: String,
        /// The operation that loads it.
        operation: String,
    },
    /// The attributes of the resource cannot be loaded.
    #[error(
        "{place} has no load action: its attributes are known only if a listing or an action returned them"
    )]
    NoLoad {
        /// The resource.
        place: String,
    },
    /// A service without resources.
    #[error("{service} has no resources; those that have: {}", services.join(", "))]
    NoResources {
        /// The service.
        service: String,
        /// The services with resources.
        services: Vec<String>,
    },
    /// An action returned another kind of result than expected.
    #[error("the action returned {found}, not {expected}")]
    UnexpectedOutput {
        /// The kind of the result.
        found: &'static str,
        /// The expected kind.
        expected: &'static str,
    },
    /// A reference to several resources is used as one to a single resource.
    #[error("{place}.{name} refers to multiple resources; use `references`")]
    Plural {
        /// The resource.
        place: String,
        /// The reference.
        name: String,
    },
    /// A JMESPath expression of the definition does not fit the response.
    #[error("{place}: {source}")]
    Query {
        /// The resource.
        place: String,
        /// The error of the expression.
        r#source: QueryError,
    },
    /// There are more identifiers than the resource has.
    #[error("{place}: too many identifiers ({given}); {expected}")]
    TooManyIdentifiers {
        /// The resource.
        place: String,
        /// The number of given identifiers.
        given: usize,
        /// The identifiers of the resource.
        expected: String,
    },
    /// The resource does not have an identifier of this name.
    #[error("{place}: unknown identifier {name:?}; {expected}")]
    UnknownIdentifier {
        /// The resource.
        place: String,
        /// The identifier.
        name: String,
        /// The identifiers of the resource.
        expected: String,
    },
}

impl Detail for ResourceError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Resource
    }

    fn below(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Query { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The error of a name that a resource or a collection does not have.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// use tucuxi::resource::NoSuchName;
///
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let error = client.resource("s3")?.collection("bucket").unwrap_err();
/// let missing: &NoSuchName = error.downcast_ref().unwrap();
/// assert_eq!((&*missing.name, &missing.nearest[..]), ("bucket", &["buckets".to_owned()][..]));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NoSuchName {
    /// The resource, such as `s3.Bucket`, or the collection.
    pub place: String,
    /// The expected category: an action, an attribute, ….
    pub category: Category,
    /// The name.
    pub name: String,
    /// Other categories in which the name exists.
    pub others: Vec<Category>,
    /// The most similar names.
    pub nearest: Vec<String>,
    /// All names of the category.
    pub known: Vec<String>,
}

impl NoSuchName {
    pub(super) fn new(resource: &Resource, category: Category, name: &str) -> Self {
        let known = resource.names(category);
        let mut others: Vec<Category> = resource.definition().categories_of(name).collect();
        // only actions exist beyond the definition
        let actions = resource.names(Category::Action);
        if !others.contains(&Category::Action) && actions.contains(&&*names::spelled(name)) {
            others.push(Category::Action);
        }
        Self {
            others,
            ..Self::among(&known, resource.place(), category, name)
        }
    }

    pub(super) fn among(known: &[&str], place: String, category: Category, name: &str) -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            place,
            category,
            name: name.into(),
            others: Vec::new(),
            nearest: owned(&names::nearest(name, known.iter().copied())),
            known: owned(known),
        }
    }
}

impl Detail for NoSuchName {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Resource
    }
}

impl fmt::Display for NoSuchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, category, name) = (&self.place, self.category, &self.name);
        write!(f, "{place}: unknown {category} {name:?}")?;
        for other in &self.others {
            write!(f, "; {name} is one of its {other}s")?;
        }
        match &self.nearest[..] {
            [] => f.write_str("; ")?,
            nearest => write!(f, "; did you mean {}? ", nearest.join(", "))?,
        }
        match &self.known[..] {
            [] => write!(f, "it has no {category}s"),
            known => write!(f, "its {category}s are: {}", known.join(", ")),
        }
    }
}

impl std::error::Error for NoSuchName {}
