//! `tucuxi operations SERVICE`

use clap::{ArgMatches, Command};

use crate::args::{self, required};
use crate::failure::Failure;
use crate::{Subcommand, out};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "operations",
    define: |command: Command| {
        command
            .about("Lists the operations of a service, one a line")
            .arg(args::service())
    },
    run,
};

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let known = args::client(matches)?.introspect();
    let service = known.service(required(matches, "SERVICE"))?;
    out::lines(service.operation_names())
}
