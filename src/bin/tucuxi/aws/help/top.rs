//! `tucuxi help`

use tucuxi::Client;

use super::super::{commands, globals, procedure, s3};
use super::page::{Page, STEP};
use crate::fan;

/// `others` are the commands that are not services, with what they do.
pub(super) fn write(client: &Client, others: &[(&str, String)], page: &mut Page) {
    page.heading("NAME");
    page.paragraph(
        STEP,
        "tucuxi: calls any operation of any AWS service, with the command lines of aws",
    );
    page.heading("USAGE");
    page.lines(STEP, "tucuxi SERVICE OPERATION [OPTIONS]");
    page.lines(STEP, "tucuxi SERVICE OPERATION help");
    page.lines(STEP, "tucuxi SERVICE help");
    page.lines(STEP, "tucuxi COMMAND [OPTIONS]");
    page.heading("COMMANDS");
    let mut rows: Vec<(&str, &str)> = procedure::commands().collect();
    rows.extend(others.iter().map(|(name, about)| (*name, &**about)));
    page.table(STEP, &rows);
    page.heading("OPTIONS");
    let options = globals::help();
    let rows: Vec<(&str, &str)> = options
        .iter()
        .map(|(name, help)| (&**name, *help))
        .collect();
    page.table(STEP, &rows);
    page.heading("OPTIONS OF OPERATIONS");
    let options = fan::OPTIONS.map(|(name, value, help)| (format!("--{name} {value}"), help));
    let rows: Vec<(&str, &str)> = options
        .iter()
        .map(|(name, help)| (&**name, *help))
        .collect();
    page.table(STEP, &rows);
    page.heading("VALUES");
    page.paragraph(STEP, "file://PATH stands for the text of a file and fileb://PATH for its bytes. Lists are written with spaces between their items, structures as Name=value,Other=value or as JSON.");
    page.heading("SERVICES");
    let mut services: Vec<String> = (client.introspect().services().unwrap_or_default().iter())
        .map(|service| commands::command_of(service).to_owned())
        .chain(
            procedure::groups()
                .filter(|group| procedure::find(group, "").is_none())
                .map(str::to_owned),
        )
        .collect();
    services.push(s3::NAME.to_owned());
    services.sort_unstable();
    page.columns(STEP, &services);
}
