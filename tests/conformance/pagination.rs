//! Listings over the pages of a case.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tucuxi::{Client, Config, Error, ErrorKind, internals};

use crate::suite::{self, Suite, Verdict};
use crate::support::client::IntoClient;

#[test]
fn pagination() {
    let Some(folder) = suite::folder("pagination") else {
        return;
    };
    let client = Config::builder().isolated().connect();
    let mut suite = Suite::new("pagination");
    for file in suite::files(&folder, ".json") {
        let data: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        let cases = data.get("cases").unwrap_or(&data).as_array().unwrap();
        for (number, case) in cases.iter().enumerate() {
            let id = format!(
                "{}.{} {} #{number}",
                case["service"].as_str().unwrap(),
                case["operation"].as_str().unwrap(),
                case["config"]
            );
            suite.case(&id, || listed(&client, case));
        }
    }
    suite::finish([suite]);
}

fn listed(client: &Client, case: &Value) -> Verdict {
    let (config, expected) = (&case["config"], &case["expect"]);
    // numbers may be texts in the data, but are numbers in this crate
    let number = |name: &str| {
        let value = &config[name];
        let text = value
            .as_str()
            .and_then(|text| text.trim().parse::<i64>().ok());
        value.as_i64().or(text)
    };
    for name in ["MaxItems", "PageSize"] {
        if !config[name].is_null() && number(name).is_none_or(|number| number < 0) {
            return Verdict::Skipped(
                "numbers that are none, or below zero: our interface has a type for that",
            );
        }
    }
    if expected["error"]["class"] == "TypeError" {
        return Verdict::Skipped("maps: botocore cannot cut one, and we do");
    }
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (sent, pages) = (requests.clone(), case["pages"].as_array().unwrap().clone());
    let give = move |params: Value| {
        let mut sent = sent.lock().unwrap();
        sent.push(params);
        let page = pages.get(sent.len() - 1).cloned();
        page.ok_or_else(|| Error::new(ErrorKind::Unsupported, "there is no page"))
    };
    let model = client.model(case["service"].as_str().unwrap()).unwrap();
    let operation = Some((model, case["operation"].as_str().unwrap()));
    let found = internals::pages(
        &case["paginator"].to_string(),
        case["params"].clone(),
        operation,
        give,
    );
    let listed = found.and_then(|mut pages| {
        if let Some(max) = number("MaxItems") {
            pages = pages.max_items(usize::try_from(max).unwrap());
        }
        if let Some(size) = number("PageSize") {
            pages = pages.page_size(u64::try_from(size).unwrap());
        }
        if let Some(token) = config["StartingToken"].as_str() {
            pages = pages.starting_token(token);
        }
        let full = pages.collect_full()?;
        Ok((full, pages.resume_token()))
    });
    compare(expected, listed, &requests.lock().unwrap()).into()
}

/// Compares resume tokens, without the paths of bytes, because the recording has texts where the model has blobs.
fn same_token(found: &str, wanted: &str) -> Result<(), String> {
    let decode = |token: &str| -> Result<Value, String> {
        let json = BASE64_STANDARD.decode(token).map_err(|e| e.to_string())?;
        serde_json::from_slice(&json).map_err(|e| e.to_string())
    };
    if found == wanted {
        return Ok(());
    }
    let (mut found, wanted) = (decode(found)?, decode(wanted)?);
    let bytes = found
        .as_object_mut()
        .unwrap()
        .shift_remove("boto_encoded_keys");
    match bytes.is_some() && found == wanted {
        true => Ok(()),
        false => Err(format!("resume token {found} instead of {wanted}")),
    }
}

fn compare(
    expected: &Value,
    listed: Result<(Value, Option<String>), Error>,
    requests: &[Value],
) -> Result<(), String> {
    if let Some(wanted) = expected["requests"].as_array()
        && requests != wanted
    {
        return Err(format!("requests {requests:?} instead of {wanted:?}"));
    }
    let (full, token) = match (
        listed,
        expected.get("error").filter(|error| !error.is_null()),
    ) {
        (Err(_), Some(_)) => return Ok(()),
        (Ok((full, _)), Some(error)) => return Err(format!("{full} instead of {error}")),
        (Err(error), None) => return Err(error.to_string()),
        (Ok(listed), None) => listed,
    };
    let mut full = full;
    match (expected["resume_token"].as_str(), &token) {
        (None, None) => {}
        (Some(wanted), Some(token)) => {
            same_token(token, wanted)?;
            full["NextToken"] = wanted.into();
        }
        (wanted, token) => return Err(format!("resume token {token:?} instead of {wanted:?}")),
    }
    let wanted = &expected["full_result"];
    match full == *wanted {
        true => Ok(()),
        false => Err(format!("{full} instead of {wanted}")),
    }
}
