//! `tucuxi completion SHELL`, and the hidden command that the scripts run at each press of Tab.

use std::io::{self, Write};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use tucuxi::{Client, Config};

use crate::aws::{self, Aliases, Candidate};
use crate::failure::Failure;
use crate::{Subcommand, args};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "completion",
    define,
    run,
};

/// The scripts, by the names of their shells.
const SCRIPTS: [(&str, &str); 3] = [
    ("bash", include_str!("completion/tucuxi.bash")),
    ("fish", include_str!("completion/tucuxi.fish")),
    ("zsh", include_str!("completion/tucuxi.zsh")),
];

/// The name of the hidden command.
pub(crate) const COMPLETER: &str = "__complete";

fn define(command: Command) -> Command {
    let shells = SCRIPTS.map(|(shell, _)| shell);
    let shell = Arg::new("SHELL").required(true);
    command
        .about("Prints a script that completes commands, options and values with Tab")
        .after_help(
            "bash:  eval \"$(tucuxi completion bash)\" in ~/.bashrc\n\
             fish:  tucuxi completion fish > ~/.config/fish/completions/tucuxi.fish\n\
             zsh:   eval \"$(tucuxi completion zsh)\" in ~/.zshrc, after compinit",
        )
        .arg(
            shell
                .help("The shell")
                .value_parser(PossibleValuesParser::new(shells)),
        )
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let shell = args::required(matches, "SHELL");
    let script = SCRIPTS.iter().find(|(name, _)| *name == shell);
    let script = script.map_or("", |(_, script)| script);
    Ok(io::stdout().write_all(script.as_bytes())?)
}

/// Prints the candidates for the last of these words, one a line. With `--describe`, each has a tab and a description.
///
/// Without words, the line is that of `COMP_LINE` up to `COMP_POINT`, as for a command that bash runs (`complete -C`).
pub(crate) fn complete(mut args: Vec<String>, command: &Command) -> io::Result<()> {
    let describes = args.first().is_some_and(|first| first == "--describe");
    if describes {
        args.remove(0);
    }
    let line = line_of_bash();
    let is_bash = line.is_some();
    let mut words = line.unwrap_or(args);
    let typed = words.pop().unwrap_or_default();
    // bash replaces only what follows the last `:` or `=`
    let kept = typed.rfind([':', '=']).filter(|_| is_bash);
    let kept = kept.map_or(0, |at| at + 1);
    let mut out = io::BufWriter::new(io::stdout().lock());
    for Candidate { text, about } in candidates(&words, &typed, command) {
        let text = match is_bash {
            true => text.get(kept..).unwrap_or(&text).replace(' ', "\\ "),
            false => text,
        };
        match describes && !about.is_empty() {
            true => writeln!(out, "{text}\t{about}")?,
            false => writeln!(out, "{text}")?,
        }
    }
    out.flush()
}

/// The words of a line that bash passes on, without the program's.
fn line_of_bash() -> Option<Vec<String>> {
    let line = std::env::var("COMP_LINE").ok()?;
    let point = std::env::var("COMP_POINT").ok()?.parse().ok()?;
    let mut words = split(line.get(..point).unwrap_or(&line));
    words.remove(0);
    Some(words)
}

/// The words of a line as a shell reads them. The last one may be unfinished, or empty after a space.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        // there is always a last word
        let last = words.len() - 1;
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some('\''), c) => words[last].push(c),
            (_, '\\') => words[last].extend(chars.next()),
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ' | '\t') => {
                if !words[last].is_empty() {
                    words.push(String::new());
                }
            }
            (_, c) => words[last].push(c),
        }
    }
    words
}

/// The words that may come next.
fn candidates(words: &[String], typed: &str, command: &Command) -> Vec<Candidate> {
    let Some(client) = client() else {
        return Vec::new();
    };
    let positionals = aws::positionals(words);
    let known = match positionals.first() {
        None => None,
        Some(first) => command.find_subcommand(first),
    };
    if let Some(subcommand) = known {
        return of_subcommand(subcommand, &positionals[1..], typed, &client);
    }
    let mut found = aws::complete(words, typed, &client);
    if positionals.is_empty() && !typed.starts_with('-') {
        let own = command.get_subcommands().map(|sub| {
            let about = sub.get_about().map(ToString::to_string);
            Candidate::new(sub.get_name(), about.unwrap_or_default())
        });
        let help = Candidate::new("help", "shows all commands, options and services");
        let aliases = Aliases::read().unwrap_or_default();
        let aliases = aliases.names().map(|name| Candidate::new(name, "alias"));
        found.extend(
            own.chain(aliases)
                .chain([help])
                .filter(|own| own.text.starts_with(typed)),
        );
    }
    found
}

/// The words that may follow a subcommand: its own subcommands, options, services and operations.
fn of_subcommand(
    command: &Command,
    positionals: &[&str],
    typed: &str,
    client: &Client,
) -> Vec<Candidate> {
    if let Some((first, rest)) = positionals.split_first()
        && let Some(subcommand) = command.find_subcommand(first)
    {
        return of_subcommand(subcommand, rest, typed, client);
    }
    let mut found: Vec<Candidate> = Vec::new();
    if typed.starts_with('-') {
        for argument in command.get_arguments() {
            if let Some(long) = argument.get_long() {
                let about = argument.get_help().map(ToString::to_string);
                found.push(Candidate::new(
                    format!("--{long}"),
                    about.unwrap_or_default(),
                ));
            }
        }
    } else if positionals.is_empty() && command.has_subcommands() {
        for subcommand in command.get_subcommands() {
            found.push(Candidate::new(subcommand.get_name(), ""));
        }
    } else if let Some(argument) = command.get_positionals().nth(positionals.len()) {
        let known = client.introspect();
        let names = match argument.get_id().as_str() {
            "SERVICE" => known.services().unwrap_or_default(),
            "OPERATION" => {
                let service = known.service(positionals[0]).ok();
                let names = service.iter().flat_map(|service| service.operation_names());
                names.map(ToOwned::to_owned).collect()
            }
            _ => {
                let values = argument.get_possible_values();
                values
                    .iter()
                    .map(|value| value.get_name().to_owned())
                    .collect()
            }
        };
        found.extend(names.into_iter().map(|name| Candidate::new(name, "")));
    }
    found.retain(|candidate| candidate.text.starts_with(typed));
    found
}

/// A client for its models alone.
fn client() -> Option<Client> {
    let config = Config::builder().build();
    let config = config.or_else(|_| Config::builder().isolated().build());
    Client::with_config(config.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_by_a_shell() {
        for (line, expected) in [
            ("tucuxi", &["tucuxi"][..]),
            ("tucuxi ", &["tucuxi", ""]),
            ("tucuxi  ec2 des", &["tucuxi", "ec2", "des"]),
            ("a 'b c' \"d e\" f\\ g 'h", &["a", "b c", "d e", "f g", "h"]),
            ("", &[""]),
        ] {
            assert_eq!(split(line), expected, "{line}");
        }
    }
}
