//! The classification of failures: which are retryable.
//!
//! The lists are those of the AWS SDKs' standard mode, which distinguishes throttling from transient failures.

use crate::call::ServiceQuirks;
use crate::error::{Error, RetryReason, ServiceError};
use crate::model::{Operation, ServiceModel};

const THROTTLING: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// The codes that count as throttling in the legacy mode, for all services.
const LEGACY_THROTTLING: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "RequestThrottledException",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
];

const TRANSIENT: [&str; 2] = ["RequestTimeout", "RequestTimeoutException"];

/// The reason for a retry, if the error is retryable.
pub(super) fn classify(
    model: &ServiceModel,
    quirks: &ServiceQuirks,
    operation: &Operation,
    error: &Error,
) -> Option<RetryReason> {
    match error.service_error() {
        Some(error) => of_response(model, quirks, operation, error),
        None => error.is_retryable().then_some(RetryReason::Transient),
    }
}

/// The reason for a retry in the legacy mode, whose lists are by status and code.
pub(super) fn in_legacy_mode(quirks: &ServiceQuirks, error: &Error) -> Option<RetryReason> {
    let Some(error) = error.service_error() else {
        return error.is_retryable().then_some(RetryReason::Transient);
    };
    let code = &*error.code;
    if error.status == 429 || (error.status == 400 && LEGACY_THROTTLING.contains(&code)) {
        Some(RetryReason::Throttling)
    } else if matches!(error.status, 500 | 502 | 503 | 504 | 509)
        || quirks.legacy_retries.contains(&(error.status, code))
    {
        Some(RetryReason::Transient)
    } else {
        None
    }
}

fn of_response(
    model: &ServiceModel,
    quirks: &ServiceQuirks,
    operation: &Operation,
    error: &ServiceError,
) -> Option<RetryReason> {
    let code = error.query_error_code.as_deref().unwrap_or(&error.code);
    let is = |list: &[&str]| list.contains(&&*error.code) || list.contains(&code);
    let modelled = || {
        let declares = |id| operation.errors.contains(&id);
        model.error_shape(operation, code).is_some_and(declares)
    };
    if is(&TRANSIENT) || quirks.transient_codes.contains(&&*error.code) {
        Some(RetryReason::Transient)
    } else if is(&THROTTLING) || (error.status == 429 && !modelled()) {
        Some(RetryReason::Throttling)
    } else if matches!(error.status, 500 | 502 | 503 | 504) {
        Some(RetryReason::Transient)
    } else {
        error.retry // the trait of the error's shape
    }
}
