//! Protocols with one request form for all operations, and all members in the body.

use http::HeaderValue;
use http::header::HeaderName;

use super::success::Presence;
use super::{Encoded, OutputBody};
use crate::model::ServiceModel;

const QUERY_MODE: HeaderName = HeaderName::from_static("x-amzn-query-mode");

/// Requests the error codes of the query protocol too, from services that spoke it before.
pub(super) fn set_query_mode(model: &ServiceModel, request: &mut Encoded) {
    if model.metadata().query_compatible {
        let value = HeaderValue::from_static("true");
        request.headers.insert(QUERY_MODE, value);
    }
}

pub(super) fn presence(output: &OutputBody<'_>) -> Presence {
    match output.shape {
        None => Presence::Any,
        Some(_) if output.has_members && !output.names_payload => Presence::Required,
        Some(_) => Presence::Optional,
    }
}
