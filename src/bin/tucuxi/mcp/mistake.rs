//! Errors of tools.

use serde_json::{Value, json};

/// Why a tool has no result, in words that let an agent go on.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) message: String,
    /// What helps to do it right: members beside the message.
    pub(super) help: Value,
}

impl Mistake {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: json!({}),
        }
    }

    pub(super) fn with(mut self, name: &str, help: impl Into<Value>) -> Self {
        self.help[name] = help.into();
        self
    }
}

impl From<tucuxi::Error> for Mistake {
    fn from(error: tucuxi::Error) -> Self {
        let mut mistake = Self::new(error.to_string());
        if let Some(service) = error.service_error() {
            mistake = mistake.with("code", &*service.code);
        }
        mistake
    }
}
