//! Who signs a request, and how: the choice is made here and nowhere else.
//!
//! Of an operation without a signature, of what the endpoint rules ask for, and of what the service's model says, the
//! first decides.

mod sigv4;

use std::time::SystemTime;

use self::sigv4::{Payload, SigningScope, SigningStyle};
use crate::body::Body;
use crate::credentials::Credentials;
use crate::endpoint::{Endpoint, EndpointAuthScheme};
use crate::error::{Error, Result};
use crate::exchange::{self, Call};
use crate::hash;
use crate::transport::Request;

/// How the requests of a call are signed.
#[derive(Clone, Debug)]
pub(crate) enum AuthChoice {
    Anonymous,
    SigV4 {
        region: Box<str>,
        /// The signing name, such as `s3`.
        name: Box<str>,
        style: SigningStyle,
        /// Whether the body may stay out of the signature, where TLS protects it.
        unsigned_payload: bool,
    },
}

/// The schemes of models and rules that this client has, by the name that both end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    None,
    SigV4,
}

impl Scheme {
    /// `aws.auth#sigv4` and `smithy.api#noAuth` in models, `sigv4` and `none` in rules.
    fn parse(name: &str) -> Option<Self> {
        match name.rsplit('#').next() {
            Some("sigv4") => Some(Self::SigV4),
            Some("noAuth" | "none") => Some(Self::None),
            _ => None,
        }
    }

    fn first_of<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Option<Self>> {
        let mut unknown = Vec::new();
        for name in names {
            match Self::parse(name) {
                Some(scheme) => return Ok(Some(scheme)),
                None => unknown.push(name),
            }
        }
        match &unknown[..] {
            [] => Ok(None),
            names => Err(unsupported(names)),
        }
    }
}

fn unsupported(names: &[&str]) -> Error {
    let names = names.join(", ");
    Error::Unsupported(format!("signing with {names}; only sigv4 is there yet").into())
}

/// Whether requests go out without a signature, whatever the endpoint.
pub(crate) fn is_unsigned(call: &Call<'_>) -> bool {
    call.config.is_unsigned() || matches!(modelled(call), Ok(Scheme::None))
}

/// What operation and service say.
fn modelled(call: &Call<'_>) -> Result<Scheme> {
    let (operation, metadata) = (call.operation, call.service.model.metadata());
    if operation.auth_type.as_deref() == Some("none") && operation.auth.is_empty() {
        return Ok(Scheme::None);
    }
    let lists = [&operation.auth, &metadata.auth];
    if let Some(list) = lists.into_iter().find(|list| !list.is_empty())
        && let Some(scheme) = Scheme::first_of(list.iter().map(|name| &**name))?
    {
        return Ok(scheme);
    }
    match &*metadata.signature_version {
        "bearer" => Err(unsupported(&["bearer"])),
        "none" => Ok(Scheme::None),
        _ => Ok(Scheme::SigV4), // the older versions are no longer in use
    }
}

/// Chooses for an endpoint.
pub(crate) fn choose(call: &Call<'_>, endpoint: &Endpoint) -> Result<AuthChoice> {
    if is_unsigned(call) {
        return Ok(AuthChoice::Anonymous);
    }
    let schemes = &endpoint.auth_schemes;
    let asked = Scheme::first_of(schemes.iter().map(|scheme| &*scheme.name))?;
    let scheme = match asked {
        Some(scheme) => scheme,
        None => modelled(call)?,
    };
    if scheme == Scheme::None {
        return Ok(AuthChoice::Anonymous);
    }
    let details = schemes
        .iter()
        .find(|s| Scheme::parse(&s.name) == Some(scheme));
    sigv4(call, details)
}

fn sigv4(call: &Call<'_>, details: Option<&EndpointAuthScheme>) -> Result<AuthChoice> {
    let metadata = call.service.model.metadata();
    let region = match details.and_then(|d| d.signing_region.as_deref()) {
        Some(region) => region.to_owned(),
        None => exchange::signing_region(call)?,
    };
    let name = details.and_then(|d| d.signing_name.as_deref());
    let operation = call.operation;
    let as_it_is = details.is_some_and(|d| d.disable_double_encoding);
    Ok(AuthChoice::SigV4 {
        region: region.into(),
        name: name.unwrap_or(&metadata.signing_name).into(),
        style: match as_it_is || metadata.signature_version.starts_with("s3") {
            true => SigningStyle::S3,
            false => SigningStyle::Standard,
        },
        unsigned_payload: operation.unsigned_payload
            || operation.auth_type.as_deref() == Some("v4-unsigned-body"),
    })
}

impl AuthChoice {
    /// Signs a request anew.
    pub(crate) fn sign(
        &self,
        call: &Call<'_>,
        request: &mut Request,
        credentials: &Credentials,
        time: SystemTime,
    ) -> Result<()> {
        let Self::SigV4 {
            region,
            name,
            style,
            unsigned_payload,
        } = self
        else {
            return Ok(());
        };
        let body = request.body().clone();
        let payload = payload(call, request, &body, *style, *unsigned_payload)?;
        let scope = SigningScope { region, name, time };
        sigv4::sign(request, payload, credentials, scope, *style).map_err(Error::request)
    }
}

/// What of a body is signed: all of it, unless TLS protects it and it may or must stay out.
fn payload<'b>(
    call: &Call<'_>,
    request: &Request,
    body: &'b Body,
    style: SigningStyle,
    unsigned: bool,
) -> Result<Payload<'b>> {
    let is_https = request.uri().scheme_str() == Some("https");
    let by_setting = match call.config.s3().payload_signing_enabled {
        Some(sign) => !sign,
        None => false,
    };
    if is_https && (unsigned || (style == SigningStyle::S3 && by_setting)) {
        return Ok(Payload::Unsigned);
    }
    if let Some(bytes) = body.bytes() {
        return Ok(Payload::Bytes(bytes));
    }
    if body.replayable() {
        let hash = body.open().and_then(hash::sha256_hex_of);
        return Ok(Payload::Sha256(hash.map_err(Error::request)?));
    }
    match style {
        // S3 alone takes a body that nobody has hashed
        SigningStyle::S3 => Ok(Payload::Unsigned),
        SigningStyle::Standard => Err(Error::request(
            "the body must be hashed before it is sent, and a reader can be read only once; give bytes or a file",
        )),
    }
}
