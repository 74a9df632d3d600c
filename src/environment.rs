//! The environment at one moment. Nothing else in the crate reads variables or looks for the home directory.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A snapshot of environment variables. Clones share it.
#[derive(Clone, Default)]
pub struct Environment(Arc<HashMap<String, String>>);

impl Environment {
    /// That of this process. Variables which are not UTF-8 are left out.
    pub fn from_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(Arc::new(std::env::vars_os().filter_map(text).collect()))
    }

    /// The value of a variable; an empty one counts as none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| &**value)
            .filter(|value| !value.is_empty())
    }

    /// The user's directory.
    pub fn home(&self) -> Option<PathBuf> {
        let home = self.get("HOME").or_else(|| self.get("USERPROFILE"))?;
        Some(home.into())
    }

    /// A path with `~`, `$NAME` and `${NAME}` filled in; an unknown variable stays as it is written.
    pub fn expand(&self, path: &str) -> PathBuf {
        let mut rest = path;
        let mut out = String::new();
        if let Some(tail) = path.strip_prefix('~')
            && (tail.is_empty() || tail.starts_with(['/', '\\']))
            && let Some(home) = self.home()
        {
            out.push_str(&home.to_string_lossy());
            rest = tail;
        }
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            let braced = behind.strip_prefix('{').and_then(|b| b.split_once('}'));
            let (name, tail) = braced.unwrap_or_else(|| {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                behind.split_at(behind.find(|c| !is_name(c)).unwrap_or(behind.len()))
            });
            match self.get(name) {
                Some(value) => {
                    out.push_str(value);
                    rest = tail;
                }
                None => {
                    out.push('$');
                    rest = behind;
                }
            }
        }
        (out + rest).into()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let own = |(name, value): (K, V)| (name.into(), value.into());
        Self(Arc::new(variables.into_iter().map(own).collect()))
    }
}

impl fmt::Debug for Environment {
    /// Values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_expanded() {
        let env = Environment::from_iter([("HOME", "/h"), ("A", "x"), ("EMPTY", "")]);
        let cases = [
            ("~/.aws/config", "/h/.aws/config"),
            ("~", "/h"),
            ("~other/f", "~other/f"),
            ("/d/$A/${A}y", "/d/x/xy"),
            ("/d/$NONE/$", "/d/$NONE/$"),
        ];
        for (path, expected) in cases {
            assert_eq!(env.expand(path), PathBuf::from(expected), "{path}");
        }
        assert_eq!(env.get("EMPTY"), None);
    }

    #[test]
    fn debug_shows_no_values() {
        let env = Environment::from_iter([("AWS_SECRET_ACCESS_KEY", "hidden")]);
        assert!(!format!("{env:?}").contains("hidden"));
    }

    #[test]
    fn clones_share_the_variables() {
        let env = Environment::from_iter([("A", "x")]);
        assert!(Arc::ptr_eq(&env.0, &env.clone().0));
    }
}
