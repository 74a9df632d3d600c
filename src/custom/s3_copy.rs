//! The source of an S3 copy: a percent-encoded header, given as a string or in parts.

use serde_json::Value;

use super::invalid_param;
use super::s3::is_access_point;
use crate::error::Result;
use crate::interceptor::{CallContext, Interceptor};
use crate::uri;

/// Encodes `bucket/key`, optionally followed by `?versionId=…`, or `{"Bucket": …, "Key": …, "VersionId": …}`.
pub(super) struct CopySource;

const MEMBER: &str = "CopySource";
const VERSION: &str = "?versionId=";
const PARTS: [&str; 3] = ["Bucket", "Key", "VersionId"];

impl Interceptor for CopySource {
    fn params(&self, _: &CallContext<'_>, params: &mut Value) -> Result<()> {
        let Some(source) = params.get_mut(MEMBER) else {
            return Ok(());
        };
        match source {
            Value::String(text) => *text = from_text(text),
            Value::Object(_) => *source = from_parts(source)?.into(),
            // the validation of parameters reports it
            _ => {}
        }
        Ok(())
    }
}

/// Encodes a source given as a string. `?versionId=` is part of the key unless a possible version follows.
fn from_text(text: &str) -> String {
    let is_version = |at: &usize| {
        let version = &text[at + VERSION.len()..];
        !version.is_empty() && !version.contains(char::is_whitespace)
    };
    let mut places = text.match_indices(VERSION).map(|(at, _)| at);
    let (place, version) = text.split_at(places.find(is_version).unwrap_or(text.len()));
    uri::encode(place, b"/") + version
}

fn from_parts(parts: &Value) -> Result<String> {
    let part = |name: &str| match parts.get(name) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid_param(
            &format!("{MEMBER}.{name}"),
            "must be a string".into(),
        )),
        None => Ok(None),
    };
    let needed = |name: &str| {
        let missing = || {
            invalid_param(
                &format!("{MEMBER}.{name}"),
                "required part of the source is missing".into(),
            )
        };
        part(name)?.ok_or_else(missing)
    };
    // a misspelled `VersionId` would silently copy the latest version
    let mut names = parts.as_object().into_iter().flat_map(|parts| parts.keys());
    if let Some(name) = names.find(|name| !PARTS.contains(&name.as_str())) {
        let path = format!("{MEMBER}.{name}");
        let what = format!(
            "unknown part of a source; the parts are {}",
            PARTS.join(", ")
        );
        return Err(invalid_param(&path, what));
    }
    let (bucket, key) = (needed("Bucket")?, needed("Key")?);
    let between = if is_access_point(bucket) {
        "/object/"
    } else {
        "/"
    };
    let place = uri::encode(&format!("{bucket}{between}{key}"), b"/");
    Ok(match part("VersionId")? {
        Some(version) => format!("{place}{VERSION}{version}"),
        None => place,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn slashes_and_version_of_a_source_are_not_encoded() {
        let cases = [
            ("b/k", "b/k"),
            ("/b/a b", "/b/a%20b"),
            ("b/é+?x", "b/%C3%A9%2B%3Fx"),
            ("b/k?versionId=v1", "b/k?versionId=v1"),
            ("b/k?versionId=", "b/k%3FversionId%3D"),
            ("b/k?versionId=a b", "b/k%3FversionId%3Da%20b"),
        ];
        for (text, expected) in cases {
            assert_eq!(from_text(text), expected);
        }
    }

    #[test]
    fn parts_of_a_source_are_validated() {
        let arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/ap";
        let parts = json!({"Bucket": arn, "Key": "a?versionId=x", "VersionId": "v"});
        let expected = "arn%3Aaws%3As3%3Aus-west-2%3A123456789012%3Aaccesspoint/ap/object/a%3FversionId%3Dx?versionId=v";
        assert_eq!(from_parts(&parts).unwrap(), expected);
        for parts in [
            json!({"Bucket": "b"}),
            json!({"Bucket": "b", "Key": 1}),
            json!({"Key": "k"}),
            json!({"Bucket": "b", "Key": "k", "VersionID": "v"}),
        ] {
            assert!(from_parts(&parts).is_err(), "{parts}");
        }
    }
}
