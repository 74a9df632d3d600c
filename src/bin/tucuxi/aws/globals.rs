//! The options of every command, and the client that they configure.

use std::time::Duration;

use tucuxi::config::RegionalEndpoints;
use tucuxi::internals::command::profile_setting;
use tucuxi::query::{Query, QueryError, QueryErrorKind};
use tucuxi::{Config, ConfigBuilder};

use super::grammar::{self, Syntax, Takes};
use super::value::BlobFormat;
use crate::failure::{Failure, with_option};
use crate::output::Options;

struct Global {
    name: &'static str,
    takes: Takes,
    /// The place of a value that may be any, in the help page.
    value: &'static str,
    help: &'static str,
    /// The accepted values. If the list is empty, every value is accepted.
    choices: &'static [&'static str],
    set: Set,
}

impl Syntax for Global {
    fn name(&self) -> &str {
        self.name
    }

    fn takes(&self) -> Takes {
        self.takes
    }
}

type Set = fn(&mut Globals, String) -> Result<(), Failure>;

const fn switch(name: &'static str, help: &'static str, set: Set) -> Global {
    Global {
        name,
        takes: Takes::None,
        value: "",
        help,
        choices: &[],
        set,
    }
}

const fn value(
    name: &'static str,
    value: &'static str,
    help: &'static str,
    choices: &'static [&'static str],
    set: Set,
) -> Global {
    Global {
        name,
        takes: Takes::One,
        value,
        help,
        choices,
        set,
    }
}

/// Defines a function that sets a member of [`Globals`].
macro_rules! set {
    ($name:ident) => {
        |globals, value| {
            globals.$name = Some(value);
            Ok(())
        }
    };
    ($name:ident = $value:expr) => {
        |globals, _| {
            globals.$name = $value;
            Ok(())
        }
    };
}

const OPTIONS: &[Global] = &[
    value(
        "ca-bundle",
        "FILE",
        "trusts the certificates of this file instead of the built-in ones",
        &[],
        set!(ca_bundle),
    ),
    switch(
        "cli-auto-prompt",
        "does nothing, as there are no prompts",
        |_, _| Ok(()),
    ),
    value(
        "cli-binary-format",
        "",
        "how blobs are written in parameters",
        &["base64", "raw-in-base64-out"],
        set!(binary_format),
    ),
    value(
        "cli-connect-timeout",
        "SECONDS",
        "the time limit of a connection; 0 for none",
        &[],
        |globals, value| {
            globals.connect_timeout = Some(seconds("cli-connect-timeout", &value)?);
            Ok(())
        },
    ),
    value(
        "cli-error-format",
        "",
        "the format of errors",
        &["enhanced", "json", "legacy", "table", "text", "yaml"],
        set!(error_format),
    ),
    value(
        "cli-read-timeout",
        "SECONDS",
        "the time limit of each read; 0 for none",
        &[],
        |globals, value| {
            globals.read_timeout = Some(seconds("cli-read-timeout", &value)?);
            Ok(())
        },
    ),
    value(
        "color",
        "",
        "whether tables and pages have colours",
        &["auto", "off", "on"],
        set!(color),
    ),
    switch("debug", "logs to stderr", set!(debug = true)),
    value(
        "endpoint-url",
        "URL",
        "sends requests here instead of to the endpoint of the service",
        &[],
        set!(endpoint_url),
    ),
    switch(
        "no-cli-auto-prompt",
        "does nothing, as there are no prompts",
        |_, _| Ok(()),
    ),
    switch(
        "no-cli-pager",
        "prints without a pager",
        set!(pager = false),
    ),
    switch(
        "no-paginate",
        "requests one page only",
        set!(paginate = false),
    ),
    switch(
        "no-sign-request",
        "sends unsigned requests, which need no credentials",
        set!(sign = false),
    ),
    switch(
        "no-verify-ssl",
        "does not verify certificates",
        set!(verify = false),
    ),
    value(
        "output",
        "",
        "the format of results",
        &["json", "off", "table", "text", "yaml", "yaml-stream"],
        set!(output),
    ),
    value(
        "profile",
        "NAME",
        "the profile in the configuration files",
        &[],
        set!(profile),
    ),
    value(
        "query",
        "EXPRESSION",
        "prints what this JMESPath expression selects",
        &[],
        |globals, value| {
            let failed = |error: QueryError| {
                let text = format!("--query: {error}");
                match error.kind {
                    QueryErrorKind::Syntax => Failure::Usage(text),
                    _ => Failure::Other(text.into()),
                }
            };
            globals.query = Some(Query::compile(&value).map_err(failed)?);
            Ok(())
        },
    ),
    value(
        "region",
        "REGION",
        "the region, such as eu-west-1",
        &[],
        set!(region),
    ),
    switch("version", "prints the version", set!(version = true)),
];

/// How many values an option takes, if it is a global one.
pub(super) fn takes(name: &str) -> Option<Takes> {
    find(name).map(|option| option.takes)
}

/// The values that an option accepts; none if it accepts any.
pub(super) fn choices(name: &str) -> &'static [&'static str] {
    find(name).map_or(&[], |option| option.choices)
}

/// The names of the options, and what they do.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPTIONS.iter().map(|option| (option.name, option.help))
}

fn find(name: &str) -> Option<&'static Global> {
    OPTIONS.iter().find(|option| option.name == name)
}

/// The options with their values, and what they do.
pub(super) fn help() -> Vec<(String, &'static str)> {
    let row = |option: &Global| {
        let value = match option.choices {
            [] => option.value.to_owned(),
            choices => choices.join("|"),
        };
        let name = format!("--{} {value}", option.name);
        (name.trim_end().to_owned(), option.help)
    };
    OPTIONS.iter().map(row).collect()
}

/// The values of the global options.
#[derive(Debug)]
pub(crate) struct Globals {
    pub(crate) binary_format: Option<String>,
    pub(crate) ca_bundle: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) debug: bool,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) error_format: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) pager: bool,
    pub(crate) paginate: bool,
    pub(crate) profile: Option<String>,
    pub(crate) query: Option<Query>,
    pub(crate) read_timeout: Option<Duration>,
    pub(crate) region: Option<String>,
    pub(crate) sign: bool,
    pub(crate) verify: bool,
    pub(crate) version: bool,
}

/// A command line without its global options.
pub(crate) struct Line {
    pub(crate) globals: Globals,
    /// The command, if there is one.
    pub(crate) command: Option<String>,
    /// The arguments of the command.
    pub(crate) rest: Vec<String>,
}

impl Line {
    /// The arguments of a command of `tucuxi` that is not a service, with the program's name and the global options that it has.
    pub(crate) fn into_args(self) -> Vec<String> {
        let mut args = vec!["tucuxi".to_owned()];
        args.extend(self.command);
        args.extend(self.rest);
        let Globals {
            debug,
            endpoint_url,
            profile,
            region,
            sign,
            ..
        } = self.globals;
        for (name, value) in [
            ("--endpoint-url", endpoint_url),
            ("--profile", profile),
            ("--region", region),
        ] {
            args.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
        }
        for (name, is_given) in [("--debug", debug), ("--no-sign-request", !sign)] {
            args.extend(is_given.then(|| name.to_owned()));
        }
        args
    }
}

/// Reads the global options, which may be anywhere in the line.
///
/// # Errors
///
/// Returns an error if one of them is invalid.
pub(crate) fn parse(args: Vec<String>) -> Result<Line, Failure> {
    let parsed = grammar::parse(args, OPTIONS, 1).map_err(Failure::Usage)?;
    let mut globals = Globals {
        binary_format: None,
        ca_bundle: None,
        color: None,
        connect_timeout: None,
        debug: false,
        endpoint_url: None,
        error_format: None,
        output: None,
        pager: true,
        paginate: true,
        profile: None,
        query: None,
        read_timeout: None,
        region: None,
        sign: true,
        verify: true,
        version: false,
    };
    for (index, mut values) in parsed.options {
        let option = &OPTIONS[index];
        let value = values.pop().unwrap_or_default();
        super::check_choice(option.name, &value, option.choices)?;
        (option.set)(&mut globals, value)?;
    }
    Ok(Line {
        globals,
        command: parsed.positionals.into_iter().next(),
        rest: parsed.rest,
    })
}

fn seconds(name: &str, text: &str) -> Result<Duration, Failure> {
    let seconds = text.parse::<u64>();
    let seconds = seconds
        .map_err(|_| Failure::Usage(format!("--{name}: {text:?} must be a number of seconds")))?;
    Ok(match seconds {
        // no timeout
        0 => Duration::MAX,
        seconds => Duration::from_secs(seconds),
    })
}

impl Globals {
    /// Takes over what other options set.
    pub(super) fn replace_with(&mut self, other: Self) {
        fn replace<T>(old: &mut Option<T>, new: Option<T>) {
            if new.is_some() {
                *old = new;
            }
        }
        replace(&mut self.binary_format, other.binary_format);
        replace(&mut self.ca_bundle, other.ca_bundle);
        replace(&mut self.color, other.color);
        replace(&mut self.connect_timeout, other.connect_timeout);
        replace(&mut self.endpoint_url, other.endpoint_url);
        replace(&mut self.error_format, other.error_format);
        replace(&mut self.output, other.output);
        replace(&mut self.profile, other.profile);
        replace(&mut self.query, other.query);
        replace(&mut self.read_timeout, other.read_timeout);
        replace(&mut self.region, other.region);
        self.debug |= other.debug;
        self.pager &= other.pager;
        self.paginate &= other.paginate;
        self.sign &= other.sign;
        self.verify &= other.verify;
        self.version |= other.version;
    }

    /// Resolves the configuration, on top of a builder with the settings of the program.
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is invalid.
    pub(crate) fn config(&self, config: ConfigBuilder) -> Result<Config, Failure> {
        let (profile, url) = (self.profile.as_deref(), self.endpoint_url.as_deref());
        self.config_with(config, profile, url)
    }

    /// Resolves the configuration of services other than the one of the command, to which `--endpoint-url` does not apply.
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is invalid.
    pub(super) fn config_of_others(&self, config: ConfigBuilder) -> Result<Config, Failure> {
        self.config_with(config, self.profile.as_deref(), None)
    }

    /// Resolves the configuration with another profile and another URL.
    ///
    /// # Errors
    ///
    /// Returns an error if a setting is invalid.
    pub(super) fn config_with(
        &self,
        mut config: ConfigBuilder,
        profile: Option<&str>,
        url: Option<&str>,
    ) -> Result<Config, Failure> {
        if let Some(region) = &self.region {
            config = config.region(region);
        }
        if let Some(profile) = profile {
            config = config.profile(profile);
        }
        if let Some(url) = url {
            config = config.endpoint_url(url);
        }
        if let Some(file) = &self.ca_bundle {
            config = config.ca_bundle(file);
        }
        if let Some(timeout) = self.connect_timeout {
            config = config.connect_timeout(timeout);
        }
        if let Some(timeout) = self.read_timeout {
            config = config.read_timeout(timeout);
        }
        if !self.sign {
            config = config.unsigned();
        }
        if !self.verify {
            config = config.verify_certificates(false);
        }
        let failed = |error| Failure::from(tucuxi::Error::from(with_option(error)));
        let config = config.build().map_err(failed)?;
        // the region's own endpoint, as in version 2
        let s3 = profile_setting(&config, "s3.us_east_1_regional_endpoint").is_some()
            || config
                .environment()
                .get("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT")
                .is_some();
        match s3 {
            true => Ok(config),
            false => config
                .with(|config| config.s3_us_east_1_endpoint(RegionalEndpoints::Regional))
                .map_err(failed),
        }
    }

    /// The options of the output.
    pub(crate) fn output_options(&self) -> Options<'_> {
        Options {
            output: self.output.as_deref(),
            error_format: self.error_format.as_deref(),
            color: self.color.as_deref(),
            no_pager: !self.pager,
        }
    }

    /// How blobs are written in parameters.
    ///
    /// # Errors
    ///
    /// Returns an error if the profile has another value.
    pub(super) fn blobs(&self, config: &Config) -> Result<BlobFormat, Failure> {
        let given = self.binary_format.clone();
        let of_profile = || profile_setting(config, "cli_binary_format");
        match given.or_else(of_profile).as_deref() {
            None | Some("base64") => Ok(BlobFormat::Base64),
            Some("raw-in-base64-out") => Ok(BlobFormat::Raw),
            Some(other) => Err(Failure::Usage(format!(
                "cli_binary_format: {other:?} must be base64 or raw-in-base64-out"
            ))),
        }
    }
}
