//! `tucuxi SERVICE help` and the pages of waiters.

use tucuxi::model::ServiceModel;
use tucuxi::model::names::kebab_case;
use tucuxi::{Client, Error};

use super::super::commands;
use super::page::{Page, STEP};

pub(super) fn write(command: &str, model: &ServiceModel, client: &Client, page: &mut Page) {
    page.heading("NAME");
    let metadata = model.metadata();
    page.paragraph(STEP, &format!("{command}: {}", metadata.service_full_name));
    page.heading("USAGE");
    page.paragraph(STEP, &format!("tucuxi {command} COMMAND [OPTIONS]"));
    page.paragraph(STEP, &format!("tucuxi {command} COMMAND help"));
    page.heading("COMMANDS");
    let mut names = commands::of_service(model, command);
    names.sort_unstable();
    page.columns(STEP, &names);
    let waiters = waiters(model, client);
    if !waiters.is_empty() {
        page.heading("WAITERS");
        page.paragraph(STEP, &format!("tucuxi {command} wait WAITER [OPTIONS]"));
        page.columns(STEP, &waiters);
    }
    page.heading("SERVICE");
    let protocol = metadata.protocol.name();
    page.paragraph(
        STEP,
        &format!("API version {}, protocol {protocol}", metadata.api_version),
    );
}

/// `tucuxi SERVICE wait help`
pub(super) fn write_waiters(command: &str, model: &ServiceModel, client: &Client, page: &mut Page) {
    page.heading("NAME");
    page.paragraph(
        STEP,
        &format!("{command} wait: waits until a condition is fulfilled"),
    );
    page.heading("USAGE");
    page.paragraph(STEP, &format!("tucuxi {command} wait WAITER [OPTIONS]"));
    page.paragraph(STEP, "Exits with 255 if the condition cannot be fulfilled any more, or is not after the last attempt.");
    page.heading("WAITERS");
    page.columns(STEP, &waiters(model, client));
}

/// `tucuxi SERVICE wait WAITER help`
pub(super) fn write_waiter(
    command: &str,
    model: &ServiceModel,
    client: &Client,
    name: &str,
    page: &mut Page,
) -> Result<(), Error> {
    let (_, waiter) = client.introspect().service(model.name())?.waiter(name)?;
    page.heading("NAME");
    let (name, operation) = (kebab_case(name), &waiter.operation);
    page.paragraph(
        STEP,
        &format!("{command} wait {name}: polls {operation} until the condition is fulfilled"),
    );
    page.heading("USAGE");
    page.paragraph(STEP, &format!("tucuxi {command} wait {name} [OPTIONS]"));
    page.heading("OPTIONS");
    let operation = kebab_case(operation);
    page.paragraph(
        STEP,
        &format!("those of the operation: tucuxi {command} {operation} help"),
    );
    page.heading("ATTEMPTS");
    page.paragraph(
        STEP,
        &format!(
            "every {} seconds, at most {} times",
            waiter.delay, waiter.max_attempts
        ),
    );
    Ok(())
}

/// The names of waiters, as commands have them.
fn waiters(model: &ServiceModel, client: &Client) -> Vec<String> {
    let known = client.introspect().service(model.name());
    let names = known.and_then(|known| known.waiters()).unwrap_or_default();
    names.iter().map(|name| kebab_case(name)).collect()
}
