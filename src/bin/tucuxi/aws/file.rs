//! Values that are the content of a file: `file://` for text, `fileb://` for bytes.

use tucuxi::config::Environment;

use super::shorthand::Short;

/// Reads the file that a value names; `None` if the value is no such URL.
///
/// # Errors
///
/// Returns a message if the file cannot be read, or is not UTF-8 after `file://`.
pub(super) fn read(value: &str, env: &Environment) -> Result<Option<Short>, String> {
    let (path, is_text) = match (
        value.strip_prefix("file://"),
        value.strip_prefix("fileb://"),
    ) {
        (Some(path), _) => (path, true),
        (_, Some(path)) => (path, false),
        _ => return Ok(None),
    };
    let bytes = std::fs::read(expanded(path, env)).map_err(|e| format!("{value}: {e}"))?;
    if !is_text {
        return Ok(Some(Short::Bytes(bytes)));
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| format!("{value}: not UTF-8; write fileb:// for a binary file"))?;
    Ok(Some(Short::Text(text)))
}

/// Replaces `~` at the start of a path, and the variables in it that are set.
pub(super) fn expanded(path: &str, env: &Environment) -> String {
    let home = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            env.get("HOME").map(|home| format!("{home}{rest}"))
        }
        _ => None,
    };
    let path = home.as_deref().unwrap_or(path);
    let mut parts = path.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
            Some(split) => split,
            None => {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                part.split_at(part.find(|c| !is_name(c)).unwrap_or(part.len()))
            }
        };
        match env.get(name) {
            Some(value) => {
                out.push_str(value);
                out.push_str(rest);
            }
            None => {
                out.push('$');
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_and_variables_are_expanded_in_paths() {
        let env: Environment = [("HOME", "/home/ann"), ("DIR", "d"), ("OTHER", "o")]
            .into_iter()
            .collect();
        let cases = [
            ("a/b", "a/b"),
            ("~", "/home/ann"),
            ("~/x", "/home/ann/x"),
            ("~bob/x", "~bob/x"),
            ("$DIR/x", "d/x"),
            ("x${DIR}y", "xdy"),
            ("$NONE/$OTHER/${NONE}", "$NONE/o/${NONE}"),
            ("100$", "100$"),
        ];
        for (path, expected) in cases {
            assert_eq!(expanded(path, &env), expected, "{path}");
        }
    }
}
