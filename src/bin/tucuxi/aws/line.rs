//! The arguments of an operation's command.

use serde_json::Value;
use tucuxi::internals::command::{Limits, nearest};
use tucuxi::model::{Kind, Location};

use super::given::{Given, Setter, body_of_base64};
use super::grammar;
use super::input;
use super::options::{Command, CommandOption, Document, Sets, raw_page_members};
use super::value::Reader;
use crate::failure::Failure;

/// Further members with which a caller pages by hand: the service, the operation and the member.
const RAW_PAGE_MEMBERS: &[(&str, &str, &str)] =
    &[("kinesis", "list-streams", "ExclusiveStartStreamName")];

/// Reads the arguments of a command.
///
/// # Errors
///
/// Returns an error if they are invalid.
pub(super) fn read(
    command: &Command<'_>,
    reader: &Reader<'_>,
    paginate: bool,
    args: Vec<String>,
) -> Result<Given, Failure> {
    let options = command.options();
    let has_out_file = command.streams();
    let parsed = grammar::parse(args, &options, usize::from(has_out_file) + 1);
    let parsed = parsed.map_err(Failure::Usage)?;
    let mut positionals = parsed.positionals;
    if positionals.last().is_some_and(|last| last == "help") {
        return Ok(Given {
            help: true,
            ..Given::default()
        });
    }
    let mut given = Given {
        out_file: (has_out_file && !positionals.is_empty()).then(|| positionals.remove(0)),
        ..Given::default()
    };
    let values = last_values(&options, parsed.options);
    // first, as a misspelt option may be the one that is missing
    let unknown = [parsed.rest, positionals].concat();
    if !unknown.is_empty() {
        return Err(unknown_options(&options, &unknown));
    }
    check_required(&options, &values, has_out_file && given.out_file.is_none())?;
    check_exclusive(command, &options, &values)?;
    given.pages = match paginate && command.paginator.is_some() {
        true => pages(command, &options, &values),
        false => None,
    };
    let mut documents = Vec::new();
    for (index, values) in values {
        let option = &options[index];
        let mut setter = Setter {
            command,
            reader,
            given: &mut given,
            documents: &mut documents,
        };
        let result = setter.set(&option.name, &option.sets, values);
        result.map_err(|wrong| wrong.of_option(&option.name))?;
    }
    match documents.len() {
        0 => {}
        1 => {
            for (form, text) in documents {
                add_document(command, reader, &mut given, form, &text)?;
            }
        }
        _ => {
            return Err(Failure::Usage(
                "--cli-input-json and --cli-input-yaml exclude each other".into(),
            ));
        }
    }
    Ok(given)
}

/// Returns the values of each option, those of its last occurrence, in the order of the table.
fn last_values(
    options: &[CommandOption<'_>],
    given: Vec<(usize, Vec<String>)>,
) -> Vec<(usize, Vec<String>)> {
    let mut last: Vec<(usize, Vec<String>)> = Vec::new();
    for (index, values) in given {
        last.retain(|(known, _)| !is_same(&options[*known], &options[index]));
        last.push((index, values));
    }
    last.sort_by_key(|(index, _)| *index);
    last
}

/// Whether two options set the same: they are one, or a switch and its opposite.
fn is_same(a: &CommandOption<'_>, b: &CommandOption<'_>) -> bool {
    match (&a.sets, &b.sets) {
        (Sets::Flag(a, _), Sets::Flag(b, _)) => std::ptr::eq(*a, *b),
        _ => a.name == b.name,
    }
}

fn check_required(
    options: &[CommandOption<'_>],
    values: &[(usize, Vec<String>)],
    lacks_out_file: bool,
) -> Result<(), Failure> {
    let needs_nothing = values
        .iter()
        .any(|(index, values)| match options[*index].sets {
            Sets::Document(_) => true,
            Sets::Skeleton => values.first().is_none_or(|value| value != "output"),
            _ => false,
        });
    let is_given = |index| values.iter().any(|(given, _)| *given == index);
    let missing = options.iter().enumerate();
    let missing = missing.filter(|(index, option)| option.required && !is_given(*index));
    let mut missing: Vec<String> = missing
        .map(|(_, option)| format!("--{}", option.name))
        .collect();
    if lacks_out_file {
        missing.push("OUTFILE".into());
    }
    if missing.is_empty() || needs_nothing {
        return Ok(());
    }
    let verb = match missing.len() {
        1 => "is",
        _ => "are",
    };
    Err(Failure::Usage(format!(
        "{} {verb} required",
        missing.join(", ")
    )))
}

fn unknown_options(options: &[CommandOption<'_>], unknown: &[String]) -> Failure {
    let texts = unknown.iter().map(|word| match word.strip_prefix("--") {
        None => word.clone(),
        Some(name) => {
            let near = nearest(name, options.iter().map(|option| &*option.name));
            match near.first() {
                None => word.clone(),
                Some(near) => format!("{word} (did you mean --{near}?)"),
            }
        }
    });
    let texts: Vec<String> = texts.collect();
    Failure::Usage(format!("unknown options: {}", texts.join(", ")))
}

fn check_exclusive(
    command: &Command<'_>,
    options: &[CommandOption<'_>],
    values: &[(usize, Vec<String>)],
) -> Result<(), Failure> {
    let groups = command.custom().map_or(&[][..], |custom| custom.exclusive);
    let given_of = |names: &[&'static str]| {
        let mut given = values.iter().map(|(index, _)| &*options[*index].name);
        given.find_map(|name| names.iter().find(|known| **known == name).copied())
    };
    for [one, other] in groups {
        if let (Some(one), Some(other)) = (given_of(one), given_of(other)) {
            return Err(Failure::Usage(format!(
                "--{one} and --{other} exclude each other"
            )));
        }
    }
    if let (Some(yes), Some(no)) = switches(options, values) {
        return Err(Failure::Usage(format!(
            "--{yes} and --{no} exclude each other"
        )));
    }
    Ok(())
}

/// Returns a switch of a structure and its opposite, if both are given.
fn switches<'o>(
    options: &'o [CommandOption<'_>],
    values: &[(usize, Vec<String>)],
) -> (Option<&'o str>, Option<&'o str>) {
    let given = || values.iter().map(|(index, _)| &options[*index]);
    for option in given() {
        let Sets::Switch(member, false) = option.sets else {
            continue;
        };
        let is_opposite = |other: &&CommandOption<'_>| matches!(other.sets, Sets::Switch(of, true) if std::ptr::eq(of, member));
        if let Some(opposite) = given().find(is_opposite) {
            return (Some(&opposite.name), Some(&option.name));
        }
    }
    (None, None)
}

/// Returns empty settings of the pagination, or `None` if an option pages by hand.
fn pages(
    command: &Command<'_>,
    options: &[CommandOption<'_>],
    values: &[(usize, Vec<String>)],
) -> Option<Limits> {
    let is_raw = values.iter().any(|(index, _)| match options[*index].sets {
        Sets::Member(member) => is_raw_page_member(command, &member.name),
        _ => false,
    });
    (!is_raw).then(Limits::default)
}

fn is_raw_page_member(command: &Command<'_>, name: &str) -> bool {
    let service = command.service.unwrap_or_default();
    let mut of_paginator = command.paginator.into_iter().flat_map(raw_page_members);
    of_paginator.any(|raw| raw == name) || RAW_PAGE_MEMBERS.contains(&(service, command.name, name))
}

/// Adds the parameters of a document that no option sets.
fn add_document(
    command: &Command<'_>,
    reader: &Reader<'_>,
    given: &mut Given,
    form: Document,
    text: &str,
) -> Result<(), Failure> {
    let option = match form {
        Document::Json => "cli-input-json",
        Document::Yaml => "cli-input-yaml",
    };
    let usage = |e: String| Failure::Usage(format!("--{option}: {e}"));
    let mut params = input::parse(form, text).map_err(usage)?;
    let Some(input) = command.operation.input else {
        return match params.is_empty() {
            true => Ok(()),
            false => Err(usage("the operation has no parameters".into())),
        };
    };
    if params.keys().any(|name| is_raw_page_member(command, name)) {
        given.pages = None;
    }
    let mut value = Value::Object(std::mem::take(&mut params));
    reader.encode_blobs(input, &mut value).map_err(usage)?;
    let Value::Object(params) = value else {
        return Ok(());
    };
    let shape = command.model.shape(input)?;
    for (name, value) in params {
        let member = shape.members().and_then(|members| members.get(&name));
        let is_body = member.is_some_and(|member| {
            let kind = command.model.shape(member.target).map(|shape| &shape.kind);
            member.location == Location::Payload && matches!(kind, Ok(Kind::Blob))
        });
        match is_body {
            true if given.body.is_none() => {
                let body = body_of_base64(&value);
                given.body = Some(body.map_err(|wrong| wrong.of_option(option))?);
            }
            true => {}
            false => {
                given.params.entry(name).or_insert(value);
            }
        }
    }
    Ok(())
}
