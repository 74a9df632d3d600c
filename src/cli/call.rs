//! `tucuxi call SERVICE OPERATION [JSON | @FILE | -]`

use std::io::{self, IsTerminal as _, Read, Write};

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::{Failure, operation_arg, required, service_arg, terminal};
use crate::body::Body;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::new_file::Writer;
use crate::output::Output;
use crate::paginate::next_page;
use crate::query::Query;

pub(super) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("call")
        .about("Calls an operation and prints its result as JSON")
        .arg(service_arg())
        .arg(operation_arg())
        .arg(params_arg())
        .arg(option(
            "query",
            "EXPRESSION",
            "Prints what this JMESPath expression finds in the result",
        ))
        .arg(option(
            "body",
            "FILE",
            "Sends a file as the streaming body; - for stdin",
        ))
        .arg(option(
            "out",
            "FILE",
            "Writes the streaming body of the response to a file, in place of the old one when it is whole; - for stdout",
        ))
}

pub(super) fn params_arg() -> Arg {
    Arg::new("PARAMS")
        .help("The parameters: JSON, @FILE with JSON, or - for JSON on stdin")
        .default_value("{}")
}

pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let query = matches
        .get_one::<String>("query")
        .map(|text| Query::compile(text));
    let query = query
        .transpose()
        .map_err(|e| Failure::Usage(format!("--query: {e}")))?;
    let params = params(required(matches, "PARAMS"))?;
    let client = super::client(matches)?;
    let service = required(matches, "SERVICE");
    let operation = required(matches, "OPERATION");
    let mut request = client.request(service, operation).params(params);
    match matches.get_one::<String>("body").map(|path| &**path) {
        None => {}
        Some("-") => request = request.body(Body::from_reader(io::stdin())),
        Some(path) => {
            let body =
                Body::file(path).map_err(|e| Failure::Usage(format!("--body {path}: {e}")))?;
            request = request.body(body);
        }
    }
    match matches.get_one::<String>("out") {
        None => {
            let output = request.send_buffered()?;
            print(&output, query.as_ref())?;
            note_next_page(&client, service, operation, &output)
        }
        Some(path) => {
            // before the request, so that nothing is asked for that could not be written
            let out = Out::open(path)?;
            let mut output = request.send()?;
            out.take(&mut output)?;
            match &**path {
                "-" => Ok(()),
                _ => print(&output, query.as_ref()),
            }
        }
    }
}

/// Says on stderr that there are further pages, which a query may hide. What is printed is right in any case, so a page that
/// cannot be judged is no failure.
fn note_next_page(
    client: &Client,
    service: &str,
    operation: &str,
    output: &Output,
) -> Result<(), Failure> {
    let model = client.model(service)?;
    let name = &model.operation(operation)?.name;
    let Ok(Some(paginator)) = client.paginator(service, name) else {
        return Ok(());
    };
    let next = output
        .value()
        .and_then(|page| next_page(&page, &paginator))
        .unwrap_or_default();
    if !next.is_empty() {
        let steps: Vec<String> = next
            .iter()
            .map(|(input, output)| format!("{input} set to the response's {output}"))
            .collect();
        let _ = writeln!(
            io::stderr(),
            "tucuxi: {service}.{name}: this is one page, and there are more; repeat the call with {}",
            steps.join(" and ")
        );
    }
    Ok(())
}

pub(super) fn params(text: &str) -> Result<Value, Failure> {
    let (place, text) = match text.strip_prefix('@') {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            (
                path,
                text.map_err(|e| Failure::Usage(format!("{path}: {e}")))?,
            )
        }
        None if text == "-" => {
            let mut text = String::new();
            let read = io::stdin().read_to_string(&mut text);
            read.map_err(|e| Failure::Usage(format!("stdin: {e}")))?;
            ("stdin", text)
        }
        None => ("the parameters", text.to_owned()),
    };
    serde_json::from_str(&text).map_err(|e| Failure::Usage(format!("{place}: not JSON: {e}")))
}

/// Straight from the reader, unless a query needs the tree. Nothing is printed of an empty result.
fn print(output: &Output, query: Option<&Query>) -> Result<(), Failure> {
    let stdout = io::stdout().lock();
    let mut out: Box<dyn Write> = match stdout.is_terminal() {
        true => Box::new(io::BufWriter::new(terminal::Shown::new(stdout))),
        false => Box::new(io::BufWriter::new(stdout)),
    };
    match query {
        None => output.write_json_pretty(&mut out).map_err(pipe)?,
        Some(query) => {
            let value = output.value()?;
            let found = query
                .search(&value)
                .map_err(|e| Failure::Usage(format!("--query: {e}")))?;
            serde_json::to_writer_pretty(&mut out, &*found).map_err(io::Error::from)?;
        }
    }
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// An error of our own stdout is not the service's.
fn pipe(error: Error) -> Failure {
    let io = (error.kind() == ErrorKind::Response).then(|| error.downcast_ref::<io::Error>());
    match io.flatten().map(io::Error::kind) {
        Some(io::ErrorKind::BrokenPipe) => Failure::Pipe,
        _ => error.into(),
    }
}

/// Where a streaming body goes.
struct Out<'p> {
    path: &'p str,
    /// None for stdout.
    writer: Option<Writer>,
}

impl<'p> Out<'p> {
    fn open(path: &'p str) -> Result<Self, Failure> {
        let writer = match path {
            "-" => None,
            path => Some(Writer::open(path.as_ref()).map_err(of(path))?),
        };
        Ok(Self { path, writer })
    }

    fn take(self, output: &mut Output) -> Result<(), Failure> {
        let path = self.path;
        let Some(body) = &mut output.body else {
            return Err(Failure::Usage(format!(
                "--out {path}: the operation streams no body"
            )));
        };
        match self.writer {
            None => io::copy(body, &mut io::stdout().lock()).map(drop)?,
            Some(writer) => writer.write_from(body).map_err(of(path))?,
        }
        Ok(())
    }
}

fn of(path: &str) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::Other(format!("{path}: {error}").into())
}
