//! The arguments of requests, from the options of a line.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use tucuxi::checksum::ChecksumAlgorithm;
use tucuxi::transfer::CopyProperties;

use super::given::Given;
use super::places::Action;
use crate::failure::Failure;

type Params = Map<String, Value>;

/// Options with text, and their arguments.
const TEXTS: &[(&str, &str)] = &[
    ("acl", "ACL"),
    ("cache-control", "CacheControl"),
    ("checksum-algorithm", "ChecksumAlgorithm"),
    ("content-disposition", "ContentDisposition"),
    ("content-encoding", "ContentEncoding"),
    ("content-language", "ContentLanguage"),
    ("content-type", "ContentType"),
    ("expires", "Expires"),
    ("sse", "ServerSideEncryption"),
    ("sse-kms-key-id", "SSEKMSKeyId"),
    ("storage-class", "StorageClass"),
    ("website-redirect", "WebsiteRedirectLocation"),
];

/// Permissions of `--grants`, and their arguments.
const GRANTS: &[(&str, &str)] = &[
    ("full", "GrantFullControl"),
    ("read", "GrantRead"),
    ("readacl", "GrantReadACP"),
    ("writeacl", "GrantWriteACP"),
];

/// Returns the arguments of a transfer.
///
/// # Errors
///
/// Returns an error if an option is invalid.
pub(super) fn of(given: &Given, action: Action) -> Result<Value, Failure> {
    let mut params = payer(given);
    match action {
        Action::Copy => {
            store(given, &mut params)?;
            customer_key(given, "sse-c", "SSECustomer", &mut params);
            customer_key(
                given,
                "sse-c-copy-source",
                "CopySourceSSECustomer",
                &mut params,
            );
            text(
                given,
                "metadata-directive",
                "MetadataDirective",
                &mut params,
            );
            if params.contains_key("Tagging") {
                params.insert("TaggingDirective".to_owned(), "REPLACE".into());
            }
        }
        Action::Delete => {}
        Action::Download => {
            customer_key(given, "sse-c", "SSECustomer", &mut params);
            text(given, "checksum-mode", "ChecksumMode", &mut params);
        }
        Action::Upload => {
            store(given, &mut params)?;
            customer_key(given, "sse-c", "SSECustomer", &mut params);
        }
    }
    Ok(params.into())
}

/// Returns the arguments of HeadObject on the source.
pub(super) fn of_head(given: &Given, action: Action) -> Value {
    let mut params = payer(given);
    let option = match action {
        Action::Copy => "sse-c-copy-source",
        _ => "sse-c",
    };
    customer_key(given, option, "SSECustomer", &mut params);
    params.into()
}

/// Returns the arguments of listings.
pub(super) fn of_listing(given: &Given) -> Value {
    payer(given).into()
}

/// Returns what copies take over.
pub(super) fn copy_properties(given: &Given) -> CopyProperties {
    match given.text("copy-props") {
        Some("all") => CopyProperties::All,
        Some("metadata-directive") => CopyProperties::Metadata,
        Some("none") => CopyProperties::None,
        _ => CopyProperties::MetadataAndTags,
    }
}

fn payer(given: &Given) -> Params {
    let mut params = Params::new();
    text(given, "request-payer", "RequestPayer", &mut params);
    params
}

fn text(given: &Given, option: &str, name: &str, params: &mut Params) {
    if let Some(text) = given.text(option) {
        params.insert(name.to_owned(), text.into());
    }
}

fn store(given: &Given, params: &mut Params) -> Result<(), Failure> {
    for (option, name) in TEXTS {
        text(given, option, name, params);
    }
    if let Some(metadata) = given.map("metadata")? {
        params.insert("Metadata".to_owned(), metadata);
    }
    for grant in given.texts("grants") {
        let (name, grantee) = self::grant(grant)?;
        params.insert(name.to_owned(), grantee.into());
    }
    let tags = given.texts("tags");
    if !tags.is_empty() {
        let tags = tags.chunks(2).map(|tag| {
            let value = tag.get(1).copied().unwrap_or_default();
            format!("{}={}", query_encoded(tag[0]), query_encoded(value))
        });
        let tags: Vec<String> = tags.collect();
        params.insert("Tagging".to_owned(), tags.join("&").into());
    }
    Ok(())
}

fn grant(text: &str) -> Result<(&'static str, &str), Failure> {
    let wrong = || {
        let text = format!(
            "--grants: {text:?} must have the form PERMISSION=GRANTEE, where PERMISSION is one of full, read, readacl, writeacl"
        );
        Failure::Other(text.into())
    };
    let (permission, grantee) = text.split_once('=').ok_or_else(wrong)?;
    let row = GRANTS.iter().find(|(known, _)| *known == permission);
    let (_, name) = row.ok_or_else(wrong)?;
    Ok((name, grantee))
}

/// Sets the key of a customer. That of a binary file is encoded, as the argument is text.
fn customer_key(given: &Given, option: &str, prefix: &str, params: &mut Params) {
    let key = given.bytes(&format!("{option}-key"));
    let (Some(algorithm), Some(key)) = (given.text(option), key) else {
        return;
    };
    params.insert(format!("{prefix}Algorithm"), algorithm.into());
    let key = match std::str::from_utf8(key) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            // with it, the library sends the key as it is
            let digest = ChecksumAlgorithm::Md5.checksum(key);
            params.insert(format!("{prefix}KeyMD5"), digest.into());
            BASE64_STANDARD.encode(key)
        }
    };
    params.insert(format!("{prefix}Key"), key.into());
}

fn query_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
