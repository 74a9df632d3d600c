//! Transfers of S3 objects, against a server in memory that verifies what it is sent.

#[path = "../common/mod.rs"]
mod common;
mod copies;
mod failures;
mod folders;
mod objects;
mod resume;
mod syncs;

use std::path::{Path, PathBuf};

use common::s3::S3Backend;
use tempfile::TempDir;
use tucuxi::Client;
use tucuxi::transfer::{TransferConfig, TransferManager};

const MIB: usize = 1024 * 1024;
/// The least that a part has.
const PART: usize = 5 * MIB;
const BUCKET: &str = "river";

/// A server, a folder for files, and what transfers between them.
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
            client: Client::with_config(config.build().unwrap()).unwrap(),
            folder: tempfile::tempdir().unwrap(),
            backend,
        }
    }

    /// In parts of the least length, a few at a time.
    fn config(&self) -> TransferConfig {
        let config = TransferConfig::default()
            .part_size(PART as u64)
            .multipart_threshold(PART as u64);
        config.concurrency(4).state_folder(self.path("state"))
    }

    fn s3(&self) -> TransferManager {
        self.client.transfer_with(self.config()).unwrap()
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

    /// Whether nothing is left of a transfer but what it was to make.
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

/// Bytes that are different everywhere, so that a part in the wrong place is seen.
fn bytes(len: usize) -> Vec<u8> {
    let words =
        (0..len.div_ceil(8) as u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    let mut bytes: Vec<u8> = words.flatten().collect();
    bytes.truncate(len);
    bytes
}
