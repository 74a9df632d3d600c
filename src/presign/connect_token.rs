//! Passwords of databases: presigned URLs without their scheme.

use std::time::Duration;

use crate::auth::{Payload, Signer};
use crate::client::Client;
use crate::error::{Error, Result};

impl Client {
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
        let who = self.env().credentials()?;
        let request = http::Request::get(format!("https://{place}/?{query}")).body(());
        let mut request = request.map_err(Error::request)?;
        let signer = Signer::new(&who, region, name, self.config().now());
        signer.presign(&mut request, Payload::Bytes(b""), expires)?;
        let url = request.uri().to_string();
        Ok(url.trim_start_matches("https://").to_owned())
    }
}
