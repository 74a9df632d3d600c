//! Conditional requests: `If-Match` and related headers.

use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::store::Object;

/// The conditions of a request.
#[derive(Default)]
pub(super) struct Conditions<'a> {
    pub(super) matches: Option<&'a ETagCondition>,
    pub(super) none_match: Option<&'a ETagCondition>,
    pub(super) modified_since: Option<&'a Timestamp>,
    pub(super) unmodified_since: Option<&'a Timestamp>,
}

fn is_met(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    }
}

impl Conditions<'_> {
    /// Checks the conditions of a read; `unchanged` is the error if the caller has this version.
    pub(super) fn check_read(&self, object: &Object, unchanged: S3ErrorCode) -> S3Result<()> {
        let etag = &*object.etag;
        let differs = self.matches.is_some_and(|wanted| !is_met(wanted, etag));
        let since = self.unmodified_since.filter(|_| self.matches.is_none());
        if differs || since.is_some_and(|since| object.modified > *since) {
            return Err(precondition_failed());
        }
        let same = self.none_match.is_some_and(|known| is_met(known, etag));
        let since = self.modified_since.filter(|_| self.none_match.is_none());
        if same || since.is_some_and(|since| object.modified <= *since) {
            return Err(unchanged.into());
        }
        Ok(())
    }

    /// Checks the conditions of replacing this object.
    pub(super) fn check_write(&self, there: Option<&Object>) -> S3Result<()> {
        match (there, self.matches) {
            (None, Some(_)) => return Err(s3_error!(NoSuchKey)),
            (Some(object), Some(wanted)) if !is_met(wanted, &object.etag) => {
                return Err(precondition_failed());
            }
            _ => {}
        }
        let taken = there.is_some_and(|object| {
            self.none_match
                .is_some_and(|known| is_met(known, &object.etag))
        });
        if taken {
            return Err(precondition_failed());
        }
        Ok(())
    }
}

fn precondition_failed() -> S3Error {
    s3_error!(
        PreconditionFailed,
        "at least one of the preconditions did not hold"
    )
}

/// The conditions of a read.
macro_rules! read_conditions {
    ($input:expr) => {
        Conditions {
            matches: $input.if_match.as_ref(),
            none_match: $input.if_none_match.as_ref(),
            modified_since: $input.if_modified_since.as_ref(),
            unmodified_since: $input.if_unmodified_since.as_ref(),
        }
    };
}

pub(super) use read_conditions;

/// The conditions of a copy source.
macro_rules! source_conditions {
    ($input:expr) => {
        Conditions {
            matches: $input.copy_source_if_match.as_ref(),
            none_match: $input.copy_source_if_none_match.as_ref(),
            modified_since: $input.copy_source_if_modified_since.as_ref(),
            unmodified_since: $input.copy_source_if_unmodified_since.as_ref(),
        }
    };
}
pub(super) use source_conditions;
