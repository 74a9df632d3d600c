//! The source of a copy within S3: a header that must be percent-encoded, given as text or in its parts.

use serde_json::Value;

use super::refuse;
use super::s3::is_access_point;
use crate::error::Result;
use crate::interceptor::{CallContext, Interceptor};
use crate::uri;

/// `bucket/key`, with `?versionId=` behind it or not, or `{"Bucket": …, "Key": …, "VersionId": …}`.
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
            Value::String(text) => *text = of_text(text),
            Value::Object(_) => *source = of_parts(source)?.into(),
            // the checks of parameters tell what is wrong
            _ => {}
        }
        Ok(())
    }
}

/// What stands behind the key is a version only if it could be one.
fn of_text(text: &str) -> String {
    let is_version = |at: &usize| {
        let version = &text[at + VERSION.len()..];
        !version.is_empty() && !version.contains(char::is_whitespace)
    };
    let mut places = text.match_indices(VERSION).map(|(at, _)| at);
    let (place, version) = text.split_at(places.find(is_version).unwrap_or(text.len()));
    uri::encode(place, b"/") + version
}

fn of_parts(parts: &Value) -> Result<String> {
    let part = |name: &str| match parts.get(name) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(refuse(
            &format!("{MEMBER}.{name}"),
            "it must be a string".into(),
        )),
        None => Ok(None),
    };
    let needed = |name: &str| {
        let missing = || {
            refuse(
                &format!("{MEMBER}.{name}"),
                "it is a part of the source, so it must be given".into(),
            )
        };
        part(name)?.ok_or_else(missing)
    };
    // a version whose name is misspelt would be the newest one
    let mut names = parts.as_object().into_iter().flat_map(|parts| parts.keys());
    if let Some(name) = names.find(|name| !PARTS.contains(&name.as_str())) {
        let path = format!("{MEMBER}.{name}");
        let what = format!("it is no part of a source, which has {}", PARTS.join(", "));
        return Err(refuse(&path, what));
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
    fn a_source_is_encoded_but_for_its_slashes_and_its_version() {
        let cases = [
            ("b/k", "b/k"),
            ("/b/a b", "/b/a%20b"),
            ("b/é+?x", "b/%C3%A9%2B%3Fx"),
            ("b/k?versionId=v1", "b/k?versionId=v1"),
            ("b/k?versionId=", "b/k%3FversionId%3D"),
            ("b/k?versionId=a b", "b/k%3FversionId%3Da%20b"),
        ];
        for (text, expected) in cases {
            assert_eq!(of_text(text), expected);
        }
    }

    #[test]
    fn a_source_in_parts_must_be_whole() {
        let arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/ap";
        let parts = json!({"Bucket": arn, "Key": "a?versionId=x", "VersionId": "v"});
        let expected = "arn%3Aaws%3As3%3Aus-west-2%3A123456789012%3Aaccesspoint/ap/object/a%3FversionId%3Dx?versionId=v";
        assert_eq!(of_parts(&parts).unwrap(), expected);
        for parts in [
            json!({"Bucket": "b"}),
            json!({"Bucket": "b", "Key": 1}),
            json!({"Key": "k"}),
            json!({"Bucket": "b", "Key": "k", "VersionID": "v"}),
        ] {
            assert!(of_parts(&parts).is_err(), "{parts}");
        }
    }
}
