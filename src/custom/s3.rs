//! S3: names of buckets and what may stand in their place, and answers that the model does not tell the whole of.

use http::header::EXPIRES;
use serde_json::Value;

use super::refuse;
use crate::error::Result;
use crate::interceptor::{CallContext, Interceptor};
use crate::output::{Edit, Output};
use crate::time;

/// Refuses what can be no bucket, where parameters are checked at all.
pub(super) struct BucketName;

impl Interceptor for BucketName {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        let bucket = params.get("Bucket").and_then(Value::as_str);
        let bucket = bucket.filter(|_| call.config.validates_parameters());
        match bucket.and_then(bucket_fault) {
            Some(reason) => Err(refuse("Bucket", reason)),
            None => Ok(()),
        }
    }
}

/// Objects were stored with anything in this header, so its text is given too, and what is no time is not one.
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

/// The root element of this response is its only member, which is null for the region that has no name there.
pub(super) struct Location;

impl Interceptor for Location {
    fn result(&self, _: &CallContext<'_>, result: &mut Result<Output>) {
        const MEMBER: &str = "LocationConstraint";
        let Ok(output) = result else { return };
        let Some(tape) = output.source.tape() else {
            return;
        };
        // some servers have an element of the same name in it
        let node = tape.child(0, MEMBER).unwrap_or(0);
        let text = tape.text(node).ok().filter(|text| !text.is_empty());
        let place = text.map_or(Value::Null, |text| text.into_owned().into());
        output.edit([MEMBER], Edit::Dropped);
        output.add_member(MEMBER, place);
    }
}

/// What is wrong with a bucket's name, if anything is. Rules of names are not checked further: services change them.
fn bucket_fault(name: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    let is_name = (1..=255).contains(&name.len()) && name.bytes().all(is_plain);
    (!is_name && !is_access_point(name)).then(|| {
        format!(
            "{name:?} is neither a bucket's name (1 to 255 letters, digits, periods, hyphens and underscores) nor the ARN \
             of an access point"
        )
    })
}

/// `arn:aws:s3:region:account:accesspoint/name` and its kin: Object Lambda, several regions, Outposts.
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
    fn names_and_access_points_are_told_from_anything_else() {
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
            assert_eq!(bucket_fault(name).is_none(), good, "{name}");
        }
    }
}
