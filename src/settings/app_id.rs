//! The name of the program, for the User-Agent.

use super::chain::{Chain, Source};
use super::{Settings, rows};

/// The longest recommended name.
const MAX_CHARACTERS: usize = 50;

pub(super) fn read(chain: &Chain<'_>) -> Option<String> {
    let setting = chain.text(&rows::APP_ID)?;
    warn_if_long(&setting.value, &setting.source);
    Some(setting.value)
}

pub(crate) fn warn_if_long(name: &str, source: &Source) {
    if name.chars().count() > MAX_CHARACTERS {
        tracing::warn!(from = %source, "the name of the program (app_id) should have at most 50 characters");
    }
}

impl Settings {
    /// Returns the name of the program in the User-Agent, which services log.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().environment([("AWS_SDK_UA_APP_ID", "my-program")]).build()?;
    /// assert_eq!(config.app_id(), Some("my-program"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn app_id(&self) -> Option<&str> {
        self.text(|values| values.app_id.as_deref())
    }

    /// Returns the text that is appended to the User-Agent, if any.
    ///
    /// ```
    /// # use tucuxi::Config;
    /// let config = Config::builder().isolated().user_agent_extra("my-framework/1.2").build()?;
    /// assert_eq!(config.user_agent_extra(), Some("my-framework/1.2"));
    /// # Ok::<(), tucuxi::config::ConfigError>(())
    /// ```
    pub fn user_agent_extra(&self) -> Option<&str> {
        self.explicit.user_agent_extra.as_deref()
    }
}
