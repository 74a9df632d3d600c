//! The files of tools, with a repository added or changed.

use regex_lite::Regex;
use tucuxi::internals::command::ini_sections;

use super::Login;

/// The content of `.pypirc` with the repository.
///
/// # Errors
///
/// Returns an error if the present content is invalid.
pub(super) fn pypirc(present: Option<&str>, login: &Login) -> Result<String, String> {
    let present = present.unwrap_or("[distutils]\nindex-servers=\n    pypi\n");
    let mut sections = ini_sections(present.as_bytes())?;
    let servers = sections
        .iter_mut()
        .find(|(name, _)| name == "distutils")
        .and_then(|(_, keys)| keys.iter_mut().find(|(key, _)| key == "index-servers"));
    let Some((_, servers)) = servers else {
        return Err("the section distutils has no index-servers".to_owned());
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
    let mut text = String::new();
    for (name, keys) in sections {
        text += &format!("[{name}]\n");
        for (key, value) in keys {
            text += &format!("{key} = {}\n", value.trim_end().replace('\n', "\n\t"));
        }
        text.push('\n');
    }
    Ok(text)
}

/// The content of `.npmrc` with a value.
pub(super) fn npmrc(present: Option<&str>, key: &str, value: &str) -> String {
    let entry = format!("{key}={value}");
    let present = present.unwrap_or_default();
    let is_old = |line: &str| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.starts_with('='))
    };
    if !present.lines().any(is_old) {
        return appended(present, &entry);
    }
    let lines = present
        .split_inclusive('\n')
        .map(|line| match is_old(line) {
            true => format!("{entry}\n"),
            false => line.to_owned(),
        });
    lines.collect()
}

/// The content of `.netrc` with the token of a host.
pub(super) fn netrc(present: Option<&str>, host: &str, token: &str) -> String {
    let present = present.unwrap_or_default();
    let host_pattern = regex_lite::escape(host);
    let pattern = format!(r"(\bmachine\s+{host_pattern}\s+login\s+\S+\s+password\s+)\S+");
    match Regex::new(&pattern) {
        Ok(pattern) if pattern.is_match(present) => {
            let entry = |found: &regex_lite::Captures<'_>| format!("{}{token}", &found[1]);
            pattern.replace_all(present, entry).into_owned()
        }
        _ => appended(present, &netrc_entry(host, token)),
    }
}

pub(super) fn netrc_entry(host: &str, token: &str) -> String {
    format!("machine {host} login token password {token}")
}

fn appended(present: &str, line: &str) -> String {
    let end = if present.is_empty() || present.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{present}{end}{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_npm_are_replaced_or_added() {
        for (present, expected) in [
            (None, "//h/:_authToken=t\n"),
            (Some("a=b"), "a=b\n//h/:_authToken=t\n"),
            (
                Some("//h/:_authToken=old\na=b\n"),
                "//h/:_authToken=t\na=b\n",
            ),
            (
                Some("//h/:_authTokens=x\n"),
                "//h/:_authTokens=x\n//h/:_authToken=t\n",
            ),
        ] {
            assert_eq!(npmrc(present, "//h/:_authToken", "t"), expected);
        }
    }

    #[test]
    fn tokens_of_hosts_are_replaced_or_added() {
        for (present, expected) in [
            (None, "machine h.x login token password $1\n"),
            (
                Some("machine a login b password c"),
                "machine a login b password c\nmachine h.x login token password $1\n",
            ),
            (
                Some("machine h.x\n login token\n password old\n# end\n"),
                "machine h.x\n login token\n password $1\n# end\n",
            ),
            (
                Some("machine hyx login token password old\n"),
                "machine hyx login token password old\nmachine h.x login token password $1\n",
            ),
        ] {
            assert_eq!(netrc(present, "h.x", "$1"), expected);
        }
    }
}
