//! Suites: data, cases, and results.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::report;

/// The outcome of a case. The text of a failure has the actual value.
pub(crate) enum Verdict {
    Passed,
    Failed(String),
    Skipped(&'static str),
}

/// Converts a comparison to a verdict.
impl From<Result<(), String>> for Verdict {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(what) => Self::Failed(what),
        }
    }
}

/// The tally of a suite.
#[derive(Default)]
pub(crate) struct Suite {
    name: String,
    passed: usize,
    failed: Vec<String>,
    skipped: BTreeMap<&'static str, usize>,
}

impl Suite {
    pub(crate) fn new(name: &str) -> Self {
        let name = name.to_owned();
        Self {
            name,
            ..Self::default()
        }
    }

    /// Runs a case, unless it is filtered out. A panic is a failure.
    pub(crate) fn case(&mut self, id: &str, run: impl FnOnce() -> Verdict) {
        if !is_wanted(id) {
            return;
        }
        let verdict = catch_unwind(AssertUnwindSafe(run));
        match verdict.unwrap_or_else(|_| Verdict::Failed("it panicked".into())) {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed(what) => self.failed.push(format!("{id}: {what}")),
            Verdict::Skipped(reason) => *self.skipped.entry(reason).or_default() += 1,
        }
    }

    /// Adds the counts of another part of the same suite.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
    }

    /// Prints the result, and returns whether no case failed.
    pub(crate) fn finish(mut self) -> bool {
        self.failed.sort();
        let mut text = String::new();
        for failure in &self.failed {
            let _ = writeln!(text, "FAILED {}: {failure}", self.name);
        }
        for (reason, count) in &self.skipped {
            let _ = writeln!(text, "skipped {}: {count}: {reason}", self.name);
        }
        let Self {
            name,
            passed,
            failed,
            ..
        } = &self;
        let skipped: usize = self.skipped.values().sum();
        let failed = failed.len();
        println!("{text}{name}: {passed} passed, {failed} failed, {skipped} skipped");
        if passed + failed + skipped == 0 && std::env::var_os("TUCUXI_CASE").is_none() {
            report::skipped(name, &format!("{} has no cases of it", root().display()));
        }
        failed == 0
    }
}

/// Runs all parts of a suite before the test fails.
pub(crate) fn finish(suites: impl IntoIterator<Item = Suite>) {
    let bad = suites
        .into_iter()
        .map(Suite::finish)
        .filter(|good| !good)
        .count();
    assert_eq!(bad, 0, "cases failed");
}

fn is_wanted(id: &str) -> bool {
    std::env::var("TUCUXI_CASE").is_ok_and(|wanted| id.contains(&*wanted))
        || std::env::var_os("TUCUXI_CASE").is_none()
}

/// The folder of a suite. Without it, the suite is reported as skipped.
pub(crate) fn folder(suite: &str) -> Option<PathBuf> {
    let folder = root().join(suite);
    if !folder.is_dir() {
        report::skipped(suite, &format!("there is no folder {}", folder.display()));
        return None;
    }
    Some(folder)
}

/// The folder of all suites: the one that the variable names, else the shared one, else that of this repository.
fn root() -> PathBuf {
    if let Some(named) = std::env::var_os("TUCUXI_CONFORMANCE").map(PathBuf::from) {
        assert!(
            named.is_dir(),
            "TUCUXI_CONFORMANCE: no folder {}",
            named.display()
        );
        return named;
    }
    // tests run in the folder of the package
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let whole = here.join("../shared/conformance");
    match whole.is_dir() {
        true => whole,
        false => here.join("tests/data"),
    }
}

/// All files below a folder with this suffix, compressed or not, sorted.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.to_string_lossy();
                    let plain = name.strip_suffix(".gz").unwrap_or(&name);
                    if name.ends_with(ending) || plain.ends_with(ending) {
                        found.push(path);
                    }
                }
            }
        }
    }
    found.sort();
    found
}

/// Reads a file, which may be compressed and have the suffix `.gz`.
pub(crate) fn text(path: &Path) -> String {
    let mut text = String::new();
    let path = found(path).unwrap_or_else(|| panic!("there is no {}", path.display()));
    let file = std::fs::File::open(&path).unwrap();
    match path.extension().is_some_and(|e| e == "gz") {
        true => flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text),
        false => std::io::BufReader::new(file).read_to_string(&mut text),
    }
    .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text
}

fn found(path: &Path) -> Option<PathBuf> {
    let packed = PathBuf::from(format!("{}.gz", path.display()));
    [path.to_path_buf(), packed]
        .into_iter()
        .find(|path| path.is_file())
}

/// Parses a JSON file. A missing file is null, so that its suite reports that it has no cases.
pub(crate) fn json(path: &Path) -> Value {
    if found(path).is_none() {
        return Value::Null;
    }
    serde_json::from_str(&text(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Maps items on all cores, and returns the results in order.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            while let index = next.fetch_add(1, Ordering::Relaxed)
                && let Some(item) = items.get(index)
            {
                done.push((index, work(item)));
            }
            done
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
