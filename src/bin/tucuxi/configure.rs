//! `tucuxi configure list [--explain]`

use clap::{Arg, ArgAction, ArgMatches, Command};
use tucuxi::credentials::{ProviderOutcome, ProviderReport};

use crate::failure::Failure;
use crate::{Subcommand, args, out};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "configure",
    define,
    run,
};

fn define(command: Command) -> Command {
    let explain = Arg::new("explain")
        .long("explain")
        .help("Shows the outcome of each credentials provider, and every setting")
        .action(ArgAction::SetTrue);
    command
        .about("Shows the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("Lists profile, credentials and region, and the source of each")
                .arg(explain),
        )
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some((_, matches)) = matches.subcommand() else {
        return Ok(()); // clap requires one
    };
    let client = args::client(matches)?;
    let config = client.config();
    let report = client.introspect().explain_credentials();
    let mut rows = vec![row("NAME", "VALUE", "SOURCE")];
    let profile = config.profile();
    rows.push(row("profile", &profile.value, &profile.source.to_string()));
    rows.extend(credentials(&report));
    rows.push(match config.region_setting() {
        Some(region) => row("region", &region.value, &region.source.to_string()),
        None => row("region", "-", "not set"),
    });
    if matches.get_flag("explain") {
        rows.push(row("", "", ""));
        rows.push(row("PROVIDER", "OUTCOME", ""));
        let providers = report.iter();
        rows.extend(providers.map(|entry| row(entry.provider, &entry.outcome.to_string(), "")));
        rows.push(row("", "", ""));
        rows.push(row("SETTING", "VALUE", "SOURCE"));
        let settings = config.explain();
        rows.extend(
            settings
                .iter()
                .map(|(key, setting)| row(key, &setting.value, &setting.source.to_string())),
        );
    }
    out::lines(rows)
}

fn credentials(report: &[ProviderReport]) -> Vec<String> {
    let Some(last) = report.iter().find(|entry| entry.is_final()) else {
        return vec![row(
            "access_key",
            "-",
            "no provider has credentials; --explain shows why",
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
