//! The printing of results.

use std::io::Write;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::globals::Globals;
use super::options::Command;
use crate::failure::Failure;

/// Prints the results of a command.
pub(super) struct Results<'r> {
    command: &'r Command<'r>,
    globals: &'r Globals,
    pub(super) out: &'r mut dyn Write,
}

impl<'r> Results<'r> {
    pub(super) fn new(
        command: &'r Command<'r>,
        globals: &'r Globals,
        out: &'r mut dyn Write,
    ) -> Self {
        Self {
            command,
            globals,
            out,
        }
    }

    /// Prints a result. An empty one is not printed.
    pub(super) fn one(&mut self, mut value: Value) -> Result<(), Failure> {
        if let Some(change) = self.command.custom().and_then(|custom| custom.result) {
            value = change(value);
        }
        match &self.globals.query {
            None if value.as_object().is_some_and(|members| members.is_empty()) => Ok(()),
            None => self.print(&value),
            Some(query) => {
                let found = query.search(&value);
                let found = found.map_err(|e| Failure::Usage(format!("--query: {e}")))?;
                self.print(&found)
            }
        }
    }

    /// Prints the pages of a listing.
    pub(super) fn pages(&mut self, mut pages: tucuxi::Pages) -> Result<(), Failure> {
        let full = pages.collect_full()?;
        self.one(full)
    }

    /// The size of a page that is requested if the caller sets none, as the service is slow without one.
    pub(super) fn default_page_size(&self, params: &Value) -> Option<u64> {
        let slow = SLOW.iter().find(|(service, operation, _)| {
            self.command.service == Some(service) && self.command.name == *operation
        });
        let (_, _, harmless) = slow?;
        let mut names = params.as_object()?.keys();
        names
            .all(|name| harmless.contains(&&**name))
            .then_some(1000)
    }

    fn print(&mut self, value: &Value) -> Result<(), Failure> {
        print_json(value, self.out)
    }
}

/// Listings that are slow without a page size: the service, the operation, and the parameters with which they are.
const SLOW: &[(&str, &str, &[&str])] = &[
    (
        "ec2",
        "describe-snapshots",
        &["DryRun", "NextToken", "OwnerIds", "RestorableByUserIds"],
    ),
    ("ec2", "describe-volumes", &["DryRun", "NextToken"]),
];

/// Prints a value as JSON.
///
/// # Errors
///
/// Returns an error if it cannot be written.
pub(super) fn print_json(value: &Value, out: &mut dyn Write) -> Result<(), Failure> {
    let format = PrettyFormatter::with_indent(b"    ");
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, format);
    let written = value.serialize(&mut serializer);
    written.map_err(|e| Failure::Other(e.into()))?;
    text.push(b'\n');
    out.write_all(&text)?;
    Ok(out.flush()?)
}
