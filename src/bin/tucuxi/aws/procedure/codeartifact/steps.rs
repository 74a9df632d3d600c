//! What a login does: a file that is written, and commands that are run.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use tucuxi::config::Environment;
use tucuxi::internals::command::Writer;

use super::{Login, files, sources, tool};
use crate::failure::Failure;

/// What a login does.
#[derive(Default)]
pub(super) struct Steps {
    /// What `--dry-run` prints before the commands.
    note: String,
    /// A file with its new content, which holds the token.
    file: Option<(String, String)>,
    commands: Vec<Step>,
    /// What is printed when it is done.
    pub(super) done: String,
}

struct Step {
    words: Vec<String>,
    /// Whether the login goes on if the command fails.
    may_fail: bool,
}

impl Steps {
    /// Returns the steps of a tool.
    ///
    /// # Errors
    ///
    /// Returns an error if a present file or the present sources cannot be read, or the file has no place.
    pub(super) fn new(tool: &str, login: &Login, env: &Environment) -> Result<Self, Failure> {
        match tool {
            "dotnet" | "nuget" => Self::nuget(tool, login),
            "npm" => Self::npm(login, &npmrc(env)?),
            "pip" => Ok(Self::pip(login)),
            "swift" => Self::swift(login, env),
            _ => Self::twine(login, &home_file(env, ".pypirc")?),
        }
    }

    fn run(&mut self, words: &[&str]) {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.commands.push(Step {
            words,
            may_fail: false,
        });
    }

    fn npm(login: &Login, path: &str) -> Result<Self, Failure> {
        let mut steps = Self::default();
        let (endpoint, place) = (&login.endpoint, login.place());
        // as an argument, which npm reads as well, other users of the machine could see the token
        let key = format!("//{place}:_authToken");
        let content = files::npmrc(read(path)?.as_deref(), &key, &login.token);
        steps.file = Some((path.to_owned(), content));
        let registry = match &login.scope {
            Some(scope) => format!("{scope}:registry"),
            None => "registry".into(),
        };
        steps.run(&["npm", "config", "set", &registry, endpoint]);
        let key = format!("//{place}:always-auth");
        steps.run(&["npm", "config", "set", &key, "true"]);
        // newer versions of npm do not know it
        if let Some(last) = steps.commands.last_mut() {
            last.may_fail = true;
        }
        Ok(steps)
    }

    fn pip(login: &Login) -> Self {
        let mut steps = Self::default();
        let scheme = login.endpoint.split("://").next().unwrap_or("https");
        let url = format!("{scheme}://aws:{}@{}simple/", login.token, login.place());
        steps.run(&["pip", "config", "set", "global.index-url", &url]);
        steps
    }

    fn swift(login: &Login, env: &Environment) -> Result<Self, Failure> {
        let mut steps = Self::default();
        let host = login.place().split(['/', ':']).next().unwrap_or_default();
        let keychain = cfg!(target_os = "macos");
        if !keychain {
            let path = home_file(env, ".netrc")?;
            let content = files::netrc(read(&path)?.as_deref(), host, &login.token);
            steps.note = format!(
                "Dryrun mode is enabled, not writing to netrc.\n\
                 The following line would have been written to {path}:\n\n{}\n\n\
                 And would have run the following commands:\n\n",
                files::netrc_entry(host, &login.token)
            );
            steps.file = Some((path, content));
        }
        let mut set = vec!["swift", "package-registry", "set", &login.endpoint];
        if let Some(scope) = &login.scope {
            set.extend(["--scope", scope]);
        }
        steps.run(&set);
        let url = format!("{}login", login.endpoint);
        let mut log_in = vec!["swift", "package-registry", "login", &url];
        if keychain {
            log_in.extend(["--token", &login.token]);
        }
        steps.run(&log_in);
        Ok(steps)
    }

    fn twine(login: &Login, path: &str) -> Result<Self, Failure> {
        let present = read(path)?;
        let content = files::pypirc(present.as_deref(), login)
            .map_err(|what| Failure::Other(format!("{path}: {what}").into()))?;
        Ok(Self {
            note: format!(
                "Dryrun mode is enabled, not writing to pypirc.\n\
                 {path} would have been set to the following:\n\n{content}\n"
            ),
            file: Some((path.to_owned(), content)),
            ..Self::default()
        })
    }

    fn nuget(tool: &str, login: &Login) -> Result<Self, Failure> {
        let mut steps = Self::default();
        let url = format!("{}v3/index.json", login.endpoint);
        let (name, is_known) = sources::find(tool, &url, login)?;
        let verb = if is_known { "update" } else { "add" };
        let token = &login.token;
        if tool == "nuget" {
            steps.run(&[
                "nuget",
                "sources",
                verb,
                "-name",
                &name,
                "-source",
                &url,
                "-username",
                "aws",
                "-password",
                token,
            ]);
        } else {
            let place = match is_known {
                true => [&*name, "--source", &url],
                false => [&*url, "--name", &name],
            };
            let words = [&["dotnet", "nuget", verb, "source"][..], &place].concat();
            let login = ["--username", "aws", "--password", token];
            let mut words = [&words[..], &login].concat();
            // elsewhere, dotnet cannot encrypt it
            if !cfg!(windows) {
                words.push("--store-password-in-clear-text");
            }
            steps.run(&words);
        }
        steps.done = match is_known {
            true => format!("Updated source {name} in the NuGet.Config\n"),
            false => format!("Added source {name} to the user level NuGet.Config\n"),
        };
        Ok(steps)
    }

    /// What `--dry-run` prints. It has the token.
    pub(super) fn shown(&self) -> String {
        let mut text = self.note.clone();
        // a source is one command
        let end = if self.done.is_empty() { "\n\n" } else { "\n" };
        for Step { words, .. } in &self.commands {
            // cannot fail
            let _ = write!(text, "{}{end}", words.join(" "));
        }
        text
    }

    /// Writes the file and runs the commands, if their tools are there.
    ///
    /// # Errors
    ///
    /// Returns an error, without the token, if something fails.
    pub(super) fn take(&self, token: &str, env: &Environment) -> Result<(), Failure> {
        if let Some((path, content)) = &self.file {
            // a login that cannot end changes nothing
            for Step { words, .. } in &self.commands {
                tool::find(&words[0], env)?;
            }
            let written = Writer::private(path.as_ref()).and_then(|mut file| {
                file.write_all(content.as_bytes())?;
                file.commit()
            });
            written.map_err(Failure::file(path))?;
        }
        for Step { words, may_fail } in &self.commands {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = tool::run(&words)?;
            if !may_fail {
                tool::check(&words, &output, token)?;
            }
        }
        Ok(())
    }
}

/// The path of a file in the home directory.
fn home_file(env: &Environment, name: &str) -> Result<String, Failure> {
    let home = env.home().ok_or_else(|| {
        let text = format!("the home directory of {name} is unknown; HOME sets it");
        Failure::Other(text.into())
    })?;
    Ok(format!("{}/{name}", home.display()))
}

/// The path of npm's file, which a variable may set.
fn npmrc(env: &Environment) -> Result<String, Failure> {
    match env.get("NPM_CONFIG_USERCONFIG") {
        Some(path) => match path.strip_prefix("~/") {
            Some(rest) => home_file(env, rest),
            None => Ok(path.to_owned()),
        },
        None => home_file(env, ".npmrc"),
    }
}

fn read(path: &str) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file(path)(error)),
    }
}
