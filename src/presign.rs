//! Requests that are signed now and made by somebody else.

use std::fmt;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::client::{Client, RequestBuilder};
use crate::error::Result;
use crate::exchange::Call;
use crate::protocol::Params;

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

    /// Whether the caller gives the URL: then nobody else signs one.
    pub(crate) fn is_given(&self) -> bool {
        self.params.value.get(&*self.member).is_some()
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
