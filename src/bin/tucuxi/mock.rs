//! `tucuxi mock [--port N] [--host ADDRESS] [--stubs FILE] [--record FILE]`

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use clap::{Arg, ArgMatches, Command, value_parser};
use tucuxi::mock::{Mock, MockStub};

use crate::failure::Failure;
use crate::{Subcommand, args};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "mock",
    define,
    run,
};

fn define(command: Command) -> Command {
    command
        .about(
            "Serves all operations of all services with examples, for tests, until it is stopped",
        )
        .arg(
            Arg::new("port")
                .long("port")
                .value_parser(value_parser!(u16))
                .default_value("0")
                .help("The port; 0 is a free one"),
        )
        .arg(
            Arg::new("host")
                .long("host")
                .value_parser(value_parser!(IpAddr))
                .default_value("127.0.0.1")
                .help("The address to listen at; the mock checks no signatures"),
        )
        .arg(
            Arg::new("stubs")
                .long("stubs")
                .value_name("FILE")
                .help("A file of responses in place of examples, in JSON or YAML"),
        )
        .arg(
            Arg::new("record")
                .long("record")
                .value_name("FILE")
                .help("Appends each request to a file, as a line of JSON"),
        )
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let host = matches.get_one::<IpAddr>("host").copied();
    let host = host.unwrap_or_else(|| std::net::Ipv4Addr::LOCALHOST.into());
    let port = matches.get_one::<u16>("port").copied().unwrap_or_default();
    let mut mock = Mock::builder()
        .address(SocketAddr::new(host, port))
        .models_of(&args::client(matches)?);
    if let Some(path) = matches.get_one::<String>("record") {
        mock = mock.record(path);
    }
    if let Some(path) = matches.get_one::<String>("stubs") {
        mock = mock.stubs(read(path)?);
    }
    let mock = mock.start()?;
    // scripts read the line to learn the port
    writeln!(io::stdout(), "serving at {}", mock.url())?;
    io::stdout().flush()?;
    loop {
        std::thread::park();
    }
}

fn read(path: &str) -> Result<Vec<MockStub>, Failure> {
    let text = std::fs::read_to_string(path).map_err(Failure::file(path))?;
    // JSON is YAML
    let stubs = serde_saphyr::from_str(&text)
        .map_err(|error| Failure::Usage(format!("{path}: neither JSON nor YAML: {error}")))?;
    MockStub::from_json(stubs).map_err(|error| Failure::Usage(format!("{path}: {error}")))
}
