//! `tucuxi services`

use clap::{ArgMatches, Command};

use crate::failure::Failure;
use crate::{Subcommand, args, out};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "services",
    define: |command: Command| command.about("Lists the services, one a line"),
    run,
};

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    out::lines(args::client(matches)?.introspect().services()?)
}
