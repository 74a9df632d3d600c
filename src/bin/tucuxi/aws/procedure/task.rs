//! A command line of a procedure, and what it runs with.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::{Map, Value, json};
use tucuxi::config::Environment;
use tucuxi::internals::command::{PrintableLines, environment, nearest};
use tucuxi::{Client, Config, Credentials, Tree};

use super::Procedure;
use crate::aws::globals::Globals;
use crate::aws::shorthand::Short;
use crate::aws::{Host, check_choice, checksum, file, grammar, shorthand};
use crate::failure::Failure;
use crate::output::{Out, Printer, Style};

/// A command line of a procedure.
pub(in crate::aws) struct Task<'t, 'o> {
    pub(super) procedure: &'static Procedure,
    pub(super) globals: &'t Globals,
    /// The client of the command's service.
    pub(super) client: Client,
    /// The client of other services, to which `--endpoint-url` does not apply.
    pub(super) others: Client,
    connect: &'t dyn Fn(Config) -> tucuxi::Result<Client>,
    pub(super) out: &'t mut Out<'o>,
    folder: &'t Path,
    /// The values of the given options, those of the last occurrence of each.
    given: Vec<(&'static str, Vec<String>)>,
    positionals: Vec<String>,
}

/// Runs a procedure.
///
/// # Errors
///
/// Returns an error if the line is invalid or the procedure fails.
pub(in crate::aws) fn run(
    procedure: &'static Procedure,
    globals: &Globals,
    args: Vec<String>,
    mut host: Host<'_>,
) -> Result<(), Failure> {
    let (given, positionals) = read(procedure, args)?;
    host.config = host.config.interceptor(checksum::DefaultChecksum);
    let config = match procedure.is_local {
        true => Config::builder().isolated().build(),
        false => Ok(globals.config_of_others(host.config.clone())?),
    };
    let others = (host.connect)(config.map_err(tucuxi::Error::from)?)?;
    let client = match &globals.endpoint_url {
        Some(_) if !procedure.is_local => (host.connect)(globals.config(host.config)?)?,
        _ => others.clone(),
    };
    let mut task = Task {
        procedure,
        globals,
        client,
        others,
        connect: host.connect,
        out: &mut host.out,
        folder: host.folder,
        given,
        positionals,
    };
    task.read_files()?;
    for flag in procedure.flags {
        for value in task.values(flag.name) {
            check_choice(flag.name, value, flag.choices)?;
        }
    }
    (procedure.run)(&mut task)
}

type Given = Vec<(&'static str, Vec<String>)>;

fn read(procedure: &'static Procedure, args: Vec<String>) -> Result<(Given, Vec<String>), Failure> {
    let flags = procedure.flags;
    let parsed = grammar::parse(args, flags, procedure.positionals.len());
    let parsed = parsed.map_err(Failure::Usage)?;
    if !parsed.rest.is_empty() {
        return Err(unknown(procedure, &parsed.rest));
    }
    let mut given: Given = Vec::new();
    for (index, values) in parsed.options {
        let name = flags[index].name;
        // a switch and its opposite are one option
        given.retain(|(known, _)| !is_same(known, name));
        given.push((name, values));
    }
    let is_missing = |name: &&str| !given.iter().any(|(known, _)| known == name);
    let required = flags.iter().filter(|flag| flag.required);
    let options = required.map(|flag| flag.name).filter(is_missing);
    let options = options.map(|name| format!("--{name}"));
    let places = procedure.positionals.iter().skip(parsed.positionals.len());
    let missing: Vec<String> = places
        .map(|positional| positional.name.to_owned())
        .chain(options)
        .collect();
    match &missing[..] {
        [] => {}
        [one] => return Err(Failure::Usage(format!("{one} is required"))),
        several => {
            let names = several.join(", ");
            return Err(Failure::Usage(format!("{names} are required")));
        }
    }
    let one_of = |names: &[&'static str]| {
        let mut given = given.iter().map(|(name, _)| *name);
        given.find(|name| names.contains(name))
    };
    for [one, other] in procedure.exclusive {
        if let (Some(one), Some(other)) = (one_of(one), one_of(other)) {
            return Err(Failure::Usage(format!(
                "--{one} and --{other} exclude each other"
            )));
        }
    }
    Ok((given, parsed.positionals))
}

fn is_same(a: &str, b: &str) -> bool {
    let positive = |name: &str| name.strip_prefix("no-").unwrap_or(name).to_owned();
    positive(a) == positive(b)
}

fn unknown(procedure: &Procedure, words: &[String]) -> Failure {
    let explained = words.iter().map(|word| {
        let names = procedure.flags.iter().map(|flag| flag.name);
        match word.strip_prefix("--").map(|name| nearest(name, names)) {
            Some(near) if !near.is_empty() => format!("{word} (did you mean --{}?)", near[0]),
            _ => word.clone(),
        }
    });
    let explained: Vec<String> = explained.collect();
    Failure::Usage(format!("unknown options: {}", explained.join(", ")))
}

impl Task<'_, '_> {
    /// Replaces the URLs of files by their content.
    fn read_files(&mut self) -> Result<(), Failure> {
        let env = match self.procedure.is_local {
            true => environment(),
            false => self.client.config().environment().clone(),
        };
        let flags = self.procedure.flags;
        for (name, values) in &mut self.given {
            let is_literal = flags
                .iter()
                .any(|flag| flag.name == *name && flag.is_literal);
            if let [value] = &mut values[..]
                && !is_literal
            {
                replace(value, &env).map_err(|e| Failure::Usage(format!("--{name}: {e}")))?;
            }
        }
        let places = self.procedure.positionals;
        for (value, place) in self.positionals.iter_mut().zip(places) {
            if !place.is_literal {
                replace(value, &env).map_err(Failure::Usage)?;
            }
        }
        Ok(())
    }

    /// The values of an option; none if it is not given.
    pub(super) fn values(&self, name: &str) -> &[String] {
        let found = self.given.iter().find(|(known, _)| *known == name);
        found.map_or(&[], |(_, values)| values)
    }

    /// The value of an option.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values(name).first().map(String::as_str)
    }

    /// The value of a required option.
    pub(super) fn required(&self, name: &str) -> &str {
        self.value(name).unwrap_or_default()
    }

    /// Whether a switch or an option is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(known, _)| *known == name)
    }

    /// The value of an option that is a number.
    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        let number = |text: &str| {
            text.trim()
                .parse()
                .map_err(|_| Failure::Usage(format!("--{name}: {text:?} is no whole number")))
        };
        self.value(name).map(number).transpose()
    }

    /// The values of an option that is a list of texts, which may also be one in JSON.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, Failure> {
        let given = self.values(name);
        match given {
            [text] if text.trim_start().starts_with('[') => serde_json::from_str(text)
                .map_err(|e| Failure::Usage(format!("--{name}: no JSON list of texts: {e}"))),
            _ => Ok(given.to_vec()),
        }
    }

    /// A map of texts, in JSON or as `NAME=VALUE,...`.
    pub(super) fn map(&self, name: &str, text: &str) -> Result<Map<String, Value>, Failure> {
        let wrong = |e: String| Failure::Usage(format!("--{name}: {e}"));
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|e| wrong(e.to_string()));
        }
        let env = self.config().environment();
        let short = shorthand::parse(text, &|text| file::read(text, env));
        let Short::Map(entries) = short.map_err(wrong)? else {
            return Err(wrong(format!("{text:?} must have the form NAME=VALUE,...")));
        };
        let entry = |(key, value): (String, Short)| match value {
            Short::Text(text) => Ok((key, text.into())),
            _ => Err(wrong(format!("the value of {key} must be a text"))),
        };
        entries.into_iter().map(entry).collect()
    }

    pub(super) fn positional(&self, at: usize) -> &str {
        self.positionals.get(at).map_or("", String::as_str)
    }

    /// A path of the command line, in the folder in which the command runs.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    pub(super) fn config(&self) -> &Config {
        self.client.config()
    }

    /// Makes a client with other settings.
    pub(super) fn connect(&self, config: Config) -> Result<Client, Failure> {
        Ok((self.connect)(config)?)
    }

    /// Prints a remark for a person, which is no part of the result.
    pub(super) fn remark(&self, text: &str) {
        // if the terminal is gone, there is no place to report it
        let _ = writeln!(io::stderr(), "{}", PrintableLines(text));
    }

    /// Returns a client with the credentials of a role.
    pub(super) fn as_role(
        &self,
        client: &Client,
        role: &str,
        session: &str,
    ) -> Result<Client, Failure> {
        let params = json!({"RoleArn": role, "RoleSessionName": session});
        let result = self.others.call("sts", "AssumeRole", params)?;
        let text = |name: &str| result["Credentials"][name].as_str().unwrap_or_default();
        let credentials = Credentials::new(text("AccessKeyId"), text("SecretAccessKey"));
        let credentials = credentials.with_session_token(text("SessionToken"));
        Ok(client.with(|config| config.credentials(credentials))?)
    }

    /// Calls an operation.
    pub(super) fn call(
        &self,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<Value, Failure> {
        Ok(self.client.call(service, operation, params)?)
    }

    /// Prints text at once, without a pager. What a terminal would interpret is escaped.
    pub(super) fn print(&mut self, text: &str) -> Result<(), Failure> {
        match self.out.is_terminal() {
            true => write!(self.out, "{}", PrintableLines(text))?,
            false => self.out.write_all(text.as_bytes())?,
        }
        Ok(self.out.flush()?)
    }

    /// Prints text that a terminal may interpret.
    pub(super) fn print_as_is(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    /// Whether text is coloured.
    pub(super) fn has_colours(&self) -> bool {
        let options = self.globals.output_options();
        options.has_colours(|| self.out.has_colours())
    }

    /// Prints a result in the format and with the query of the global options.
    pub(super) fn result(&mut self, value: &Value) -> Result<(), Failure> {
        let options = self.globals.output_options();
        let query = self.globals.query.as_ref();
        let config = self.client.config();
        self.out.set_pager(options.pager(config));
        let style = Style::new(&options, config, self.out, self.procedure.name, query)?;
        Printer::new(&style, &mut *self.out).response(&Tree::from(value))
    }
}

fn replace(value: &mut String, env: &Environment) -> Result<(), String> {
    match file::read(value, env)? {
        None => {}
        Some(Short::Text(text)) => *value = text,
        Some(Short::Bytes(bytes)) => {
            *value = String::from_utf8(bytes).map_err(|_| format!("{value}: not UTF-8"))?;
        }
        Some(_) => return Err(format!("{value}: the value is text")),
    }
    Ok(())
}
