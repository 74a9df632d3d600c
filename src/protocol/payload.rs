//! Questions about an operation's body: whether it is a stream, and whether it is a document.

use super::for_model;
use crate::error::Result;
use crate::model::{Kind, Member, Members, Operation, ServiceModel, Shape, ShapeId};

/// Whether the body of the response is a stream that the caller reads. `buffered`: blobs are read whole.
pub(crate) fn streams(model: &ServiceModel, operation: &Operation, buffered: bool) -> Result<bool> {
    let payload = !buffered && streaming_payload(model, operation.output)?.is_some();
    Ok(payload || event_stream(model, operation)?.is_some())
}

/// Whether the body of the response is a document of the protocol. Otherwise it is a payload of bytes or text.
pub(crate) fn has_document(model: &ServiceModel, operation: &Operation) -> Result<bool> {
    let Some(output) = operation.output else {
        return Ok(false);
    };
    match model.shape(output)?.members().and_then(Members::payload) {
        Some(payload) if for_model(model).binds_members() => Ok(!matches!(
            model.shape(payload.target)?.kind,
            Kind::Blob | Kind::String
        )),
        _ => Ok(true),
    }
}

/// The member of an operation's output that is a stream of events.
pub(crate) fn event_stream<'m>(
    model: &'m ServiceModel,
    operation: &Operation,
) -> Result<Option<&'m Member>> {
    events_of(model, operation.output)
}

/// The member of an operation's input that is a stream of events.
pub(crate) fn input_event_stream<'m>(
    model: &'m ServiceModel,
    operation: &Operation,
) -> Result<Option<&'m Member>> {
    events_of(model, operation.input)
}

/// The payload of this input or output if it is a blob, and therefore a stream.
pub(crate) fn streaming_payload(
    model: &ServiceModel,
    id: Option<ShapeId>,
) -> Result<Option<&Member>> {
    let Some(id) = id else { return Ok(None) };
    let Some(payload) = model.shape(id)?.members().and_then(Members::payload) else {
        return Ok(None);
    };
    let is_blob = matches!(model.shape(payload.target)?.kind, Kind::Blob);
    Ok(is_blob.then_some(payload))
}

fn events_of(model: &ServiceModel, id: Option<ShapeId>) -> Result<Option<&Member>> {
    let shape = id.map(|id| model.shape(id)).transpose()?;
    match shape.and_then(Shape::members) {
        Some(members) => members.event_stream(model),
        None => Ok(None),
    }
}
