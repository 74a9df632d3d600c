//! Signatures before version 4: version 2 for forms of the query protocol, and S3's with HMAC-SHA1 in a header, a URL
//! or a form. Some S3-compatible servers accept only the latter; they are selected by a setting.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{AUTHORIZATION, DATE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use sha1::Sha1;
use sha2::Sha256;

use crate::error::{Error, Result};
use crate::identity::Credentials;
use crate::time::{Timestamp, TimestampFormat};
use crate::uri;

const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// The query parameters that S3's older signature covers: subresources, and overrides of response headers.
const SUB_RESOURCES: [&str; 35] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Returns the HMAC-SHA1 in base64.
pub(crate) fn hmac_sha1(secret: &str, text: &str) -> Result<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).map_err(Error::request)?;
    mac.update(text.as_bytes());
    Ok(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

/// Returns the string to sign of S3's older signature. `resource` is the path with the bucket, as it is in the URL.
fn string_to_sign(
    method: &str,
    headers: &HeaderMap,
    date: &str,
    resource: &str,
    query: &str,
    token: Option<&str>,
) -> String {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let mut text = format!(
        "{method}\n{}\n{}\n{date}\n",
        header("content-md5").unwrap_or_default(),
        header("content-type").unwrap_or_default(),
    );
    let mut amz: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in headers {
        if let (true, Ok(value)) = (name.as_str().starts_with("x-amz-"), value.to_str()) {
            amz.entry(name.as_str()).or_default().push(value.trim());
        }
    }
    amz.extend(token.map(|token| ("x-amz-security-token", vec![token])));
    for (name, values) in amz {
        text += &format!("{name}:{}\n", values.join(","));
    }
    text += resource;
    let mut parts: Vec<(&str, Option<String>)> = (query.split('&').filter(|part| !part.is_empty()))
        .map(|part| match part.split_once('=') {
            Some((name, value)) => (name, Some(uri::decode(value))),
            None => (part, None),
        })
        .filter(|(name, _)| SUB_RESOURCES.contains(name))
        .collect();
    parts.sort();
    for (n, (name, value)) in parts.iter().enumerate() {
        text.push(if n == 0 { '?' } else { '&' });
        text += name;
        if let Some(value) = value {
            text += &format!("={value}");
        }
    }
    text
}

/// Returns the resource of S3's older signature: the path, always preceded by the bucket, even if the URL has the bucket in
/// its host.
pub(crate) fn s3_resource(bucket: Option<&str>, path: &str) -> String {
    // the path of an access point's ARN has no bucket
    let Some(bucket) = bucket.filter(|bucket| !bucket.starts_with("arn:")) else {
        return path.to_owned();
    };
    match path.strip_prefix('/').and_then(|p| p.strip_prefix(bucket)) {
        Some("") => format!("{path}/"),
        Some(rest) if rest.starts_with('/') => path.to_owned(),
        _ => format!("/{bucket}{path}"),
    }
}

/// Signs a request to S3 in a header.
pub(crate) fn sign_s3<B>(
    request: &mut http::Request<B>,
    credentials: &Credentials,
    resource: &str,
    time: SystemTime,
) -> Result<()> {
    let secret = |text: &str| {
        let mut value = HeaderValue::from_str(text).map_err(Error::request)?;
        value.set_sensitive(true);
        Ok::<_, Error>(value)
    };
    let date = Timestamp::of(time)
        .whole()
        .format(TimestampFormat::HttpDate);
    let token = credentials.session_token().map(secret).transpose()?;
    let query = request.uri().query().unwrap_or_default().to_owned();
    let method = request.method().clone();
    let headers = request.headers_mut();
    headers.remove("x-amz-security-token");
    headers.extend(token.map(|token| (SECURITY_TOKEN, token)));
    headers.insert(DATE, HeaderValue::from_str(&date).map_err(Error::request)?);
    let text = string_to_sign(method.as_str(), headers, &date, resource, &query, None);
    let signature = hmac_sha1(credentials.secret_access_key(), &text)?;
    let value = format!("AWS {}:{signature}", credentials.access_key_id());
    headers.insert(AUTHORIZATION, secret(&value)?);
    Ok(())
}

/// Signs a request to S3 in its query. Headers that the signature covers become query parameters, the others are
/// removed.
pub(crate) fn presign_s3<B>(
    request: &mut http::Request<B>,
    credentials: &Credentials,
    resource: &str,
    time: SystemTime,
    expires: Duration,
) -> Result<()> {
    let end = time.checked_add(expires);
    let end = end.ok_or_else(|| Error::request("the validity of the URL is too long"))?;
    let end = end.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let end = end.to_string();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let token = credentials.session_token();
    let method = request.method().as_str();
    let text = string_to_sign(method, request.headers(), &end, resource, &query, token);
    let mut all = vec![
        (
            "AWSAccessKeyId".to_owned(),
            credentials.access_key_id().to_owned(),
        ),
        (
            "Signature".to_owned(),
            hmac_sha1(credentials.secret_access_key(), &text)?,
        ),
        ("Expires".to_owned(), end),
    ];
    for (name, value) in request.headers() {
        let name = name.as_str();
        let covered = name.starts_with("x-amz-") || ["content-md5", "content-type"].contains(&name);
        if covered && let Ok(value) = value.to_str() {
            all.push((name.to_owned(), value.to_owned()));
        }
    }
    all.extend(token.map(|token| ("x-amz-security-token".to_owned(), token.to_owned())));
    let host = request.headers_mut().remove(HOST);
    request.headers_mut().clear();
    request.headers_mut().extend(host.map(|host| (HOST, host)));
    let pairs = all
        .iter()
        .map(|(name, value)| format!("{}={}", uri::encode(name, b""), uri::encode(value, b"")));
    let own = Some(query).filter(|query| !query.is_empty());
    let query: Vec<String> = own.into_iter().chain(pairs).collect();
    set_query(request, &query.join("&"))
}

/// Signs a form of the query protocol with version 2, whose parameters become part of the form.
pub(crate) fn sign_form(
    method: &str,
    uri: &Uri,
    form: &str,
    credentials: &Credentials,
    time: SystemTime,
) -> Result<String> {
    let stamp = Timestamp::of(time).whole().rfc3339();
    let mut pairs: Vec<(String, String)> = (form.split('&').filter(|pair| !pair.is_empty()))
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = |text: &str| uri::decode(&text.replace('+', "%20"));
            (plain(name), plain(value))
        })
        .collect();
    let mut add = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
    add("AWSAccessKeyId", credentials.access_key_id());
    add("SignatureVersion", "2");
    add("SignatureMethod", "HmacSHA256");
    add("Timestamp", &stamp);
    if let Some(token) = credentials.session_token() {
        add("SecurityToken", token);
    }
    pairs.sort();
    let text: Vec<String> = (pairs.iter())
        .map(|(name, value)| format!("{}={}", uri::encode(name, b""), uri::encode(value, b"")))
        .collect();
    let text = text.join("&");
    let (host, path) = (uri.host().unwrap_or_default(), uri.path());
    let signed = format!("{method}\n{host}\n{path}\n{text}");
    let mut mac = Hmac::<Sha256>::new_from_slice(credentials.secret_access_key().as_bytes())
        .map_err(Error::request)?;
    mac.update(signed.as_bytes());
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    Ok(format!("{text}&Signature={}", uri::encode(&signature, b"")))
}

/// Replaces the query of a request's URL.
pub(crate) fn set_query<B>(request: &mut http::Request<B>, query: &str) -> Result<()> {
    let uri = request.uri();
    let (scheme, authority) = (uri.scheme_str(), uri.authority().map(|a| a.as_str()));
    let text = format!(
        "{}://{}{}?{query}",
        scheme.unwrap_or("https"),
        authority.unwrap_or_default(),
        uri.path()
    );
    *request.uri_mut() = text.parse().map_err(Error::request)?;
    Ok(())
}
