//! Streaming bodies: `--body`, `--out`, and bodies inside the printed JSON.

use std::io::{self, Read, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tucuxi::internals::command::Writer;
use tucuxi::model::{Kind, Operation, ServiceModel};
use tucuxi::{Body, Output};

use crate::failure::Failure;

/// The largest body that is printed as base64.
const PRINTED: u64 = 1024 * 1024;

/// The body of the request: a file, or stdin.
pub(crate) fn request(path: &str) -> Result<Body, Failure> {
    match path {
        "-" => Ok(Body::from_reader(io::stdin())),
        path => Body::file(path).map_err(|e| Failure::Usage(format!("--body {path}: {e}"))),
    }
}

/// The name of the result's member that is the HTTP body, if that is a blob.
pub(crate) fn payload(
    model: &ServiceModel,
    operation: &Operation,
) -> Result<Option<String>, Failure> {
    let Some(output) = operation.output else {
        return Ok(None);
    };
    let payload = model.shape(output)?.members().and_then(|m| m.payload());
    let Some(payload) = payload else {
        return Ok(None);
    };
    let is_blob = matches!(model.shape(payload.target)?.kind, Kind::Blob);
    Ok(is_blob.then(|| payload.name.to_string()))
}

/// Reads the body into the result's member `name`, as base64. A large body is an error: it would fill a terminal.
pub(crate) fn into_json(output: &mut Output, name: &str) -> Result<(), Failure> {
    let Some(body) = output.body.take() else {
        return Ok(());
    };
    let len = body.len();
    let mut bytes = Vec::new();
    if len.is_none_or(|len| len <= PRINTED) {
        let read = body.take(PRINTED + 1).read_to_end(&mut bytes);
        read.map_err(|e| Failure::Other(e.into()))?;
        if bytes.len() as u64 <= PRINTED {
            output.add_member(name, BASE64_STANDARD.encode(bytes));
            return Ok(());
        }
    }
    let len = match len {
        Some(len) => format!("{len} bytes"),
        None => format!("more than {PRINTED} bytes"),
    };
    Err(Failure::Usage(format!(
        "the body has {len}, too many to print: write it to a file with --out FILE, or to stdout with --out -"
    )))
}

/// The destination of `--out`. It is opened before the request is sent, so that nothing is requested that cannot be written.
pub(crate) struct Destination<'p> {
    path: &'p str,
    /// `None` for stdout.
    writer: Option<Writer>,
}

impl<'p> Destination<'p> {
    pub(crate) fn open(path: &'p str) -> Result<Self, Failure> {
        let writer = match path {
            "-" => None,
            path => Some(Writer::open(path.as_ref()).map_err(Failure::file(path))?),
        };
        Ok(Self { path, writer })
    }

    pub(crate) fn is_stdout(&self) -> bool {
        self.writer.is_none()
    }

    pub(crate) fn write(self, output: &mut Output) -> Result<(), Failure> {
        let path = self.path;
        let Some(body) = &mut output.body else {
            return Err(Failure::Usage(format!(
                "--out {path}: the operation streams no body"
            )));
        };
        match self.writer {
            None => to_stdout(body)?,
            Some(writer) => writer.write_from(body).map_err(Failure::file(path))?,
        }
        Ok(())
    }
}

/// Copies a body to stdout. A connection that breaks is an error, and a closed stdout is not.
fn to_stdout(body: &mut impl Read) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match body.read(&mut buffer) {
            Ok(0) => return Ok(out.flush()?),
            Ok(n) => out.write_all(&buffer[..n])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::Other(error.into())),
        }
    }
}
