//! Logins with a browser, against stand-ins of the services on the loopback interface: what is requested, what is saved, and each way
//! to fail.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use tucuxi::config::{ConfigBuilder, Environment};
use tucuxi::login::{
    Authorization, ConsoleLogin, LoginError, SsoLogin, console_logout, console_logout_all,
    sso_logout,
};
use tucuxi::transport::CancelToken;
use tucuxi::{Client, Config};

use crate::support::loopback::{Answer, Asked, Server};

const CONFIG: &str = "[default]\nregion = eu-west-1\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = reader\n\
    [sso-session work]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access, other\n\
    [profile old]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n[profile bare]\n[profile half]\nsso_start_url = https://x.awsapps.com/start\n";

/// A home directory, and the environment of a login.
struct Machine {
    home: tempfile::TempDir,
    url: String,
}

impl Machine {
    fn new(server: &Server) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        fs::write(home.path().join(".aws/config"), CONFIG).unwrap();
        let url = server.url.clone();
        Self { home, url }
    }

    fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("HOME", self.home.path().to_str().unwrap().into()),
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ]
    }

    fn config(&self) -> ConfigBuilder {
        Config::builder()
            .environment(self.variables())
            .max_attempts(1)
    }

    fn client(&self) -> Client {
        Client::with_config(self.config().build().unwrap()).unwrap()
    }

    /// The cache file of a key, in the folder of SSO.
    fn sso_file(&self, key: &str) -> PathBuf {
        let name: String = Sha1::digest(key)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.home.path().join(format!(".aws/sso/cache/{name}.json"))
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap_or_default()).unwrap_or_default()
}

/// The value of a name in the query of a URL.
fn of_query(url: &str, name: &str) -> String {
    let query = url.split_once('?').unwrap().1;
    let pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.into_iter().find(|(known, _)| known == name);
    found
        .unwrap_or_else(|| panic!("{name}: {url}"))
        .1
        .into_owned()
}

/// Opens a page as a browser does.
fn open(url: &str) -> String {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Returns from the page of an authorization with this query, to which the state is added unless it has one.
fn returns(authorization: &Authorization<'_>, query: &'static str) {
    let redirect = of_query(authorization.url, "redirect_uri");
    let state = of_query(authorization.url, "state");
    std::thread::spawn(move || match query.contains("state=") {
        true => open(&format!("{redirect}?{query}")),
        false => open(&format!("{redirect}?{query}&state={state}")),
    });
}

fn seconds_from_now(seconds: u64) -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        + seconds
}

fn ok(value: Value) -> Answer {
    Some((200, value.to_string()))
}

fn fails(code: &str) -> Answer {
    let body = json!({"__type": code, "error": code, "error_description": "so it is", "message": "so it is"});
    Some((400, body.to_string()))
}

/// The services of IAM Identity Center. `tokens` are the answers to requests for a token, the last of which is repeated.
fn identity_center(tokens: Vec<Answer>) -> Server {
    let tokens = Mutex::new(tokens);
    Server::start(move |asked: &Asked| {
        let path = asked.line.split([' ', '?']).nth(1).unwrap();
        match path {
            "/client/register" => ok(json!({
                "clientId": "id", "clientSecret": "secret of client", "clientSecretExpiresAt": seconds_from_now(86400),
            })),
            "/device_authorization" => ok(json!({
                "deviceCode": "device", "userCode": "ABCD-EFGH", "verificationUri": "https://device.example",
                "verificationUriComplete": "https://device.example/?code=ABCD-EFGH", "expiresIn": 600, "interval": 1,
            })),
            "/token" => {
                let mut tokens = tokens.lock().unwrap();
                match tokens.len() {
                    0 => ok(json!({
                        "accessToken": "token of access", "refreshToken": "token of refresh", "expiresIn": 28800, "tokenType": "Bearer",
                    })),
                    1 => tokens[0].clone(),
                    _ => tokens.remove(0),
                }
            }
            "/federation/credentials" => ok(json!({"roleCredentials": {
                "accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "t", "expiration": seconds_from_now(3600) * 1000,
            }})),
            "/assignment/accounts" => ok(json!({"accountList": [
                {"accountId": "222222222222", "accountName": "Beta", "emailAddress": "b@x"},
                {"accountId": "111111111111", "accountName": "Alpha"},
            ]})),
            "/assignment/roles" => {
                ok(json!({"roleList": [{"roleName": "reader", "accountId": "1"}]}))
            }
            "/logout" => ok(json!({})),
            other => panic!("{other}"),
        }
    })
}

fn run(machine: &Machine, login: &mut SsoLogin, query: &'static str) -> tucuxi::Result<String> {
    let client = machine.client();
    let token = login.run(&client, &CancelToken::default(), |authorization| {
        assert_eq!(authorization.user_code, None);
        returns(authorization, query);
    });
    token.map(|token| token.token().to_owned())
}

#[test]
fn a_session_logs_in_with_a_code() {
    let server = identity_center(vec![]);
    let machine = Machine::new(&server);
    let client = machine.client();
    let mut login = SsoLogin::of_profile(client.config()).unwrap();
    let mut page = String::new();
    let token = login.run(&client, &CancelToken::default(), |authorization| {
        page = authorization.url.to_owned();
        returns(authorization, "code=the+code");
    });
    assert_eq!(token.unwrap().token(), "token of access");
    assert!(
        page.starts_with(&format!(
            "{}/authorize?response_type=code&client_id=id&",
            machine.url
        )),
        "{page}"
    );
    assert_eq!(of_query(&page, "scopes"), "sso:account:access other");
    assert_eq!(of_query(&page, "code_challenge_method"), "S256");
    let asked = server.asked();
    let body = |at: usize| -> Value { serde_json::from_str(&asked[at].body).unwrap() };
    assert_eq!(
        body(0),
        json!({"clientName": "botocore-client-work", "clientType": "public", "scopes": ["sso:account:access", "other"],
            "redirectUris": ["http://127.0.0.1/oauth/callback"], "grantTypes": ["authorization_code", "refresh_token"],
            "issuerUrl": "https://x.awsapps.com/start"})
    );
    let exchange = body(1);
    let challenge = Sha256::digest(exchange["codeVerifier"].as_str().unwrap());
    assert_eq!(
        of_query(&page, "code_challenge"),
        BASE64_URL_SAFE_NO_PAD.encode(challenge)
    );
    assert_eq!(exchange["code"], "the code");
    assert_eq!(exchange["redirectUri"], of_query(&page, "redirect_uri"));
    // what is saved, where aws looks for it
    let token = read(&machine.sso_file("work"));
    assert_eq!(token["accessToken"], "token of access");
    assert_eq!(token["refreshToken"], "token of refresh");
    assert_eq!(token["clientSecret"], "secret of client");
    assert_eq!(
        (&token["startUrl"], &token["region"]),
        (&json!("https://x.awsapps.com/start"), &json!("eu-west-1"))
    );
    let key = r#"{"region": "eu-west-1", "scopes": ["sso:account:access", "other"], "session_name": "work", "startUrl": "https://x.awsapps.com/start", "tool": "botocore"}"#;
    let registration = read(&machine.sso_file(key));
    assert_eq!(registration["clientId"], "id");
    assert_eq!(registration["expiresAt"], token["registrationExpiresAt"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(machine.sso_file("work"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // our own provider finds the token
    let found = machine.client().credentials().unwrap();
    assert_eq!(found.access_key_id(), "ASIASSO");
    // the client is registered once
    run(&machine, &mut login, "code=c").unwrap();
    let registered = server
        .lines()
        .iter()
        .filter(|line| line.contains("/client/register"))
        .count();
    assert_eq!(registered, 1);
    // a token that lasts is kept
    let before = server.asked().len();
    run(&machine, &mut login.clone().keep_valid(true), "").unwrap();
    assert_eq!(server.asked().len(), before);
    // the service forgets the token
    sso_logout(&machine.client()).unwrap();
    assert!(!machine.sso_file("work").exists() && machine.sso_file(key).exists());
    let logout = server.asked().into_iter().next_back().unwrap();
    assert!(logout.line.contains("/logout"));
    assert_eq!(
        logout.header("x-amz-sso_bearer_token"),
        Some("token of access")
    );
}

#[test]
fn a_login_with_a_code_may_fail() {
    for (query, answer, expected) in [
        (
            "error=access_denied&error_description=No",
            None,
            "the login was denied: access_denied: No",
        ),
        ("code=c&state=other", None, "its state differs"),
        (
            "code=c",
            Some(fails("ExpiredTokenException")),
            "not authorized in time",
        ),
        (
            "code=c",
            Some(fails("AccessDeniedException")),
            "the login was denied: so it is",
        ),
        (
            "code=c",
            Some(fails("InvalidGrantException")),
            "InvalidGrantException",
        ),
        (
            "code=c",
            Some(ok(json!({"expiresIn": 1}))),
            "no accessToken",
        ),
    ] {
        let machine = Machine::new(&identity_center(answer.into_iter().collect()));
        let client = machine.client();
        let mut login = SsoLogin::of_profile(client.config()).unwrap();
        let error = run(&machine, &mut login, query).unwrap_err().to_string();
        assert!(error.contains(expected), "{query}: {error}");
        assert!(!machine.sso_file("work").exists(), "{query}");
    }
    let machine = Machine::new(&identity_center(vec![]));
    let client = machine.client();
    let mut login = SsoLogin::of_profile(client.config()).unwrap();
    let cancel = CancelToken::default();
    let error = login
        .run(&client, &cancel, |_| cancel.cancel())
        .unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = run(&machine, &mut login.redirect_port(port), "").unwrap_err();
    assert!(
        matches!(error.downcast_ref(), Some(LoginError::Port { .. })),
        "{error}"
    );
}

#[test]
fn a_configuration_may_lack_something() {
    let machine = Machine::new(&identity_center(vec![]));
    let of = |profile: &str| {
        let config = machine.config().profile(profile).build().unwrap();
        SsoLogin::of_profile(&config).unwrap_err().to_string()
    };
    assert!(of("bare").contains("profile \"bare\" has no sso_start_url and sso_region"));
    assert!(of("half").contains("has no sso_region;"));
    let config = machine.config().build().unwrap();
    let error = SsoLogin::of_session(&config, "none")
        .unwrap_err()
        .to_string();
    assert!(error.contains("no [sso-session none]"), "{error}");
}

/// Logs in with a device code. Returns the delays between polls too.
fn by_device(tokens: Vec<Answer>) -> (Machine, tucuxi::Result<String>, Vec<u64>) {
    let server = identity_center(tokens);
    let machine = Machine::new(&server);
    let delays = Arc::<Mutex<Vec<u64>>>::default();
    let kept = delays.clone();
    let config = machine.config().profile("old");
    let config = config.sleep(move |delay: Duration| kept.lock().unwrap().push(delay.as_secs()));
    let client = Client::with_config(config.build().unwrap()).unwrap();
    let mut login = SsoLogin::of_profile(client.config()).unwrap();
    let mut shown = 0;
    let token = login.run(&client, &CancelToken::default(), |authorization| {
        shown += 1;
        assert_eq!(authorization.user_code, Some("ABCD-EFGH"));
        assert_eq!(authorization.url, "https://device.example");
        assert!(authorization.complete_url.ends_with("?code=ABCD-EFGH"));
    });
    assert!(shown <= 1);
    let token = token.map(|token| token.token().to_owned());
    let delays = delays.lock().unwrap().clone();
    (machine, token, delays)
}

#[test]
fn a_device_code_is_polled_for() {
    let pending = || fails("AuthorizationPendingException");
    let token = || ok(json!({"accessToken": "a", "expiresIn": 60}));
    let (machine, result, delays) = by_device(vec![
        pending(),
        pending(),
        fails("SlowDownException"),
        pending(),
        token(),
    ]);
    assert_eq!(result.unwrap(), "a");
    assert_eq!(delays, [1, 1, 6, 6]);
    // without a session, the start URL names the file
    assert_eq!(
        read(&machine.sso_file("https://x.awsapps.com/start"))["accessToken"],
        "a"
    );
    // a client that is authorized already
    let (_, result, delays) = by_device(vec![token()]);
    assert_eq!((result.unwrap().as_str(), &*delays), ("a", &[][..]));
    for (code, expected) in [
        ("ExpiredTokenException", "not authorized in time"),
        ("AccessDeniedException", "denied: so it is"),
        ("InvalidClientException", "InvalidClientException"),
    ] {
        let (_, result, _) = by_device(vec![pending(), fails(code)]);
        let error = result.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

const SESSION: &str = "arn:aws:iam::123456789012:user/ann";

/// The service that signs in to the console.
fn sign_in(answer: Answer) -> Server {
    Server::start(move |asked| {
        assert!(asked.line.starts_with("POST /v1/token"), "{}", asked.line);
        answer.clone()
    })
}

fn signed_in() -> Answer {
    let payload = BASE64_URL_SAFE_NO_PAD.encode(json!({"sub": SESSION}).to_string());
    ok(json!({
        "accessToken": {"accessKeyId": "ASIALOGIN", "secretAccessKey": "s3cret", "sessionToken": "t"},
        "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "r", "idToken": format!("h.{payload}.s"),
    }))
}

#[test]
fn the_console_logs_in() {
    let server = sign_in(signed_in());
    let machine = Machine::new(&server);
    let client = machine.client();
    let mut page = String::new();
    let session = ConsoleLogin::new().run(&client, &CancelToken::default(), |authorization| {
        page = authorization.url.to_owned();
        returns(authorization, "code=c");
    });
    let session = session.unwrap();
    assert_eq!(session.name(), SESSION);
    assert!(!format!("{session:?}").contains("s3cret"));
    assert!(
        page.starts_with(&format!("{}/v1/authorize?", machine.url)),
        "{page}"
    );
    assert_eq!(
        of_query(&page, "client_id"),
        "arn:aws:signin:::devtools/same-device"
    );
    assert_eq!(of_query(&page, "scope"), "openid");
    let asked = &server.asked()[0];
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["code"], "c");
    let challenge = Sha256::digest(body["codeVerifier"].as_str().unwrap());
    assert_eq!(
        of_query(&page, "code_challenge"),
        BASE64_URL_SAFE_NO_PAD.encode(challenge)
    );
    check_proof(
        asked.header("dpop").unwrap(),
        &format!("{}/v1/token", machine.url),
    );
    // our own provider reads what is saved
    let env = Environment::from_iter(machine.variables());
    session.save(&env).unwrap();
    let edit = tucuxi::config::FileEdit::config().profile("console");
    edit.set("login_session", SESSION).save(&env).unwrap();
    let config = machine.config().profile("console").build().unwrap();
    let found = Client::with_config(config).unwrap().credentials().unwrap();
    assert_eq!(found.access_key_id(), "ASIALOGIN");
    assert_eq!(found.account_id(), Some("123456789012"));
    let name: String = Sha256::digest(SESSION)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let file = machine
        .home
        .path()
        .join(format!(".aws/login/cache/{name}.json"));
    let saved = read(&file);
    assert_eq!(saved["clientId"], "arn:aws:signin:::devtools/same-device");
    assert!(
        saved["dpopKey"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN EC PRIVATE KEY-----\n")
    );
    assert!(console_logout(&env, SESSION).unwrap() && !file.exists());
    assert!(!console_logout(&env, SESSION).unwrap());
    session.save(&env).unwrap();
    assert_eq!(console_logout_all(&env).unwrap(), 1);
    assert_eq!(console_logout_all(&env).unwrap(), 0);
}

/// Checks that a JWT is for a POST to a URL, and signed with the key in it.
fn check_proof(jwt: &str, url: &str) {
    let parts: Vec<&str> = jwt.split('.').collect();
    let decoded = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    let payload: Value = serde_json::from_slice(&decoded(parts[1])).unwrap();
    assert_eq!(
        (&payload["htm"], &payload["htu"]),
        (&json!("POST"), &json!(url))
    );
    let coordinate = |name: &str| decoded(header["jwk"][name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
    let signature = Signature::from_slice(&decoded(parts[2])).unwrap();
    let signed = format!("{}.{}", parts[0], parts[1]);
    key.verify(signed.as_bytes(), &signature).unwrap();
}

#[test]
fn the_console_logs_in_on_another_machine() {
    let server = sign_in(signed_in());
    let machine = Machine::new(&server);
    let client = machine.client();
    let enter = |code: fn(&str) -> String| {
        let login = ConsoleLogin::new();
        login.run_remote(&client, &CancelToken::default(), |authorization| {
            let redirect = of_query(authorization.url, "redirect_uri");
            assert_eq!(
                redirect,
                format!("{}/v1/sessions/confirmation", machine.url)
            );
            Ok(code(&of_query(authorization.url, "state")))
        })
    };
    let session = enter(|state| BASE64_STANDARD.encode(format!("code=c&state={state}")));
    assert_eq!(session.unwrap().name(), SESSION);
    let body: Value = serde_json::from_str(&server.asked()[0].body).unwrap();
    assert_eq!(body["clientId"], "arn:aws:signin:::devtools/cross-device");
    let other = enter(|_| BASE64_STANDARD.encode("code=c&state=other")).unwrap_err();
    assert!(
        matches!(other.downcast_ref(), Some(LoginError::State)),
        "{other}"
    );
    let broken = enter(|_| "x".into()).unwrap_err().to_string();
    assert!(broken.contains("copy all of it"), "{broken}");
}

#[test]
fn a_login_to_the_console_may_fail() {
    let refused = |reason: &str| {
        let body = json!({"__type": "AccessDeniedException", "error": reason, "message": "m"});
        Some((403, body.to_string()))
    };
    for (answer, expected) in [
        (refused("AUTHCODE_EXPIRED"), "not authorized in time"),
        (
            refused("INSUFFICIENT_PERMISSIONS"),
            "signin:CreateOAuth2Token is required",
        ),
        (refused("OTHER"), "AccessDeniedException"),
        (ok(json!({"expiresIn": 900})), "no valid idToken"),
    ] {
        let machine = Machine::new(&sign_in(answer));
        let login = ConsoleLogin::new();
        let result = login.run(
            &machine.client(),
            &CancelToken::default(),
            |authorization| {
                returns(authorization, "code=c");
            },
        );
        let error = result.unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[cfg(all(feature = "cli", unix))]
mod command {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn start(machine: &Machine, args: &str, variables: &[(&str, &str)]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
        command
            .env_clear()
            .envs(machine.variables())
            .env("PATH", "/usr/bin:/bin");
        command
            .envs(variables.iter().copied())
            .args(args.split_whitespace());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn ended(child: Child) -> (i32, String, String) {
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap_or(-1),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn run(machine: &Machine, args: &str, stdin: &str) -> (i32, String, String) {
        let mut child = start(machine, args, &[]);
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        ended(child)
    }

    /// Reads stdout up to the page to visit.
    fn page(child: &mut Child) -> (String, BufReader<std::process::ChildStdout>) {
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("http") {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0);
        }
        (line.trim().to_owned(), reader)
    }

    #[test]
    fn sso_login_shows_the_page_and_waits() {
        let machine = Machine::new(&identity_center(vec![]));
        let mut child = start(&machine, "sso login --no-browser", &[]);
        let (url, mut rest) = page(&mut child);
        let redirect = of_query(&url, "redirect_uri");
        let shown = open(&format!(
            "{redirect}?code=c&state={}",
            of_query(&url, "state")
        ));
        assert!(shown.contains("You can close this page"), "{shown}");
        let mut text = String::new();
        rest.read_to_string(&mut text).unwrap();
        assert_eq!(ended(child).0, 0);
        assert!(
            text.ends_with("Successfully logged into Start URL: https://x.awsapps.com/start\n"),
            "{text}"
        );
        assert!(machine.sso_file("work").exists());
        let (code, ..) = run(&machine, "sso logout", "");
        assert!(code == 0 && !machine.sso_file("work").exists());
    }

    #[test]
    fn a_browser_is_opened() {
        let machine = Machine::new(&identity_center(vec![]));
        let script = machine.home.path().join("browser.sh");
        let seen = machine.home.path().join("seen");
        fs::write(
            &script,
            format!(
                "printf %s \"$1\" > {0}.new; mv {0}.new {0}\n",
                seen.display()
            ),
        )
        .unwrap();
        let browser = format!("sh {} %s", script.display());
        let child = start(
            &machine,
            "sso login --sso-session work",
            &[("BROWSER", &browser)],
        );
        let url = loop {
            match fs::read_to_string(&seen) {
                Ok(url) => break url,
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let redirect = of_query(&url, "redirect_uri");
        open(&format!(
            "{redirect}?code=c&state={}",
            of_query(&url, "state")
        ));
        let (code, out, error) = ended(child);
        assert!(
            code == 0 && out.contains("Attempting to open"),
            "{out} {error}"
        );
    }

    #[test]
    fn waiting_ends_with_ctrl_c() {
        let machine = Machine::new(&identity_center(vec![fails(
            "AuthorizationPendingException",
        )]));
        for args in [
            "sso login --no-browser",
            "sso login --no-browser --use-device-code",
        ] {
            let mut child = start(&machine, args, &[]);
            let (_, _rest) = page(&mut child);
            let killed = Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status();
            assert!(killed.unwrap().success());
            assert_eq!(child.wait().unwrap().code(), Some(130), "{args}");
        }
    }

    #[test]
    fn what_is_wrong_has_the_exit_code_of_aws() {
        let machine = Machine::new(&identity_center(vec![fails("AccessDeniedException")]));
        for (args, expected) in [
            ("sso login --profile bare", 253),
            ("sso login --sso-session none", 253),
            ("sso login --profile none", 255),
            ("sso login --redirect-port 0", 252),
            ("sso login --redirect-port x", 252),
            ("sso login --nothing", 252),
            ("sso login extra", 252),
            ("sso login --use-device-code", 255),
            ("login --profile old2 --remote", 255),
            ("login --remote extra", 252),
        ] {
            let (code, out, error) = run(&machine, args, "");
            assert_eq!(code, expected, "{args}: {out} {error}");
        }
    }

    #[test]
    fn login_sets_up_a_profile() {
        let machine = Machine::new(&sign_in(signed_in()));
        let mut child = start(
            &machine,
            "login --remote --profile console --region eu-west-1",
            &[],
        );
        let (url, mut rest) = page(&mut child);
        let code = BASE64_STANDARD.encode(format!("code=c&state={}", of_query(&url, "state")));
        child
            .stdin
            .take()
            .unwrap()
            .write_all(format!("{code}\n").as_bytes())
            .unwrap();
        let mut text = String::new();
        rest.read_to_string(&mut text).unwrap();
        let (code, _, error) = ended(child);
        assert_eq!(code, 0, "{text} {error}");
        assert!(
            text.contains(&format!(
                "Updated profile console to use {SESSION} credentials."
            )),
            "{text}"
        );
        let config = fs::read_to_string(machine.home.path().join(".aws/config")).unwrap();
        assert!(
            config.ends_with(&format!("[profile console]\nlogin_session = {SESSION}\n")),
            "{config}"
        );
        let (_, out, _) = run(
            &machine,
            "configure export-credentials --profile console --format env",
            "",
        );
        assert!(
            out.starts_with("export AWS_ACCESS_KEY_ID=ASIALOGIN\n"),
            "{out}"
        );
        let (code, out, _) = run(&machine, "logout --profile console", "");
        assert!(
            code == 0 && out.starts_with("Removed cached login credentials"),
            "{out}"
        );
        let (_, out, _) = run(&machine, "logout --all", "");
        assert_eq!(out, "No cached login session tokens found.\n");
        let (code, _, error) = run(&machine, "logout --profile bare", "");
        assert!(code == 0 && error.contains("no login session"), "{error}");
        // a profile with other credentials stays as it is
        let (code, _, error) = run(&machine, "login", "");
        assert!(
            code == 253 && error.contains("already has SSO credentials"),
            "{error}"
        );
    }

    #[test]
    fn configure_sso_asks_and_logs_in() {
        let machine = Machine::new(&identity_center(vec![ok(
            json!({"accessToken": "a", "expiresIn": 60}),
        )]));
        let answers =
            "new\nnot a url\nhttps://y.awsapps.com/start\n\neu-west-1\n\nbet\nus-east-2\n\nmine\n";
        let (code, out, error) = run(
            &machine,
            "configure sso --use-device-code --no-browser",
            answers,
        );
        // the session of the default profile is offered, so the first answer replaces it
        assert_eq!(code, 0, "{out} {error}");
        assert!(
            out.contains("SSO session name [work]: SSO start URL [None]: Not a valid Start URL\n"),
            "{out}"
        );
        assert!(out.contains("A value is required"), "{out}");
        assert!(
            out.contains("   1  Alpha (111111111111)\n   2  Beta, b@x (222222222222)\n"),
            "{out}"
        );
        assert!(
            out.contains("The only role available to you is: reader\n"),
            "{out}"
        );
        let config = fs::read_to_string(machine.home.path().join(".aws/config")).unwrap();
        assert!(config.ends_with("[profile mine]\nsso_session = new\nsso_account_id = 222222222222\nsso_role_name = reader\nregion = us-east-2\n\
            [sso-session new]\nsso_start_url = https://y.awsapps.com/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n"), "{config}");
        let (code, out, _) = run(&machine, "configure sso-session", "new\n\neu-central-1\n\n");
        assert!(
            code == 0 && out.ends_with("tucuxi sso login --sso-session new\n"),
            "{out}"
        );
        let config = fs::read_to_string(machine.home.path().join(".aws/config")).unwrap();
        assert!(
            config.contains(
                "sso_start_url = https://y.awsapps.com/start\nsso_region = eu-central-1\n"
            ),
            "{config}"
        );
    }
}
