//! `tucuxi models`: where models come from, what a release changes in them, and how they are brought up to date.

mod diff;
mod list;
mod update;

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use tucuxi::model::import::{ImportOptions, import, pack};

use crate::bar::Bar;
use crate::failure::Failure;
use crate::{Subcommand, out};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "models",
    define,
    run,
};

fn define(command: Command) -> Command {
    let path = |arg: Arg| arg.required(true).value_parser(value_parser!(PathBuf));
    let json = || {
        Arg::new("json")
            .long("json")
            .help("Prints JSON")
            .action(ArgAction::SetTrue)
    };
    command
        .about("Lists, updates, compares, imports and packs service models")
        .subcommand_required(true)
        .subcommand(
            Command::new("list")
                .about("Lists the services with the version and the place of their models")
                .arg(Arg::new("SERVICE").help("Lists all data files of this service"))
                .arg(json()),
        )
        .subcommand(
            Command::new("update")
                .about("Downloads the newest botocore with pip, and imports its models")
                .arg(
                    Arg::new("into")
                        .long("into")
                        .value_name("DIR")
                        .value_parser(value_parser!(PathBuf))
                        .help("The directory to write to; by default ~/.aws/models"),
                )
                .arg(
                    Arg::new("version")
                        .long("botocore")
                        .value_name("VERSION")
                        .help("This version instead of the newest"),
                )
                .arg(
                    Arg::new("without-docs")
                        .long("without-docs")
                        .action(ArgAction::SetTrue)
                        .help("Leaves out the documentation and the examples"),
                ),
        )
        .subcommand(
            Command::new("diff")
                .about("Shows what newer models add and remove: operations, members and values")
                .after_help("OLD and NEW are a wheel, a zip archive, a directory of models, the file of a model, or \"embedded\"")
                .arg(path(Arg::new("OLD")).help("The older models"))
                .arg(path(Arg::new("NEW")).help("The newer models"))
                .arg(
                    Arg::new("service")
                        .long("service")
                        .value_name("NAME")
                        .help("Compares this service only"),
                )
                .arg(json()),
        )
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
    match matches.subcommand() {
        Some(("list", matches)) => list::run(matches),
        Some(("update", matches)) => update::run(matches),
        Some(("diff", matches)) => diff::run(matches),
        Some(("import", matches)) => {
            let (source, into) = (path(matches, "SOURCE"), path(matches, "into"));
            import_into(&source, &into, matches.get_flag("with-docs"))
        }
        Some(("pack", matches)) => pack(&path(matches, "DIR"), &path(matches, "into"))
            .map_err(|e| Failure::Other(e.into())),
        _ => Err(Failure::Usage(
            "models: expected list, update, diff, import or pack".into(),
        )),
    }
}

/// The path of an argument; clap requires it.
fn path(matches: &ArgMatches, name: &str) -> PathBuf {
    matches
        .get_one::<PathBuf>(name)
        .cloned()
        .unwrap_or_default()
}

fn import_into(source: &Path, into: &Path, with_docs: bool) -> Result<(), Failure> {
    let options = match with_docs {
        true => ImportOptions::default().with_docs(),
        false => ImportOptions::default(),
    };
    let report = Bar::during(format!("Importing {}", source.display()), || {
        import(source, into, options)
    });
    out::lines([report.map_err(|e| Failure::Other(e.into()))?])
}
