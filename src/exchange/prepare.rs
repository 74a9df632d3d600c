//! The unsigned request of a call.

use http::Uri;
use http::header::{EXPECT, HeaderName, HeaderValue};

use super::hashing::Hashes;
use super::{Exchange, Prepared, endpoint, length, presigned, sent_events, trace};
use crate::checksum::Placement;
use crate::error::{Error, Result};
use crate::identity::Credentials;
use crate::protocol;
use crate::transport::Request;
use crate::{auth, checksum, compress, uri};

impl Exchange {
    /// Resolves the endpoint, encodes the request and chooses its auth scheme.
    pub(super) fn prepare(
        &self,
        credentials: Option<&Credentials>,
        discovered: Option<Box<str>>,
    ) -> Result<Prepared> {
        let call = &self.call;
        let (model, operation) = (&call.service.model, &call.operation);
        let endpoint = endpoint::resolve(call, &self.params.value, credentials)?;
        let encoded = protocol::encode(model, operation, &self.params)?;
        let prefix = match call.config.injects_host_prefix() {
            true => protocol::host_prefix(model, operation, &self.params.value)?,
            false => None,
        };
        let url = discovered.as_deref().unwrap_or(&endpoint.url);
        let uri = assemble(url, prefix.as_deref(), &encoded.path, &encoded.query)?;
        let mut request = Request::new(encoded.body);
        *request.method_mut() = encoded.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = encoded.headers;
        let headers = request.headers_mut();
        // only the first value of a header is sent
        for (name, value) in endpoint.headers.iter().rev() {
            let fault =
                |_| Error::request(format!("the endpoint rules give an invalid header {name}"));
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault(()))?;
            let value = HeaderValue::from_str(value).map_err(|_| fault(()))?;
            headers.insert(key, value);
        }
        if operation.is_endpoint_operation {
            let version = &model.metadata().api_version;
            let version = HeaderValue::from_str(version).map_err(Error::request)?;
            headers.insert("x-amz-api-version", version);
        }
        if let Some(presign) = &call.presign {
            presigned::complete(call, presign, &mut request)?;
        }
        call.intercept_request(&self.params.value, &mut request)?;
        let cx = call.context(&self.params.value, 0);
        let auth = auth::choose(&cx, &endpoint, &|| endpoint::signing_region(call))?;
        let initial = sent_events::prepare(call, &*auth, &mut request)?;
        let mut hashes = Hashes::default();
        if call.presign.is_none() {
            length::apply(&mut request)?;
            let streaming = protocol::streaming_payload(model, operation.input)?;
            let has_streaming_payload = streaming.is_some();
            if has_streaming_payload
                && !request.body().is_empty()
                && call.has(call.service.quirks.awaits_consent)
            {
                // a service that rejects the request does so before the body is sent
                let expect = HeaderValue::from_static("100-continue");
                request.headers_mut().insert(EXPECT, expect);
            }
            compress::apply(&cx, &mut request)?;
            let placement = match (auth.takes_trailers(), request.uri().scheme_str()) {
                (false, _) => Placement::Header,
                (true, Some("https")) => Placement::Trailer,
                (true, _) => Placement::HeaderIfReusable,
            };
            hashes.checksum = checksum::apply(&cx, &mut request, placement)?;
            hashes.tree = call.has(call.service.quirks.sends_tree_hash) && has_streaming_payload;
            let is_read = request.body().bytes().is_none();
            hashes.sha256 = hashes.tree || (is_read && auth.hashes(&cx, &request)?);
        }
        trace::prepared(call, request.uri(), &*auth);
        Ok(Prepared {
            request,
            auth,
            needs: hashes.any(),
            sha256: None,
            initial,
        })
    }
}

/// Joins endpoint, host prefix, path and query without normalising them. A user name and a password are dropped.
fn assemble(endpoint: &str, prefix: Option<&str>, path: &str, query: &str) -> Result<Uri> {
    let fault = || {
        // without a scheme a user name cannot be told from a host
        let shown = match endpoint.contains("://") {
            true => uri::without_passwords(endpoint),
            false => endpoint.rsplit('@').next().unwrap_or_default().into(),
        };
        Error::request(format!(
            "the endpoint {shown:?} is not an http or https URL"
        ))
    };
    let (scheme, rest) = endpoint.split_once("://").ok_or_else(fault)?;
    let (rest, endpoint_query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // the user name and password are dropped, so that no transport or interceptor sees them
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let path = match (base, path) {
        ("", "" | "/") => "/",
        (base, "" | "/") => base,
        (base, path) if base.ends_with('/') && path.starts_with('/') => {
            &format!("{base}{}", &path[1..])
        }
        (base, path) => &format!("{base}{path}"),
    };
    let mut text = format!("{scheme}://{}{authority}{path}", prefix.unwrap_or_default());
    let queries = [endpoint_query, query];
    for (n, query) in queries.into_iter().filter(|q| !q.is_empty()).enumerate() {
        text.push(if n == 0 { '?' } else { '&' });
        text.push_str(query);
    }
    let uri = Uri::try_from(text).map_err(|_| fault())?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        _ => Err(fault()),
    }
}

/// The `Host` header, without the scheme's default port.
pub(super) fn host(uri: &Uri) -> Option<&str> {
    let authority = uri.authority()?.as_str();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let port = match uri.scheme_str()? {
        "https" => ":443",
        _ => ":80",
    };
    Some(host.strip_suffix(port).unwrap_or(host))
}
