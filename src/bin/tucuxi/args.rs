//! Arguments that subcommands share, and the client that they configure.

use std::io::{self, Read};

use clap::{Arg, ArgAction, ArgMatches};
use serde_json::Value;
use tucuxi::Client;
use tucuxi::internals::command::config;

use crate::failure::{Failure, with_option};

/// The options of every subcommand.
pub(crate) fn global() -> Vec<Arg> {
    let option =
        |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help).global(true);
    vec![
        option("region", "The region, such as eu-west-1"),
        option("profile", "The profile in the configuration files"),
        option(
            "endpoint-url",
            "The URL to send requests to, instead of the service's endpoint",
        ),
        option(
            "no-sign-request",
            "Sends unsigned requests, which need no credentials",
        )
        .action(ArgAction::SetTrue),
        option("debug", "Logs to stderr").action(ArgAction::SetTrue),
    ]
}

/// Creates a client with the global options.
pub(crate) fn client(matches: &ArgMatches) -> Result<Client, Failure> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let mut config = config();
    if let Some(region) = text("region") {
        config = config.region(region);
    }
    if let Some(profile) = text("profile") {
        config = config.profile(profile);
    }
    if let Some(url) = text("endpoint-url") {
        config = config.endpoint_url(url);
    }
    if matches.get_flag("no-sign-request") {
        config = config.unsigned();
    }
    let config = config
        .build()
        .map_err(|error| tucuxi::Error::from(with_option(error)))?;
    Ok(Client::with_config(config)?)
}

pub(crate) fn service() -> Arg {
    Arg::new("SERVICE")
        .required(true)
        .help("The service, such as s3")
}

pub(crate) fn operation() -> Arg {
    Arg::new("OPERATION")
        .required(true)
        .help("The operation: ListObjectsV2, list_objects_v2 or list-objects-v2")
}

pub(crate) fn params() -> Arg {
    Arg::new("PARAMS")
        .help("The parameters: JSON, @FILE with JSON, or - for JSON on stdin")
        .default_value("{}")
}

/// The value of an argument that is required or has a default.
pub(crate) fn required<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map_or("", |text| text)
}

/// Reads the parameters that [`params`] describes.
pub(crate) fn read_params(text: &str) -> Result<Value, Failure> {
    let (source, text) = match text.strip_prefix('@') {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|e| Failure::Usage(format!("{path}: {e}")))?;
            (path, text)
        }
        None if text == "-" => {
            let mut text = String::new();
            let read = io::stdin().read_to_string(&mut text);
            read.map_err(|e| Failure::Usage(format!("stdin: {e}")))?;
            ("stdin", text)
        }
        None => ("the parameters", text.to_owned()),
    };
    serde_json::from_str(&text).map_err(|e| {
        let help = r#"write '{"Bucket": "b"}', @FILE or -"#;
        Failure::Usage(format!("{source}: not JSON: {e}; {help}"))
    })
}
