//! Identities: the credentials or the token that a request is signed with. [`credentials`](crate::credentials) looks
//! them up.

mod check;
mod http;
mod keys;
mod source;

pub(crate) use self::check::{Part, header_text, is_blank};
pub use self::http::{ApiKey, HttpLogin};
pub(crate) use self::keys::SigningKey;
pub use self::source::CredentialsSource;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use zeroize::Zeroizing;

use self::keys::SigningKeys;
use self::source::Sources;

/// An access key pair, with a session token if it is temporary.
///
/// Clones share one copy. The secrets, and the signing keys that are derived from them, are wiped from memory when the last clone
/// is dropped. `Debug` does not show them.
///
/// ```
/// use tucuxi::{Config, Credentials};
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "secret").with_session_token("token");
/// assert!(!format!("{credentials:?}").contains("secret"));
/// let config = Config::builder().isolated().credentials(credentials).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    parts: Arc<Parts>,
    /// The signing keys of the secret access key, which never changes.
    keys: Arc<SigningKeys>,
}

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
    expires: Option<SystemTime>,
    account_id: Option<String>,
    sources: Sources,
}

impl Credentials {
    /// Creates credentials that do not expire.
    pub fn new(access_key_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let parts = Parts {
            access_key_id: access_key_id.into(),
            secret_access_key: Zeroizing::new(secret.into()),
            session_token: None,
            expires: None,
            account_id: None,
            sources: Sources::default(),
        };
        Self {
            parts: Arc::new(parts),
            keys: Arc::default(),
        }
    }

    fn parts(&mut self) -> &mut Parts {
        Arc::make_mut(&mut self.parts)
    }

    /// Sets the session token.
    ///
    /// ```
    /// use tucuxi::Credentials;
    ///
    /// let temporary = Credentials::new("ASIAEXAMPLE", "secret").with_session_token("token");
    /// assert_eq!(temporary.session_token(), Some("token"));
    /// ```
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        self.parts().session_token = Some(Zeroizing::new(token.into()));
        self
    }

    /// Sets the time at which the credentials expire. A provider of temporary credentials must set it, so that they are
    /// refreshed in time.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use tucuxi::Credentials;
    ///
    /// let expires = SystemTime::now() + Duration::from_secs(3600);
    /// let credentials = Credentials::new("ASIAEXAMPLE", "secret").with_expiry(expires);
    /// assert_eq!(credentials.expires(), Some(expires));
    /// ```
    #[must_use]
    pub fn with_expiry(mut self, expires: SystemTime) -> Self {
        self.parts().expires = Some(expires);
        self
    }

    /// Sets the account id. It becomes a part of host names, so an id with characters other than letters, digits and
    /// hyphens is ignored.
    #[must_use]
    pub fn with_account_id(mut self, account_id: impl Into<String>) -> Self {
        let account_id = account_id.into();
        let is_label = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        match !account_id.is_empty() && account_id.bytes().all(is_label) {
            true => self.parts().account_id = Some(account_id),
            false => tracing::warn!("an account id that is not valid in a host name is ignored"),
        }
        self
    }

    /// Adds a source, which requests report in the User-Agent. The providers of this crate add theirs; a provider of the
    /// program may do so too.
    #[must_use]
    pub fn with_source(self, source: CredentialsSource) -> Self {
        self.with_sources(&[source])
    }

    #[must_use]
    pub(crate) fn with_sources(mut self, sources: &[CredentialsSource]) -> Self {
        self.parts().sources.0.extend(sources);
        self
    }

    /// Returns the sources, in order.
    pub fn sources(&self) -> &[CredentialsSource] {
        &self.parts.sources.0
    }

    /// Returns the access key id, which is not a secret.
    pub fn access_key_id(&self) -> &str {
        &self.parts.access_key_id
    }

    /// Returns the secret access key.
    pub fn secret_access_key(&self) -> &str {
        &self.parts.secret_access_key
    }

    /// Returns the session token, which is a secret.
    pub fn session_token(&self) -> Option<&str> {
        self.parts.session_token.as_ref().map(|token| &***token)
    }

    /// Returns the time at which the credentials expire.
    pub fn expires(&self) -> Option<SystemTime> {
        self.parts.expires
    }

    /// Returns the account id, if it is known.
    pub fn account_id(&self) -> Option<&str> {
        self.parts.account_id.as_deref()
    }

    /// Returns the signing key for a day, a region and a service. `derive` computes one that is not known.
    pub(crate) fn signing_key(
        &self,
        scope: [&str; 3],
        derive: impl FnOnce() -> Zeroizing<[u8; 32]>,
    ) -> SigningKey {
        self.keys.get(scope, derive)
    }
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for Credentials {}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.parts.access_key_id)
            .field("account_id", &self.parts.account_id)
            .field("expires", &self.parts.expires)
            .finish_non_exhaustive()
    }
}

/// A bearer token. It is wiped from memory on drop, and `Debug` does not show it.
///
/// ```
/// use tucuxi::{BearerToken, Config};
///
/// let config = Config::builder().isolated().bearer_token(BearerToken::new("secret")).build()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken {
    token: Zeroizing<String>,
    expires: Option<SystemTime>,
}

impl BearerToken {
    /// Creates a token that does not expire.
    pub fn new(token: impl Into<String>) -> Self {
        let token = Zeroizing::new(token.into());
        Self {
            token,
            expires: None,
        }
    }

    /// Sets the time at which the token expires.
    #[must_use]
    pub fn with_expiry(mut self, expires: SystemTime) -> Self {
        self.expires = Some(expires);
        self
    }

    /// Returns the token, which is a secret.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the time at which the token expires.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BearerToken");
        shown
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// The credentials or the token that a call is authenticated with.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    Credentials(Credentials),
    Token(BearerToken),
}

impl Identity {
    /// Returns the source for error texts: `profile, assumed role`.
    pub(crate) fn source(&self) -> Option<String> {
        match self {
            Self::Credentials(credentials) => CredentialsSource::names(credentials.sources()),
            Self::Token(_) => None,
        }
    }
}
