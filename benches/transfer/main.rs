//! Large objects, many small ones and a long list, up and down, against two servers on the loopback interface: one that keeps
//! nothing, and one that keeps all in memory and verifies it.
//!
//! ```sh
//! cargo bench --bench transfer                  # all of it, a few minutes
//! cargo bench --bench transfer -- null/upload   # what has this in its name
//! TUCUXI_BENCH_ROUNDS=5 cargo bench --bench transfer
//! ```
//!
//! Each line is a process of its own, and so is each server: processor time and peak memory are the client's alone, and what is
//! made beforehand (files, bodies) is in neither. Of several rounds, each number is the best one. Processor time is counted in
//! hundredths of a second.

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

/// How much there is to do.
#[derive(Clone, Copy)]
struct Sizes {
    /// Bytes of the large object.
    large: u64,
    /// Small objects, and the bytes of each.
    count: u64,
    small: u64,
    /// Keys of the list.
    keys: u64,
}

const FULL: Sizes = Sizes {
    large: 1 << 30,
    count: 2000,
    small: 16 << 10,
    keys: 100_000,
};

/// For `cargo test`, which only sees that it runs.
const TINY: Sizes = Sizes {
    large: 20 << 20,
    count: 20,
    small: 16 << 10,
    keys: 2000,
};

/// What a scenario does it with.
struct Bench {
    client: tucuxi::Client,
    sizes: Sizes,
    /// `large`, `small/` and what is downloaded.
    folder: PathBuf,
}

/// What a scenario has done.
struct Done {
    objects: u64,
    bytes: u64,
}

type Scenario = fn(&Bench) -> Done;

const BUCKET: &str = "bucket";

/// An upload comes before the download of the same object.
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
    /// A key that says to the server which keeps nothing how large the object is.
    fn large_key(&self) -> String {
        format!("zeros-{}", self.sizes.large)
    }

    /// The same of many objects.
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

    /// Where downloads go.
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

/// In a process of its own.
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
