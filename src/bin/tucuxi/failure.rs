//! Errors of the command, and their exit codes.

use std::io;

use tucuxi::config::{ConfigError, Source};
use tucuxi::credentials::CredentialsError;
use tucuxi::model::UnknownName;
use tucuxi::params::{ParamError, ParamErrorKind};
use tucuxi::{Error, ErrorKind};

/// An error of the command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Call(#[from] Error),
    /// An error with an exit code of its own.
    #[error("{1}")]
    Code(u8, String),
    /// A command of `aws` that is more than one call and that is left out, as the guide says.
    #[error("\"{0}\" is a command of aws that tucuxi does not have")]
    Lacking(String),
    #[error("{0}")]
    Other(Box<dyn std::error::Error + Send + Sync>),
    /// The reader of our output has closed it, as `head` does. It counts as success.
    #[error("stdout is closed")]
    Pipe,
    /// What failed has been printed. The number is the exit code.
    #[error("the command failed")]
    Reported(u8),
    /// A setting of the command with an invalid value.
    #[error("{0}")]
    Setting(String),
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    /// The exit code; they are `aws`'s.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Code(code, _) => *code,
            Self::Lacking(_) | Self::Usage(_) => 252,
            Self::Setting(_) => 253,
            Self::Call(error) => match error.root().kind() {
                // `aws` treats invalid base64 as a general error
                ErrorKind::Params if is_of_base64(error) => 255,
                ErrorKind::Params => 252,
                ErrorKind::Model if error.downcast_ref::<UnknownName>().is_some() => 252,
                ErrorKind::Config if is_without_region(error) => 253,
                ErrorKind::Config if is_of_url_option(error) => 252,
                ErrorKind::Credentials if is_without_credentials(error) => 253,
                ErrorKind::Service => 254,
                _ => 255,
            },
            Self::Other(_) | Self::Pipe => 255,
            Self::Reported(code) => *code,
        }
    }

    /// An error of a file, with its path.
    pub(crate) fn file(path: &str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Other(format!("{path}: {error}").into())
    }

    /// An error of writing a response to stdout, which is not the service's.
    pub(crate) fn stdout(error: Error) -> Self {
        let io = (error.kind() == ErrorKind::Response).then(|| error.downcast_ref::<io::Error>());
        match io.flatten().map(io::Error::kind) {
            Some(io::ErrorKind::BrokenPipe) => Self::Pipe,
            _ => error.into(),
        }
    }
}

/// Whether a region is missing.
pub(crate) fn is_without_region(error: &Error) -> bool {
    let config = error.root().downcast_ref::<ConfigError>();
    matches!(config, Some(ConfigError::NoRegion { .. }))
}

/// Whether the only fault of the parameters is that a blob is no base64.
fn is_of_base64(error: &Error) -> bool {
    let faults = error
        .root()
        .param_errors()
        .map_or(&[][..], |errors| &errors.0);
    let is_blob = |fault: &ParamError| match &fault.kind {
        ParamErrorKind::Unreadable { reason } => reason.starts_with("not base64"),
        _ => false,
    };
    !faults.is_empty() && faults.iter().all(is_blob)
}

/// Whether no provider has credentials, as opposed to one that failed.
pub(crate) fn is_without_credentials(error: &Error) -> bool {
    let cause = error.root().downcast_ref::<CredentialsError>();
    matches!(cause, Some(CredentialsError::NotFound { .. }))
}

/// Whether the URL of an option is invalid.
fn is_of_url_option(error: &Error) -> bool {
    let config = error.root().downcast_ref::<ConfigError>();
    matches!(config, Some(ConfigError::Url { from, .. }) if from.starts_with("--"))
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe,
            // a failure that passed through a writer
            _ => match error.downcast::<Self>() {
                Ok(failure) => failure,
                Err(error) => Self::Other(error.into()),
            },
        }
    }
}

/// Names the option in an error of a value that an option set.
pub(crate) fn with_option(mut error: ConfigError) -> ConfigError {
    let (name, from) = match &mut error {
        ConfigError::Profile { from, .. } => ("profile", from),
        ConfigError::Url { key, from, .. } | ConfigError::Value { key, from, .. } => (*key, from),
        _ => return error,
    };
    if *from == Source::Builder.to_string() {
        *from = format!("--{}", name.replace('_', "-"));
    }
    error
}
