//! `configure export-credentials`

use std::time::SystemTime;

use serde_json::json;
use tucuxi::internals::command::{environment, rfc3339};
use tucuxi::{Config, Credentials, ErrorKind};

use super::super::choice;
use super::{COMMON, Place, Procedure, Task};
use crate::failure::Failure;

pub(in super::super) const EXPORT_CREDENTIALS: Procedure = Procedure {
    name: "export-credentials",
    about: "prints the credentials, for a shell or for credential_process",
    notes: &[
        "process prints the JSON that credential_process of a profile expects, env and env-no-export lines for a POSIX shell, powershell, windows-cmd and fish those for other shells.",
        "The output is a secret: eval \"$(tucuxi configure export-credentials --format env)\"",
    ],
    flags: &[choice(
        "format",
        &[
            "process",
            "env",
            "env-no-export",
            "powershell",
            "windows-cmd",
            "fish",
        ],
        "the format, by default process",
    )],
    run,
    ..COMMON
};

/// The variable in which the commands of a chain of `credential_process` pass on their profiles.
const CHAIN: &str = "_AWS_CLI_PROFILE_CHAIN";
/// As long as a chain may be.
const LONGEST_CHAIN: usize = 4;

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    let chain = chain(&place)?;
    let credentials = credentials(task, &chain)?;
    let text = shown(task.value("format").unwrap_or("process"), &credentials);
    task.print(&text)
}

/// The profiles of this command and of those that led to it.
fn chain(place: &Place) -> Result<String, Failure> {
    let seen = place.env.get(CHAIN).map(read_row).unwrap_or_default();
    let profile = place.profile.value.clone();
    let through = |names: &[String]| names.join(" -> ");
    if seen.len() >= LONGEST_CHAIN {
        return Err(Failure::Setting(format!(
            "credential_process of more than {LONGEST_CHAIN} profiles in a row: {}",
            through(&seen)
        )));
    }
    let is_circle = seen.contains(&profile);
    let all = [seen, vec![profile]].concat();
    match is_circle {
        true => Err(Failure::Setting(format!(
            "credential_process leads back to its own profile: {}",
            through(&all)
        ))),
        false => Ok(written_row(&all)),
    }
}

fn credentials(task: &Task<'_, '_>, chain: &str) -> Result<Credentials, Failure> {
    let failed = |what: String| Failure::Setting(format!("no credentials: {what}"));
    // the commands of a credential_process inherit it
    let env = environment();
    let variables = env.iter().chain([(CHAIN, chain)]);
    let config = Config::builder().environment(variables);
    let config = task.globals.config(config);
    let config = config.map_err(|error| failed(error.to_string()))?;
    let found = task.connect(config)?.credentials();
    found.map_err(|error| match error.root().kind() {
        ErrorKind::Service => error.into(),
        _ => failed(error.to_string()),
    })
}

fn shown(format: &str, credentials: &Credentials) -> String {
    let token = credentials.session_token();
    let expires = credentials.expires().map(shown_time);
    if format == "process" {
        let mut document = json!({
            "Version": 1,
            "AccessKeyId": credentials.access_key_id(),
            "SecretAccessKey": credentials.secret_access_key(),
        });
        for (name, value) in [("SessionToken", token), ("Expiration", expires.as_deref())] {
            if let Some(value) = value {
                document[name] = value.into();
            }
        }
        return format!("{document:#}\n");
    }
    let variables = [
        ("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id())),
        (
            "AWS_SECRET_ACCESS_KEY",
            Some(credentials.secret_access_key()),
        ),
        ("AWS_SESSION_TOKEN", token),
        ("AWS_CREDENTIAL_EXPIRATION", expires.as_deref()),
    ];
    let set = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let line = |(name, value): (&str, &str)| match format {
        "env-no-export" => format!("{name}={value}\n"),
        "fish" => format!("set -gx {name} \"{value}\"\n"),
        "powershell" => format!("$Env:{name}=\"{value}\"\n"),
        "windows-cmd" => format!("set {name}={value}\n"),
        _ => format!("export {name}={value}\n"),
    };
    set.map(line).collect()
}

/// A time as Python writes it.
fn shown_time(time: SystemTime) -> String {
    let text = rfc3339(time);
    match text.strip_suffix('Z') {
        Some(text) => format!("{text}+00:00"),
        None => text,
    }
}

/// Reads a row of CSV.
fn read_row(text: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // there is always a last cell
        let last = cells.len() - 1;
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cells[last].push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            c => cells[last].push(c),
        }
    }
    cells
}

fn written_row(cells: &[String]) -> String {
    let cell = |cell: &String| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.clone(),
    };
    let cells: Vec<String> = cells.iter().map(cell).collect();
    cells.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_cells() {
        for cells in [&["a"][..], &["a", "b c"], &["a,b", "\"c\"", ""]] {
            let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
            assert_eq!(read_row(&written_row(&cells)), cells);
        }
    }
}
