//! The environment variables. No other module reads them or determines the home directory.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A snapshot of environment variables. Clones share it.
///
/// `Debug` shows the names of the variables, but not their values, which may be secrets.
///
/// ```
/// use tucuxi::config::Environment;
///
/// let env = Environment::from_iter([("HOME", "/home/me"), ("EMPTY", "")]);
/// assert_eq!(env.expand("~/.aws/config"), std::path::Path::new("/home/me/.aws/config"));
/// assert_eq!(env.get("EMPTY"), None);
/// ```
#[derive(Clone, Default)]
pub struct Environment(Arc<HashMap<String, String>>);

impl Environment {
    /// Takes a snapshot of the variables of this process. Variables that are not UTF-8 are omitted.
    ///
    /// ```
    /// # use tucuxi::config::Environment;
    /// let env = Environment::from_process();
    /// assert_eq!(env.get("A_VARIABLE_THAT_NOBODY_SETS"), None);
    /// ```
    pub fn from_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(Arc::new(std::env::vars_os().filter_map(text).collect()))
    }

    /// Returns the value of a variable, if it is set and not empty.
    ///
    /// ```
    /// # use tucuxi::config::Environment;
    /// let env = Environment::from_iter([("STAGE", "test"), ("EMPTY", "")]);
    /// assert_eq!((env.get("STAGE"), env.get("EMPTY")), (Some("test"), None));
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| &**value)
            .filter(|value| !value.is_empty())
    }

    /// Returns the names and values of all variables, in no order.
    ///
    /// ```
    /// # use tucuxi::config::Environment;
    /// let env = Environment::from_iter([("STAGE", "test")]);
    /// assert_eq!(env.iter().collect::<Vec<_>>(), [("STAGE", "test")]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns the home directory of the user.
    ///
    /// ```
    /// # use tucuxi::config::Environment;
    /// let env = Environment::from_iter([("HOME", "/home/me")]);
    /// assert_eq!(env.home(), Some("/home/me".into()));
    /// ```
    pub fn home(&self) -> Option<PathBuf> {
        let home = self.get("HOME").or_else(|| self.get("USERPROFILE"))?;
        Some(home.into())
    }

    /// Expands `~`, `$NAME` and `${NAME}` in a path. Unknown variables are kept as written.
    ///
    /// ```
    /// # use tucuxi::config::Environment;
    /// let env = Environment::from_iter([("HOME", "/home/me"), ("STAGE", "test")]);
    /// assert_eq!(env.expand("~/${STAGE}.json"), std::path::Path::new("/home/me/test.json"));
    /// ```
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
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let braced = after.strip_prefix('{').and_then(|b| b.split_once('}'));
            let (name, tail) = braced.unwrap_or_else(|| {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len()))
            });
            match self.get(name) {
                Some(value) => {
                    out.push_str(value);
                    rest = tail;
                }
                None => {
                    out.push('$');
                    rest = after;
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
    /// Values may be secrets, so they are not shown.
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
