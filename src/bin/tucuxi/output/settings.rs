//! The settings of output: options, variables, and keys of the profile.
//!
//! | setting | option | variable | key |
//! | --- | --- | --- | --- |
//! | format of results | `--output` | `AWS_DEFAULT_OUTPUT` | `output` |
//! | format of errors | `--cli-error-format` | `AWS_CLI_ERROR_FORMAT` | `cli_error_format` |
//! | pager | `--no-cli-pager` | `AWS_PAGER`, then the key, then `PAGER` | `cli_pager` |
//! | timestamps | | | `cli_timestamp_format` |
//! | colours | `--color` | `NO_COLOR`, if the option is `auto` | |

use tucuxi::Config;
use tucuxi::internals::command::profile_setting;

use super::error::ErrorFormat;
use super::pager::Pager;
use super::{Format, TimestampFormat};
use crate::failure::Failure;

/// What the options of a command line select.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options<'o> {
    pub(crate) output: Option<&'o str>,
    pub(crate) error_format: Option<&'o str>,
    pub(crate) color: Option<&'o str>,
    pub(crate) no_pager: bool,
}

impl Options<'_> {
    pub(crate) fn format(&self, config: &Config) -> Result<Format, Failure> {
        let texts = [
            ("--output", self.output.map(str::to_owned)),
            ("AWS_DEFAULT_OUTPUT", variable(config, "AWS_DEFAULT_OUTPUT")),
            ("output", profile_setting(config, "output")),
        ];
        first(texts, &Format::ALL, Format::parse).map(|found| found.unwrap_or(Format::Json))
    }

    /// The format of errors, which must not fail itself: a value that is no format selects the default.
    pub(crate) fn error_format(&self, config: Option<&Config>) -> ErrorFormat {
        let variable = config.and_then(|config| variable(config, "AWS_CLI_ERROR_FORMAT"));
        let key = config.and_then(|config| profile_setting(config, "cli_error_format"));
        let text = self.error_format.map(str::to_owned).or(variable).or(key);
        text.and_then(|text| ErrorFormat::parse(&text))
            .unwrap_or_default()
    }

    pub(crate) fn pager(&self, config: &Config) -> Pager {
        if self.no_pager {
            return Pager::None;
        }
        let set = |name| config.environment().get(name).map(str::to_owned);
        let text = set("AWS_PAGER").or_else(|| profile_setting(config, "cli_pager"));
        let text = text.or_else(|| set("PAGER"));
        text.map_or(Pager::Default, |text| Pager::parse(&text))
    }

    /// Whether there are colours, if no option says so where the terminal shows them.
    pub(crate) fn has_colours(&self, shows_them: impl FnOnce() -> bool) -> bool {
        match self.color {
            Some("on") => true,
            Some("off") => false,
            _ => shows_them(),
        }
    }
}

pub(crate) fn timestamp_format(config: &Config) -> Result<TimestampFormat, Failure> {
    let text = profile_setting(config, "cli_timestamp_format");
    let texts = [("cli_timestamp_format", text)];
    first(texts, &TimestampFormat::ALL, TimestampFormat::parse).map(Option::unwrap_or_default)
}

/// A variable that is not empty.
fn variable(config: &Config, name: &str) -> Option<String> {
    let text = config.environment().get(name)?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Parses the first text that is set.
fn first<T>(
    texts: impl IntoIterator<Item = (&'static str, Option<String>)>,
    all: &[(&str, T)],
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, Failure> {
    let mut texts = texts.into_iter();
    let found = texts.find_map(|(name, text)| Some((name, text?)));
    let Some((name, text)) = found else {
        return Ok(None);
    };
    let Some(value) = parse(&text) else {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let what = format!("{name}: {text:?} must be one of {}", names.join(", "));
        return Err(match name.starts_with("--") {
            true => Failure::Usage(what),
            false => Failure::Setting(what),
        });
    };
    Ok(Some(value))
}
