//! `configure list`

use tucuxi::config::Source;
use tucuxi::internals::command::config;
use tucuxi::{Client, Config};

use super::super::switch;
use super::{COMMON, Place, Procedure, Task, masked};
use crate::failure::{Failure, is_without_credentials};

pub(in super::super) const LIST: Procedure = Procedure {
    name: "list",
    about: "lists profile, keys and region, and where each comes from",
    notes: &[
        "Of each key, the last four characters are shown. The provider of the keys may call a service, such as STS for a role.",
    ],
    flags: &[switch(
        "explain",
        "shows the outcome of each provider of credentials and every setting with its source, which aws does not",
    )],
    run,
    ..COMMON
};

const NOT_SET: [&str; 3] = ["<not set>", "None", "None"];

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let place = Place::of(task)?;
    row(task, "NAME", ["VALUE", "TYPE", "LOCATION"])?;
    let profile = &place.profile;
    let source = match &profile.source {
        Source::Builder => Some(["manual", "--profile"]),
        Source::Environment(_) => Some(["env", "['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']"]),
        _ => None,
    };
    let columns = source.map(|[kind, location]| [&*profile.value, kind, location]);
    row(task, "profile", columns.unwrap_or(NOT_SET))?;
    place.files.chosen_profile(profile)?;
    let config = configuration(task)?;
    let client = task.connect(config)?;
    credentials(task, &client)?;
    region(task, &place, &client)?;
    match task.has("explain") {
        true => explain(task, &client),
        false => Ok(()),
    }
}

/// The configuration without `--region`, which is not part of it.
fn configuration(task: &Task<'_, '_>) -> Result<Config, Failure> {
    let mut config = config();
    if let Some(profile) = &task.globals.profile {
        config = config.profile(profile);
    }
    Ok(config.build().map_err(tucuxi::Error::from)?)
}

fn row(task: &mut Task<'_, '_>, name: &str, columns: [&str; 3]) -> Result<(), Failure> {
    let [value, kind, location] = columns;
    task.print(&format!(
        "{name:<10} : {value:<24} : {kind:<16} : {location}\n"
    ))
}

fn credentials(task: &mut Task<'_, '_>, client: &Client) -> Result<(), Failure> {
    let found = match client.credentials() {
        Ok(found) => found,
        Err(error) if is_without_credentials(&error) => {
            row(task, "access_key", NOT_SET)?;
            return row(task, "secret_key", NOT_SET);
        }
        Err(error) => return Err(error.into()),
    };
    let reports = client.introspect().explain_credentials();
    let provider = reports.iter().find(|report| report.is_final());
    let provider = provider.map_or("", |report| report.provider);
    for (name, secret) in [
        ("access_key", found.access_key_id()),
        ("secret_key", found.secret_access_key()),
    ] {
        row(task, name, [&masked(secret), provider, ""])?;
    }
    Ok(())
}

fn region(task: &mut Task<'_, '_>, place: &Place, client: &Client) -> Result<(), Failure> {
    let Some(region) = client.config().region_setting() else {
        return row(task, "region", NOT_SET);
    };
    let (region, source) = (region.value.clone(), region.source.clone());
    let file = place.env.get("AWS_CONFIG_FILE").unwrap_or("~/.aws/config");
    let [kind, location] = match source {
        Source::Environment(_) => ["env", "['AWS_REGION', 'AWS_DEFAULT_REGION']"],
        Source::Profile { .. } => ["config-file", file],
        _ => ["imds", ""],
    };
    row(task, "region", [&region, kind, location])
}

fn explain(task: &mut Task<'_, '_>, client: &Client) -> Result<(), Failure> {
    let row = |name: &str, value: &str, source: &str| {
        let line = format!("{name:<36} {value:<28} {source}");
        format!("{}\n", line.trim_end())
    };
    let mut text = format!("\n{}", row("PROVIDER", "OUTCOME", ""));
    for report in client.introspect().explain_credentials() {
        text += &row(report.provider, &report.outcome.to_string(), "");
    }
    text += &format!("\n{}", row("SETTING", "VALUE", "SOURCE"));
    for (key, setting) in client.config().explain() {
        text += &row(key, &setting.value, &setting.source.to_string());
    }
    task.print(&text)
}
