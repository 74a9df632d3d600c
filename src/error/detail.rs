//! What the crate needs to know of a module's own error.

use std::error::Error as StdError;

use super::{BoxError, Error, ErrorKind};

/// A module's own error, with the properties on which the predicates of [`Error`] are based.
pub(crate) trait Detail: StdError + Send + Sync + 'static {
    fn kind(&self) -> ErrorKind;

    fn is_retryable(&self) -> bool {
        false
    }

    fn is_throttling(&self) -> bool {
        false
    }

    fn is_timeout(&self) -> bool {
        false
    }

    fn is_cancelled(&self) -> bool {
        false
    }

    /// The error of the call that caused this one.
    fn inner(&self) -> Option<&Error> {
        None
    }

    /// The next error of the chain, even if its text is already part of this one's.
    fn below(&self) -> Option<&(dyn StdError + 'static)> {
        self.source()
    }
}

/// A foreign error, or a plain text.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(super) struct Other {
    pub(super) kind: ErrorKind,
    pub(super) error: BoxError,
}

impl Detail for Other {
    fn kind(&self) -> ErrorKind {
        self.kind
    }

    fn inner(&self) -> Option<&Error> {
        self.error.downcast_ref()
    }

    fn below(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.error)
    }
}

impl Detail for serde_json::Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Json
    }
}
