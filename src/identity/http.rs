//! What services other than those of AWS authenticate requests with.

use std::fmt;

use zeroize::Zeroizing;

/// A user name and a password, for services with HTTP Basic or HTTP Digest authentication. The password is wiped from memory on
/// drop, and `Debug` does not show it.
///
/// ```
/// use tucuxi::{Config, HttpLogin};
///
/// let config = Config::builder().isolated().http_login(HttpLogin::new("alice", "secret")).build()?;
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HttpLogin {
    username: String,
    password: Zeroizing<String>,
}

impl HttpLogin {
    /// Creates a login.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            password: Zeroizing::new(password.into()),
        }
    }

    /// Returns the user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Returns the password, which is a secret.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for HttpLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpLogin")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// An API key, for services with HTTP API key authentication. It is wiped from memory on drop, and `Debug` does not show it.
///
/// ```
/// use tucuxi::{ApiKey, Config};
///
/// let config = Config::builder().isolated().api_key(ApiKey::new("secret")).build()?;
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Creates an API key.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Returns the key, which is a secret.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").finish_non_exhaustive()
    }
}
