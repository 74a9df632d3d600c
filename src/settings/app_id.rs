//! The name of the program, for the User-Agent.

use super::chain::{Chain, Source};
use super::{Settings, rows};

/// The longest name that should be sent.
const MAX_CHARACTERS: usize = 50;

pub(super) fn read(chain: &Chain<'_>) -> Option<String> {
    let setting = chain.text(&rows::APP_ID)?;
    warn_if_long(&setting.value, &setting.source);
    Some(setting.value)
}

pub(crate) fn warn_if_long(name: &str, source: &Source) {
    if name.chars().count() > MAX_CHARACTERS {
        tracing::warn!(from = %source, "the name of the program should have 50 characters at most");
    }
}

impl Settings {
    /// The name of the program, which services see in their logs.
    pub fn app_id(&self) -> Option<&str> {
        self.text(|values| values.app_id.as_deref())
    }

    /// The end of the User-Agent, if that is set.
    pub fn user_agent_extra(&self) -> Option<&str> {
        self.explicit.user_agent_extra.as_deref()
    }
}
