//! `tucuxi describe SERVICE OPERATION [--json | --json-schema [--output] | --skeleton [--full]]`

use std::io::{self, Write};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use serde_json::Value;
use tucuxi::internals::command::PrintableLines;
use tucuxi::model::Skeleton;

use crate::args::{self, required};
use crate::failure::Failure;
use crate::{Subcommand, documentation, out};

/// The maximum width of a line of documentation.
const WIDTH: usize = 100;

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "describe",
    define,
    run,
};

fn define(command: Command) -> Command {
    command
        .about("Shows the input and output of an operation: shapes, required members, valid values")
        .arg(args::service())
        .arg(args::operation())
        .arg(switch("json", "Prints JSON"))
        .arg(switch(
            "json-schema",
            "Prints the JSON Schema of the parameters",
        ))
        .arg(
            switch("output", "With --json-schema: prints that of the result")
                .requires("json-schema")
                .conflicts_with_all(["json", "skeleton"]),
        )
        .arg(switch(
            "skeleton",
            "Prints parameters to fill in: the required members",
        ))
        .arg(
            switch("full", "With --skeleton: prints all members")
                .requires("skeleton")
                .conflicts_with_all(["json", "json-schema"]),
        )
        .group(ArgGroup::new("form").args(["json", "json-schema", "skeleton"]))
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let (service, operation) = (required(matches, "SERVICE"), required(matches, "OPERATION"));
    let known = args::client(matches)?.introspect().service(service)?;
    let is_set = |name: &str| matches.get_flag(name);
    let value = match () {
        () if is_set("json-schema") && is_set("output") => known.output_schema(operation)?,
        () if is_set("json-schema") => known.input_schema(operation)?,
        () if is_set("skeleton") && is_set("full") => known.skeleton(operation, Skeleton::Full)?,
        () if is_set("skeleton") => known.skeleton(operation, Skeleton::Minimal)?,
        () => known.describe(operation)?,
    };
    if matches.contains_id("form") {
        return out::value(&value, None);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    write!(out, "{}", PrintableLines(text(&value)))?;
    Ok(out.flush()?)
}

/// The description of an operation as text.
pub(crate) fn text(described: &Value) -> String {
    let mut text = Vec::new();
    // writing to memory cannot fail
    let _ = write_text(described, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn write_text(described: &Value, out: &mut impl Write) -> io::Result<()> {
    let text = |name: &str| described[name].as_str().unwrap_or("none");
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
    for name in (described["shapes"].as_object().into_iter()).flat_map(|shapes| shapes.keys()) {
        write_structure(described, name, out)?;
    }
    writeln!(out, "\n* required")
}

/// Writes a structure or union with its members. Other shapes are written as the types of members.
fn write_structure(described: &Value, name: &str, out: &mut impl Write) -> io::Result<()> {
    let shapes = &described["shapes"];
    let shape = &shapes[name];
    let Some(members) = shape["members"].as_object() else {
        return Ok(());
    };
    let kind = shape["type"].as_str().unwrap_or_default();
    writeln!(out, "\n{name}: {kind}")?;
    write_documentation(shape, 2, out)?;
    let width = members.keys().map(String::len).max().unwrap_or(0);
    for (member, described_member) in members {
        let required = shape["required"].as_array();
        let is_required = required.is_some_and(|names| names.iter().any(|n| *n == **member));
        let star = if is_required { '*' } else { ' ' };
        let target = described_member["shape"].as_str().unwrap_or_default();
        let location = described_member["location"].as_str();
        let is_body = location == Some("payload") && shapes[target]["type"] == "blob";
        let note = match location {
            Some(_) if is_body && described["input"] == *name => " (the body: --body FILE)".into(),
            Some(_) if is_body && described["output"] == *name => " (the body: --out FILE)".into(),
            Some(location) => format!(" ({location})"),
            None => String::new(),
        };
        let kind = type_of(shapes, target, 0);
        writeln!(out, "  {star} {member:width$}  {kind}{note}")?;
        write_documentation(described_member, 8, out)?;
    }
    Ok(())
}

/// Writes the documentation of an operation, a shape or a member, if the model was imported with documentation.
fn write_documentation(of: &Value, indent: usize, out: &mut impl Write) -> io::Result<()> {
    let html = of["documentation"].as_str().unwrap_or_default();
    for line in documentation::lines(html, indent, WIDTH.saturating_sub(indent)) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The type of a member. Lists and maps are spelled out, structures are named.
fn type_of(shapes: &Value, name: &str, depth: usize) -> String {
    let shape = &shapes[name];
    let of = |part: &str| type_of(shapes, shape[part].as_str().unwrap_or_default(), depth + 1);
    let mut text = match shape["type"].as_str().unwrap_or_default() {
        _ if depth > 8 => name.to_owned(), // a list of lists of itself
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
