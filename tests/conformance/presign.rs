//! Presigned URLs, forms and passwords.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use serde_json::Value;
use tucuxi::config::SignatureVersion;
use tucuxi::transport::Replay;
use tucuxi::{BearerToken, Client, ConfigBuilder, Credentials};

use crate::compare;
use crate::s3;
use crate::sigv4::time;
use crate::suite::{Suite, Verdict, finish, folder, json as read};
use crate::support::client::IntoClient;

#[test]
fn presign() {
    let Some(root) = folder("presign") else {
        return;
    };
    let cases = |name: &str| read(&root.join(name))["cases"].as_array().unwrap().clone();
    let mut urls = Suite::new("presign urls");
    for case in cases("presigned-urls.json") {
        let id = format!(
            "{}.{} {} in {} {}",
            case["service"], case["operation"], case["params"], case["region"], case["config"]
        );
        urls.case(&id, || url(&case));
    }
    let mut posts = Suite::new("presign posts");
    for case in cases("presigned-posts.json") {
        let id = format!("{} in {} {}", case["args"], case["region"], case["config"]);
        posts.case(&id, || post(&case));
    }
    let mut tokens = Suite::new("presign tokens");
    for case in cases("db-auth-tokens.json") {
        tokens.case(&case.to_string(), || token(&case));
    }
    finish([urls, posts, tokens]);
}

/// The keys and the time of the oracle.
pub(crate) fn frozen(config: ConfigBuilder, case: &Value) -> ConfigBuilder {
    let who = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    let who = match case["session_token"].as_str() {
        Some(token) => who.with_session_token(token),
        None => who,
    };
    config
        .clock(|| time("2024-01-15T12:00:00Z"))
        .bearer_token(BearerToken::new("bearer-token-example"))
        .credentials(who)
}

/// Signs URLs of S3 with version 2 if the case does, which this crate does only if it is configured.
fn client(case: &Value, is_old: bool) -> Client {
    let config = frozen(s3::config(case), case);
    let config = match is_old {
        true => config.signature_version(SignatureVersion::S3),
        false => config,
    };
    config.over(Replay::new())
}

fn url(case: &Value) -> Verdict {
    let expected = case["url"].as_str();
    let is_old = expected.is_some_and(|url| url.contains("AWSAccessKeyId="));
    let text = |name: &str| case[name].as_str().unwrap();
    let client = client(case, is_old);
    let mut request = client
        .request(text("service"), text("operation"))
        .params(case["params"].clone());
    if let Some(method) = case["http_method"].as_str() {
        request = request.method(method.parse::<Method>().unwrap());
    }
    let expires = Duration::from_secs(case["expires_in"].as_u64().unwrap_or(3600));
    match (request.presign(expires), expected) {
        (Ok(found), Some(expected)) => same_url(&found.url, expected).into(),
        (Err(_), None) => Verdict::Passed,
        (Ok(found), None) => Verdict::Failed(format!("no error but {}", found.url)),
        (Err(error), Some(_)) => Verdict::Failed(error.to_string()),
    }
}

/// Compares URLs: the same location, and the same query pairs.
pub(crate) fn same_url(found: &str, expected: &str) -> Result<(), String> {
    let split = |url: &str| {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        (place.to_owned(), query.to_owned())
    };
    let ((found, found_query), (expected, expected_query)) = (split(found), split(expected));
    let place = match expected.matches('/').count() {
        2 => format!("{expected}/"),
        _ => expected,
    };
    compare::equal("the URL", &found, &place)?;
    compare::query(&found_query, &expected_query)
}

fn post(case: &Value) -> Verdict {
    let result = &case["result"];
    let is_old = result["fields"].get("AWSAccessKeyId").is_some();
    let args = &case["args"];
    let expires = Duration::from_secs(args["ExpiresIn"].as_u64().unwrap_or(3600));
    let text = |name: &str| args[name].as_str().unwrap();
    let presigner = client(case, is_old).presigner();
    let mut form = presigner.post(text("Bucket"), text("Key")).expires(expires);
    for (name, value) in args["Fields"].as_object().into_iter().flatten() {
        form = form.field_without_condition(name, value.as_str().unwrap());
    }
    for condition in args["Conditions"].as_array().into_iter().flatten() {
        form = form.condition(condition.clone());
    }
    let found = match form.sign() {
        Ok(found) => found,
        Err(_) if result.is_null() => return Verdict::Passed,
        Err(error) => return Verdict::Failed(error.to_string()),
    };
    let policy = found
        .fields
        .iter()
        .find(|(name, _)| name == "policy")
        .map(|(_, text)| text);
    let policy = policy.map(|text| BASE64_STANDARD.decode(text).unwrap());
    let policy: Value = policy.map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap());
    let fields: Value = (found.fields.iter())
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let slashed = |url: &str| match url.matches('/').count() {
        2 => format!("{url}/"),
        _ => url.to_owned(),
    };
    compare::equal(
        "the URL",
        &slashed(&found.url),
        &slashed(result["url"].as_str().unwrap()),
    )
    .and_then(|()| compare::json(&policy, &case["policy_decoded"]))
    .and_then(|()| compare::json(&fields, &result["fields"]))
    .into()
}

fn token(case: &Value) -> Verdict {
    let text = |name: &str| case[name].as_str();
    let mut config = tucuxi::Config::builder().isolated();
    if let Some(region) = text("client_region") {
        config = config.region(region);
    }
    let config = frozen(config, case).build().unwrap();
    let client = Client::with_transport(config, Replay::new()).unwrap();
    let mut presigner = client.presigner();
    if let Some(region) = text("region_arg") {
        presigner = presigner.region(region);
    }
    let host = text("hostname").unwrap();
    let expires = Duration::from_secs(case["expires_in"].as_u64().unwrap_or(900));
    let found = match text("kind").unwrap() {
        "rds" => {
            let port = case["port"].as_u64().unwrap() as u16;
            presigner.rds_auth_token(host, port, text("username").unwrap())
        }
        kind if kind.contains("admin") => presigner.dsql_admin_auth_token(host, expires),
        _ => presigner.dsql_auth_token(host, expires),
    };
    match (found, text("token")) {
        (Ok(found), Some(expected)) => same_url(&found, expected).into(),
        (Err(_), None) => Verdict::Passed,
        (found, expected) => Verdict::Failed(format!("{found:?}, expected {expected:?}")),
    }
}
