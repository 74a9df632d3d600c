//! The servers, each in a separate process.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use super::{BUCKET, Bench, FULL, Sizes};
use crate::support::null_server;
use crate::support::s3::S3Backend;

/// A server that stores nothing, and one that stores everything in memory.
pub(super) const KINDS: [&str; 2] = ["null", "memory"];

/// A running server. Dropping the handle stops it.
pub(super) struct Server {
    process: Child,
    pub(super) url: String,
}

impl Server {
    pub(super) fn start(kind: &str, keys: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--server", kind, &keys.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let said = process.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut url).unwrap();
        let url = url.trim_end().to_owned();
        Self { process, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it ends with its input
        self.process.stdin.take();
        let _ = self.process.wait();
    }
}

/// Runs the server in that process, until its parent ends.
pub(super) fn serve(kind: &str, keys: &str) {
    let until_the_end = || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    };
    if kind == "null" {
        println!("http://{}", null_server::start().unwrap());
        return until_the_end();
    }
    let backend = S3Backend::start(BUCKET);
    let keys = keys.parse().unwrap();
    let bucket = Bench::list_bucket(Sizes { keys, ..FULL });
    for n in 0..keys {
        backend.put(&bucket, &format!("part-{n:08}-0"), "");
    }
    println!("{}", backend.url());
    until_the_end();
}
