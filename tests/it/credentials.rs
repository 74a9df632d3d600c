//! Each credentials provider against a service on the loopback interface: its requests, and good, bad and missing responses.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};
use tempfile::TempDir;
use tucuxi::config::{ConfigBuilder, SignatureVersion};
use tucuxi::credentials::{
    BearerToken, CredentialsError, CredentialsProvider, CredentialsSource, ProviderContext,
    ProviderOutcome,
};
use tucuxi::transport::{CancelToken, Replay};
use tucuxi::{Body, Client, Config, Credentials, ErrorKind};

use crate::support::client::{IntoClient, connect, over};
use crate::support::loopback::{Answer, Asked, Server};

/// The time of all tests: 2023-11-14T22:13:20Z.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

const LATER: &str = "2023-11-15T22:13:20Z";
const SOON: &str = "2023-11-14T22:14:20Z";
const PAST: &str = "2023-11-14T22:00:00Z";

/// A home directory, and the servers in place of AWS.
struct Machine {
    home: TempDir,
    variables: Vec<(String, String)>,
    /// Whether a server does not respond. The client then has a short timeout.
    is_silent: bool,
}

impl Machine {
    fn new(config: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut this = Self {
            home,
            variables: Vec::new(),
            is_silent: false,
        };
        this.file(".aws/config", config);
        let path = this.home.path().to_str().unwrap().to_owned();
        this.variable("HOME", &path);
        this.variable("AWS_EC2_METADATA_DISABLED", "true");
        this.variable("AWS_REGION", "us-east-1");
        this
    }

    fn variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.into(), value.into()));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path(name)).unwrap()).unwrap()
    }

    fn config(&self) -> ConfigBuilder {
        let variables = self.variables.iter();
        Config::builder()
            .environment(variables.map(|(name, value)| (name.clone(), value.clone())))
            .clock(now)
            .max_attempts(1)
            .read_timeout(match self.is_silent {
                true => Duration::from_millis(100),
                false => Duration::from_secs(30),
            })
    }

    /// Returns the access key id and the expiration, or the error.
    fn found(&self) -> Result<String, String> {
        found(&self.config().connect())
    }
}

fn found(client: &Client) -> Result<String, String> {
    let rows = client.introspect().explain_credentials();
    let row = rows
        .iter()
        .find(|row| row.is_final())
        .ok_or("no provider has credentials")?;
    match &row.outcome {
        ProviderOutcome::Found { .. } => Ok(row.to_string().replace("****************", "…")),
        outcome => Err(format!("{}: {outcome}", row.provider)),
    }
}

/// A machine with this config file, whose `service` is a server with these responses.
fn served(
    config: &str,
    variable: &str,
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (Machine, Server) {
    let mut machine = Machine::new(config);
    let server = Server::start(answer);
    machine.variable(variable, &server.url);
    (machine, server)
}

fn assert_fails(machine: &Machine, parts: &[&str]) {
    let error = machine.found().unwrap_err();
    for part in parts {
        assert!(error.contains(part), "{error}: {part}");
    }
}

fn sts(action: &str) -> String {
    format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{LATER}</Expiration></Credentials>\
         <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/n</Arn><AssumedRoleId>i:n</AssumedRoleId></AssumedRoleUser>\
         </{action}Result></{action}Response>"
    )
}

const ROLE: &str = "[default]\nrole_arn = arn:r\nsource_profile = keys\n\
                    [profile keys]\naws_access_key_id = AKIDKEYS\naws_secret_access_key = s\n";
const STS_ERROR: &str = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>";

#[test]
fn a_role_is_assumed_once_and_cached() {
    let (machine, server) = served(ROLE, "AWS_ENDPOINT_URL_STS", |_| {
        Some((200, sts("AssumeRole")))
    });
    let expected = "assume-role: found: …ROLE, account 123456789012, until 2023-11-15T22:13:20Z";
    for _ in 0..3 {
        assert_eq!(machine.found().unwrap(), expected);
    }
    assert_eq!(server.asked().len(), 1);
    assert!(server.asked()[0].body.contains("Action=AssumeRole"));
    assert!(
        server.asked()[0]
            .header("authorization")
            .unwrap()
            .contains("AKIDKEYS")
    );
    // the file name that `aws` uses: the SHA-1 of {"RoleArn": "arn:r"}
    let kept = machine.read(".aws/cli/cache/85e188805d209c6e5e0956c4d7e891458faf89a2.json");
    assert_eq!(kept["Credentials"]["AccessKeyId"], "ASIAROLE");
    let own = machine.config().cache_roles(false).build().unwrap();
    found(&connect(own).unwrap()).unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_role_may_need_an_mfa_code() {
    let config = ROLE.replacen("arn:r\n", "arn:r\nmfa_serial = arn:mfa\n", 1);
    let (machine, server) = served(&config, "AWS_ENDPOINT_URL_STS", |_| {
        Some((200, sts("AssumeRole")))
    });
    let asking = |code: Result<&'static str, &'static str>| {
        let config = machine.config().mfa_prompt(move |serial| {
            assert_eq!(serial, "arn:mfa");
            code.map(str::to_owned).map_err(std::io::Error::other)
        });
        found(&config.connect())
    };
    assert!(
        asking(Err("gone for lunch"))
            .unwrap_err()
            .contains("arn:mfa: gone for lunch")
    );
    for _ in 0..2 {
        asking(Ok("123456\n")).unwrap();
    }
    assert_eq!(server.asked().len(), 1);
    let body = &server.asked()[0].body;
    assert!(
        body.contains("SerialNumber=arn%3Amfa") && body.contains("TokenCode=123456"),
        "{body}"
    );
}

#[test]
fn errors_and_timeouts_of_sts_are_reported() {
    let (machine, _server) = served(ROLE, "AWS_ENDPOINT_URL_STS", |_| {
        Some((403, STS_ERROR.into()))
    });
    assert_fails(
        &machine,
        &[
            "assume-role: ",
            "profile \"default\"",
            "AccessDenied",
            "not you",
        ],
    );
    let (mut machine, _server) = served(ROLE, "AWS_ENDPOINT_URL_STS", |_| None);
    machine.is_silent = true;
    assert_fails(&machine, &["assume-role: ", "no response in time"]);
    let (machine, _server) = served(ROLE, "AWS_ENDPOINT_URL_STS", |_| {
        Some((200, "<half".into()))
    });
    assert_fails(&machine, &["assume-role: "]);
}

#[test]
fn a_role_is_assumed_with_a_web_identity_token() {
    let (mut machine, server) = served("", "AWS_ENDPOINT_URL_STS", |asked| {
        match asked.body.contains("WebIdentityToken=jwt") {
            true => Some((200, sts("AssumeRoleWithWebIdentity"))),
            false => Some((400, STS_ERROR.into())),
        }
    });
    let token = machine.path("token");
    machine.variable("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap());
    machine.variable("AWS_ROLE_ARN", "arn:r");
    assert_fails(
        &machine,
        &["assume-role-with-web-identity: ", token.to_str().unwrap()],
    );
    machine.file("token", "other");
    assert_fails(&machine, &["AccessDenied"]);
    machine.file("token", "jwt\n");
    assert!(
        machine
            .found()
            .unwrap()
            .contains("…ROLE, account 123456789012")
    );
    assert_eq!(server.asked()[1].header("authorization"), None);
}

const SSO: &str = "[default]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Reader\n\
                   [sso-session corp]\nsso_start_url = https://corp.example\nsso_region = eu-west-1\n";
const PORTAL: &str = r#"{"roleCredentials":{"accessKeyId":"ASIASSO1","secretAccessKey":"s","sessionToken":"t","expiration":1700086400000}}"#;

fn sso_token(end: &str) -> String {
    json!({
        "accessToken": "old", "expiresAt": end, "refreshToken": "r", "clientId": "c", "clientSecret": "cs",
        "registrationExpiresAt": LATER, "startUrl": "https://corp.example", "region": "eu-west-1",
    })
    .to_string()
}

fn sso_file(machine: &Machine, text: &str) {
    use sha1::{Digest, Sha1};
    let name: String = Sha1::digest(b"corp")
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    machine.file(&format!(".aws/sso/cache/{name}.json"), text);
}

fn sso_read(machine: &Machine) -> Value {
    let mut files = std::fs::read_dir(machine.path(".aws/sso/cache")).unwrap();
    serde_json::from_slice(&std::fs::read(files.next().unwrap().unwrap().path()).unwrap()).unwrap()
}

#[test]
fn the_portal_exchanges_a_token_for_credentials() {
    let (machine, server) = served(SSO, "AWS_ENDPOINT_URL_SSO", |asked| {
        match asked.header("x-amz-sso_bearer_token") {
            Some("old") => Some((200, PORTAL.into())),
            _ => Some((
                401,
                r#"{"__type":"UnauthorizedException","message":"no"}"#.into(),
            )),
        }
    });
    assert_fails(
        &machine,
        &["there is no such file", "aws sso login --sso-session corp"],
    );
    sso_file(&machine, &sso_token(PAST).replace("refreshToken", "none"));
    assert_fails(
        &machine,
        &["has expired", "aws sso login --sso-session corp"],
    );
    sso_file(&machine, "{half");
    assert_fails(&machine, &["it is not JSON, at line 1"]);
    sso_file(&machine, &sso_token(LATER).replace("old", "revoked"));
    assert_fails(
        &machine,
        &["the session has expired or is invalid", "aws sso login"],
    );
    sso_file(&machine, &sso_token(LATER));
    let expected = "sso: found: …SSO1, account 123456789012, until 2023-11-15T22:13:20Z";
    assert_eq!(machine.found().unwrap(), expected);
    let line = "GET /federation/credentials?role_name=Reader&account_id=123456789012";
    assert_eq!(server.lines(), [line, line]);
    assert_eq!(machine.found().unwrap(), expected);
    assert_eq!(server.asked().len(), 2, "the role is kept");
}

#[test]
fn a_timeout_of_the_portal_is_reported() {
    let (mut machine, _server) = served(SSO, "AWS_ENDPOINT_URL_SSO", |_| None);
    machine.is_silent = true;
    sso_file(&machine, &sso_token(LATER));
    assert_fails(&machine, &["sso: ", "no response in time"]);
}

#[test]
fn an_sso_token_is_refreshed_before_it_expires() {
    let oidc = |asked: &Asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        match body["refreshToken"] == "r" {
            true => Some((
                200,
                r#"{"accessToken":"new","expiresIn":3600,"refreshToken":"r2"}"#.to_owned(),
            )),
            false => Some((
                400,
                r#"{"error":"invalid_grant","error_description":"used"}"#.to_owned(),
            )),
        }
    };
    let (mut machine, server) = served(SSO, "AWS_ENDPOINT_URL_SSO_OIDC", oidc);
    let portal = Server::start(|_| Some((200, PORTAL.into())));
    machine.variable("AWS_ENDPOINT_URL_SSO", &portal.url);
    sso_file(&machine, &sso_token(SOON));
    machine.found().unwrap();
    assert_eq!(
        portal.asked()[0].header("x-amz-sso_bearer_token"),
        Some("new")
    );
    assert_eq!(server.lines(), ["POST /token"]);
    let kept = sso_read(&machine);
    assert_eq!(
        (&kept["refreshToken"], &kept["expiresAt"]),
        (&json!("r2"), &json!("2023-11-14T23:13:20Z"))
    );

    // a failed exchange is an error only if the old token has expired
    for (end, good) in [(SOON, true), (PAST, false)] {
        std::fs::remove_dir_all(machine.path(".aws/cli")).ok();
        sso_file(&machine, &sso_token(end).replace("\"r\"", "\"void\""));
        assert_eq!(
            machine.found().is_ok(),
            good,
            "{end}: {:?}",
            machine.found()
        );
    }
    assert_fails(
        &machine,
        &["has expired", "aws sso login --sso-session corp"],
    );
}

#[test]
fn an_sso_session_provides_bearer_tokens() {
    let machine = Machine::new(SSO);
    let (client, replay) =
        machine
            .config()
            .replay(Replay::new().respond(200, &[], r#"{"items":[]}"#));
    let call = || client.call("codecatalyst", "ListSpaces", json!({}));
    let error = call().unwrap_err().to_string();
    assert!(
        error.contains("aws sso login --sso-session corp"),
        "{error}"
    );
    sso_file(&machine, &sso_token(LATER));
    call().unwrap();
    assert_eq!(replay.sent()[0].headers["authorization"], "Bearer old");
}

#[test]
fn legacy_profiles_have_a_start_url() {
    use sha1::{Digest, Sha1};
    let config = "[default]\nsso_start_url = https://corp.example\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Reader\n";
    let (machine, _server) = served(config, "AWS_ENDPOINT_URL_SSO", |_| {
        Some((200, PORTAL.into()))
    });
    let name: String = Sha1::digest(b"https://corp.example")
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let file = format!(".aws/sso/cache/{name}.json");
    machine.file(&file, &sso_token(PAST));
    assert_fails(
        &machine,
        &["has expired", "aws sso login --profile default"],
    );
    machine.file(&file, &sso_token(LATER));
    machine.found().unwrap();
}

#[test]
fn invalid_sso_profiles_are_errors() {
    let cases = [
        (
            "[default]\nsso_account_id = 1\n",
            "no sso_role_name, no sso_start_url, no sso_region",
        ),
        (
            "[default]\nsso_account_id = 1\nsso_session = gone\n",
            "[sso-session gone]",
        ),
        (
            "[default]\nsso_account_id = 1\nsso_session = c\n[sso-session c]\nsso_region = r\n",
            "[sso-session c] has no sso_start_url",
        ),
        (
            &SSO.replacen("corp\n", "corp\nsso_region = us-east-1\n", 1),
            "sso_region = us-east-1",
        ),
    ];
    for (config, expected) in cases {
        assert_fails(&Machine::new(config), &[expected]);
    }
}

const LOGIN: &str = "[default]\nlogin_session = arn:me\n";
const SIGNED_IN: &str = r#"{"accessToken":{"accessKeyId":"ASIANEW1","secretAccessKey":"s","sessionToken":"t"},"tokenType":"aws_sigv4","expiresIn":900,"refreshToken":"r2"}"#;

fn login_file(machine: &Machine, end: &str) {
    use sha2::{Digest, Sha256};
    let name: String = Sha256::digest(b"arn:me")
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let key = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    let pem =
        p256::pkcs8::EncodePrivateKey::to_pkcs8_pem(&key, p256::pkcs8::LineEnding::LF).unwrap();
    let document = json!({
        "accessToken": {"accessKeyId": "ASIAOLD1", "secretAccessKey": "s", "sessionToken": "t", "accountId": "123456789012", "expiresAt": end},
        "clientId": "c", "refreshToken": "r", "dpopKey": pem.as_str(), "idToken": "i",
    });
    machine.file(
        &format!(".aws/login/cache/{name}.json"),
        &document.to_string(),
    );
}

#[test]
fn a_login_is_refreshed_with_a_proof_of_possession() {
    let (machine, server) = served(LOGIN, "AWS_ENDPOINT_URL_SIGNIN", |_| {
        Some((200, SIGNED_IN.into()))
    });
    assert_fails(
        &machine,
        &[
            "login: ",
            "there is no such file",
            "aws login --profile default",
        ],
    );
    login_file(&machine, LATER);
    assert!(machine.found().unwrap().contains("…OLD1"));
    assert_eq!(server.asked().len(), 0);
    login_file(&machine, SOON);
    let expected = "login: found: …NEW1, account 123456789012, until 2023-11-14T22:28:20Z";
    assert_eq!(machine.found().unwrap(), expected);
    let asked = &server.asked()[0];
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(
        body,
        json!({"clientId": "c", "refreshToken": "r", "grantType": "refresh_token"})
    );
    check_proof(
        asked.header("dpop").unwrap(),
        &format!("{}/v1/token", server.url),
    );
    assert_eq!(
        machine.found().unwrap(),
        expected,
        "the new login is in the file"
    );
    assert_eq!(server.asked().len(), 1);
}

fn check_proof(jwt: &str, url: &str) {
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let json = |text: &str| serde_json::from_slice::<Value>(&part(text)).unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let (header, payload) = (json(header), json(payload));
    let coordinate = |name: &str| part(header["jwk"][name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
    let signature = Signature::from_slice(&part(signature)).unwrap();
    key.verify(signed.as_bytes(), &signature).unwrap();
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("dpop+jwt"), &json!("ES256"))
    );
    assert_eq!(
        (&payload["htm"], &payload["htu"], &payload["iat"]),
        (&json!("POST"), &json!(url), &json!(1_700_000_000))
    );
}

#[test]
fn a_login_that_cannot_be_refreshed_has_a_remedy() {
    let cases = [
        ("TOKEN_EXPIRED", "the session has expired; run aws login"),
        (
            "USER_CREDENTIALS_CHANGED",
            "the password was changed; run aws login",
        ),
        ("INSUFFICIENT_PERMISSIONS", "signin:CreateOAuth2Token"),
    ];
    for (reason, expected) in cases {
        let (machine, _server) = served(LOGIN, "AWS_ENDPOINT_URL_SIGNIN", move |_| {
            Some((
                403,
                json!({"__type": "AccessDeniedException", "error": reason, "message": "m"})
                    .to_string(),
            ))
        });
        login_file(&machine, PAST);
        assert_fails(&machine, &[expected]);
    }
    let (mut machine, _server) = served(LOGIN, "AWS_ENDPOINT_URL_SIGNIN", |_| None);
    machine.is_silent = true;
    login_file(&machine, PAST);
    assert_fails(&machine, &["login: ", "no response in time"]);
}

fn document(end: &str) -> String {
    json!({"AccessKeyId": "ASIABOX1", "SecretAccessKey": "s", "Token": "t", "Expiration": end, "AccountId": "123456789012"}).to_string()
}

#[test]
fn a_container_has_credentials() {
    let (mut machine, server) = served(
        "",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        |asked| match asked.header("authorization") {
            Some("open") => Some((200, document(LATER))),
            _ => Some((403, "no".into())),
        },
    );
    assert_fails(&machine, &["container-role: ", "403"]);
    let token = machine.path("token");
    machine.variable(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        token.to_str().unwrap(),
    );
    machine.file("token", "open");
    assert!(
        machine
            .found()
            .unwrap()
            .contains("…BOX1, account 123456789012")
    );
    assert_eq!(
        server.asked().last().unwrap().header("accept"),
        Some("application/json")
    );
    machine.file("token", "open\nx");
    assert_fails(&machine, &["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]);
}

#[test]
fn an_instance_has_credentials() {
    let answer = |asked: &Asked| {
        let is_role = asked.line.ends_with("security-credentials/");
        Some(
            match (asked.header("x-aws-ec2-metadata-token"), &*asked.line) {
                (None, "PUT /latest/api/token") => (200, "tok".into()),
                (Some("tok"), _) if is_role => (200, "role".into()),
                (Some("tok"), _) => (200, document(LATER)),
                _ => (401, String::new()),
            },
        )
    };
    let (mut machine, server) = served("", "AWS_EC2_METADATA_SERVICE_ENDPOINT", answer);
    assert_eq!(machine.found().unwrap_err(), "no provider has credentials");
    machine
        .variables
        .retain(|(name, _)| name != "AWS_EC2_METADATA_DISABLED");
    assert!(
        machine
            .found()
            .unwrap()
            .starts_with("iam-role: found: …BOX1")
    );
    let paths = [
        "PUT /latest/api/token",
        "GET /latest/meta-data/iam/security-credentials/",
        "GET /latest/meta-data/iam/security-credentials/role",
    ];
    assert_eq!(server.lines(), paths);
}

#[test]
fn errors_of_the_metadata_service_are_reported() {
    let (mut machine, _server) = served("", "AWS_EC2_METADATA_SERVICE_ENDPOINT", |_| {
        Some((400, String::new()))
    });
    machine
        .variables
        .retain(|(name, _)| name != "AWS_EC2_METADATA_DISABLED");
    assert_fails(&machine, &["iam-role: ", "rejects the request for a token"]);
}

#[test]
fn an_invalid_url_of_a_provider_is_an_error_with_a_remedy() {
    const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    let no_scheme = "is not a valid URL: it has no scheme: write http://localhost:1";
    let cases = [
        (FULL, "localhost:1", FULL, no_scheme),
        (
            FULL,
            "ftp://u:hidden@localhost",
            FULL,
            "write http or https",
        ),
        (
            METADATA,
            "localhost:1",
            "ec2_metadata_service_endpoint",
            no_scheme,
        ),
        (
            METADATA,
            "http://[fd00",
            "ec2_metadata_service_endpoint",
            "invalid IPv6 address",
        ),
    ];
    for (variable, url, name, problem) in cases {
        let mut machine = Machine::new("");
        machine.variable(variable, url);
        machine
            .variables
            .retain(|(name, _)| name != "AWS_EC2_METADATA_DISABLED");
        assert_fails(&machine, &[name, problem]);
        assert!(!machine.found().unwrap_err().contains("hidden"), "{url}");
    }
    let machine = Machine::new(
        "[default]\nsso_start_url = start.example\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n",
    );
    let problem = "is not a valid URL: it has no scheme: write http://start.example";
    assert_fails(&machine, &["sso_start_url", problem]);
}

#[test]
fn errors_show_no_part_of_a_document() {
    let machine =
        Machine::new("[default]\naws_access_key_id = AKIDSHOWN\naws_secret_access_key = hidden\n");
    let client = machine.config().connect();
    assert!(!format!("{:?}", client.introspect().explain_credentials()).contains("hidden"));
    assert!(Path::new(&machine.path(".aws")).exists());
}

/// A client of this machine that receives these bodies with status 200.
fn client_of(machine: &Machine, bodies: &[&str]) -> Client {
    let replay = bodies.iter().fold(Replay::new(), |replay, body| {
        replay.respond(200, &[], (*body).to_owned())
    });
    machine.config().sleep(|_| {}).over(replay)
}

/// The text after the marker is hostile. Neither it nor its surroundings may be shown.
const HOSTILE: [&str; 7] = ["\n", "\r\nx: y", "\t.", "\u{1}", "\u{7f}", "\0", "\u{85}"];

#[test]
fn errors_name_the_source_of_hostile_credentials() {
    let json = |name: &str, text: &str| {
        let mut document = json!({"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "s", "Token": "t",
            "SessionToken": "t", "Expiration": LATER});
        document[name] = text.into();
        document.to_string()
    };
    let environment = |name: &str, text: &str| {
        let mut machine = Machine::new("");
        machine.variable("AWS_ACCESS_KEY_ID", "AKID");
        machine.variable("AWS_SECRET_ACCESS_KEY", "s");
        machine.variables.retain(|(known, _)| known != name);
        machine.variable(name, text);
        let client = client_of(&machine, &[]);
        (machine, client)
    };
    let process = |name: &str, text: &str| {
        let machine = Machine::new("");
        machine.file("document", &json(name, text));
        let path = machine.path("document");
        let config = format!("[default]\ncredential_process = cat '{}'\n", path.display());
        machine.file(".aws/config", &config);
        let client = client_of(&machine, &[]);
        (machine, client)
    };
    let container = |name: &str, text: &str| {
        let mut machine = Machine::new("");
        machine.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");
        let client = client_of(&machine, &[&json(name, text)]);
        (machine, client)
    };
    let instance = |name: &str, text: &str| {
        let mut machine = Machine::new("");
        machine
            .variables
            .retain(|(name, _)| name != "AWS_EC2_METADATA_DISABLED");
        machine.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1/");
        let client = client_of(&machine, &["token", "role", &json(name, text)]);
        (machine, client)
    };
    let sso = |name: &str, text: &str| {
        let machine = Machine::new(SSO);
        sso_file(&machine, &sso_token(LATER));
        let name = name[..1].to_lowercase() + &name[1..];
        let mut portal: Value = serde_json::from_str(PORTAL).unwrap();
        portal["roleCredentials"][name] = text.into();
        let client = client_of(&machine, &[&portal.to_string()]);
        (machine, client)
    };
    let program = |name: &str, text: &str| {
        let of = |known: &str, usual: &str| {
            if known == name {
                text.into()
            } else {
                usual.to_owned()
            }
        };
        let who = Credentials::new(of("AccessKeyId", "AKID"), of("SecretAccessKey", "s"));
        let who = who.with_session_token(of("SessionToken", "t"));
        let machine = Machine::new("");
        let config = machine.config().credentials(who).build().unwrap();
        (machine, over(config, Replay::new()))
    };
    type Make<'a> = &'a dyn Fn(&str, &str) -> (Machine, Client);
    let cases: [(Make<'_>, &str, &str); 15] = [
        (
            &environment,
            "AWS_ACCESS_KEY_ID",
            "env: AWS_ACCESS_KEY_ID has ",
        ),
        (
            &environment,
            "AWS_SECRET_ACCESS_KEY",
            "env: AWS_SECRET_ACCESS_KEY has ",
        ),
        (
            &environment,
            "AWS_SESSION_TOKEN",
            "env: AWS_SESSION_TOKEN has ",
        ),
        (
            &environment,
            "AWS_SECURITY_TOKEN",
            "env: AWS_SECURITY_TOKEN has ",
        ),
        (
            &process,
            "AccessKeyId",
            "custom-process: the AccessKeyId that it returned has ",
        ),
        (
            &process,
            "SecretAccessKey",
            "custom-process: the SecretAccessKey that it returned has ",
        ),
        (
            &container,
            "AccessKeyId",
            "container-role: the AccessKeyId that it returned has ",
        ),
        (
            &container,
            "Token",
            "container-role: the Token that it returned has ",
        ),
        (
            &instance,
            "SecretAccessKey",
            "iam-role: the SecretAccessKey that it returned has ",
        ),
        (
            &instance,
            "Token",
            "iam-role: the Token that it returned has ",
        ),
        (
            &sso,
            "AccessKeyId",
            "sso: the AccessKeyId that it returned has ",
        ),
        (
            &sso,
            "SessionToken",
            "sso: the SessionToken that it returned has ",
        ),
        (
            &program,
            "AccessKeyId",
            "set by the program: the access key id has ",
        ),
        (
            &program,
            "SecretAccessKey",
            "set by the program: the secret access key has ",
        ),
        (
            &program,
            "SessionToken",
            "set by the program: the session token has ",
        ),
    ];
    for (make, name, expected) in cases {
        for hostile in HOSTILE {
            let (_machine, client) = make(name, &format!("hidden{hostile}"));
            let who = client
                .call("sts", "GetCallerIdentity", json!({}))
                .unwrap_err()
                .to_string();
            let what = json!({"Bucket": "bucket", "Key": "k"});
            let url = client
                .presigner()
                .presign("s3", "GetObject", what, Duration::from_secs(60));
            let password = client.presigner().rds_auth_token("db.example", 1, "user");
            assert!(url.is_err() && password.is_err(), "{expected}");
            assert!(
                who.contains(expected) && who.contains("as character 7"),
                "{hostile:?}: {who}"
            );
            assert!(!who.contains("hidden"), "{who}");
        }
    }
}

#[test]
fn an_invalid_value_of_a_file_is_reported_with_its_line() {
    let machine = Machine::new("");
    machine.file(
        ".aws/credentials",
        "[default]\naws_access_key_id = AKID\n\naws_secret_access_key = s\naws_session_token = hidden\n  more\n",
    );
    let error = machine.found().unwrap_err();
    let expected = "aws_session_token of profile \"default\" in ";
    assert!(
        error.contains(expected) && error.contains("/.aws/credentials, line 5,"),
        "{error}"
    );
    assert!(
        error.contains("has a line break as character 7") && !error.contains("hidden"),
        "{error}"
    );
}

#[test]
fn blank_values_are_absent_and_spaces_are_trimmed() {
    let keys = |id: &str, token: &str| {
        let mut machine = Machine::new(KEYS);
        machine.variable("AWS_ACCESS_KEY_ID", id);
        machine.variable("AWS_SECRET_ACCESS_KEY", " s ");
        machine.variable("AWS_SESSION_TOKEN", token);
        client_of(&machine, &[]).credentials().unwrap()
    };
    assert_eq!(keys(" \t\n", "").access_key_id(), "AKIDKEYS");
    let found = keys(" AKIDENV\t", " ");
    let all = (
        found.access_key_id(),
        found.secret_access_key(),
        found.session_token(),
    );
    assert_eq!(all, ("AKIDENV", "s", None));
}

#[test]
fn the_older_name_of_a_token_takes_precedence() {
    let mut machine = Machine::new("");
    let config = "[default]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token = new\naws_security_token = old\n";
    machine.file(".aws/config", config);
    assert_eq!(
        client_of(&machine, &[])
            .credentials()
            .unwrap()
            .session_token(),
        Some("old")
    );
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "A"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_SESSION_TOKEN", "new"),
        ("AWS_SECURITY_TOKEN", "old"),
    ] {
        machine.variable(name, value);
    }
    assert_eq!(
        client_of(&machine, &[])
            .credentials()
            .unwrap()
            .session_token(),
        Some("old")
    );
}

const KEYS: &str = "[default]\naws_access_key_id = AKIDKEYS\naws_secret_access_key = s\n";

#[test]
fn an_invalid_bearer_token_is_reported_with_its_variable() {
    let mut machine = Machine::new("");
    machine.variable("AWS_BEARER_TOKEN_CODECATALYST", "hidden\n");
    let error = client_of(&machine, &[])
        .call("codecatalyst", "ListSpaces", json!({}))
        .unwrap_err();
    let error = error.to_string();
    let expected = "AWS_BEARER_TOKEN_CODECATALYST has a line break as character 7, the last";
    assert!(
        error.contains(expected) && !error.contains("hidden"),
        "{error}"
    );
}

/// Responds with a head, then with one byte at a time.
fn trickling() -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
                let mut is_open = stream.write_all(head).is_ok();
                while is_open {
                    std::thread::sleep(Duration::from_millis(20));
                    is_open = stream.write_all(b"x").is_ok();
                }
            });
        }
    });
    url
}

/// A provider of the program.
struct OwnProvider<F>(F);

impl<F> CredentialsProvider for OwnProvider<F>
where
    F: Fn(&ProviderContext<'_>) -> Result<Credentials, CredentialsError> + Send + Sync,
{
    fn name(&self) -> &'static str {
        "own"
    }
    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        (self.0)(cx)
    }
}

/// Assumes a role in Mumbai with a key of its own.
fn assume_role(cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
    let key = Credentials::new("AKIDOWN", "secret");
    let role = json!({"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "own"});
    let call = cx.call("sts", "AssumeRole", role);
    let response = call.credentials(&key).region("ap-south-1").send();
    let response = response.map_err(|e| CredentialsError::failed("own", e))?;
    let text = |name: &str| response["Credentials"][name].as_str().unwrap();
    Ok(
        Credentials::new(text("AccessKeyId"), text("SecretAccessKey"))
            .with_session_token(text("SessionToken"))
            .with_source(CredentialsSource::AssumeRole),
    )
}

#[test]
fn a_custom_provider_can_call_sts_and_its_credentials_sign_the_call() {
    let (mut machine, sts) = served("", "AWS_ENDPOINT_URL_STS", |_| {
        Some((200, sts("AssumeRole")))
    });
    let tables = Server::start(|_| Some((200, r#"{"TableNames": ["t"]}"#.into())));
    machine.variable("AWS_ENDPOINT_URL_DYNAMODB", &tables.url);
    let config = machine
        .config()
        .credentials_provider(OwnProvider(assume_role));
    let client = config.connect();
    for _ in 0..2 {
        let listed = client.call("dynamodb", "ListTables", json!({})).unwrap();
        assert_eq!(listed["TableNames"], json!(["t"]));
    }
    let assumed = &sts.asked()[..];
    assert_eq!(assumed.len(), 1, "the credentials are cached");
    assert!(assumed[0].body.contains("Action=AssumeRole"));
    let signed = assumed[0].header("authorization").unwrap();
    assert!(signed.contains("Credential=AKIDOWN/"), "{signed}");
    assert!(signed.contains("/ap-south-1/sts/"), "{signed}");
    for listed in tables.asked() {
        let signed = listed.header("authorization").unwrap();
        assert!(signed.contains("Credential=ASIAROLE/"), "{signed}");
        assert!(signed.contains("/us-east-1/dynamodb/"), "{signed}");
        assert_eq!(listed.header("x-amz-security-token"), Some("t"));
        let agent = listed.header("user-agent").unwrap();
        let features = agent.split(' ').find_map(|part| part.strip_prefix("m/"));
        assert!(features.unwrap().split(',').any(|id| id == "i"), "{agent}");
    }
}

#[test]
fn a_custom_provider_sees_the_error_of_its_call() {
    let (machine, _sts) = served("", "AWS_ENDPOINT_URL_STS", |_| {
        Some((403, STS_ERROR.into()))
    });
    let config = machine
        .config()
        .credentials_provider(OwnProvider(assume_role));
    let client = config.connect();
    let error = client.call("dynamodb", "ListTables", json!({}));
    let error = error.unwrap_err().to_string();
    for part in [
        "dynamodb.ListTables",
        "own: sts.AssumeRole: ",
        "AccessDenied: not you",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn parameters_of_a_providers_call_are_checked_but_for_limits() {
    let cases = [
        (
            json!({"RoleARN": "a", "RoleSessionName": "own"}),
            "did you mean RoleArn",
            0,
        ),
        (
            json!({"RoleArn": "a"}),
            "RoleSessionName: required member is missing",
            0,
        ),
        (
            json!({"RoleArn": 1, "RoleSessionName": "own"}),
            "RoleArn: ",
            0,
        ),
        // too short for the model, but well-formed: the service decides
        (
            json!({"RoleArn": "a", "RoleSessionName": "own"}),
            "AccessDenied: not you",
            1,
        ),
    ];
    for (params, expected, requests) in cases {
        let (machine, sts) = served("", "AWS_ENDPOINT_URL_STS", |_| {
            Some((403, STS_ERROR.into()))
        });
        let provide = move |cx: &ProviderContext<'_>| {
            let call = cx.call("sts", "AssumeRole", params.clone());
            let key = Credentials::new("AKIDEXAMPLE", "secret");
            match call.credentials(&key).send() {
                Ok(_) => panic!("an error is expected"),
                Err(error) => Err(CredentialsError::failed("own", error)),
            }
        };
        let config = machine.config().credentials_provider(OwnProvider(provide));
        let error = config.connect().call("dynamodb", "ListTables", json!({}));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(sts.asked().len(), requests, "{expected}");
    }
}

#[test]
fn a_custom_provider_can_make_unsigned_calls_and_plain_requests() {
    fn provide(cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let failed = |e: &dyn std::fmt::Display| CredentialsError::failed("own", e);
        let url = cx.config.environment().get("VAULT_URL").unwrap().to_owned();
        let request = http::Request::post(url + "/token").header("x-vault", "v");
        let request = request.body("give".into()).map_err(|e| failed(&e))?;
        let response = cx.send(request).map_err(|e| failed(&e))?;
        assert_eq!(response.status(), 201);
        let token = std::str::from_utf8(response.body()).unwrap();
        let role = json!({"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "own", "WebIdentityToken": token});
        let call = cx.call("sts", "AssumeRoleWithWebIdentity", role);
        let response = call.send().map_err(|e| failed(&e))?;
        let id = response["Credentials"]["AccessKeyId"].as_str().unwrap();
        Ok(Credentials::new(id, "s"))
    }
    let (mut machine, sts) = served("", "AWS_ENDPOINT_URL_STS", |_| {
        Some((200, sts("AssumeRoleWithWebIdentity")))
    });
    let vault = Server::start(|_| Some((201, "jwt".into())));
    machine.variable("VAULT_URL", &vault.url);
    let config = machine.config().credentials_provider(OwnProvider(provide));
    let client = config.connect();
    assert!(found(&client).unwrap().contains("…ROLE"));
    let asked = &vault.asked()[0];
    assert_eq!((&*asked.line, &*asked.body), ("POST /token", "give"));
    assert_eq!(asked.header("x-vault"), Some("v"));
    let asked = &sts.asked()[0];
    assert_eq!(asked.header("authorization"), None);
    assert!(asked.body.contains("WebIdentityToken=jwt"));
}

#[test]
fn a_response_to_a_plain_request_is_bounded() {
    fn provide(cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let url = cx.config.environment().get("VAULT_URL").unwrap();
        let request = http::Request::get(url).body(Body::empty()).unwrap();
        let response = cx.send(request);
        Err(CredentialsError::failed("own", response.unwrap_err()))
    }
    let vault = Server::start(|_| Some((200, "x".repeat((1 << 20) + 1))));
    let mut machine = Machine::new("");
    machine.variable("VAULT_URL", &vault.url);
    let config = machine.config().credentials_provider(OwnProvider(provide));
    let client = config.connect();
    let error = found(&client).unwrap_err();
    assert!(error.contains("more than 1 MiB"), "{error}");
}

/// Cancels a call when the provider waits for this server, which never responds, and returns how long the call lasts then.
fn cancelled_during(server: &Server, config: ConfigBuilder) -> Duration {
    let config = config.read_timeout(Duration::from_secs(60));
    let client = config.connect();
    let (cancel, before) = (CancelToken::default(), server.asked().len());
    let (result, cancelled) = std::thread::scope(|scope| {
        let canceller = scope.spawn(|| {
            while server.asked().len() == before {
                std::thread::sleep(Duration::from_millis(1));
            }
            let now = Instant::now();
            cancel.cancel();
            now
        });
        let request = client.request("dynamodb", "ListTables");
        let result = request.cancel_with(&cancel).send();
        (result, canceller.join().unwrap())
    });
    let took = cancelled.elapsed();
    let error = result.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(
        server.asked().len(),
        before + 1,
        "no further request is sent"
    );
    took
}

/// The shortest of three runs, as the machine may be busy.
fn assert_ends_at_once(run: impl Fn() -> Duration) {
    let shortest = (0..3).map(|_| run()).min().unwrap();
    assert!(shortest < Duration::from_secs(1), "{shortest:?}");
}

#[test]
fn cancel_during_imds_ends_the_call_at_once() {
    let server = Server::start(|_| None);
    let mut machine = Machine::new("");
    machine
        .variables
        .retain(|(name, _)| name != "AWS_EC2_METADATA_DISABLED");
    machine.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server.url);
    machine.variable("AWS_METADATA_SERVICE_TIMEOUT", "60");
    assert_ends_at_once(|| cancelled_during(&server, machine.config()));
}

#[test]
fn cancel_during_a_custom_provider_ends_the_call_at_once() {
    fn request(cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        let url = cx.config.environment().get("AWS_ENDPOINT_URL_STS").unwrap();
        let request = http::Request::get(url).body(Body::empty()).unwrap();
        let error = cx.send(request).unwrap_err();
        assert!(cx.is_cancelled());
        // what follows ends at once too
        cx.pause(Duration::from_secs(600)).unwrap_err();
        assume_role(cx).unwrap_err();
        Err(CredentialsError::failed("own", error))
    }
    let (machine, server) = served("", "AWS_ENDPOINT_URL_STS", |_| None);
    type Provide = fn(&ProviderContext<'_>) -> Result<Credentials, CredentialsError>;
    for provider in [assume_role as Provide, request] {
        let config = || machine.config().credentials_provider(OwnProvider(provider));
        assert_ends_at_once(|| cancelled_during(&server, config()));
    }
}

/// Machines whose provider waits for a server at this URL, a process, or a user.
fn waiting_machines(url: &str) -> Vec<(&'static str, Machine)> {
    let mfa = ROLE.replacen("arn:r\n", "arn:r\nmfa_serial = arn:mfa\n", 1);
    let cases: [(&str, &str, &[&str]); 10] = [
        ("container", "", &["AWS_CONTAINER_CREDENTIALS_FULL_URI"]),
        ("IMDS", "", &["AWS_EC2_METADATA_SERVICE_ENDPOINT"]),
        (
            "process",
            "[default]\ncredential_process = sleep 600\n",
            &[],
        ),
        ("assumed role", ROLE, &["AWS_ENDPOINT_URL_STS"]),
        ("MFA code", &mfa, &[]),
        ("web identity", "", &["AWS_ENDPOINT_URL_STS"]),
        ("SSO portal", SSO, &["AWS_ENDPOINT_URL_SSO"]),
        ("SSO token", SSO, &["AWS_ENDPOINT_URL_SSO_OIDC"]),
        ("login", LOGIN, &["AWS_ENDPOINT_URL_SIGNIN"]),
        ("custom provider", "", &["AWS_ENDPOINT_URL_STS"]),
    ];
    let machine = |(name, config, variables): (&'static str, &str, &[&str])| {
        let mut machine = Machine::new(config);
        for variable in variables {
            machine.variable(variable, url);
        }
        match name {
            "IMDS" => machine
                .variables
                .retain(|(name, _)| name != "AWS_EC2_METADATA_DISABLED"),
            "SSO portal" => sso_file(&machine, &sso_token(LATER)),
            "SSO token" => sso_file(&machine, &sso_token(PAST)),
            "login" => login_file(&machine, PAST),
            "web identity" => {
                machine.file("token", "jwt");
                let token = machine.path("token");
                machine.variable("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap());
                machine.variable("AWS_ROLE_ARN", "arn:r");
            }
            _ => {}
        }
        (name, machine)
    };
    cases.map(machine).into()
}

#[test]
fn each_provider_ends_with_its_timeout_its_call_or_its_cancel_token() {
    let url = trickling();
    let short = Duration::from_millis(200);
    for (provider, machine) in waiting_machines(&url) {
        // the prompt for a code waits for a user who does not respond
        let base = || {
            let config = machine
                .config()
                .read_timeout(Duration::from_secs(60))
                .mfa_prompt(|_| {
                    std::thread::sleep(Duration::from_secs(30));
                    Err(std::io::Error::other("too late"))
                });
            match provider {
                "custom provider" => config.credentials_provider(OwnProvider(assume_role)),
                _ => config,
            }
        };
        let ends: [(&str, ConfigBuilder); 3] = [
            ("timeout", base().credentials_timeout(short)),
            ("call", base().operation_timeout(short)),
            ("cancel", base()),
        ];
        for (end, config) in ends {
            let client = config.connect();
            let cancel = CancelToken::default();
            let began = Instant::now();
            let result = std::thread::scope(|scope| {
                if end == "cancel" {
                    let cancel = cancel.clone();
                    scope.spawn(move || {
                        std::thread::sleep(short);
                        cancel.cancel();
                    });
                }
                let request = client.request("dynamodb", "ListTables");
                request.cancel_with(&cancel).send()
            });
            let error = result.unwrap_err();
            assert!(
                began.elapsed() < Duration::from_secs(25),
                "{provider}, {end}: {error}"
            );
            assert_eq!(
                error.is_cancelled(),
                end == "cancel",
                "{provider}, {end}: {error}"
            );
            assert_eq!(error.kind(), ErrorKind::Credentials, "{provider}: {error}");
        }
    }
}

#[test]
fn local_services_with_credentials_are_reached_without_a_proxy() {
    // a proxy that does not exist
    let closed = "http://127.0.0.1:1";
    let (mut machine, server) = served("", "AWS_CONTAINER_CREDENTIALS_FULL_URI", |_| {
        Some((200, document(LATER)))
    });
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        machine.variable(name, closed);
    }
    assert!(machine.found().unwrap().contains("…BOX1"));
    machine.variables.retain(|(name, _)| {
        !name.starts_with("AWS_CONTAINER") && name != "AWS_EC2_METADATA_DISABLED"
    });
    machine.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server.url);
    assert!(machine.found().unwrap().contains("…BOX1"));
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn settings_of_calls_do_not_apply_to_providers() {
    let (machine, server) = served(ROLE, "AWS_ENDPOINT_URL_STS", |_| {
        Some((200, sts("AssumeRole")))
    });
    let changes: [fn(ConfigBuilder) -> ConfigBuilder; 4] = [
        |config| config.signature_version(SignatureVersion::S3),
        |config| config.signature_version(SignatureVersion::Bearer),
        |config| config.endpoint_url("http://127.0.0.1:1"),
        |config| {
            config
                .bearer_token(BearerToken::new("hidden"))
                .auth_scheme_preference("httpBearerAuth")
        },
    ];
    for change in changes {
        let config = change(machine.config().cache_roles(false)).build().unwrap();
        found(&connect(config).unwrap()).unwrap();
    }
    let asked = server.asked();
    assert_eq!(asked.len(), changes.len());
    for asked in asked {
        assert!(
            asked
                .header("authorization")
                .unwrap()
                .starts_with("AWS4-HMAC-SHA256")
        );
    }
}

#[test]
fn the_instance_region_is_looked_up_with_the_first_request() {
    let (mut machine, server) = served("", "AWS_EC2_METADATA_SERVICE_ENDPOINT", |asked| {
        Some(match &*asked.line {
            "PUT /latest/api/token" => (200, "tok".into()),
            _ => (200, "us-east-1a".into()),
        })
    });
    machine
        .variables
        .retain(|(name, _)| name != "AWS_EC2_METADATA_DISABLED");
    machine.variable("AWS_DEFAULTS_MODE", "auto");
    machine.variable("AWS_ACCESS_KEY_ID", "AKID");
    machine.variable("AWS_SECRET_ACCESS_KEY", "s");
    machine.variable("AWS_ENDPOINT_URL_STS", &server.url);
    let client = machine.config().connect();
    client.introspect().services().unwrap();
    client.credentials().unwrap();
    assert_eq!(server.asked().len(), 0);
    for _ in 0..2 {
        let _ = client.call("sts", "GetCallerIdentity", json!({}));
    }
    let lines = server.lines();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("placement"))
            .count(),
        1,
        "{lines:?}"
    );
    // a metadata service that does not respond costs some seconds, once
    machine
        .variables
        .retain(|(name, _)| name != "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    machine.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", &trickling());
    let client = machine.config().connect();
    let took = [(); 3].map(|()| {
        let began = Instant::now();
        let _ = client.call("sts", "GetCallerIdentity", json!({}));
        began.elapsed()
    });
    assert!(took[1] + took[2] < took[0], "{took:?}");
}

#[test]
fn chains_of_roles_are_bounded() {
    let link = |n: usize| {
        format!(
            "[profile p{n}]\nrole_arn = r{n}\nsource_profile = p{}\n",
            n + 1
        )
    };
    let links: String = (1..3000).map(link).collect();
    let machine = Machine::new(&format!(
        "[default]\nrole_arn = r\nsource_profile = p1\n{links}"
    ));
    assert_fails(&machine, &["more than 50 roles", "\"default\"", "\"p50\""]);
}

#[test]
fn times_of_responses_are_bounded() {
    let cases = [
        ("3600", Some("2023-11-14T23:13:20Z")),
        ("\"3600\"", Some("2023-11-14T23:13:20Z")),
        ("3600.9", Some("2023-11-14T23:13:20Z")),
        ("18446744073709551615", Some("9999-12-31T23:59:59Z")),
        ("9223372036854775807", Some("9999-12-31T23:59:59Z")),
        ("1e300", Some("9999-12-31T23:59:59Z")),
        ("-1", None),
        ("\"soon\"", None),
        ("null", None),
    ];
    for (seconds, expected) in cases {
        let body = format!(r#"{{"accessToken":"new","expiresIn":{seconds},"refreshToken":"r2"}}"#);
        let (mut machine, _server) = served(SSO, "AWS_ENDPOINT_URL_SSO_OIDC", move |_| {
            Some((200, body.clone()))
        });
        let portal = Server::start(|_| Some((200, PORTAL.into())));
        machine.variable("AWS_ENDPOINT_URL_SSO", &portal.url);
        sso_file(&machine, &sso_token(PAST));
        let result = machine.found();
        let end = sso_read(&machine)["expiresAt"].as_str().unwrap().to_owned();
        assert_eq!(end, expected.unwrap_or(PAST), "{seconds}: {result:?}");
        assert_eq!(result.is_ok(), expected.is_some(), "{seconds}: {result:?}");

        let body = SIGNED_IN.replace("900", seconds);
        let (machine, _server) = served(LOGIN, "AWS_ENDPOINT_URL_SIGNIN", move |_| {
            Some((200, body.clone()))
        });
        login_file(&machine, PAST);
        let result = machine.found();
        assert_eq!(result.is_ok(), expected.is_some(), "{seconds}: {result:?}");
        let body = PORTAL.replace("1700086400000", seconds);
        let (machine, _server) = served(SSO, "AWS_ENDPOINT_URL_SSO", move |_| {
            Some((200, body.clone()))
        });
        sso_file(&machine, &sso_token(LATER));
        let _ = machine.found(); // an error is allowed, a panic is not
    }
}

#[test]
fn files_of_settings_are_bounded_in_size_and_time() {
    let machine = Machine::new("");
    let path = machine.path(".aws/config");
    let began = Instant::now();
    let keys: String = (0..100_000).map(|n| format!("key{n} = {n}\n")).collect();
    let sections: String = (0..100_000).map(|n| format!("[profile p{n}]\n")).collect();
    machine.file(".aws/config", &format!("[default]\n{keys}{sections}"));
    machine.config().build().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    let fails = |expected: &str| {
        let error = machine.config().build().unwrap_err().to_string();
        assert!(
            error.contains(".aws/config") && error.contains(expected),
            "{error}"
        );
    };
    std::fs::File::create(&path)
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    fails("larger than 16 MiB");
    std::fs::write(&path, b"[default]\nregion = \xff\n").unwrap();
    fails("line 2: not UTF-8");
    std::fs::write(&path, b"\xef\xbb\xbf[default]\nregion = eu\0west\n").unwrap();
    let mut other = machine.variables.clone();
    other.retain(|(name, _)| name != "AWS_REGION");
    let error = Config::builder()
        .environment(other)
        .build()
        .unwrap_err()
        .to_string();
    assert!(error.contains("region"), "{error}");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    fails("folder");
}
