//! `tucuxi presign SERVICE OPERATION [JSON | @FILE | -] [--expires SECONDS]`

use std::io::{self, Write};
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use tucuxi::Printable;

use crate::Subcommand;
use crate::args::{self, required};
use crate::failure::Failure;

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "presign",
    define,
    run,
};

fn define(command: Command) -> Command {
    command
        .about("Prints a URL with which anyone can make the call until it expires")
        .arg(args::service())
        .arg(args::operation())
        .arg(args::params())
        .arg(
            Arg::new("expires")
                .long("expires")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64))
                .default_value("3600")
                .help("The time until the URL expires"),
        )
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let params = args::read_params(required(matches, "PARAMS"))?;
    let (service, operation) = (required(matches, "SERVICE"), required(matches, "OPERATION"));
    let seconds = matches.get_one::<u64>("expires").copied();
    let expires = Duration::from_secs(seconds.unwrap_or_default());
    let client = args::client(matches)?;
    let request = client
        .presigner()
        .presign(service, operation, params, expires)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", Printable(&request.url))?;
    out.flush()?;
    if request.method != "GET" {
        let _ = writeln!(io::stderr(), "tucuxi: the URL is for {}", request.method);
    }
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let _ = writeln!(
            io::stderr(),
            "tucuxi: the request must have the header {name}: {}",
            Printable(value)
        );
    }
    Ok(())
}
