//! Requests that are signed now and made by somebody else: URLs, and the forms of browsers that upload to S3.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::HOST;
use http::{HeaderMap, Method, Uri};
use serde_json::{Map, Value, json};

use crate::auth::{Payload, Signer, legacy, post_signature};
use crate::client::{Client, RequestBuilder};
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::exchange::Call;
use crate::protocol::Params;
use crate::time::Timestamp;

/// How a request is presigned.
#[derive(Clone, Debug)]
pub(crate) struct Presign {
    pub(crate) expires: Duration,
    /// In place of the model's.
    pub(crate) method: Option<Method>,
    /// Put into the query beside the parameters.
    pub(crate) more: Option<(&'static str, String)>,
}

/// A request that anyone can make until it expires. `Debug` shows where it goes and not its signature.
#[derive(Clone)]
#[non_exhaustive]
pub struct PresignedRequest {
    /// The method.
    pub method: Method,
    /// The URL, with the signature in its query. Whoever has it can make the request.
    pub uri: Uri,
    /// The headers that the signature covers: they must be sent as they are. `Host` is not among them.
    pub headers: HeaderMap,
}

impl fmt::Debug for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresignedRequest")
            .field("method", &self.method)
            .field("host", &self.uri.host())
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}

/// A form with which a browser uploads an object. `Debug` does not show its fields.
#[derive(Clone)]
#[non_exhaustive]
pub struct PresignedPost {
    /// Where the form goes.
    pub url: String,
    /// The fields of the form, in their order; the file follows as the last, named `file`.
    pub fields: Vec<(String, String)>,
}

impl fmt::Debug for PresignedPost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PresignedPost");
        shown.field("url", &self.url).finish_non_exhaustive()
    }
}

/// A call that copies from another region: the service here is given a URL of the service there.
pub(crate) struct CrossRegion {
    pub(crate) source_region: String,
    /// What is called there.
    pub(crate) params: Params,
    pub(crate) more: Option<(&'static str, String)>,
    /// The member that the URL goes into.
    member: Box<str>,
}

impl CrossRegion {
    /// Whether the model has members for that, and the parameters need it.
    pub(crate) fn find(call: &Call<'_>, params: &Value) -> Result<Option<Self>> {
        const SOURCE: &str = "SourceRegion";
        const DESTINATION: &str = "DestinationRegion";
        let Some(source_region) = params.get(SOURCE).and_then(Value::as_str) else {
            return Ok(None);
        };
        let model = &call.service.model;
        let input = call.operation.input.map(|id| model.shape(id)).transpose()?;
        let Some(members) = input.and_then(|shape| shape.members()) else {
            return Ok(None);
        };
        let mut all = members.iter();
        let Some(url) = all.find(|m| m.name.eq_ignore_ascii_case("PresignedUrl")) else {
            return Ok(None);
        };
        let mut value = params.clone();
        let mut more = None;
        let here = call.config.required_region()?;
        match members.iter().any(|m| &*m.name == DESTINATION) {
            true => {
                let given = params.get(&*url.name).is_some();
                if given || call.config.is_unsigned() {
                    return Ok(None);
                }
                value[DESTINATION] = here.into();
            }
            false => {
                more = Some((DESTINATION, here.to_owned()));
                if let Some(members) = value.as_object_mut() {
                    members.remove(SOURCE);
                }
            }
        }
        Ok(Some(Self {
            source_region: source_region.to_owned(),
            params: Params { value, body: None },
            more,
            member: url.name.clone(),
        }))
    }

    /// The parameters, with the URL unless the caller gives one.
    pub(crate) fn finish(self, url: &str) -> Params {
        let mut params = self.params;
        if let Some(members) = params.value.as_object_mut() {
            members.entry(&*self.member).or_insert_with(|| url.into());
        }
        params
    }
}

impl Client {
    /// A request that anyone can make for as long as said, at most seven days. Nothing is sent.
    ///
    /// ```
    /// use std::time::Duration;
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let object = json!({"Bucket": "my-bucket", "Key": "report.pdf"});
    /// let request = client.presign("s3", "GetObject", object, Duration::from_secs(600))?;
    /// println!("{} {}", request.method, request.uri);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The time is too long, the parameters are wrong, or there are no credentials.
    pub fn presign(
        &self,
        service: &str,
        operation: &str,
        params: Value,
        expires: Duration,
    ) -> Result<PresignedRequest> {
        self.request(service, operation)
            .params(params)
            .presign(expires)
    }

    /// A form with which a browser uploads an object to S3. A `key` that ends in `${filename}` leaves its end to the
    /// browser. `fields` are put into the form, and what each may be must be among the `conditions`, such as
    /// `{"acl": "private"}` or `["content-length-range", 1, 1024]`.
    ///
    /// # Errors
    ///
    /// The time is too long, or there are no credentials.
    pub fn presign_post(
        &self,
        bucket: &str,
        key: &str,
        fields: &[(&str, &str)],
        conditions: &[Value],
        expires: Duration,
    ) -> Result<PresignedPost> {
        // the form goes to the bucket itself
        let request = self
            .request("s3", "HeadBucket")
            .params(json!({"Bucket": bucket}));
        let presign = Presign {
            expires,
            method: None,
            more: None,
        };
        let mut uri = request.presigned(&presign)?.uri().clone().into_parts();
        let query = uri
            .path_and_query
            .as_ref()
            .and_then(|p| p.query())
            .unwrap_or_default();
        let pairs: Vec<(String, String)> = (query.split('&'))
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), crate::uri::decode(value)))
            .collect();
        let value = |name: &str| {
            pairs
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.clone())
        };
        // the URL tells how it was signed
        let credential = value("X-Amz-Credential");
        let mut scope = credential.iter().flat_map(|c| c.rsplitn(5, '/')).skip(1);
        let scope = scope
            .next()
            .zip(scope.next())
            .map(|(name, region)| (region, name));
        let signs = credential.is_some() || value("AWSAccessKeyId").is_some();
        let who = signs.then(|| self.needs().credentials()).transpose()?;
        let path = uri.path_and_query.take().map(|p| p.path().to_owned());
        uri.path_and_query = path.and_then(|path| path.parse().ok());
        let url = Uri::from_parts(uri).map_err(Error::request)?.to_string();
        let policy = PostPolicy {
            bucket,
            key,
            fields,
            conditions,
            expires,
        };
        policy.sign(url, who.as_ref(), scope, self.config().now())
    }

    /// The password of a database user of RDS, good for 15 minutes. Without a `region` it is the client's.
    ///
    /// # Errors
    ///
    /// There are no credentials, or there is no region.
    pub fn rds_auth_token(
        &self,
        host: &str,
        port: u16,
        user: &str,
        region: Option<&str>,
    ) -> Result<String> {
        let user = crate::uri::encode(user, b"");
        let query = format!("Action=connect&DBUser={user}");
        let place = format!("{host}:{port}");
        self.connect_token(&place, &query, "rds-db", region, Duration::from_secs(900))
    }

    /// The password of a DSQL cluster: of its administrator, or of any other of its roles.
    ///
    /// # Errors
    ///
    /// There are no credentials, there is no region, or the time is too long.
    pub fn dsql_auth_token(
        &self,
        host: &str,
        is_admin: bool,
        region: Option<&str>,
        expires: Duration,
    ) -> Result<String> {
        let query = match is_admin {
            true => "Action=DbConnectAdmin",
            false => "Action=DbConnect",
        };
        self.connect_token(host, query, "dsql", region, expires)
    }

    /// A presigned URL without its scheme.
    fn connect_token(
        &self,
        place: &str,
        query: &str,
        name: &str,
        region: Option<&str>,
        expires: Duration,
    ) -> Result<String> {
        let region = match region {
            Some(region) => region,
            None => self.config().required_region()?,
        };
        let who = self.needs().credentials()?;
        let request = http::Request::get(format!("https://{place}/?{query}")).body(());
        let mut request = request.map_err(Error::request)?;
        let signer = Signer::new(&who, region, name, self.config().now());
        signer.presign(&mut request, Payload::Bytes(b""), expires)?;
        let url = request.uri().to_string();
        Ok(url.trim_start_matches("https://").to_owned())
    }
}

impl RequestBuilder {
    /// The HTTP method of a presigned request, where the service takes another one than the model has.
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// A request that anyone can make for as long as said; nothing is sent. A body is not signed, and comes later.
    ///
    /// # Errors
    ///
    /// As [`Client::presign`].
    pub fn presign(self, expires: Duration) -> Result<PresignedRequest> {
        let method = self.method.clone();
        let (head, _) = self
            .presigned(&Presign {
                expires,
                method,
                more: None,
            })?
            .into_parts();
        let mut headers = head.headers;
        headers.remove(HOST);
        Ok(PresignedRequest {
            method: head.method,
            uri: head.uri,
            headers,
        })
    }
}

/// What a form is to hold.
pub(crate) struct PostPolicy<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) fields: &'a [(&'a str, &'a str)],
    pub(crate) conditions: &'a [Value],
    pub(crate) expires: Duration,
}

impl PostPolicy<'_> {
    /// The form, signed by `who`; `scope` is region and signing name, without which the older signature is made.
    pub(crate) fn sign(
        &self,
        url: String,
        who: Option<&Credentials>,
        scope: Option<(&str, &str)>,
        time: SystemTime,
    ) -> Result<PresignedPost> {
        let mut fields: Vec<(String, String)> = (self.fields.iter())
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .filter(|(name, _)| name != "key")
            .collect();
        let mut conditions = self.conditions.to_vec();
        conditions.push(json!({"bucket": self.bucket}));
        conditions.push(match self.key.strip_suffix("${filename}") {
            Some(prefix) => json!(["starts-with", "$key", prefix]),
            None => json!({"key": self.key}),
        });
        fields.push(("key".into(), self.key.into()));
        let Some(who) = who else {
            return Ok(PresignedPost { url, fields });
        };
        let mut add = |name: &str, value: &str, is_condition: bool| {
            if is_condition {
                let entry = (name.to_owned(), Value::from(value));
                conditions.push(Value::Object(Map::from_iter([entry])));
            }
            fields.push((name.to_owned(), value.to_owned()));
        };
        let stamp = Timestamp::of(time).basic();
        match scope {
            Some((region, name)) => {
                let day = stamp.get(..8).unwrap_or_default();
                let id = who.access_key_id();
                let credential = format!("{id}/{day}/{region}/{name}/aws4_request");
                add("x-amz-algorithm", "AWS4-HMAC-SHA256", true);
                add("x-amz-credential", &credential, true);
                add("x-amz-date", &stamp, true);
            }
            None => add("AWSAccessKeyId", who.access_key_id(), false),
        }
        if let Some(token) = who.session_token() {
            add("x-amz-security-token", token, true);
        }
        let end = Timestamp::of(time + self.expires).whole().rfc3339();
        let policy = json!({"expiration": end, "conditions": conditions});
        let policy = BASE64_STANDARD.encode(ascii_json(&policy)?);
        let (name, signature) = match scope {
            Some((region, name)) => {
                let signature = post_signature(who, region, name, time, &policy);
                ("x-amz-signature", signature)
            }
            None => (
                "signature",
                legacy::hmac_sha1(who.secret_access_key(), &policy)?,
            ),
        };
        fields.push(("policy".into(), policy));
        fields.push((name.into(), signature));
        Ok(PresignedPost { url, fields })
    }
}

/// JSON in ASCII, with a blank behind commas and colons: as other SDKs write policies, so that their signatures and ours
/// are the same.
fn ascii_json(value: &Value) -> Result<String> {
    struct Ascii;
    impl serde_json::ser::Formatter for Ascii {
        fn begin_array_value<W: ?Sized + std::io::Write>(
            &mut self,
            out: &mut W,
            first: bool,
        ) -> std::io::Result<()> {
            out.write_all(if first { b"" } else { b", " })
        }
        fn begin_object_key<W: ?Sized + std::io::Write>(
            &mut self,
            out: &mut W,
            first: bool,
        ) -> std::io::Result<()> {
            out.write_all(if first { b"" } else { b", " })
        }
        fn begin_object_value<W: ?Sized + std::io::Write>(
            &mut self,
            out: &mut W,
        ) -> std::io::Result<()> {
            out.write_all(b": ")
        }
        fn write_string_fragment<W: ?Sized + std::io::Write>(
            &mut self,
            out: &mut W,
            fragment: &str,
        ) -> std::io::Result<()> {
            for c in fragment.chars() {
                if c.is_ascii() {
                    out.write_all(&[c as u8])?;
                    continue;
                }
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            Ok(())
        }
    }
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Ascii);
    serde::Serialize::serialize(value, &mut serializer).map_err(Error::request)?;
    String::from_utf8(out).map_err(Error::request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_ascii() {
        let text = ascii_json(&json!({"a": ["\u{fc}\"", 1], "b": {}})).unwrap();
        assert_eq!(text, r#"{"a": ["\u00fc\"", 1], "b": {}}"#);
    }

    #[test]
    fn debug_shows_no_signature() {
        let request = PresignedRequest {
            method: Method::GET,
            uri: "https://example.com/k?X-Amz-Signature=secret"
                .parse()
                .unwrap(),
            headers: HeaderMap::new(),
        };
        assert!(!format!("{request:?}").contains("secret"));
    }
}
