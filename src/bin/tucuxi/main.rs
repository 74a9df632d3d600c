//! The `tucuxi` command: calls any operation of any service from a shell.
//!
//! Each subcommand is a file that exports a [`Subcommand`]; [`SUBCOMMANDS`] lists them.
//!
//! | exit code | meaning |
//! | --- | --- |
//! | 0 | success |
//! | 1 | objects or files that `s3` could not transfer, some of several targets that failed, or a key that `configure get` does not find |
//! | 2 | objects or files that `s3` skipped with a warning |
//! | 130 | Ctrl-C during a transfer or a login |
//! | 252 | invalid command line or parameters |
//! | 253 | missing region or credentials |
//! | 254 | the service returned an error |
//! | 255 | any other error |

mod args;
mod aws;
mod bar;
mod body;
mod call;
mod completion;
mod describe;
mod documentation;
mod endpoint;
mod failure;
mod fan;
mod mcp;
mod mock;
mod models;
mod operations;
mod out;
mod output;
mod presign;
mod search;
mod services;
mod terminal;
mod unknown;
mod yaml;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{ArgMatches, Command, error};
use tucuxi::internals::command::{PrintableLines, config};
use tucuxi::{Client, Config};

use self::aws::{Aliases, Expanded, Host, Line};
use self::failure::Failure;
use self::output::{Options, Out};

/// A subcommand: its arguments, and what runs it.
struct Subcommand {
    name: &'static str,
    /// Adds help and arguments to the command of this name.
    define: fn(Command) -> Command,
    run: fn(&ArgMatches) -> Result<(), Failure>,
}

/// All subcommands, in the order of the help page.
const SUBCOMMANDS: &[Subcommand] = &[
    call::SUBCOMMAND,
    services::SUBCOMMAND,
    operations::SUBCOMMAND,
    describe::SUBCOMMAND,
    search::SUBCOMMAND,
    endpoint::SUBCOMMAND,
    presign::SUBCOMMAND,
    mock::SUBCOMMAND,
    models::SUBCOMMAND,
    mcp::SUBCOMMAND,
    completion::SUBCOMMAND,
];

/// The exit code of a panic, as of other errors.
const PANIC: i32 = 255;

/// Ends the command at a panic of any thread, before an abort would write its memory, with secrets, to a core file.
fn exit_at_panic() {
    let message = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        message(panic);
        let hint = "tucuxi: this is a fault of tucuxi; please report it with the command line";
        // there may be no stderr
        let _ = writeln!(io::stderr(), "{hint}");
        std::process::exit(PANIC);
    }));
}

fn main() -> ExitCode {
    exit_at_panic();
    let mut args = std::env::args_os().skip(1);
    if args
        .next()
        .is_some_and(|first| first == completion::COMPLETER)
    {
        let args = args.map(|arg| arg.to_string_lossy().into_owned());
        // a shell shows no errors while a person types
        let _ = completion::complete(args.collect(), &command());
        return ExitCode::SUCCESS;
    }
    let matches = match entry() {
        Ok(Entry::Service(line)) => return run_service_command(&line),
        Ok(Entry::Exit(code)) => return ExitCode::from(code),
        Ok(Entry::Own(None)) => command().try_get_matches(),
        Ok(Entry::Own(Some(args))) => command().try_get_matches_from(args),
        Err(failure) => return report(&failure, Options::default(), None),
    };
    let matches = match matches {
        Ok(matches) => matches,
        Err(error) => return explain(error),
    };
    match dispatch(&matches) {
        Ok(()) | Err(Failure::Pipe) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = failure.to_string();
            let _ = writeln!(io::stderr(), "tucuxi: {}", PrintableLines(text));
            ExitCode::from(failure.code())
        }
    }
}

/// Reports an invalid command line, or prints the help page that it requests.
fn explain(error: error::Error) -> ExitCode {
    let error = unknown::explained(error);
    let is_requested = matches!(
        error.kind(),
        error::ErrorKind::DisplayHelp | error::ErrorKind::DisplayVersion
    );
    // if the terminal is gone, there is no place to report it
    let _ = error.print();
    ExitCode::from(if is_requested { 0 } else { 252 })
}

/// What a command line asks for.
enum Entry {
    /// A service, or a page about services.
    Service(Box<Line>),
    /// One of [`SUBCOMMANDS`], with the arguments that an alias stands for, if it was an alias.
    Own(Option<Vec<String>>),
    /// The end of a command of the shell that an alias stands for.
    Exit(u8),
}

/// Reads the command line, and replaces its aliases.
fn entry() -> Result<Entry, Failure> {
    let is_own = |name: &str| SUBCOMMANDS.iter().any(|sub| sub.name == name);
    let args = std::env::args_os().skip(1);
    let args: Option<Vec<String>> = args.map(|arg| arg.into_string().ok()).collect();
    let Some(args) = args else {
        return Ok(Entry::Own(None));
    };
    let first = args.iter().find(|arg| !arg.starts_with('-')).cloned();
    let line = match aws::parse(args) {
        Ok(line) if !line.globals.version => Box::new(line),
        Err(error) if first.is_some_and(|first| !is_own(&first)) => return Err(error),
        _ => return Ok(Entry::Own(None)),
    };
    let is_own_page = |topic: &String| is_own(topic);
    match &line.command {
        None if aws::requests_help(&line) => return Ok(Entry::Service(line)),
        None => return Ok(Entry::Own(None)),
        Some(name) if name == "help" => {
            let is_own = line.rest.first().is_some_and(is_own_page);
            return Ok(if is_own {
                Entry::Own(None)
            } else {
                Entry::Service(line)
            });
        }
        Some(_) => {}
    }
    let written = line.command.clone();
    Ok(match Aliases::read()?.expand(*line)? {
        Expanded::Exit(code) => Entry::Exit(code),
        Expanded::Line(line) if line.command.as_ref().is_some_and(is_own_page) => {
            let is_alias = line.command != written;
            Entry::Own(is_alias.then(|| line.into_args()))
        }
        Expanded::Line(line) => Entry::Service(line),
    })
}

/// Runs the command of a service, and reports its error in the format that the command line selects.
fn run_service_command(line: &Line) -> ExitCode {
    if line.globals.debug {
        log_to_stderr();
    }
    let names: Vec<&str> = SUBCOMMANDS.iter().map(|sub| sub.name).collect();
    let host = Host {
        config: config(),
        connect: &Client::with_config,
        out: Out::stdout(),
        folder: Path::new(""),
        other_commands: &names,
        about: &about,
    };
    match aws::run(line, host) {
        Ok(()) | Err(Failure::Pipe) => ExitCode::SUCCESS,
        Err(failure @ Failure::Reported(_)) => ExitCode::from(failure.code()),
        Err(failure) => {
            let config = line.globals.config(config()).ok();
            report(&failure, line.globals.output_options(), config.as_ref())
        }
    }
}

/// What a subcommand does.
fn about(name: &str) -> String {
    let sub = SUBCOMMANDS.iter().find(|sub| sub.name == name);
    let command = sub.map(|sub| (sub.define)(Command::new(sub.name)));
    let about = command.as_ref().and_then(Command::get_about);
    about.map(ToString::to_string).unwrap_or_default()
}

/// Reports an error in the format that options and configuration select.
fn report(failure: &Failure, options: Options<'_>, config: Option<&Config>) -> ExitCode {
    let format = options.error_format(config);
    let mut stderr = io::stderr();
    let colours = options.has_colours(|| terminal::has_colours(&stderr));
    let shown = (terminal::width(), colours);
    // if the terminal is gone, there is no place to report it
    let _ = output::report(failure, format, shown, &mut stderr);
    ExitCode::from(failure.code())
}

fn command() -> Command {
    let subcommands = SUBCOMMANDS.iter();
    Command::new("tucuxi")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Calls any operation of any AWS service")
        .override_usage("tucuxi SERVICE OPERATION [OPTIONS]\n       tucuxi COMMAND [OPTIONS]")
        .after_help("tucuxi help lists all options and services")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(args::global())
        .subcommands(subcommands.map(|sub| (sub.define)(Command::new(sub.name))))
}

fn dispatch(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((name, matches)) = matches.subcommand() else {
        return Ok(()); // clap requires one
    };
    if matches.get_flag("debug") {
        log_to_stderr();
    }
    match SUBCOMMANDS.iter().find(|sub| sub.name == name) {
        Some(sub) => (sub.run)(matches),
        None => Err(Failure::Usage(format!("unknown subcommand {name:?}"))),
    }
}

fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(terminal::has_colours(&io::stderr()))
        .with_max_level(tracing::Level::DEBUG)
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_have_distinct_names() {
        command().debug_assert();
        let mut names: Vec<&str> = SUBCOMMANDS.iter().map(|sub| sub.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SUBCOMMANDS.len());
    }

    #[test]
    fn a_name_that_the_table_lacks_runs_nothing() {
        let other = Command::new("tucuxi").subcommand(Command::new("other").args(args::global()));
        let matches = other.try_get_matches_from(["tucuxi", "other"]).unwrap();
        let error = dispatch(&matches).unwrap_err();
        assert_eq!(error.to_string(), "unknown subcommand \"other\"");
    }
}
