//! S3: endpoints of buckets, access points and other ARNs.

use std::sync::Arc;

use serde_json::Value;
use tucuxi::transport::{Replay, SentRequest};
use tucuxi::{Client, Config, ConfigBuilder, Credentials};

use crate::compare;
use crate::endpoints::sent;
use crate::settings;
use crate::suite::{Suite, Verdict, finish, folder, json as read};

#[test]
fn s3() {
    let Some(root) = folder("s3") else { return };
    let mut addressing = Suite::new("s3 addressing");
    for case in read(&root.join("addressing.json"))["cases"]
        .as_array()
        .unwrap()
    {
        let id = format!(
            "{} {} in {} {} {}",
            case["operation"].as_str().unwrap_or_default(),
            case["params"]["Bucket"].as_str().unwrap_or_default(),
            case["region"],
            case["config"],
            case["endpoint_url"].as_str().unwrap_or_default(),
        );
        addressing.case(&id, || address(case));
    }
    let mut redirects = Suite::new("s3 region-redirects");
    for case in read(&root.join("region-redirects.json"))["cases"]
        .as_array()
        .unwrap()
    {
        redirects.case(case["description"].as_str().unwrap(), || redirected(case));
    }
    finish([addressing, redirects]);
}

/// Checks the URLs of a redirected call, and of the next call.
fn redirected(case: &Value) -> Verdict {
    let mut replay = Replay::new();
    for answer in case["responses"].as_array().unwrap() {
        let headers: Vec<(&str, &str)> = (answer["headers"].as_object().into_iter().flatten())
            .filter_map(|(name, value)| Some((&**name, value.as_str()?)))
            .collect();
        let status = answer["status"].as_u64().unwrap() as u16;
        replay = replay.respond(
            status,
            &headers,
            answer["body"].as_str().unwrap_or_default().to_owned(),
        );
    }
    let replay = Arc::new(replay);
    let config = config(case)
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .build()
        .unwrap();
    let client = Client::with_transport(config, replay.clone()).unwrap();
    let operation = case["operation"].as_str().unwrap();
    let result = client.call("s3", operation, case["params"].clone());
    let made = replay.sent().len();
    // the outcome does not matter
    let _ = client.call("s3", operation, case["params"].clone());
    let sent = replay.sent();
    let place = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
    let shown = |sent: &SentRequest| {
        let scope = sent.headers["authorization"]
            .to_str()
            .unwrap()
            .split("Credential=")
            .nth(1)
            .unwrap();
        let scope = scope
            .split(',')
            .next()
            .unwrap()
            .splitn(3, '/')
            .nth(2)
            .unwrap()
            .to_owned();
        format!("{} {} {scope}", sent.method, place(&sent.uri.to_string()))
    };
    let expected: Vec<String> = (case["requests"].as_array().unwrap().iter())
        .map(|request| {
            let text = |name: &str| request[name].as_str().unwrap();
            let scope = text("scope").split_once('/').unwrap().1;
            format!("{} {} {scope}", text("method"), place(text("url")))
        })
        .collect();
    let found: Vec<String> = sent[..made].iter().map(shown).collect();
    // botocore forgets the region that the redirected HEAD request found; this crate keeps it
    let goes_on =
        expected.last().is_some_and(|last| last.starts_with("HEAD")) && operation != "HeadBucket";
    let same = match goes_on {
        true => compare::equal(
            "the requests",
            &found[..expected.len().min(found.len())],
            &expected[..],
        ),
        false => compare::equal("the requests", &found, &expected),
    };
    let outcome = || match (&result, case["outcome"]["client_error"].as_str()) {
        _ if goes_on => Ok(()),
        (Ok(_), None) => Ok(()),
        (Err(error), Some(code)) => compare::equal("the code", &error.code(), &Some(code)),
        (result, expected) => Err(format!("{result:?}, expected {expected:?}")),
    };
    let next = || {
        let next = sent.last().map(|sent| place(&sent.uri.to_string()));
        compare::equal(
            "the next call",
            &next.unwrap_or_default(),
            &place(case["next_call_url"].as_str().unwrap()),
        )
    };
    same.and_then(|()| outcome()).and_then(|()| next()).into()
}

/// The client of a case. Contradictory settings are the expected error of the case.
pub(crate) fn config(case: &Value) -> ConfigBuilder {
    let mut config = Config::builder().isolated().max_attempts(1);
    if let Some(region) = case["region"].as_str() {
        config = config.region(region);
    }
    if let Some(url) = case["endpoint_url"].as_str() {
        config = config.endpoint_url(url);
    }
    settings::said(config, &case["config"]).unwrap_or_else(|what| panic!("{what}: {case}"))
}

fn address(case: &Value) -> Verdict {
    let operation = case["operation"].as_str().unwrap();
    let expected = case["url"].as_str();
    let class = case["error"]["class"].as_str();
    match (
        sent(config(case), "s3", operation, &case["params"], true),
        expected,
    ) {
        (Ok((_, Some(signature))), None) if class == Some("MissingDependencyException") => {
            match signature.starts_with("AWS4-ECDSA-P256-SHA256") {
                true => Verdict::Passed,
                false => Verdict::Failed(signature),
            }
        }
        (Ok((url, signature)), Some(expected)) => {
            let place = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
            let same = compare::equal("the URL", &place(&url), &place(expected));
            let scope = case["credential_scope"].as_str().unwrap_or_default();
            let scope = scope.split_once('/').map(|(_, behind)| behind.to_owned());
            let found = signature
                .as_deref()
                .and_then(|s| s.split("Credential=").nth(1)?.split(',').next());
            let found = found.map(|s| s.splitn(3, '/').nth(2).unwrap_or_default().to_owned());
            match found {
                Some(_) => same
                    .and_then(|()| compare::equal("the scope", &found, &scope))
                    .into(),
                None => same.into(),
            }
        }
        (Err(_), None) => Verdict::Passed,
        (Ok((url, _)), None) => {
            Verdict::Failed(format!("it went to {url}, expected {}", case["error"]))
        }
        (Err(error), Some(expected)) => Verdict::Failed(format!("{error}, expected {expected}")),
    }
}
