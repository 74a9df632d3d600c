//! Who signs a request, and how: the choice is made here and nowhere else.
//!
//! | says | such as | and wins over |
//! | --- | --- | --- |
//! | the program: no signature at all | `unsigned()` | everything |
//! | the operation: none | `smithy.api#noAuth` | everything below |
//! | the setting `signature_version` | `s3`, `v4a` | everything below |
//! | the endpoint rules, in the order of `auth_scheme_preference` | `sigv4-s3express` | everything below |
//! | operation, then service, in that order too | `aws.auth#sigv4` | the model's old `signatureVersion` |
//!
//! Each scheme is an `AuthScheme` in a file of its own and a row of `SCHEMES`.

mod bearer;
mod canonical;
pub(crate) mod legacy;
mod older;
mod sigv4;
mod unsigned;
mod version_4;

use std::fmt;
use std::time::{Duration, SystemTime};

pub use self::sigv4::{Algorithm, Payload, Signer};
pub(crate) use self::sigv4::{check_expiry, post_signature};
use crate::call::CallContext;
use crate::endpoint::{Endpoint, EndpointAuthScheme};
use crate::error::{Error, Result};
use crate::identity::{BearerToken, Credentials, Identity};
use crate::settings::SignatureVersion;
use crate::transport::Request;

/// All schemes that this client has.
static SCHEMES: &[&dyn AuthScheme] = &[
    &bearer::Bearer,
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
    /// What it is called in errors, and no other is.
    fn id(&self) -> &'static str;

    /// Its names in models, without what precedes `#`, and in endpoint rules: `httpBearerAuth`, `sigv4`. A scheme without one
    /// is selected by a setting alone.
    fn names(&self) -> &'static [&'static str] {
        &[]
    }

    /// The values of the setting `signature_version` that select it.
    fn versions(&self) -> &'static [SignatureVersion] {
        &[]
    }

    /// Whether an endpoint that names it accepts no other, whatever the settings say.
    fn is_exclusive(&self) -> bool {
        false
    }

    /// What signs the requests of a call. `endpoint` is what the rules say of the scheme, and `region` finds the region where
    /// they name none.
    ///
    /// # Errors
    ///
    /// There is no region, or this program is built without the scheme.
    fn signer(
        &self,
        cx: &CallContext<'_>,
        endpoint: Option<&EndpointAuthScheme>,
        region: &dyn Fn() -> Result<String>,
    ) -> Result<Box<dyn Sign>>;
}

/// Signs all attempts of one call.
pub(crate) trait Sign: fmt::Debug + Send + Sync {
    /// The kind of identity that it signs with.
    fn identity(&self) -> Option<IdentityKind>;

    /// Whether the body may go in chunks with its checksum after it: servers of the older signatures know no chunks.
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

    /// Whether the signature has a hash of the body, so that the body is read before it is sent.
    ///
    /// # Errors
    ///
    /// The model is broken.
    fn hashes(&self, _cx: &CallContext<'_>, _request: &Request) -> Result<bool> {
        Ok(false)
    }

    /// Signs a request anew.
    ///
    /// # Errors
    ///
    /// The identity is of another kind, or has characters that a header cannot have.
    fn sign(&self, with: &Signing<'_>, request: &mut Request) -> Result<()>;

    /// Signs a request in its query.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign), or the scheme has no such form.
    fn presign(
        &self,
        _with: &Signing<'_>,
        _request: &mut Request,
        _expires: Duration,
    ) -> Result<()> {
        Err(unsupported("this scheme, in a URL"))
    }
}

/// What a signature is made with.
pub(crate) struct Signing<'a> {
    pub(crate) cx: CallContext<'a>,
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) time: SystemTime,
    /// The hash of a body that is not in memory, where [`Sign::hashes`] wants one.
    pub(crate) sha256: Option<&'a str>,
}

impl Signing<'_> {
    fn credentials(&self) -> Result<&Credentials> {
        match self.identity {
            Some(Identity::Credentials(credentials)) => Ok(credentials),
            _ => Err(Error::request("there are no credentials to sign it with")),
        }
    }

    fn token(&self) -> Result<&BearerToken> {
        match self.identity {
            Some(Identity::Token(token)) => Ok(token),
            _ => Err(Error::request("there is no bearer token to send with it")),
        }
    }
}

/// Which kind of identity signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentityKind {
    Credentials,
    Token,
}

/// The scheme of `aws.auth#sigv4` and `smithy.api#noAuth` in models, `sigv4` and `none` in rules.
fn named(name: &str) -> Option<&'static dyn AuthScheme> {
    let name = name.rsplit('#').next().unwrap_or_default();
    let mut all = SCHEMES.iter().copied();
    all.find(|scheme| scheme.names().contains(&name))
}

fn of_version(version: SignatureVersion) -> Result<&'static dyn AuthScheme> {
    let mut all = SCHEMES.iter().copied();
    let found = all.find(|scheme| scheme.versions().contains(&version));
    found.ok_or_else(|| unsupported(version.as_str()))
}

/// The first that is here, after those that the configuration prefers.
fn first_of<'n>(
    cx: &CallContext<'_>,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<Option<&'static dyn AuthScheme>> {
    let names: Vec<&str> = names.into_iter().collect();
    let known = || names.iter().filter_map(|name| named(name));
    let mut preferred = (cx.config.auth_scheme_preference().iter()).filter_map(|name| named(name));
    let first = preferred.find(|scheme| known().any(|known| known.id() == scheme.id()));
    match first.or_else(|| known().next()) {
        Some(scheme) => Ok(Some(scheme)),
        None if names.is_empty() => Ok(None),
        None => Err(unsupported(&names.join(", "))),
    }
}

fn unsupported(names: &str) -> Error {
    Error::unsupported(format!("signing with {names}"))
}

/// Whether requests go out without a signature, whatever the endpoint.
pub(crate) fn is_unsigned(cx: &CallContext<'_>) -> bool {
    cx.config.is_unsigned()
        || modelled(cx).is_ok_and(|scheme| scheme.id() == unsigned::Unsigned.id())
}

/// What operation and service say.
fn modelled(cx: &CallContext<'_>) -> Result<&'static dyn AuthScheme> {
    let (operation, metadata) = (cx.operation, cx.model.metadata());
    if operation.auth_type.as_deref() == Some("none") && operation.auth.is_empty() {
        return Ok(&unsigned::Unsigned);
    }
    let lists = [&operation.auth, &metadata.auth];
    if let Some(list) = lists.into_iter().find(|list| !list.is_empty())
        && let Some(scheme) = first_of(cx, list.iter().map(|name| &**name))?
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

/// Chooses for an endpoint. `region` finds the region to sign for where the endpoint names none.
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
    let asked = first_of(cx, names);
    let scheme: &dyn AuthScheme = match (version, asked) {
        (_, Ok(Some(scheme))) if scheme.is_exclusive() => scheme,
        (Some(version), _) => of_version(version)?,
        (None, _) if prefers_bearer() => &bearer::Bearer,
        (None, asked) => match asked? {
            Some(scheme) => scheme,
            None => modelled(cx)?,
        },
    };
    let is_it = |name: &str| named(name).is_some_and(|found| found.id() == scheme.id());
    let details = schemes.iter().find(|details| is_it(&details.name));
    scheme.signer(cx, details, region)
}

fn is_https(request: &Request) -> bool {
    request.uri().scheme_str() == Some("https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_and_each_setting_selects_one_scheme() {
        for scheme in SCHEMES {
            for name in scheme.names() {
                assert_eq!(named(name).unwrap().id(), scheme.id(), "{name}");
                assert_eq!(named(&format!("x.y#{name}")).unwrap().id(), scheme.id());
            }
            for version in scheme.versions() {
                assert_eq!(of_version(*version).unwrap().id(), scheme.id());
            }
            let same = SCHEMES.iter().filter(|other| other.id() == scheme.id());
            assert_eq!(same.count(), 1, "{}", scheme.id());
        }
        for text in ["bearer", "s3", "s3-query", "v2", "v4", "s3v4", "v4a"] {
            let version: SignatureVersion = text.parse().unwrap();
            assert!(of_version(version).is_ok(), "{text}");
        }
    }
}
