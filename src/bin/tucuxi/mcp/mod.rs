//! `tucuxi mcp`: a server of the Model Context Protocol on stdin and stdout, for agents.
//!
//! ```text
//!  server ── messages, versions, threads
//!    ├ tools ── search_operations, describe_operation, call_operation
//!    │   ├ access ── what may be called
//!    │   ├ part, rests ── results that are cut, and what follows
//!    │   └ hints ── answers to mistakes
//!    └ resources ── documentation
//! ```
//! Stdout has messages of the protocol alone. The log of `--debug` and errors of the start are on stderr.

mod access;
mod hints;
mod message;
mod mistake;
mod part;
mod resources;
mod rests;
mod schema;
mod server;
mod tools;
mod version;
mod work;

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};
use tucuxi::Client;

use self::access::{Access, patterns};
use self::rests::Rests;
use self::server::Server;
use crate::failure::Failure;
use crate::{Subcommand, args};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "mcp",
    define,
    run,
};

fn define(command: Command) -> Command {
    let list = |name: &'static str, value: &'static str, help: &'static str| {
        let option = Arg::new(name).long(name).value_name(value).help(help);
        option.action(ArgAction::Append).value_delimiter(',')
    };
    let switch = |name, value, help| {
        let option = list(name, value, help).num_args(0..=1);
        option.require_equals(true).default_missing_value("*")
    };
    command
        .about("Serves the Model Context Protocol on stdin and stdout, for agents")
        .arg(list(
            "allow",
            "PATTERNS",
            "The services and operations to allow, such as s3,ec2:Describe*; all by default",
        ))
        .arg(list(
            "deny",
            "PATTERNS",
            "The services and operations to deny, whatever else is allowed",
        ))
        .arg(switch(
            "allow-writes",
            "PATTERNS",
            "Allows operations that may change something: all, or these",
        ))
        .arg(switch(
            "allow-regions",
            "PATTERNS",
            "Lets a call choose its region: any, or one of these",
        ))
        .arg(switch(
            "allow-profiles",
            "PATTERNS",
            "Lets a call choose its profile: any, or one of these",
        ))
        .arg(switch(
            "show-sensitive",
            "PATTERNS",
            "Shows values that models mark as sensitive, but not credentials",
        ))
        .arg(
            Arg::new("max-result")
                .long("max-result")
                .value_name("BYTES")
                .value_parser(value_parser!(u32).range(1000..=10_000_000))
                .default_value("32000")
                .help("The size at which a result is cut"),
        )
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let client = args::client(matches)?;
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten();
    let read = |name: &str| patterns(name, texts(name), &client);
    let access = Access {
        allow: read("allow")?,
        deny: read("deny")?,
        writes: read("allow-writes")?,
        sensitive: read("show-sensitive")?,
        regions: texts("allow-regions").cloned().collect(),
        profiles: texts("allow-profiles").cloned().collect(),
    };
    let max_result = matches
        .get_one::<u32>("max-result")
        .map_or(0, |size| *size as usize);
    let session = Session {
        client,
        access,
        max_result,
        of_profiles: Mutex::default(),
        rests: Rests::default(),
    };
    Ok(Server::new(session, io::stdout()).run(&mut io::stdin().lock())?)
}

/// What the requests of a client share.
struct Session {
    client: Client,
    access: Access,
    /// The maximum length of a result as JSON.
    max_result: usize,
    /// The clients of profiles that calls have chosen.
    of_profiles: Mutex<HashMap<String, Client>>,
    rests: Rests,
}

impl Session {
    /// The client of a profile, or that of the server.
    fn client(&self, profile: Option<&str>) -> tucuxi::Result<Client> {
        let Some(profile) = profile else {
            return Ok(self.client.clone());
        };
        let mut known = self
            .of_profiles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known.get(profile) {
            return Ok(client.clone());
        }
        let client = self.client.with(|config| config.profile(profile))?;
        known.insert(profile.to_owned(), client.clone());
        Ok(client)
    }

    /// What an agent should know of all tools.
    fn instructions(&self) -> String {
        let writes = match self.access.writes.is_empty() {
            true => "Operations that may change something are refused.",
            false => {
                "Some operations that may change something are allowed: search_operations and describe_operation say which."
            }
        };
        format!(
            "Calls the operations of all AWS services. Find an operation with search_operations, read its parameters with \
             describe_operation, and call it with call_operation, whose query (JMESPath) selects from the result. A result \
             that is cut has a resume_token; call_operation continues it. {writes} Secrets are removed from results."
        )
    }
}

fn server_info() -> Value {
    json!({"name": "tucuxi", "title": "AWS", "version": env!("CARGO_PKG_VERSION")})
}

fn capabilities() -> Value {
    json!({"tools": {}, "resources": {}})
}
