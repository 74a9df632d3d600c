//! Parameters before they are encoded: validation, and defaults for what the caller omits.

mod defaults;
mod nulls;
mod validate;

pub(crate) use self::defaults::fill_idempotency_tokens;
pub(crate) use self::nulls::drop_null_members;
pub(crate) use self::validate::{validate, validate_result, validate_shape};

use std::borrow::Cow;
use std::fmt;

use crate::error::{Detail, Error, ErrorKind, Result};

/// All errors in the parameters of a call, which is not sent then.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// use tucuxi::params::ParamErrors;
///
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let error = client.call("s3", "GetObject", serde_json::json!({"Bucket": 7})).unwrap_err();
/// let errors: &ParamErrors = error.downcast_ref().unwrap();
/// assert_eq!(errors.0.len(), 2);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParamErrors(pub Vec<ParamError>);

/// An invalid parameter, with its path.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let error = client.call("sqs", "SendMessage", serde_json::json!({"QueueUrl": 7, "MessageBody": "hi"})).unwrap_err();
/// let param = &error.param_errors().expect("the parameters are invalid").0[0];
/// assert_eq!(param.path, "QueueUrl");
/// assert_eq!(param.to_string(), "QueueUrl: a number is given, but it must be a string");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParamError {
    /// The path, such as `Delete.Objects[3].Key`; empty for the parameters as a whole.
    pub path: String,
    /// The reason.
    pub kind: ParamErrorKind,
}

/// The reason why a parameter is invalid.
///
/// ```
/// use tucuxi::params::ParamErrorKind;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let error = client.call("s3", "GetObject", serde_json::json!({"Bucket": "my-bucket"})).unwrap_err();
/// for param in &error.param_errors().expect("the parameters are invalid").0 {
///     if let ParamErrorKind::Missing { member } = &param.kind {
///         println!("{member} is missing"); // Key is missing
///     }
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamErrorKind {
    /// A required member is missing.
    Missing {
        /// The name of the member.
        member: String,
    },
    /// A union has no member.
    NoMember {
        /// The members of the union.
        members: Vec<String>,
    },
    /// A string is not one of the shape's values. Only checked with
    /// [`validate_strictly`](crate::ConfigBuilder::validate_strictly).
    NotOneOf {
        /// The string.
        value: String,
        /// The values in the model.
        values: Vec<String>,
    },
    /// A value is nested too deep for any service.
    TooDeep,
    /// A number is above the maximum. Only checked with [`validate_strictly`](crate::ConfigBuilder::validate_strictly).
    TooLarge {
        /// The number.
        value: String,
        /// The maximum.
        max: String,
    },
    /// A length is above the maximum. Only checked with [`validate_strictly`](crate::ConfigBuilder::validate_strictly).
    TooLong {
        /// The length.
        length: usize,
        /// The maximum.
        max: usize,
    },
    /// A length is below the minimum.
    TooShort {
        /// The length.
        length: usize,
        /// The minimum.
        min: usize,
    },
    /// A number is below the minimum.
    TooSmall {
        /// The number.
        value: String,
        /// The minimum.
        min: String,
    },
    /// A union has more than one member.
    TwoMembers {
        /// The given members.
        given: Vec<String>,
    },
    /// The shape does not have this member.
    Unknown {
        /// The name of the member.
        member: String,
        /// The members of the shape.
        members: Vec<String>,
    },
    /// A value has another type.
    WrongType {
        /// The type of the given value: a string, a number, …
        given: &'static str,
        /// The expected type.
        expected: &'static str,
    },
    /// A string cannot be parsed as a timestamp, base64 or the like.
    Unreadable {
        /// The reason.
        reason: String,
    },
}

impl Error {
    /// Returns the errors in the parameters, if that is why the call failed.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let error = client.call("s3", "HeadBucket", serde_json::json!({"Buket": "b"})).unwrap_err();
    /// for param in &error.param_errors().expect("the parameters are invalid").0 {
    ///     println!("{param}"); // Bucket: required member is missing, …
    /// }
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn param_errors(&self) -> Option<&ParamErrors> {
        self.downcast_ref()
    }
}

impl ParamErrorKind {
    /// Whether the value has the shape's type, but violates a constraint of the shape.
    fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::NotOneOf { .. }
                | Self::TooLarge { .. }
                | Self::TooLong { .. }
                | Self::TooShort { .. }
                | Self::TooSmall { .. }
        )
    }
}

impl ParamErrors {
    /// Removes the errors about the length, range or choice of a value, which the service checks, too.
    pub(crate) fn without_limits(checked: Result<()>) -> Result<()> {
        let Err(error) = checked else { return Ok(()) };
        let Self(mut errors) = error.downcast::<Self>()?;
        errors.retain(|error| !error.kind.is_limit());
        Self(errors).before(Ok(()))
    }

    /// Adds the errors of the validation, except for paths that already have one.
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
    /// The path of a member.
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
                write!(f, "{place}: {value:?} is not one of {}", values.join(", "))
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
                write!(f, "{}: unknown member", inner(member))?;
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
