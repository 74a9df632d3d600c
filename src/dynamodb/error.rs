//! Errors of items, expressions, batches and transactions.

use serde_json::Value;

use crate::attribute_value::ConvertError;
use crate::error::{Detail, Error, ErrorKind};

/// An error of an item, an expression, a batch or a transaction, which [`Error::downcast_ref`] finds.
///
/// ```
/// use tucuxi::dynamodb::{DynamoDbError, to_item};
///
/// let error = to_item(&[1, 2]).unwrap_err();
/// assert!(matches!(error.downcast_ref(), Some(DynamoDbError::NotAnObject)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DynamoDbError {
    /// An invalid action of a transaction.
    #[error("action {index} of the transaction: {source}")]
    Action {
        /// The position of the action, from 0.
        index: usize,
        /// The error of the action.
        r#source: Box<Error>,
    },
    /// An item that does not fit the requested type.
    #[error("an item does not fit the type: {0}")]
    Deserialize(serde_json::Error),
    /// An expression that the parameters already have.
    #[error("the parameters already have {0}")]
    DuplicateExpression(&'static str),
    /// A condition `is_in` without values.
    #[error("`is_in` has no values: DynamoDB requires 1 to 100")]
    EmptyIn,
    /// An invalid path of an attribute.
    #[error(
        "{0:?} is not a valid attribute path: expected names separated by dots, and indexes such as [0] after a name"
    )]
    InvalidPath(String),
    /// A value that DynamoDB does not support, or an invalid attribute value.
    #[error("{}{reason}", prefix(path))]
    InvalidValue {
        /// The path in the item, such as `tags[2].name`; empty for the item itself.
        path: String,
        /// The reason.
        reason: String,
    },
    /// A method of a transaction's builder that changes the last action, before the first action.
    #[error("`{0}` must follow an action of the transaction")]
    NoAction(&'static str),
    /// An item or a key that is not an object.
    #[error("an item or a key must be an object with the attributes as members")]
    NotAnObject,
    /// A batch of which the service processed nothing, attempt after attempt.
    #[error("table {table} is too busy: it processed nothing of a batch in {attempts} attempts")]
    TooBusy {
        /// The table.
        table: String,
        /// The number of attempts.
        attempts: u32,
    },
    /// A batch writer could not write everything.
    #[error("{} requests to table {table} were not written: {source}", requests.len())]
    Unwritten {
        /// The table.
        table: String,
        /// The requests that were not written, `{"PutRequest": {"Item": …}}` or `{"DeleteRequest": {"Key": …}}`, with plain
        /// values.
        requests: Vec<Value>,
        /// The error of the last call.
        r#source: Error,
    },
}

impl Detail for DynamoDbError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::DynamoDb
    }

    fn is_retryable(&self) -> bool {
        matches!(self, Self::TooBusy { .. })
    }

    fn inner(&self) -> Option<&Error> {
        match self {
            Self::Unwritten { source, .. } => Some(source),
            _ => None,
        }
    }

    fn below(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Action { source, .. } => Some(&**source),
            Self::Deserialize(error) => Some(error),
            Self::Unwritten { source, .. } => Some(source),
            _ => None,
        }
    }
}

fn prefix(path: &str) -> String {
    match path {
        "" => String::new(),
        path => format!("{path}: "),
    }
}

impl From<ConvertError> for Error {
    fn from(ConvertError { path, reason }: ConvertError) -> Self {
        DynamoDbError::InvalidValue { path, reason }.into()
    }
}
