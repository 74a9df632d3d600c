//! The printing of results.

use std::io::Write;

use serde_json::Value;
use tucuxi::{Config, Pages};

use super::globals::Globals;
use super::options::Command;
use crate::failure::Failure;
use crate::output::{Format, Pager, Printer, Style};

/// Opens the output, which may go through a pager.
pub(crate) type Open<'o> = dyn Fn(&Pager) -> Result<Box<dyn Write>, Failure> + 'o;

/// Prints the results of a command.
pub(super) struct Results<'r> {
    pub(super) command: &'r Command<'r>,
    pub(super) globals: &'r Globals,
    pub(super) config: &'r Config,
    pub(super) open: &'r Open<'r>,
}

impl Results<'_> {
    /// Prints a result.
    pub(super) fn one(&self, value: Value) -> Result<(), Failure> {
        self.each(std::iter::once(Ok(value)))
    }

    /// Prints results one by one, each when it is there.
    pub(super) fn each(
        &self,
        values: impl Iterator<Item = tucuxi::Result<Value>>,
    ) -> Result<(), Failure> {
        let mut out = self.out()?;
        let change = self.command.custom().and_then(|custom| custom.result);
        for value in values {
            let mut value = value?;
            if let Some(change) = change {
                value = change(value);
            }
            Printer::new(self.style()?, &mut out).response(&value)?;
        }
        Ok(())
    }

    /// Prints the pages of a listing.
    pub(super) fn pages(&self, mut pages: Pages) -> Result<(), Failure> {
        Printer::new(self.style()?, self.out()?).pages(&mut pages)
    }

    /// Prints a document of the command itself, in a format of its own.
    pub(super) fn document(&self, value: &Value, format: Format) -> Result<(), Failure> {
        let mut out = self.out()?;
        if value.as_object().is_some_and(|members| members.is_empty()) {
            return Ok(writeln!(out, "{{}}")?);
        }
        let style = Style {
            format,
            query: None,
            ..self.style()?
        };
        Printer::new(style, out).response(value)
    }

    fn out(&self) -> Result<Box<dyn Write>, Failure> {
        (self.open)(&self.globals.output_options().pager(self.config))
    }

    fn style(&self) -> Result<Style, Failure> {
        let (options, query) = (self.globals.output_options(), self.globals.query.clone());
        Style::on_stdout(&options, self.config, &self.command.operation.name, query)
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
