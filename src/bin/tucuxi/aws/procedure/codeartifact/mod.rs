//! `codeartifact login`: makes the tool of a package format use a repository.

mod files;
mod sources;
mod steps;
mod tool;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use serde_json::{Value, json};

use self::steps::Steps;
use super::moment;
use super::{PLAIN, Procedure, Task, choice, required, switch, value};
use crate::failure::Failure;

pub(super) const LOGIN: Procedure = Procedure {
    service: "codeartifact",
    name: "login",
    about: "makes a tool use a repository: runs its commands, or writes its file",
    notes: &[
        "The tool keeps the token, which expires within 12 hours. What --dry-run prints has the token, too.",
        "pip, nuget, dotnet and, on macOS, swift take the token as an argument, as with aws: other users of the machine can see it while the tool runs.",
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
    // nothing is changed before all is known
    let login = Login {
        endpoint: text(&endpoint, "GetRepositoryEndpoint", "repositoryEndpoint")?,
        token: text(&token, "GetAuthorizationToken", "authorizationToken")?,
        scope,
        name: format!(
            "{}/{}",
            task.required("domain"),
            task.required("repository")
        ),
    };
    let end = &token["expiration"];
    let end = end.as_str().map_or_else(|| end.to_string(), str::to_owned);
    let end = moment::parse(&end).map_err(|what| {
        Failure::Other(format!("codeartifact.GetAuthorizationToken: expiration: {what}").into())
    })?;
    let steps = Steps::new(&tool, &login, task.config().environment())?;
    if task.has("dry-run") {
        return task.print(&steps.shown());
    }
    steps.take(&login.token, task.config().environment())?;
    let tool = if tool == "dotnet" { "nuget" } else { &tool };
    let (left, end) = (left(Timestamp::now(), end), local(end));
    task.print(&format!(
        "{}Successfully configured {tool} to use AWS CodeArtifact repository {} \nLogin expires in {left} at {end}\n",
        steps.done, login.endpoint
    ))
}

/// The time that is left, in its two largest units.
fn left(now: Timestamp, end: Timestamp) -> String {
    // so that 11 hours, 59 minutes and 59 seconds are 12 hours
    let end = end
        .checked_add(SignedDuration::from_secs(30))
        .unwrap_or(end);
    let civil = |time| TimeZone::UTC.to_datetime(time);
    let Ok(left) = civil(now).until((Unit::Year, civil(end))) else {
        return String::new();
    };
    let units = [
        (i64::from(left.get_years()), "year"),
        (left.get_months().into(), "month"),
        (left.get_days().into(), "day"),
        (left.get_hours().into(), "hour"),
        (left.get_minutes(), "minute"),
    ];
    let shown = |(count, unit): &(i64, &str)| match count {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    };
    let largest = units.iter().skip_while(|(count, _)| *count <= 0).take(2);
    let words: Vec<String> = largest.filter(|(count, _)| *count > 0).map(shown).collect();
    words.join(" and ")
}

/// A time in the zone of the machine.
fn local(time: Timestamp) -> String {
    let zone = TimeZone::system();
    let format = match time.subsec_nanosecond() {
        0 => "%Y-%m-%d %H:%M:%S",
        _ => "%Y-%m-%d %H:%M:%S.%6f",
    };
    let offset = zone.to_offset(time).seconds() / 60;
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
    let text = zone.to_datetime(time).strftime(format).to_string();
    format!("{text}{sign}{hours:02}:{minutes:02}")
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

/// A text of a response that a login needs.
fn text(response: &Value, operation: &str, member: &str) -> Result<String, Failure> {
    let found = response[member].as_str().filter(|text| !text.is_empty());
    let what = || Failure::Other(format!("codeartifact.{operation} returned no {member}").into());
    found.map(str::to_owned).ok_or_else(what)
}

impl Login {
    /// The endpoint without its scheme.
    fn place(&self) -> &str {
        let place = self.endpoint.split_once("://");
        place.map_or(&*self.endpoint, |(_, place)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left_has_two_units() {
        for (seconds, expected) in [
            (12 * 3600 - 1, "12 hours"),
            (3600, "1 hour"),
            (5400, "1 hour and 30 minutes"),
            (3690, "1 hour and 2 minutes"),
            (86_400 + 60, "1 day"),
            (60, "1 minute"),
            (10, ""),
            (-10_000, ""),
        ] {
            let now = Timestamp::UNIX_EPOCH;
            let end = now + SignedDuration::from_secs(seconds);
            assert_eq!(left(now, end), expected, "{seconds}");
        }
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
