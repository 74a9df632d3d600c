//! The `s3` commands: the real binary, against a server in memory that verifies requests.

mod batch;
mod files;
mod hostile;
mod killed;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use crate::support::s3::{ACCESS_KEY_ID, S3Backend, SECRET_ACCESS_KEY};

const BUCKET: &str = "river";
const MIB: usize = 1024 * 1024;

/// A server, a home directory, and a working directory below it.
struct Shell {
    backend: S3Backend,
    home: TempDir,
}

/// The exit code, and the sorted lines.
type Ran = (i32, Vec<String>);

impl Shell {
    fn new() -> Self {
        let shell = Self {
            backend: S3Backend::start(BUCKET),
            home: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(shell.path("")).unwrap();
        shell
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("work").join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        // older than the object that it becomes, whose time has whole seconds
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_600_000_000))
            .unwrap();
        path
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tucuxi"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", self.backend.url())
            .current_dir(self.path(""))
            .arg("s3")
            .args(line.split(' '))
            .stdin(Stdio::null());
        command
    }

    fn output(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    fn run(&self, line: &str) -> Ran {
        let output = self.output(line);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        (output.status.code().unwrap(), lines)
    }

    fn errors(&self, line: &str) -> String {
        String::from_utf8(self.output(line).stderr).unwrap()
    }

    fn keys(&self) -> String {
        self.backend.keys(BUCKET).join(" ")
    }

    /// Parts of this size, one request at a time.
    fn small_parts(&self) {
        let config = self.home.path().join(".aws");
        std::fs::create_dir(&config).unwrap();
        let text = "[default]\ns3 =\n  multipart_threshold = 5MB\n  multipart_chunksize = 5MB\n  max_concurrent_requests = 3\n";
        std::fs::write(config.join("config"), text).unwrap();
    }
}

fn ran(code: i32, lines: &[&str]) -> Ran {
    (code, lines.iter().map(|line| (*line).to_owned()).collect())
}
