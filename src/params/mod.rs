//! What happens to parameters before they are encoded: checks, and values that the caller may leave out.

mod defaults;
mod nulls;
mod validate;

pub(crate) use self::defaults::fill_idempotency_tokens;
pub(crate) use self::nulls::drop_null_members;
pub(crate) use self::validate::{validate, validate_result, validate_shape};

use std::borrow::Cow;
use std::fmt;

use crate::error::{Detail, Error, ErrorKind, Result};

/// All faults of a call's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParamErrors(pub Vec<ParamError>);

/// One fault, with the place where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParamError {
    /// Such as `Delete.Objects[3].Key`; empty for the parameters as a whole.
    pub path: String,
    /// What is wrong there.
    pub kind: ParamErrorKind,
}

/// What is wrong with a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamErrorKind {
    /// A member that must be given is not.
    Missing {
        /// Its name.
        member: Box<str>,
    },
    /// A union without a member.
    NoMember {
        /// Those that it has.
        members: Box<[Box<str>]>,
    },
    /// A text that is none of the shape's values; only checked on demand.
    NotOneOf {
        /// The text.
        value: Box<str>,
        /// Those that the model has.
        values: Box<[Box<str>]>,
    },
    /// Nested so deep that no service would take it.
    TooDeep,
    /// A number above the greatest; only checked on demand.
    TooLarge {
        /// The number.
        value: Box<str>,
        /// The greatest.
        max: Box<str>,
    },
    /// A length above the greatest; only checked on demand.
    TooLong {
        /// The length.
        length: usize,
        /// The greatest.
        max: usize,
    },
    /// A length below the least.
    TooShort {
        /// The length.
        length: usize,
        /// The least.
        min: usize,
    },
    /// A number below the least.
    TooSmall {
        /// The number.
        value: Box<str>,
        /// The least.
        min: Box<str>,
    },
    /// A union with more than one member.
    TwoMembers {
        /// Those that are given.
        given: Box<[Box<str>]>,
    },
    /// A member that the shape does not have.
    Unknown {
        /// Its name.
        member: Box<str>,
        /// Those that the shape has.
        members: Box<[Box<str>]>,
    },
    /// A value of another type.
    WrongType {
        /// What is given: a string, a number, …
        given: &'static str,
        /// What may be given.
        expected: &'static str,
    },
    /// Text that does not read as what it stands for.
    Unreadable {
        /// Why.
        reason: Box<str>,
    },
}

impl Error {
    /// The parameters' faults, if it is they.
    pub fn param_errors(&self) -> Option<&ParamErrors> {
        self.downcast_ref()
    }
}

impl ParamErrors {
    /// These and what the checks found; of a place that is here already the checks need not tell again.
    pub(crate) fn before(mut self, checked: Result<()>) -> Result<()> {
        if let Err(error) = checked {
            let known = self.0.len();
            for fault in error.downcast::<Self>()?.0 {
                let place = fault.place();
                let is_known = |one: &ParamError| {
                    let below = one.path.strip_prefix(&*place);
                    below.is_some_and(|below| below.is_empty() || below.starts_with(['.', '[']))
                };
                if place.is_empty() || !self.0[..known].iter().any(is_known) {
                    self.0.push(fault);
                }
            }
        }
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(self.into()),
        }
    }
}

impl ParamError {
    /// The path, up to the member that is the fault.
    fn place(&self) -> Cow<'_, str> {
        match &self.kind {
            ParamErrorKind::Missing { member } | ParamErrorKind::Unknown { member, .. } => {
                match &*self.path {
                    "" => Cow::Borrowed(member),
                    path => format!("{path}.{member}").into(),
                }
            }
            _ => Cow::Borrowed(&self.path),
        }
    }
}

impl fmt::Display for ParamErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if n == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for ParamErrors {}

impl Detail for ParamErrors {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Params
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = |member: &str| match &*self.path {
            "" => member.to_owned(),
            path => format!("{path}.{member}"),
        };
        let place = match &*self.path {
            "" => "the parameters",
            path => path,
        };
        match &self.kind {
            ParamErrorKind::Missing { member } => {
                write!(f, "{}: required member is missing", inner(member))
            }
            ParamErrorKind::NoMember { members } => {
                write!(
                    f,
                    "{place}: one member must be given: {}",
                    members.join(", ")
                )
            }
            ParamErrorKind::NotOneOf { value, values } => {
                write!(f, "{place}: {value:?} is none of {}", values.join(", "))
            }
            ParamErrorKind::TooDeep => write!(f, "{place}: nested too deep"),
            ParamErrorKind::TooLarge { value, max } => {
                write!(f, "{place}: {value} is more than {max}")
            }
            ParamErrorKind::TooLong { length, max } => {
                write!(
                    f,
                    "{place}: its length is {length}, at most {max} is allowed"
                )
            }
            ParamErrorKind::TooShort { length, min } => {
                write!(
                    f,
                    "{place}: its length is {length}, at least {min} is needed"
                )
            }
            ParamErrorKind::TooSmall { value, min } => {
                write!(f, "{place}: {value} is less than {min}")
            }
            ParamErrorKind::TwoMembers { given } => {
                write!(
                    f,
                    "{place}: only one member can be given, not {}",
                    given.join(" and ")
                )
            }
            ParamErrorKind::Unknown { member, members } => {
                write!(f, "{}: there is no such member", inner(member))?;
                let near = crate::names::nearest(member, members.iter().map(|m| &**m));
                match &near[..] {
                    [] => Ok(()),
                    near => write!(f, "; did you mean {}?", near.join(", ")),
                }
            }
            ParamErrorKind::WrongType { given, expected } => {
                write!(f, "{place}: {given} is given, but it must be {expected}")
            }
            ParamErrorKind::Unreadable { reason } => write!(f, "{place}: {reason}"),
        }
    }
}
