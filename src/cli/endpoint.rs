//! `tucuxi endpoint SERVICE OPERATION [JSON | @FILE | -] [--explain]`

use std::io::{self, Write};

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Failure, call, operation_arg, required, service_arg};
use crate::printable::{Printable, PrintableLines};
use crate::uri;

pub(super) fn command() -> Command {
    Command::new("endpoint")
        .about("Shows where a call would go, without making it")
        .arg(service_arg())
        .arg(operation_arg())
        .arg(call::params_arg())
        .arg(
            Arg::new("explain")
                .long("explain")
                .action(ArgAction::SetTrue)
                .help("Shows what the rules are told and which of them hold"),
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let params = call::params(required(matches, "PARAMS"))?;
    let (service, operation) = (required(matches, "SERVICE"), required(matches, "OPERATION"));
    let explained = super::client(matches)?
        .introspect()
        .explain_endpoint(service, operation, &params)?;
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
    writeln!(out, "{}", Printable(uri::without_passwords(&url)))?;
    Ok(out.flush()?)
}
