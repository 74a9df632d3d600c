//! What services need beyond their models. Nowhere else in the crate is a service named.

/// How a service is tried again where nobody says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RetryRule {
    /// Attempts in all.
    pub(crate) attempts: u32,
    /// The longest delay, in seconds, before the first repetition of a call that met a transient failure.
    pub(crate) transient_delay: f64,
}

const RETRY: RetryRule = RetryRule {
    attempts: 3,
    transient_delay: 0.05,
};

/// By service id.
const RETRY_RULES: [(&str, RetryRule); 2] = [
    ("DynamoDB", DYNAMODB_RETRY),
    ("DynamoDB Streams", DYNAMODB_RETRY),
];

const DYNAMODB_RETRY: RetryRule = RetryRule {
    attempts: 4,
    transient_delay: 0.025,
};

pub(crate) fn retry_rule(service_id: &str) -> RetryRule {
    let own = RETRY_RULES.iter().find(|(id, _)| *id == service_id);
    own.map_or(RETRY, |(_, rule)| *rule)
}
