//! Database auth tokens: presigned URLs without their scheme.

use std::time::Duration;

use super::Presigner;
use crate::auth::{Payload, Signer};
use crate::error::{Error, Result};

/// The validity of an RDS auth token.
const RDS_EXPIRES: Duration = Duration::from_secs(15 * 60);

impl Presigner {
    /// Returns an auth token that serves as the password of an RDS or Aurora database user for 15 minutes.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let password = client.presigner().rds_auth_token("db.example.com", 5432, "app")?;
    /// assert!(password.starts_with("db.example.com:5432/?Action=connect&DBUser=app&"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if no credentials or no region are configured.
    pub fn rds_auth_token(&self, host: &str, port: u16, user: &str) -> Result<String> {
        let user = crate::uri::encode(user, b"");
        let query = format!("Action=connect&DBUser={user}");
        let authority = format!("{host}:{port}");
        self.connect_token(&authority, &query, "rds-db", RDS_EXPIRES)
    }

    /// Returns an auth token for a custom database role of an Aurora DSQL cluster.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1");
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// use std::time::Duration;
    ///
    /// let password = client.presigner().dsql_auth_token("c.dsql.eu-west-1.on.aws", Duration::from_secs(900))?;
    /// assert!(password.contains("Action=DbConnect&"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if no credentials or no region are configured, or if `expires` is too long.
    pub fn dsql_auth_token(&self, host: &str, expires: Duration) -> Result<String> {
        self.connect_token(host, "Action=DbConnect", "dsql", expires)
    }

    /// Returns an auth token for the `admin` role of an Aurora DSQL cluster.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tucuxi::{Client, Config, Credentials, transport::Replay};
    /// # let config = Config::builder().isolated();
    /// # let config = config.credentials(Credentials::new("AKIDEXAMPLE", "secret")).build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let presigner = client.presigner().region("us-east-2");
    /// let password = presigner.dsql_admin_auth_token("c.dsql.us-east-2.on.aws", Duration::from_secs(900))?;
    /// assert!(password.contains("Action=DbConnectAdmin") && password.contains("us-east-2%2Fdsql"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error as [`dsql_auth_token`](Self::dsql_auth_token) does.
    pub fn dsql_admin_auth_token(&self, host: &str, expires: Duration) -> Result<String> {
        self.connect_token(host, "Action=DbConnectAdmin", "dsql", expires)
    }

    fn connect_token(
        &self,
        authority: &str,
        query: &str,
        signing_name: &str,
        expires: Duration,
    ) -> Result<String> {
        let config = self.client.config();
        let region = match &self.region {
            Some(region) => region,
            None => config.required_region()?,
        };
        let credentials = self.client.credentials()?;
        let request = http::Request::get(format!("https://{authority}/?{query}")).body(());
        let mut request = request.map_err(Error::request)?;
        let signer = Signer::new(&credentials, region, signing_name, config.now());
        signer.presign(&mut request, Payload::Bytes(b""), expires)?;
        let url = request.uri().to_string();
        Ok(url.trim_start_matches("https://").to_owned())
    }
}
