//! What a job does with the objects that it copies: the arguments of CopyObject, in the words of S3 Batch Operations.

use serde_json::{Map, Value, json};

use super::super::given::Given;
use super::super::params;
use super::super::places::Action;
use super::super::plan::usage_error;
use crate::failure::Failure;

/// The largest object that a job copies.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024;

/// Arguments of CopyObject, and the paths of the same in S3PutObjectCopy.
const MEMBERS: &[(&str, &str)] = &[
    ("ACL", "/CannedAccessControlList"),
    ("CacheControl", "/NewObjectMetadata/CacheControl"),
    ("ChecksumAlgorithm", "/ChecksumAlgorithm"),
    (
        "ContentDisposition",
        "/NewObjectMetadata/ContentDisposition",
    ),
    ("ContentEncoding", "/NewObjectMetadata/ContentEncoding"),
    ("ContentLanguage", "/NewObjectMetadata/ContentLanguage"),
    ("ContentType", "/NewObjectMetadata/ContentType"),
    ("Expires", "/NewObjectMetadata/HttpExpiresDate"),
    ("Metadata", "/NewObjectMetadata/UserMetadata"),
    ("MetadataDirective", "/MetadataDirective"),
    ("SSEKMSKeyId", "/SSEAwsKmsKeyId"),
    ("StorageClass", "/StorageClass"),
    ("WebsiteRedirectLocation", "/RedirectLocation"),
];

/// Arguments of CopyObject that grant a permission, and the permission.
const PERMISSIONS: &[(&str, &str)] = &[
    ("GrantFullControl", "FULL_CONTROL"),
    ("GrantRead", "READ"),
    ("GrantReadACP", "READ_ACP"),
    ("GrantWriteACP", "WRITE_ACP"),
];

/// Options whose effect no job has, and the reason.
const IMPOSSIBLE: &[(&str, &str)] = &[
    ("no-overwrite", "a job replaces what exists"),
    ("sse-c", "a job has no keys of customers"),
    ("sse-c-copy-source", "a job has no keys of customers"),
];

/// Returns the members of S3PutObjectCopy that the options of a line set.
///
/// # Errors
///
/// Returns an error if a job cannot do what an option says.
pub(super) fn operation(given: &Given) -> Result<Value, Failure> {
    for (option, why) in IMPOSSIBLE {
        if given.has(option) {
            return Err(usage_error(format!("--batch and --{option}: {why}")));
        }
    }
    if given.text("copy-props").is_some_and(|it| it != "default") {
        return Err(usage_error(
            "--batch and --copy-props: a job takes over headers, metadata and tags, unless --metadata-directive REPLACE or --tags replace them",
        ));
    }
    let mut operation = json!({});
    let args = params::of(given, Action::Copy)?;
    for (name, value) in args.as_object().into_iter().flatten() {
        set(&mut operation, name, value);
    }
    let tags = given.texts("tags");
    if !tags.is_empty() {
        let tag = |tag: &[&str]| json!({"Key": tag[0], "Value": tag.get(1).unwrap_or(&"")});
        operation["NewObjectTagging"] = tags.chunks(2).map(tag).collect();
    }
    let replaced = operation["NewObjectMetadata"].as_object();
    let changes = |headers: &Map<String, Value>| headers.keys().any(|name| name != "SSEAlgorithm");
    if operation["MetadataDirective"].is_null() {
        if replaced.is_some_and(changes) {
            return Err(usage_error(
                "--batch: a job cannot change some headers and metadata and keep others; --metadata-directive REPLACE replaces all",
            ));
        }
        operation["MetadataDirective"] = "COPY".into();
    }
    Ok(operation)
}

fn set(operation: &mut Value, name: &str, value: &Value) {
    if let Some((_, path)) = MEMBERS.iter().find(|(known, _)| *known == name) {
        match path.rsplit_once('/') {
            Some(("", member)) => operation[member] = value.clone(),
            Some((group, member)) => operation[&group[1..]][member] = value.clone(),
            None => {}
        }
    } else if let Some((_, permission)) = PERMISSIONS.iter().find(|(known, _)| *known == name) {
        let grants = value.as_str().unwrap_or_default().split(',');
        let grants = grants.map(|grantee| grant(permission, grantee));
        let mut all = operation["AccessControlGrants"].take();
        match &mut all {
            Value::Array(all) => all.extend(grants),
            _ => all = grants.collect(),
        }
        operation["AccessControlGrants"] = all;
    } else if name == "ServerSideEncryption" {
        let algorithm = match value.as_str() {
            Some("aws:kms") => "KMS".into(),
            _ => value.clone(),
        };
        operation["NewObjectMetadata"]["SSEAlgorithm"] = algorithm;
    } else if name == "RequestPayer" {
        operation["RequesterPays"] = true.into();
    }
}

/// A grant to `id=ID` or `uri="URI"`.
fn grant(permission: &str, grantee: &str) -> Value {
    let (kind, name) = grantee.split_once('=').unwrap_or(("id", grantee));
    let name = name.trim().trim_matches('"');
    let kind = match kind.trim() {
        kind if kind.eq_ignore_ascii_case("emailAddress") => "emailAddress",
        kind => kind,
    };
    json!({
        "Grantee": {"TypeIdentifier": kind, "Identifier": name},
        "Permission": permission,
    })
}

/// Returns the prefix of targets with which a job copies a key to another, which has none if the keys are the same.
///
/// # Errors
///
/// Returns a message if no job copies this object, or not to this key.
pub(super) fn prefix<'k>(key: &str, size: u64, target: &'k str) -> Result<Option<&'k str>, String> {
    if size > LARGEST {
        return Err(
            "it is larger than 5 GB, which is the most that a job copies; copy it without --batch"
                .to_owned(),
        );
    }
    let prefix = match target.strip_suffix(key) {
        Some("") => return Ok(None),
        Some(prefix) => prefix.strip_suffix('/'),
        None => None,
    };
    // the service joins prefix and key with a slash
    let prefix = prefix.filter(|it| !it.is_empty() && !it.starts_with('/') && !it.ends_with('/'));
    prefix.map(Some).ok_or_else(|| {
        "a job copies a key to the same key, or to PREFIX/KEY, and cannot give it another name; copy it without --batch".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_cannot_rename() {
        for (key, target, expected) in [
            ("a/k", "a/k", Some(None)),
            ("a/k", "p/a/k", Some(Some("p"))),
            ("a/k", "p/q/a/k", Some(Some("p/q"))),
            ("a/k", "pa/k", None),
            ("a/k", "p/k", None),
            ("a/k", "k", None),
            ("a/k", "/a/k", None),
            ("a/k", "p//a/k", None),
            ("a/k", "/p/a/k", None),
            ("/k", "p//k", Some(Some("p"))),
        ] {
            assert_eq!(prefix(key, LARGEST, target).ok(), expected, "{target}");
        }
        assert!(prefix("k", LARGEST + 1, "k").is_err());
    }

    #[test]
    fn grantees_have_a_kind() {
        let expected = json!({
            "Grantee": {"TypeIdentifier": "uri", "Identifier": "http://g/x=y"},
            "Permission": "READ",
        });
        assert_eq!(grant("READ", "uri=\"http://g/x=y\""), expected);
    }
}
