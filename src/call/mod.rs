//! What every stage of a call may read about it: settings, model, operation and parameters.
//!
//! Checksums, compression, authentication and interceptors receive this, and know nothing of the machine that drives the call.

mod quirks;

use std::fmt;

use serde_json::Value;

pub(crate) use self::quirks::{Quirk, RetryRule, ServiceQuirks};
use crate::model::{Operation, ServiceModel};
use crate::settings::Settings;

/// What every hook may read about the call in progress.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct CallContext<'a> {
    /// The settings of the call.
    pub config: &'a Settings,
    /// The service.
    pub model: &'a ServiceModel,
    /// The operation.
    pub operation: &'a Operation,
    /// The parameters, once they are checked; before that, null.
    pub params: &'a Value,
    /// Which attempt it is, from 1 on; before the first it is 0.
    pub attempt: u32,
    /// Whether the request is not sent but signed in its URL. Such a call has neither attempts nor a result.
    pub is_presigned: bool,
    pub(crate) quirks: &'a ServiceQuirks,
}

impl CallContext<'_> {
    /// Whether the service has this quirk, and it is not switched off.
    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        quirk.is_on(self.config)
    }
}

impl fmt::Debug for CallContext<'_> {
    /// Without the parameters, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("service", &self.model.name())
            .field("operation", &self.operation.name)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
