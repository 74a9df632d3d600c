//! How services are tried again, where no model says it.

use crate::config::Config;

/// How a service is tried again where nobody says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RetryRule {
    /// Attempts in all.
    pub(crate) attempts: u32,
    /// The longest delay, in seconds, before the first repetition of a call that met a transient failure.
    pub(crate) transient_delay: f64,
    /// Attempts in all in the legacy mode.
    pub(crate) legacy_attempts: u32,
    /// The first delay of the legacy mode, in seconds; `None` for a random one up to a second.
    pub(crate) legacy_delay: Option<f64>,
}

const RULE: RetryRule = RetryRule {
    attempts: 3,
    transient_delay: 0.05,
    legacy_attempts: 5,
    legacy_delay: None,
};

const DYNAMODB: RetryRule = RetryRule {
    attempts: 4,
    transient_delay: 0.025,
    legacy_attempts: 10,
    legacy_delay: Some(0.05),
};

/// What only the standard mode has of that.
const DYNAMODB_STREAMS: RetryRule = RetryRule {
    attempts: DYNAMODB.attempts,
    transient_delay: DYNAMODB.transient_delay,
    ..RULE
};

pub(crate) fn retry_rule(service_id: &str) -> RetryRule {
    match service_id {
        "DynamoDB" => DYNAMODB,
        "DynamoDB Streams" => DYNAMODB_STREAMS,
        _ => RULE,
    }
}

/// Operations that wait for something to happen, by service id. Programs call them in a loop: without a delay an empty quota
/// would make that loop a busy one.
const LONG_POLLING: [(&str, &str); 6] = [
    ("Kinesis", "ReceiveDeadLetterQueueRecords"),
    ("Kinesis", "ReceiveQueueRecords"),
    ("SFN", "GetActivityTask"),
    ("SQS", "ReceiveMessage"),
    ("SWF", "PollForActivityTask"),
    ("SWF", "PollForDecisionTask"),
];

pub(crate) fn is_long_polling(service_id: &str, operation: &str) -> bool {
    LONG_POLLING.contains(&(service_id, operation))
}

/// Whether an answer that says whose fault it was is mended by another attempt.
pub(crate) fn is_transient(service_id: &str, code: &str) -> bool {
    (service_id, code) == ("STS", "IDPCommunicationError")
}

/// Answers that only the legacy mode repeats, of one service: its id, status and code.
const LEGACY: [(&str, u16, &str); 14] = [
    ("CloudSearch", 509, "BandwidthLimitExceeded"),
    ("DynamoDB", 400, "TransactionInProgressException"),
    ("DynamoDB", 409, "ReplicatedWriteConflictException"),
    ("EC2", 503, "EC2ThrottledException"),
    ("EC2", 503, "RequestLimitExceeded"),
    ("Glacier", 408, "RequestTimeoutException"),
    ("Kinesis", 400, "LimitExceededException"),
    ("Organizations", 400, "TooManyRequestsException"),
    ("Route 53", 400, "PriorRequestNotComplete"),
    ("Route 53", 400, "Throttling"),
    ("S3", 400, "BadDigest"),
    ("S3", 400, "RequestTimeout"),
    ("SQS", 403, "RequestThrottled"),
    ("STS", 400, "IDPCommunicationError"),
];

pub(crate) fn is_repeated_in_legacy_mode(service_id: &str, status: u16, code: &str) -> bool {
    LEGACY.contains(&(service_id, status, code))
}

/// Whether a streaming body waits for the service's consent before it is sent.
pub(crate) fn awaits_consent(config: &Config, service_id: &str) -> bool {
    service_id == "S3" && config.has_customisation("s3-consent")
}
