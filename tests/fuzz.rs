//! Runs the fuzz targets of `fuzz/` over their seeds and, for a moment, over mutated ones, on a stable toolchain and
//! without coverage. The printed random seed reproduces a failure. `fuzz/README.md` describes longer runs.
//!
//! `TUCUXI_FUZZ_SECONDS` (2) is the time of each target, `TUCUXI_FUZZ_SEED` the random seed, and `TUCUXI_FUZZ_TARGET`
//! selects one target.

#![allow(
    clippy::duplicate_mod,
    reason = "elsewhere each target is a program, with modules of its own"
)]

// Targets use the macro of `libfuzzer_sys`, which this crate replaces.
extern crate self as libfuzzer_sys;

/// A target as a function.
#[macro_export]
macro_rules! fuzz_target {
    (|$data:ident: &[u8]| $body:expr) => {
        pub(crate) fn run($data: &[u8]) {
            $body;
        }
    };
}

#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/cbor.rs"]
mod cbor;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/endpoint_rules.rs"]
mod endpoint_rules;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/eventstream.rs"]
mod eventstream;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/ini.rs"]
mod ini;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/jmespath.rs"]
mod jmespath;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/json.rs"]
mod json;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/json_differential.rs"]
mod json_differential;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/names.rs"]
mod names;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/response.rs"]
mod response;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/xml.rs"]
mod xml;
#[allow(unused_attributes, reason = "elsewhere it is a program of its own")]
#[path = "../fuzz/fuzz_targets/xml_differential.rs"]
mod xml_differential;

/// The name of a target, and its function.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("cbor", cbor::run),
    ("endpoint_rules", endpoint_rules::run),
    ("eventstream", eventstream::run),
    ("ini", ini::run),
    ("jmespath", jmespath::run),
    ("json", json::run),
    ("json_differential", json_differential::run),
    ("names", names::run),
    ("response", response::run),
    ("xml", xml::run),
    ("xml_differential", xml_differential::run),
];

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time limit of an input, generous for a busy machine and unoptimised code.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longer inputs are cut.
const LONGEST: usize = 1 << 14;

#[test]
fn no_target_finds_a_fault() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seconds = number("TUCUXI_FUZZ_SECONDS").unwrap_or(2);
    let chosen = std::env::var("TUCUXI_FUZZ_TARGET").ok();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number("TUCUXI_FUZZ_SEED").unwrap_or(now.as_nanos() as u64 | 1);
    println!("TUCUXI_FUZZ_SEED={seed}");
    for (name, target) in TARGETS {
        if chosen.as_ref().is_none_or(|chosen| chosen == name) {
            search(name, *target, Duration::from_secs(seconds), seed);
        }
    }
}

/// Every program in the folder is listed as a target.
#[test]
fn every_target_is_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = std::fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
    let names = listed
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"));
    let mut names: Vec<&str> = names.map(|name| name.trim_end_matches(".rs\"")).collect();
    names.sort_unstable();
    let here: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(here, names);
}

fn search(name: &str, target: fn(&[u8]), time: Duration, seed: u64) {
    let mut corpus = seeds(name);
    assert!(!corpus.is_empty(), "fuzz/seeds/{name} has no seeds");
    for seed in &corpus {
        attempt(name, target, seed);
    }
    let (mut chance, end, mut count) = (Chance(seed), Instant::now() + time, corpus.len());
    corpus.push(Vec::new());
    while Instant::now() < end {
        let mut input = corpus[chance.below(corpus.len())].clone();
        for _ in 0..=chance.below(6) {
            let other = &corpus[chance.below(corpus.len())];
            change(&mut input, other, &mut chance);
        }
        input.truncate(LONGEST);
        attempt(name, target, &input);
        count += 1;
    }
    println!("{name}: {count} inputs");
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(name);
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

fn attempt(name: &str, target: fn(&[u8]), input: &[u8]) {
    let begun = Instant::now();
    let done = catch_unwind(AssertUnwindSafe(|| target(input)));
    let shown = || String::from_utf8_lossy(input).escape_debug().to_string();
    assert!(done.is_ok(), "{name} fails for {input:?}\n{}", shown());
    assert!(
        begun.elapsed() < PATIENCE,
        "{name} takes {:?} for {input:?}",
        begun.elapsed()
    );
}

/// Mutates a byte or a range, or inserts a range of another input.
fn change(input: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    const ODD: [&[u8]; 16] = [
        b"\0",
        b"\xff",
        b"\r\n",
        b"\"",
        b"\\",
        b"<",
        b"{",
        b"[",
        b"]",
        b"}",
        b"..",
        b"/",
        b"-1",
        b"1e400",
        b"18446744073709551616",
        "\u{1f42c}".as_bytes(),
    ];
    let (at, len) = (chance.below(input.len() + 1), chance.below(9));
    let end = (at + len).min(input.len());
    let piece = {
        let at = chance.below(other.len() + 1);
        &other[at..(at + chance.below(64)).min(other.len())]
    };
    match chance.below(7) {
        0 if at < input.len() => input[at] ^= 1 << chance.below(8),
        1 if at < input.len() => input[at] = chance.below(256) as u8,
        2 => drop(input.drain(at..end)),
        3 => {
            let repeated = input[at..end].repeat(1 + chance.below(200));
            input.splice(at..at, repeated);
        }
        4 => drop(input.splice(at..end, piece.iter().copied())),
        5 => input.truncate(at),
        _ => drop(input.splice(at..end, ODD[chance.below(ODD.len())].iter().copied())),
    }
}

/// Xorshift: the same seed produces the same inputs.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}
