//! Failures of requests, and what they mean to the caller.

use std::io::{self, ErrorKind};

use http::Uri;
use rustls::{CertificateError, InvalidMessage};

use super::watch::{Phase, Watch};
use super::{TransportError, TransportErrorKind};
use crate::error::BoxError;

/// The failure of a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The body of the request cannot be read.
    #[error("{0}")]
    Body(io::Error),
    /// The server closed the connection.
    #[error("{0}")]
    Closed(&'static str),
    #[error("host not found")]
    HostNotFound,
    /// The response is not valid HTTP.
    #[error("{0}")]
    Http(String),
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Another failure, of this kind unless the connection was being opened.
    #[error("{1}")]
    Other(TransportErrorKind, BoxError),
    #[error("{0}")]
    Tls(#[from] rustls::Error),
    #[error("{0}")]
    TooLarge(&'static str),
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        Self::other(failure)
    }
}

impl Failure {
    /// Creates the failure of a request that needs HTTP/2.
    #[cfg(feature = "async")]
    pub(crate) fn without_http2() -> Self {
        let what = "the server does not speak HTTP/2, which the operation needs";
        Self::Other(TransportErrorKind::Request, what.into())
    }

    /// Converts the failure of a request to `uri`, which `watch` followed.
    pub(crate) fn into_error(self, uri: &Uri, watch: &Watch) -> TransportError {
        use TransportErrorKind::{Connect, HostNotFound, Interrupted, Request, Tls, TooLarge};
        let error = |kind, source: BoxError| TransportError::new(kind, uri, source);
        if let Self::Body(cause) = self {
            return error(Request, cause.into());
        }
        if let Some((kind, reason)) = watch.stopped() {
            return error(kind, reason.into());
        }
        let is_connecting = matches!(watch.phase(), Phase::Connect(_));
        match self {
            Self::HostNotFound => error(HostNotFound, self.into()),
            Self::Io(cause) if is_connecting => of_connecting(uri, cause),
            Self::Io(cause) => error(Interrupted, cause.into()),
            Self::Other(kind @ (HostNotFound | Request | Tls), cause) => error(kind, cause),
            Self::Other(_, cause) if is_connecting => error(Connect, cause),
            Self::Other(kind, cause) => error(kind, cause),
            Self::Tls(cause) => of_tls(uri, cause),
            Self::TooLarge(_) => error(TooLarge, self.into()),
            _ if is_connecting => error(Connect, self.into()),
            _ => error(Interrupted, self.into()),
        }
    }
}

/// Returns whether an error of writing means that the peer does not read any more. It may have sent a response before.
pub(crate) fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

fn of_connecting(uri: &Uri, error: io::Error) -> TransportError {
    match error.kind() {
        // the handshake of rustls
        ErrorKind::InvalidData => match error.downcast::<rustls::Error>() {
            Ok(error) => of_tls(uri, error),
            Err(error) => TransportError::new(TransportErrorKind::Tls, uri, error),
        },
        ErrorKind::ConnectionRefused => {
            let what = "nothing listens there (connection refused)";
            TransportError::new(TransportErrorKind::Connect, uri, what)
        }
        _ => TransportError::new(TransportErrorKind::Connect, uri, error),
    }
}

fn of_tls(uri: &Uri, error: rustls::Error) -> TransportError {
    let what = match &error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS: write http:// if that is intended".into()
        }
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            format!(
                "{error}: to trust other issuers, name a file of their certificates in AWS_CA_BUNDLE or ca_bundle"
            )
        }
        _ => return TransportError::new(TransportErrorKind::Tls, uri, error),
    };
    TransportError::new(TransportErrorKind::Tls, uri, what)
}
