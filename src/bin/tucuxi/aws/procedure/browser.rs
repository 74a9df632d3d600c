//! The browser in which a person authorizes a login.

use std::io;
use std::process::{Command, Stdio};

use tucuxi::config::Environment;
use tucuxi::login::Authorization;

/// Opens a page. Nothing is reported if no browser starts, as the page is shown anyway.
pub(super) fn open(url: &str, env: &Environment) {
    let opened = commands(url, env).into_iter().any(|words| {
        let opened = start(&words);
        if let Err(error) = &opened {
            tracing::debug!(program = words[0], %error, "cannot open a browser");
        }
        opened.is_ok()
    });
    if !opened {
        tracing::debug!("no browser was opened");
    }
}

/// What opens a page on this system, the first choice first.
fn commands(url: &str, env: &Environment) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    let chosen = env.get("BROWSER").unwrap_or_default();
    for browser in chosen
        .split(':')
        .filter(|browser| !browser.trim().is_empty())
    {
        let parts = browser
            .split_whitespace()
            .map(|word| word.replace("%s", url));
        let mut parts: Vec<String> = parts.collect();
        if !browser.contains("%s") {
            parts.push(url.to_owned());
        }
        found.push(parts);
    }
    if cfg!(target_os = "macos") {
        found.push(words(&["open", url]));
    } else if cfg!(windows) {
        found.push(words(&["rundll32", "url.dll,FileProtocolHandler", url]));
    } else if ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"]
        .iter()
        .any(|name| env.get(name).is_some())
    {
        found.push(words(&["xdg-open", url]));
        found.push(words(&["wslview", url]));
        found.push(words(&["gio", "open", url]));
    }
    found
}

/// Starts a program that lives on without this one.
fn start(words: &[String]) -> io::Result<()> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Ctrl-C is for this program
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map(drop)
}

/// The instruction for a person.
pub(super) fn instructions(authorization: &Authorization<'_>, opens: bool) -> String {
    let url = authorization.url;
    let mut text = match opens {
        true => format!(
            "Attempting to open this page in your browser; if it does not open, or you want to use another device, open it yourself:\n\n{url}\n"
        ),
        false => format!("No browser is opened. Visit this page:\n\n{url}\n"),
    };
    if let Some(code) = authorization.user_code {
        text += &format!("\nThen enter the code:\n\n{code}\n");
        if !opens {
            let complete = authorization.complete_url;
            text += &format!("\nOr visit this page, which has it filled in:\n\n{complete}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_browsers() {
        let env = Environment::from_iter([("BROWSER", "a --new %s:b c:")]);
        let found = commands("https://x?a=1&b=2", &env);
        assert_eq!(found[0], ["a", "--new", "https://x?a=1&b=2"]);
        assert_eq!(found[1], ["b", "c", "https://x?a=1&b=2"]);
    }
}
