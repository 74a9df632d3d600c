//! The printing of results.

use serde_json::Value;
use tucuxi::internals::command::Limits;
use tucuxi::{Config, Output, RequestBuilder, Tree};

use super::globals::Globals;
use super::options::Command;
use crate::failure::Failure;
use crate::output::{Form, Format, Out, Printer, Rows, Style, timestamp_format};

/// Prints the results of a command.
pub(super) struct Results<'r, 'o> {
    pub(super) command: &'r Command<'r>,
    style: Style<'r>,
    out: &'r mut Out<'o>,
}

impl<'r, 'o> Results<'r, 'o> {
    /// # Errors
    ///
    /// Returns an error if a setting of the output is invalid.
    pub(super) fn new(
        command: &'r Command<'r>,
        globals: &'r Globals,
        config: &Config,
        out: &'r mut Out<'o>,
    ) -> Result<Self, Failure> {
        let (options, query) = (globals.output_options(), globals.query.as_ref());
        out.set_pager(options.pager(config));
        let style = Style::new(&options, config, out, &command.operation.name, query)?;
        Ok(Self {
            command,
            style,
            out,
        })
    }

    /// The form that results need.
    ///
    /// # Errors
    ///
    /// Returns an error if the format of timestamps is invalid.
    pub(super) fn form(&self, config: &Config) -> Result<Form, Failure> {
        Ok(Form {
            timestamps: timestamp_format(config)?,
            is_ordered: self.style.shows_order(),
        })
    }

    fn change(&self) -> Option<fn(Value) -> Value> {
        self.command.custom().and_then(|custom| custom.result)
    }

    /// Prints the result of a call.
    pub(super) fn output(&mut self, output: &Output) -> Result<(), Failure> {
        if self.change().is_some() {
            return self.one(output.to_value()?);
        }
        match self.style.is_plain_json() {
            true => Printer::new(&self.style, &mut *self.out).output(output),
            false => self.tree(&output.to_tree()?),
        }
    }

    /// Prints a result.
    pub(super) fn one(&mut self, mut value: Value) -> Result<(), Failure> {
        if let Some(change) = self.change() {
            value = change(value);
        }
        self.tree(&Tree::from(&value))
    }

    fn tree(&mut self, tree: &Tree) -> Result<(), Failure> {
        Printer::new(&self.style, &mut *self.out).response(tree)
    }

    /// What prints the results of many regions and accounts.
    pub(super) fn rows(&mut self) -> Rows<'_, &mut Out<'o>> {
        Rows::new(&self.style, &mut *self.out)
    }

    /// Prints the pages of a listing.
    pub(super) fn pages(&mut self, request: RequestBuilder, limits: Limits) -> Result<(), Failure> {
        Printer::new(&self.style, &mut *self.out).pages(request, limits)
    }

    /// Prints a document of the command itself, in a format of its own.
    pub(super) fn document(&mut self, value: &Value, format: Format) -> Result<(), Failure> {
        Printer::new(&self.style.with(format), &mut *self.out).document(value)
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
