//! How one resource leads to others.

use serde::Deserialize;

use crate::query::Query;

/// Resources that an answer, or another resource, names.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Raw")]
#[non_exhaustive]
pub struct Relation {
    /// Their type.
    pub resource_type: Box<str>,
    /// Where their identifiers come from; what is not here, the caller gives.
    pub identifiers: Box<[IdentifierRule]>,
    /// Where their attributes are, if they are known already.
    pub path: Option<Query>,
    rows: Option<Rows>,
}

/// Where an identifier comes from.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct IdentifierRule {
    /// The identifier's name.
    pub target: Box<str>,
    /// Its source.
    #[serde(flatten)]
    pub source: IdentifierSource,
}

/// Sources of identifiers.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "source", rename_all = "camelCase")]
#[non_exhaustive]
pub enum IdentifierSource {
    /// The attributes of the resource that leads to it.
    Data {
        /// Where in them.
        path: Query,
    },
    /// An identifier of the resource that leads to it.
    Identifier {
        /// Its name.
        name: Box<str>,
    },
    /// The caller.
    Input,
    /// The parameters of the call.
    RequestParameter {
        /// Where in them.
        path: Query,
    },
    /// The answer.
    Response {
        /// Where in it.
        path: Query,
    },
}

/// Where the values of an expression are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Data,
    Params,
    Response,
}

/// Resources that are the elements of one list. Identifiers and attributes are taken from the same element then, even if
/// another element has no identifier.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) origin: Origin,
    pub(crate) list: Query,
    /// Of each identifier, where it is in an element; none for one that all have in common.
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
    /// To a type of which the caller gives all identifiers.
    pub(super) fn of_type(name: &str) -> Self {
        Self {
            resource_type: name.into(),
            identifiers: Box::default(),
            path: None,
            rows: None,
        }
    }

    /// Whether it leads to a list, be it empty.
    pub fn is_plural(&self) -> bool {
        let mut sources = self.identifiers.iter().map(|rule| &rule.source);
        sources.any(|source| {
            source
                .path()
                .is_some_and(|(_, path)| is_several(path.text()))
        })
    }

    /// Whether the attributes of the resource that leads there are needed.
    pub(super) fn needs_data(&self) -> bool {
        let mut sources = self.identifiers.iter().map(|rule| &rule.source);
        sources.any(|source| matches!(source, IdentifierSource::Data { .. }))
    }

    pub(crate) fn rows(&self) -> Option<&Rows> {
        self.rows.as_ref()
    }
}

impl IdentifierSource {
    /// The expression, and of what it is.
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
    /// The list of which all expressions that find several are, if there is one: `Buckets[]` of `Buckets[].Name`.
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

/// Whether an expression finds a list, going by its look.
fn is_several(text: &str) -> bool {
    ["[]", "[*]", "[?"].iter().any(|list| text.contains(list))
}
