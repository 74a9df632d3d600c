//! `tucuxi search TEXT... [--limit N] [--json]`

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};
use tucuxi::SearchHit;

use crate::failure::Failure;
use crate::{Subcommand, args, out};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "search",
    define,
    run,
};

fn define(command: Command) -> Command {
    command
        .about("Searches all services and operations, the best hits first")
        .arg(
            Arg::new("TEXT")
                .required(true)
                .num_args(1..)
                .help("What to search for, such as: list buckets"),
        )
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("N")
                .value_parser(value_parser!(u32))
                .default_value("10")
                .help("The number of hits"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Prints JSON"),
        )
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let text = matches.get_many::<String>("TEXT").into_iter().flatten();
    let text: Vec<&str> = text.map(String::as_str).collect();
    let limit = matches.get_one::<u32>("limit").map_or(0, |limit| *limit);
    let known = args::client(matches)?.introspect();
    let hits = known.search(&text.join(" "), limit as usize)?;
    if matches.get_flag("json") {
        let hits: Vec<Value> = hits.into_iter().map(to_json).collect();
        return out::value(&hits.into(), None);
    }
    out::lines(hits.into_iter().map(|hit| match hit.operation {
        Some(operation) => format!("{} {operation}", hit.service),
        None => hit.service,
    }))
}

fn to_json(hit: SearchHit) -> Value {
    json!({"service": hit.service, "operation": hit.operation, "score": hit.score})
}
