//! Reads requests: parameters from path, query, headers and body, by the shapes of the operation's input.
//!
//! A value that does not fit its shape is kept as it came, and an unknown member under the name that it came with, so that the
//! validation of parameters reports everything that is wrong. Only a body that is not well-formed is an error here.

mod document;
mod events;
mod form;
mod rest;
mod scalar;
mod xml;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::message::{Incoming, pairs};
use super::recognise::{Recognised, form_as_query};
use crate::error::Result;
use crate::model::Protocol;
use crate::protocol;

/// Reads the parameters of an operation.
///
/// # Errors
///
/// Returns an error if the body is not a document of the protocol.
pub(super) fn read(recognised: &Recognised, request: &Incoming) -> Result<Value> {
    let Recognised {
        model,
        operation,
        labels,
    } = recognised;
    let Some(input) = operation.input else {
        return Ok(Map::new().into());
    };
    let shape = model.shape(input)?;
    if let Some(member) = protocol::input_event_stream(model, operation)?
        && !model.metadata().protocol.is_rest()
    {
        return events::with_initial_request(model, shape, member, &request.body);
    }
    match model.metadata().protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => {
            let mut fields = request.query_pairs();
            fields.extend(pairs(&String::from_utf8_lossy(&request.body)));
            form::read(model, shape, fields)
        }
        Protocol::RestJson | Protocol::RestXml => {
            let moved = (operation.method != request.method).then(|| form_as_query(request));
            let request = moved.flatten().map_or(Cow::Borrowed(request), Cow::Owned);
            rest::read(model, shape, labels, &request)
        }
        _ => document::read(model, shape, &request.body, |_| true),
    }
}
