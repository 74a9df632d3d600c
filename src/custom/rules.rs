//! Customisations that are data, and the interceptor that applies them.

use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Uri};
use serde_json::{Map, Value};

use super::invalid_param;
use super::shape_visitor::edit_shape;
use crate::body::Body;
use crate::checksum::ChecksumAlgorithm;
use crate::codec::scalar;
use crate::error::{Error, Result};
use crate::interceptor::{CallContext, Interceptor};
use crate::output::{Edit, Output};
use crate::transport::Request;

/// A customisation without code of its own.
pub(super) enum Rule {
    // ── parameters ──
    /// A member has a second name.
    Alias {
        name: &'static str,
        alias: &'static str,
    },
    /// The entries of a map must be ASCII, as they become headers.
    Ascii(&'static str),
    /// A string is sent as base64.
    Base64(&'static str),
    /// Members of these shapes are sent without everything up to the last slash.
    AfterLastSlash(&'static [&'static str]),
    /// The default of a member.
    Default {
        name: &'static str,
        value: &'static str,
    },
    /// A key is sent as base64 with its MD5, unless the caller provides the MD5.
    KeyWithMd5 {
        key: &'static str,
        md5: &'static str,
    },

    // ── requests ──
    /// The default of a header.
    Header {
        name: &'static str,
        value: &'static str,
    },
    /// The host is taken from a member with a URL.
    HostFrom(&'static str),
    /// The query is sent as a form in the body.
    QueryAsForm,
    /// A presigned request does not have this header, which browsers do not send.
    WithoutHeader(&'static str),

    // ── results ──
    /// Strings of this shape are edited, wherever they are.
    Shape { name: &'static str, edit: Edit },
    /// The string of this member is edited.
    Text { name: &'static str, edit: Edit },

    // ── neither ──
    /// Implemented outside the interceptor hooks. The call site checks whether it is enabled.
    Builtin,
}

impl Interceptor for Rule {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        let Some(given) = params.as_object_mut() else {
            return Ok(());
        };
        let has_member = |wanted: &str| -> Result<bool> {
            let members = input_members(call)?;
            Ok(members.iter().any(|(name, _)| *name == wanted))
        };
        match *self {
            Self::Alias { name, alias } if given.contains_key(alias) && has_member(name)? => {
                if given.contains_key(name) {
                    let reason = format!("is an alias of {name}, which is given too");
                    return Err(invalid_param(alias, reason));
                }
                if let Some(value) = given.shift_remove(alias) {
                    given.insert(name.into(), value);
                }
            }
            Self::Ascii(name) => check_ascii(name, given)?,
            Self::Base64(name) => {
                if let Some(Value::String(text)) = given.get_mut(name) {
                    *text = scalar::base64_encode(text.as_bytes());
                }
            }
            Self::AfterLastSlash(shapes) => {
                for (name, shape) in input_members(call)? {
                    if shapes.contains(&shape)
                        && let Some(Value::String(text)) = given.get_mut(name)
                        && let Some((_, last)) = text.rsplit_once('/')
                    {
                        *text = last.to_owned();
                    }
                }
            }
            Self::Default { name, value }
                if given.get(name).is_none_or(Value::is_null) && has_member(name)? =>
            {
                given.insert(name.into(), value.into());
            }
            Self::KeyWithMd5 { key, md5 } if !given.contains_key(md5) && has_member(md5)? => {
                if let Some(Value::String(text)) = given.get_mut(key) {
                    let sum = ChecksumAlgorithm::Md5.checksum(text.as_bytes());
                    *text = scalar::base64_encode(text.as_bytes());
                    given.insert(md5.into(), sum.into());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        match self {
            Self::Header { name, value } if !call.is_presigned => {
                let headers = request.headers_mut();
                headers
                    .entry(*name)
                    .or_insert(HeaderValue::from_static(value));
            }
            Self::HostFrom(name) => {
                if let Some(url) = call.params.get(name).and_then(Value::as_str) {
                    *request.uri_mut() = with_host_from(request.uri(), name, url)?;
                    request.headers_mut().remove(HOST);
                }
            }
            Self::QueryAsForm if !call.is_presigned && request.method() == Method::GET => {
                let Some(query) = request.uri().query().map(str::to_owned) else {
                    return Ok(());
                };
                let whole = request.uri().to_string();
                let place = whole.split('?').next().unwrap_or_default();
                *request.uri_mut() = place.parse().map_err(Error::request)?;
                *request.method_mut() = Method::POST;
                let form = HeaderValue::from_static("application/x-www-form-urlencoded");
                request.headers_mut().insert(CONTENT_TYPE, form);
                *request.body_mut() = Body::from(query);
            }
            Self::WithoutHeader(name) if call.is_presigned => {
                request.headers_mut().remove(*name);
            }
            _ => {}
        }
        Ok(())
    }

    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {
        let Ok(output) = result else { return };
        match *self {
            Self::Shape { name, edit } => {
                if let Some(wanted) = call.model.shape_id(name) {
                    edit_shape(call, wanted, edit, output);
                }
            }
            Self::Text { name, edit } => output.edit([name], edit),
            _ => {}
        }
    }
}

/// The names of the operation's parameters and of their shapes.
fn input_members<'a>(call: &CallContext<'a>) -> Result<Vec<(&'a str, &'a str)>> {
    let model = call.model;
    let input = call.operation.input.map(|id| model.shape(id)).transpose()?;
    let members = input
        .and_then(|shape| shape.members())
        .into_iter()
        .flatten();
    let members = members.map(|member| (&*member.name, model.shape_name(member.target)));
    Ok(members.collect())
}

fn check_ascii(name: &str, given: &Map<String, Value>) -> Result<()> {
    let entries = given.get(name).and_then(Value::as_object);
    for (key, value) in entries.into_iter().flatten() {
        if !key.is_ascii() || !value.as_str().unwrap_or_default().is_ascii() {
            let reason = "becomes a header, so key and value must be ASCII";
            return Err(invalid_param(&format!("{name}.{key}"), reason.into()));
        }
    }
    Ok(())
}

/// The URI with the scheme and host of a URL.
fn with_host_from(uri: &Uri, member: &str, url: &str) -> Result<Uri> {
    let invalid = || invalid_param(member, format!("{url:?} is not an http or https URL"));
    let other: Uri = url.parse().map_err(|_| invalid())?;
    let (Some("http" | "https"), Some(authority)) = (other.scheme_str(), other.authority()) else {
        return Err(invalid());
    };
    let mut parts = uri.clone().into_parts();
    parts.scheme = other.scheme().cloned();
    parts.authority = Some(authority.clone());
    Uri::from_parts(parts).map_err(Error::request)
}
