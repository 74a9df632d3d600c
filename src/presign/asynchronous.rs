//! Presigning of the async client: looking up credentials may need requests.

use std::time::Duration;

use serde_json::Value;

use super::connect_token::ConnectToken;
use super::eks_token;
use super::post::is_signed;
use super::{PresignedPost, PresignedPostBuilder, PresignedRequest, Presigner, presign};
use crate::client::{AsyncClient, RequestBuilder};
use crate::error::Result;

impl AsyncClient {
    /// Starts presigning, as [`Client::presigner`](crate::Client::presigner) does.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tucuxi::{AsyncClient, Config, Credentials, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = AsyncClient::with_transport(config, Replay::new())?;
    /// let report = serde_json::json!({"Bucket": "my-bucket", "Key": "report.pdf"});
    /// let link = client.presigner().presign("s3", "GetObject", report, Duration::from_secs(600)).await?;
    /// assert!(link.url.contains("X-Amz-Expires=600"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn presigner(&self) -> Presigner<Self> {
        Presigner::new(self.clone())
    }
}

impl RequestBuilder<AsyncClient> {
    /// Signs the request in its URL instead of sending it, as the blocking `presign` does.
    ///
    /// # Errors
    ///
    /// As [`Presigner::presign`].
    pub async fn presign(self, expires: Duration) -> Result<PresignedRequest> {
        let method = self.method.clone();
        let signed = self.presigned(presign(expires, method)).await?;
        Ok(PresignedRequest::new(signed))
    }
}

impl Presigner<AsyncClient> {
    /// Signs a request that expires after at most seven days.
    ///
    /// # Errors
    ///
    /// Returns an error if `expires` is zero or too long, the parameters are invalid, or no credentials are available.
    pub async fn presign(
        &self,
        service: &str,
        operation: &str,
        params: Value,
        expires: Duration,
    ) -> Result<PresignedRequest> {
        let request = self.request(service, operation).params(params);
        request.presign(expires).await
    }

    /// Signs the password of a database user of RDS or Aurora, valid for 15 minutes.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no region, or no credentials are available.
    pub async fn rds_auth_token(&self, host: &str, port: u16, user: &str) -> Result<String> {
        self.signed(ConnectToken::rds(host, port, user)).await
    }

    /// Signs a password for a user of an Aurora DSQL cluster.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no region, or no credentials are available.
    pub async fn dsql_auth_token(&self, host: &str, expires: Duration) -> Result<String> {
        self.signed(ConnectToken::dsql(host, "DbConnect", expires))
            .await
    }

    /// Signs a password for the `admin` user of an Aurora DSQL cluster.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no region, or no credentials are available.
    pub async fn dsql_admin_auth_token(&self, host: &str, expires: Duration) -> Result<String> {
        self.signed(ConnectToken::dsql(host, "DbConnectAdmin", expires))
            .await
    }

    /// Signs a bearer token for the Kubernetes API of an EKS cluster, valid for 15 minutes.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is not valid in a header, there is no region, or no credentials are available.
    pub async fn eks_token(&self, cluster: &str) -> Result<String> {
        let request = self.eks_request(cluster)?;
        Ok(eks_token::token(
            &request.presign(eks_token::EXPIRES).await?,
        ))
    }

    async fn signed(&self, token: ConnectToken<'_>) -> Result<String> {
        token.sign(self, &self.client.credentials().await?)
    }
}

impl PresignedPostBuilder<AsyncClient> {
    /// Signs the form.
    ///
    /// # Errors
    ///
    /// Returns an error if no credentials are available, or the time to expiration is zero or too long.
    pub async fn sign(self) -> Result<PresignedPost> {
        let request = self.request().presigned(self.presign()).await?;
        let credentials = match is_signed(&request) {
            true => Some(self.presigner.client.credentials().await?),
            false => None,
        };
        self.form(&request, credentials)
    }
}
