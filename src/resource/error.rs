//! What can go wrong with resources, and its texts.

use std::fmt;

use super::{Category, Resource};
use crate::error::Error;
use crate::names;
use crate::query::QueryError;

/// Faults of resources. `place` is `s3.Bucket`.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResourceError {
    #[error("{place}: the identifier {name} is given twice")]
    IdentifierTwice { place: String, name: String },
    #[error("{place}: the identifier {name} is not given; {expected}")]
    MissingIdentifier {
        place: String,
        name: String,
        expected: String,
    },
    #[error("{place}.{name} is more than a call; do it with `action`")]
    MoreThanACall { place: String, name: String },
    #[error("{resource} is not known to the service: {operation} gives nothing of it")]
    NoData {
        resource: String,
        operation: Box<str>,
    },
    #[error(
        "{place} has no load action: its attributes are known only where a listing or an action gave them"
    )]
    NoLoad { place: String },
    #[error("{service} has no resources; those that have: {}", services.join(", "))]
    NoResources {
        service: Box<str>,
        services: Vec<Box<str>>,
    },
    #[error("the action gave {given}, not {wanted}")]
    OtherOutcome {
        given: &'static str,
        wanted: &'static str,
    },
    #[error("{place}.{name} is several resources; ask for it with `references`")]
    Plural { place: String, name: String },
    #[error("{place}: {source}")]
    Query { place: String, source: QueryError },
    #[error("{place}: {given} identifiers are given; {expected}")]
    TooManyIdentifiers {
        place: String,
        given: usize,
        expected: String,
    },
    #[error("{place}: there is no identifier {name:?}; {expected}")]
    UnknownIdentifier {
        place: String,
        name: String,
        expected: String,
    },
}

impl From<ResourceError> for Error {
    fn from(error: ResourceError) -> Self {
        Self::Resource(error.into())
    }
}

/// A name that a resource, or a collection, does not have.
#[derive(Debug)]
pub(super) struct NoSuchName {
    place: String,
    category: Category,
    name: String,
    /// What else has that name.
    others: Vec<Category>,
    nearest: Vec<String>,
    known: Vec<String>,
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

impl From<NoSuchName> for Error {
    fn from(error: NoSuchName) -> Self {
        Self::Resource(error.into())
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
