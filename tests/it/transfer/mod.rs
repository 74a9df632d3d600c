//! Transfers of S3 objects, with a server in memory that verifies requests.

#[cfg(feature = "async")]
mod asynchronous;
mod copies;
mod failures;
mod folders;
mod objects;
mod ranges;
mod resume;
mod syncs;
mod trees;
mod unfinished;
mod versions;

use std::path::{Path, PathBuf};

use http::{Method, Uri, header};
use tempfile::TempDir;
use tucuxi::Client;
use tucuxi::transfer::{TransferConfig, TransferManager};
use tucuxi::transport::{Limits, Request, Response, Transport, TransportError, UreqTransport};

use crate::support::client::{IntoClient, over};
use crate::support::s3::S3Backend;

const MIB: usize = 1024 * 1024;
/// The minimum size of a part.
const PART: usize = 5 * MIB;
const BUCKET: &str = "river";

/// A server, a folder for files, and a client.
struct Place {
    backend: S3Backend,
    folder: TempDir,
    client: Client,
}

impl Place {
    fn new() -> Self {
        let backend = S3Backend::start(BUCKET);
        let config = backend.config().s3_sign_payload(false).sleep(|_| {});
        Self {
            client: config.connect(),
            folder: tempfile::tempdir().unwrap(),
            backend,
        }
    }

    /// A configuration with parts of the minimum size, a few at a time.
    fn config(&self) -> TransferConfig {
        let config = TransferConfig::default()
            .part_size(PART as u64)
            .multipart_threshold(PART as u64);
        let config = config.progress_interval(std::time::Duration::ZERO);
        config.concurrency(4).state_folder(self.path("state"))
    }

    fn s3(&self) -> TransferManager {
        self.client.transfer_with(self.config()).unwrap()
    }

    /// A transfer manager whose responses are edited.
    fn edited(
        &self,
        edit: impl Fn(&Method, &Uri, Response) -> Response + Send + Sync + 'static,
    ) -> TransferManager {
        self.edited_with(self.config(), edit)
    }

    fn edited_with(
        &self,
        settings: TransferConfig,
        edit: impl Fn(&Method, &Uri, Response) -> Response + Send + Sync + 'static,
    ) -> TransferManager {
        let config = self.client.config().with(|config| config).unwrap();
        let transport = UreqTransport::new(config.network()).unwrap();
        let client = over(config, Edited(transport, edit));
        client.transfer_with(settings).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Asserts that a transfer left nothing but its result.
    fn assert_clean(&self, files: &[&Path]) {
        assert_eq!(self.backend.uploads(BUCKET), []);
        let state = std::fs::read_dir(self.path("state")).map_or(0, Iterator::count);
        assert_eq!(state, 0, "a journal is left");
        let mut found: Vec<PathBuf> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        found.retain(|path| path.is_file());
        found.sort_unstable();
        let mut expected = files.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}

/// Another kind of server: edits the responses of the backend.
struct Edited<F>(UreqTransport, F);

impl<F: Fn(&Method, &Uri, Response) -> Response + Send + Sync> Transport for Edited<F> {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = self.0.send(request, limits)?;
        Ok((self.1)(&method, &uri, response))
    }
}

/// The response with a text in its body replaced.
fn with_text(response: Response, edit: impl FnOnce(String) -> String) -> Response {
    let (mut head, mut body) = response.into_parts();
    let text = edit(String::from_utf8(body.read_to_vec().unwrap()).unwrap());
    head.headers
        .insert(header::CONTENT_LENGTH, text.len().into());
    Response::from_parts(head, bytes::Bytes::from(text).into())
}

/// Bytes without repetition, so that a part in the wrong place is detected.
fn bytes(len: usize) -> Vec<u8> {
    let words =
        (0..len.div_ceil(8) as u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    let mut bytes: Vec<u8> = words.flatten().collect();
    bytes.truncate(len);
    bytes
}
