//! Calls an operation with the parameters of its options.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tucuxi::internals::command::Writer;
use tucuxi::{Client, Output, RequestBuilder};

use super::given::{Given, Skeleton};
use super::globals::Globals;
use super::options::Command;
use super::result::Results;
use super::save::Saved;
use super::value::Reader;
use super::{Run, commands, help, line, session, skeleton, unknown_command};
use crate::failure::Failure;
use crate::fan::{self, Fan};

/// Runs the command of an operation.
pub(super) fn run(run: Run<'_, '_>, name: &str, mut args: Vec<String>) -> Result<(), Failure> {
    let Run {
        globals,
        client,
        service,
        model,
        out,
        folder,
    } = run;
    let Some(operation) = commands::operation(model, service, name) else {
        let known = commands::of_service(model, service);
        let known = known.iter().map(String::as_str);
        return Err(unknown_command(&format!("{service} {name}"), known));
    };
    let paginator = client
        .introspect()
        .service(model.name())?
        .paginator(&operation.name)?;
    let command = Command {
        service: Some(service),
        name,
        model,
        operation,
        paginator: paginator.as_ref(),
    };
    let reader = Reader {
        model,
        blobs: globals.blobs(client.config())?,
        env: client.config().environment(),
    };
    let options = command.options();
    let is_own = |name: &str| options.iter().any(|option| option.name == name);
    let fan = Fan::take(&mut args, is_own)?;
    let mut given = line::read(&command, &reader, globals.paginate, args)?;
    if given.help {
        return help::print_operation(&command, &globals.output_options(), &client, out);
    }
    given.place_files(folder);
    let mut results = Results::new(&command, globals, client.config(), out)?;
    match given.skeleton {
        None => {}
        Some(Skeleton::Output) => {
            let value = skeleton::output(model, operation)?;
            return results.one(value);
        }
        Some(form) => return skeleton::print_input(form, &mut results),
    }
    if let Some(finish) = command.custom().and_then(|custom| custom.finish) {
        finish(&mut given.params, &client)?;
    }
    match fan {
        Some(fan) => fan_out(&fan, &client, &command, given, &mut results),
        None => send(&client, &command, given, globals, &mut results),
    }
}

/// Calls many regions and accounts.
fn fan_out(
    fan: &Fan,
    client: &Client,
    command: &Command<'_>,
    mut given: Given,
    results: &mut Results<'_, '_>,
) -> Result<(), Failure> {
    let is_many = given.body.is_none() && given.out_file.is_none() && given.saved.is_empty();
    let is_resumed = given
        .pages
        .as_ref()
        .is_some_and(|pages| pages.starting_token.is_some());
    if !is_many || is_resumed || has_events(command) || session::opener(command).is_some() {
        return Err(Failure::Usage(
            "--regions, --profiles and --roles go with calls whose result is printed, from its beginning".into(),
        ));
    }
    let params = Value::Object(std::mem::take(&mut given.params));
    if let Some(limits) = &mut given.pages
        && limits.page_size.is_none()
    {
        limits.page_size = results.default_page_size(&params);
    }
    let form = results.form(client.config())?;
    let client = client.with(|config| config.interceptor(form))?;
    let call = fan::Call {
        service: command.model.name().into(),
        operation: command.operation.name.clone(),
        params,
        limits: given.pages.take(),
        change: command.custom().and_then(|custom| custom.result),
    };
    fan.call(&client, call, results.rows())
}

/// Sends the request, and prints the result.
fn send(
    client: &Client,
    command: &Command<'_>,
    mut given: Given,
    globals: &Globals,
    results: &mut Results<'_, '_>,
) -> Result<(), Failure> {
    let params = Value::Object(std::mem::take(&mut given.params));
    if let Some(opener) = session::opener(command) {
        let profile = globals.profile.as_deref().unwrap_or_default();
        return session::run(opener, client, profile, params);
    }
    if let Some(limits) = &mut given.pages
        && limits.page_size.is_none()
    {
        limits.page_size = results.default_page_size(&params);
    }
    let form = results.form(client.config())?;
    let request = client.request(command.model.name(), &command.operation.name);
    let mut request = request.params(params).interceptor(form);
    if let Some(body) = given.body.take() {
        request = request.body(body);
    }
    match given.pages.take() {
        Some(limits) => results.pages(request, limits),
        None => one(request, command, given, results),
    }
}

fn one(
    request: RequestBuilder,
    command: &Command<'_>,
    given: Given,
    results: &mut Results<'_, '_>,
) -> Result<(), Failure> {
    let Some(path) = &given.out_file else {
        if has_events(command) {
            return events(&mut request.send()?, results);
        }
        let files = Saved::open(&given)?;
        let output = request.send_buffered()?;
        if given.saved.is_empty() {
            return results.output(&output);
        }
        let mut value = output.to_value()?;
        // the result is printed in any case, as it may have what cannot be requested again
        let saved = files.save(&mut value);
        return results.one(value).and(saved);
    };
    let mut output = request.send()?;
    // as `aws`, after the response, of which an error leaves the file as it is
    let writer = Writer::open(path.as_ref()).map_err(Failure::file(path))?;
    match command.events_file() {
        Some((event, member)) => save_events(&mut output, writer, path, event, member)?,
        None => {
            if let Some(body) = &mut output.body {
                writer.write_from(body).map_err(Failure::file(path))?;
            }
        }
    }
    results.output(&output)
}

/// Whether the result is a stream of events.
fn has_events(command: &Command<'_>) -> bool {
    let shape = command
        .operation
        .output
        .and_then(|id| command.model.shape(id).ok());
    let members = shape.and_then(|shape| shape.members());
    members.is_some_and(|members| {
        members.iter().any(|member| {
            let shape = command.model.shape(member.target);
            shape.is_ok_and(|shape| shape.event_stream)
        })
    })
}

/// Prints each event when it is there.
fn events(output: &mut Output, results: &mut Results<'_, '_>) -> Result<(), Failure> {
    match &mut output.events {
        Some(events) => events.try_for_each(|event| results.one(event?)),
        None => results.output(output),
    }
}

/// Writes the bytes in one kind of event to a file.
fn save_events(
    output: &mut Output,
    mut file: Writer,
    path: &str,
    event: &str,
    member: &str,
) -> Result<(), Failure> {
    for found in output.events.iter_mut().flatten() {
        let found = found?;
        if let Some(text) = found[event][member].as_str() {
            let bytes = BASE64_STANDARD.decode(text);
            let bytes = bytes.map_err(|e| Failure::Other(e.into()))?;
            file.write_all(&bytes).map_err(Failure::file(path))?;
        }
    }
    file.commit().map_err(Failure::file(path))
}
