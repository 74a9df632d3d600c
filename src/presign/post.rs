//! HTML forms that upload an object to S3.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Uri;
use serde_json::{Map, Value, json};

use super::Presigner;
use crate::auth::{legacy, post_signature};
use crate::client::{AnyClient, Client, RequestBuilder};
use crate::codec::python_json::{self, Spacing};
use crate::error::{Error, Result};
use crate::exchange::Presign;
use crate::identity::Credentials;
use crate::time::Timestamp;
use crate::transport::Request;

/// The fields of an HTML form with which a browser uploads one object. `Debug` does not show the fields.
///
/// ```
/// # use tucuxi::{Client, Config, Credentials, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1");
/// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let form = client.presigner().post("my-bucket", "fish.txt").sign()?;
/// println!("<form action={:?} method=\"post\" enctype=\"multipart/form-data\">", form.url);
/// for (name, value) in &form.fields {
///     println!("  <input type=\"hidden\" name={name:?} value={value:?}>");
/// }
/// println!("  <input type=\"file\" name=\"file\"><input type=\"submit\">\n</form>");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct PresignedPost {
    /// The form's `action`.
    pub url: String,
    /// The form's fields, in order. The form needs one more field after these, `file`, with the content.
    pub fields: Vec<(String, String)>,
}

impl fmt::Debug for PresignedPost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PresignedPost");
        let url = crate::uri::without_passwords(&self.url);
        shown.field("url", &url).finish_non_exhaustive()
    }
}

impl<C: AnyClient> Presigner<C> {
    /// Starts a form with which a browser uploads an object to S3. If `key` ends in `${filename}`, the browser inserts the
    /// name of the uploaded file.
    ///
    /// ```
    /// use std::time::Duration;
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let form = client
    ///     .presigner()
    ///     .post("my-bucket", "in/${filename}")
    ///     .field("acl", "private")
    ///     .condition(json!(["starts-with", "$Content-Type", "image/"]))
    ///     .content_length(1..=1_000_000)
    ///     .expires(Duration::from_secs(600))
    ///     .sign()?;
    /// println!("<form action={:?} method=\"post\" enctype=\"multipart/form-data\">", form.url);
    /// for (name, value) in &form.fields {
    ///     println!("<input type=\"hidden\" name={name:?} value={value:?}>");
    /// }
    /// # assert_eq!(form.url, "https://my-bucket.s3.amazonaws.com/");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn post(
        &self,
        bucket: impl Into<String>,
        key: impl Into<String>,
    ) -> PresignedPostBuilder<C> {
        PresignedPostBuilder {
            presigner: self.clone(),
            bucket: bucket.into(),
            key: key.into(),
            fields: Vec::new(),
            conditions: Vec::new(),
            expires: Duration::from_secs(3600),
        }
    }
}

/// Builds a [`PresignedPost`]. [`Presigner::post`] returns it.
///
/// ```
/// use std::time::Duration;
/// # use tucuxi::{Client, Config, Credentials, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1");
/// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let form = client
///     .presigner()
///     .post("my-bucket", "in/${filename}")
///     .content_length(1..=1_000_000)
///     .expires(Duration::from_secs(600))
///     .sign()?;
/// assert!(form.fields.iter().any(|(name, _)| name == "policy"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing is signed before `sign`"]
pub struct PresignedPostBuilder<C = Client> {
    pub(super) presigner: Presigner<C>,
    bucket: String,
    key: String,
    fields: Vec<(String, String)>,
    conditions: Vec<Value>,
    expires: Duration,
}

impl<C> fmt::Debug for PresignedPostBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresignedPostBuilder")
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl<C: AnyClient> PresignedPostBuilder<C> {
    /// Adds a field with a fixed value, which the policy requires. For a field that the policy is to treat differently, use
    /// [`field_without_condition`](Self::field_without_condition) and [`condition`](Self::condition).
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let form = client.presigner().post("my-bucket", "fish.txt").field("acl", "private").sign()?;
    /// assert!(form.fields.iter().any(|(name, value)| name == "acl" && value == "private"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn field(self, name: &str, value: &str) -> Self {
        let condition = Map::from_iter([(name.to_owned(), Value::from(value))]);
        self.field_without_condition(name, value)
            .condition(condition)
    }

    /// Adds a field without a condition. S3 rejects a form with a field that no condition covers.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// use serde_json::json;
    ///
    /// let form = client.presigner().post("my-bucket", "fish.txt");
    /// let form = form.field_without_condition("Content-Type", "image/png");
    /// let form = form.condition(json!(["starts-with", "$Content-Type", "image/"])).sign()?;
    /// assert!(form.fields.iter().any(|(name, value)| name == "Content-Type" && value == "image/png"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn field_without_condition(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a condition to the policy: `{"acl": "private"}` or `["starts-with", "$Content-Type", "image/"]`.
    pub fn condition(mut self, condition: impl Into<Value>) -> Self {
        self.conditions.push(condition.into());
        self
    }

    /// Restricts the length of the content, in bytes.
    pub fn content_length(self, bytes: RangeInclusive<u64>) -> Self {
        let (least, most) = bytes.into_inner();
        self.condition(json!(["content-length-range", least, most]))
    }

    /// Sets how long the form is valid. The default is one hour.
    pub fn expires(mut self, expires: Duration) -> Self {
        self.expires = expires;
        self
    }

    /// The request whose URL has everything that the form needs. S3 receives forms at the URL of the bucket.
    pub(super) fn request(&self) -> RequestBuilder<C> {
        let request = self.presigner.request("s3", "HeadBucket");
        request.params(json!({"Bucket": self.bucket}))
    }

    pub(super) fn presign(&self) -> Presign {
        super::presign(self.expires, None)
    }

    /// The form, after its URL was signed with these credentials, or with none.
    pub(super) fn form(
        self,
        request: &Request,
        client: Option<Credentials>,
    ) -> Result<PresignedPost> {
        let signed = SignedUrl::new(request.uri());
        let time = self.presigner.client.shared().config().now();
        let credentials = match client {
            Some(credentials) => Some(self.session(&signed, credentials, time)?),
            None => None,
        };
        let url = without_query(request.uri())?;
        self.signed_with(url, credentials.as_ref(), &signed, time)
    }

    /// The credentials that sign: those of the client, or of the session of an S3 Express One Zone bucket, which presigning the
    /// URL has created.
    fn session(
        &self,
        signed: &SignedUrl,
        credentials: Credentials,
        time: SystemTime,
    ) -> Result<Credentials> {
        if !signed.is_session() {
            return Ok(credentials);
        }
        let services = self.presigner.client.shared().all_services();
        let params = json!({"Bucket": self.bucket});
        let session = services
            .service("s3")?
            .session(&params, &credentials, time)?;
        session.ok_or_else(|| {
            Error::request("the session of the directory bucket has expired; sign again")
        })
    }

    fn signed_with(
        self,
        url: String,
        credentials: Option<&Credentials>,
        signed: &SignedUrl,
        time: SystemTime,
    ) -> Result<PresignedPost> {
        let mut fields = self.fields;
        fields.retain(|(name, _)| name != "key");
        let mut conditions = self.conditions;
        conditions.push(json!({"bucket": self.bucket}));
        conditions.push(match self.key.strip_suffix("${filename}") {
            Some(prefix) => json!(["starts-with", "$key", prefix]),
            None => json!({"key": self.key}),
        });
        fields.push(("key".into(), self.key));
        let Some(credentials) = credentials else {
            return Ok(PresignedPost { url, fields });
        };
        for (name, value, has_condition) in signing_fields(credentials, signed, time) {
            if has_condition {
                let entry = (name.to_owned(), Value::from(value.as_str()));
                conditions.push(Value::Object(Map::from_iter([entry])));
            }
            fields.push((name.to_owned(), value));
        }
        let end = time
            .checked_add(self.expires)
            .ok_or_else(|| Error::request("the form's time to expiration is too long"))?;
        let end = Timestamp::of(end).whole().rfc3339();
        let policy = json!({"expiration": end, "conditions": conditions});
        // byte for byte botocore's text, so that signatures are comparable
        let policy = BASE64_STANDARD.encode(python_json::to_string(&policy, Spacing::Usual));
        let (name, signature) = match signed.scope() {
            Some((region, name)) => (
                "x-amz-signature",
                post_signature(credentials, region, name, time, &policy),
            ),
            None => (
                "signature",
                legacy::hmac_sha1(credentials.secret_access_key(), &policy)?,
            ),
        };
        fields.push(("policy".into(), policy));
        fields.push((name.into(), signature));
        Ok(PresignedPost { url, fields })
    }
}

impl PresignedPostBuilder {
    /// Signs the form.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let form = client.presigner().post("my-bucket", "fish.txt").sign()?;
    /// assert!(form.url.starts_with("https://my-bucket.s3."));
    /// assert!(form.fields.iter().any(|(name, value)| name == "key" && value == "fish.txt"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the form would be valid for too long or no credentials are available.
    pub fn sign(self) -> Result<PresignedPost> {
        let request = self.request().presigned(self.presign())?;
        let credentials = match is_signed(&request) {
            true => Some(self.presigner.client.credentials()?),
            false => None,
        };
        self.form(&request, credentials)
    }
}

pub(super) fn is_signed(request: &Request) -> bool {
    SignedUrl::new(request.uri()).is_signed()
}

/// The fields that name the signature's credentials: name, value, and whether the policy has a condition for it.
fn signing_fields(
    credentials: &Credentials,
    signed: &SignedUrl,
    time: SystemTime,
) -> Vec<(&'static str, String, bool)> {
    let id = credentials.access_key_id();
    let stamp = Timestamp::of(time).basic();
    let mut fields = match signed.scope() {
        Some((region, name)) => {
            let day = stamp.get(..8).unwrap_or_default();
            let credential = format!("{id}/{day}/{region}/{name}/aws4_request");
            vec![
                ("x-amz-algorithm", "AWS4-HMAC-SHA256".into(), true),
                ("x-amz-credential", credential, true),
                ("x-amz-date", stamp, true),
            ]
        }
        None => vec![("AWSAccessKeyId", id.into(), false)],
    };
    if let Some(token) = credentials.session_token() {
        let name = match signed.is_session() {
            true => "X-Amz-S3session-Token",
            false => "x-amz-security-token",
        };
        fields.push((name, token.into(), true));
    }
    fields
}

/// The query of a presigned URL, which shows how the form must be signed.
struct SignedUrl(Vec<(String, String)>);

impl SignedUrl {
    fn new(uri: &Uri) -> Self {
        let pairs = uri.query().unwrap_or_default().split('&');
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), crate::uri::decode(value)))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.as_str())
    }

    fn is_signed(&self) -> bool {
        self.get("X-Amz-Credential").is_some() || self.get("AWSAccessKeyId").is_some()
    }

    /// Whether the URL is signed with a session of S3 Express One Zone.
    fn is_session(&self) -> bool {
        self.get("X-Amz-S3session-Token").is_some()
    }

    /// Region and signing name of a version 4 signature.
    fn scope(&self) -> Option<(&str, &str)> {
        let mut parts = self.get("X-Amz-Credential")?.rsplitn(5, '/').skip(1);
        let (name, region) = parts.next().zip(parts.next())?;
        Some((region, name))
    }
}

fn without_query(uri: &Uri) -> Result<String> {
    let mut parts = uri.clone().into_parts();
    let path = parts.path_and_query.take().map(|p| p.path().to_owned());
    parts.path_and_query = path.and_then(|path| path.parse().ok());
    Ok(Uri::from_parts(parts).map_err(Error::request)?.to_string())
}
