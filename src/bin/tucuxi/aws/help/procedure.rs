//! `tucuxi SERVICE COMMAND help` of a command that is not one operation.

use super::super::flag::Flag;
use super::super::grammar::Takes;
use super::super::procedure::{self, Procedure};
use super::page::{Page, STEP};

pub(super) fn write(procedure: &Procedure, page: &mut Page) {
    let service = procedure.service;
    let command = procedure.command();
    page.heading("NAME");
    page.paragraph(STEP, &format!("{command}: {}", procedure.about));
    page.heading("USAGE");
    let positionals = procedure.positionals.iter().map(|place| place.name.into());
    let (required, rest): (Vec<_>, Vec<_>) = procedure.flags.iter().partition(|flag| flag.required);
    let options = required.iter().map(|flag| heading(flag));
    let mut words = vec![format!("tucuxi {command}")];
    words.extend(positionals.chain(options));
    if !rest.is_empty() {
        words.push("[OPTIONS]".into());
    }
    page.form(STEP, 2 * STEP, &words.join(" "));
    let is_group = procedure.name.is_empty();
    let parts = if is_group {
        commands(service)
    } else {
        Vec::new()
    };
    if !parts.is_empty() {
        page.paragraph(STEP, &format!("tucuxi {service} COMMAND [OPTIONS]"));
        page.paragraph(STEP, &format!("tucuxi {service} COMMAND help"));
        page.heading("COMMANDS");
        page.table(STEP, &parts);
    }
    if !procedure.notes.is_empty() {
        page.heading("DESCRIPTION");
        for note in procedure.notes {
            page.paragraph(STEP, note);
        }
    }
    if !procedure.positionals.is_empty() {
        page.heading("ARGUMENTS");
        for positional in procedure.positionals {
            page.term(STEP, positional.name);
            page.paragraph(2 * STEP, positional.help);
        }
    }
    for (title, flags) in [("REQUIRED OPTIONS", required), ("OPTIONS", rest)] {
        if flags.is_empty() {
            continue;
        }
        page.heading(title);
        for flag in flags {
            page.term(STEP, &heading(flag));
            page.paragraph(2 * STEP, flag.help);
        }
    }
    page.heading("SEE ALSO");
    page.lines(
        STEP,
        "tucuxi help                     the options of every command",
    );
    if !is_group {
        page.lines(STEP, &format!("tucuxi {service} help"));
    }
}

/// `tucuxi GROUP help`
pub(super) fn write_group(group: &str, page: &mut Page) {
    page.heading("USAGE");
    page.paragraph(STEP, &format!("tucuxi {group} COMMAND [OPTIONS]"));
    page.paragraph(STEP, &format!("tucuxi {group} COMMAND help"));
    page.heading("COMMANDS");
    page.table(STEP, &commands(group));
}

/// The commands of a group, and what they do.
fn commands(group: &str) -> Vec<(&'static str, &'static str)> {
    let all = procedure::of_service(group).filter(|procedure| !procedure.name.is_empty());
    all.map(|procedure| (procedure.name, procedure.about))
        .collect()
}

/// An option with the place of its value.
pub(super) fn heading(flag: &Flag) -> String {
    let value = match flag.choices {
        [] => flag.value.to_owned(),
        choices => choices.join("|"),
    };
    let name = flag.name;
    match flag.takes {
        Takes::None => format!("--{name}"),
        Takes::One | Takes::Two => format!("--{name} {value}"),
        Takes::Optional => format!("--{name} [{value}]"),
        Takes::Any | Takes::Some => format!("--{name} {value} ..."),
    }
}
