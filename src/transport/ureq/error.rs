//! Failures of requests, and what they mean to the caller.

use std::io::{self, ErrorKind};

use http::Uri;
use rustls::{CertificateError, InvalidMessage};

use super::watch::{Phase, Watch};
use crate::transport::{TransportError, TransportErrorKind};

/// The failure of a request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The body of the request cannot be read.
    #[error("{0}")]
    Body(io::Error),
    /// The server closed the connection.
    #[error("{0}")]
    Closed(&'static str),
    /// The response is not valid HTTP.
    #[error("{0}")]
    Http(String),
    #[error("{0}")]
    TooLarge(&'static str),
    #[error("{0}")]
    Ureq(#[from] ureq::Error),
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        Self::other(failure)
    }
}

impl Failure {
    /// Converts the failure of a request to `uri`, which `watch` followed.
    pub(super) fn into_error(self, uri: &Uri, watch: &Watch) -> TransportError {
        if let Self::Body(error) = self {
            return TransportError::new(TransportErrorKind::Request, uri, error);
        }
        if let Some((kind, reason)) = watch.stopped() {
            return TransportError::new(kind, uri, reason);
        }
        let is_connecting = matches!(watch.phase(), Phase::Connect(_));
        match self {
            Self::Ureq(error) => of_ureq(uri, error, is_connecting),
            Self::TooLarge(_) => TransportError::new(TransportErrorKind::TooLarge, uri, self),
            _ if is_connecting => TransportError::new(TransportErrorKind::Connect, uri, self),
            _ => TransportError::new(TransportErrorKind::Interrupted, uri, self),
        }
    }
}

fn of_ureq(uri: &Uri, error: ureq::Error, is_connecting: bool) -> TransportError {
    use TransportErrorKind::{Connect, HostNotFound, Interrupted, Request, Tls};
    use ureq::Error as E;
    let error = match error {
        E::Io(error) => return of_io(uri, error, is_connecting),
        E::Rustls(error) => return of_tls(uri, error),
        other => other,
    };
    let kind = match &error {
        E::HostNotFound => HostNotFound,
        E::Tls(_) | E::Pem(_) | E::TlsRequired => Tls,
        _ if is_connecting => Connect,
        E::BadUri(_) | E::Http(_) => Request,
        _ => Interrupted,
    };
    TransportError::new(kind, uri, error)
}

fn of_io(uri: &Uri, error: io::Error, is_connecting: bool) -> TransportError {
    if !is_connecting {
        return TransportError::new(TransportErrorKind::Interrupted, uri, error);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Limits;

    #[test]
    fn failures_say_what_to_do() {
        let tls =
            |error: rustls::Error| ureq::Error::Io(io::Error::new(ErrorKind::InvalidData, error));
        let content_type = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let issuer = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let cases = [
            (
                ureq::Error::Io(ErrorKind::ConnectionRefused.into()),
                TransportErrorKind::Connect,
                "could not connect to https://h:1: nothing listens there (connection refused)",
            ),
            (
                ureq::Error::Io(ErrorKind::HostUnreachable.into()),
                TransportErrorKind::Connect,
                "could not connect to https://h:1: host unreachable",
            ),
            (
                ureq::Error::HostNotFound,
                TransportErrorKind::HostNotFound,
                "could not connect to https://h:1: host not found",
            ),
            (
                tls(content_type.clone()),
                TransportErrorKind::Tls,
                "no TLS connection to https://h:1: the server does not speak TLS: write http:// if that is intended",
            ),
            (
                ureq::Error::Rustls(content_type),
                TransportErrorKind::Tls,
                "no TLS connection to https://h:1: the server does not speak TLS: write http:// if that is intended",
            ),
            (
                tls(issuer),
                TransportErrorKind::Tls,
                "no TLS connection to https://h:1: invalid peer certificate: UnknownIssuer: to trust other issuers, name a file \
                 of their certificates in AWS_CA_BUNDLE or ca_bundle",
            ),
        ];
        let uri = "https://h:1/path?secret".parse().unwrap();
        for (error, kind, text) in cases {
            let watch = Watch::new(&Limits::default());
            watch.begin_to_connect();
            let error = Failure::from(error).into_error(&uri, &watch);
            assert_eq!((error.kind(), &*error.to_string()), (kind, text));
        }
    }
}
