//! S3: validation of bucket names, and responses that differ from the model.

use http::header::EXPIRES;
use serde_json::Value;

use super::invalid_param;
use crate::error::Result;
use crate::interceptor::{CallContext, Interceptor};
use crate::output::{Edit, Output};
use crate::settings::ParameterValidation;
use crate::time;

/// Rejects invalid bucket names, if parameters are validated.
pub(super) struct BucketName;

impl Interceptor for BucketName {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        let bucket = params.get("Bucket").and_then(Value::as_str);
        let is_validated = call.config.parameter_validation() != ParameterValidation::Disabled;
        let bucket = bucket.filter(|_| is_validated);
        match bucket.and_then(bucket_error) {
            Some(reason) => Err(invalid_param("Bucket", reason)),
            None => Ok(()),
        }
    }
}

/// Adds `ExpiresString` with the text of the header `Expires`, and drops `Expires` if the text is not a timestamp: S3 stores
/// any text.
pub(super) struct Expires;

impl Interceptor for Expires {
    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {
        let Ok(output) = result else { return };
        let shape = call
            .operation
            .output
            .and_then(|id| call.model.shape(id).ok());
        let has_member = shape
            .and_then(|shape| shape.members()?.get("Expires"))
            .is_some();
        let header = output.meta.headers.get(EXPIRES).filter(|_| has_member);
        let Some(text) = header.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        else {
            return;
        };
        if time::normalise(&text).is_err() {
            output.edit(["Expires"], Edit::Dropped);
        }
        output.add_member("ExpiresString", text);
    }
}

/// Reads the location from the root element. It is null for us-east-1.
pub(super) struct Location;

impl Interceptor for Location {
    fn result(&self, _: &CallContext<'_>, result: &mut Result<Output>) {
        const MEMBER: &str = "LocationConstraint";
        let Ok(output) = result else { return };
        let Some(tape) = output.source.tape() else {
            return;
        };
        // some servers nest an element of the same name
        let node = tape.child(0, MEMBER).unwrap_or(0);
        let text = tape.text(node).ok().filter(|text| !text.is_empty());
        let place = text.map_or(Value::Null, |text| text.into_owned().into());
        output.edit([MEMBER], Edit::Dropped);
        output.add_member(MEMBER, place);
    }
}

/// The error of an invalid bucket name. Further rules are left to the service, which may change them.
fn bucket_error(name: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    let is_name = (1..=255).contains(&name.len()) && name.bytes().all(is_plain);
    (!is_name && !is_access_point(name)).then(|| {
        format!(
            "{name:?} is neither a bucket name (1 to 255 letters, digits, periods, hyphens and underscores) nor the ARN \
             of an access point"
        )
    })
}

/// Whether a text is the ARN of an access point: `arn:aws:s3:region:account:accesspoint/name`, and the forms of Object Lambda,
/// multi-region access points and Outposts.
pub(super) fn is_access_point(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let mut part = || parts.next().unwrap_or_default();
    let (arn, partition, service, region, account, resource) =
        (part(), part(), part(), part(), part(), part());
    let is_region = |region: &str| {
        region
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let words: Vec<&str> = resource.split([':', '/']).collect();
    let is_word = |word: &str, more: &[u8]| {
        (1..=63).contains(&word.len())
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    let fits = match (service, &words[..]) {
        ("s3" | "s3-object-lambda", ["accesspoint", name]) => is_word(name, b"-."),
        ("s3-outposts", ["outpost", outpost, "accesspoint", name]) => {
            !region.is_empty() && is_word(outpost, b"-") && is_word(name, b"-")
        }
        _ => false,
    };
    arn == "arn" && partition.starts_with("aws") && is_region(region) && is_account && fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_access_points_are_recognised() {
        let cases = [
            ("my-bucket", true),
            ("Old_Bucket.name", true),
            ("", false),
            ("a/b", false),
            ("arn:aws:s3:us-west-2:123456789012:accesspoint/my", true),
            ("arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:my", true),
            (
                "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap",
                true,
            ),
            (
                "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/b",
                true,
            ),
            (
                "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-0/accesspoint/a",
                true,
            ),
            ("arn:aws:s3:us-west-2:123456789012:accesspoint", false),
            (
                "arn:aws:s3:us-west-2:123456789012:accesspoint/my/endpoint",
                false,
            ),
            ("arn:aws:s3:us-west-2:123456789012:bucket_name:b", false),
            ("arn:aws:s3:us-west-2::accesspoint:x", false),
            ("arn:aws:sqs:us-west-2:123456789012:someresource", false),
        ];
        for (name, good) in cases {
            assert_eq!(bucket_error(name).is_none(), good, "{name}");
        }
    }
}
