//! A transport that keeps what another one sends and gets.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};
use crate::new_file::Writer;
use crate::secrets::{CallOf, Secrets, scrub};
use crate::sync;

/// Sends requests by another transport and writes both sides to a file, a cassette, from which
/// [`Replay::from_cassette`](super::Replay::from_cassette) answers later.
///
/// Secrets are left out: each member that the service's model calls `sensitive`, wherever it stands in path, query, headers
/// and body of requests and responses, and signatures, tokens, keys, cookies and passwords in URLs in any case. What stands in
/// their place has the same type, so that the response can still be read. The file is the user's alone (mode 0600). Responses
/// are read to their end before they are handed on.
///
/// ```
/// use tucuxi::transport::{Record, Replay};
/// use tucuxi::{Client, Config};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tables.cassette");
/// let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// // in place of the replay there would be `tucuxi::transport::UreqTransport`
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

const TOKEN_TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

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
        let mut cassette = sync::lock(&self.cassette);
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
        let mut secrets = Secrets::of(request.extensions().get::<CallOf>());
        // the metadata service hands out its token as the whole body
        secrets.response.whole_body |= request.headers().contains_key(TOKEN_TTL);
        let asked = json!({
            "method": request.method().as_str(),
            "uri": scrub::url(&uri, &secrets),
            "headers": scrub::headers(request.headers(), &secrets.request),
            "body": scrub::body(&bytes, request.headers(), &secrets.request, true),
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
                "headers": scrub::headers(&head.headers, &secrets.response),
                "body": scrub::body(body, &head.headers, &secrets.response, false),
            }}),
            Err(error) => json!({"request": asked, "failure": error.kind().name()}),
        };
        self.write(&line)
            .map_err(|e| fault(TransportErrorKind::Request, e))?;
        let (head, body) = answered?;
        Ok(Response::from_parts(head, bytes::Bytes::from(body).into()))
    }
}
