//! What S3's responses are beyond its model: the names of root elements, which botocore's model leaves out, and what proves that
//! an operation was done.

use crate::error::Error;
use crate::interceptor::{Attempt, CallContext, Interceptor};
use crate::output::Output;
use crate::protocol;

/// Root elements whose names do not follow from the names of operation, result or payload; they are those of Smithy's model.
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

/// The same for both versions of this operation.
const LISTED: &str = "ListBucketResult";

/// The root element of an operation's XML, where its name does not follow from the model.
pub(super) fn root_element(operation: &str) -> Option<&'static str> {
    match operation {
        "ListObjects" | "ListObjectsV2" => Some(LISTED),
        _ => {
            let found = ROOTS.iter().find(|(name, _)| *name == operation);
            found.map(|(_, root)| *root)
        }
    }
}

/// The same of S3 Control.
pub(super) fn storage_lens_root(operation: &str) -> Option<&'static str> {
    (operation == "ListStorageLensConfigurations").then_some("ListStorageLensConfigurationResult")
}

/// What a response has where the operation was done.
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

/// The operations whose responses are held against [`EVIDENCE`].
pub(super) const PROVEN: &[&str] = &[
    "CompleteMultipartUpload",
    "CreateMultipartUpload",
    "PutObject",
    "UploadPart",
];

/// Refuses a success that lacks the ETag or the id of what was stored: it is not S3 that sent it.
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
            && let Some(error) = lacks(call, output, evidence)
        {
            *attempt.outcome = Err(error);
        }
    }
}

fn lacks(call: &CallContext<'_>, output: &Output, evidence: &Evidence) -> Option<Error> {
    let (is_there, expected) = match *evidence {
        Evidence::Header(name) => {
            let value = output.meta.headers.get(name);
            let is_there = value.is_some_and(|value| !value.as_bytes().trim_ascii().is_empty());
            (is_there, format!("a header {name}"))
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
    (!is_there).then(|| found().into())
}
