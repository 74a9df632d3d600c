//! `tucuxi call SERVICE OPERATION [JSON | @FILE | -]`

use std::io::{self, Write};

use clap::{Arg, ArgAction, ArgMatches, Command};
use tucuxi::internals::command::{Limits, next_page};
use tucuxi::query::Query;
use tucuxi::{Client, Output};

use crate::args::{self, required};
use crate::body::{self, Destination};
use crate::failure::Failure;
use crate::fan::{self, Fan};
use crate::output::{Rows, Style};
use crate::{Subcommand, out};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand {
    name: "call",
    define,
    run,
};

fn define(command: Command) -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    command
        .about("Calls an operation and prints the response as JSON")
        .arg(args::service())
        .arg(args::operation())
        .arg(args::params())
        .arg(option(
            "query",
            "EXPRESSION",
            "Prints the result of this JMESPath expression instead of the whole response",
        ))
        .arg(
            Arg::new("paginate")
                .long("paginate")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["body", "out"])
                .help("Fetches all pages of a listing, and prints them as one response"),
        )
        .args(fan::OPTIONS.map(|(name, value, help)| {
            option(name, value, help)
                .value_delimiter(',')
                .action(ArgAction::Append)
                .conflicts_with_all(["body", "out"])
        }))
        .arg(option(
            "body",
            "FILE",
            "Sends a file as the body of the request; - for stdin",
        ))
        .arg(option(
            "out",
            "FILE",
            "Writes the body of the response to a file, which is replaced once the body is complete; - for stdout",
        ))
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let query = matches
        .get_one::<String>("query")
        .map(|text| Query::compile(text));
    let query = query
        .transpose()
        .map_err(|e| Failure::Usage(format!("--query: {e}")))?;
    let params = args::read_params(required(matches, "PARAMS"))?;
    let client = args::client(matches)?;
    let service = required(matches, "SERVICE");
    let operation = required(matches, "OPERATION");
    let list = |name| {
        let values = matches.get_many::<String>(name).into_iter().flatten();
        values.cloned().collect()
    };
    if let Some(fan) = Fan::of(fan::OPTIONS.map(|(name, ..)| list(name)))? {
        let call = fan::Call {
            service: service.into(),
            operation: operation.into(),
            params,
            limits: matches.get_flag("paginate").then(Limits::default),
            change: None,
        };
        return fan.call(
            &client,
            call,
            Rows::new(&Style::json(query.as_ref()), out::json()),
        );
    }
    let mut request = client.request(service, operation).params(params);
    if matches.get_flag("paginate") {
        return out::value(&request.pages()?.collect_full()?, query.as_ref());
    }
    if let Some(path) = matches.get_one::<String>("body") {
        request = request.body(body::request(path)?);
    }
    if let Some(path) = matches.get_one::<String>("out") {
        let destination = Destination::open(path)?;
        let is_stdout = destination.is_stdout();
        let mut output = request.send()?;
        destination.write(&mut output)?;
        return match is_stdout {
            true => Ok(()),
            false => out::response(&output, query.as_ref()),
        };
    }
    let model = client.model(service)?;
    let output = match body::payload(&model, model.operation(operation)?)? {
        None => request.send_buffered()?,
        Some(name) => {
            let mut output = request.send()?;
            body::into_json(&mut output, &name)?;
            output
        }
    };
    out::response(&output, query.as_ref())?;
    note_next_page(&client, service, operation, &output)
}

/// Reports on stderr that there are more pages, which a query may hide. A page without readable tokens is no error: the
/// response was printed.
fn note_next_page(
    client: &Client,
    service: &str,
    operation: &str,
    output: &Output,
) -> Result<(), Failure> {
    let known = client.introspect().service(service)?;
    let name = &known.operation(operation)?.name;
    let Ok(Some(paginator)) = known.paginator(name) else {
        return Ok(());
    };
    let next = output
        .to_value()
        .and_then(|page| next_page(&page, &paginator))
        .unwrap_or_default();
    if !next.is_empty() {
        let steps: Vec<String> = next
            .iter()
            .map(|(input, output)| format!("{input} set to the response's {output}"))
            .collect();
        let _ = writeln!(
            io::stderr(),
            "tucuxi: {service}.{name}: this is one page, and there are more; pass --paginate, or repeat the call with {}",
            steps.join(" and ")
        );
    }
    Ok(())
}
