//! What can go wrong with resources, and its texts.

use std::fmt;

use super::{Category, Resource};
use crate::error::{Detail, ErrorKind};
use crate::names;
use crate::query::QueryError;

/// Why a resource cannot do what it is to do. `place` is such as `s3.Bucket`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceError {
    /// An identifier by position and by name.
    #[error("{place}: the identifier {name} is given twice")]
    IdentifierTwice {
        /// The resource.
        place: String,
        /// The identifier.
        name: String,
    },
    /// An identifier that is not given.
    #[error("{place}: the identifier {name} is not given; {expected}")]
    MissingIdentifier {
        /// The resource.
        place: String,
        /// The identifier.
        name: String,
        /// The identifiers that it has.
        expected: String,
    },
    /// An action that cannot be given as a request.
    #[error("{place}.{name} is more than a call; do it with `action`")]
    MoreThanACall {
        /// The resource.
        place: String,
        /// The action.
        name: String,
    },
    /// A response that has nothing of the resource.
    #[error("{resource} is not known to the service: {operation} gives nothing of it")]
    NoData {
        /// The resource, with its identifiers.
        resource: String,
        /// The operation that loads it.
        operation: Box<str>,
    },
    /// An attribute of a resource that cannot be loaded.
    #[error(
        "{place} has no load action: its attributes are known only where a listing or an action gave them"
    )]
    NoLoad {
        /// The resource.
        place: String,
    },
    /// A service without resources.
    #[error("{service} has no resources; those that have: {}", services.join(", "))]
    NoResources {
        /// The service.
        service: Box<str>,
        /// The services that have some.
        services: Vec<String>,
    },
    /// An outcome of another kind than the wanted one.
    #[error("the action gave {given}, not {wanted}")]
    OtherOutcome {
        /// What it is.
        given: &'static str,
        /// What was wanted.
        wanted: &'static str,
    },
    /// One resource is wanted of a name that stands for several.
    #[error("{place}.{name} is several resources; ask for it with `references`")]
    Plural {
        /// The resource.
        place: String,
        /// The reference.
        name: String,
    },
    /// A JMESPath expression of the definition that does not fit the response.
    #[error("{place}: {source}")]
    Query {
        /// The resource.
        place: String,
        /// What is wrong with it.
        r#source: QueryError,
    },
    /// More identifiers than the resource has.
    #[error("{place}: {given} identifiers are given; {expected}")]
    TooManyIdentifiers {
        /// The resource.
        place: String,
        /// How many are given.
        given: usize,
        /// The identifiers that it has.
        expected: String,
    },
    /// An identifier that the resource does not have.
    #[error("{place}: there is no identifier {name:?}; {expected}")]
    UnknownIdentifier {
        /// The resource.
        place: String,
        /// The identifier.
        name: String,
        /// The identifiers that it has.
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

/// A name that a resource, or a collection, does not have.
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
    /// What is wanted: an action, an attribute, ….
    pub category: Category,
    /// The name.
    pub name: String,
    /// What else has that name.
    pub others: Vec<Category>,
    /// The names that are most like it.
    pub nearest: Vec<String>,
    /// All names of the category.
    pub known: Vec<String>,
}

impl NoSuchName {
    pub(super) fn of(resource: &Resource, category: Category, name: &str) -> Self {
        let known = resource.names(category);
        let mut others: Vec<Category> = resource.definition().categories_of(name).collect();
        // beyond the definition there are actions only
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
        write!(f, "{place}: there is no {category} {name:?}")?;
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
