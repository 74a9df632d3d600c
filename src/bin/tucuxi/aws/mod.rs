//! The commands of `aws` for the operations of services: `tucuxi SERVICE OPERATION [OPTIONS]`.
//!
//! ```text
//! line ─ globals ─► service, operation ─ options ─► grammar ─ values ─► parameters ─ call ─► result
//! ```
//! Names, options and values are those of `aws` version 2. Only the one operation of the line is looked at.

mod alias;
mod call;
mod checksum;
mod commands;
mod complete;
mod custom;
mod documents;
mod file;
mod flag;
mod given;
mod globals;
mod grammar;
mod help;
mod input;
mod line;
mod options;
mod procedure;
mod renames;
mod result;
mod s3;
mod save;
mod session;
mod shorthand;
mod skeleton;
mod value;
mod waiter;

use std::path::Path;
use std::sync::Arc;

use tucuxi::internals::command::nearest;
use tucuxi::model::{ServiceModel, UnknownName};
use tucuxi::{Client, Config, ConfigBuilder};

pub(crate) use self::alias::{Aliases, Expanded};
use self::commands::{is_lacking, service_of};
pub(crate) use self::complete::{Candidate, complete, positionals};
use self::globals::Globals;
pub(crate) use self::globals::{Line, parse};
use crate::failure::Failure;
use crate::output::Out;

/// What a command does not do itself.
pub(crate) struct Host<'h> {
    /// The settings of the program.
    pub(crate) config: ConfigBuilder,
    pub(crate) connect: &'h dyn Fn(Config) -> tucuxi::Result<Client>,
    pub(crate) out: Out<'h>,
    /// The folder of the files that a command writes.
    pub(crate) folder: &'h Path,
    /// The commands that are not services, for suggestions and the help page.
    pub(crate) other_commands: &'h [&'h str],
    /// Says what one of these does.
    pub(crate) about: &'h dyn Fn(&str) -> String,
}

/// Whether a line requests a page instead of a call.
pub(crate) fn requests_help(line: &Line) -> bool {
    help::requested(line).is_some()
}

/// Runs the command of a service.
///
/// # Errors
///
/// Returns an error if the line is invalid or the call fails.
pub(crate) fn run(line: &Line, mut host: Host<'_>) -> Result<(), Failure> {
    if let Some(words) = help::requested(line) {
        return help::run(line, &words, host);
    }
    let globals = &line.globals;
    let command = line.command.clone().unwrap_or_default();
    if is_lacking(&command, "") {
        return Err(Failure::Lacking(command));
    }
    if command == s3::NAME {
        let connect = || {
            let others = globals.config_of_others(host.config.clone())?;
            let others = (host.connect)(others)?;
            let client = match globals.endpoint_url {
                Some(_) => (host.connect)(globals.config(host.config)?)?,
                None => others.clone(),
            };
            Ok([client, others])
        };
        return s3::run(line, &mut host.out, connect);
    }
    let parsed = grammar::parse(line.rest.clone(), NO_OPTIONS, 1).map_err(Failure::Usage)?;
    let name = parsed.positionals.first();
    let whole = name.map_or("", String::as_str);
    if let Some(procedure) = procedure::find(&command, whole) {
        return procedure::run(procedure, globals, parsed.rest, host);
    }
    if procedure::is_group(&command) {
        return Err(no_procedure(&command, name.map(String::as_str)));
    }
    let config = globals.config(host.config)?;
    let config = config.with(|config| config.interceptor(checksum::DefaultChecksum));
    let client = (host.connect)(config.map_err(tucuxi::Error::from)?)?;
    let model = model_of(&client, &command, host.other_commands)?;
    let Some(operation) = parsed.positionals.into_iter().next() else {
        return Err(Failure::Usage(format!(
            "{command} needs an operation; tucuxi {command} help lists them"
        )));
    };
    let run = Run {
        globals,
        client,
        service: &command,
        model: &model,
        out: &mut host.out,
        folder: host.folder,
    };
    match &*operation {
        "wait" => waiter::run(run, parsed.rest),
        operation if is_lacking(&command, operation) => {
            Err(Failure::Lacking(format!("{command} {operation}")))
        }
        operation => call::run(run, operation, parsed.rest),
    }
}

/// A command line whose service is known.
struct Run<'r, 'o> {
    globals: &'r Globals,
    client: Client,
    /// The command of the service.
    service: &'r str,
    model: &'r ServiceModel,
    out: &'r mut Out<'o>,
    folder: &'r Path,
}

/// The error of a group of commands, none of which a line names.
fn no_procedure(group: &str, name: Option<&str>) -> Failure {
    match name {
        None => Failure::Usage(format!(
            "{group} needs a command; tucuxi {group} help lists them"
        )),
        Some(name) => {
            let known = procedure::of_service(group).map(|procedure| procedure.name);
            let known = known.filter(|name| !name.is_empty());
            unknown_command(&format!("{group} {name}"), known)
        }
    }
}

const NO_OPTIONS: &[options::CommandOption<'static>] = &[];

fn is_alias(command: &str) -> bool {
    service_of(command) != command
}

/// Returns the model of the service that a command calls.
fn model_of(
    client: &Client,
    command: &str,
    other_commands: &[&str],
) -> Result<Arc<ServiceModel>, Failure> {
    if is_lacking(command, "") {
        return Err(Failure::Lacking(command.to_owned()));
    }
    match client.model(service_of(command)) {
        Ok(model) if commands::command_of(model.name()) == command || is_alias(command) => {
            Ok(model)
        }
        Err(error) if error.downcast_ref::<UnknownName>().is_none() => Err(error.into()),
        _ => Err(unknown_service(client, command, other_commands)),
    }
}

fn unknown_service(client: &Client, command: &str, others: &[&str]) -> Failure {
    let services = client.introspect().services().unwrap_or_default();
    let services = services.iter().map(|service| commands::command_of(service));
    let mut known: Vec<&str> = services.chain([s3::NAME]).collect();
    procedure::groups().for_each(|group| known.push(group));
    unknown_command(command, known.into_iter().chain(others.iter().copied()))
}

fn unknown_command<'n>(command: &str, known: impl Iterator<Item = &'n str>) -> Failure {
    let word = command.rsplit(' ').next().unwrap_or_default();
    let before = &command[..command.len() - word.len()];
    let near = nearest(word, known);
    let near: Vec<String> = near
        .iter()
        .map(|name| format!("\"{before}{name}\""))
        .collect();
    Failure::Usage(match near.is_empty() {
        true => format!("unknown command \"{command}\""),
        false => format!(
            "unknown command \"{command}\"; did you mean {}?",
            near.join(" or ")
        ),
    })
}

/// Checks that a value is one of those that an option accepts.
fn check_choice(option: &str, value: &str, choices: &[&str]) -> Result<(), Failure> {
    if choices.is_empty() || choices.contains(&value) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "--{option}: {value:?} must be one of {}",
        choices.join(", ")
    )))
}
