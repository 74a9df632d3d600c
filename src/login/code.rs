//! Logging in with an authorization code, which the browser returns to a port of this machine.

use serde_json::{Value, json};

use super::Authorization;
use super::callback::Callback;
use super::flow::{DEFAULT_SCOPE, Flow, of_token};
use super::pkce::{Pkce, origin, url};
use super::registration::{self, Registration};
use crate::error::Result;

pub(super) fn run(
    flow: &Flow<'_>,
    redirect_port: Option<u16>,
    mut authorize: impl FnMut(&Authorization<'_>),
) -> Result<(Registration, Value)> {
    let callback = Callback::open(redirect_port)?;
    let registration = registration::of_code(flow)?;
    let pkce = Pkce::new()?;
    let redirect = callback.url();
    let scopes = match flow.scopes {
        [] => DEFAULT_SCOPE.to_owned(),
        scopes => scopes.join(" "),
    };
    let query = [
        ("response_type", "code"),
        ("client_id", &registration.id),
        ("redirect_uri", &redirect),
        ("state", &pkce.state),
        ("code_challenge_method", "S256"),
        ("scopes", &scopes),
        ("code_challenge", &pkce.challenge),
    ];
    let page = url(&service(flow)?, "/authorize", &query);
    authorize(&Authorization {
        url: &page,
        complete_url: &page,
        user_code: None,
    });
    let code = callback.wait(&pkce.state, flow.cancel)?;
    let params = json!({
        "grantType": "authorization_code",
        "clientId": registration.id,
        "clientSecret": registration.secret,
        "redirectUri": redirect,
        "codeVerifier": pkce.verifier,
        "code": code,
    });
    let response = flow.call("CreateToken", params).map_err(of_token)?;
    Ok((registration, response))
}

/// The scheme and host of the service.
fn service(flow: &Flow<'_>) -> Result<String> {
    let client = flow.client.with(|config| config.region(flow.region))?;
    let params = json!({"clientName": "tucuxi", "clientType": "public"});
    let known = client.introspect();
    let explained = known.explain_endpoint("sso-oidc", "RegisterClient", &params)?;
    Ok(origin(&explained.endpoint?.url).to_owned())
}
