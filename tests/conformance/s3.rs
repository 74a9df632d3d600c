//! S3: where a bucket, an access point or any other ARN is.

use serde_json::Value;
use tucuxi::config::AddressingStyle;
use tucuxi::{Config, ConfigBuilder, Error};

use crate::compare;
use crate::endpoints::sent;
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
    finish([addressing]);
}

/// The client of a case; settings that contradict each other are an error of the case.
pub(crate) fn config(case: &Value) -> ConfigBuilder {
    let mut config = Config::builder().isolated().max_attempts(1);
    if let Some(region) = case["region"].as_str() {
        config = config.region(region);
    }
    if let Some(url) = case["endpoint_url"].as_str() {
        config = config.endpoint_url(url);
    }
    for (name, value) in case["config"].as_object().into_iter().flatten() {
        config = match (&**name, value.as_bool()) {
            ("use_dualstack_endpoint", Some(yes)) => config.use_dualstack(yes),
            ("use_fips_endpoint", Some(yes)) => config.use_fips(yes),
            ("s3", _) => in_s3(config, value),
            (other, _) => panic!("what is the setting {other}?"),
        };
    }
    config
}

fn in_s3(mut config: ConfigBuilder, settings: &Value) -> ConfigBuilder {
    for (name, value) in settings.as_object().unwrap() {
        config = match (&**name, value) {
            ("addressing_style", Value::String(style)) => {
                config.addressing_style(style.parse::<AddressingStyle>().unwrap())
            }
            ("s3_disable_multiregion_access_points", Value::Bool(yes)) => {
                config.s3_disable_multiregion_access_points(*yes)
            }
            ("us_east_1_regional_endpoint", Value::String(word)) => {
                config.s3_us_east_1_regional(word == "regional")
            }
            ("use_accelerate_endpoint", Value::Bool(yes)) => {
                config.s3_use_accelerate_endpoint(*yes)
            }
            ("use_arn_region", Value::Bool(yes)) => config.s3_use_arn_region(*yes),
            (other, _) => panic!("what is the S3 setting {other}?"),
        };
    }
    config
}

fn address(case: &Value) -> Verdict {
    let operation = case["operation"].as_str().unwrap();
    let expected = case["url"].as_str();
    let class = case["error"]["class"].as_str();
    let found = match sent(config(case), "s3", operation, &case["params"], true) {
        // access points of many regions and directory buckets are signed in ways of their own
        Err(Error::Unsupported(what)) => match expected {
            None if class == Some("MissingDependencyException") => return Verdict::Passed,
            None => return Verdict::Failed(what.into()),
            Some(_) => sent(config(case), "s3", operation, &case["params"], false),
        },
        other => other,
    };
    match (found, expected) {
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
