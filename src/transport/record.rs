//! A transport that records what another one sends and receives.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Mutex;

use bytes::Bytes;
use http::Uri;
use serde_json::{Value, json};

use super::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};
use crate::new_file::Writer;
use crate::secrets::{CallOf, Secrets, scrub};
use crate::sync;

/// Sends requests through another transport and writes requests and responses to a file, a cassette, which
/// [`Replay::from_cassette`](super::Replay::from_cassette) reads.
///
/// Secrets are replaced: each member that the service's model marks as `sensitive`, in path, query, headers and body of requests
/// and responses, and always signatures, tokens, keys, cookies and passwords in URLs. A replacement has the type of the value,
/// so that the response can still be read. Only the user can read the file (mode 0600). Responses are read completely before
/// they are returned.
///
/// ```
/// use tucuxi::transport::{Record, Replay};
/// use tucuxi::{Client, Config};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("tables.cassette");
/// let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// // a program would record a `tucuxi::transport::UreqTransport` here
/// let wire = Replay::new().respond(200, &[], r#"{"TableNames": ["t"]}"#);
/// let client = Client::with_transport(config.clone(), Record::to_file(&path, wire)?)?;
/// client.call("dynamodb", "ListTables", serde_json::json!({}))?;
///
/// let client = Client::with_transport(config, Replay::from_cassette(&path)?)?;
/// let tables = client.call("dynamodb", "ListTables", serde_json::json!({}))?;
/// assert_eq!(tables["TableNames"][0], "t");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Record<T> {
    pub(super) transport: T,
    cassette: Mutex<Writer>,
}

const TOKEN_TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

impl<T> Record<T> {
    /// Records the exchanges of this transport. The first exchange replaces an existing file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be created.
    pub fn to_file(path: impl AsRef<Path>, transport: T) -> io::Result<Self> {
        let cassette = Mutex::new(Writer::private(path.as_ref())?);
        Ok(Self {
            transport,
            cassette,
        })
    }

    fn write(&self, line: &Value) -> io::Result<()> {
        // each line is written in one call, so the file stays consistent if a thread panics
        let mut cassette = sync::lock(&self.cassette);
        cassette.write_all(format!("{line}\n").as_bytes())?;
        cassette.commit()
    }
}

/// The request of a line of the cassette.
pub(super) struct Recorded {
    uri: Uri,
    request: Value,
    secrets: Secrets,
}

impl<T> Record<T> {
    /// Records a request whose body is in memory.
    pub(super) fn request(head: &http::request::Parts, body: &[u8]) -> Recorded {
        let mut secrets = Secrets::of(head.extensions.get::<CallOf>());
        // the token of the metadata service is the whole body
        secrets.response.whole_body |= head.headers.contains_key(TOKEN_TTL);
        Recorded {
            uri: head.uri.clone(),
            request: json!({
                "method": head.method.as_str(),
                "uri": scrub::url(&head.uri, &secrets),
                "headers": scrub::headers(&head.headers, &secrets.request),
                "body": scrub::body(body, &head.headers, &secrets.request, true),
            }),
            secrets,
        }
    }

    /// Writes what was received for a request, and returns it.
    pub(super) fn received(
        &self,
        recorded: Recorded,
        received: Result<(http::response::Parts, Bytes), TransportError>,
    ) -> Result<Response, TransportError> {
        let Recorded {
            uri,
            request,
            secrets,
        } = recorded;
        let line = match &received {
            Ok((head, body)) => json!({"request": request, "response": {
                "status": head.status.as_u16(),
                "headers": scrub::headers(&head.headers, &secrets.response),
                "body": scrub::body(body, &head.headers, &secrets.response, false),
            }}),
            Err(error) => json!({"request": request, "failure": error.kind().name()}),
        };
        self.write(&line)
            .map_err(|e| TransportError::new(TransportErrorKind::Request, &uri, e))?;
        let (head, body) = received?;
        Ok(Response::from_parts(head, body.into()))
    }
}

impl<T: Transport> Transport for Record<T> {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let (head, body) = request.into_parts();
        let error = |kind, error: io::Error| TransportError::new(kind, &head.uri, error);
        let mut bytes = Vec::new();
        let read = body
            .open()
            .and_then(|mut body| body.read_to_end(&mut bytes));
        read.map_err(|e| error(TransportErrorKind::Request, e))?;
        let recorded = Self::request(&head, &bytes);
        let request = http::Request::from_parts(head.clone(), bytes.into());
        let received = self.transport.send(request, limits).and_then(|response| {
            let (head, mut body) = response.into_parts();
            let body = body.read_to_vec();
            Ok((
                head,
                body.map_err(|e| error(TransportErrorKind::Interrupted, e))?
                    .into(),
            ))
        });
        self.received(recorded, received)
    }
}
