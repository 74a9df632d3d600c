//! `tucuxi endpoint SERVICE OPERATION [JSON | @FILE | -] [--explain]`

use std::io::{self, Write};

use clap::{Arg, ArgAction, ArgMatches, Command};
use tucuxi::Printable;
use tucuxi::internals::command::{PrintableLines, without_passwords};

use crate::Subcommand;
use crate::args::{self, required};
use crate::failure::Failure;

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "endpoint",
    define,
    run,
};

fn define(command: Command) -> Command {
    command
        .about("Shows the endpoint of a call, without making the call")
        .arg(args::service())
        .arg(args::operation())
        .arg(args::params())
        .arg(
            Arg::new("explain")
                .long("explain")
                .action(ArgAction::SetTrue)
                .help("Shows the inputs of the endpoint rules and the rules that match"),
        )
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let params = args::read_params(required(matches, "PARAMS"))?;
    let (service, operation) = (required(matches, "SERVICE"), required(matches, "OPERATION"));
    let known = args::client(matches)?.introspect();
    let explained = known.explain_endpoint(service, operation, &params)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    if matches.get_flag("explain") {
        write!(out, "{}", PrintableLines(&explained))?;
        out.flush()?;
        return match explained.endpoint {
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        };
    }
    let url = explained.endpoint?.url;
    writeln!(out, "{}", Printable(without_passwords(&url)))?;
    out.flush()?;
    if let Some(first) = explained.discovered_by {
        let _ = writeln!(
            io::stderr(),
            "tucuxi: {service}.{operation}: {first} is called there first, and the call goes to the endpoint that it returns"
        );
    }
    Ok(())
}
