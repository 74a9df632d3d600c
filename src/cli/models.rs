//! `tucuxi models import SOURCE --into DIR` and `tucuxi models pack DIR --into FILE`

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::Failure;
use crate::model::import::{ImportOptions, import, pack};

pub(super) fn command() -> Command {
    let path = |arg: Arg| arg.required(true).value_parser(value_parser!(PathBuf));
    Command::new("models")
        .about("Makes folders of service models")
        .subcommand_required(true)
        .subcommand(
            Command::new("import")
                .about("Writes the models of a botocore or boto3 release")
                .arg(path(Arg::new("SOURCE")).help("A wheel, or a folder of models"))
                .arg(
                    path(Arg::new("into").long("into").value_name("DIR"))
                        .help("The folder to write to"),
                )
                .arg(
                    Arg::new("with-docs")
                        .long("with-docs")
                        .action(ArgAction::SetTrue)
                        .help("Keeps the documentation"),
                ),
        )
        .subcommand(
            Command::new("pack")
                .about("Packs a folder that `import` wrote into the file that is embedded")
                .arg(path(Arg::new("DIR")).help("The folder"))
                .arg(
                    path(Arg::new("into").long("into").value_name("FILE"))
                        .help("The file to write"),
                ),
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let path = |matches: &ArgMatches, name: &str| {
        let path = matches.get_one::<PathBuf>(name);
        path.cloned().unwrap_or_default() // clap has asked for it
    };
    match matches.subcommand() {
        Some(("import", matches)) => {
            let options = match matches.get_flag("with-docs") {
                true => ImportOptions::default().with_docs(),
                false => ImportOptions::default(),
            };
            let report = import(&path(matches, "SOURCE"), &path(matches, "into"), options);
            super::print_lines([report.map_err(|e| Failure::Other(e.into()))?])
        }
        Some(("pack", matches)) => pack(&path(matches, "DIR"), &path(matches, "into"))
            .map_err(|e| Failure::Other(e.into())),
        _ => Err(Failure::Usage("models: import or pack is missing".into())),
    }
}
