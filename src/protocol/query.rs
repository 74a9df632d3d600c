//! The query protocols: a form in, XML out.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::Encoded;
use crate::codec::form::FormWriter;
use crate::error::Result;
use crate::model::{Operation, ServiceModel};

pub(super) fn encode(
    model: &ServiceModel,
    operation: &Operation,
    params: &Value,
) -> Result<Encoded> {
    // the path of the model has nothing to say here
    let mut request = Encoded::post("/".into());
    request.method = operation.method.clone();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
    request.headers.insert(CONTENT_TYPE, form);
    let mut writer = FormWriter::new(model, &operation.name, &model.metadata().api_version);
    if let Some(input) = operation.input {
        writer.structure(model.shape(input)?, params)?;
    }
    request.body = writer.finish().into();
    Ok(request)
}
