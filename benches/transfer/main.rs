//! Uploads and downloads of large objects, many small ones and a long list, with two servers on the loopback interface:
//! one that stores nothing, and one that stores everything in memory and verifies it.
//!
//! ```sh
//! cargo bench --bench transfer                  # all of it, a few minutes
//! cargo bench --bench transfer -- null/upload   # what has this in its name
//! TUCUXI_BENCH_ROUNDS=5 cargo bench --bench transfer
//! ```
//!
//! Each line runs in a separate process, and so does each server: processor time and peak memory are those of the
//! client, without the preparation of files and bodies. Each number is the best of several rounds. Processor time has a
//! resolution of 10 ms, as Linux reports it.

#[path = "../../tests/support"]
#[allow(dead_code, reason = "the tests use more of it")]
mod support {
    pub(crate) mod null_server;
    pub(crate) mod s3;
    pub(crate) mod wire;
}

mod baselines;
mod measure;
mod scenarios;
mod servers;

use std::path::{Path, PathBuf};
use std::process::Command;

use self::measure::Measured;
use self::servers::Server;

/// The size of the work.
#[derive(Clone, Copy)]
struct Sizes {
    /// The size of the large object, in bytes.
    large: u64,
    /// The number of small objects, and the size of each, in bytes.
    count: u64,
    small: u64,
    /// The number of keys in the list.
    keys: u64,
}

const FULL: Sizes = Sizes {
    large: 1 << 30,
    count: 2000,
    small: 16 << 10,
    keys: 100_000,
};

/// For `cargo test`, which only checks that it runs.
const TINY: Sizes = Sizes {
    large: 20 << 20,
    count: 20,
    small: 16 << 10,
    keys: 2000,
};

/// The environment of a scenario.
struct Bench {
    client: tucuxi::Client,
    sizes: Sizes,
    /// The folder with `large`, `small/` and downloads.
    folder: PathBuf,
}

/// The work that a scenario has done.
struct Done {
    objects: u64,
    bytes: u64,
}

type Scenario = fn(&Bench) -> Done;

const BUCKET: &str = "bucket";

/// Uploads come before downloads of the same objects.
const SCENARIOS: [(&str, Scenario); 9] = [
    ("list", baselines::list),
    ("put large", baselines::put_large),
    ("get large", baselines::get_large),
    ("put small", baselines::put_small),
    ("get small", baselines::get_small),
    ("upload large", scenarios::upload_large),
    ("download large", scenarios::download_large),
    ("upload small", scenarios::upload_small),
    ("download small", scenarios::download_small),
];

impl Bench {
    /// A key that contains the size of the object, for the server that stores nothing.
    fn large_key(&self) -> String {
        format!("zeros-{}", self.sizes.large)
    }

    /// The same for many objects.
    fn small_prefix(&self) -> String {
        format!("keys-{}-{}/", self.sizes.count, self.sizes.small)
    }

    fn list_bucket(sizes: Sizes) -> String {
        format!("keys-{}", sizes.keys)
    }

    fn large_file(&self) -> PathBuf {
        self.folder.join("large")
    }

    fn small_folder(&self) -> PathBuf {
        self.folder.join("small")
    }

    fn all_small(&self) -> Done {
        let Sizes { count, small, .. } = self.sizes;
        Done {
            objects: count,
            bytes: count * small,
        }
    }

    /// The destination of downloads.
    fn target(&self) -> PathBuf {
        self.folder.join("down")
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words {
        ["--server", kind, keys] => servers::serve(kind, keys),
        ["--scenario", name, size, url, folder] => {
            let sizes = if size == "full" { FULL } else { TINY };
            scenario(name, sizes, url, Path::new(folder));
        }
        _ => all(&words),
    }
}

fn all(words: &[&str]) {
    let full = words.contains(&"--bench");
    let (size, sizes) = if full { ("full", FULL) } else { ("tiny", TINY) };
    let wanted = words.iter().find(|word| !word.starts_with('-'));
    let rounds = std::env::var("TUCUXI_BENCH_ROUNDS").ok();
    let rounds = rounds.and_then(|text| text.parse().ok());
    let rounds: usize = rounds.unwrap_or(if full { 3 } else { 1 });
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    measure::prepare(folder.path(), sizes);
    println!("{}", Measured::HEADING);
    for kind in servers::KINDS {
        let server = Server::start(kind, sizes.keys);
        for (name, _) in SCENARIOS {
            let line = format!("{kind}/{name}");
            if wanted.is_some_and(|wanted| !line.contains(*wanted)) {
                continue;
            }
            let url = &server.url;
            let run = || {
                let folder = folder.path().to_str().unwrap();
                let program = std::env::current_exe().unwrap();
                let mut child = Command::new(program);
                let child = child.args(["--scenario", name, size, url, folder]);
                let output = child.stderr(std::process::Stdio::inherit()).output();
                let said = String::from_utf8(output.unwrap().stdout).unwrap();
                Measured::parse(&said).unwrap_or_else(|| panic!("{line} failed: {said}"))
            };
            let best = (0..rounds).map(|_| run()).reduce(Measured::best);
            if let Some(best) = best {
                println!("{}", best.line(&line));
            }
        }
    }
}

/// Runs a scenario in a separate process.
fn scenario(name: &str, sizes: Sizes, url: &str, folder: &Path) {
    let config = support::s3::config_for(url)
        .s3_sign_payload(false)
        .build()
        .unwrap();
    let bench = Bench {
        client: tucuxi::Client::with_config(config).unwrap(),
        sizes,
        folder: folder.to_owned(),
    };
    let mut known = SCENARIOS.iter();
    let (_, run) = known.find(|(known, _)| *known == name).unwrap();
    let measured = measure::measured(&bench, *run);
    println!("{}", measured.text());
}
