//! Requests that are signed now and made by somebody else: any operation's, forms of S3, and passwords of databases.

mod connect_token;
mod post;

pub use self::post::PresignedPost;

use std::fmt;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::client::{Client, RequestBuilder};
use crate::error::Result;
use crate::exchange::Presign;

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
            .presigned(Presign {
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

#[cfg(test)]
mod tests {
    use super::*;

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
