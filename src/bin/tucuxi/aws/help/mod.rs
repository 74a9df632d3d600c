//! Help pages from the models, at three levels: all services, a service, an operation. No network is needed.

mod operation;
mod page;
mod procedure;
mod s3;
mod service;
mod syntax;
mod top;

use std::io::Write as _;

use tucuxi::Client;
use tucuxi::model::ServiceModel;
use tucuxi::model::names::kebab_case;

use self::page::Page;
use super::options::Command;
use super::{
    Host, Line, commands, model_of, no_procedure, procedure as procedures, unknown_command,
};
use crate::failure::Failure;
use crate::output::{Options, Out};

/// Returns the command whose help a line requests: `help` at its end or beginning, or `--help` anywhere.
pub(super) fn requested(line: &Line) -> Option<Vec<String>> {
    let words: Vec<&String> = line.command.iter().chain(&line.rest).collect();
    let plain = words.iter().take_while(|word| !word.starts_with('-'));
    let mut plain: Vec<String> = plain.map(|word| (*word).clone()).collect();
    let has_option = words.iter().any(|word| *word == "--help" || *word == "-h");
    // after a command of s3, `help` may be a path
    let may_be_path =
        plain.len() > 3 && plain.first().is_some_and(|first| first == super::s3::NAME);
    let is_last = plain.len() == words.len()
        && !may_be_path
        && plain.last().is_some_and(|last| last == "help");
    let is_first = plain.first().is_some_and(|first| first == "help");
    if is_first {
        plain.remove(0);
    } else if is_last {
        plain.pop();
    }
    (has_option || is_last || is_first).then_some(plain)
}

/// Prints the page of a command.
pub(super) fn run(line: &Line, words: &[String], host: Host<'_>) -> Result<(), Failure> {
    let Host {
        config,
        connect,
        mut out,
        other_commands,
        about,
        ..
    } = host;
    let options = line.globals.output_options();
    // help is needed most where the configuration is wrong
    let config = match line.globals.config(config) {
        Ok(config) => config,
        Err(_) => tucuxi::Config::builder()
            .isolated()
            .build()
            .map_err(tucuxi::Error::from)?,
    };
    out.set_pager(options.pager(&config));
    let client = connect(config)?;
    let mut page = new_page(&options, &out);
    let mut words = words.iter().map(String::as_str);
    let Some(command) = words.next() else {
        let others: Vec<_> = other_commands
            .iter()
            .map(|name| (*name, about(name)))
            .collect();
        top::write(&client, &others, &mut page);
        return print(page, &mut out);
    };
    let name = words.clone().next();
    if let Some(found) = procedures::find(command, name.unwrap_or_default()) {
        procedure::write(found, &mut page);
        return print(page, &mut out);
    }
    if procedures::is_group(command) {
        return match name {
            None => {
                procedure::write_group(command, &mut page);
                print(page, &mut out)
            }
            name => Err(no_procedure(command, name)),
        };
    }
    if command == super::s3::NAME {
        match words.next() {
            None => s3::write(&mut page),
            Some(name) => s3::write_command(super::s3::command(name)?, &mut page),
        }
        return print(page, &mut out);
    }
    let model = model_of(&client, command, other_commands)?;
    match (words.next(), words.next()) {
        (None, _) => service::write(command, &model, &client, &mut page),
        (Some("wait"), None) => service::write_waiters(command, &model, &client, &mut page),
        (Some("wait"), Some(name)) => {
            let known = client.introspect().service(model.name())?;
            let waiters = known.waiters()?;
            let names: Vec<String> = waiters.iter().map(|name| kebab_case(name)).collect();
            let Some(at) = names.iter().position(|known| known == name) else {
                let names = names.iter().map(String::as_str);
                return Err(unknown_command(&format!("{command} wait {name}"), names));
            };
            service::write_waiter(command, &model, &client, &waiters[at], &mut page)?;
        }
        (Some(name), _) => operation_page(command, name, &model, &client, &mut page)?,
    }
    print(page, &mut out)
}

/// Prints the page of an operation whose command line is being read.
pub(super) fn print_operation(
    command: &Command<'_>,
    options: &Options<'_>,
    client: &Client,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    out.set_pager(options.pager(client.config()));
    let mut page = new_page(options, out);
    operation::write(command, client, &mut page);
    print(page, out)
}

fn operation_page(
    service: &str,
    name: &str,
    model: &ServiceModel,
    client: &Client,
    page: &mut Page,
) -> Result<(), Failure> {
    if commands::is_lacking(service, name) {
        return Err(Failure::Lacking(format!("{service} {name}")));
    }
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
    operation::write(&command, client, page);
    Ok(())
}

fn new_page(options: &Options<'_>, out: &Out<'_>) -> Page {
    let bold = options.has_colours(|| out.has_colours());
    Page::new(out.width(), bold)
}

fn print(page: Page, out: &mut Out<'_>) -> Result<(), Failure> {
    out.write_all(page.into_text().as_bytes())?;
    Ok(out.flush()?)
}
