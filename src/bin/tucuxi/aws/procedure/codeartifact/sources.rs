//! The package sources that nuget and dotnet know.

use super::{Login, tool};
use crate::failure::Failure;

/// Returns the name of the source with a URL, or else of that with the name of the repository, and whether it is there.
///
/// # Errors
///
/// Returns an error if the tool cannot list its sources.
pub(super) fn find(tool: &str, url: &str, login: &Login) -> Result<(String, bool), Failure> {
    let list: &[&str] = match tool {
        "dotnet" => &["dotnet", "nuget", "list", "source", "--format", "detailed"],
        _ => &["nuget", "sources", "list", "-format", "detailed"],
    };
    let output = tool::run(list)?;
    tool::check(list, &output, &login.token)?;
    let listed = String::from_utf8_lossy(&output.stdout);
    Ok(source(&listed, url, &login.name))
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
}
