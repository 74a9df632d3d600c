//! The texts of an error, and what its `source()` adds to them.

use std::error::Error as StdError;
use std::{fmt, iter};

use super::{Call, Error, Inner, RetriesEnded, ServiceError};
use crate::printable::Printable;

impl Error {
    /// The text without the name of the call.
    pub(crate) fn without_call(&self) -> impl fmt::Display {
        struct Text<'a>(&'a Inner);
        impl fmt::Display for Text<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(f)
            }
        }
        Text(&self.0)
    }
}

impl Inner {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail: &(dyn StdError + 'static) = &*self.detail;
        match detail.downcast_ref::<ServiceError>() {
            Some(error) => error.write(f, self.attempts)?,
            None => {
                f.write_str(self.detail.kind().label())?;
                write!(f, "{}", Printable(detail))?;
            }
        }
        if let Some(reason) = self.retries_ended.and_then(RetriesEnded::text) {
            write!(f, "; {reason}")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "; {}", Printable(hint)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Call { service, operation }) = &self.0.call {
            write!(f, "{service}.{operation}: ")?;
        }
        self.0.write(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            write!(f, "{self}")?;
            let mut causes = iter::successors(self.source(), |error| (**error).source());
            return causes.try_for_each(|cause| write!(f, "\n  caused by: {}", Printable(cause)));
        }
        let mut fields = f.debug_struct("Error");
        fields.field("kind", &self.kind());
        if let Some(Call { service, operation }) = &self.0.call {
            fields
                .field("service", service)
                .field("operation", operation);
        }
        fields.field("attempts", &self.0.attempts);
        fields.field("retries_ended", &self.0.retries_ended);
        fields.field("detail", &self.0.detail).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        unsaid(self, self.0.detail.below())
    }
}

/// The first error, from `below` downwards, whose text is not part of the text of `said`, the error that is shown.
pub(crate) fn unsaid<'e>(
    said: &dyn fmt::Display,
    below: Option<&'e (dyn StdError + 'static)>,
) -> Option<&'e (dyn StdError + 'static)> {
    let said = Printable(said).to_string();
    iter::successors(below, |error| (**error).source())
        .find(|error| !said.contains(&Printable(error).to_string()))
}
