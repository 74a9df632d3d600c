//! Reports tests that were skipped because data or a server is missing.

use std::io::Write;

/// Reports a skipped test, also in the file that `TUCUXI_REPORT` names, because the output of passing tests is not shown.
pub(crate) fn skipped(name: &str, reason: &str) {
    let line = format!("{name}: skipped, {reason}\n");
    print!("{line}");
    if let Some(path) = std::env::var_os("TUCUXI_REPORT") {
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
}
