//! A transport that keeps what another one sends and gets.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Limits, Request, Response, Transport, TransportError, TransportErrorKind, cassette};
use crate::new_file::Writer;

/// Sends requests by another transport and writes both sides to a file, a cassette, from which
/// [`Replay::from_cassette`](super::Replay::from_cassette) answers later.
///
/// Signatures, tokens and keys are left out: headers and parameters that have them, and members of JSON, XML and forms with
/// names such as `SecretAccessKey` or `Password`. Bodies in other forms, such as CBOR, are kept whole: look at them before you
/// share a cassette. Answers are read to their end before they are handed on.
///
/// ```
/// use tucuxi::transport::{Record, Replay};
/// use tucuxi::{Client, Config};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tables.cassette");
/// let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// // in place of the replay there would be `tucuxi::transport::Ureq`
/// let wire = Replay::new().answer(200, &[], r#"{"TableNames": ["t"]}"#);
/// let client = Client::with_transport(config.clone(), Record::to_file(&path, wire)?)?;
/// client.call("dynamodb", "ListTables", serde_json::json!({}))?;
///
/// let client = Client::with_transport(config, Replay::from_cassette(&path)?)?;
/// let tables = client.call("dynamodb", "ListTables", serde_json::json!({}))?;
/// assert_eq!(tables["TableNames"][0], "t");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Record<T> {
    transport: T,
    cassette: Mutex<Writer>,
}

impl<T: Transport> Record<T> {
    /// Records what this transport does. The file, which its owner alone may read, takes the place of an old one with its
    /// first exchange.
    ///
    /// # Errors
    ///
    /// The file cannot be made.
    pub fn to_file(path: impl AsRef<Path>, transport: T) -> io::Result<Self> {
        let cassette = Mutex::new(Writer::private(path.as_ref())?);
        Ok(Self {
            transport,
            cassette,
        })
    }

    fn write(&self, line: &Value) -> io::Result<()> {
        // a line is written at one stroke, whether or not a thread panicked before
        let mut cassette = self.cassette.lock().unwrap_or_else(PoisonError::into_inner);
        cassette.write_all(format!("{line}\n").as_bytes())?;
        cassette.commit()
    }
}

impl<T: Transport> Transport for Record<T> {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let uri = request.uri().clone();
        let fault = |kind, error: io::Error| TransportError::new(kind, &uri, error);
        let mut bytes = Vec::new();
        let read = request
            .body()
            .open()
            .and_then(|mut body| body.read_to_end(&mut bytes));
        read.map_err(|e| fault(TransportErrorKind::Request, e))?;
        let asked = json!({
            "method": request.method().as_str(),
            "uri": cassette::uri(&uri),
            "headers": cassette::headers(request.headers()),
            "body": cassette::body(&bytes),
        });
        // a reader that was opened is at its end
        let (head, _) = request.into_parts();
        let request = http::Request::from_parts(head, bytes.into());
        let answered = self.transport.send(request, limits).and_then(|response| {
            let (head, mut body) = response.into_parts();
            let body = body.read_to_vec();
            Ok((
                head,
                body.map_err(|e| fault(TransportErrorKind::Interrupted, e))?,
            ))
        });
        let line = match &answered {
            Ok((head, body)) => json!({"request": asked, "response": {
                "status": head.status.as_u16(),
                "headers": cassette::headers(&head.headers),
                "body": cassette::body(body),
            }}),
            Err(error) => json!({"request": asked, "failure": error.kind().name()}),
        };
        self.write(&line)
            .map_err(|e| fault(TransportErrorKind::Request, e))?;
        let (head, body) = answered?;
        Ok(Response::from_parts(head, bytes::Bytes::from(body).into()))
    }
}
