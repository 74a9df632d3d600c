//! Authentication schemes, and the choice of the scheme for a call, which is made only here.
//!
//! | source, the highest precedence first | example |
//! | --- | --- |
//! | the program switches signatures off | `unsigned()` |
//! | the operation needs no signature | `smithy.api#noAuth` |
//! | the setting `signature_version` | `s3`, `v4a` |
//! | the endpoint rules, in the order of `auth_scheme_preference` | `sigv4-s3express` |
//! | the operation, then the service, in that order too | `aws.auth#sigv4` |
//! | the model's older `signatureVersion` | `v4` |
//!
//! Each scheme is an `AuthScheme` in a file of its own and a row of `SCHEMES`.

mod api_key;
mod bearer;
mod canonical;
mod digest;
mod event_signature;
mod http_login;
mod keys;
pub(crate) mod legacy;
mod older;
mod sigv4;
mod unsigned;
mod version_4;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};

pub(crate) use self::event_signature::SIGNED_EVENTS;
pub use self::sigv4::{Algorithm, Payload, Signer};
pub(crate) use self::sigv4::{check_expiry, post_signature};
use crate::call::CallContext;
use crate::endpoint::{Endpoint, EndpointAuthScheme};
use crate::error::{Error, Result};
use crate::eventstream::SignFrames;
use crate::identity::{BearerToken, Credentials, Identity};
use crate::settings::SignatureVersion;
use crate::transport::Request;

/// All schemes that this crate implements.
static SCHEMES: &[&dyn AuthScheme] = &[
    &api_key::ApiKey,
    &bearer::Bearer,
    &http_login::Basic,
    &http_login::Digest,
    &older::S3Hmac::InHeader,
    &older::S3Hmac::InQuery,
    &older::QueryV2,
    &unsigned::Unsigned,
    &version_4::SigV4,
    &version_4::SigV4a,
    &version_4::S3Express,
];

/// A way to authenticate requests.
pub(crate) trait AuthScheme: Sync {
    /// The unique name, used in errors.
    fn id(&self) -> &'static str;

    /// The names in models, without the part up to `#`, and in endpoint rules: `httpBearerAuth`, `sigv4`. A scheme
    /// without a name is selected only by a setting.
    fn names(&self) -> &'static [&'static str] {
        &[]
    }

    /// The values of the setting `signature_version` that select the scheme.
    fn versions(&self) -> &'static [SignatureVersion] {
        &[]
    }

    /// Whether the scheme overrides the setting `signature_version` if the endpoint rules name it.
    fn is_exclusive(&self) -> bool {
        false
    }

    /// Returns the signer for the requests of a call. `endpoint` is the scheme's entry in the endpoint; `region`
    /// returns the region if the entry has none.
    ///
    /// # Errors
    ///
    /// Returns an error if no region is configured, or the program is built without the scheme.
    fn signer(
        &self,
        cx: &CallContext<'_>,
        endpoint: Option<&EndpointAuthScheme>,
        region: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>>;
}

/// Signs all attempts of one call.
pub(crate) trait Sign: fmt::Debug + Send + Sync {
    /// The kind of identity that the signature needs.
    fn identity(&self) -> Option<IdentityKind>;

    /// Whether the body may be sent in chunks followed by its checksum. Servers that accept the older signatures do not
    /// support that.
    fn takes_trailers(&self) -> bool {
        true
    }

    /// Whether the signature is valid in more than one region.
    fn is_for_several_regions(&self) -> bool {
        false
    }

    /// Whether the credentials are those of an S3 Express session.
    fn needs_session(&self) -> bool {
        false
    }

    /// Returns whether the signature covers a hash of the body, so that the body is read before it is sent.
    ///
    /// # Errors
    ///
    /// Returns an error if the model is malformed.
    fn hashes(&self, _cx: &CallContext<'_>, _request: &Request) -> Result<bool> {
        Ok(false)
    }

    /// Signs a request, replacing an earlier signature.
    ///
    /// # Errors
    ///
    /// Returns an error if the identity is missing, of another kind, or not valid in a header.
    fn sign(&self, with: &Signing<'_>, request: &mut Request) -> Result<()>;

    /// Accepts the challenge of a response with status 401 (RFC 9110, 11.6.1). Returns whether the request is sent again, with a
    /// signature that meets it.
    fn accepts_challenge(&self, _headers: &HeaderMap) -> bool {
        false
    }

    /// Whether the messages of a stream of events are signed.
    ///
    /// # Errors
    ///
    /// Returns an error if the scheme has no such signature.
    fn signs_events(&self) -> Result<bool> {
        Ok(false)
    }

    /// Returns what signs the messages of a signed request.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    fn event_signer(
        &self,
        _with: &Signing<'_>,
        _request: &Request,
        _clock: Clock,
    ) -> Result<Option<Box<dyn SignFrames>>> {
        Ok(None)
    }

    /// Signs a request in its query.
    ///
    /// # Errors
    ///
    /// Returns an error as [`sign`](Self::sign) does, or if the scheme cannot sign a URL.
    fn presign(
        &self,
        _with: &Signing<'_>,
        _request: &mut Request,
        _expires: Duration,
    ) -> Result<()> {
        Err(unsupported("this scheme in a URL"))
    }
}

/// The time of the service, as far as it is known.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The inputs of a signature.
pub(crate) struct Signing<'a> {
    pub(crate) cx: CallContext<'a>,
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) time: SystemTime,
    /// The hash of a body that is not in memory, if [`Sign::hashes`] requested it.
    pub(crate) sha256: Option<&'a str>,
}

impl Signing<'_> {
    fn credentials(&self) -> Result<&Credentials> {
        match self.identity {
            Some(Identity::Credentials(credentials)) => Ok(credentials),
            _ => Err(Error::request("no credentials to sign the request with")),
        }
    }

    fn token(&self) -> Result<&BearerToken> {
        match self.identity {
            Some(Identity::Token(token)) => Ok(token),
            _ => Err(Error::request("no bearer token for the request")),
        }
    }
}

/// The kind of identity that a signature needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentityKind {
    Credentials,
    Token,
}

/// Returns the scheme of a name: `aws.auth#sigv4` or `smithy.api#noAuth` in models, `sigv4` or `none` in rules.
fn named(name: &str) -> Option<&'static dyn AuthScheme> {
    let name = name.rsplit('#').next().unwrap_or_default();
    let mut all = SCHEMES.iter().copied();
    all.find(|scheme| scheme.names().contains(&name))
}

fn from_version(version: SignatureVersion) -> Result<&'static dyn AuthScheme> {
    let mut all = SCHEMES.iter().copied();
    let found = all.find(|scheme| scheme.versions().contains(&version));
    found.ok_or_else(|| unsupported(version.as_str()))
}

/// Returns the first supported scheme of these names, preferring those of `auth_scheme_preference`, or `None` if there
/// are no names.
fn first_supported<'n>(
    cx: &CallContext<'_>,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Result<Option<&'static dyn AuthScheme>> {
    let known = || names.clone().filter_map(named);
    let mut preferred = (cx.config.auth_scheme_preference().iter()).filter_map(|name| named(name));
    let first = preferred.find(|scheme| known().any(|known| known.id() == scheme.id()));
    match first.or_else(|| known().next()) {
        Some(scheme) => Ok(Some(scheme)),
        None => match names.collect::<Vec<_>>().join(", ") {
            names if names.is_empty() => Ok(None),
            names => Err(unsupported(&names)),
        },
    }
}

fn unsupported(names: &str) -> Error {
    Error::unsupported(format!("signing with {names}"))
}

/// Returns whether requests are sent without a signature, whatever the endpoint.
pub(crate) fn is_unsigned(cx: &CallContext<'_>) -> bool {
    cx.config.is_unsigned()
        || modelled(cx).is_ok_and(|scheme| scheme.id() == unsigned::Unsigned.id())
}

/// Returns the scheme that the model gives the operation, or else the service.
fn modelled(cx: &CallContext<'_>) -> Result<&'static dyn AuthScheme> {
    let (operation, metadata) = (cx.operation, cx.model.metadata());
    let lists = [&operation.auth, &metadata.auth];
    if let Some(list) = lists.into_iter().find(|list| !list.is_empty())
        && let Some(scheme) = first_supported(cx, list.iter().map(|name| &**name))?
    {
        return Ok(scheme);
    }
    Ok(match &*metadata.signature_version {
        "bearer" => &bearer::Bearer,
        "none" => &unsigned::Unsigned,
        "v2" if cx.quirks.signs_with_version_2 => &older::QueryV2,
        _ => &version_4::SigV4, // the other older versions are no longer in use
    })
}

/// Returns the signer of a call for an endpoint. `region` returns the region to sign for if the endpoint has none.
pub(crate) fn choose(
    cx: &CallContext<'_>,
    endpoint: &Endpoint,
    region: &dyn Fn() -> Result<String>,
) -> Result<Box<dyn Sign>> {
    if is_unsigned(cx) {
        return unsigned::Unsigned.signer(cx, None, region);
    }
    let schemes = &endpoint.auth_schemes;
    let names = schemes.iter().map(|scheme| &*scheme.name);
    let metadata = cx.model.metadata();
    let version = cx.config.signature_version(&metadata.service_key())?;
    let prefers_bearer = || {
        cx.has(cx.quirks.prefers_bearer)
            && cx.config.auth_scheme_preference().is_empty()
            && cx.config.has_token_variable(&metadata.signing_name)
    };
    let by_rules = first_supported(cx, names);
    let scheme: &dyn AuthScheme = match (version, by_rules) {
        (_, Ok(Some(scheme))) if scheme.is_exclusive() => scheme,
        (Some(version), _) => from_version(version)?,
        (None, _) if prefers_bearer() => &bearer::Bearer,
        (None, by_rules) => match by_rules? {
            Some(scheme) => scheme,
            None => modelled(cx)?,
        },
    };
    let is_chosen = |name: &str| named(name).is_some_and(|found| found.id() == scheme.id());
    let details = schemes.iter().find(|details| is_chosen(&details.name));
    scheme.signer(cx, details, region)
}

fn is_https(request: &Request) -> bool {
    request.uri().scheme_str() == Some("https")
}

/// Checks that a secret is sent over https, or to this machine.
fn secure(request: &Request, secret: &str) -> Result<()> {
    let host = request.uri().host().unwrap_or_default();
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    match is_https(request) || host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback()) {
        true => Ok(()),
        false => Err(Error::request(format!(
            "{secret} is sent over https only, but the endpoint is not https"
        ))),
    }
}

/// Returns the value of a header that contains a secret.
fn secret_header(text: &str, what: &str) -> Result<HeaderValue> {
    let value = HeaderValue::from_str(text);
    let mut value =
        value.map_err(|_| Error::request(format!("{what} is not valid in a header")))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_and_setting_selects_one_scheme() {
        for scheme in SCHEMES {
            for name in scheme.names() {
                assert_eq!(named(name).unwrap().id(), scheme.id(), "{name}");
                assert_eq!(named(&format!("x.y#{name}")).unwrap().id(), scheme.id());
            }
            for version in scheme.versions() {
                assert_eq!(from_version(*version).unwrap().id(), scheme.id());
            }
            let same = SCHEMES.iter().filter(|other| other.id() == scheme.id());
            assert_eq!(same.count(), 1, "{}", scheme.id());
        }
        for text in ["bearer", "s3", "s3-query", "v2", "v4", "s3v4", "v4a"] {
            let version: SignatureVersion = text.parse().unwrap();
            assert!(from_version(version).is_ok(), "{text}");
        }
    }
}
