//! EC2's `bundle-instance`: the place in S3 as options, with a signed upload policy.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha1::Sha1;
use tucuxi::Client;
use tucuxi::internals::command::rfc3339;

use super::{Custom, NONE, Params, first, one, structure};
use crate::failure::Failure;

pub(super) const TABLE: &[Custom] = &[Custom {
    service: "ec2",
    operation: "bundle-instance",
    optional: &["storage"],
    added: &[
        one("bucket", |params, values| put(params, "Bucket", values)),
        one("prefix", |params, values| put(params, "Prefix", values)),
        one("owner-akid", |params, values| {
            put(params, "AWSAccessKeyId", values)
        }),
        one("owner-sak", |params, values| put(params, SECRET, values)),
        one("policy", |params, values| {
            put(
                params,
                "UploadPolicy",
                &[BASE64_STANDARD.encode(first(values))],
            )
        }),
    ],
    exclusive: &[[
        &["storage"],
        &["bucket", "owner-akid", "owner-sak", "policy", "prefix"],
    ]],
    finish: Some(sign),
    ..NONE
}];

/// Stands in for the secret key, which is not sent.
const SECRET: &str = "";

fn put(params: &mut Params, name: &str, values: &[String]) -> Result<(), String> {
    let place = structure(structure(params, "Storage")?, "S3")?;
    place.insert(name.into(), first(values).into());
    Ok(())
}

/// Adds the policy, which ends after a day, and its signature.
fn sign(params: &mut Params, _: &Client) -> Result<(), Failure> {
    let place = structure(params, "Storage").and_then(|storage| structure(storage, "S3"));
    let place = place.map_err(Failure::Usage)?;
    let text = |name: &str, place: &Params| {
        let text = place.get(name).and_then(|value| value.as_str());
        text.unwrap_or_default().to_owned()
    };
    if !place.contains_key("UploadPolicy") {
        let end = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
        let policy = json!({
            "expiration": rfc3339(end),
            "conditions": [
                {"bucket": text("Bucket", place)},
                {"acl": "ec2-bundle-read"},
                ["starts-with", "$key", text("Prefix", place)],
            ],
        });
        let policy = BASE64_STANDARD.encode(policy.to_string());
        place.insert("UploadPolicy".into(), policy.into());
    }
    if let Some(secret) = place.shift_remove(SECRET)
        && !place.contains_key("UploadPolicySignature")
    {
        let policy = text("UploadPolicy", place);
        let key = secret.as_str().unwrap_or_default();
        let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes());
        let mut mac = mac.map_err(|e| Failure::Other(e.into()))?;
        mac.update(policy.as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        place.insert("UploadPolicySignature".into(), signature.into());
    }
    Ok(())
}
