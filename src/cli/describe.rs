//! `tucuxi describe SERVICE OPERATION [--json]`

use std::io::{self, Write};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::documentation;
use super::{Failure, operation_arg, required, service_arg};
use crate::printable::PrintableLines;

pub(super) fn command() -> Command {
    Command::new("describe")
        .about("Shows what an operation takes and gives: shapes, required members, values")
        .arg(service_arg())
        .arg(operation_arg())
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("As JSON"),
        )
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let model = super::client(matches)?.model(required(matches, "SERVICE"))?;
    let described = model.describe(required(matches, "OPERATION"))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    if matches.get_flag("json") {
        serde_json::to_writer_pretty(&mut out, &described).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        let mut text = Vec::new();
        write_text(&described, &mut text)?;
        write!(out, "{}", PrintableLines(String::from_utf8_lossy(&text)))?;
    }
    Ok(out.flush()?)
}

fn write_text(described: &Value, out: &mut impl Write) -> io::Result<()> {
    let text = |name: &str| described[name].as_str().unwrap_or("nothing");
    let http = |name: &str| described["http"][name].as_str().unwrap_or_default();
    writeln!(out, "{}.{}", text("service"), text("operation"))?;
    writeln!(
        out,
        "{} {} ({})",
        http("method"),
        http("uri"),
        text("protocol")
    )?;
    write_documentation(described, 0, out)?;
    writeln!(out, "input   {}", text("input"))?;
    writeln!(out, "output  {}", text("output"))?;
    let errors: Vec<&str> = (described["errors"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    if !errors.is_empty() {
        writeln!(out, "errors  {}", errors.join(", "))?;
    }
    let shapes = &described["shapes"];
    for (name, shape) in shapes.as_object().into_iter().flatten() {
        let Some(members) = shape["members"].as_object() else {
            continue; // told where a member has it
        };
        let kind = shape["type"].as_str().unwrap_or_default();
        writeln!(out, "\n{name}: {kind}")?;
        write_documentation(shape, 2, out)?;
        let width = members.keys().map(String::len).max().unwrap_or(0);
        for (member, of) in members {
            let required = (shape["required"].as_array())
                .is_some_and(|names| names.iter().any(|n| *n == **member));
            let star = if required { '*' } else { ' ' };
            let target = of["shape"].as_str().unwrap_or_default();
            let place = of["location"].as_str().map(|place| format!(" ({place})"));
            let kind = kind_of(shapes, target, 0);
            writeln!(
                out,
                "  {star} {member:width$}  {kind}{}",
                place.unwrap_or_default()
            )?;
            write_documentation(of, 8, out)?;
        }
    }
    writeln!(out, "\n* required")
}

/// What the model says of an operation, a shape or a member; nothing where it was imported without documentation.
fn write_documentation(of: &Value, indent: usize, out: &mut impl Write) -> io::Result<()> {
    let html = of["documentation"].as_str().unwrap_or_default();
    for line in documentation::lines(html, indent) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// A member's type, with lists and maps spelled out down to a structure.
fn kind_of(shapes: &Value, name: &str, depth: usize) -> String {
    let shape = &shapes[name];
    let of = |part: &str| kind_of(shapes, shape[part].as_str().unwrap_or_default(), depth + 1);
    let mut text = match shape["type"].as_str().unwrap_or_default() {
        _ if depth > 8 => name.to_owned(), // a list of itself
        "structure" | "union" => name.to_owned(),
        "list" => format!("list of {}", of("member")),
        "map" => format!("map of {} to {}", of("key"), of("value")),
        scalar => scalar.to_owned(),
    };
    for (trait_name, word) in [("streaming", "streaming"), ("sensitive", "a secret")] {
        if shape[trait_name] == true {
            text = format!("{text}, {word}");
        }
    }
    for (bound, word) in [("min", "at least"), ("max", "at most")] {
        if let Some(bound) = shape.get(bound) {
            text = format!("{text}, {word} {bound}");
        }
    }
    if let Some(values) = shape["enum"].as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        text = format!("{text}: {}", values.join(" | "));
    }
    text
}
