//! What services need beyond their models. Nowhere else in the crate is a service named.

mod connect_token;
mod glacier;
mod retry;
mod s3;
mod s3_control;
mod s3_post;

pub(crate) use self::retry::{
    RetryRule, awaits_consent, is_long_polling, is_repeated_in_legacy_mode, is_transient,
    retry_rule,
};
pub use self::s3_post::PresignedPost;

use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::error::Result;
use crate::exchange::Call;
use crate::params::{ParamError, ParamErrorKind};
use crate::protocol::Encoded;

/// Completes parameters where no model says how, and finds what the service would only refuse.
pub(crate) fn complete(
    service_id: &str,
    operation: &str,
    params: &mut Value,
) -> std::result::Result<(), ParamError> {
    let fault = |path: &str, reason: String| ParamError {
        path: path.into(),
        kind: ParamErrorKind::Unreadable {
            reason: reason.into(),
        },
    };
    match service_id {
        "S3" => {
            let bucket = params.get("Bucket").and_then(Value::as_str);
            match bucket.and_then(s3::bucket_fault) {
                Some(reason) => Err(fault("Bucket", reason)),
                None => Ok(()),
            }
        }
        "Glacier" => {
            glacier::fill_account(params);
            Ok(())
        }
        "S3 Control" => s3_control::fill_account(operation, params)
            .map_err(|(member, reason)| fault(member, reason)),
        _ => Ok(()),
    }
}

/// Completes a request that is about to be sent.
pub(crate) fn complete_request(call: &Call<'_>, request: &mut Encoded) -> Result<()> {
    match &*call.service.model.metadata().service_id {
        "Glacier" => glacier::complete_request(call, request),
        _ => Ok(()),
    }
}

/// Completes a request that is about to be presigned: what a URL opened by a browser does not send is taken away.
pub(crate) fn complete_presigned(call: &Call<'_>, request: &mut Encoded) {
    if &*call.service.model.metadata().service_id == "Polly" {
        request.headers.remove(CONTENT_TYPE);
    }
}

/// Whether a service takes a bearer token before anything else, where the environment has one.
pub(crate) fn prefers_bearer(signing_name: &str) -> bool {
    signing_name == "bedrock"
}

/// Whether a service takes nothing newer than version 2 of signatures.
pub(crate) fn signs_with_version_2(service_id: &str) -> bool {
    service_id == "SimpleDB"
}

/// Whether presigned URLs of a service go to its global endpoint, where they find a bucket in any region.
pub(crate) fn presigns_for_any_region(service_id: &str) -> bool {
    service_id == "S3"
}

/// Whether a service signs for the region of the endpoints file, where rules say nothing: its endpoint is in another one
/// than its name says.
pub(crate) fn signs_for_legacy_region(service_id: &str) -> bool {
    service_id == "Health"
}

/// Whether a service answers that a bucket is in another region, and the call is to follow.
pub(crate) fn follows_bucket_regions(service_id: &str) -> bool {
    service_id == "S3"
}

/// Whether an operation never has the bucket's name in the host: it is asked of buckets in any region.
pub(crate) fn forces_path_style(service_id: &str, operation: &str) -> bool {
    (service_id, operation) == ("S3", "GetBucketLocation")
}
