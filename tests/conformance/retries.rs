//! Retries: the number of attempts, the delays, and the headers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tucuxi::config::RetryMode;
use tucuxi::error::RetriesEnded;
use tucuxi::transport::{Replay, TransportErrorKind};
use tucuxi::{Config, Credentials, Error, ErrorKind};

use crate::suite::{self, Suite, Verdict};
use crate::support::client::IntoClient;

/// 2024-01-15T12:00:00Z
const NOW: u64 = 1_705_320_000;

#[test]
fn retries() {
    let Some(folder) = suite::folder("retries") else {
        return;
    };
    let mut suite = Suite::new("retries");
    for path in suite::files(&folder, ".json") {
        let data = suite::json(&path);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        match data["cases"].as_array() {
            Some(cases) => {
                for (n, case) in cases.iter().enumerate() {
                    let title = case["description"].as_str().unwrap();
                    let service = case["service"].as_str().unwrap();
                    suite.case(&format!("{name}.{n}.{service}.{title}"), || sequence(case));
                }
            }
            None => suite.case(&name, || traffic(&data)),
        }
    }
    suite::finish([suite]);
}

/// The polling operations that occur in cases.
const POLLING: [&str; 2] = ["GetActivityTask", "ReceiveMessage"];

fn sequence(case: &Value) -> Verdict {
    let first = &case["expect"][0];
    if first["class"] == "TypeError" {
        return Verdict::Skipped("the reference itself breaks down");
    }
    let delays: Arc<Mutex<Vec<f64>>> = Arc::default();
    let slept = delays.clone();
    let mode: RetryMode = case["mode"].as_str().unwrap().parse().unwrap();
    let jitter = case["jitter"].as_f64().unwrap();
    let mut config = Config::builder()
        .isolated()
        .region("us-east-1")
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .retry_mode(mode)
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
        .jitter(move || jitter)
        .sleep(move |delay| slept.lock().unwrap().push(delay.as_secs_f64()));
    if let Some(attempts) = case["max_attempts"].as_u64() {
        config = config.max_attempts(attempts as u32);
    }
    let [service, operation] = ["service", "operation"].map(|name| case[name].as_str().unwrap());
    let mut replay = Replay::new();
    for answer in case["script"].as_array().unwrap() {
        replay = add(replay, service, answer);
    }
    let (client, replay) = config.replay(replay);
    let mut sent = 0;
    for (n, expected) in case["expect"].as_array().unwrap().iter().enumerate() {
        let result = client
            .request(service, operation)
            .params(case["params"].clone())
            .send_buffered();
        let requests = replay.sent().split_off(sent);
        sent += requests.len();
        let headers: Vec<_> = requests
            .iter()
            .map(|sent| sent.headers["amz-sdk-request"].to_str().unwrap().to_owned())
            .collect();
        let mut delays = std::mem::take(&mut *delays.lock().unwrap());
        // the last wait of a polling operation was not recorded
        if POLLING.contains(&operation) && expected["RetryQuotaReached"] == true {
            let last = delays.pop();
            if last.is_none_or(|delay| delay <= 0.0) {
                return Verdict::Failed(format!("call {n}: it gave up without a delay"));
            }
        }
        let same = same_outcome(expected, &result)
            && json!(headers) == expected["amz_sdk_request"]
            && json!(requests.len()) == expected["attempts"]
            && (expected["delays"].is_null() || same_delays(&expected["delays"], &delays));
        if !same {
            let result = result.map(|output| output.meta.attempts);
            return Verdict::Failed(format!(
                "call {n}: expected {expected}, but {result:?}, delays {delays:?}, {headers:?}"
            ));
        }
    }
    Verdict::Passed
}

fn same_outcome(expected: &Value, result: &Result<tucuxi::Output, Error>) -> bool {
    match (expected["outcome"].as_str(), result) {
        (Some("ok"), Ok(output)) => json!(output.meta.attempts - 1) == expected["retry_attempts"],
        (Some("exception"), Err(error)) => error.kind() == ErrorKind::Transport,
        (Some("error"), Err(error)) => error.code().is_some_and(|found| {
            let ended = |why| error.retries_ended() == Some(why);
            let quota = expected["RetryQuotaReached"] == true;
            let attempts = expected["MaxAttemptsReached"] == true;
            let known = expected["code"].as_str();
            known.is_none_or(|code| code == "Unknown" || code == found)
                && quota == ended(RetriesEnded::Quota)
                && attempts == ended(RetriesEnded::Attempts)
        }),
        _ => false,
    }
}

fn same_delays(expected: &Value, delays: &[f64]) -> bool {
    let expected = expected.as_array().unwrap();
    expected.len() == delays.len()
        && (expected.iter().zip(delays))
            .all(|(expected, delay)| (expected.as_f64().unwrap() - delay).abs() < 1e-6)
}

/// A response of the script, in the protocol of the service.
fn add(replay: Replay, service: &str, answer: &Value) -> Replay {
    if let Some(failure) = answer.as_str() {
        return replay.failure(match failure {
            "read-timeout" => TransportErrorKind::Timeout,
            "connection-closed" => TransportErrorKind::Interrupted,
            "ssl-error" => TransportErrorKind::Tls,
            _ => TransportErrorKind::Connect,
        });
    }
    let status = answer["status"].as_u64().unwrap() as u16;
    let headers: Vec<_> = (answer["headers"].as_object().into_iter().flatten())
        .map(|(name, value)| (&**name, value.as_str().unwrap()))
        .collect();
    let body = match (answer["code"].as_str(), service) {
        (Some(code), "s3") => format!("<Error><Code>{code}</Code></Error>"),
        (Some(code), "ec2") => {
            format!("<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>")
        }
        (Some(code), "sts") => {
            format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>")
        }
        (Some(code), _) => json!({"__type": code}).to_string(),
        (None, _) if status >= 300 => String::new(),
        (None, "s3") => "<ListAllMyBucketsResult/>".into(),
        (None, "ec2") => "<DescribeInstancesResponse/>".into(),
        (None, "sts") => {
            let inner = "<GetCallerIdentityResult/>";
            format!("<GetCallerIdentityResponse>{inner}</GetCallerIdentityResponse>")
        }
        (None, _) => "{}".into(),
    };
    replay.respond(status, &headers, body)
}

/// The status, headers and body of a response that is being parsed.
type Open = (u16, Vec<(String, String)>, String);

/// A recorded exchange: our requests must have the same retry headers.
fn traffic(data: &Value) -> Verdict {
    let mut replay = Replay::new();
    let (mut expected, mut dates) = (Vec::new(), Vec::new());
    let mut open: Option<Open> = None;
    for event in data["events"].as_array().unwrap() {
        let action = &event["action"];
        if let Some(request) = action["Request"]["request"].as_object() {
            expected.push(request["headers"]["amz-sdk-request"][0].clone());
            dates.push(request["headers"]["x-amz-date"][0].clone());
        } else if let Some(answer) = action["Response"]["response"]["Ok"].as_object() {
            let headers = answer["headers"].as_object().unwrap().iter();
            let headers = headers.map(|(k, v)| (k.clone(), v[0].as_str().unwrap().to_owned()));
            let status = answer["status"].as_u64().unwrap() as u16;
            open = Some((status, headers.collect(), String::new()));
        } else if let (Some(text), Some((.., body))) =
            (action["Data"]["data"]["Utf8"].as_str(), &mut open)
        {
            body.push_str(text);
        } else if action["Eof"]["direction"] == "Response"
            && let Some((status, headers, body)) = open.take()
        {
            let headers: Vec<_> = headers.iter().map(|(k, v)| (&**k, &**v)).collect();
            replay = replay.respond(status, &headers, body);
        }
    }
    if expected.iter().any(Value::is_null) {
        return Verdict::Skipped("a recording without the header");
    }
    // the recorded client waited a second between attempts
    let first = dates[0].as_str().unwrap();
    let part = |range: std::ops::Range<usize>| first.get(range).unwrap_or_default();
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0..4),
        part(4..6),
        part(6..8),
        part(9..11),
        part(11..13),
        part(13..15)
    );
    let time: jiff::Timestamp = text.parse().unwrap();
    let now = Arc::new(AtomicU64::new(time.as_second() as u64));
    let (clock, later) = (now.clone(), now);
    let config = Config::builder()
        .isolated()
        .region("us-east-1")
        .credentials(Credentials::new(
            "ANOTREAL",
            "notrealrnrELgWzOk3IfjzDKtFBhDby",
        ))
        .read_timeout(Duration::from_secs(10))
        .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed)))
        .sleep(move |_| {
            later.fetch_add(1, Ordering::Relaxed);
        });
    let (client, replay) = config.replay(replay);
    while replay.unused() > 0 {
        let params = json!({"Bucket": "test-bucket", "Prefix": "prefix~"});
        if let Err(error) = client.call("s3", "ListObjectsV2", params) {
            return Verdict::Failed(error.to_string());
        }
    }
    let sent: Vec<_> = replay
        .sent()
        .iter()
        .map(|sent| sent.headers["amz-sdk-request"].to_str().unwrap().to_owned())
        .collect();
    match json!(sent) == json!(expected) {
        true => Verdict::Passed,
        false => Verdict::Failed(format!("expected {expected:?}, but {sent:?}")),
    }
}
