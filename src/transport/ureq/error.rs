//! Errors of `ureq`.

use ureq::Error;

use crate::transport::TransportErrorKind;
use crate::transport::failure::Failure;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::HostNotFound => return Self::HostNotFound,
            Error::Io(error) => return Self::Io(error),
            Error::Rustls(error) => return Self::Tls(error),
            Error::Tls(_) | Error::Pem(_) | Error::TlsRequired => TransportErrorKind::Tls,
            Error::BadUri(_) | Error::Http(_) => TransportErrorKind::Request,
            _ => TransportErrorKind::Interrupted,
        };
        Self::Other(kind, error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};
    use std::time::Instant;

    use rustls::{CertificateError, InvalidMessage};

    use super::*;
    use crate::transport::Limits;
    use crate::transport::watch::Watch;

    #[test]
    fn failures_say_what_to_do() {
        let tls = |error: rustls::Error| Error::Io(io::Error::new(ErrorKind::InvalidData, error));
        let content_type = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let issuer = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let cases = [
            (
                Error::Io(ErrorKind::ConnectionRefused.into()),
                TransportErrorKind::Connect,
                "could not connect to https://h:1: nothing listens there (connection refused)",
            ),
            (
                Error::Io(ErrorKind::HostUnreachable.into()),
                TransportErrorKind::Connect,
                "could not connect to https://h:1: host unreachable",
            ),
            (
                Error::HostNotFound,
                TransportErrorKind::HostNotFound,
                "could not connect to https://h:1: host not found",
            ),
            (
                tls(content_type.clone()),
                TransportErrorKind::Tls,
                "no TLS connection to https://h:1: the server does not speak TLS: write http:// if that is intended",
            ),
            (
                Error::Rustls(content_type),
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
            watch.begin_to_connect(Instant::now());
            let error = Failure::from(error).into_error(&uri, &watch);
            assert_eq!((error.kind(), &*error.to_string()), (kind, text));
        }
    }
}
