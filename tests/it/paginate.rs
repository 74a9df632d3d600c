//! Listings and waits with recorded responses.

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use tucuxi::credentials::{CredentialsError, CredentialsProvider, ProviderContext};
use tucuxi::interceptor::{CallContext, Interceptor};
use tucuxi::transport::{CancelToken, Replay, Request, TransportErrorKind};
use tucuxi::{Client, Config, Error, ErrorKind, WaitError, WaitFailure};

use crate::support::client::IntoClient;
use crate::unsigned;

/// A client whose clock advances only while it sleeps, its transport, and its delays.
fn clocked(replay: Replay) -> (Client, Arc<Replay>, Arc<Mutex<Vec<Duration>>>) {
    let slept = Arc::<Mutex<Vec<Duration>>>::default();
    let (log, clock) = (slept.clone(), slept.clone());
    let (client, replay) = unsigned()
        .max_attempts(1)
        .jitter(|| 0.5)
        // time passes only while the client sleeps
        .clock(move || UNIX_EPOCH + clock.lock().unwrap().iter().sum::<Duration>())
        .sleep(move |delay| log.lock().unwrap().push(delay))
        .replay(replay);
    (client, replay, slept)
}

/// This many pages of two tables each.
fn tables(pages: usize) -> Replay {
    (0..pages).fold(Replay::new(), |replay, page| {
        let mut answer = json!({"TableNames": [format!("aaa{page}"), format!("bbb{page}")]});
        if page + 1 < pages {
            answer["LastEvaluatedTableName"] = format!("bbb{page}").into();
        }
        replay.respond(200, &[], answer.to_string())
    })
}

#[test]
fn elements_come_in_their_order_with_and_without_prefetching() {
    for prefetch in [false, true] {
        let (client, replay, _) = clocked(tables(3));
        let pages = client.pages("dynamodb", "list_tables", json!({})).unwrap();
        let names: Result<Vec<Value>, _> = pages.prefetch(prefetch).page_size(2).items().collect();
        assert_eq!(
            names.unwrap(),
            ["aaa0", "bbb0", "aaa1", "bbb1", "aaa2", "bbb2"]
        );
        let bodies: Vec<Value> = replay
            .sent()
            .iter()
            .map(|sent| serde_json::from_slice(&sent.body).unwrap())
            .collect();
        assert_eq!(
            bodies[1],
            json!({"Limit": 2, "ExclusiveStartTableName": "bbb0"})
        );
        replay.assert_all_used();
    }
}

#[test]
fn pages_are_requested_with_the_options_of_their_request() {
    #[derive(serde::Serialize)]
    struct Params {
        #[serde(rename = "Limit")]
        limit: Option<u32>,
    }
    struct Tagged;
    impl Interceptor for Tagged {
        fn request(&self, _: &CallContext<'_>, request: &mut Request) -> tucuxi::Result<()> {
            let tag = http::HeaderValue::from_static("blue");
            request.headers_mut().insert("x-tag", tag);
            Ok(())
        }
    }
    let (client, replay, _) = clocked(tables(3));
    let request = client.request("dynamodb", "list_tables");
    let request = request.region("ap-south-1").interceptor(Tagged);
    let pages = request
        .params_from(&Params { limit: None })
        .pages()
        .unwrap();
    let names: Result<Vec<String>, _> = pages.items_as().collect();
    assert_eq!(names.unwrap().len(), 6);
    let sent = replay.sent();
    assert_eq!(sent.len(), 3);
    for sent in &sent {
        assert_eq!(sent.uri.host(), Some("dynamodb.ap-south-1.amazonaws.com"));
        assert_eq!(sent.headers["x-tag"], "blue");
    }
    assert_eq!(sent[0].body, "{}");

    let cancel = CancelToken::default();
    let request = client.request("dynamodb", "ListTables");
    let mut pages = request.cancel_with(&cancel).pages().unwrap();
    cancel.cancel();
    assert!(pages.next().unwrap().unwrap_err().is_cancelled());

    let with_body = client.request("s3", "PutObject").params(bucket());
    assert!(with_body.body("text").pages().is_err());
    let invalid = client.request("dynamodb", "ListTables");
    let invalid = invalid.config(|config| config.profile("missing"));
    assert_eq!(invalid.pages().unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn pages_share_the_credentials_of_their_request() {
    struct Counted(Arc<Mutex<u32>>);
    impl CredentialsProvider for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }
        fn credentials(
            &self,
            _: &ProviderContext<'_>,
        ) -> Result<tucuxi::Credentials, CredentialsError> {
            *self.0.lock().unwrap() += 1;
            Ok(tucuxi::Credentials::new("AKID", "secret"))
        }
    }
    let config = Config::builder().isolated().region("eu-west-1");
    let config = config.credentials(tucuxi::Credentials::new("AKIDOTHER", "secret"));
    let replay = Arc::new(tables(3));
    let client = config.over(replay.clone());
    let queries = Arc::<Mutex<u32>>::default();
    let own = Counted(queries.clone());
    let request = client.request("dynamodb", "ListTables");
    let request = request.config(|config| config.credentials_provider(own));
    assert_eq!(request.pages().unwrap().count(), 3);
    assert_eq!(*queries.lock().unwrap(), 1);
    for sent in replay.sent() {
        let signed = sent.headers["authorization"].to_str().unwrap();
        assert!(signed.contains("Credential=AKID/"), "{signed}");
    }
}

#[test]
fn an_element_that_does_not_fit_the_type_is_an_error_of_its_own() {
    let page = r#"{"TableNames": ["1", "two", "3"]}"#;
    let (client, _, _) = clocked(Replay::new().respond(200, &[], page));
    let pages = client.pages("dynamodb", "ListTables", json!({})).unwrap();
    let numbers = pages.search_as::<[u32; 1]>("TableNames[].[to_number(@)]");
    let numbers = numbers.unwrap().map(|n| n.map_err(|e| e.to_string()));
    let found: Vec<Result<[u32; 1], String>> = numbers.collect();
    assert_eq!((&found[0], &found[2]), (&Ok([1]), &Ok([3])));
    let error = found[1].as_ref().unwrap_err();
    assert!(error.starts_with("dynamodb.ListTables: "), "{error}");
}

#[test]
fn an_error_ends_a_listing_and_only_then() {
    for prefetch in [false, true] {
        let (client, _, _) = clocked(tables(9).respond(500, &[], ""));
        let pages = client.pages("dynamodb", "ListTables", json!({})).unwrap();
        let mut pages = pages.prefetch(prefetch);
        for _ in 0..9 {
            pages.next().unwrap().unwrap();
        }
        assert!(pages.next().is_none());
    }
    let (client, _, _) = clocked(tables(2).failure(TransportErrorKind::Timeout));
    let mut pages = client
        .pages("dynamodb", "ListTables", json!({}))
        .unwrap()
        .max_items(3);
    assert_eq!(pages.by_ref().count(), 2);
    assert!(pages.resume_token().is_some());
}

#[test]
fn an_operation_without_pages_cannot_be_listed() {
    let (client, _, _) = clocked(Replay::new());
    let cases = [
        (
            "s3",
            "GetObject",
            "s3.GetObject does not return its result in pages",
        ),
        ("s3", "ListObjectsV3", "ListObjectsV2"),
        ("none", "List", "none"),
    ];
    for (service, operation, expected) in cases {
        let error = client
            .pages(service, operation, json!({}))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(!client.can_paginate("s3", "GetObject").unwrap());
    let mut pages = client
        .pages("s3", "ListBuckets", json!({}))
        .unwrap()
        .starting_token("a___b___c");
    assert!(
        pages
            .next()
            .unwrap()
            .unwrap_err()
            .to_string()
            .contains("invalid starting token")
    );
    let search = client
        .pages("s3", "ListBuckets", json!({}))
        .unwrap()
        .search("Buckets[");
    assert!(search.err().unwrap().to_string().contains("character"));
}

/// Pages of tables with or without a token.
fn tables_with(tokens: &[&str]) -> Replay {
    tokens.iter().fold(Replay::new(), |replay, token| {
        let page = json!({"TableNames": [token], "LastEvaluatedTableName": token});
        replay.respond(200, &[], page.to_string())
    })
}

#[test]
fn a_repeated_token_ends_the_listing() {
    // tokens, and how many pages there are before the error
    let cases: [(&[&str], usize); 4] = [
        (&["aaa", "aaa"], 1),
        (&["aaa", "bbb", "aaa", "bbb"], 2),
        (&["aaa", "bbb", "ccc", "bbb"], 3),
        (&["aaa", "bbb", "ccc", "ddd", "aaa"], 4),
    ];
    for prefetch in [false, true] {
        for (tokens, good) in cases {
            let (client, _, _) = clocked(tables_with(tokens));
            let pages = || client.pages("dynamodb", "ListTables", json!({})).unwrap();
            let mut pages = pages().prefetch(prefetch);
            for _ in 0..good {
                pages.next().unwrap().unwrap();
            }
            let error = pages.next().unwrap().unwrap_err().to_string();
            assert!(
                error.starts_with("dynamodb.ListTables: pagination: "),
                "{error}"
            );
            assert!(error.contains("the same token twice"), "{error}");
            assert!(pages.next().is_none());
        }
        let (client, _, _) = clocked(tables_with(&["aaa", "bbb", "aaa"]));
        let pages = client.pages("dynamodb", "ListTables", json!({})).unwrap();
        let items: Vec<_> = pages.prefetch(prefetch).items().collect();
        assert_eq!(items.iter().filter(|item| item.is_ok()).count(), 2);
        assert!(items.last().unwrap().is_err());
    }
}

#[test]
fn a_page_that_reports_more_without_a_token_is_an_error() {
    let more = "<IsTruncated>true</IsTruncated>";
    let listed = |what: &str| {
        format!("<ListBucketResult>{what}<Contents><Key>a</Key></Contents></ListBucketResult>")
    };
    let versions = format!("<ListVersionsResult>{more}</ListVersionsResult>");
    let users =
        format!("<ListUsersResponse><ListUsersResult>{more}</ListUsersResult></ListUsersResponse>");
    let zones = format!("<ListHostedZonesResponse>{more}<Marker/></ListHostedZonesResponse>");
    let parts = format!("<ListPartsResult>{more}</ListPartsResult>");
    let part = json!({"Bucket": "b", "Key": "k", "UploadId": "u"});
    let cases = [
        ("s3", "ListObjectsV2", bucket(), listed(more)),
        (
            "s3",
            "ListObjectsV2",
            bucket(),
            listed(&format!(
                "{more}<NextContinuationToken></NextContinuationToken>"
            )),
        ),
        (
            "s3",
            "ListObjects",
            bucket(),
            format!("<ListBucketResult>{more}</ListBucketResult>"),
        ),
        ("s3", "ListObjectVersions", bucket(), versions),
        ("s3", "ListParts", part, parts),
        ("iam", "ListUsers", json!({}), users),
        ("route53", "ListHostedZones", json!({}), zones),
    ];
    for (service, operation, params, body) in cases {
        let (client, _, _) = clocked(Replay::new().respond(200, &[], body));
        let mut pages = client.pages(service, operation, params).unwrap();
        let error = pages.collect_full().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Pagination, "{error}");
        assert!(
            error.to_string().contains("reports more elements"),
            "{error}"
        );
    }
}

/// A bucket that exists after this many responses.
fn bucket_after(responses: usize) -> Replay {
    (0..responses)
        .fold(Replay::new(), |replay, _| replay.respond(404, &[], ""))
        .respond(200, &[], "")
}

fn bucket() -> Value {
    json!({"Bucket": "b"})
}

#[test]
fn a_wait_repeats_its_request_until_the_state_is_reached() {
    let (client, _, slept) = clocked(bucket_after(3));
    let output = client.wait("s3", "bucket_exists", bucket()).unwrap();
    assert_eq!(output.attempts, 4);
    assert_eq!(*slept.lock().unwrap(), [Duration::from_secs(5); 3]);
}

#[test]
fn a_missing_bucket_may_be_the_expected_state() {
    let (client, _, _) = clocked(Replay::new().respond(200, &[], "").respond(404, &[], ""));
    let output = client.wait("s3", "BucketNotExists", bucket()).unwrap();
    assert_eq!(output.response.unwrap_err().code(), Some("404"));
}

#[test]
fn delays_can_grow_and_are_reported() {
    let (client, _, slept) = clocked(bucket_after(4));
    let reported = Arc::<Mutex<Vec<(u32, bool)>>>::default();
    let log = reported.clone();
    let wait = client.waiter("s3", "BucketExists", bucket()).unwrap();
    let wait = wait
        .delay(Duration::from_secs(2))
        .backoff(Duration::from_secs(6));
    let wait = wait.on_progress(move |progress| {
        log.lock()
            .unwrap()
            .push((progress.attempts, progress.response.is_ok()));
    });
    wait.run().unwrap();
    // the jitter of these tests is one half
    assert_eq!(
        *slept.lock().unwrap(),
        [1, 2, 3, 3].map(Duration::from_secs)
    );
    assert_eq!(
        *reported.lock().unwrap(),
        [(1, false), (2, false), (3, false), (4, false)]
    );
}

#[test]
fn a_wait_may_have_any_timeout() {
    let (patient, _, _) = clocked(bucket_after(3));
    let wait = patient.waiter("s3", "BucketExists", bucket()).unwrap();
    let wait = wait.delay(Duration::from_secs(1)).timeout(Duration::MAX);
    wait.run().unwrap();
    let (slow, _, slept) = clocked(bucket_after(3));
    let wait = slow.waiter("s3", "BucketExists", bucket()).unwrap();
    let wait = wait.delay(Duration::MAX).backoff(Duration::MAX);
    let error = wait.timeout(Duration::from_secs(1)).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Wait, "{error}");
    assert!(error.is_timeout(), "{error}");
    assert!(slept.lock().unwrap().is_empty());
}

#[test]
fn a_wait_ends_with_its_attempts_its_timeout_or_an_unexpected_error() {
    let failed = |replay: Replay, attempts: u32| {
        let (client, _, _) = clocked(replay);
        let wait = client.waiter("s3", "BucketExists", bucket()).unwrap();
        match wait
            .max_attempts(attempts)
            .timeout(Duration::from_secs(11))
            .run()
        {
            Err(error) => error.downcast::<WaitError>().unwrap(),
            other => panic!("{other:?}"),
        }
    };
    let error = failed(bucket_after(9), 2);
    let last = "Matched expected HTTP status code: 404".to_owned();
    assert_eq!(error.reason, WaitFailure::AttemptsUsed(Some(last)));
    assert_eq!(error.source.unwrap().code(), Some("404"));
    assert_eq!(failed(bucket_after(9), 9).reason, WaitFailure::Deadline);
    let error = failed(Replay::new().respond(400, &[], ""), 9);
    assert!(
        matches!(error.reason, WaitFailure::Unexpected(_)),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .starts_with("waiter s3.BucketExists: unexpected error: "),
        "{error}"
    );
}

#[test]
fn a_listing_can_be_cancelled() {
    for prefetch in [false, true] {
        let (client, replay, _) = clocked(tables(3));
        let cancel = CancelToken::default();
        let pages = client.pages("dynamodb", "list_tables", json!({})).unwrap();
        let mut pages = pages.prefetch(prefetch).cancel_with(&cancel);
        assert!(pages.next().unwrap().is_ok());
        cancel.cancel();
        let left: Vec<_> = pages.collect();
        // a prefetched page may be there already
        assert!(
            left.last()
                .unwrap()
                .as_ref()
                .is_err_and(Error::is_cancelled),
            "{left:?}"
        );
        assert!(replay.sent().len() <= 2);
    }
}

#[test]
fn a_wait_can_be_cancelled() {
    let (client, _, _) = clocked(bucket_after(9));
    let cancel = CancelToken::default();
    let other = cancel.clone();
    let wait = client
        .waiter("s3", "BucketExists", bucket())
        .unwrap()
        .cancel_with(&cancel);
    let wait = wait.on_progress(move |_| other.cancel());
    assert!(wait.run().unwrap_err().is_cancelled());
}

#[test]
fn an_unknown_waiter_is_an_error_with_suggestions() {
    let (client, _, _) = clocked(Replay::new());
    let error = client
        .wait("s3", "BucketExist", bucket())
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean BucketExists"), "{error}");
    for (service, waiter, expected) in [
        ("dynamodb", "TableActive", "; the service has: "),
        ("dynamodb", "TableActive", "TableExists, TableNotExists"),
        ("sqs", "QueueExists", "; the service has no waiters"),
    ] {
        let error = client.wait(service, waiter, json!({})).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let s3 = client.introspect().service("s3").unwrap();
    assert_eq!(s3.waiters().unwrap().len(), 4);
}
