//! Recorded responses of services, as botocore parses them.

use std::path::Path;

use serde_json::{Value, json};
use tucuxi::config::ParameterValidation;
use tucuxi::model::{Embedded, Kind, ModelSource, names};
use tucuxi::transport::Replay;
use tucuxi::{Client, Error};

use crate::compare;
use crate::service::{self, Convert, base64_of_text, same};
use crate::suite::{Suite, Verdict, files, finish, folder, json as read, text};
use crate::support::client::{IntoClient, isolated};

#[test]
fn response_parsing() {
    let Some(root) = folder("response_parsing") else {
        return;
    };
    let mut xml = Suite::new("response_parsing xml");
    for file in files(&root.join("xml"), ".xml") {
        let id = file.strip_prefix(&root).unwrap().display().to_string();
        xml.case(&id, || in_xml(&file));
    }
    let mut errors = Suite::new("response_parsing json errors");
    for file in files(&root.join("json/errors"), ".json") {
        let id = file.strip_prefix(&root).unwrap().display().to_string();
        errors.case(&id, || in_json(&root, &file));
    }
    finish([xml, errors]);
}

/// `ec2-describe-instances#1` names a service and an operation; a discontinued service has no model.
fn call(file: &Path) -> Option<(String, String)> {
    let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
    let stem = stem.split('#').next().unwrap();
    let dashes: Vec<usize> = stem.match_indices('-').map(|(at, _)| at).collect();
    dashes.into_iter().find_map(|at| {
        let (service, operation) = (&stem[..at], &stem[at + 1..]);
        let known = !Embedded.versions(service, "service-2").unwrap().is_empty();
        known.then(|| (service.to_owned(), operation.to_owned()))
    })
}

fn client(status: u16, headers: &[(&str, &str)], body: String) -> Client {
    let config = isolated()
        .region("us-east-1")
        .endpoint_url("https://example.com")
        .max_attempts(1)
        .parameter_validation(ParameterValidation::Disabled)
        .unsigned();
    config.over(Replay::new().respond(status, headers, body))
}

/// The parameters that a request needs: all that are part of the path.
fn params(client: &Client, service: &str, operation: &str) -> Result<Value, Error> {
    let model = client.model(service)?;
    let mut params = json!({});
    if let Some(input) = model.operation(operation)?.input {
        for member in model.shape(input)?.members().into_iter().flatten() {
            if member.required {
                params[&*member.name] = least(&model.shape(member.target)?.kind);
            }
        }
    }
    Ok(params)
}

fn least(kind: &Kind) -> Value {
    match kind {
        Kind::Structure(_) | Kind::Map { .. } | Kind::Union(_) => json!({}),
        Kind::List(_) => json!([]),
        Kind::Boolean => json!(true),
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double | Kind::Timestamp => json!(1),
        _ => json!("example"),
    }
}

const GONE: &str = "the service or the operation is no more";

fn in_xml(file: &Path) -> Verdict {
    let (Some((service, operation)), true) = (call(file), file.with_extension("json").is_file())
    else {
        return Verdict::Skipped(GONE);
    };
    if text(file).contains("YYYY-MM-DD") {
        return Verdict::Skipped("a placeholder stands where a time is");
    }
    let is_error = file.components().any(|part| part.as_os_str() == "errors");
    let client = client(if is_error { 400 } else { 200 }, &[], text(file));
    let Ok(model) = client.model(&service) else {
        return Verdict::Skipped(GONE);
    };
    let Ok(operation) = model.operation(&operation) else {
        return Verdict::Skipped(GONE);
    };
    let expected = read(&file.with_extension("json"));
    let found = match params(&client, &service, &operation.name) {
        Ok(params) => service::result(&client, &service, &operation.name, params),
        Err(error) => Err(error),
    };
    match found {
        Ok(found) => {
            let raw: Value = serde_json::from_str(&model_text(&service)).unwrap();
            let shape = raw["operations"][&*operation.name]["output"]["shape"]
                .as_str()
                .unwrap_or_default();
            // the expectation has raw texts of timestamps, and blobs as text
            let convert = Convert {
                shapes: &raw["shapes"],
                blob: base64_of_text,
                timestamp: raw_time,
            };
            let mut expected = convert.value(shape, &expected);
            if let Value::Object(members) = &mut expected {
                members.remove("ResponseMetadata");
            }
            compare::json(&found, &expected).into()
        }
        Err(error) => match error.service_error() {
            Some(found) => same_error(found, &expected).into(),
            None => Verdict::Failed(error.to_string()),
        },
    }
}

fn model_text(service: &str) -> String {
    let version = Embedded
        .versions(service, "service-2")
        .unwrap()
        .pop()
        .unwrap();
    Embedded
        .load(&format!("{service}/{version}/service-2"))
        .unwrap()
        .unwrap()
}

/// Parses a raw text as an instant.
fn raw_time(value: &Value) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Ok(seconds) = text.parse::<f64>() {
        return service::text_of_epoch(&seconds.into());
    }
    let with_zone = |text: &str| {
        text.parse::<jiff::Timestamp>()
            .or_else(|_| format!("{text}Z").parse())
    };
    match with_zone(&text)
        .or_else(|_| jiff::fmt::rfc2822::parse(&text).map(|zoned| zoned.timestamp()))
    {
        Ok(instant) => instant.to_string().into(),
        Err(_) => same(value),
    }
}

fn same_error(found: &tucuxi::ServiceError, expected: &Value) -> Result<(), String> {
    let error = &expected["Error"];
    compare::equal("the code", &json!(found.code), &error["Code"])?;
    if let Some(message) = error.get("Message").filter(|m| !m.is_null()) {
        compare::equal("the message", &json!(found.message), message)?;
    }
    let id = expected["ResponseMetadata"]["RequestId"].as_str();
    match id {
        Some(id) => compare::equal("the request id", &found.request_id.as_deref(), &Some(id)),
        None => Ok(()),
    }
}

fn in_json(root: &Path, file: &Path) -> Verdict {
    let Some((service, operation)) = call(file) else {
        return Verdict::Skipped(GONE);
    };
    let mut body = read(file);
    let headers = body
        .as_object_mut()
        .unwrap()
        .remove("__headers__")
        .unwrap_or_default();
    let headers: Vec<(&str, &str)> = (headers.as_object().into_iter().flatten())
        .filter_map(|(name, value)| Some((&**name, value.as_str()?)))
        .collect();
    let expected = read(&root.join("json/expected").join(file.file_name().unwrap()));
    let client = client(400, &headers, body.to_string());
    let operation = match client
        .model(&service)
        .and_then(|model| Ok(model.operation(&operation)?.name.clone()))
    {
        Ok(name) => name,
        Err(_) => return Verdict::Skipped(GONE),
    };
    let result = params(&client, &service, &operation).and_then(|params| {
        service::result(&client, &service, &names::kebab_case(&operation), params)
    });
    match result {
        Err(error) => match error.service_error() {
            Some(found) => same_error(found, &expected).into(),
            None => Verdict::Failed(error.to_string()),
        },
        Ok(found) => Verdict::Failed(format!("no error but {found}")),
    }
}
