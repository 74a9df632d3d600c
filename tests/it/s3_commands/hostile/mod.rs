//! A server that lies: nothing is written outside the folder, nothing is deleted because of a doubtful listing, no file is replaced
//! by what is not the object, and no command hangs.

mod keys;
mod listings;
mod objects;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::loopback::{Asked, Server};

/// Longer than any command takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// Status, headers and body.
type Response = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// A server, and a home directory with `work/in`, the folder of the transfers.
struct World {
    server: Server,
    home: TempDir,
}

#[derive(Debug)]
struct Ran {
    code: i32,
    err: String,
}

impl World {
    fn new(respond: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        let server = Server::start_with_headers(move |asked| {
            let (status, headers, body) = respond(asked);
            let headers = headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            Some((status, headers.collect(), body))
        });
        let home = tempfile::tempdir().unwrap();
        for name in ["secret", "work/secret", "work/in/keep", "work/in2/secret"] {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "mine").unwrap();
        }
        Self { server, home }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("work/in")
    }

    fn run(&self, line: &str) -> Ran {
        let log = self.home.path().join(".log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_tucuxi"))
            .env_clear()
            .env("HOME", self.home.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", &self.server.url)
            .env("AWS_MAX_ATTEMPTS", "1")
            .current_dir(self.home.path().join("work"))
            .arg("s3")
            .args(line.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let since = Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if since.elapsed() > LONG => {
                    child.kill().unwrap();
                    panic!("{line}: hangs");
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let err = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_file(log).unwrap();
        let code = status.code().unwrap_or(-1);
        // neither a panic nor a signal
        assert!(
            [0, 1, 2, 252, 254, 255].contains(&code),
            "{line}: {code} {err}"
        );
        Ran { code, err }
    }

    /// The files outside the folder, with their contents.
    fn outside(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = files(self.home.path());
        let home = self.home.path();
        found.retain(|path, _| {
            !path.starts_with(self.folder()) && !path.starts_with(home.join(".cache"))
        });
        found
    }

    /// The files in the folder, by name.
    fn inside(&self) -> BTreeMap<String, Vec<u8>> {
        let folder = self.folder();
        let name = |path: &Path| path.strip_prefix(&folder).unwrap().display().to_string();
        let found = files(&folder).into_iter();
        found.map(|(path, bytes)| (name(&path), bytes)).collect()
    }

    /// The keys that the server was told to delete.
    fn deletions(&self) -> Vec<String> {
        let lines = self.server.lines().into_iter();
        lines
            .filter(|line| line.starts_with("DELETE ") || line.starts_with("POST "))
            .collect()
    }
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => _ = found.insert(path.clone(), std::fs::read(&path).unwrap()),
        }
    }
    found
}

fn is_listing(asked: &Asked) -> bool {
    asked.line.contains("list-type=2")
}

/// A page of a listing in XML.
fn page(inner: &str) -> Response {
    let body = format!("<ListBucketResult><Name>river</Name>{inner}</ListBucketResult>");
    (200, Vec::new(), body.into_bytes())
}

/// An object of a listing.
fn listed(key: &str) -> String {
    format!(
        "<Contents><Key>{key}</Key><LastModified>2020-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>4</Size></Contents>"
    )
}

/// The object of every key.
fn object() -> Response {
    let headers = vec![
        ("etag", "\"e\"".to_owned()),
        ("last-modified", "Wed, 01 Jan 2020 00:00:00 GMT".to_owned()),
    ];
    (200, headers, b"evil".to_vec())
}
