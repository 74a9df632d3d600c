//! The report of a failure of a command.

use std::io;

use tucuxi::Config;

use super::globals::Globals;
use crate::failure::Failure;
use crate::output::{self, Options};
use crate::terminal;

/// What the options say about errors, kept beyond the command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors {
    format: Option<String>,
    color: Option<String>,
    profile: Option<String>,
}

impl Errors {
    pub(crate) fn new(globals: &Globals) -> Self {
        Self {
            format: globals.error_format.clone(),
            color: globals.color.clone(),
            profile: globals.profile.clone(),
        }
    }

    /// Reports a failure on stderr.
    pub(crate) fn report(&self, failure: &Failure) {
        let options = Options {
            error_format: self.format.as_deref(),
            color: self.color.as_deref(),
            ..Options::default()
        };
        let config = Config::builder();
        let config = match &self.profile {
            Some(profile) => config.profile(profile),
            None => config,
        };
        // the failure may be one of the configuration
        let format = options.error_format(config.build().ok().as_ref());
        let mut stderr = io::stderr().lock();
        let colour = match options.color {
            Some("on") => true,
            Some("off") => false,
            _ => terminal::has_colours(&stderr),
        };
        // if stderr is closed, there is no place to report it
        let _ = output::report(failure, format, (terminal::width(), colour), &mut stderr);
    }
}
