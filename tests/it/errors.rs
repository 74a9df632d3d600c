//! The texts of errors: one of each kind, with its causes. `INSTA_UPDATE=always cargo test --all-features --test it errors`
//! accepts changes of the texts.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::{fmt, io, iter};

use serde_json::json;
use tucuxi::dynamodb::DynamoDbError;
use tucuxi::error::RetriesEnded;
use tucuxi::eventstream::Message;
use tucuxi::model::import::{ImportOptions, import};
use tucuxi::query::Query;
use tucuxi::transfer::TransferError;
use tucuxi::transport::{Replay, TransportError, TransportErrorKind};
use tucuxi::{Client, Config, Error, ErrorKind, ServiceError, WaitError};

use crate::support::client::{IntoClient, isolated, over};
use crate::unsigned;

/// A program's own error, whose text does not include its source.
#[derive(Debug)]
struct Own(&'static str, Option<Box<Self>>);

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl StdError for Own {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.1.as_deref().map(|below| below as _)
    }
}

fn disk() -> Own {
    Own(
        "cannot read the body",
        Some(Box::new(Own("bad sector 7", None))),
    )
}

/// The chain as anyhow's `{:#}` prints it.
fn chain(error: &dyn StdError) -> Vec<String> {
    let all = iter::successors(Some(error), |error| (**error).source());
    all.map(ToString::to_string).collect()
}

/// Asserts that no part of the chain's texts is repeated.
fn assert_says_once(error: &dyn StdError) {
    let chain = chain(error);
    for (n, text) in chain.iter().enumerate() {
        let above = chain.iter().take(n);
        assert!(
            !above.into_iter().any(|above| above.contains(text)),
            "{chain:?}"
        );
    }
    let mut seen = HashSet::new();
    for part in chain.iter().flat_map(|text| text.split(": ")) {
        let is_new = part.parse::<u16>().is_ok() || seen.insert(part);
        assert!(is_new, "{part:?} is repeated: {chain:?}");
    }
}

fn uri() -> http::Uri {
    "https://host/secret?secret".parse().unwrap()
}

fn refused() -> Replay {
    let body =
        "<Error><Code>AccessDenied</Code><Message>no</Message><RequestId>r</RequestId></Error>";
    Replay::new().respond(403, &[], body)
}

fn errors() -> Vec<Error> {
    let list = |replay: Replay| {
        unsigned()
            .over(replay)
            .call("s3", "ListBuckets", json!({}))
            .unwrap_err()
    };
    let get = json!({"Bucket": "b", "Key": "k", "ChecksumMode": "ENABLED"});
    let bucket = json!({"Bucket": "b"});
    let wait = |replay| {
        let client = unsigned().over(replay);
        let wait = client.waiter("s3", "BucketExists", bucket.clone()).unwrap();
        wait.max_attempts(1).run().unwrap_err()
    };
    let half = isolated()
        .environment([("AWS_ACCESS_KEY_ID", "AKID")])
        .build();
    let half = over(half.unwrap(), Replay::new());
    let refused_table = r#"{"__type": "AccessDeniedException", "message": "no"}"#;
    let table_client = unsigned().over(Replay::new().respond(400, &[], refused_table));
    let table = table_client.table("t");
    let unwritten = table.with_batch_writer(|writer| writer.put(json!({"n": 0})));
    let unavailable = || {
        Replay::new()
            .respond(503, &[], "")
            .respond(503, &[], "")
            .respond(503, &[], "")
    };
    vec![
        isolated().profile("missing").build().unwrap_err().into(),
        half.call("s3", "ListBuckets", json!({})).unwrap_err(),
        unwritten.unwrap_err(),
        half.introspect().partition_of("nowhere").unwrap_err(),
        serde_json::from_str::<u8>("x").unwrap_err().into(),
        unsigned()
            .over(Replay::new())
            .call("s3", "ListBucket", json!({}))
            .unwrap_err(),
        unsigned()
            .over(Replay::new())
            .pages("s3", "GetObject", json!({}))
            .map(drop)
            .unwrap_err(),
        unsigned()
            .over(Replay::new())
            .call("s3", "ListObjectsV2", json!({}))
            .unwrap_err(),
        Query::compile("a[").unwrap_err().into(),
        Error::new(ErrorKind::Request, disk()),
        Error::new(ErrorKind::Request, io::Error::other(disk())),
        Error::new(ErrorKind::Request, list_refused()),
        unsigned()
            .over(Replay::new())
            .resource("s3")
            .unwrap()
            .action("nothing", json!({}))
            .map(drop)
            .unwrap_err(),
        unsigned()
            .over(Replay::new().respond(200, &[("x-amz-checksum-crc32", "AAAAAA==")], "text"))
            .request("s3", "GetObject")
            .config(|c| c.max_attempts(1))
            .params(get)
            .send_buffered()
            .unwrap_err(),
        Message::read(&mut &b"\0\0\0\x10"[..]).unwrap_err().into(),
        list(refused()),
        list(unavailable()),
        unsigned()
            .over(refused())
            .transfer()
            .upload(&b"text"[..], "b", "k")
            .run()
            .unwrap_err(),
        unsigned()
            .over(refused())
            .transfer()
            .upload_file("/no/such/file", "b", "k")
            .run()
            .unwrap_err(),
        TransportError::new(
            TransportErrorKind::Connect,
            &uri(),
            io::Error::other(disk()),
        )
        .into(),
        list(Replay::new().failure(TransportErrorKind::Request)),
        list(Replay::new().respond(200, &[("content-type", "text/html")], "<html></html>")),
        Error::new(ErrorKind::Unsupported, "a\nline"),
        wait(Replay::new().respond(400, &[], "")),
        wait(Replay::new().respond(404, &[], "")),
    ]
}

fn list_refused() -> Error {
    unsigned()
        .over(refused())
        .call("s3", "ListBuckets", json!({}))
        .unwrap_err()
}

#[test]
fn a_chain_of_each_kind_says_everything_once() {
    let mut kinds = HashSet::new();
    let mut text = String::new();
    for error in errors() {
        kinds.insert(error.kind());
        assert_says_once(&error);
        text += &format!("{:?}\n  {}\n", error.kind(), chain(&error).join(": "));
    }
    assert_eq!(kinds.len(), 18);
    insta::assert_snapshot!(text);
}

#[test]
fn debug_prints_the_text_and_the_causes() {
    let error = Error::new(ErrorKind::Request, disk());
    let text = "cannot build the request: cannot read the body\n  caused by: bad sector 7";
    assert_eq!(format!("{error:?}"), text);
    let error = list_refused();
    assert_eq!(format!("{error:?}"), error.to_string());
    let fields = format!("{error:#?}");
    assert!(
        fields.contains("kind: Service") && fields.contains("attempts: 1"),
        "{fields}"
    );
}

#[test]
fn errors_of_an_area_say_everything_once_by_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    let mut broken = io::BufReader::new(Broken);
    let all: Vec<Box<dyn StdError>> = vec![
        Box::new(import(&missing, dir.path(), ImportOptions::default()).unwrap_err()),
        Box::new(Message::read(&mut broken).unwrap_err()),
    ];
    for error in &all {
        assert_says_once(&**error);
    }
    for error in errors() {
        let area: [Option<&dyn StdError>; 5] = [
            error.downcast_ref::<DynamoDbError>().map(|e| e as _),
            error.downcast_ref::<ServiceError>().map(|e| e as _),
            error.downcast_ref::<TransferError>().map(|e| e as _),
            error.downcast_ref::<TransportError>().map(|e| e as _),
            error.downcast_ref::<WaitError>().map(|e| e as _),
        ];
        for error in area.into_iter().flatten() {
            assert_says_once(error);
        }
    }
}

#[test]
fn an_error_is_found_below_the_one_that_it_caused() {
    let upload = unsigned()
        .over(refused())
        .transfer()
        .upload(&b"text"[..], "b", "k");
    let error = upload.run().unwrap_err();
    assert!(matches!(
        error.downcast_ref(),
        Some(TransferError::Failed { .. })
    ));
    assert_eq!(error.downcast_ref::<ServiceError>().unwrap().status, 403);
    assert_eq!(
        (error.service(), error.operation()),
        (Some("s3"), Some("PutObject"))
    );
    assert_eq!(
        (error.code(), error.status()),
        (Some("AccessDenied"), Some(403))
    );
    assert_eq!((error.request_id(), error.attempts()), (Some("r"), 1));
    let error = error.downcast::<ServiceError>().unwrap_err();
    assert!(error.downcast::<TransferError>().is_ok());

    let mut own = Error::new(ErrorKind::Response, disk());
    own.downcast_mut::<Own>().unwrap().0 = "changed";
    assert_eq!(own.to_string(), "cannot read the response: changed");
    assert_eq!(own.downcast::<Own>().unwrap().0, "changed");
}

#[test]
fn errors_have_attempts_and_the_end_of_retries() {
    let text = "<html></html>";
    let broken = || {
        let three = [TransportErrorKind::Interrupted; 3].into_iter();
        three.fold(Replay::new(), Replay::failure)
    };
    let list = |replay, attempts| {
        let request = unsigned().over(replay).request("s3", "ListBuckets");
        let request = request.config(move |config| config.max_attempts(attempts));
        request.send().unwrap_err()
    };
    let cases = [
        (list(broken(), 3), 3, Some(RetriesEnded::Attempts)),
        (list(broken(), 2), 2, Some(RetriesEnded::Attempts)),
        (
            list(Replay::new().failure(TransportErrorKind::Request), 3),
            1,
            None,
        ),
        (list(refused(), 3), 1, None),
        (list(Replay::new().respond(200, &[], text), 3), 1, None),
    ];
    for (error, attempts, ended) in cases {
        assert_eq!(error.attempts(), attempts, "{error}");
        assert_eq!(error.retries_ended(), ended, "{error}");
    }
    let invalid = unsigned()
        .over(Replay::new())
        .call("s3", "ListObjectsV2", json!({}));
    assert_eq!(invalid.unwrap_err().attempts(), 0);
    let half = isolated()
        .environment([("AWS_ACCESS_KEY_ID", "AKID")])
        .build();
    let half = over(half.unwrap(), Replay::new());
    let unsigned = half.call("s3", "ListBuckets", json!({}));
    assert_eq!(unsigned.unwrap_err().attempts(), 0);
}

#[test]
fn a_program_can_use_one_result_for_all() {
    fn program() -> tucuxi::Result<()> {
        let config = unsigned();
        let client = Client::with_transport(config.build()?, refused())?;
        let names = Query::compile("Buckets[].Name")?;
        names.search(&client.call("s3", "ListBuckets", json!({}))?)?;
        Ok(())
    }
    assert_eq!(program().unwrap_err().code(), Some("AccessDenied"));
}

struct Broken;

impl io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other(disk()))
    }
}

#[test]
fn errors_of_connections_name_the_misspelt_region_or_the_setting_of_the_endpoint() {
    let cases: [(&[(&str, &str)], _, &str); 3] = [
        (
            &[],
            TransportErrorKind::HostNotFound,
            "no known region is named eu-wset-1; did you mean eu-west-1?",
        ),
        (
            &[("AWS_ENDPOINT_URL_STS", "http://localhost:1")],
            TransportErrorKind::HostNotFound,
            "the endpoint is from the environment variable AWS_ENDPOINT_URL_STS",
        ),
        (
            &[("AWS_ENDPOINT_URL", "http://localhost:1")],
            TransportErrorKind::Connect,
            "the endpoint is from the environment variable AWS_ENDPOINT_URL",
        ),
    ];
    for (variables, kind, hint) in cases {
        let config = Config::builder()
            .environment(variables.iter().copied())
            .region("eu-wset-1")
            .unsigned()
            .max_attempts(1);
        let replay = Replay::new().failure(kind);
        let client = over(config.build().unwrap(), replay);
        let error = client.call("sts", "GetCallerIdentity", json!({}));
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with(hint), "{error}");
    }
}
