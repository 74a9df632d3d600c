//! Processes whose instructions valgrind counts.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

pub(crate) fn is_installed() -> bool {
    let version = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// A command that runs a program so that its instructions are counted. Arguments of the program may be added.
pub(crate) fn counted(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program);
    command
}

/// The number of instructions that valgrind reports at the end of what such a command prints.
pub(crate) fn instructions(said: &str) -> u64 {
    let line = said
        .lines()
        .rev()
        .find_map(|line| line.split_once("Collected :"));
    let number = line.and_then(|(_, number)| number.trim().parse().ok());
    number.unwrap_or_else(|| panic!("valgrind reported no count: {said}"))
}
