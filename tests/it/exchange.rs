//! Requests that an exchange sends besides the call: endpoint discovery, buckets in other regions, and accounts that are part
//! of a host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tucuxi::config::EndpointDiscoveryMode;
use tucuxi::credentials::{CredentialsError, CredentialsProvider, ProviderContext};
use tucuxi::model::Memory;
use tucuxi::transport::{Replay, SentRequest, TransportErrorKind};
use tucuxi::{Client, Config, ConfigBuilder, Credentials, Error, ErrorKind};

use crate::support::client::{IntoClient, isolated};

fn signed() -> ConfigBuilder {
    crate::signed().region("us-east-1")
}

fn hosts(replay: &Replay) -> Vec<String> {
    replay
        .sent()
        .iter()
        .map(|sent| sent.uri.host().unwrap().to_owned())
        .collect()
}

fn target(sent: &SentRequest) -> &str {
    sent.headers["x-amz-target"]
        .to_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap()
}

const TOLD: &str = r#"{"Endpoints":[{"Address":"cell1.example.com","CachePeriodInMinutes":60}]}"#;

fn query(client: &Client) -> Result<Value, Error> {
    client.call(
        "timestream-query",
        "Query",
        json!({"QueryString": "select 1"}),
    )
}

const ROWS: &str = r#"{"QueryId":"q","Rows":[],"ColumnInfo":[]}"#;

#[test]
fn an_endpoint_is_discovered_once_and_cached() {
    let replay = Replay::new()
        .respond(200, &[], TOLD)
        .respond(200, &[], ROWS)
        .respond(200, &[], ROWS);
    let (client, replay) = signed().replay(replay);
    query(&client).unwrap();
    query(&client).unwrap();
    let told = "query.timestream.us-east-1.amazonaws.com";
    assert_eq!(
        hosts(&replay),
        [told, "cell1.example.com", "cell1.example.com"]
    );
    let sent = replay.sent();
    assert_eq!(target(&sent[0]), "DescribeEndpoints");
    assert_eq!(sent[0].headers["x-amz-api-version"], "2018-11-01");
}

#[test]
fn a_wrong_endpoint_is_discovered_once_more() {
    let wrong = r#"{"__type":"InvalidEndpointException"}"#;
    let other = TOLD.replace("cell1", "cell2");
    let replay = Replay::new()
        .respond(200, &[], TOLD)
        .respond(421, &[], wrong)
        .respond(200, &[], other)
        .respond(200, &[], ROWS);
    let (client, replay) = signed().replay(replay);
    query(&client).unwrap();
    assert_eq!(
        hosts(&replay)[1..],
        [
            "cell1.example.com",
            "query.timestream.us-east-1.amazonaws.com",
            "cell2.example.com"
        ]
    );
    let replay = Replay::new()
        .respond(200, &[], TOLD)
        .respond(421, &[], wrong)
        .respond(200, &[], TOLD)
        .respond(421, &[], wrong);
    let (client, replay) = signed().replay(replay);
    assert_eq!(
        query(&client).unwrap_err().code(),
        Some("InvalidEndpointException")
    );
    assert_eq!(replay.unused(), 0);
}

#[test]
fn required_discovery_without_an_endpoint_is_an_error() {
    let no = r#"{"__type":"AccessDeniedException"}"#;
    let (client, replay) = signed().replay(Replay::new().respond(400, &[], no));
    for _ in 0..2 {
        let error = query(&client).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Endpoint, "{error}");
    }
    assert_eq!(replay.sent().len(), 1, "it is not asked again at once");
    let off = signed().endpoint_discovery(EndpointDiscoveryMode::Disabled);
    let (client, replay) = off.replay(Replay::new());
    assert_eq!(query(&client).unwrap_err().kind(), ErrorKind::Unsupported);
    assert!(replay.sent().is_empty());
}

#[test]
fn optional_discovery_is_done_on_demand() {
    let list = |client: &Client| client.call("dynamodb", "ListTables", json!({}));
    let (plain, replay) = signed().replay(Replay::new().respond(200, &[], "{}"));
    list(&plain).unwrap();
    assert_eq!(hosts(&replay), ["dynamodb.us-east-1.amazonaws.com"]);
    let on = signed().endpoint_discovery(EndpointDiscoveryMode::Enabled);
    let (asking, replay) = on.replay(
        Replay::new()
            .respond(200, &[], TOLD)
            .respond(200, &[], "{}"),
    );
    list(&asking).unwrap();
    assert_eq!(
        hosts(&replay),
        ["dynamodb.us-east-1.amazonaws.com", "cell1.example.com"]
    );
    // without a response, an optional endpoint is not discovered
    let on = signed().endpoint_discovery(EndpointDiscoveryMode::Enabled);
    let replay = Replay::new()
        .failure(TransportErrorKind::Request)
        .respond(200, &[], "{}");
    let (asking, replay) = on.replay(replay);
    list(&asking).unwrap();
    assert_eq!(hosts(&replay)[1], "dynamodb.us-east-1.amazonaws.com");
}

#[test]
fn a_redirect_to_the_region_of_a_bucket_is_remembered() {
    let moved = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>";
    let there = [("x-amz-bucket-region", "eu-west-1")];
    let replay = Replay::new()
        .respond(301, &there, moved)
        .respond(200, &[("etag", "\"e\"")], "")
        .respond(200, &[("etag", "\"e\"")], "");
    let (client, replay) = signed().replay(replay);
    for _ in 0..2 {
        let put = client
            .request("s3", "PutObject")
            .params(json!({"Bucket": "bkt", "Key": "k"}));
        put.body("the body").send().unwrap();
    }
    let (here, there) = ("bkt.s3.amazonaws.com", "bkt.s3.eu-west-1.amazonaws.com");
    assert_eq!(hosts(&replay), [here, there, there]);
    // in a chunk, with its checksum in a trailer
    assert!(
        replay
            .sent()
            .iter()
            .all(|sent| sent.body.starts_with(b"8\r\nthe body\r\n0\r\n"))
    );
}

#[test]
fn a_reader_is_not_sent_to_another_region() {
    let moved = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>";
    let there = [("x-amz-bucket-region", "eu-west-1")];
    let (client, replay) = signed().replay(Replay::new().respond(301, &there, moved).respond(
        200,
        &[],
        "",
    ));
    let put = client
        .request("s3", "PutObject")
        .params(json!({"Bucket": "bkt", "Key": "k"}));
    let body = tucuxi::Body::from_reader_with_len(&b"once"[..], 4);
    assert_eq!(
        put.body(body).send().unwrap_err().code(),
        Some("PermanentRedirect")
    );
    assert_eq!(replay.sent().len(), 1);
}

#[test]
fn a_head_request_without_a_region_is_an_error() {
    let (client, replay) = signed().replay(Replay::new().respond(301, &[], ""));
    let error = client
        .call("s3", "HeadBucket", json!({"Bucket": "bkt"}))
        .unwrap_err();
    assert_eq!(error.code(), Some("301"));
    assert_eq!(replay.sent().len(), 1);
}

/// Counts its lookups.
struct Counting(Arc<AtomicUsize>);

impl CredentialsProvider for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }
    fn credentials(&self, _: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Credentials::new("AKIDEXAMPLE", "secret").with_account_id("111122223333"))
    }
}

#[test]
fn account_endpoints_resolve_credentials_first() {
    let asked = Arc::new(AtomicUsize::new(0));
    let config = isolated()
        .region("us-east-1")
        .credentials_provider(Counting(asked.clone()));
    let (client, replay) = config.replay(Replay::new().respond(200, &[], "{}").respond(
        200,
        &[],
        "{}",
    ));
    for _ in 0..2 {
        client.call("dynamodb", "ListTables", json!({})).unwrap();
    }
    // looked up once, then cached
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let host = "111122223333.ddb.us-east-1.amazonaws.com";
    assert_eq!(hosts(&replay), [host, host]);
}

#[test]
fn an_explanation_has_inputs_rules_and_endpoint() {
    let (client, replay) = signed().replay(Replay::new());
    let explained = client
        .introspect()
        .explain_endpoint(
            "s3",
            "GetObject",
            &json!({"Bucket": "my.bucket", "Key": "k"}),
        )
        .unwrap();
    assert_eq!(
        &*explained.endpoint.as_ref().unwrap().url,
        "https://s3.amazonaws.com/my.bucket"
    );
    let shown = explained.to_string();
    for line in [
        "Bucket = my.bucket",
        "Region = us-east-1",
        "UseGlobalEndpoint = true",
        "signed by sigv4 as s3 for us-east-1",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let refused = client
        .introspect()
        .explain_endpoint(
            "s3",
            "GetObject",
            &json!({"Bucket": "arn:aws:s3:::b", "Key": "k"}),
        )
        .unwrap();
    assert!(
        refused.endpoint.is_err() && refused.to_string().contains("no endpoint"),
        "{refused}"
    );
    assert!(replay.sent().is_empty());
}

#[test]
fn regions_and_partitions_are_known() {
    let (client, _) = signed().replay(Replay::new());
    assert_eq!(client.introspect().partitions().unwrap()[0], "aws");
    assert_eq!(
        client.introspect().partition_of("cn-north-1").unwrap(),
        "aws-cn"
    );
    assert_eq!(
        client.introspect().partition_of("eu-newplace-9").unwrap(),
        "aws",
        "newer than the data"
    );
    assert!(client.introspect().partition_of("moon").is_err());
    let regions = client.introspect().regions("ec2", "aws").unwrap();
    assert!(
        regions.iter().any(|region| *region == "eu-west-1"),
        "{regions:?}"
    );
    assert_eq!(regions.len(), 36, "{regions:?}");
    assert!(regions.iter().all(|region| !region.contains("global")));
    assert!(
        client
            .introspect()
            .services_in("eu-west-1")
            .unwrap()
            .iter()
            .any(|service| *service == "ec2")
    );
}

#[test]
fn derived_clients_share_models_but_not_endpoints() {
    let replay = Replay::new()
        .respond(200, &[], TOLD)
        .respond(200, &[], ROWS)
        .respond(200, &[], TOLD)
        .respond(200, &[], ROWS);
    let replay = Arc::new(replay);
    let config = signed().build().unwrap();
    // a separate source, because embedded models are shared by the whole process
    let client = Client::with_models(config, replay.clone(), Memory::new()).unwrap();
    query(&client).unwrap();
    let other = Credentials::new("AKIDOTHER", "secret");
    let other = client
        .with(|config| config.region("eu-west-1").credentials(other))
        .unwrap();
    query(&other).unwrap();
    let [one, two] = [&client, &other].map(|client| client.model("timestream-query").unwrap());
    assert!(Arc::ptr_eq(&one, &two));
    let hosts = hosts(&replay);
    assert!(
        hosts[0].contains("us-east-1") && hosts[2].contains("eu-west-1"),
        "{hosts:?}"
    );
    let signature = replay.sent()[3].headers["authorization"].clone();
    assert!(signature.to_str().unwrap().contains("AKIDOTHER/"));
    let wrong = client.with(|config| config.profile("nobody"));
    assert!(wrong.err().unwrap().to_string().contains("nobody"));
}

#[test]
fn a_server_like_s3_needs_no_region() {
    let (client, replay) = Config::builder()
        .isolated()
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .endpoint_url("http://127.0.0.1:9000")
        .replay(Replay::new().respond(200, &[], ""));
    client
        .call("s3", "DeleteObject", json!({"Bucket": "bkt", "Key": "k"}))
        .unwrap();
    let sent = &replay.sent()[0];
    assert_eq!(sent.uri.to_string(), "http://127.0.0.1:9000/bkt/k");
    let signature = sent.headers["authorization"].to_str().unwrap();
    assert!(
        signature.contains("/us-east-1/s3/aws4_request"),
        "{signature}"
    );
    // other services do, as in botocore
    let error = client.call("sqs", "ListQueues", json!({})).unwrap_err();
    assert!(error.to_string().contains("region"), "{error}");
}
