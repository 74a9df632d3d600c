//! Responses whose body was read whole.

use std::borrow::Cow;

use http::HeaderMap;
use serde::de::{DeserializeSeed, Error as _};
use serde_json::{Map, Value};

use super::binding::header_text;
use super::empty::empty_map;
use super::reader::ResponseReader;
use super::{WireProtocol, for_model};
use crate::codec::ReadError;
use crate::codec::fit::{Fit, Fitted};
use crate::codec::sink::ToValue;
use crate::codec::warning::Warning;
pub(crate) use crate::codec::xml_tape::Nodes;
use crate::codec::xml_tape::Tape;
use crate::error::Result;
use crate::model::{Operation, ServiceModel, ShapeId};

/// A response whose body was read whole.
#[derive(Clone, Copy)]
pub(crate) struct BufferedResponse<'a> {
    pub(crate) model: &'a ServiceModel,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// The scan of an XML body.
    pub(crate) nodes: Option<&'a Nodes>,
    /// The payload is not in `body`: the caller reads it.
    pub(crate) is_streamed: bool,
    /// The events of a stream, if they were collected.
    pub(crate) events: Option<&'a [Value]>,
}

impl<'a> BufferedResponse<'a> {
    /// A response without scan, stream and events.
    pub(crate) fn new(model: &'a ServiceModel, headers: &'a HeaderMap, body: &'a [u8]) -> Self {
        Self {
            model,
            status: 200,
            headers,
            body,
            nodes: None,
            is_streamed: false,
            events: None,
        }
    }

    /// Scans an XML body for the reader, and so verifies that it is well-formed. JSON and CBOR are verified as they are read.
    pub(crate) fn scan(model: &ServiceModel, body: &[u8]) -> Result<Option<Nodes>, ReadError> {
        for_model(model).format().scan(body)
    }

    /// Replaces what is not UTF-8 in an XML body by U+FFFD; `None` if there is nothing to replace. Other bodies are read as bytes.
    pub(crate) fn repaired(model: &ServiceModel, body: &[u8]) -> Option<Vec<u8>> {
        for_model(model).format().repair(body)
    }

    /// Reads the operation's result; a value that does not fit the model is an error.
    pub(crate) fn read<S: DeserializeSeed<'a>>(
        &self,
        operation: &Operation,
        seed: S,
    ) -> Result<S::Value, ReadError> {
        match operation.output {
            Some(output) => self.read_shape(output, start(operation), seed),
            None => seed.deserialize(empty_map()),
        }
    }

    /// Reads the operation's result as far as it fits the model; a body that is not well-formed is an error.
    pub(crate) fn fit(&self, operation: &Operation) -> Result<Fitted, ReadError> {
        match operation.output {
            Some(output) => self.fit_shape(output, start(operation)),
            None => Ok(Fit::new(self.model).done(Map::new().into())),
        }
    }

    /// Reads a shape; `start` returns the element of an XML body that holds it.
    pub(crate) fn read_shape<S: DeserializeSeed<'a>>(
        &self,
        id: ShapeId,
        start: impl FnOnce(Tape<'_, '_>) -> usize,
        seed: S,
    ) -> Result<S::Value, ReadError> {
        let shape = self.model.shape(id).map_err(ReadError::custom)?;
        seed.deserialize(ResponseReader::new(*self, shape, start))
    }

    /// Reads a shape into a tree, as far as it fits.
    pub(crate) fn value(
        &self,
        id: ShapeId,
        start: impl Fn(Tape<'_, '_>) -> usize,
    ) -> Result<(Value, Vec<Warning>), ReadError> {
        match self.read_shape(id, &start, ToValue) {
            Ok(value) => Ok((value, Vec::new())),
            Err(error) => match self.fit_shape(id, start) {
                Ok(fitted) => Ok((fitted.value, fitted.warnings)),
                Err(_) => Err(error),
            },
        }
    }

    pub(crate) fn text(&self) -> Result<&'a str, ReadError> {
        std::str::from_utf8(self.body).map_err(ReadError::custom)
    }

    /// The elements of an XML body.
    pub(crate) fn tape(&self) -> Option<Tape<'a, 'a>> {
        tape(self.body, self.nodes?)
    }

    pub(super) fn protocol(&self) -> &'static dyn WireProtocol {
        for_model(self.model)
    }

    pub(super) fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        self.headers.get(name).map(header_text)
    }
}

/// Finds the element of an XML body that holds the result.
fn start(operation: &Operation) -> impl Fn(Tape<'_, '_>) -> usize {
    let wrapper = operation.result_wrapper.as_deref();
    move |tape| wrapper.and_then(|w| tape.child(0, w)).unwrap_or(0)
}

/// The elements of an XML body, from its scan.
pub(crate) fn tape<'a>(body: &'a [u8], nodes: &'a Nodes) -> Option<Tape<'a, 'a>> {
    Some(Tape::new(std::str::from_utf8(body).ok()?, nodes))
}
