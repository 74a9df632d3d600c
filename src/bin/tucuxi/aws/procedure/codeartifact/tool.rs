//! Commands of a tool.

use std::io;
use std::process::{Command, Output};

use tucuxi::config::Environment;

use super::super::is_on_path;
use crate::failure::Failure;

/// Runs a command, of which the first word is the tool.
///
/// # Errors
///
/// Returns an error if the tool cannot be run.
pub(super) fn run(words: &[&str]) -> Result<Output, Failure> {
    let (tool, args) = words
        .split_first()
        .map_or(("", words), |(tool, args)| (*tool, args));
    Command::new(tool).args(args).output().map_err(|error| {
        let text = match error.kind() {
            io::ErrorKind::NotFound => missing(tool),
            _ => format!("cannot run {tool}: {error}"),
        };
        Failure::Other(text.into())
    })
}

/// Finds a tool without running it.
///
/// # Errors
///
/// Returns an error if it is in no folder of `PATH`.
pub(super) fn find(tool: &str, env: &Environment) -> Result<(), Failure> {
    match is_on_path(env, tool) {
        true => Ok(()),
        false => Err(Failure::Other(missing(tool).into())),
    }
}

fn missing(tool: &str) -> String {
    format!("{tool} was not found. Please verify installation.")
}

/// Checks that a command succeeded.
///
/// # Errors
///
/// Returns an error, without the token, if not.
pub(super) fn check(words: &[&str], output: &Output, token: &str) -> Result<(), Failure> {
    if output.status.success() {
        return Ok(());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let text = format!(
        "{}: {}: {}",
        words.join(" "),
        output.status,
        error.trim_end()
    );
    Err(Failure::Other(text.replace(token, "******").into()))
}
