//! `tucuxi s3`: the commands of `aws` that copy, move, delete and list files and objects.
//!
//! ```text
//! line ─ grammar, options ─► Given ─┬─► ls, mb, rb, presign, website: calls
//!                                   └─► cp, mv, rm, sync: Plan ─ places ─► items ─ comparison ─► jobs ─► transfer manager
//!                                                                             lines ◄─ events ◄──┘
//! ```
//! A command is a row of [`COMMANDS`], and an option a row of [`options`]: parsing, help pages and completion read both.

mod batch;
mod comparison;
mod conflict;
mod cp;
mod describe_job;
mod given;
mod human;
mod items;
mod jobs;
mod lines;
mod local;
mod ls;
mod mb;
mod mv;
mod options;
mod params;
mod places;
mod plan;
mod presign;
mod progress;
mod rb;
mod rm;
mod same_object;
mod sync;
mod transfer;
mod uri;
mod website;

use tucuxi::Client;

use self::given::Given;
use self::options::find;
use super::flag::Flag;
use super::globals::Globals;
use super::{Line, grammar, unknown_command};
use crate::failure::Failure;
use crate::output::Out;

/// The name of the command.
pub(super) const NAME: &str = "s3";

/// What the command does, in help pages and completion.
pub(super) const ABOUT: &str = "copies, moves, deletes and lists files and objects";

/// A command of `tucuxi s3`.
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// The positionals, as the help page shows them. Forms are separated by `or`.
    pub(super) usage: &'static str,
    /// The number of positionals that are required, and that are possible.
    places: (usize, usize),
    /// The names of options, in groups that commands share.
    options: &'static [&'static [&'static str]],
    run: fn(&Given, Session<'_, '_>) -> Result<(), Failure>,
}

/// All commands, in alphabetical order.
pub(super) const COMMANDS: &[Command] = &[
    cp::COMMAND,
    describe_job::COMMAND,
    ls::COMMAND,
    mb::COMMAND,
    mv::COMMAND,
    presign::COMMAND,
    rb::COMMAND,
    rm::COMMAND,
    sync::COMMAND,
    website::COMMAND,
];

impl Command {
    /// Returns the options, in alphabetical order.
    pub(super) fn options(&self) -> Vec<&'static Flag> {
        let names = self.options.iter().copied().flatten();
        let mut rows: Vec<_> = names.filter_map(|name| find(name)).collect();
        rows.sort_by_key(|row| row.name);
        rows
    }
}

/// Finds a command.
///
/// # Errors
///
/// Returns an error with similar names if no command has this name.
pub(super) fn command(name: &str) -> Result<&'static Command, Failure> {
    let found = COMMANDS.iter().find(|command| command.name == name);
    found.ok_or_else(|| {
        let names = COMMANDS.iter().map(|command| command.name);
        unknown_command(&format!("{NAME} {name}"), names)
    })
}

/// What a command works with.
struct Session<'s, 'o> {
    client: Client,
    /// The client of other services, to which `--endpoint-url` does not apply.
    others: Client,
    globals: &'s Globals,
    out: &'s mut Out<'o>,
}

/// Runs the command of a line. `connect` creates its client, and that of other services.
///
/// # Errors
///
/// Returns an error if the line is invalid or the command fails.
pub(super) fn run(
    line: &Line,
    out: &mut Out<'_>,
    connect: impl FnOnce() -> Result<[Client; 2], Failure>,
) -> Result<(), Failure> {
    let parsed = grammar::parse(line.rest.clone(), super::NO_OPTIONS, 1);
    let parsed = parsed.map_err(Failure::Usage)?;
    let Some(name) = parsed.positionals.first() else {
        return Err(Failure::Usage(
            "s3 needs a command; tucuxi s3 help lists them".to_owned(),
        ));
    };
    let command = command(name)?;
    let [client, others] = connect()?;
    let given = Given::read(command, parsed.rest, client.config().environment())?;
    let globals = &line.globals;
    let session = Session {
        client,
        others,
        globals,
        out,
    };
    (command.run)(&given, session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_of_a_command_is_in_the_table() {
        for command in COMMANDS {
            let names: Vec<_> = command.options.iter().copied().flatten().collect();
            let rows = command.options();
            assert_eq!(rows.len(), names.len(), "{}", command.name);
            let used = |row: &Flag| {
                COMMANDS
                    .iter()
                    .any(|c| c.options().iter().any(|o| o.name == row.name))
            };
            assert!(options::ALL.iter().all(used));
        }
    }

    #[test]
    fn commands_are_sorted() {
        assert!(COMMANDS.windows(2).all(|two| two[0].name < two[1].name));
    }
}
