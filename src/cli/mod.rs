//! The `tucuxi` command: any operation of any service from a shell.
//!
//! | exit code | meaning |
//! | --- | --- |
//! | 0 | done |
//! | 252 | the command line or the parameters are wrong |
//! | 253 | configuration or credentials are missing or wrong |
//! | 254 | the service answered with an error |
//! | 255 | anything else |

mod call;
mod configure;
mod describe;
mod documentation;
mod endpoint;
mod models;
mod terminal;
mod unknown;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::error;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::client::Client;
use crate::config::{Config, ConfigError, Source};
use crate::error::{BoxError, Error, ErrorKind};
use crate::model::UnknownName;
use crate::printable::{Printable, PrintableLines};

/// Runs the command with these arguments, the first being its name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => {
            let error = unknown::explained(error);
            let asked = matches!(
                error.kind(),
                error::ErrorKind::DisplayHelp | error::ErrorKind::DisplayVersion
            );
            // nothing is left to be done when the terminal is gone
            let _ = error.print();
            return ExitCode::from(if asked { 0 } else { 252 });
        }
    };
    match dispatch(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Pipe) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(
                io::stderr(),
                "tucuxi: {}",
                PrintableLines(failure.to_string())
            );
            ExitCode::from(failure.code())
        }
    }
}

/// How a subcommand is called, and what it does.
type Subcommand = (fn() -> Command, fn(&ArgMatches) -> Result<(), Failure>);

const SUBCOMMANDS: [Subcommand; 7] = [
    (call::command, call::run),
    (configure::command, configure::run),
    (services_command, services),
    (operations_command, operations),
    (describe::command, describe::run),
    (endpoint::command, endpoint::run),
    (models::command, models::run),
];

fn command() -> Command {
    let text = |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help);
    Command::new("tucuxi")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Calls any operation of any AWS service")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args([
            text("region", "The region, such as eu-west-1").global(true),
            text("profile", "The profile of the configuration files").global(true),
            text(
                "endpoint-url",
                "Where to send requests, instead of the service's own endpoint",
            )
            .global(true),
            text(
                "no-sign-request",
                "Sends requests without a signature; no credentials are needed",
            )
            .action(ArgAction::SetTrue)
            .global(true),
            text("debug", "Tells on stderr what is done")
                .action(ArgAction::SetTrue)
                .global(true),
        ])
        .subcommands(SUBCOMMANDS.iter().map(|(command, _)| command()))
}

fn service_arg() -> Arg {
    Arg::new("SERVICE")
        .required(true)
        .help("The service, such as s3")
}

fn operation_arg() -> Arg {
    Arg::new("OPERATION")
        .required(true)
        .help("The operation: ListObjectsV2, list_objects_v2 or list-objects-v2")
}

fn dispatch(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((name, matches)) = matches.subcommand() else {
        return Ok(()); // clap has required one
    };
    if matches.get_flag("debug") {
        tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_ansi(has_colours())
            .with_max_level(tracing::Level::DEBUG)
            .init();
    }
    let mut known = SUBCOMMANDS.iter();
    match known.find(|(command, _)| command().get_name() == name) {
        Some((_, run)) => run(matches),
        None => Err(Failure::Usage(format!("there is no subcommand {name:?}"))),
    }
}

/// Whether stderr shows colours: a terminal that is able to, whose user did not set `NO_COLOR` (<https://no-color.org>).
fn has_colours() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

fn services_command() -> Command {
    Command::new("services").about("Lists the services, one a line")
}

fn services(matches: &ArgMatches) -> Result<(), Failure> {
    print_lines(client(matches)?.introspect().services()?)
}

fn operations_command() -> Command {
    Command::new("operations")
        .about("Lists a service's operations, one a line")
        .arg(service_arg())
}

fn operations(matches: &ArgMatches) -> Result<(), Failure> {
    let model = client(matches)?.model(required(matches, "SERVICE"))?;
    print_lines(model.operation_names())
}

/// A client with what the global options say.
fn client(matches: &ArgMatches) -> Result<Client, Failure> {
    let mut config = Config::builder();
    if let Some(region) = matches.get_one::<String>("region") {
        config = config.region(region.as_str());
    }
    if let Some(profile) = matches.get_one::<String>("profile") {
        config = config.profile(profile.as_str());
    }
    if let Some(url) = matches.get_one::<String>("endpoint-url") {
        config = config.endpoint_url(url.as_str());
    }
    if matches.get_flag("no-sign-request") {
        config = config.unsigned();
    }
    let config = config.build().map_err(|e| Error::from(of_options(e)))?;
    Ok(Client::with_config(config)?)
}

/// Names the option in an error of a value that an option set.
fn of_options(mut error: ConfigError) -> ConfigError {
    let option = |key: &str| format!("--{}", key.replace('_', "-"));
    let (name, from) = match &mut error {
        ConfigError::Profile { from, .. } => ("profile", from),
        ConfigError::Url { key, from, .. } | ConfigError::Value { key, from, .. } => (*key, from),
        _ => return error,
    };
    if *from == Source::Builder.to_string() {
        *from = option(name);
    }
    error
}

fn required<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map_or("", |text| text) // clap has asked for it
}

fn print_lines<T: std::fmt::Display>(lines: impl IntoIterator<Item = T>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in lines {
        writeln!(out, "{}", Printable(line))?;
    }
    Ok(out.flush()?)
}

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Call(#[from] Error),
    #[error("{0}")]
    Other(BoxError),
    /// Whoever read our output has enough.
    #[error("nobody reads the output")]
    Pipe,
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 252,
            Self::Call(error) => match error.root().kind() {
                ErrorKind::Params => 252,
                ErrorKind::Model if error.downcast_ref::<UnknownName>().is_some() => 252,
                ErrorKind::Config | ErrorKind::Credentials => 253,
                ErrorKind::Service => 254,
                _ => 255,
            },
            Self::Other(_) | Self::Pipe => 255,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::Other(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subcommand_has_a_name_of_its_own() {
        command().debug_assert();
        let mut names: Vec<String> = SUBCOMMANDS
            .iter()
            .map(|(command, _)| command().get_name().into())
            .collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), SUBCOMMANDS.len());
    }
}
