//! S3's responses beyond the model: the names of root elements, which botocore's model lacks, and the evidence that an object
//! was stored.

use crate::error::Error;
use crate::interceptor::{Attempt, CallContext, Interceptor};
use crate::output::Output;
use crate::protocol;

/// Root elements whose names cannot be derived from the operation, the result or the payload, as in Smithy's model.
const ROOTS: [(&str, &str); 23] = [
    ("CompleteMultipartUpload", "CompleteMultipartUploadResult"),
    ("CreateMultipartUpload", "InitiateMultipartUploadResult"),
    ("DeleteObjects", "DeleteResult"),
    (
        "GetBucketAccelerateConfiguration",
        "AccelerateConfiguration",
    ),
    ("GetBucketAcl", "AccessControlPolicy"),
    ("GetBucketCors", "CORSConfiguration"),
    ("GetBucketLifecycle", "LifecycleConfiguration"),
    ("GetBucketLifecycleConfiguration", "LifecycleConfiguration"),
    ("GetBucketLocation", "LocationConstraint"),
    ("GetBucketLogging", "BucketLoggingStatus"),
    ("GetBucketNotification", "NotificationConfiguration"),
    ("GetBucketRequestPayment", "RequestPaymentConfiguration"),
    ("GetBucketTagging", "Tagging"),
    ("GetBucketVersioning", "VersioningConfiguration"),
    ("GetBucketWebsite", "WebsiteConfiguration"),
    ("GetObjectAcl", "AccessControlPolicy"),
    ("GetObjectTagging", "Tagging"),
    (
        "ListBucketAnalyticsConfigurations",
        "ListBucketAnalyticsConfigurationResult",
    ),
    (
        "ListBucketInventoryConfigurations",
        "ListInventoryConfigurationsResult",
    ),
    (
        "ListBucketMetricsConfigurations",
        "ListMetricsConfigurationsResult",
    ),
    ("ListBuckets", "ListAllMyBucketsResult"),
    ("ListDirectoryBuckets", "ListAllMyDirectoryBucketsResult"),
    ("ListObjectVersions", "ListVersionsResult"),
];

/// The root element of both versions of `ListObjects`.
const LISTED: &str = "ListBucketResult";

/// The root element of an operation's response, if it cannot be derived from the model.
pub(super) fn root_element(operation: &str) -> Option<&'static str> {
    match operation {
        "ListObjects" | "ListObjectsV2" => Some(LISTED),
        _ => {
            let found = ROOTS.iter().find(|(name, _)| *name == operation);
            found.map(|(_, root)| *root)
        }
    }
}

/// The root element of a response of S3 Control, if it cannot be derived from the model.
pub(super) fn storage_lens_root(operation: &str) -> Option<&'static str> {
    (operation == "ListStorageLensConfigurations").then_some("ListStorageLensConfigurationResult")
}

/// The part of a response that a successful operation always has.
enum Evidence {
    /// A header.
    Header(&'static str),
    /// A child of the root element.
    Element(&'static str),
}

const EVIDENCE: [(&str, Evidence); 4] = [
    ("CompleteMultipartUpload", Evidence::Element("ETag")),
    ("CreateMultipartUpload", Evidence::Element("UploadId")),
    ("PutObject", Evidence::Header("etag")),
    ("UploadPart", Evidence::Header("etag")),
];

/// The operations of [`EVIDENCE`].
pub(super) const OPERATIONS: [&str; EVIDENCE.len()] = {
    let mut names = [""; EVIDENCE.len()];
    let mut n = 0;
    while n < names.len() {
        names[n] = EVIDENCE[n].0;
        n += 1;
    }
    names
};

/// Rejects a successful response without the ETag or upload id that S3 always sends: it came from another server, such as a proxy.
pub(super) struct Proof;

impl Interceptor for Proof {
    fn after_attempt(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {
        let Ok(output) = &*attempt.outcome else {
            return;
        };
        let evidence = EVIDENCE
            .iter()
            .find(|(name, _)| *name == &*call.operation.name);
        if let Some((_, evidence)) = evidence.filter(|_| !output.source.stands_in)
            && let Some(error) = check(call, output, evidence)
        {
            *attempt.outcome = Err(error);
        }
    }
}

fn check(call: &CallContext<'_>, output: &Output, evidence: &Evidence) -> Option<Error> {
    let (is_present, expected) = match *evidence {
        Evidence::Header(name) => {
            let value = output.meta.headers.get(name);
            let is_present = value.is_some_and(|value| !value.as_bytes().trim_ascii().is_empty());
            (is_present, format!("a header {name}"))
        }
        Evidence::Element(name) => {
            let text = output.source.tape().and_then(|tape| {
                let text = tape.text(tape.child(0, name)?).ok()?;
                Some(!text.trim().is_empty())
            });
            (text == Some(true), format!("an element {name}"))
        }
    };
    let found = || {
        protocol::unexpected_response(
            call.model,
            call.operation,
            output.meta.status,
            &output.meta.headers,
            &output.source.bytes,
            (expected, "none".into()),
        )
    };
    (!is_present).then(|| found().into())
}
