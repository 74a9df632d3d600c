//! Requests that have no endpoint yet.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::body::Body;
use crate::error::{Error, Result};

/// The parameters of a call. They may be secret, so there is no `Debug`.
#[derive(Clone)]
pub(crate) struct Params {
    pub(crate) value: Value,
    /// The value of the streaming member, if any.
    pub(crate) body: Option<Body>,
}

/// A request before it has an endpoint.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) method: Method,
    /// Percent-encoded, with a leading slash; empty to use the path of the endpoint alone.
    pub(crate) path: String,
    /// Percent-encoded, without the question mark.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Encoded {
    pub(super) fn post(path: String) -> Self {
        Self {
            method: Method::POST,
            path,
            query: String::new(),
            headers: HeaderMap::with_capacity(USUAL_HEADERS),
            body: Body::empty(),
        }
    }
}

/// The number of headers for which there is space at first. Most requests have fewer.
pub(super) const USUAL_HEADERS: usize = 12;

/// The maximum number of headers: more than any server accepts, and below the number at which `http` panics.
const MAX_HEADERS: usize = 8192;

/// Appends a header, and validates its name and value.
pub(crate) fn header(
    headers: &mut HeaderMap,
    name: &str,
    value: &str,
    is_secret: bool,
) -> Result<()> {
    let invalid = |what: &str| {
        Error::request(format!(
            "header {name:?}: its {what} has a character that HTTP does not allow"
        ))
    };
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("name"))?;
    let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| invalid("value"))?;
    value.set_sensitive(is_secret);
    if headers.len() >= MAX_HEADERS {
        let what = format!("the request has more than {MAX_HEADERS} headers");
        return Err(Error::request(what));
    }
    headers.append(key, value);
    Ok(())
}
