//! What can go wrong with items, expressions and batches.

use serde_json::Value;

use crate::attribute_value::Fault;
use crate::error::{Detail, Error, ErrorKind};

/// Why an item, an expression or a batch failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DynamoDbError {
    /// What two parties give: a program's own parameters and an expression.
    #[error("{0} is given in the parameters already")]
    GivenTwice(&'static str),
    /// A choice among no values.
    #[error("`is_in` has no values: DynamoDB takes from 1 to 100")]
    NoChoice,
    /// An item or a key that is none.
    #[error("an item or a key must be an object, by names of attributes")]
    NoObject,
    /// A path that an expression cannot have.
    #[error(
        "{0:?} is no path of an attribute: it is made of names with dots between them, and indexes such as [0] behind them"
    )]
    Path(Box<str>),
    /// A table that takes, or gives, nothing of a batch for too long.
    #[error(
        "nothing of a batch was processed in {attempts} attempts: the table {table} is too busy"
    )]
    TooBusy {
        /// The table.
        table: Box<str>,
        /// How often the batch was sent.
        attempts: u32,
    },
    /// A result that does not fit the type that is asked for.
    #[error("an item does not fit the type: {0}")]
    Type(serde_json::Error),
    /// A batch writer that could not write all it was given.
    #[error("the table {table} did not get all requests, {} are left: {source}", requests.len())]
    Unwritten {
        /// The table.
        table: Box<str>,
        /// What was not written: `{"PutRequest": {"Item": …}}` or `{"DeleteRequest": {"Key": …}}`, with plain values.
        requests: Vec<Value>,
        /// Why.
        r#source: Error,
    },
    /// A value that DynamoDB does not take, or an attribute value that is none.
    #[error("{}{reason}", place(path))]
    Value {
        /// Where it is in the item, such as `tags[2].name`; empty for the whole.
        path: String,
        /// What is wrong with it.
        reason: String,
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
            Self::Type(error) => Some(error),
            Self::Unwritten { source, .. } => Some(source),
            _ => None,
        }
    }
}

fn place(path: &str) -> String {
    match path {
        "" => String::new(),
        path => format!("{path}: "),
    }
}

impl From<Fault> for Error {
    fn from(Fault { path, reason }: Fault) -> Self {
        DynamoDbError::Value { path, reason }.into()
    }
}
