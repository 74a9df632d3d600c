//! `tucuxi SERVICE wait WAITER`

use serde_json::Value;
use tucuxi::model::names::kebab_case;

use super::grammar;
use super::line;
use super::options::Command;
use super::value::Reader;
use super::{NO_OPTIONS, Run, unknown_command};
use crate::failure::Failure;
use crate::fan::Fan;

/// Waits until a waiter's condition is fulfilled.
pub(super) fn run(run: Run<'_, '_>, args: Vec<String>) -> Result<(), Failure> {
    let Run {
        globals,
        client,
        service,
        model,
        ..
    } = run;
    let parsed = grammar::parse(args, NO_OPTIONS, 1).map_err(Failure::Usage)?;
    let known = client.introspect().service(model.name())?;
    let waiters = known.waiters()?;
    let names: Vec<String> = waiters.iter().map(|name| kebab_case(name)).collect();
    let Some(name) = parsed.positionals.into_iter().next() else {
        return Err(Failure::Usage(format!(
            "{service} wait needs what to wait for: {}",
            names.join(", ")
        )));
    };
    let Some(at) = names.iter().position(|known| *known == name) else {
        let known = names.iter().map(String::as_str);
        return Err(unknown_command(&format!("{service} wait {name}"), known));
    };
    let (_, waiter) = known.waiter(&waiters[at])?;
    let command = Command {
        service: None,
        name: &name,
        model,
        operation: model.operation(&waiter.operation)?,
        paginator: None,
    };
    let reader = Reader {
        model,
        blobs: globals.blobs(client.config())?,
        env: client.config().environment(),
    };
    let mut args = parsed.rest;
    let options = command.options();
    let is_own = |name: &str| options.iter().any(|option| option.name == name);
    let fan = Fan::take(&mut args, is_own)?;
    let given = line::read(&command, &reader, false, args)?;
    let params = Value::Object(given.params);
    match fan {
        Some(fan) => fan.wait(&client, model.name(), &waiters[at], params),
        None => Ok(client.wait(model.name(), &waiters[at], params).map(drop)?),
    }
}
