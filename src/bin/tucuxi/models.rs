//! `tucuxi models import SOURCE --into DIR` and `tucuxi models pack DIR --into FILE`

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use tucuxi::model::import::{ImportOptions, import, pack};

use crate::failure::Failure;
use crate::{Subcommand, out};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "models",
    define,
    run,
};

fn define(command: Command) -> Command {
    let path = |arg: Arg| arg.required(true).value_parser(value_parser!(PathBuf));
    command
        .about("Imports and packs service models")
        .subcommand_required(true)
        .subcommand(
            Command::new("import")
                .about("Imports the models of a botocore or boto3 release, or of AWS's repository of Smithy models")
                .arg(path(Arg::new("SOURCE")).help("A wheel, a zip archive, or a directory of models"))
                .arg(
                    path(Arg::new("into").long("into").value_name("DIR"))
                        .help("The directory to write to"),
                )
                .arg(
                    Arg::new("with-docs")
                        .long("with-docs")
                        .action(ArgAction::SetTrue)
                        .help("Keeps the documentation and the examples"),
                ),
        )
        .subcommand(
            Command::new("pack")
                .about("Packs an imported directory into the file that is embedded in the binary")
                .arg(path(Arg::new("DIR")).help("The directory"))
                .arg(
                    path(Arg::new("into").long("into").value_name("FILE"))
                        .help("The file to write"),
                ),
        )
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let path = |matches: &ArgMatches, name: &str| {
        let path = matches.get_one::<PathBuf>(name);
        path.cloned().unwrap_or_default() // clap requires it
    };
    match matches.subcommand() {
        Some(("import", matches)) => {
            let options = match matches.get_flag("with-docs") {
                true => ImportOptions::default().with_docs(),
                false => ImportOptions::default(),
            };
            let report = import(&path(matches, "SOURCE"), &path(matches, "into"), options);
            out::lines([report.map_err(|e| Failure::Other(e.into()))?])
        }
        Some(("pack", matches)) => pack(&path(matches, "DIR"), &path(matches, "into"))
            .map_err(|e| Failure::Other(e.into())),
        _ => Err(Failure::Usage("models: expected import or pack".into())),
    }
}
