//! `tucuxi SERVICE OPERATION help`: how an operation is called, and what it returns.

use serde_json::Value;
use tucuxi::Client;
use tucuxi::internals::command::{describe_shape, operation_documentation};
use tucuxi::model::names::kebab_case;
use tucuxi::model::{Kind, Member, Shape};

use super::super::grammar::Takes;
use super::super::options::{Command, CommandOption, Document, Sets};
use super::page::{Page, STEP};
use super::syntax::Syntax;

/// The valid values that are shown: EC2 has a thousand types of instances.
const MOST_VALUES: usize = 40;

/// Writes the page of an operation: options, result, waiters and errors.
pub(super) fn write(command: &Command<'_>, client: &Client, page: &mut Page) {
    let service = command.service.unwrap_or_default();
    let options = command.options();
    page.heading("NAME");
    let name = format!(
        "{service} {}: calls {}",
        command.name, command.operation.name
    );
    page.paragraph(STEP, &name);
    if command.operation.deprecated {
        page.paragraph(STEP, "Deprecated: the service may end it.");
    }
    let documentation = operation_documentation(command.model, command.operation);
    page.documentation(STEP, documentation.as_deref());
    page.heading("USAGE");
    page.form(STEP, 2 * STEP, &usage(command, &options));
    write_options(command, &options, page);
    write_result(command, page);
    write_waiters(command, client, page);
    let errors = command.operation.errors.iter();
    let errors: Vec<&str> = errors.map(|id| command.model.shape_name(*id)).collect();
    if !errors.is_empty() {
        page.heading("ERRORS");
        page.paragraph(STEP, &errors.join(", "));
    }
    page.heading("SEE ALSO");
    page.lines(
        STEP,
        "tucuxi help                     the options of every command",
    );
    page.lines(STEP, &format!("tucuxi {service} help"));
}

fn usage(command: &Command<'_>, options: &[CommandOption<'_>]) -> String {
    let mut usage = format!(
        "tucuxi {} {}",
        command.service.unwrap_or_default(),
        command.name
    );
    let syntax = Syntax {
        model: command.model,
    };
    for option in options.iter().filter(|option| option.required) {
        usage += &format!(" {}", heading(option, syntax));
    }
    if options.iter().any(|option| !option.required) {
        usage += " [OPTIONS]";
    }
    if command.streams() {
        usage += " OUTFILE";
    }
    usage
}

/// An option with the place of its value.
fn heading(option: &CommandOption<'_>, syntax: Syntax<'_>) -> String {
    let value = match &option.sets {
        Sets::Member(member) => value_name(member, syntax),
        Sets::Nested { inner, .. } | Sets::Lone(_, inner) => value_name(inner, syntax),
        Sets::Page(..) => "VALUE",
        Sets::Document(Document::Json) => "JSON",
        Sets::Document(Document::Yaml) => "YAML",
        Sets::Saved(_) => "FILE",
        _ => "VALUE",
    };
    let name = &option.name;
    match option.takes {
        Takes::None => format!("--{name}"),
        Takes::One | Takes::Two => format!("--{name} {value}"),
        Takes::Optional => format!("--{name} [{value}]"),
        Takes::Any | Takes::Some => format!("--{name} {value} ..."),
    }
}

fn value_name(member: &Member, syntax: Syntax<'_>) -> &'static str {
    let kind = syntax.shape(member.target).map(|shape| &shape.kind);
    let kind = match kind {
        Some(Kind::List(item)) => syntax.shape(item.target).map(|shape| &shape.kind),
        kind => kind,
    };
    match kind {
        Some(Kind::Blob) => "BLOB",
        Some(
            Kind::BigDecimal
            | Kind::BigInteger
            | Kind::Double
            | Kind::Float
            | Kind::Integer
            | Kind::Long,
        ) => "NUMBER",
        Some(Kind::Timestamp) => "TIME",
        Some(Kind::String) => "TEXT",
        _ => "VALUE",
    }
}

fn write_options(command: &Command<'_>, options: &[CommandOption<'_>], page: &mut Page) {
    let (required, rest): (Vec<_>, Vec<_>) = options.iter().partition(|option| option.required);
    let input = command
        .operation
        .input
        .map(|id| describe_shape(command.model, id));
    let input = input.unwrap_or_default();
    for (title, options) in [("REQUIRED OPTIONS", required), ("OPTIONS", rest)] {
        if options.is_empty() {
            continue;
        }
        page.heading(title);
        for option in options {
            write_option(command, option, &input, page);
        }
    }
}

fn write_option(command: &Command<'_>, option: &CommandOption<'_>, input: &Value, page: &mut Page) {
    let syntax = Syntax {
        model: command.model,
    };
    let term = |page: &mut Page, text: &str| page.term(STEP, text);
    match &option.sets {
        Sets::Flag(member, true) | Sets::Switch(member, true) => {
            term(page, &format!("--{name} | --no-{name}", name = option.name));
            write_member(command, member, input, page);
        }
        // shown with the other one
        Sets::Flag(..) | Sets::Switch(..) => {}
        Sets::Member(member) | Sets::Nested { inner: member, .. } => {
            term(page, &heading(option, syntax));
            write_member(command, member, input, page);
        }
        Sets::Lone(member, _) => {
            term(page, &heading(option, syntax));
            let text = format!("sets {} to a list of these", member.name);
            page.paragraph(2 * STEP, &text);
        }
        Sets::Page(kind, _) => {
            term(page, &heading(option, syntax));
            page.paragraph(2 * STEP, kind.help());
        }
        Sets::Document(document) => {
            term(page, &heading(option, syntax));
            page.paragraph(2 * STEP, document.help());
        }
        Sets::Skeleton => {
            term(
                page,
                "--generate-cli-skeleton [input | yaml-input | output]",
            );
            page.paragraph(
                2 * STEP,
                "prints the form of all parameters, or of the result, and calls nothing",
            );
        }
        Sets::Choice(values) => {
            term(page, &heading(option, syntax));
            page.paragraph(2 * STEP, &format!("one of {}", values.join(", ")));
        }
        Sets::Saved(_) => {
            term(page, &heading(option, syntax));
            page.paragraph(
                2 * STEP,
                "the file for a part of the result that only its owner may read",
            );
        }
        Sets::Added(_) => term(page, &heading(option, syntax)),
    }
}

/// What an option's member says: documentation, type, limits, valid values, and how structures are written.
fn write_member(command: &Command<'_>, member: &Member, input: &Value, page: &mut Page) {
    let indent = 2 * STEP;
    let syntax = Syntax {
        model: command.model,
    };
    let Some(shape) = syntax.shape(member.target) else {
        return;
    };
    page.documentation(
        indent,
        input["members"][&member.name]["documentation"].as_str(),
    );
    let facts = facts(command, member, shape);
    // the place of the value says as much as the name of a plain type
    if !matches!(&facts[..], [kind] if ["string", "boolean"].contains(&&**kind)) {
        page.paragraph(indent, &facts.join(", "));
    }
    if let Some(values) = values_of(syntax, shape) {
        page.form(
            indent,
            indent + STEP,
            &format!("values: {}", some_of(values)),
        );
        if values.len() > MOST_VALUES {
            let (service, operation) = (command.model.name(), &command.operation.name);
            let all = format!(
                "All {} are in tucuxi describe {service} {operation}.",
                values.len()
            );
            page.paragraph(indent, &all);
        }
    }
    if let Some(shorthand) = syntax.shorthand(member.target)
        && !is_list_of_scalars(syntax, shape)
    {
        page.form(indent, indent + STEP, &format!("shorthand: {shorthand}"));
    }
    if matches!(
        shape.kind,
        Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. } | Kind::Document
    ) && !is_list_of_scalars(syntax, shape)
    {
        page.paragraph(indent, "JSON:");
        let json = serde_json::to_string_pretty(&syntax.json(member.target)).unwrap_or_default();
        page.lines(indent + STEP, &json);
    }
}

fn is_list_of_scalars(syntax: Syntax<'_>, shape: &Shape) -> bool {
    let Kind::List(item) = &shape.kind else {
        return false;
    };
    let kind = syntax.shape(item.target).map(|shape| &shape.kind);
    !matches!(
        kind,
        Some(
            Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. } | Kind::Document
        )
    )
}

fn facts(command: &Command<'_>, member: &Member, shape: &Shape) -> Vec<String> {
    let syntax = Syntax {
        model: command.model,
    };
    let mut facts = vec![syntax.type_name(member.target)];
    let described = describe_shape(command.model, member.target);
    for (bound, text) in [("min", "at least"), ("max", "at most")] {
        if let Some(number) = described.get(bound) {
            facts.push(format!("{text} {number}"));
        }
    }
    if let Some(pattern) = described["pattern"].as_str() {
        facts.push(format!("pattern {pattern}"));
    }
    if shape.streaming {
        facts.push("the name of a file, which is the body of the request".into());
    } else if matches!(shape.kind, Kind::Blob) {
        facts.push("base64, or fileb:// and the name of a file".into());
    }
    if shape.sensitive {
        facts.push("a secret".into());
    }
    if member.idempotency_token {
        facts.push("by default a random UUID".into());
    }
    facts
}

/// The valid values of a text, or of those in a list.
fn values_of<'m>(syntax: Syntax<'m>, shape: &'m Shape) -> Option<&'m [String]> {
    let shape = match &shape.kind {
        Kind::List(item) => syntax.shape(item.target)?,
        _ => shape,
    };
    (!shape.values.is_empty()).then_some(&*shape.values)
}

fn some_of(values: &[String]) -> String {
    match values.get(..MOST_VALUES) {
        Some(first) if values.len() > MOST_VALUES => format!("{}, ...", first.join(", ")),
        _ => values.join(", "),
    }
}

fn write_result(command: &Command<'_>, page: &mut Page) {
    page.heading("RESULT");
    if command.streams() {
        let name = command.body_name().unwrap_or("the events");
        page.paragraph(
            STEP,
            &format!("{name} goes to the file OUTFILE; the rest is printed."),
        );
    }
    if command.paginator.is_some() {
        page.paragraph(STEP, "All pages are requested and merged, unless --no-paginate or an option of the paging says otherwise.");
    }
    let syntax = Syntax {
        model: command.model,
    };
    match command.operation.output {
        Some(output) if has_members(syntax, output) => {
            let json = serde_json::to_string_pretty(&syntax.json(output)).unwrap_or_default();
            page.lines(STEP, &json);
        }
        _ => page.paragraph(STEP, "nothing"),
    }
}

fn has_members(syntax: Syntax<'_>, target: tucuxi::model::ShapeId) -> bool {
    let members = syntax.shape(target).and_then(|shape| shape.members());
    members.is_some_and(|members| !members.is_empty())
}

/// The waiters that poll this operation.
fn write_waiters(command: &Command<'_>, client: &Client, page: &mut Page) {
    let service = command.model.name();
    let Ok(known) = client.introspect().service(service) else {
        return;
    };
    let mut lines = Vec::new();
    for name in known.waiters().unwrap_or_default() {
        let Ok((_, waiter)) = known.waiter(&name) else {
            continue;
        };
        if waiter.operation == command.operation.name {
            let service = command.service.unwrap_or(service);
            lines.push(format!("tucuxi {service} wait {}", kebab_case(&name)));
        }
    }
    if !lines.is_empty() {
        page.heading("WAITERS");
        page.lines(STEP, &lines.join("\n"));
    }
}
