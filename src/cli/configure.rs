//! `tucuxi configure list`: what there is, and where it is from.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Failure, client, print_lines};
use crate::credentials::{ProviderOutcome, ProviderReport};

pub(super) fn command() -> Command {
    let explain = Arg::new("explain")
        .long("explain")
        .help("Shows every credentials provider that was queried, its outcome, and every setting")
        .action(ArgAction::SetTrue);
    Command::new("configure")
        .about("Shows the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("Lists profile, credentials and region, and where each is from")
                .arg(explain),
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((_, matches)) = matches.subcommand() else {
        return Ok(()); // clap has asked for one
    };
    let client = client(matches)?;
    let config = client.config();
    let reports = client.introspect().explain_credentials();
    let mut rows = vec![row("NAME", "VALUE", "SOURCE")];
    let profile = config.profile();
    rows.push(row("profile", &profile.value, &profile.source.to_string()));
    rows.extend(credentials(&reports));
    rows.push(match config.region_setting() {
        Some(region) => row("region", &region.value, &region.source.to_string()),
        None => row("region", "-", "nobody says it"),
    });
    if matches.get_flag("explain") {
        rows.push(row("", "", ""));
        rows.push(row("PROVIDER", "OUTCOME", ""));
        let outcomes = reports
            .iter()
            .map(|report| row(report.provider, &report.outcome.to_string(), ""));
        rows.extend(outcomes);
        rows.push(row("", "", ""));
        rows.push(row("SETTING", "VALUE", "SOURCE"));
        let settings = config.explain();
        rows.extend(
            settings
                .iter()
                .map(|(key, setting)| row(key, &setting.value, &setting.source.to_string())),
        );
    }
    print_lines(rows)
}

fn credentials(reports: &[ProviderReport]) -> Vec<String> {
    let Some(last) = reports.iter().find(|report| report.is_final()) else {
        return vec![row(
            "access_key",
            "-",
            "no provider has any; --explain tells more",
        )];
    };
    match &last.outcome {
        ProviderOutcome::Found {
            access_key_id,
            account_id,
            ..
        } => {
            let mut rows = vec![row("access_key", access_key_id, last.provider)];
            if let Some(account) = account_id {
                rows.push(row("account_id", account, last.provider));
            }
            rows
        }
        outcome => vec![row(
            "access_key",
            "-",
            &format!("{}: {outcome}", last.provider),
        )],
    }
}

fn row(name: &str, value: &str, source: &str) -> String {
    format!("{name:<36} {value:<28} {source}")
        .trim_end()
        .to_owned()
}
