//! A user name and a password: HTTP Basic (RFC 7617) and HTTP Digest (RFC 7616) authentication.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use zeroize::Zeroizing;

use super::digest::{Challenge, Digests};
use super::{AuthScheme, IdentityKind, Sign, Signing, secret_header, secure};
use crate::call::CallContext;
use crate::endpoint::EndpointAuthScheme;
use crate::error::{Error, Result};
use crate::identity::HttpLogin;
use crate::random;
use crate::transport::Request;

/// The scheme that sends the password itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basic;

/// The scheme that sends a hash of the password, as a response to a challenge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digest;

/// Returns the user name and the password for the service of a call.
fn login(cx: &CallContext<'_>) -> Result<HttpLogin> {
    let key = cx.model.metadata().service_key();
    let found = cx.config.http_login(&key)?;
    found.ok_or_else(|| {
        Error::request(
            "no user name and password: pass them to the client (http_login), or set TUCUXI_HTTP_USERNAME and TUCUXI_HTTP_PASSWORD",
        )
    })
}

impl AuthScheme for Basic {
    fn id(&self) -> &'static str {
        "basic"
    }

    fn names(&self) -> &'static [&'static str] {
        &["httpBasicAuth"]
    }

    fn signer(
        &self,
        cx: &CallContext<'_>,
        _: Option<&EndpointAuthScheme>,
        _: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>> {
        let login = login(cx)?;
        if login.username().contains(':') {
            return Err(Error::request(
                "the user name contains a colon, which HTTP Basic cannot send",
            ));
        }
        Ok(Box::new(BasicSigner(login)))
    }
}

struct BasicSigner(HttpLogin);

impl fmt::Debug for BasicSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasicSigner")
    }
}

impl Sign for BasicSigner {
    fn identity(&self) -> Option<IdentityKind> {
        None
    }

    fn sign(&self, _: &Signing<'_>, request: &mut Request) -> Result<()> {
        secure(request, "a password")?;
        let text = Zeroizing::new(format!("{}:{}", self.0.username(), self.0.password()));
        let value = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(text.as_bytes())));
        let value = secret_header(&value, "the password")?;
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }
}

impl AuthScheme for Digest {
    fn id(&self) -> &'static str {
        "digest"
    }

    fn names(&self) -> &'static [&'static str] {
        &["httpDigestAuth"]
    }

    fn signer(
        &self,
        cx: &CallContext<'_>,
        _: Option<&EndpointAuthScheme>,
        _: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>> {
        let login = login(cx)?;
        Ok(Box::new(DigestSigner {
            login,
            challenges: Digests::default(),
        }))
    }
}

/// Sends the first request of a call without a signature, and signs when the service has sent a challenge.
struct DigestSigner {
    login: HttpLogin,
    challenges: Digests,
}

impl fmt::Debug for DigestSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestSigner")
    }
}

impl Sign for DigestSigner {
    fn identity(&self) -> Option<IdentityKind> {
        None
    }

    fn sign(&self, _: &Signing<'_>, request: &mut Request) -> Result<()> {
        let nonce = random::uuid().replace('-', "");
        let target = request.uri().path_and_query();
        let target = target.map_or("/", |target| target.as_str());
        let answer = self.challenges.answer(
            self.login.username(),
            self.login.password(),
            request.method().as_str(),
            target,
            &nonce,
        );
        if let Some(answer) = answer {
            let value = secret_header(&answer, "the user name")?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(())
    }

    fn accepts_challenge(&self, headers: &HeaderMap) -> bool {
        let texts = headers.get_all(WWW_AUTHENTICATE).iter();
        let texts = texts.filter_map(|value| value.to_str().ok());
        let challenges = texts.flat_map(Challenge::parse_all);
        // the strongest hash
        let best = challenges.max_by_key(Challenge::strength);
        best.is_some_and(|challenge| self.challenges.accept(challenge))
    }
}
