//! Presigning: requests for any operation, S3 upload forms, tokens of EKS clusters, and database auth tokens, which others can use without credentials.

#[cfg(feature = "async")]
mod asynchronous;
mod connect_token;
mod eks_token;
mod post;

pub use self::post::{PresignedPost, PresignedPostBuilder};

use std::fmt;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::client::{AnyClient, Client, RequestBuilder};
use crate::error::Result;
use crate::exchange::Presign;
use crate::transport::Request;

/// A signed request that anyone can send until it expires. `Debug` shows the host and the path, but not the signature.
///
/// ```
/// use std::time::Duration;
/// use serde_json::json;
/// # use tucuxi::{Client, Config, Credentials, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1");
/// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let upload = json!({"Bucket": "my-bucket", "Key": "report.pdf", "ContentType": "application/pdf"});
/// let request = client.presigner().presign("s3", "PutObject", upload, Duration::from_secs(600))?;
/// assert_eq!(request.method, "PUT");
/// assert_eq!(request.headers["content-type"], "application/pdf");
/// assert!(request.url.starts_with("https://my-bucket.s3.amazonaws.com/report.pdf?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct PresignedRequest {
    /// The HTTP method.
    pub method: Method,
    /// The URL, with the signature in its query. It is a secret: anyone who has it can send the request.
    pub url: String,
    /// The headers that the signature covers, without `Host`. They must be sent unchanged.
    pub headers: HeaderMap,
}

impl fmt::Debug for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = crate::uri::without_passwords(&self.url);
        let url = url.split_once('?').map_or(&*url, |(url, _)| url);
        f.debug_struct("PresignedRequest")
            .field("method", &self.method)
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Returns a presigner with this client's settings and credentials.
    ///
    /// ```
    /// use std::time::Duration;
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let report = json!({"Bucket": "my-bucket", "Key": "report.pdf"});
    /// let link = client.presigner().presign("s3", "GetObject", report, Duration::from_secs(3600))?;
    /// println!("{}", link.url);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn presigner(&self) -> Presigner {
        Presigner::new(self.clone())
    }
}

/// Signs requests, upload forms, tokens of EKS clusters and database auth tokens without sending anything. [`Client::presigner`] returns it.
///
/// ```
/// use std::time::Duration;
/// use serde_json::json;
/// # use tucuxi::{Client, Config, Credentials, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1");
/// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
/// # let client = Client::with_transport(config, Replay::new())?;
/// let presigner = client.presigner();
/// let object = json!({"Bucket": "my-bucket", "Key": "report.pdf"});
/// let download = presigner.presign("s3", "GetObject", object, Duration::from_secs(600))?;
/// let upload = presigner.post("my-bucket", "in/${filename}").sign()?;
/// let password = presigner.rds_auth_token("db.example.com", 5432, "reader")?;
/// # assert!(download.url.contains("report.pdf") && upload.url.contains("my-bucket") && password.contains("reader"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a presigner signs nothing by itself"]
pub struct Presigner<C = Client> {
    client: C,
    region: Option<String>,
}

impl<C: AnyClient> Presigner<C> {
    fn new(client: C) -> Self {
        let region = None;
        Self { client, region }
    }

    /// Signs for this region instead of the client's.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// use std::time::Duration;
    ///
    /// let object = serde_json::json!({"Bucket": "my-bucket", "Key": "fish.txt"});
    /// let presigner = client.presigner().region("us-west-2");
    /// let link = presigner.presign("s3", "GetObject", object, Duration::from_secs(600))?;
    /// assert!(link.url.contains("us-west-2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    fn request(&self, service: &str, operation: &str) -> RequestBuilder<C> {
        let request = RequestBuilder::new(&self.client, service, operation);
        match &self.region {
            Some(region) => request.region(region.as_str()),
            None => request,
        }
    }
}

impl Presigner {
    /// Signs a request that expires after `expires`, at most seven days. [`RequestBuilder::presign`] does the same for a request
    /// with its own settings.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// use std::time::Duration;
    ///
    /// let object = serde_json::json!({"Bucket": "my-bucket", "Key": "fish.txt"});
    /// let link = client.presigner().presign("s3", "GetObject", object, Duration::from_secs(600))?;
    /// assert!(link.url.contains("X-Amz-Expires=600"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if `expires` is zero or too long, the parameters are invalid, or no credentials are available.
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
}

impl<C: AnyClient> RequestBuilder<C> {
    /// Sets the HTTP method of a presigned request, for services that accept another method than the model's.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let request = client.request("sts", "GetCallerIdentity").method(http::Method::GET);
    /// let request = request.presign(Duration::from_secs(60))?;
    /// assert_eq!(request.method, http::Method::GET);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }
}

impl RequestBuilder {
    /// Signs the request, without sending it, so that anyone can send it until it expires. The body is not signed: the sender
    /// chooses it.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// use std::time::Duration;
    ///
    /// let object = serde_json::json!({"Bucket": "my-bucket", "Key": "fish.txt"});
    /// let link = client.request("s3", "GetObject").params(object).presign(Duration::from_secs(600))?;
    /// assert_eq!(link.method, "GET");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error as [`Presigner::presign`] does.
    pub fn presign(self, expires: Duration) -> Result<PresignedRequest> {
        let method = self.method.clone();
        let signed = self.presigned(presign(expires, method))?;
        Ok(PresignedRequest::new(signed))
    }
}

fn presign(expires: Duration, method: Option<Method>) -> Presign {
    Presign {
        expires,
        method,
        more: None,
    }
}

impl PresignedRequest {
    fn new(signed: Request) -> Self {
        let (head, _) = signed.into_parts();
        let mut headers = head.headers;
        headers.remove(HOST);
        Self {
            method: head.method,
            url: head.uri.to_string(),
            headers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_signature() {
        let request = PresignedRequest {
            method: Method::GET,
            url: "https://example.com/k?X-Amz-Signature=secret".into(),
            headers: HeaderMap::new(),
        };
        let shown = format!("{request:?}");
        assert!(shown.contains("https://example.com/k") && !shown.contains("secret"));
    }
}
