//! Logging in with the credentials of the AWS console.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::HeaderValue;
use serde_json::{Value, json};

use super::callback::Callback;
use super::pkce::{Pkce, origin, url};
use super::{Authorization, LoginError};
use crate::cancel::CancelToken;
use crate::client::Client;
use crate::credentials::{DpopKey, end_after, login};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::interceptor::{CallContext, Interceptor};
use crate::time::Timestamp;
use crate::transport::Request;
use crate::uri;

const SAME_DEVICE: &str = "arn:aws:signin:::devtools/same-device";
const CROSS_DEVICE: &str = "arn:aws:signin:::devtools/cross-device";

/// A login with the credentials of the AWS console. Temporary credentials, and what refreshes them, are saved in `~/.aws/login/cache`,
/// and belong to a session that the key `login_session` of a profile names.
///
/// ```no_run
/// use tucuxi::Client;
/// use tucuxi::config::{Environment, FileEdit};
/// use tucuxi::login::ConsoleLogin;
/// use tucuxi::transport::CancelToken;
///
/// let client = Client::new()?;
/// let login = ConsoleLogin::new().run(&client, &CancelToken::default(), |authorization| println!("open {}", authorization.url))?;
/// let env = Environment::from_process();
/// login.save(&env)?;
/// FileEdit::config().profile("console").set("login_session", login.name()).save(&env)?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it does nothing before `run`"]
pub struct ConsoleLogin {
    redirect_port: Option<u16>,
}

/// What a login with the console's credentials returned. `Debug` shows no secrets.
#[must_use = "it is lost unless it is saved"]
pub struct ConsoleSession {
    name: String,
    document: Value,
}

impl ConsoleLogin {
    /// Creates a login.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the port of this machine to which the browser returns. The default is any free port.
    pub fn redirect_port(mut self, port: u16) -> Self {
        self.redirect_port = Some(port);
        self
    }

    /// Logs in with a browser on this machine, in the region of the client. `authorize` shows the person what to do, as by opening a browser;
    /// it returns at once.
    ///
    /// # Errors
    ///
    /// Returns an error if the person does not authorize the login, if it is cancelled, or if a call fails.
    pub fn run(
        &self,
        client: &Client,
        cancel: &CancelToken,
        mut authorize: impl FnMut(&Authorization<'_>),
    ) -> Result<ConsoleSession> {
        let callback = Callback::open(self.redirect_port)?;
        let flow = Flow::new(client, cancel, SAME_DEVICE, |_| callback.url())?;
        let page = flow.page();
        authorize(&Authorization {
            url: &page,
            complete_url: &page,
            user_code: None,
        });
        let code = callback.wait(&flow.pkce.state, cancel)?;
        flow.exchange(&code)
    }

    /// Logs in with a browser on another machine. `authorize` shows the page, and returns the code that the page shows at the end.
    ///
    /// # Errors
    ///
    /// Returns an error if `authorize` does, if the code is wrong or belongs to another login, or if a call fails.
    pub fn run_remote(
        &self,
        client: &Client,
        cancel: &CancelToken,
        authorize: impl FnOnce(&Authorization<'_>) -> Result<String>,
    ) -> Result<ConsoleSession> {
        let flow = Flow::new(client, cancel, CROSS_DEVICE, |base| {
            format!("{base}/v1/sessions/confirmation")
        })?;
        let page = flow.page();
        let entered = authorize(&Authorization {
            url: &page,
            complete_url: &page,
            user_code: None,
        })?;
        let (code, state) = read_code(&entered).ok_or_else(|| {
            LoginError::Denied("the code is incomplete; copy all of it from the browser".into())
        })?;
        match state == flow.pkce.state {
            true => flow.exchange(&code),
            false => Err(LoginError::State.into()),
        }
    }
}

/// Reads what the page shows: `code` and `state` of a query, in base64.
fn read_code(text: &str) -> Option<(String, String)> {
    let bytes = BASE64_STANDARD.decode(text.trim()).ok()?;
    let query = String::from_utf8(bytes).ok()?;
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(known, _)| *known == name)?;
        Some(uri::decode(&value.replace('+', " ")))
    };
    Some((value("code")?, value("state")?))
}

struct Flow<'f> {
    client: &'f Client,
    cancel: &'f CancelToken,
    client_id: &'static str,
    /// Scheme and host of the service.
    base: String,
    redirect: String,
    pkce: Pkce,
}

impl<'f> Flow<'f> {
    fn new(
        client: &'f Client,
        cancel: &'f CancelToken,
        client_id: &'static str,
        redirect: impl FnOnce(&str) -> String,
    ) -> Result<Self> {
        let known = client.introspect();
        let params =
            json!({"tokenInput": {"clientId": client_id, "grantType": "authorization_code"}});
        let explained = known.explain_endpoint("signin", "CreateOAuth2Token", &params)?;
        let base = origin(&explained.endpoint?.url).to_owned();
        Ok(Self {
            client,
            cancel,
            client_id,
            redirect: redirect(&base),
            base,
            pkce: Pkce::new()?,
        })
    }

    /// The page to open.
    fn page(&self) -> String {
        let query = [
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("state", &self.pkce.state),
            ("code_challenge_method", "SHA-256"),
            ("scope", "openid"),
            ("redirect_uri", &self.redirect),
            ("code_challenge", &self.pkce.challenge),
        ];
        url(&self.base, "/v1/authorize", &query)
    }

    /// Exchanges a code for credentials.
    fn exchange(&self, code: &str) -> Result<ConsoleSession> {
        let key = DpopKey::new().map_err(no_random)?;
        let pem = key.to_pem();
        let params = json!({"tokenInput": {
            "clientId": self.client_id,
            "grantType": "authorization_code",
            "code": code,
            "codeVerifier": self.pkce.verifier,
            "redirectUri": self.redirect,
        }});
        let now = self.client.config().now();
        let seconds = Timestamp::of(now).whole_seconds().unwrap_or(0);
        let request = self.client.request("signin", "CreateOAuth2Token");
        let request = request.params(params).cancel_with(self.cancel);
        let response = request.interceptor(Proof { key, seconds }).send();
        let response = response.map_err(explained)?.to_value()?;
        let output = &response["tokenOutput"];
        let missing = |name: &str| {
            LoginError::Response(format!(
                "the response of CreateOAuth2Token has no valid {name}"
            ))
        };
        let end = end_after(now, &output["expiresIn"]).ok_or_else(|| missing("expiresIn"))?;
        let session = subject(&output["idToken"]).ok_or_else(|| missing("idToken"))?;
        let account = session.split(':').nth(4).unwrap_or_default();
        let mut token = output["accessToken"].clone();
        if !token.is_object() {
            return Err(missing("accessToken").into());
        }
        token["accountId"] = account.into();
        token["expiresAt"] = Timestamp::of(end).whole().rfc3339().into();
        let document = json!({
            "accessToken": token,
            "tokenType": output["tokenType"],
            "clientId": self.client_id,
            "refreshToken": output["refreshToken"],
            "idToken": output["idToken"],
            "dpopKey": pem.as_ref().map(|pem| pem.as_str()),
            "signInRegion": self.client.config().region(),
        });
        Ok(ConsoleSession {
            name: session,
            document,
        })
    }
}

fn no_random(error: crate::random::Failed) -> Error {
    Error::new(ErrorKind::Credentials, error.to_string())
}

/// Adds the proof that the client has the key to which the token will belong.
struct Proof {
    key: DpopKey,
    seconds: i64,
}

impl Interceptor for Proof {
    fn request(&self, _: &CallContext<'_>, request: &mut Request) -> Result<()> {
        let proof: Result<HeaderValue, String> = self.key.proof(request.uri(), self.seconds);
        let proof = proof.map_err(|why| Error::new(ErrorKind::Credentials, why))?;
        request.headers_mut().insert("dpop", proof);
        Ok(())
    }
}

/// The subject of a JWT, whose signature needs no check: it came from the service itself.
fn subject(token: &Value) -> Option<String> {
    let mut parts = token.as_str()?.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(payload.trim_end_matches('='))
        .ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    let subject = payload["sub"]
        .as_str()
        .filter(|subject| !subject.is_empty());
    subject.map(str::to_owned)
}

/// The error of the exchange, with its remedy.
fn explained(error: Error) -> Error {
    let service = error.service_error();
    match service.and_then(|error| error.value["error"].as_str()) {
        Some("AUTHCODE_EXPIRED") => LoginError::Expired.into(),
        Some("INSUFFICIENT_PERMISSIONS") => LoginError::Denied(
            "the user may not log in this way; the permission signin:CreateOAuth2Token is required"
                .into(),
        )
        .into(),
        _ => error,
    }
}

impl ConsoleSession {
    /// Returns the name of the session, an ARN.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Saves the session, so that providers find its credentials.
    ///
    /// # Errors
    ///
    /// Returns an error if something is missing in it, or the file cannot be written.
    pub fn save(&self, env: &Environment) -> Result<()> {
        Ok(login::save(env, &self.name, &self.document)?)
    }
}

impl std::fmt::Debug for ConsoleSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.name;
        f.debug_struct("ConsoleSession")
            .field("name", name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_enters_is_read() {
        let text = BASE64_STANDARD.encode("state=s&code=a%2Bb");
        let expected = Some(("a+b".to_owned(), "s".to_owned()));
        assert_eq!(read_code(&format!(" {text}\n")), expected);
        for text in [
            "",
            "x",
            &BASE64_STANDARD.encode("code=a"),
            &BASE64_STANDARD.encode([0xff]),
        ] {
            assert_eq!(read_code(text), None);
        }
    }

    #[test]
    fn the_subject_of_a_token_is_read() {
        let jwt = |payload: &str| format!("h.{}.s", BASE64_URL_SAFE_NO_PAD.encode(payload));
        let read = |text: &str| subject(&text.into());
        assert_eq!(read(&jwt(r#"{"sub": "arn:x"}"#)).as_deref(), Some("arn:x"));
        for text in [
            "",
            "a.b",
            "a.b.c",
            &jwt("{}"),
            &jwt(r#"{"sub": ""}"#),
            &jwt("[1"),
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
