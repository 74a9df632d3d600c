//! Logging in with a browser: to IAM Identity Center ([`SsoLogin`]), and with the credentials of the AWS console ([`ConsoleLogin`]).
//!
//! ```text
//!             registration (SSO)          the person authorizes in a browser                code ──► token
//!  client ──────────────────────► authorize(&Authorization) ──► callback on 127.0.0.1 ──┐
//!                                             │                                        ├──► ~/.aws/sso/cache or ~/.aws/login/cache
//!                                             └──► or: the device code is polled ──────┘
//! ```
//! A login blocks until the person has authorized it, so an async program runs it on a thread that may block. What a login saves is what `aws` and the other SDKs read, and what the providers [`sso`](crate::credentials::sso) and
//! [`login`](crate::credentials::login) of this crate use and refresh. Both logins are OAuth 2.0 with PKCE (RFC 7636) and a redirect to a
//! port of this machine (RFC 8252); IAM Identity Center also has device codes (RFC 8628).

mod callback;
mod code;
mod console;
mod device;
mod flow;
mod logout;
mod pkce;
mod registration;
mod sso;
mod start_url;

pub use self::console::{ConsoleLogin, ConsoleSession};
pub use self::logout::{console_logout, console_logout_all, sso_logout};
pub use self::sso::SsoLogin;

use crate::error::{Detail, ErrorKind};

/// What a person has to do to authorize a login.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Authorization<'a> {
    /// The page to open in a browser.
    pub url: &'a str,
    /// The page with the code already filled in. It is `url` if there is no code to enter.
    pub complete_url: &'a str,
    /// The code to enter in the page, which confirms that it is about this login.
    pub user_code: Option<&'a str>,
}

/// The reason why a login failed, if it is not an error of a call.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The program cancelled the login.
    #[error("the login was cancelled")]
    Cancelled,
    /// The configuration lacks something, or has it wrong.
    #[error("{0}")]
    Config(String),
    /// The person or the service denied the login.
    #[error("the login was denied: {0}")]
    Denied(String),
    /// The person did not authorize the login in time.
    #[error("the login was not authorized in time; start it again")]
    Expired,
    /// The port of the callback cannot be used.
    #[error("port {port} of 127.0.0.1 cannot be used for the login: {why}")]
    Port {
        /// The port, 0 for any.
        port: u16,
        /// The reason.
        why: String,
    },
    /// A response lacks something.
    #[error("{0}")]
    Response(String),
    /// The browser returned the answer to another login.
    #[error(
        "the browser returned the answer to another login (its state differs); start the login again"
    )]
    State,
}

impl Detail for LoginError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Config(_) => ErrorKind::Config,
            Self::Response(_) => ErrorKind::Response,
            _ => ErrorKind::Credentials,
        }
    }

    fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }
}
