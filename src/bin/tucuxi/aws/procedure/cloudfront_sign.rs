//! `cloudfront sign` and `cloudfront sign-cookies`

use std::time::SystemTime;

use serde_json::{Map, Value};
use tucuxi::cloudfront::{HashAlgorithm, Policy, Signer};

use super::{Flag, PLAIN, Procedure, Task, choice, moment, required, value};
use crate::failure::Failure;

const URL: Flag = Flag {
    is_literal: true,
    ..required("url", "URL", "the URL to sign")
};
const POLICY_RESOURCE: Flag = Flag {
    is_literal: true,
    ..value(
        "policy-resource",
        "RESOURCE",
        "the URLs for which the signature is valid, with * for any text and ? for one character; by default the URL",
    )
};
const RESOURCE: Flag = Flag {
    is_literal: true,
    ..required(
        "resource",
        "RESOURCE",
        "the URLs for which the cookies are valid, with * for any text and ? for one character",
    )
};
const KEY_PAIR_ID: Flag = required("key-pair-id", "ID", "the id of the public key");
const PRIVATE_KEY: Flag = required(
    "private-key",
    "file://KEY.pem",
    "the private key: RSA, or on the curve P-256",
);
const DATE_LESS_THAN: Flag = required(
    "date-less-than",
    "TIME",
    "when access ends: a date, a date and a time, or seconds since 1970",
);
const DATE_GREATER_THAN: Flag = value("date-greater-than", "TIME", "when access begins");
const IP_ADDRESS: Flag = value(
    "ip-address",
    "ADDRESS",
    "the IPv4 address from which access is given, or a range such as 192.0.2.0/24",
);
const HASH_ALGORITHM: Flag = choice(
    "hash-algorithm",
    &["SHA1", "SHA256"],
    "the hash that is signed; by default SHA1 for RSA keys, SHA256 for others",
);

pub(super) const SIGN: Procedure = Procedure {
    service: "cloudfront",
    name: "sign",
    about: "prints a signed URL",
    flags: &[
        URL,
        POLICY_RESOURCE,
        KEY_PAIR_ID,
        PRIVATE_KEY,
        DATE_LESS_THAN,
        DATE_GREATER_THAN,
        IP_ADDRESS,
        HASH_ALGORITHM,
    ],
    run: |task| {
        let mut policy = policy(task)?;
        if let Some(resource) = task.value("policy-resource") {
            policy = policy.resource(resource);
        }
        let url = signer(task)?.url(task.required("url"), &policy)?;
        task.print(&url)
    },
    ..PLAIN
};

pub(super) const SIGN_COOKIES: Procedure = Procedure {
    service: "cloudfront",
    name: "sign-cookies",
    about: "prints the names and values of signed cookies",
    flags: &[
        RESOURCE,
        KEY_PAIR_ID,
        PRIVATE_KEY,
        DATE_LESS_THAN,
        DATE_GREATER_THAN,
        IP_ADDRESS,
        HASH_ALGORITHM,
    ],
    run: |task| {
        let cookies = signer(task)?.cookies(task.required("resource"), &policy(task)?)?;
        let cookies = cookies.into_iter();
        let cookies: Map<String, Value> =
            cookies.map(|(name, value)| (name, value.into())).collect();
        task.result(&cookies.into())
    },
    ..PLAIN
};

fn signer(task: &Task<'_, '_>) -> Result<Signer, Failure> {
    let signer = Signer::from_pem(task.required("key-pair-id"), task.required("private-key"))?;
    Ok(match task.value("hash-algorithm") {
        Some("SHA1") => signer.hash_algorithm(HashAlgorithm::Sha1)?,
        Some(_) => signer.hash_algorithm(HashAlgorithm::Sha256)?,
        None => signer,
    })
}

fn policy(task: &Task<'_, '_>) -> Result<Policy, Failure> {
    let mut policy = Policy::new(time("date-less-than", task.required("date-less-than"))?);
    if let Some(text) = task.value("date-greater-than") {
        policy = policy.starts(time("date-greater-than", text)?);
    }
    if let Some(range) = task.value("ip-address") {
        policy = policy.ip_range(range);
    }
    Ok(policy)
}

fn time(option: &str, text: &str) -> Result<SystemTime, Failure> {
    let wrong = |e: String| Failure::Usage(format!("--{option}: {e}"));
    let time = moment::parse(text).map_err(wrong)?;
    SystemTime::try_from(time).map_err(|e| wrong(e.to_string()))
}
