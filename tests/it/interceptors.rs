//! Interceptors of programs, customisations of services, and how they are disabled.

use std::sync::{Arc, Mutex};

use http::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};
use tucuxi::error::RetryReason;
use tucuxi::interceptor::{Attempt, CallContext, Interceptor};
use tucuxi::transport::{Replay, Request, Response, TransportError};
use tucuxi::{Client, ConfigBuilder, Credentials, Error, ErrorKind, Output};

use crate::support::client::{IntoClient, isolated};
use crate::unsigned;

/// Records the hooks that were called.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn write(&self, name: &str, what: &str, call: &CallContext<'_>) {
        let line = format!("{name}.{what} {}", call.attempt);
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Writer(&'static str, Diary);

impl Interceptor for Writer {
    fn params(&self, call: &CallContext<'_>, _: &mut Value) -> tucuxi::Result<()> {
        assert!(call.params.is_null());
        self.1.write(self.0, "params", call);
        Ok(())
    }
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> tucuxi::Result<()> {
        assert_eq!(call.params["Limit"], 3);
        assert!(!request.headers().contains_key("authorization"));
        self.1.write(self.0, "request", call);
        Ok(())
    }
    fn send(
        &self,
        call: &CallContext<'_>,
        request: &Request,
    ) -> Option<Result<Response, TransportError>> {
        assert!(request.headers().contains_key("authorization"));
        self.1.write(self.0, "send", call);
        None
    }
    fn after_attempt(&self, call: &CallContext<'_>, attempt: &mut Attempt<'_>) {
        let what = format!(
            "after_attempt {} {:?}",
            attempt.outcome.is_ok(),
            attempt.retry
        );
        self.1.write(self.0, &what, call);
    }
    fn result(&self, call: &CallContext<'_>, result: &mut tucuxi::Result<Output>) {
        self.1
            .write(self.0, &format!("result {}", result.is_ok()), call);
    }
}

#[test]
fn hooks_run_in_order_and_in_reverse_order() {
    let diary = Diary::default();
    let replay = Arc::new(Replay::new().respond(500, &[], "").respond(200, &[], "{}"));
    let config = isolated()
        .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
        .interceptor(Writer("a", diary.clone()));
    let client = config.over(replay);
    let request = client
        .request("dynamodb", "ListTables")
        .params(json!({"Limit": 3}));
    request
        .interceptor(Writer("b", diary.clone()))
        .send()
        .unwrap();
    let expected = [
        "a.params 0",
        "b.params 0",
        "a.request 0",
        "b.request 0",
        "a.send 1",
        "b.send 1",
        "b.after_attempt false Some(Transient) 1",
        "a.after_attempt false Some(Transient) 1",
        "a.send 2",
        "b.send 2",
        "b.after_attempt true None 2",
        "a.after_attempt true None 2",
        "b.result true 2",
        "a.result true 2",
    ];
    assert_eq!(diary.lines(), expected);
}

/// Makes one change in each hook.
#[derive(Default)]
struct Meddler {
    member: Option<&'static str>,
    refuses: bool,
    answer: Option<&'static str>,
    verdict: Option<RetryReason>,
    fails: bool,
}

impl Interceptor for Meddler {
    fn params(&self, _: &CallContext<'_>, params: &mut Value) -> tucuxi::Result<()> {
        if let Some(name) = self.member {
            params[name] = 1.into();
        }
        match self.refuses {
            true => Err(Error::new(ErrorKind::Unsupported, "not on Sundays")),
            false => Ok(()),
        }
    }
    fn request(&self, _: &CallContext<'_>, request: &mut Request) -> tucuxi::Result<()> {
        let value = HeaderValue::from_static("yes");
        request.headers_mut().insert("x-mine", value);
        Ok(())
    }
    fn send(&self, _: &CallContext<'_>, _: &Request) -> Option<Result<Response, TransportError>> {
        self.answer.map(|body| Ok(Response::new(body.into())))
    }
    fn after_attempt(&self, _: &CallContext<'_>, attempt: &mut Attempt<'_>) {
        if self.fails {
            *attempt.outcome = Err(Error::new(ErrorKind::Response, "not good enough"));
        }
        if self.fails || self.verdict.is_some() {
            attempt.retry = self.verdict;
        }
    }
}

#[test]
fn parameters_may_be_completed_or_refused() {
    let (client, replay) = unsigned().replay(Replay::new().respond(200, &[], "{}"));
    let ask = |meddler| {
        client
            .request("dynamodb", "ListTables")
            .interceptor(meddler)
            .send()
    };
    ask(Meddler {
        member: Some("Limit"),
        ..Meddler::default()
    })
    .unwrap();
    let sent = &replay.sent()[0];
    assert_eq!(&sent.body[..], br#"{"Limit":1}"#);
    assert_eq!(sent.headers["x-mine"], "yes");
    // added parameters are validated
    let error = ask(Meddler {
        member: Some("Limits"),
        ..Meddler::default()
    })
    .unwrap_err();
    assert!(error.to_string().contains("Limits"), "{error}");
    let error = ask(Meddler {
        refuses: true,
        ..Meddler::default()
    })
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("dynamodb.ListTables: not supported: not on"),
        "{error}"
    );
    assert_eq!(replay.sent().len(), 1);
}

#[test]
fn a_changed_retry_reason_applies_while_attempts_are_left() {
    let replay =
        || Arc::new((0..5).fold(Replay::new(), |replay, _| replay.respond(200, &[], "{}")));
    let made = |meddler: Meddler| {
        let replay = replay();
        let client = unsigned().max_attempts(3).over(replay.clone());
        let result = client
            .request("dynamodb", "ListTables")
            .interceptor(meddler)
            .send();
        (
            replay.sent().len(),
            result
                .map(|output| output.meta.attempts)
                .map_err(|e| e.to_string()),
        )
    };
    let transient = Some(RetryReason::Transient);
    let (sent, result) = made(Meddler {
        fails: true,
        verdict: transient,
        ..Meddler::default()
    });
    assert_eq!(sent, 3);
    assert!(result.unwrap_err().contains("not good enough"));
    // a success is not retried, and a failure without a verdict is final
    assert_eq!(
        made(Meddler {
            verdict: transient,
            ..Meddler::default()
        }),
        (1, Ok(1))
    );
    assert_eq!(
        made(Meddler {
            fails: true,
            ..Meddler::default()
        })
        .0,
        1
    );
}

#[test]
fn a_response_of_an_interceptor_is_read_like_the_services() {
    let replay = Arc::new(Replay::new());
    let fake = |body| Meddler {
        answer: Some(body),
        ..Meddler::default()
    };
    let client = unsigned().over(replay.clone());
    let output = client
        .request("s3", "GetObject")
        .params(json!({"Bucket": "bucket", "Key": "k"}));
    let mut body = output
        .interceptor(fake("hello"))
        .send()
        .unwrap()
        .body
        .unwrap();
    assert_eq!(body.read_to_vec().unwrap(), b"hello");
    let request = client
        .request("s3", "CopyObject")
        .interceptor(fake("<Error><Code>SlowDown</Code></Error>"));
    let copy = json!({"Bucket": "bucket", "Key": "k", "CopySource": "b/k"});
    let error = request.params(copy).send().unwrap_err();
    assert_eq!(
        (error.code(), error.is_throttling()),
        (Some("SlowDown"), true)
    );
    assert!(replay.sent().is_empty());
}

#[test]
fn edits_apply_to_every_target_and_can_be_disabled() {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Policy {
        role_name: String,
        policy_document: Document,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Document {
        version: String,
    }
    let answer = "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName>\
        <PolicyDocument>%7B%22Version%22%3A%222012%22%7D</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>";
    let replay = Arc::new((0..4).fold(Replay::new(), |replay, _| replay.respond(200, &[], answer)));
    let client = unsigned().over(replay);
    let place = json!({"RoleName": "r", "PolicyName": "p"});
    let value = client.call("iam", "GetRolePolicy", place.clone()).unwrap();
    let expected = json!({"RoleName": "r", "PolicyDocument": {"Version": "2012"}});
    assert_eq!(value, expected);
    let typed: Policy = client
        .call_as("iam", "GetRolePolicy", place.clone())
        .unwrap();
    assert_eq!(
        (&*typed.role_name, &*typed.policy_document.version),
        ("r", "2012")
    );
    let request = || client.request("iam", "GetRolePolicy").params(place.clone());
    let mut text = Vec::new();
    request().send().unwrap().write_json(&mut text).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), expected);
    let plain = request().config(|config| config.without_customisation("iam-policy-documents"));
    let plain = plain.send().unwrap().to_value().unwrap();
    assert_eq!(plain["PolicyDocument"], "%7B%22Version%22%3A%222012%22%7D");
}

#[test]
fn an_unknown_customisation_cannot_be_disabled() {
    let config = isolated()
        .without_customisation("s3-bucket-nam")
        .build()
        .unwrap();
    let error = Client::with_transport(config, Replay::new()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("disabled_customisations: \"s3-bucket-nam\""),
        "{error}"
    );
}

/// The request of a call without these customisations.
fn both(
    service: &str,
    operation: &str,
    params: &Value,
    names: &str,
) -> [Option<tucuxi::transport::SentRequest>; 2] {
    let with = |config: ConfigBuilder| {
        let (client, replay) = config
            .max_attempts(1)
            .replay(Replay::new().respond(200, &[], ""));
        // the outcome does not matter
        let _ = client.call(service, operation, params.clone());
        replay.sent().pop()
    };
    let who = Credentials::new("AKIDEXAMPLE", "secret");
    let config = isolated().credentials(who);
    let off = [
        ("TUCUXI_DISABLED_CUSTOMISATIONS", names),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    [with(config.clone()), with(config.environment(off))]
}

#[test]
fn customisations_of_requests_can_be_disabled() {
    let shown = |sent: &Option<tucuxi::transport::SentRequest>| match sent {
        Some(sent) => format!(
            "{} {} {:?} {:?}",
            sent.method, sent.uri, sent.headers, sent.body
        ),
        None => "nothing is sent".into(),
    };
    let copy = json!({"Bucket": "bucket", "Key": "k", "CopySource": "b/a b"});
    let key = json!({"Bucket": "bucket", "Key": "k", "SSECustomerKey": "secret"});
    let cases = [
        (
            "apigateway",
            "GetAccount",
            json!({}),
            "api-gateway-accept",
            "\"accept\": \"application/json\"",
        ),
        (
            "cloudsearchdomain",
            "Search",
            json!({"query": "q"}),
            "cloudsearch-post",
            "POST",
        ),
        (
            "ec2",
            "RunInstances",
            json!({"MinCount": 1, "MaxCount": 1, "UserData": "x"}),
            "user-data",
            "UserData=eA%3D%3D",
        ),
        (
            "glacier",
            "ListVaults",
            json!({}),
            "glacier-account",
            "/-/vaults",
        ),
        (
            "glacier",
            "ListVaults",
            json!({}),
            "glacier-version",
            "x-amz-glacier-version",
        ),
        (
            "machinelearning",
            "Predict",
            json!({"MLModelId": "m", "Record": {}, "PredictEndpoint": "https://there.example.com/x"}),
            "machine-learning-endpoint",
            "\"host\": \"there.example.com\"",
        ),
        (
            "route53",
            "GetHostedZone",
            json!({"Id": "/hostedzone/Z"}),
            "route-53-ids",
            "/hostedzone/Z ",
        ),
        (
            "s3",
            "GetObject",
            json!({"Bucket": "a b", "Key": "k"}),
            "s3-bucket-name",
            "nothing is sent",
        ),
        ("s3", "CopyObject", copy, "s3-copy-source", "\"b/a%20b\""),
        (
            "s3",
            "GetObject",
            key,
            "s3-customer-key",
            "customer-key-md5",
        ),
        (
            "s3",
            "ListObjects",
            json!({"Bucket": "bucket"}),
            "s3-listed-keys",
            "encoding-type=url",
        ),
        (
            "s3",
            "PutObject",
            json!({"Bucket": "bucket", "Key": "k", "Metadata": {"a": "é"}}),
            "s3-metadata",
            "nothing is sent",
        ),
        (
            "s3",
            "PutObject",
            json!({"Bucket": "bucket", "Key": "k", "Body": "eA=="}),
            "s3-consent",
            "100-continue",
        ),
        (
            "rds",
            "CopyDBSnapshot",
            json!({"SourceDBSnapshotIdentifier": "a", "TargetDBSnapshotIdentifier": "t", "SourceRegion": "us-west-2"}),
            "source-region-url",
            "PreSignedUrl=",
        ),
    ];
    for (service, operation, params, name, mark) in cases {
        let [on, off] = both(service, operation, &params, name);
        let (on, off) = (shown(&on), shown(&off));
        assert!(on.contains(mark), "{service}.{operation}: {on}");
        assert!(
            !off.contains(mark),
            "{service}.{operation} without {name}: {off}"
        );
    }
}

#[test]
fn a_parameter_and_its_alias_exclude_each_other() {
    let (client, replay) = unsigned().replay(Replay::new().respond(200, &[], "{}"));
    let mut params = json!({"logGroupName": "g", "fromTime": 1, "to": 2, "destination": "b"});
    client
        .call("logs", "CreateExportTask", params.clone())
        .unwrap();
    let body: Value = serde_json::from_slice(&replay.sent()[0].body).unwrap();
    assert_eq!((&body["from"], body.get("fromTime")), (&json!(1), None));
    params["from"] = 3.into();
    let error = client.call("logs", "CreateExportTask", params).unwrap_err();
    assert_eq!(
        error.to_string(),
        "logs.CreateExportTask: invalid parameters: fromTime: is an alias of from, which is given too"
    );
}

#[test]
fn a_renamed_service_keeps_its_old_name() {
    let client = unsigned().over(Replay::new());
    let id = |name| client.model(name).unwrap().metadata().service_id.clone();
    assert_eq!(id("runtime.sagemaker"), id("sagemaker-runtime"));
}

#[test]
fn a_lambda_function_passes_its_trace_on() {
    let replay = Arc::new(Replay::new().respond(200, &[], "{}"));
    let env = [
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("_X_AMZN_TRACE_ID", "Root=1-5759e988;Parent=53\u{e9}"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let client = unsigned().environment(env).over(replay.clone());
    client.call("dynamodb", "ListTables", json!({})).unwrap();
    let trace = replay.sent()[0].headers["x-amzn-trace-id"].clone();
    assert_eq!(trace, "Root=1-5759e988;Parent=53%C3%A9");
}

#[test]
fn errors_of_oauth_have_its_codes() {
    let body = r#"{"error": "invalid_client", "error_description": "no such client"}"#;
    let answer = [("x-amzn-errortype", "InvalidClientException")];
    let client = unsigned().over(Replay::new().respond(401, &answer, body));
    let params = json!({"clientId": "c", "clientSecret": "s", "grantType": "g"});
    let error = client.call("sso-oidc", "CreateToken", params).unwrap_err();
    assert_eq!(&*error.service_error().unwrap().message, "no such client");
}

#[test]
fn an_invalid_expires_is_no_error() {
    let answers = Replay::new()
        .respond(200, &[("expires", "tomorrow")], "")
        .respond(200, &[("expires", "Wed, 21 Oct 2015 07:28:00 GMT")], "");
    let client = unsigned().over(answers);
    let object = json!({"Bucket": "bucket", "Key": "k"});
    let head = client.call("s3", "HeadObject", object.clone()).unwrap();
    assert_eq!(
        (head.get("Expires"), &head["ExpiresString"]),
        (None, &json!("tomorrow"))
    );
    let head = client.call("s3", "HeadObject", object).unwrap();
    assert_eq!(head["Expires"], "2015-10-21T07:28:00Z");
}

#[test]
fn a_user_agent_of_the_program_is_kept() {
    struct Own;
    impl Interceptor for Own {
        fn request(&self, _: &CallContext<'_>, request: &mut Request) -> tucuxi::Result<()> {
            let own = HeaderValue::from_static("own/1");
            request.headers_mut().insert("user-agent", own);
            Ok(())
        }
    }
    let (client, replay) =
        unsigned()
            .interceptor(Own)
            .replay(Replay::new().respond(200, &[], "{}"));
    client.call("dynamodb", "ListTables", json!({})).unwrap();
    assert_eq!(replay.sent()[0].headers["user-agent"], "own/1");
}

#[test]
fn the_user_agent_reports_the_features_in_use() {
    let table = r#"{"Table": {"TableStatus": "ACTIVE"}}"#;
    let answers = Replay::new()
        .respond(200, &[("etag", "\"e\"")], "")
        .respond(200, &[], "{}")
        .respond(200, &[], "{}")
        .respond(200, &[], table)
        .respond(200, &[("etag", "\"e\"")], "");
    let replay = Arc::new(answers);
    let env = [
        ("AWS_EXECUTION_ENV", "AWS Lambda"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let who = Credentials::new("AKIDEXAMPLE", "secret").with_account_id("123456789012");
    let config = isolated()
        .environment(env)
        .credentials(who)
        .app_id("my app");
    let client = config.over(replay.clone());
    let object = json!({"Bucket": "bucket", "Key": "k", "Body": "eA=="});
    client.call("s3", "PutObject", object).unwrap();
    client.call("dynamodb", "ListTables", json!({})).unwrap();
    let pages = client.pages("dynamodb", "ListTables", json!({})).unwrap();
    assert_eq!(pages.count(), 1);
    client
        .wait("dynamodb", "TableExists", json!({"TableName": "table"}))
        .unwrap();
    client.transfer().upload("x", "bucket", "k").run().unwrap();
    let agents: Vec<String> = (replay.sent().iter())
        .map(|sent| sent.headers["user-agent"].to_str().unwrap().to_owned())
        .collect();
    let start = format!("tucuxi/{} ua/2.1 os/", env!("CARGO_PKG_VERSION"));
    let ending = |ids: &str| {
        format!(" lang/rust exec-env/AWS-Lambda m/{ids} cfg/retry-mode#standard app/my-app")
    };
    let expected = [
        "E,U,Z,b,e",
        "E,P,T,Z,b,e",
        "C,E,P,T,Z,b,e",
        "B,E,P,T,Z,b,e",
        "E,G,U,Z,b,e",
    ];
    assert_eq!(agents.len(), expected.len());
    for (agent, ids) in agents.iter().zip(expected) {
        assert!(
            agent.starts_with(&start) && agent.ends_with(&ending(ids)),
            "{agent}"
        );
    }
}
