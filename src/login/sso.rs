//! Logging in to IAM Identity Center.

use serde_json::{Value, json};

use super::flow::Flow;
use super::registration::Registration;
use super::{Authorization, LoginError, code, device, start_url};
use crate::cancel::CancelToken;
use crate::client::Client;
use crate::config::Config;
use crate::credentials::{BearerToken, SsoCache, end_after};
use crate::error::Result;
use crate::settings::{Profile, Settings, names_in};
use crate::time::Timestamp;

/// A login to IAM Identity Center, whose token is saved in `~/.aws/sso/cache`.
///
/// A profile with an `sso_session` logs in with an authorization code, unless [`device_code`](Self::device_code) is set; one with a
/// start URL alone always logs in with a device code.
///
/// ```no_run
/// use tucuxi::Client;
/// use tucuxi::login::SsoLogin;
/// use tucuxi::transport::CancelToken;
///
/// let client = Client::new()?;
/// let mut login = SsoLogin::of_profile(client.config())?;
/// login.run(&client, &CancelToken::default(), |authorization| println!("open {}", authorization.complete_url))?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing before `run`"]
pub struct SsoLogin {
    start_url: String,
    region: String,
    session: Option<String>,
    scopes: Vec<String>,
    /// The start URL at AWS, to which that of one's own domain leads.
    resolved: Option<String>,
    device_code: bool,
    redirect_port: Option<u16>,
    keep_valid: bool,
}

impl SsoLogin {
    /// Creates a login without a session, as older profiles have it.
    pub fn new(start_url: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            start_url: start_url.into(),
            region: region.into(),
            session: None,
            scopes: Vec::new(),
            resolved: None,
            device_code: false,
            redirect_port: None,
            keep_valid: false,
        }
    }

    /// Creates the login of the profile: of its `sso_session`, or else of its `sso_start_url`.
    ///
    /// # Errors
    ///
    /// Returns an error if the profile or the session lacks a key.
    pub fn of_profile(config: &Config) -> Result<Self> {
        let session = text(config, "sso_session");
        match session {
            Some(session) => Self::of_session(config, session),
            None => {
                let name = &config.profile().value;
                let of = format!("profile {name:?}");
                Self::read(None, &of, |key| text(config, key))
            }
        }
    }

    /// Creates the login of an `[sso-session NAME]`.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not exist or lacks a key.
    pub fn of_session(config: &Config, name: &str) -> Result<Self> {
        let section = Settings::sso_session(config, name).ok_or_else(|| {
            LoginError::Config(format!(
                "there is no [sso-session {name}]; create it with configure sso-session"
            ))
        })?;
        let of = format!("[sso-session {name}]");
        Self::read(Some(name), &of, |key| of_section(section, key))
    }

    fn read<'c>(
        session: Option<&str>,
        of: &str,
        text: impl Fn(&str) -> Option<&'c str>,
    ) -> Result<Self> {
        let start_url = text("sso_start_url");
        let region = text("sso_region");
        let is_known = start_url.is_some_and(start_url::needs_region);
        let mut missing = Vec::new();
        if start_url.is_none() {
            missing.push("sso_start_url");
        }
        // the address of one's own domain leads to the region
        if region.is_none() && (start_url.is_none() || is_known) {
            missing.push("sso_region");
        }
        if !missing.is_empty() {
            let missing = missing.join(" and ");
            let what = format!("{of} has no {missing}; set them up with configure sso");
            return Err(LoginError::Config(what).into());
        }
        let mut login = Self::new(start_url.unwrap_or_default(), region.unwrap_or_default());
        if let Some(session) = session {
            let scopes = text("sso_registration_scopes").unwrap_or_default();
            login = login.session(session).scopes(parse_scopes(scopes));
        }
        if let Some(port) = text("sso_redirect_port") {
            let port = port.trim().parse().ok().filter(|port| *port > 0);
            let port = port.ok_or_else(|| {
                LoginError::Config(format!(
                    "sso_redirect_port of {of} must be a number from 1 to 65535"
                ))
            })?;
            login = login.redirect_port(port);
        }
        Ok(login)
    }

    /// Sets the name of the session, with which providers find the token.
    pub fn session(mut self, name: impl Into<String>) -> Self {
        self.session = Some(name.into());
        self
    }

    /// Sets the scopes to request. The default is `sso:account:access`.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets whether to log in with a device code, which also works if the browser is on another machine.
    pub fn device_code(mut self, yes: bool) -> Self {
        self.device_code = yes;
        self
    }

    /// Sets the port of this machine to which the browser returns. The default is any free port.
    pub fn redirect_port(mut self, port: u16) -> Self {
        self.redirect_port = Some(port);
        self
    }

    /// Sets whether a token that is still valid is kept, and no login takes place.
    pub fn keep_valid(mut self, yes: bool) -> Self {
        self.keep_valid = yes;
        self
    }

    /// Returns the start URL.
    pub fn start_url(&self) -> &str {
        &self.start_url
    }

    /// Returns the region, which a login may have found out.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Returns the name of the session.
    pub fn session_name(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Finds out where a start URL of one's own domain leads, and sets the region accordingly.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is not `https`, or does not lead to IAM Identity Center.
    pub fn resolve(&mut self, client: &Client) -> Result<()> {
        let (resolved, region) = start_url::resolve(client, &self.start_url, &self.region)?;
        self.resolved = Some(resolved);
        self.region = region;
        Ok(())
    }

    /// Logs in and saves the token. `authorize` shows the person what to do, as by opening a browser; it returns at once.
    ///
    /// # Errors
    ///
    /// Returns an error if the person does not authorize the login, if it is cancelled, if a call fails, or if the token cannot be
    /// saved.
    pub fn run(
        &mut self,
        client: &Client,
        cancel: &CancelToken,
        authorize: impl FnMut(&Authorization<'_>),
    ) -> Result<BearerToken> {
        let key = self.session.as_deref().unwrap_or(&self.start_url);
        let cache = SsoCache::of(client.config().environment())?;
        if self.keep_valid
            && let Some(token) = cache.valid_token(key, client.config().now())?
        {
            return Ok(token);
        }
        if self.resolved.is_none() {
            self.resolve(client)?;
        }
        let flow = Flow {
            start_url: &self.start_url,
            issuer: self.resolved.as_deref().unwrap_or(&self.start_url),
            region: &self.region,
            session: self.session.as_deref(),
            scopes: &self.scopes,
            client,
            cancel,
            cache: &cache,
        };
        let (registration, response) = match self.session.is_some() && !self.device_code {
            true => code::run(&flow, self.redirect_port, authorize)?,
            false => device::run(&flow, authorize)?,
        };
        let document = document(&flow, &registration, &response)?;
        let key = self.session.as_deref().unwrap_or(&self.start_url);
        Ok(cache.save_token(key, &document)?)
    }
}

/// What is saved of a token.
fn document(flow: &Flow<'_>, registration: &Registration, response: &Value) -> Result<Value> {
    let end = end_after(flow.client.config().now(), &response["expiresIn"]);
    let token = response["accessToken"].as_str();
    let (Some(end), Some(token)) = (end, token) else {
        let what = "the response of CreateToken has no accessToken with a valid expiresIn";
        return Err(LoginError::Response(what.into()).into());
    };
    let mut document = json!({
        "startUrl": flow.start_url,
        "region": flow.region,
        "accessToken": token,
        "expiresAt": Timestamp::of(end).whole().rfc3339(),
        "clientId": registration.id,
        "clientSecret": registration.secret,
        "registrationExpiresAt": registration.expires_at,
    });
    if response["refreshToken"].is_string() {
        document["refreshToken"] = response["refreshToken"].clone();
    }
    Ok(document)
}

fn text<'c>(config: &'c Config, key: &str) -> Option<&'c str> {
    let (text, _) = config.profile_text(key)?;
    (!text.is_empty()).then_some(text)
}

fn of_section<'c>(section: &'c Profile, key: &str) -> Option<&'c str> {
    let (text, _) = section.text(None, key)?;
    (!text.is_empty()).then_some(text)
}

/// The scopes of a list with commas.
fn parse_scopes(text: &str) -> Vec<String> {
    names_in(text)
}
