//! Which tests did not run, for lack of data or of a server.

use std::io::Write;

/// Says so by name, also in the file that `TUCUXI_REPORT` names: a test that passes shows nothing of what it printed.
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
