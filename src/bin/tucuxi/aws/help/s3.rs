//! `tucuxi s3 help` and the pages of its commands.

use super::super::s3::{ABOUT, COMMANDS, Command, NAME};
use super::page::{Page, STEP};
use super::procedure::heading;

pub(super) fn write(page: &mut Page) {
    page.heading("NAME");
    page.paragraph(STEP, &format!("{NAME}: {ABOUT}"));
    page.heading("USAGE");
    page.paragraph(STEP, &format!("tucuxi {NAME} COMMAND [OPTIONS]"));
    page.paragraph(STEP, &format!("tucuxi {NAME} COMMAND help"));
    page.heading("COMMANDS");
    let rows: Vec<(&str, &str)> = COMMANDS.iter().map(|c| (c.name, c.about)).collect();
    page.table(STEP, &rows);
    page.heading("PATHS");
    page.paragraph(STEP, "An S3Uri is s3://BUCKET/KEY, where the bucket may be the ARN of an access point; anything else is a LocalPath. With --recursive, the key is a prefix and the path a folder.");
    page.heading("FILTERS");
    page.paragraph(STEP, "--exclude and --include apply to paths below the source, in the order of the line: the last one that matches decides. In a pattern, * is any text, slashes included, ? is one character, [ab-z] is one of these, and [!ab-z] is one that is none of these.");
    page.heading("EXIT CODES");
    page.table(
        STEP,
        &[
            ("0", "everything was transferred"),
            ("1", "something failed"),
            ("2", "something was skipped with a warning"),
            ("130", "Ctrl-C"),
            ("252", "the command line is invalid"),
        ],
    );
    page.heading("SEE ALSO");
    page.lines(STEP, "tucuxi s3api help: the operations of the service");
}

/// `tucuxi s3 COMMAND help`
pub(super) fn write_command(command: &Command, page: &mut Page) {
    page.heading("NAME");
    let name = format!("{NAME} {}: {}", command.name, command.about);
    page.paragraph(STEP, &name);
    page.heading("USAGE");
    for form in command.usage.split(" or ") {
        let usage = format!("tucuxi {NAME} {} {form} [OPTIONS]", command.name);
        page.paragraph(STEP, &usage);
    }
    page.heading("OPTIONS");
    let options = command.options();
    let rows: Vec<(String, &str)> = options
        .iter()
        .map(|flag| (heading(flag), flag.help))
        .collect();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(form, help)| (&**form, *help)).collect();
    page.table(STEP, &rows);
    page.heading("SEE ALSO");
    page.lines(
        STEP,
        "tucuxi help     the options of every command\ntucuxi s3 help  paths, filters, exit codes",
    );
}
