//! Credentials providers: recorded exchanges, profile chains, endpoints of services, logins.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use http::Uri;
use serde_json::{Value, json};
use tempfile::TempDir;
use tucuxi::transport::{
    Limits, Replay, Request, Response, SentRequest, Transport, TransportError,
};
use tucuxi::{Client, Config, internals};

use crate::suite::{self, Suite, Verdict};

/// The default time of the cases: before anything in them has expired.
const NOW: u64 = 1_000_000_000;

/// Returns status and body for a request.
type Answer = dyn Fn(&SentRequest) -> (u16, String) + Send + Sync;

/// Responds with what a function returns, and records the requests.
#[derive(Clone)]
struct Network {
    answer: Arc<Answer>,
    sent: Arc<Mutex<Vec<SentRequest>>>,
}

impl Network {
    fn new(answer: impl Fn(&SentRequest) -> (u16, String) + Send + Sync + 'static) -> Self {
        let sent = Arc::default();
        let answer = Arc::new(answer);
        Self { answer, sent }
    }

    fn sent(&self) -> Vec<SentRequest> {
        self.sent.lock().unwrap().clone()
    }
}

impl Transport for Network {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        // a replay only parses the request
        let listener = Replay::new().respond(200, &[], "");
        let (parts, body) = request.into_parts();
        let mut copy = http::Request::new(body.clone());
        *copy.method_mut() = parts.method.clone();
        *copy.uri_mut() = parts.uri.clone();
        *copy.headers_mut() = parts.headers.clone();
        listener.send(copy, limits)?;
        let sent = listener.sent().remove(0);
        let (status, text) = (self.answer)(&sent);
        self.sent.lock().unwrap().push(sent);
        Replay::new()
            .respond(status, &[], text)
            .send(http::Request::from_parts(parts, body), limits)
    }
}

/// A home directory.
struct Machine {
    root: TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name.trim_start_matches('/'))
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.into(), value.into()));
    }

    /// Paths of the case are relative to this folder.
    fn environment(&mut self, env: &Value) {
        for (name, value) in env.as_object().into_iter().flatten() {
            let value = value.as_str().unwrap();
            let is_path = value.starts_with('/') && (name.ends_with("_FILE") || name == "HOME");
            match is_path {
                true => self.variable(name, self.path(value).to_str().unwrap().to_owned().as_str()),
                false => self.variable(name, value),
            }
        }
    }

    /// All requests go to `network`.
    fn client(&self, profile: Option<&str>, network: Network, now: u64) -> Result<Client, String> {
        let config = Config::builder()
            .environment(
                self.variables
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            )
            .clock(move || UNIX_EPOCH + Duration::from_secs(now))
            .sleep(|_| ());
        let config = match profile {
            Some(profile) => config.profile(profile),
            None => config,
        };
        let config = config.build().map_err(|e| e.to_string())?;
        Client::with_transport(config, network).map_err(|e| e.to_string())
    }

    fn found(&self, profile: Option<&str>, network: Network, now: u64) -> Result<Value, String> {
        internals::credentials(&self.client(profile, network, now)?)
    }
}

fn nobody() -> Network {
    Network::new(|_| (404, String::new()))
}

fn is_same(found: &Value, expected: &Value, names: &[(&str, &str)]) -> Result<(), String> {
    for (ours, theirs) in names {
        if let Some(expected) = expected.get(theirs)
            && found[ours] != *expected
        {
            return Err(format!("{ours}: {} instead of {expected}", found[ours]));
        }
    }
    Ok(())
}

fn failure(found: Result<Value, String>, expected: &Value) -> Verdict {
    match found {
        Err(_) => Verdict::Passed,
        Ok(found) => Verdict::Failed(format!(
            "{} instead of the error {expected}",
            found["access_key"]
        )),
    }
}

#[test]
fn recorded_chains() {
    let Some(folder) = suite::folder("credentials") else {
        return;
    };
    let mut suite = Suite::new("credentials recorded chains");
    for file in suite::files(&folder, "test-case.json") {
        let folder = file.parent().unwrap();
        let id = folder
            .strip_prefix(folder.parent().unwrap().parent().unwrap())
            .unwrap();
        suite.case(&id.to_string_lossy(), || recorded(folder));
    }
    suite::finish([suite]);
}

fn recorded(folder: &Path) -> Verdict {
    let read = |name: &str| -> Value {
        let path = folder.join(name);
        match path.exists() {
            true => serde_json::from_str(&suite::text(&path)).unwrap(),
            false => Value::Null,
        }
    };
    let (case, env, traffic) = (
        read("test-case.json"),
        read("env.json"),
        read("http-traffic.json"),
    );
    let mut machine = Machine::new();
    let mut texts = String::new();
    for file in suite::files(&folder.join("fs"), "") {
        let name = file
            .strip_prefix(folder.join("fs"))
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let text = suite::text(&file);
        let root = machine.root.path().to_string_lossy().into_owned();
        let moved = match name.ends_with("config") {
            true => text.replace(
                "web_identity_token_file = /",
                &format!("web_identity_token_file = {root}/"),
            ),
            false => text.clone(),
        };
        machine.file(&name, moved);
        texts += &text;
    }
    if texts
        .lines()
        .any(|line| line.starts_with("credential_process") && line.contains(" | "))
    {
        return Verdict::Skipped("processes: as botocore we run a program, and no shell");
    }
    machine.environment(&env);
    let network = play(&traffic);
    if folder
        .parent()
        .unwrap()
        .ends_with("default-token-provider-chain")
    {
        return token(&machine, &network, &case["result"]).into();
    }
    if env.get("AWS_ROLE_ARN").is_some()
        && texts.contains("web_identity_token_file")
        && !texts.contains("role_arn")
    {
        return Verdict::Skipped(
            "roles of tokens: as botocore we take file and role each from where it is",
        );
    }
    // these test the profile provider only
    let profile = folder.parent().unwrap().ends_with("profile-provider");
    let profile = profile.then(|| env["AWS_PROFILE"].as_str().unwrap_or("default"));
    let found = machine.found(profile, network, NOW);
    let Some(expected) = case["result"].get("Ok") else {
        return failure(found, &case["result"]);
    };
    let names = [
        ("access_key", "access_key_id"),
        ("secret_key", "secret_access_key"),
        ("token", "session_token"),
        ("account_id", "account_id"),
        ("expires", "expiry"),
    ];
    found
        .and_then(|found| is_same(&found, expected, &names))
        .into()
}

/// A recording. Requests are compared by method, host and path; requests beyond it receive 404.
fn play(traffic: &Value) -> Network {
    let mut answers = Vec::new();
    let events = traffic["events"].as_array().cloned().unwrap_or_default();
    let of = |id: &Value, kind: &str| {
        let mut actions = events
            .iter()
            .filter(|event| event["connection_id"] == *id)
            .map(|event| &event["action"]);
        actions.find_map(|action| match action.get(kind) {
            Some(action) if kind != "Data" || action["direction"] == "Response" => {
                Some(action.clone())
            }
            _ => None,
        })
    };
    for event in &events {
        let Some(request) = event["action"].get("Request") else {
            continue;
        };
        let id = &event["connection_id"];
        let status =
            of(id, "Response").and_then(|action| action["response"]["Ok"]["status"].as_u64());
        let body =
            of(id, "Data").and_then(|action| Some(action["data"]["Utf8"].as_str()?.to_owned()));
        let request = &request["request"];
        let method = request["method"].as_str().unwrap().to_owned();
        let uri: Uri = request["uri"].as_str().unwrap().parse().unwrap();
        let answer = (
            u16::try_from(status.unwrap_or(500)).unwrap(),
            body.unwrap_or_default(),
        );
        answers.push((method, uri, answer));
    }
    let answers = Mutex::new(answers);
    Network::new(move |sent| {
        let mut answers = answers.lock().unwrap();
        let is_asked = |method: &str, uri: &Uri| {
            method == sent.method.as_str()
                && uri.host() == sent.uri.host()
                && uri.path() == sent.uri.path()
        };
        match answers
            .iter()
            .position(|(method, uri, _)| is_asked(method, uri))
        {
            Some(at) => answers.remove(at).2,
            None => (404, String::new()),
        }
    })
}

fn token(machine: &Machine, network: &Network, expected: &Value) -> Result<(), String> {
    let client = machine.client(None, network.clone(), NOW)?;
    let found = internals::token(&client);
    match (expected.get("Ok"), found) {
        (Some(expected), Ok(found)) => is_same(&found, expected, &[("token", "token")]),
        (Some(_), Err(error)) => Err(error),
        (None, Ok(_)) => Err(format!("a token instead of {expected}")),
        (None, Err(_)) => Ok(()),
    }
}

#[test]
fn chains_of_profiles() {
    let Some(folder) = suite::folder("credentials") else {
        return;
    };
    let mut suite = Suite::new("credentials chains of profiles");
    for file in suite::files(&folder, "assume-role-tests.json") {
        let cases: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for case in cases.as_array().unwrap() {
            suite.case(case["docs"].as_str().unwrap(), || profiles(case));
        }
    }
    suite::finish([suite]);
}

fn profiles(case: &Value) -> Verdict {
    let (input, output) = (&case["input"], &case["output"]);
    let profile = &input["profiles"][input["selected_profile"].as_str().unwrap()];
    let is_token = profile["sso_session"].is_string()
        && profile["sso_account_id"].is_null()
        && profile["sso_role_name"].is_null();
    if is_token {
        return Verdict::Skipped("a session without an account gives tokens, and no credentials");
    }
    let mut machine = Machine::new();
    let token_file = machine.file("token.jwt", "jwt");
    let mut text = String::new();
    for (kind, sections) in [
        ("profile", &input["profiles"]),
        ("sso-session", &input["sso_sessions"]),
    ] {
        for (name, keys) in sections.as_object().into_iter().flatten() {
            text += &format!("[{kind} {name}]\n");
            for (key, value) in keys.as_object().unwrap() {
                let value = match &**key {
                    "web_identity_token_file" => &token_file,
                    _ => value.as_str().unwrap(),
                };
                text += &format!("{key} = {value}\n");
            }
        }
    }
    let path = machine.file("config", text);
    machine.variable("AWS_CONFIG_FILE", &path);
    machine.variable("AWS_REGION", "us-east-1");
    machine.variable(
        "HOME",
        machine.root.path().to_str().unwrap().to_owned().as_str(),
    );
    sso_tokens(&machine, input);
    let network = Network::new(aws);
    let found = machine.found(input["selected_profile"].as_str(), network.clone(), NOW);
    let Some(expected) = output["ProfileChain"].as_array() else {
        return failure(found, output);
    };
    found
        .and_then(|_| same_steps(&steps(&network.sent()), expected))
        .into()
}

/// Writes a token for every session and start URL of the case.
fn sso_tokens(machine: &Machine, input: &Value) {
    use sha1::{Digest, Sha1};
    let sessions = input["sso_sessions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str());
    let profiles = input["profiles"].as_object().into_iter().flatten();
    let urls = profiles.filter_map(|(_, keys)| keys["sso_start_url"].as_str());
    for key in sessions.chain(urls) {
        let name: String = Sha1::digest(key.as_bytes())
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let token = json!({"accessToken": "t", "expiresAt": "2100-01-01T00:00:00Z"});
        machine.file(&format!(".aws/sso/cache/{name}.json"), token.to_string());
    }
}

/// All services that issue credentials.
fn aws(sent: &SentRequest) -> (u16, String) {
    let (path, body) = (
        sent.uri.path(),
        String::from_utf8_lossy(&sent.body).into_owned(),
    );
    let end = "2100-01-01T00:00:00Z";
    let action = body.split(['=', '&']).nth(1).unwrap_or_default().to_owned();
    let text = match () {
        () if path.ends_with("/token") => "token".into(),
        () if path.ends_with("security-credentials/") => "role".into(),
        () if path.ends_with("security-credentials/role") || path.starts_with("/creds") || path.starts_with("/v2") => {
            json!({"AccessKeyId": "1", "SecretAccessKey": "2", "Token": "3", "AccountId": "4", "Expiration": end}).to_string()
        }
        () if path == "/federation/credentials" => json!({"roleCredentials": {
            "accessKeyId": "1", "secretAccessKey": "2", "sessionToken": "3", "expiration": 4_102_444_800_000_u64,
        }})
        .to_string(),
        () if action.starts_with("AssumeRole") => format!(
            "<{action}Response><{action}Result><Credentials><AccessKeyId>1</AccessKeyId><SecretAccessKey>2</SecretAccessKey>\
             <SessionToken>3</SessionToken><Expiration>{end}</Expiration></Credentials><AssumedRoleUser>\
             <Arn>arn:aws:sts::4:assumed-role/r/n</Arn><AssumedRoleId>i</AssumedRoleId></AssumedRoleUser></{action}Result></{action}Response>"
        ),
        () => return (404, String::new()),
    };
    (200, text)
}

/// The requests in the terms of the cases.
fn steps(sent: &[SentRequest]) -> Vec<Value> {
    let mut steps = Vec::new();
    for sent in sent {
        let body: Value = form_urlencoded::parse(&sent.body)
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
        let query: Value = form_urlencoded::parse(sent.uri.query().unwrap_or_default().as_bytes())
            .map(|(k, v)| (k.into_owned(), v.into_owned()))
            .collect();
        let role =
            json!({"role_arn": body["RoleArn"], "role_session_name": body["RoleSessionName"]});
        if sent.uri.path().ends_with("security-credentials/role") {
            steps.push(json!({"NamedSource": "Ec2InstanceMetadata"}));
        } else if body["Action"] == "AssumeRoleWithWebIdentity" {
            steps.push(json!({"WebIdentityToken": role}));
        } else if body["Action"] == "AssumeRole" {
            let header = sent.headers["authorization"].to_str().unwrap();
            let id = header
                .split("Credential=")
                .nth(1)
                .unwrap()
                .split('/')
                .next()
                .unwrap();
            if steps.is_empty() {
                steps.push(json!({"AccessKey": {"access_key_id": id}}));
            }
            steps.push(json!({"AssumeRole": role}));
        } else if sent.uri.path() == "/federation/credentials" {
            steps.push(json!({"Sso": {"sso_account_id": query["account_id"], "sso_role_name": query["role_name"]}}));
        }
    }
    steps
}

/// Compares the known details of each step.
fn same_steps(found: &[Value], expected: &[Value]) -> Result<(), String> {
    let same = |found: &Value, expected: &Value| match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => found
            .iter()
            .all(|(key, value)| expected.get(key).is_none_or(|expected| expected == value)),
        (found, expected) => found == expected,
    };
    let steps = found.iter().zip(expected);
    let good = steps.into_iter().all(|(found, expected)| {
        let kind = expected.as_object().unwrap().keys().next().unwrap();
        found
            .get(kind)
            .is_some_and(|found| same(found, &expected[kind]))
    });
    match good && found.len() == expected.len() {
        true => Ok(()),
        false => Err(format!("{found:?} instead of {expected:?}")),
    }
}

#[test]
fn addresses() {
    let Some(folder) = suite::folder("credentials") else {
        return;
    };
    let mut suites = Vec::new();
    for (ending, name) in [
        ("ecs-tests.json", "containers"),
        ("imds-endpoint-tests.json", "instances"),
    ] {
        let mut suite = Suite::new(&format!("credentials addresses of {name}"));
        for file in suite::files(&folder, ending) {
            let data: Value = serde_json::from_str(&suite::text(&file)).unwrap();
            for case in data["tests"].as_array().unwrap() {
                suite.case(case["docs"].as_str().unwrap(), || address(case).into());
            }
        }
        suites.push(suite);
    }
    suite::finish(suites);
}

fn address(case: &Value) -> Result<(), String> {
    let mut machine = Machine::new();
    for (name, text) in case["fs"].as_object().into_iter().flatten() {
        machine.file(name, text.as_str().unwrap());
    }
    for (name, value) in case["env"].as_object().unwrap() {
        let value = value.as_str().unwrap();
        match name == "AWS_CONFIG_FILE" {
            true => machine.variable(
                name,
                machine.path(value).to_str().unwrap().to_owned().as_str(),
            ),
            false => machine.variable(name, value),
        }
    }
    // an endpoint that the program sets has precedence over files, like variables
    let overrides = [
        ("endpoint_override", "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
        ("mode_override", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"),
    ];
    for (key, variable) in overrides {
        if let Some(value) = case[key].as_str() {
            machine.variable(variable, value);
        }
    }
    let network = nobody();
    let found = machine
        .client(None, network.clone(), NOW)
        .map(|client| client.introspect().explain_credentials());
    let first = network.sent().first().map(|sent| sent.uri.to_string());
    let is_container = |url: &str| !url.ends_with("/latest/api/token");
    match case["result"]["Ok"].as_str() {
        Some(expected) if first.as_deref() == Some(expected) => Ok(()),
        Some(expected) => Err(format!("{first:?} instead of {expected}: {found:?}")),
        // the metadata service may be queried if no container endpoint was
        None if found.is_err() || first.as_deref().is_none_or(|url| !is_container(url)) => Ok(()),
        None => Err(format!("{first:?} instead of {}", case["result"])),
    }
}

#[test]
fn logins() {
    let Some(folder) = suite::folder("credentials") else {
        return;
    };
    let mut suite = Suite::new("credentials logins");
    for file in suite::files(&folder, "login-provider-test-cases.json") {
        let cases: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for case in cases.as_array().unwrap() {
            suite.case(case["documentation"].as_str().unwrap(), || {
                login(case).into()
            });
        }
    }
    suite::finish([suite]);
}

fn login(case: &Value) -> Result<(), String> {
    /// 2025-11-19T00:00:00Z, which the expirations of the cases assume.
    const NOW: u64 = 1_763_510_400;
    let mut machine = Machine::new();
    let config = case["configContents"].as_str().unwrap();
    let path = machine.file("config", config);
    machine.variable("AWS_CONFIG_FILE", &path);
    machine.variable("AWS_REGION", "us-east-1");
    machine.variable("AWS_EC2_METADATA_DISABLED", "true");
    machine.variable(
        "AWS_LOGIN_CACHE_DIRECTORY",
        machine.path("cache").to_str().unwrap().to_owned().as_str(),
    );
    for (name, document) in case["cacheContents"].as_object().into_iter().flatten() {
        machine.file(&format!("cache/{name}"), document.to_string());
    }
    let calls = Mutex::new(case["mockApiCalls"].as_array().cloned().unwrap_or_default());
    let network = Network::new(move |sent| {
        let mut calls = calls.lock().unwrap();
        let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        match calls.iter().position(|call| {
            call["request"]["tokenInput"] == body && sent.headers.contains_key("dpop")
        }) {
            Some(at) => {
                let call = calls.remove(at);
                let code = call
                    .get("responseCode")
                    .and_then(Value::as_u64)
                    .unwrap_or(200);
                let response = &call["response"];
                let body = response.get("tokenOutput").unwrap_or(response);
                (u16::try_from(code).unwrap(), body.to_string())
            }
            None => (400, String::new()),
        }
    });
    let profile = config
        .split(['[', ']'])
        .nth(1)
        .unwrap()
        .trim_start_matches("profile ");
    let found = machine.found(Some(profile), network, NOW);
    for outcome in case["outcomes"].as_array().unwrap() {
        match (outcome["result"].as_str().unwrap(), &found) {
            ("error", Ok(found)) => {
                return Err(format!("{} instead of an error", found["access_key"]));
            }
            ("error", Err(_)) => {}
            (_, Err(error)) => return Err(error.clone()),
            ("credentials", Ok(found)) => {
                let names = [
                    ("access_key", "accessKeyId"),
                    ("secret_key", "secretAccessKey"),
                    ("token", "sessionToken"),
                    ("account_id", "accountId"),
                    ("end", "expiresAt"),
                ];
                is_same(found, outcome, &names)?;
            }
            ("cacheContents", Ok(_)) => {
                for (name, expected) in outcome
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter(|(name, _)| *name != "result")
                {
                    let kept = fs::read(machine.path(&format!("cache/{name}")))
                        .map_err(|e| e.to_string())?;
                    let kept: Value = serde_json::from_slice(&kept).map_err(|e| e.to_string())?;
                    let keys = expected.as_object().unwrap().keys();
                    if let Some(key) = keys.into_iter().find(|key| kept[key] != expected[key]) {
                        return Err(format!(
                            "{key} in the file: {} instead of {}",
                            kept[key], expected[key]
                        ));
                    }
                }
            }
            (other, _) => return Err(format!("no comparison for {other}")),
        }
    }
    Ok(())
}

#[test]
fn sources() {
    let Some(folder) = suite::folder("credentials") else {
        return;
    };
    let mut suite = Suite::new("credentials sources");
    for file in suite::files(&folder, "modular-credential-chain-tests.json") {
        let cases: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for case in cases.as_array().unwrap() {
            let id = format!("{} {}", case["id"], case["documentation"].as_str().unwrap());
            suite.case(&id, || source(case));
        }
    }
    suite::finish([suite]);
}

fn source(case: &Value) -> Verdict {
    let (input, expected) = (&case["input"], &case["expected"]);
    for key in ["customProviders", "invalidationIdentity", "identityType"] {
        if input.get(key).is_some() {
            return Verdict::Skipped(
                "slots, identity types and invalidation are the other SDK's interface",
            );
        }
    }
    if expected["resolutionError"]["moduleSuggestions"]
        .as_array()
        .is_some_and(|modules| !modules.is_empty())
    {
        return Verdict::Skipped("modules that are missing are the other SDK's packaging");
    }
    let config = input["configFiles"]["aws"].as_str().unwrap_or_default();
    if config
        .split('[')
        .any(|section| section.contains("role_arn") && section.contains("aws_access_key_id"))
    {
        return Verdict::Skipped(
            "roles: as botocore a role counts for more than keys of its own profile",
        );
    }
    let mut machine = Machine::new();
    let token = machine.file("token", "jwt");
    for (name, value) in input["env"].as_object().into_iter().flatten() {
        match name == "AWS_WEB_IDENTITY_TOKEN_FILE" {
            true => machine.variable(name, &token),
            false => machine.variable(name, value.as_str().unwrap()),
        }
    }
    let path = machine.file("config", config);
    machine.variable("AWS_CONFIG_FILE", &path);
    machine.variable("AWS_REGION", "us-east-1");
    machine.variable(
        "HOME",
        machine.root.path().to_str().unwrap().to_owned().as_str(),
    );
    sso_tokens(&machine, &json!({"sso_sessions": sessions(config)}));
    let known = input.clone();
    let network = Network::new(move |sent| answer(&known, sent));
    let given = &input["clientIdentityResolver"];
    if given.is_object() {
        return Verdict::Skipped(
            "credentials of the program are held against the chain by our own tests",
        );
    }
    let found = machine.found(input["profileNameOverride"].as_str(), network, NOW);
    let names = [
        ("access_key", "accessKeyId"),
        ("secret_key", "secretAccessKey"),
        ("token", "sessionToken"),
        // the portal is queried for an account, and returns none
        (
            "account_id",
            if input.get("ssoResponse").is_some() {
                ""
            } else {
                "accountId"
            },
        ),
    ];
    match expected.get("resolved") {
        Some(expected) => found
            .and_then(|found| is_same(&found, expected, &names))
            .into(),
        None => failure(found, expected),
    }
}

fn sessions(config: &str) -> Value {
    let names = config
        .split("[sso-session ")
        .skip(1)
        .filter_map(|rest| rest.split(']').next());
    names.map(|name| (name.to_owned(), json!({}))).collect()
}

/// The services of the case. Others do not exist.
fn answer(input: &Value, sent: &SentRequest) -> (u16, String) {
    let host = sent.uri.host().unwrap_or_default();
    let key = match host {
        _ if host.starts_with("169.254.169.254") => "imdsResponse",
        _ if host.starts_with("sts.") => "stsResponse",
        _ if host.starts_with("portal.sso.") => "ssoResponse",
        _ => "httpResponse",
    };
    let Some(known) = input.get(key) else {
        return (404, String::new());
    };
    if let Some(error) = known["error"].as_str() {
        return (
            403,
            format!(
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>{error}</Message></Error></ErrorResponse>"
            ),
        );
    }
    aws(sent)
}

#[test]
fn instances() {
    let Some(folder) = suite::folder("credentials") else {
        return;
    };
    let mut suite = Suite::new("credentials instances");
    for file in suite::files(&folder, "imds-v21-tests.json") {
        let cases: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        for case in cases.as_array().unwrap() {
            suite.case(case["summary"].as_str().unwrap(), || instance(case));
        }
    }
    suite::finish([suite]);
}

fn instance(case: &Value) -> Verdict {
    let expectations = case["expectations"].as_array().unwrap();
    let is_extended = |step: &Value| {
        step["get"]
            .as_str()
            .is_some_and(|path| path.contains("-extended"))
    };
    if expectations.iter().any(is_extended) {
        return Verdict::Skipped(
            "security-credentials-extended: as botocore we ask for the plain ones",
        );
    }
    let mut machine = Machine::new();
    machine.environment(&case["config"]["envVars"]);
    let found = machine.found(None, nobody(), NOW);
    match case["outcomes"][0]["result"] == "credentials" {
        true => found.map(|_| ()).into(),
        false => failure(found, &case["outcomes"][0]),
    }
}
