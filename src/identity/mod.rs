//! Identities: the credentials or the token that a request is signed with, and how they were found. Where they are found is for
//! [`credentials`](crate::credentials).

mod check;
mod source;

pub(crate) use self::check::{Part, header_text, is_blank};
pub use self::source::CredentialsSource;

use std::fmt;
use std::time::SystemTime;

use zeroize::Zeroizing;

use self::source::Sources;

/// A key pair, maybe temporary. Its memory is wiped when it is dropped. `Debug` shows the key's id and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key_id: Box<str>,
    secret_access_key: Zeroizing<Box<str>>,
    session_token: Option<Zeroizing<Box<str>>>,
    expires: Option<SystemTime>,
    account_id: Option<Box<str>>,
    sources: Sources,
}

impl Credentials {
    /// Credentials that do not expire.
    pub fn new(id: impl Into<Box<str>>, secret: impl Into<Box<str>>) -> Self {
        Self {
            access_key_id: id.into(),
            secret_access_key: Zeroizing::new(secret.into()),
            session_token: None,
            expires: None,
            account_id: None,
            sources: Sources::default(),
        }
    }

    /// With the token of a session.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<Box<str>>) -> Self {
        self.session_token = Some(Zeroizing::new(token.into()));
        self
    }

    /// With an end.
    #[must_use]
    pub fn with_expiry(mut self, expires: SystemTime) -> Self {
        self.expires = Some(expires);
        self
    }

    /// With the account that they are of. It becomes a part of host names: one that cannot be, because it is more than
    /// letters, digits and hyphens, counts as unknown.
    #[must_use]
    pub fn with_account_id(mut self, account_id: impl Into<Box<str>>) -> Self {
        let account_id = account_id.into();
        let is_label = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        match !account_id.is_empty() && account_id.bytes().all(is_label) {
            true => self.account_id = Some(account_id),
            false => tracing::warn!("an account id that no host name can have is left out"),
        }
        self
    }

    /// Adds a source, which requests report in the User-Agent. Providers of this crate set it; a provider of the program may.
    #[must_use]
    pub fn with_source(self, source: CredentialsSource) -> Self {
        self.with_sources(&[source])
    }

    #[must_use]
    pub(crate) fn with_sources(mut self, sources: &[CredentialsSource]) -> Self {
        self.sources.0.extend(sources);
        self
    }

    /// Returns the sources, in order.
    pub fn sources(&self) -> &[CredentialsSource] {
        &self.sources.0
    }

    /// The key's id; no secret.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret.
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// The token of the session, a secret too.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(|token| &***token)
    }

    /// When they end.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// The account that they are of, where the provider knows it.
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("account_id", &self.account_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A bearer token: whoever has it may call. Its memory is wiped when it is dropped, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken {
    token: Zeroizing<Box<str>>,
    expires: Option<SystemTime>,
}

impl BearerToken {
    /// A token that does not expire.
    pub fn new(token: impl Into<Box<str>>) -> Self {
        let token = Zeroizing::new(token.into());
        Self {
            token,
            expires: None,
        }
    }

    /// With an end.
    #[must_use]
    pub fn with_expiry(mut self, expires: SystemTime) -> Self {
        self.expires = Some(expires);
        self
    }

    /// The token itself.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// When it ends.
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

/// Who makes a call.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    Credentials(Credentials),
    Token(BearerToken),
}

impl Identity {
    /// Where it comes from, for error texts: `profile, assumed role`.
    pub(crate) fn source(&self) -> Option<String> {
        match self {
            Self::Credentials(credentials) => CredentialsSource::names(credentials.sources()),
            Self::Token(_) => None,
        }
    }
}
