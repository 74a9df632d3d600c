//! `ecr get-login-password` and `ecr-public get-login-password`

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{PLAIN, Procedure, Task};
use crate::failure::Failure;

const NOTES: &[&str] = &[
    "The password is valid for 12 hours: tucuxi ecr get-login-password | docker login --username AWS --password-stdin REGISTRY",
];

pub(super) const GET_LOGIN_PASSWORD: Procedure = Procedure {
    service: "ecr",
    name: "get-login-password",
    about: "prints a password for the registry, with which docker logs in",
    notes: NOTES,
    run: |task| {
        let result = task.call("ecr", "GetAuthorizationToken", json!({}))?;
        print(task, &result["authorizationData"][0])
    },
    ..PLAIN
};

pub(super) const PUBLIC_GET_LOGIN_PASSWORD: Procedure = Procedure {
    service: "ecr-public",
    name: "get-login-password",
    about: "prints a password for the public registry, with which docker logs in",
    notes: NOTES,
    run: |task| {
        let result = task.call("ecr-public", "GetAuthorizationToken", json!({}))?;
        print(task, &result["authorizationData"])
    },
    ..PLAIN
};

/// Prints the password in a token, which is `user:password` in base64.
fn print(task: &mut Task<'_, '_>, data: &Value) -> Result<(), Failure> {
    let token = data["authorizationToken"].as_str().unwrap_or_default();
    let token = BASE64_STANDARD.decode(token).ok();
    let token = token.and_then(|bytes| String::from_utf8(bytes).ok());
    match token.as_ref().and_then(|token| token.split_once(':')) {
        Some((_, password)) => task.print(&format!("{password}\n")),
        None => Err(Failure::Other(
            "the response has no authorization token with a user and a password".into(),
        )),
    }
}
