//! Tests that drive the state machine by hand: whole calls without a transport, a file system or a clock.

use std::time::{Duration, UNIX_EPOCH};

use http::header::AUTHORIZATION;
use serde_json::json;

use super::*;
use crate::config::Config;
use crate::environment::Environment;
use crate::model::Models;

const NOW: u64 = 1_800_000_000;

fn tick() -> Tick {
    Tick {
        now: UNIX_EPOCH + Duration::from_secs(NOW),
        left: None,
        random: 0.5,
    }
}

fn response(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> Event {
    let pair = |(name, value): &(&'static str, &'static str)| {
        let name = http::HeaderName::from_static(name);
        (name, HeaderValue::from_static(value))
    };
    Event::Received(Ok(Received {
        status,
        headers: headers.iter().map(pair).collect(),
        body: ReceivedBody::Whole(body.into()),
        stands_in: false,
    }))
}

/// Drives the machine up to its next request, whose body has not been read.
fn next_request(exchange: &mut Exchange, mut event: Event, hashes: &mut u32) -> Request {
    loop {
        event = match exchange.step(event, tick()) {
            Step::NeedData => Event::Loaded(exchange.load()),
            Step::Hash(body, _) => {
                *hashes += 1;
                Event::Hashed(Ok(Hashed {
                    body,
                    checksum: Some("y/Q5Jg==".into()),
                    sha256: Some("ab".repeat(32)),
                    tree: None,
                }))
            }
            Step::NeedIdentity(IdentityKind::Credentials) => {
                let credentials = Credentials::new("AKIDEXAMPLE", "secret");
                Event::Identity(Ok(Identity::Credentials(credentials)))
            }
            Step::Send { request, .. } => return request,
            _ => panic!("neither a request nor what one needs"),
        };
    }
}

fn call(service: &str, operation: &str, endpoint: &str) -> Call {
    let config = Config::builder().isolated().region("us-east-1");
    let config = config.endpoint_url(endpoint).build().unwrap();
    let services = Services::new(Models::standard(None, &Environment::default()));
    Call::new(&config, services.service(service).unwrap(), operation).unwrap()
}

/// An asynchronous driver keeps both across awaits, and moves the environment to a thread that may block.
#[test]
fn a_call_and_its_environment_are_owned() {
    fn is_owned<T: Send + 'static>() {}
    is_owned::<Exchange>();
    is_owned::<Step>();
    is_owned::<Event>();
    is_owned::<CallEnv>();
}

#[test]
fn a_copy_between_regions_is_presigned_in_an_exchange_of_its_own() {
    let call = call("rds", "CopyDBSnapshot", "http://rds.example");
    let source = "arn:aws:rds:eu-west-1:1:snapshot:s";
    let params = json!({"SourceDBSnapshotIdentifier": source, "TargetDBSnapshotIdentifier": "t", "SourceRegion": "eu-west-1"});
    let mut exchange = call.exchange(params, None).unwrap();
    let mut event = Event::Start("the-id".into());
    let nested = loop {
        event = match exchange.step(event, tick()) {
            Step::NeedData => Event::Loaded(exchange.load()),
            Step::NeedCall(nested) => break nested,
            _ => panic!("no nested call"),
        };
    };
    assert!(nested.is_presigned());
    let url = next_request(&mut { *nested }, Event::Start("other".into()), &mut 0);
    let url = url.uri().to_string();
    assert!(
        url.contains("%2Feu-west-1%2Frds%2F") && url.contains("DestinationRegion=us-east-1"),
        "{url}"
    );

    let called = Event::Called(Ok(url.clone().into()));
    let request = next_request(&mut exchange, called, &mut 0);
    let form = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
    assert!(
        form.contains(&format!("PreSignedUrl={}", crate::uri::encode(&url, b""))),
        "{form}"
    );
    assert!(!form.contains("SourceRegion"));
}

#[test]
fn a_whole_call_needs_no_io() {
    let call = call("s3", "PutObject", "http://s3.example");
    let params = json!({"Bucket": "bucket", "Key": "k"});
    let body = Body::file_range("/there/is/no/such/file", 0..9);
    let mut exchange = call.exchange(params, Some(body)).unwrap();
    let mut hashes = 0;
    let header =
        |request: &Request, name: &str| request.headers()[name].to_str().unwrap().to_owned();
    let scope = |request: &Request| header(request, AUTHORIZATION.as_str());

    let start = Event::Start("the-id".into());
    let request = next_request(&mut exchange, start, &mut hashes);
    assert_eq!(header(&request, "x-amz-checksum-crc32"), "y/Q5Jg==");
    assert_eq!(header(&request, "x-amz-content-sha256"), "ab".repeat(32));
    assert_eq!(header(&request, "x-amz-date"), "20270115T080000Z");
    assert_eq!(header(&request, "amz-sdk-invocation-id"), "the-id");
    assert!(scope(&request).contains("/20270115/us-east-1/s3/"));

    let elsewhere = response(301, &[("x-amz-bucket-region", "eu-west-1")], "");
    let request = next_request(&mut exchange, elsewhere, &mut hashes);
    assert!(scope(&request).contains("/eu-west-1/s3/"));
    assert_eq!(hashes, 2, "once for each request that is written");

    let busy = "<Error><Code>SlowDown</Code></Error>";
    let Step::Sleep(delay) = exchange.step(response(503, &[], busy), tick()) else {
        panic!("no delay before the retry");
    };
    assert!(delay > Duration::ZERO);
    let request = next_request(&mut exchange, Event::Woke, &mut hashes);
    assert_eq!(header(&request, "amz-sdk-request"), "attempt=2; max=3");
    assert_eq!(hashes, 2, "a retry has the hashes of the first attempt");

    let Step::Done(Ok(output)) = exchange.step(response(200, &[("etag", "\"e\"")], ""), tick())
    else {
        panic!("no result");
    };
    assert_eq!(output.meta.attempts, 2);
    assert_eq!(output.to_value().unwrap()["ETag"], "\"e\"");
}
