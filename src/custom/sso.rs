//! SSO OIDC: error messages in OAuth's member.

use serde_json::Value;

use crate::error::ServiceError;
use crate::interceptor::{Attempt, CallContext, Interceptor};

pub(super) struct Messages;

impl Interceptor for Messages {
    fn after_attempt(&self, _: &CallContext<'_>, attempt: &mut Attempt<'_>) {
        let Err(error) = attempt.outcome else {
            return;
        };
        let Some(error) = error.downcast_mut::<ServiceError>() else {
            return;
        };
        let has_message = error.value.get("message").is_some();
        let description = error.value.get("error_description").and_then(Value::as_str);
        if let Some(text) = description.filter(|_| !has_message) {
            error.message = text.into();
        }
    }
}
