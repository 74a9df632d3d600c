//! Database auth tokens: presigned URLs without their scheme.

use std::borrow::Cow;
use std::time::Duration;

use super::Presigner;
use crate::auth::{Payload, Signer};
use crate::client::AnyClient;
use crate::error::{Error, Result};
use crate::identity::Credentials;

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
        self.signed(ConnectToken::rds(host, port, user))
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
        self.signed(ConnectToken::dsql(host, "DbConnect", expires))
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
        self.signed(ConnectToken::dsql(host, "DbConnectAdmin", expires))
    }

    fn signed(&self, token: ConnectToken<'_>) -> Result<String> {
        token.sign(self, &self.client.credentials()?)
    }
}

/// What a token is for.
pub(super) struct ConnectToken<'a> {
    authority: Cow<'a, str>,
    query: String,
    signing_name: &'static str,
    expires: Duration,
}

impl<'a> ConnectToken<'a> {
    pub(super) fn rds(host: &str, port: u16, user: &str) -> Self {
        let user = crate::uri::encode(user, b"");
        Self {
            authority: format!("{host}:{port}").into(),
            query: format!("Action=connect&DBUser={user}"),
            signing_name: "rds-db",
            expires: RDS_EXPIRES,
        }
    }

    pub(super) fn dsql(host: &'a str, action: &str, expires: Duration) -> Self {
        Self {
            authority: host.into(),
            query: format!("Action={action}"),
            signing_name: "dsql",
            expires,
        }
    }

    pub(super) fn sign<C: AnyClient>(
        self,
        presigner: &Presigner<C>,
        credentials: &Credentials,
    ) -> Result<String> {
        let config = presigner.client.shared().config();
        let region = match &presigner.region {
            Some(region) => region,
            None => config.required_region()?,
        };
        let url = format!("https://{}/?{}", self.authority, self.query);
        let mut request = http::Request::get(url).body(()).map_err(Error::request)?;
        let signer = Signer::new(credentials, region, self.signing_name, config.now());
        signer.presign(&mut request, Payload::Bytes(b""), self.expires)?;
        let url = request.uri().to_string();
        Ok(url.trim_start_matches("https://").to_owned())
    }
}
