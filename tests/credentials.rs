//! Each provider against a service on the loopback interface: what it asks, and what becomes of good, bad, and no answers.
#![cfg(feature = "ureq")]

mod loopback;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use loopback::{Answer, Asked, Server};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};
use tempfile::TempDir;
use tucuxi::config::ConfigBuilder;
use tucuxi::credentials::Outcome;
use tucuxi::transport::Replay;
use tucuxi::{Client, Config};

/// When all this happens: 2023-11-14T22:13:20Z.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

const LATER: &str = "2023-11-15T22:13:20Z";
const SOON: &str = "2023-11-14T22:14:20Z";
const PAST: &str = "2023-11-14T22:00:00Z";

/// A user's directory, and the servers that stand for AWS.
struct Machine {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new(config: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut this = Self {
            home,
            variables: Vec::new(),
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
            .read_timeout(Duration::from_millis(100))
    }

    /// The key id, and until when, or the error.
    fn found(&self) -> Result<String, String> {
        found(&Client::with_config(self.config().build().unwrap()).unwrap())
    }
}

fn found(client: &Client) -> Result<String, String> {
    let rows = client.explain_credentials();
    let row = rows
        .iter()
        .find(|row| row.is_settled())
        .ok_or("nobody has any")?;
    match &row.outcome {
        Outcome::Found { .. } => Ok(row.to_string().replace("****************", "…")),
        outcome => Err(format!("{}: {outcome}", row.provider)),
    }
}

/// A machine with this config file whose `service` is a server that answers so.
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
fn a_role_is_assumed_once_and_kept_for_others() {
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
    // the name that `aws` gives the file: the SHA-1 of {"RoleArn": "arn:r"}
    let kept = machine.read(".aws/cli/cache/85e188805d209c6e5e0956c4d7e891458faf89a2.json");
    assert_eq!(kept["Credentials"]["AccessKeyId"], "ASIAROLE");
    let own = machine.config().cache_roles(false).build().unwrap();
    found(&Client::with_config(own).unwrap()).unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_role_may_need_the_code_of_a_device() {
    let config = ROLE.replacen("arn:r\n", "arn:r\nmfa_serial = arn:mfa\n", 1);
    let (machine, server) = served(&config, "AWS_ENDPOINT_URL_STS", |_| {
        Some((200, sts("AssumeRole")))
    });
    let asking = |code: Result<&'static str, &'static str>| {
        let config = machine.config().mfa_prompt(move |serial| {
            assert_eq!(serial, "arn:mfa");
            code.map(str::to_owned).map_err(std::io::Error::other)
        });
        found(&Client::with_config(config.build().unwrap()).unwrap())
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
fn sts_that_refuses_or_is_silent_is_said() {
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
    let (machine, _server) = served(ROLE, "AWS_ENDPOINT_URL_STS", |_| None);
    assert_fails(&machine, &["assume-role: ", "no answer in time"]);
    let (machine, _server) = served(ROLE, "AWS_ENDPOINT_URL_STS", |_| {
        Some((200, "<half".into()))
    });
    assert_fails(&machine, &["assume-role: "]);
}

#[test]
fn a_token_in_a_file_opens_a_role() {
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
fn the_portal_gives_credentials_for_a_token() {
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
    assert_fails(&machine, &["it is no JSON, at line 1"]);
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
fn a_portal_that_is_silent_is_said() {
    let (machine, _server) = served(SSO, "AWS_ENDPOINT_URL_SSO", |_| None);
    sso_file(&machine, &sso_token(LATER));
    assert_fails(&machine, &["sso: ", "no answer in time"]);
}

#[test]
fn a_token_of_a_session_is_exchanged_before_it_ends() {
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

    // a failed exchange hurts only when the old token has ended
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
fn a_session_gives_bearer_tokens() {
    let machine = Machine::new(SSO);
    let replay = Arc::new(Replay::new().answer(200, &[], r#"{"items":[]}"#));
    let client = Client::with_transport(machine.config().build().unwrap(), replay.clone()).unwrap();
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
fn profiles_of_old_name_a_start_url() {
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
fn profiles_of_sso_that_are_wrong_say_so() {
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
fn a_login_is_exchanged_with_a_proof() {
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
fn a_login_that_cannot_be_exchanged_says_what_to_do() {
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
    let (machine, _server) = served(LOGIN, "AWS_ENDPOINT_URL_SIGNIN", |_| None);
    login_file(&machine, PAST);
    assert_fails(&machine, &["login: ", "no answer in time"]);
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
    assert_eq!(machine.found().unwrap_err(), "nobody has any");
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
fn an_instance_that_refuses_says_so() {
    let (mut machine, _server) = served("", "AWS_EC2_METADATA_SERVICE_ENDPOINT", |_| {
        Some((400, String::new()))
    });
    machine
        .variables
        .retain(|(name, _)| name != "AWS_EC2_METADATA_DISABLED");
    assert_fails(&machine, &["iam-role: ", "refuses"]);
}

#[test]
fn nothing_half_written_or_secret_is_shown() {
    let machine =
        Machine::new("[default]\naws_access_key_id = AKIDSHOWN\naws_secret_access_key = hidden\n");
    let client = Client::with_config(machine.config().build().unwrap()).unwrap();
    assert!(!format!("{:?}", client.explain_credentials()).contains("hidden"));
    assert!(Path::new(&machine.path(".aws")).exists());
}
