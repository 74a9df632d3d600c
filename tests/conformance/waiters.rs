//! Waiters over the responses of a case.

use serde_json::{Value, json};
use tucuxi::{Error, WaitError, WaitFailure, internals};

use crate::suite::{self, Suite, Verdict};

const FAILS: &str = "expressions that fail: botocore raises, for us such an answer does not match";

#[test]
fn waiters() {
    let Some(folder) = suite::folder("waiters") else {
        return;
    };
    let mut suites = [Suite::new("waiters"), Suite::new("waiters acceptors")];
    for file in suite::files(&folder, ".json") {
        let data: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        let cases = data.get("cases").unwrap_or(&data).as_array().unwrap();
        for (number, case) in cases.iter().enumerate() {
            let id = format!(
                "{}.{} #{number}",
                case["service"].as_str().unwrap(),
                case["waiter"].as_str().unwrap()
            );
            match case["acceptor"].is_object() {
                true => suites[1].case(&id, || accepted(case)),
                false => suites[0].case(&id, || waited(case)),
            }
        }
    }
    suite::finish(suites);
}

/// A response in the terms of the cases.
fn answer(response: &Value) -> (u16, Result<Value, (String, String)>) {
    let status = &response["ResponseMetadata"]["HTTPStatusCode"];
    let error = &response["Error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    match error["Code"].is_string() {
        true => (number(status, 400), Err((text("Code"), text("Message")))),
        false => (number(status, 200), Ok(response.clone())),
    }
}

fn number(value: &Value, default: u16) -> u16 {
    value
        .as_u64()
        .map_or(default, |number| u16::try_from(number).unwrap())
}

fn waited(case: &Value) -> Verdict {
    let (config, expected) = (&case["config"], &case["expect"]);
    if expected["outcome"] == "exception" {
        return Verdict::Skipped(
            "expressions that fail: botocore raises, for us such an answer does not match",
        );
    }
    let name = case["waiter"].as_str().unwrap();
    let mut answers = case["responses"].as_array().unwrap().iter().map(answer);
    let attempts = config["MaxAttempts"]
        .as_u64()
        .map(|number| u32::try_from(number).unwrap());
    let (calls, found) = internals::wait(name, &case["definition"].to_string(), attempts, || {
        answers.next()
    });
    if expected["calls"] != calls {
        return Verdict::Failed(format!(
            "{calls} calls instead of {}: {found:?}",
            expected["calls"]
        ));
    }
    compare(expected, found.map(|_| ())).into()
}

fn compare(expected: &Value, found: Result<(), Error>) -> Result<(), String> {
    let message = expected["message"].as_str().unwrap_or_default();
    match (expected["outcome"] == "success", found) {
        (true, Ok(())) => Ok(()),
        (false, Err(error)) => {
            let error: WaitError = error.downcast().map_err(|error| error.to_string())?;
            let waiter = &error.waiter;
            let of = |why: &str| format!("Waiter {waiter} failed: {why}") == message;
            let is_same = match &error.reason {
                WaitFailure::AttemptsUsed(None) => of("Max attempts exceeded"),
                WaitFailure::AttemptsUsed(Some(last)) => of(&format!(
                    "Max attempts exceeded. Previously accepted state: {last}"
                )),
                WaitFailure::Terminal(what) => of(&format!(
                    "Waiter encountered a terminal failure state: {what}"
                )),
                // the text of an unexpected error is ours
                _ => message.contains("An error occurred ("),
            };
            match is_same {
                true => Ok(()),
                false => Err(format!("{error} instead of {message}")),
            }
        }
        (_, found) => Err(format!("{found:?} instead of {expected}")),
    }
}

/// Whether an acceptor matches, tested with a waiter in which a match is a success.
fn accepted(case: &Value) -> Verdict {
    if case["matches"].is_null() {
        return Verdict::Skipped(FAILS);
    }
    let mut acceptor = case["acceptor"].clone();
    acceptor["state"] = "success".into();
    let definition =
        json!({"operation": "O", "delay": 1, "maxAttempts": 1, "acceptors": [acceptor]});
    let mut answers = [answer(&case["response"])].into_iter();
    let (_, found) = internals::wait("case", &definition.to_string(), None, || answers.next());
    match case["matches"] == found.is_ok() {
        true => Verdict::Passed,
        false => Verdict::Failed(format!("{found:?} instead of {}", case["matches"])),
    }
}
