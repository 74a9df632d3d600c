//! A call, and what is selected from its result.

use serde_json::Value;
use tucuxi::RequestBuilder;
use tucuxi::query::Query;
use tucuxi::transport::CancelToken;

use crate::mcp::mistake::Mistake;
use crate::mcp::{Session, hints};

/// The operation, its parameters, and the choices of the client.
#[derive(Debug, PartialEq)]
pub(in crate::mcp) struct Call {
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) params: Value,
    pub(super) query: Option<String>,
    pub(super) region: Option<String>,
    pub(super) profile: Option<String>,
}

impl Call {
    pub(super) fn request(
        &self,
        session: &Session,
        params: Value,
        cancel: &CancelToken,
    ) -> Result<RequestBuilder, Mistake> {
        let client = session.client(self.profile.as_deref())?;
        let request = client
            .request(&self.service, &self.operation)
            .params(params);
        let request = match &self.region {
            Some(region) => request.region(region),
            None => request,
        };
        Ok(request.cancel_with(cancel))
    }

    pub(super) fn has_query(&self) -> bool {
        self.query.is_some()
    }

    /// The answer to an error of the call.
    pub(super) fn failed(&self, session: &Session, error: tucuxi::Error) -> Mistake {
        match session.client.introspect().service(&self.service) {
            Ok(view) => hints::failed(&view, &self.operation, &self.params, error),
            Err(_) => Mistake::from(error),
        }
    }
}

/// The query of a call.
pub(super) fn compile(query: &str) -> Result<Query, Mistake> {
    Query::compile(query).map_err(|error| {
        Mistake::new(format!(
            "query: {error}; it must be a JMESPath expression such as Items[].Name"
        ))
    })
}
