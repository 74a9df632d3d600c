//! [`ServiceQuirks`] by service: behaviour beyond the models that an interceptor cannot implement.

use super::s3_responses::{root_element, storage_lens_root};
use crate::call::{Quirk, RetryRule, ServiceQuirks};

const RETRY: RetryRule = RetryRule {
    attempts: 3,
    transient_delay: 0.05,
    legacy_attempts: 5,
    legacy_delay: None,
};

const DYNAMODB_RETRY: RetryRule = RetryRule {
    attempts: 4,
    transient_delay: 0.025,
    legacy_attempts: 10,
    legacy_delay: Some(0.05),
};

/// The quirks of a service without any.
const NONE: ServiceQuirks = ServiceQuirks {
    retry: RETRY,
    long_polling: &[],
    transient_codes: &[],
    legacy_retries: &[],
    signs_with_version_2: false,
    prefers_bearer: Quirk::NONE,
    presigns_for_any_region: Quirk::NONE,
    signs_for_legacy_region: false,
    has_region_at_any_url: false,
    follows_bucket_regions: Quirk::NONE,
    awaits_consent: Quirk::NONE,
    sends_tree_hash: Quirk::NONE,
    path_style: &[],
    has_path_style: Quirk::NONE,
    has_bare_errors: false,
    root_element: |_| None,
};

enum Key {
    /// The service id.
    Id(&'static str),
    /// All services with this signing name.
    SigningName(&'static str),
}

use Key::{Id, SigningName};

#[rustfmt::skip] // a row each
static QUIRKS: &[(Key, ServiceQuirks)] = &[
    (SigningName("bedrock"), ServiceQuirks { prefers_bearer: Quirk::named("bedrock-bearer-token"), ..NONE }),
    (Id("CloudSearch"), ServiceQuirks { legacy_retries: &[(509, "BandwidthLimitExceeded")], ..NONE }),
    (Id("DynamoDB"), ServiceQuirks {
        retry: DYNAMODB_RETRY,
        legacy_retries: &[(400, "TransactionInProgressException"), (409, "ReplicatedWriteConflictException")],
        ..NONE
    }),
    (Id("DynamoDB Streams"), ServiceQuirks {
        // the legacy mode treats it as any other service
        retry: RetryRule { attempts: DYNAMODB_RETRY.attempts, transient_delay: DYNAMODB_RETRY.transient_delay, ..RETRY },
        ..NONE
    }),
    (Id("EC2"), ServiceQuirks { legacy_retries: &[(503, "EC2ThrottledException"), (503, "RequestLimitExceeded")], ..NONE }),
    (Id("Glacier"), ServiceQuirks {
        legacy_retries: &[(408, "RequestTimeoutException")],
        sends_tree_hash: Quirk::named("glacier-hashes"),
        ..NONE
    }),
    (Id("Health"), ServiceQuirks { signs_for_legacy_region: true, ..NONE }),
    (Id("Kinesis"), ServiceQuirks {
        long_polling: &["ReceiveDeadLetterQueueRecords", "ReceiveQueueRecords"],
        legacy_retries: &[(400, "LimitExceededException")],
        ..NONE
    }),
    (Id("Organizations"), ServiceQuirks { legacy_retries: &[(400, "TooManyRequestsException")], ..NONE }),
    (Id("Route 53"), ServiceQuirks { legacy_retries: &[(400, "PriorRequestNotComplete"), (400, "Throttling")], ..NONE }),
    (Id("S3"), ServiceQuirks {
        legacy_retries: &[(400, "BadDigest"), (400, "RequestTimeout")],
        presigns_for_any_region: Quirk::named("s3-any-region-urls"),
        has_region_at_any_url: true,
        follows_bucket_regions: Quirk::named("s3-bucket-region"),
        awaits_consent: Quirk::named("s3-consent"),
        path_style: &["GetBucketLocation"],
        has_path_style: Quirk::named("s3-location"),
        has_bare_errors: true,
        root_element,
        ..NONE
    }),
    (Id("S3 Control"), ServiceQuirks { root_element: storage_lens_root, ..NONE }),
    (Id("SFN"), ServiceQuirks { long_polling: &["GetActivityTask"], ..NONE }),
    (Id("SimpleDB"), ServiceQuirks { signs_with_version_2: true, ..NONE }),
    (Id("SQS"), ServiceQuirks { long_polling: &["ReceiveMessage"], legacy_retries: &[(403, "RequestThrottled")], ..NONE }),
    (Id("STS"), ServiceQuirks {
        transient_codes: &["IDPCommunicationError"],
        legacy_retries: &[(400, "IDPCommunicationError")],
        ..NONE
    }),
    (Id("SWF"), ServiceQuirks { long_polling: &["PollForActivityTask", "PollForDecisionTask"], ..NONE }),
];

/// The quirks of the service with this id and signing name.
pub(crate) fn quirks(service_id: &str, signing_name: &str) -> &'static ServiceQuirks {
    static OTHERS: ServiceQuirks = NONE;
    let matches = |(key, _): &&(Key, ServiceQuirks)| match key {
        Id(id) => *id == service_id,
        SigningName(name) => *name == signing_name,
    };
    let found = QUIRKS.iter().find(matches);
    found.map_or(&OTHERS, |(_, quirks)| quirks)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row for a renamed service or a removed operation would have no effect.
    #[test]
    #[cfg(feature = "embedded")]
    fn services_and_operations_of_the_table_exist() {
        use crate::environment::Environment;
        use crate::model::{Models, SERVICE, ServiceModel};

        let models = Models::standard(None, &Environment::default());
        let model = |name: String| {
            let text = models.load(&name, SERVICE).unwrap().unwrap();
            ServiceModel::parse(&name, text).unwrap()
        };
        let all: Vec<_> = models.services().unwrap().into_iter().map(model).collect();
        for (key, quirks) in QUIRKS {
            let is_its = |model: &&ServiceModel| {
                let metadata = model.metadata();
                std::ptr::eq(
                    super::quirks(&metadata.service_id, &metadata.signing_name),
                    quirks,
                )
            };
            let model = all.iter().find(is_its).unwrap_or_else(|| match key {
                Id(name) | SigningName(name) => panic!("no such service: {name}"),
            });
            for operation in quirks.long_polling.iter().chain(quirks.path_style) {
                assert_eq!(*model.operation(operation).unwrap().name, **operation);
            }
        }
    }
}
