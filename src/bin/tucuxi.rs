//! The `tucuxi` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    tucuxi::cli::run(std::env::args_os())
}
