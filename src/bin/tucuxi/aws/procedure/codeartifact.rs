//! `codeartifact login --dry-run`: what makes the tool of a package format use a repository.

use std::io;
use std::process::Command;

use serde_json::{Value, json};
use tucuxi::internals::command::ini_sections;

use super::{PLAIN, Procedure, Task, choice, required, switch, value};
use crate::failure::Failure;

pub(super) const LOGIN: Procedure = Procedure {
    service: "codeartifact",
    name: "login",
    about: "prints the commands, or the file, with which a tool uses a repository",
    notes: &[
        "With --dry-run only: it changes no configuration of a tool. What it prints has the token, which is a secret.",
    ],
    flags: &[
        super::Flag {
            required: true,
            ..choice(
                "tool",
                &["dotnet", "npm", "nuget", "pip", "swift", "twine"],
                "the tool",
            )
        },
        required("domain", "DOMAIN", "the domain"),
        required("repository", "REPOSITORY", "the repository"),
        value(
            "domain-owner",
            "ACCOUNT",
            "the account that owns the domain",
        ),
        value("namespace", "NAME", "the scope of npm or swift"),
        value(
            "duration-seconds",
            "SECONDS",
            "how long the login is valid; by default 12 hours",
        ),
        value("endpoint-type", "TYPE", "ipv4 or dualstack"),
        switch("dry-run", "prints what to do, and changes nothing"),
    ],
    run,
    ..PLAIN
};

/// A repository, and what opens it.
struct Login {
    /// It ends with a slash.
    endpoint: String,
    token: String,
    /// The scope of packages.
    scope: Option<String>,
    /// `domain/repository`
    name: String,
}

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    if !task.has("dry-run") {
        return Err(Failure::Lacking(
            "codeartifact login without --dry-run".into(),
        ));
    }
    let tool = task.required("tool").to_owned();
    let scope = scope(&tool, task.value("namespace"))?;
    let mut params = json!({"domain": task.required("domain")});
    if let Some(owner) = task.value("domain-owner") {
        params["domainOwner"] = owner.into();
    }
    let mut of_token = params.clone();
    if let Some(seconds) = task.number::<u64>("duration-seconds")? {
        of_token["durationSeconds"] = seconds.into();
    }
    let token = task.call("codeartifact", "GetAuthorizationToken", of_token)?;
    params["repository"] = task.required("repository").into();
    params["format"] = match &*tool {
        "dotnet" | "nuget" => "nuget",
        "pip" | "twine" => "pypi",
        tool => tool,
    }
    .into();
    if let Some(kind) = task.value("endpoint-type") {
        params["endpointType"] = kind.into();
    }
    let endpoint = task.call("codeartifact", "GetRepositoryEndpoint", params)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let login = Login {
        endpoint: text(&endpoint["repositoryEndpoint"]),
        token: text(&token["authorizationToken"]),
        scope,
        name: format!(
            "{}/{}",
            task.required("domain"),
            task.required("repository")
        ),
    };
    let text = match &*tool {
        "dotnet" | "nuget" => nuget(&tool, &login)?,
        "npm" => npm(&login),
        "pip" => pip(&login),
        "swift" => swift(&login, &home_file(task, ".netrc")),
        _ => twine(&login, &home_file(task, ".pypirc"))?,
    };
    task.print(&text)
}

/// The scope of a namespace, if the tool has scopes.
fn scope(tool: &str, namespace: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(name) = namespace else {
        return Ok(None);
    };
    let wrong = |text: String| Err(Failure::Other(format!("--namespace: {text}").into()));
    let is_word = |c: char| c.is_ascii_alphanumeric();
    match tool {
        "npm" => {
            let bare = name.strip_prefix('@').unwrap_or(name);
            let is_valid =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-~._".contains(c);
            match bare.starts_with(|c| is_valid(c) && !"._".contains(c))
                && bare.chars().all(is_valid)
            {
                true => Ok(Some(format!("@{bare}"))),
                false => wrong(format!("{name:?} is no scope of npm")),
            }
        }
        "swift" => {
            let ends_well =
                name.starts_with(is_word) && name.ends_with(is_word) && !name.contains("--");
            let is_valid = name.chars().all(|c| is_word(c) || c == '-') && name.len() <= 39;
            match ends_well && is_valid {
                true => Ok(Some(name.to_owned())),
                false => wrong(format!("{name:?} is no scope of swift")),
            }
        }
        tool => wrong(format!("{tool} has no namespaces")),
    }
}

fn home_file(task: &Task<'_, '_>, name: &str) -> String {
    let home = task.config().environment().get("HOME");
    format!("{}/{name}", home.unwrap_or("~"))
}

impl Login {
    /// The endpoint without its scheme.
    fn place(&self) -> &str {
        let place = self.endpoint.split_once("://");
        place.map_or(&*self.endpoint, |(_, place)| place)
    }
}

fn lines(commands: &[String]) -> String {
    commands
        .iter()
        .map(|command| format!("{command}\n\n"))
        .collect()
}

fn npm(login: &Login) -> String {
    let registry = match &login.scope {
        Some(scope) => format!("{scope}:registry"),
        None => "registry".into(),
    };
    let (endpoint, place, token) = (&login.endpoint, login.place(), &login.token);
    lines(&[
        format!("npm config set {registry} {endpoint}"),
        format!("npm config set //{place}:always-auth true"),
        format!("npm config set //{place}:_authToken {token}"),
    ])
}

fn pip(login: &Login) -> String {
    let scheme = login.endpoint.split("://").next().unwrap_or("https");
    let (token, place) = (&login.token, login.place());
    lines(&[format!(
        "pip config set global.index-url {scheme}://aws:{token}@{place}simple/"
    )])
}

fn swift(login: &Login, netrc: &str) -> String {
    let host = login.place().split(['/', ':']).next().unwrap_or_default();
    let scope = match &login.scope {
        Some(scope) => format!(" --scope {scope}"),
        None => String::new(),
    };
    let (endpoint, token) = (&login.endpoint, &login.token);
    let commands = lines(&[
        format!("swift package-registry set {endpoint}{scope}"),
        format!("swift package-registry login {endpoint}login"),
    ]);
    format!(
        "Dryrun mode is enabled, not writing to netrc.\n\
         The following line would have been written to {netrc}:\n\n\
         machine {host} login token password {token}\n\n\
         And would have run the following commands:\n\n{commands}"
    )
}

/// The file of twine: the present one, with the repository.
fn twine(login: &Login, path: &str) -> Result<String, Failure> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            b"[distutils]\nindex-servers=\n    pypi\n".to_vec()
        }
        Err(error) => return Err(Failure::file(path)(error)),
    };
    let wrong = |text: String| Failure::Other(format!("{path}: {text}").into());
    let mut sections = ini_sections(&bytes).map_err(wrong)?;
    let servers = sections
        .iter_mut()
        .find(|(name, _)| name == "distutils")
        .and_then(|(_, keys)| keys.iter_mut().find(|(key, _)| key == "index-servers"));
    let Some((_, servers)) = servers else {
        return Err(wrong("the section distutils has no index-servers".into()));
    };
    let mut names: Vec<&str> = servers.split_whitespace().collect();
    if !names.contains(&"codeartifact") {
        names.push("codeartifact");
    }
    *servers = names.iter().map(|name| format!("\n{name}")).collect();
    sections.retain(|(name, _)| name != "codeartifact");
    let keys = [
        ("repository", &*login.endpoint),
        ("username", "aws"),
        ("password", &login.token),
    ];
    let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned()));
    sections.push(("codeartifact".into(), keys.into()));
    let mut text = format!(
        "Dryrun mode is enabled, not writing to pypirc.\n{path} would have been set to the following:\n\n"
    );
    for (name, keys) in sections {
        text += &format!("[{name}]\n");
        for (key, value) in keys {
            text += &format!("{key} = {}\n", value.trim_end().replace('\n', "\n\t"));
        }
        text.push('\n');
    }
    Ok(text + "\n")
}

/// The command that adds or updates a source. The tool itself says whether it knows the source.
fn nuget(tool: &str, login: &Login) -> Result<String, Failure> {
    let list: &[&str] = match tool {
        "dotnet" => &["nuget", "list", "source", "--format", "detailed"],
        _ => &["sources", "list", "-format", "detailed"],
    };
    let output = Command::new(tool).args(list).output().map_err(|error| {
        Failure::Other(
            format!("cannot run {tool}, which lists the present sources: {error}").into(),
        )
    })?;
    let listed = String::from_utf8_lossy(&output.stdout);
    let url = format!("{}v3/index.json", login.endpoint);
    let (name, is_known) = source(&listed, &url, &login.name);
    let token = &login.token;
    Ok(match (tool, is_known) {
        ("dotnet", false) => format!(
            "dotnet nuget add source {url} --name {name} --username aws --password {token} --store-password-in-clear-text\n"
        ),
        ("dotnet", true) => format!(
            "dotnet nuget update source {name} --source {url} --username aws --password {token} --store-password-in-clear-text\n"
        ),
        (_, is_known) => {
            let verb = if is_known { "update" } else { "add" };
            format!(
                "nuget sources {verb} -name {name} -source {url} -username aws -password {token}\n"
            )
        }
    })
}

/// The name of a source, and whether it is there: by its URL, or by its name.
fn source(listed: &str, url: &str, name: &str) -> (String, bool) {
    let mut lines = listed
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .peekable();
    let mut has_name = false;
    while let Some(line) = lines.next() {
        // 1. nuget.org [Enabled]
        let found = line
            .split_once(". ")
            .filter(|(number, _)| number.parse::<u32>().is_ok());
        let found = found.and_then(|(_, rest)| rest.rsplit_once(" ["));
        let Some((found, _)) = found.filter(|(_, state)| state.ends_with(']')) else {
            continue;
        };
        if lines.peek() == Some(&url) {
            return (found.trim().to_owned(), true);
        }
        has_name |= found.trim() == name;
    }
    (name.to_owned(), has_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_by_url_or_name() {
        let listed = "Registered Sources:\n\n  1.  a b [Enabled]\n      https://a\n  12. d/r [Disabled]\n      https://b\n";
        assert_eq!(source(listed, "https://a", "d/r"), ("a b".into(), true));
        assert_eq!(source(listed, "https://c", "d/r"), ("d/r".into(), true));
        assert_eq!(source(listed, "https://c", "x/y"), ("x/y".into(), false));
    }

    #[test]
    fn scopes_belong_to_tools() {
        for (tool, name, expected) in [
            ("npm", "ab", Some("@ab")),
            ("npm", "@ab", Some("@ab")),
            ("npm", ".ab", None),
            ("npm", "AB", None),
            ("swift", "a-b", Some("a-b")),
            ("swift", "-a", None),
            ("pip", "a", None),
        ] {
            let found = scope(tool, Some(name)).ok().flatten();
            assert_eq!(found.as_deref(), expected, "{tool} {name}");
        }
        assert_eq!(scope("pip", None).unwrap(), None);
    }
}
