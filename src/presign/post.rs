//! Forms with which browsers upload to S3.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Uri;
use serde_json::{Map, Value, json};

use crate::auth::{legacy, post_signature};
use crate::client::Client;
use crate::codec::python_json::{self, Spacing};
use crate::error::{Error, Result};
use crate::exchange::Presign;
use crate::identity::Credentials;
use crate::time::Timestamp;

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
        let url = crate::uri::without_passwords(&self.url);
        shown.field("url", &url).finish_non_exhaustive()
    }
}

impl Client {
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
        let mut uri = request.presigned(presign)?.uri().clone().into_parts();
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
        let who = signs.then(|| self.env().credentials()).transpose()?;
        // a bucket of S3 Express takes the signature of its session, which the URL was signed with
        let is_session = value("X-Amz-S3session-Token").is_some();
        let who = match who {
            Some(who) if is_session => {
                let service = self.all_services().service("s3")?;
                let params = json!({"Bucket": bucket});
                let session = service.session(&params, &who, self.config().now())?;
                let missing = || Error::request("the session of the bucket has ended; call again");
                Some(session.ok_or_else(missing)?)
            }
            who => who,
        };
        let path = uri.path_and_query.take().map(|p| p.path().to_owned());
        uri.path_and_query = path.and_then(|path| path.parse().ok());
        let url = Uri::from_parts(uri).map_err(Error::request)?.to_string();
        let policy = PostPolicy {
            bucket,
            key,
            fields,
            conditions,
            expires,
            is_session,
        };
        policy.sign(url, who.as_ref(), scope, self.config().now())
    }
}

/// What a form is to hold.
struct PostPolicy<'a> {
    bucket: &'a str,
    key: &'a str,
    fields: &'a [(&'a str, &'a str)],
    conditions: &'a [Value],
    expires: Duration,
    /// Whether the credentials are those of a session of S3 Express.
    is_session: bool,
}

impl PostPolicy<'_> {
    /// The form, signed by `who`; `scope` is region and signing name, without which the older signature is made.
    fn sign(
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
            let name = match self.is_session {
                true => "X-Amz-S3session-Token",
                false => "x-amz-security-token",
            };
            add(name, token, true);
        }
        let end = time.checked_add(self.expires);
        let end =
            end.ok_or_else(|| Error::request("the time until the form expires is too long"))?;
        let end = Timestamp::of(end).whole().rfc3339();
        let policy = json!({"expiration": end, "conditions": conditions});
        // the text of other SDKs, so that their signatures and ours are the same
        let policy = BASE64_STANDARD.encode(python_json::to_string(&policy, Spacing::Usual));
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
