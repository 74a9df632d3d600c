//! Tokens for the API of Kubernetes clusters: a presigned call of STS, in base64.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderValue, Method};

use super::{PresignedRequest, Presigner};
use crate::call::CallContext;
use crate::client::{AnyClient, RequestBuilder};
use crate::error::{Error, Result};
use crate::interceptor::Interceptor;
use crate::transport::Request;

/// The validity of the signature. EKS accepts the token for 15 minutes after the signature nevertheless.
pub(super) const EXPIRES: Duration = Duration::from_secs(60);

/// The header that binds a token to a cluster.
const HEADER: &str = "x-k8s-aws-id";

impl Presigner {
    /// Returns a bearer token for the Kubernetes API of an EKS cluster, of which this is the name (or the id, for a local cluster on
    /// an Outpost). The cluster accepts it for 15 minutes; `aws` requests a new one after 14.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let token = client.presigner().eks_token("my-cluster")?;
    /// let header = format!("Authorization: Bearer {token}");
    /// # assert!(header.contains("k8s-aws-v1."));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the name is not valid in a header, or no credentials or no region are configured.
    pub fn eks_token(&self, cluster: &str) -> Result<String> {
        Ok(token(&self.eks_request(cluster)?.presign(EXPIRES)?))
    }
}

impl<C: AnyClient> Presigner<C> {
    pub(super) fn eks_request(&self, cluster: &str) -> Result<RequestBuilder<C>> {
        let cluster = HeaderValue::from_str(cluster).map_err(Error::request)?;
        let request = self.request("sts", "GetCallerIdentity");
        Ok(request.method(Method::GET).interceptor(ForCluster(cluster)))
    }
}

pub(super) fn token(request: &PresignedRequest) -> String {
    let url = BASE64_URL_SAFE_NO_PAD.encode(&request.url);
    format!("k8s-aws-v1.{url}")
}

/// Adds the header.
struct ForCluster(HeaderValue);

impl Interceptor for ForCluster {
    fn request(&self, _: &CallContext<'_>, request: &mut Request) -> Result<()> {
        request.headers_mut().insert(HEADER, self.0.clone());
        Ok(())
    }
}
