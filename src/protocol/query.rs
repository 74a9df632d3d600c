//! The query protocols: a form in the request, XML in the response.

use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::success::Presence;
use super::{Encoded, OutputBody, Params};
use crate::body::Body;
use crate::codec::form::{FormWriter, ListStyle};
use crate::error::Result;
use crate::model::{Operation, ServiceModel};
use crate::transport::Request;

pub(super) fn encode(
    model: &ServiceModel,
    operation: &Operation,
    params: &Params,
    lists: ListStyle,
) -> Result<Encoded> {
    // query protocols ignore the path of the model
    let mut request = Encoded::post("/".into());
    request.method = operation.method.clone();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
    request.headers.insert(CONTENT_TYPE, form);
    let version = &model.metadata().api_version;
    let mut writer = FormWriter::new(model, lists, &operation.name, version);
    if let Some(input) = operation.input {
        writer.structure(model.shape(input)?, &params.value)?;
    }
    request.body = writer.finish().into();
    Ok(request)
}

/// Moves the form to the query. They differ only in how spaces are encoded.
pub(super) fn move_body_to_query(request: &mut Request) -> Vec<String> {
    let body = request.body().bytes().cloned().unwrap_or_default();
    *request.body_mut() = Body::empty();
    request.headers_mut().remove(CONTENT_TYPE);
    vec![String::from_utf8_lossy(&body).replace('+', "%20")]
}

pub(super) fn presence(output: &OutputBody<'_>) -> Presence {
    match output.has_members {
        true => Presence::Required,
        false => Presence::Optional,
    }
}
