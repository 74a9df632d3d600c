//! `tucuxi models update`: the newest release of botocore, from the index that pip is configured for.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ArgMatches;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tucuxi::internals::command::hex;

use super::import_into;
use crate::bar::Bar;
use crate::failure::Failure;
use crate::out;

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let into = match matches.get_one::<PathBuf>("into") {
        Some(into) => into.clone(),
        None => models_of_user()?,
    };
    let version = matches.get_one::<String>("version");
    let wanted = match version {
        Some(version) => format!("botocore=={version}"),
        None => "botocore".into(),
    };
    let pip = Pip::find()?;
    let release = Bar::during("Looking for the newest botocore".into(), || {
        pip.release(&wanted)
    })?;
    let folder = tempfile::tempdir()?;
    let title = format!("Downloading botocore {}", release.version);
    let wheel = Bar::during(title, || pip.download(&release, folder.path()))?;
    let found = sha256(&wheel).map_err(Failure::file(&wheel.to_string_lossy()))?;
    if found != release.sha256 {
        return Err(other(format!(
            "the wheel of botocore {} has the SHA-256 {found}, but the index has {}; nothing was imported",
            release.version, release.sha256
        )));
    }
    out::lines([format!(
        "botocore {} (sha256 {found}), imported into {}",
        release.version,
        into.display()
    )])?;
    import_into(&wheel, &into, !matches.get_flag("without-docs"))
}

fn models_of_user() -> Result<PathBuf, Failure> {
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    match home.filter(|home| !home.is_empty()) {
        Some(home) => Ok(Path::new(&home).join(".aws/models")),
        None => Err(Failure::Usage(
            "there is no home folder: --into names the directory of the models".into(),
        )),
    }
}

fn other(text: String) -> Failure {
    Failure::Other(text.into())
}

/// A release in the index.
struct Release {
    version: String,
    sha256: String,
}

/// How pip is run.
struct Pip {
    program: &'static str,
    args: &'static [&'static str],
}

const WAYS: [Pip; 4] = [
    Pip {
        program: "pip",
        args: &[],
    },
    Pip {
        program: "pip3",
        args: &[],
    },
    Pip {
        program: "python3",
        args: &["-m", "pip"],
    },
    Pip {
        program: "python",
        args: &["-m", "pip"],
    },
];

/// What selects the wheel of one package, which no code of a package may run for.
const ONE_WHEEL: [&str; 5] = [
    "--disable-pip-version-check",
    "--quiet",
    "--no-deps",
    "--only-binary",
    ":all:",
];

impl Pip {
    fn find() -> Result<Self, Failure> {
        let runs = |pip: &Self| pip.run(["--version"]).is_ok();
        WAYS.into_iter().find(runs).ok_or_else(|| {
            other("cannot run pip, which downloads botocore: install it, or pass a wheel to tucuxi models import".into())
        })
    }

    fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new(self.program);
        let command = command.args(self.args).args(args).stdin(Stdio::null());
        let output = command.output();
        let output = output.map_err(|e| other(format!("cannot run {}: {e}", self.program)))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => {
                let why = String::from_utf8_lossy(&output.stderr);
                let program = self.program;
                Err(other(format!("{program} failed: {}", why.trim())))
            }
        }
    }

    /// Returns the version that pip would install, and the hash that the index has of its wheel.
    fn release(&self, wanted: &str) -> Result<Release, Failure> {
        let args = [
            "install",
            "--dry-run",
            "--ignore-installed",
            "--report",
            "-",
        ];
        let report = self.run(args.iter().chain(&ONE_WHEEL).chain([&wanted]))?;
        let report: Value = serde_json::from_slice(&report)
            .map_err(|e| other(format!("the report of {} is no JSON: {e}", self.program)))?;
        let package = &report["install"][0];
        let version = package["metadata"]["version"].as_str();
        let info = &package["download_info"]["archive_info"];
        let of_form = info["hash"]
            .as_str()
            .and_then(|hash| hash.strip_prefix("sha256="));
        let sha256 = info["hashes"]["sha256"].as_str().or(of_form);
        match (version, sha256) {
            (Some(version), Some(sha256)) => Ok(Release {
                version: version.into(),
                sha256: sha256.to_lowercase(),
            }),
            _ => Err(other(format!(
                "the report of {} has no version of botocore with a SHA-256; pip 22.2 or newer is needed, and an index that has hashes",
                self.program
            ))),
        }
    }

    /// Downloads the wheel of a release.
    fn download(&self, release: &Release, folder: &Path) -> Result<PathBuf, Failure> {
        let wanted = format!("botocore=={}", release.version);
        let mut args: Vec<&OsStr> = vec!["download".as_ref(), "--dest".as_ref(), folder.as_ref()];
        args.extend(ONE_WHEEL.iter().map(AsRef::<OsStr>::as_ref));
        args.push(wanted.as_ref());
        self.run(args)?;
        let files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
        let mut wheels = files.filter(|path| path.extension().is_some_and(|end| end == "whl"));
        wheels
            .next()
            .ok_or_else(|| other(format!("{} downloaded no wheel", self.program)))
    }
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    io::copy(&mut file, &mut Hashed(&mut hash))?;
    Ok(hex(&hash.finalize()))
}

/// A writer into a hash.
struct Hashed<'h>(&'h mut Sha256);

impl io::Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
