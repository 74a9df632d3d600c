//! Reading an answer: headers, status and body become one map.
//!
//! ```text
//!                 ┌ Header, Headers, StatusCode members ┐
//!   REST answer ──┤                                     ├──► one MapAccess ──► target
//!                 └ the body's members, or the payload ─┘
//! ```

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use serde::de::value::{
    MapAccessDeserializer, MapDeserializer, SeqAccessDeserializer, SeqDeserializer, StrDeserializer,
};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::codec::fit::{Fit, Fitted, Warning};
use crate::codec::scalar::{self, ScalarText};
use crate::codec::target::ToValue;
use crate::codec::there::{Octets, There};
use crate::codec::xml_read::Xml;
pub(crate) use crate::codec::xml_tape::Nodes;
use crate::codec::xml_tape::Tape;
use crate::codec::{ReadError, cbor_read, json_read, the_shape_decides};
use crate::error::Result;
use crate::model::{
    Kind, Location, Member, Members, Operation, Protocol, ServiceModel, Shape, ShapeId,
};

/// An answer whose body was read whole.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) model: &'a ServiceModel,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// The scan of an XML body.
    pub(crate) nodes: Option<&'a Nodes>,
    /// The payload is not in `body`: it is read by whoever has it.
    pub(crate) is_streamed: bool,
    /// The events of a stream, if they were collected.
    pub(crate) events: Option<&'a [Value]>,
}

impl<'a> Answer<'a> {
    /// One that was not scanned, and has neither stream nor events.
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

    /// Scans an XML body for the reader, which tells whether it is well-formed. JSON and CBOR are checked as they are read.
    pub(crate) fn scan(model: &ServiceModel, body: &[u8]) -> Result<Option<Nodes>, ReadError> {
        if body.is_empty() {
            return Ok(None);
        }
        match model.metadata().protocol {
            Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => {
                let text = std::str::from_utf8(body).map_err(ReadError::custom)?;
                Nodes::scan(text).map(Some)
            }
            Protocol::AwsJson | Protocol::RestJson | Protocol::RpcV2Cbor => Ok(None),
        }
    }

    /// The bytes of an XML body that is no UTF-8, with U+FFFD for what is not. Other bodies are read as bytes.
    pub(crate) fn mended(model: &ServiceModel, body: &[u8]) -> Option<Vec<u8>> {
        match (model.metadata().protocol, String::from_utf8_lossy(body)) {
            (Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml, Cow::Owned(text)) => {
                Some(text.into_bytes())
            }
            _ => None,
        }
    }

    /// Reads the operation's result; what does not fit the model is an error.
    pub(crate) fn read<S: DeserializeSeed<'a>>(
        &self,
        operation: &Operation,
        seed: S,
    ) -> Result<S::Value, ReadError> {
        match operation.output {
            Some(output) => self.read_shape(output, start(operation), seed),
            None => seed.deserialize(nothing()),
        }
    }

    /// Reads the operation's result as far as it fits the model; what is broken is an error.
    pub(crate) fn fit(&self, operation: &Operation) -> Result<Fitted, ReadError> {
        match operation.output {
            Some(output) => self.fit_shape(output, start(operation)),
            None => Ok(Fit::new(self.model).done(Map::new().into())),
        }
    }

    /// Reads a shape; `start` says at which element of an XML body it is.
    pub(crate) fn read_shape<S: DeserializeSeed<'a>>(
        &self,
        id: ShapeId,
        start: impl FnOnce(Tape<'_, '_>) -> usize,
        seed: S,
    ) -> Result<S::Value, ReadError> {
        let shape = self.model.shape(id).map_err(ReadError::custom)?;
        seed.deserialize(Whole {
            answer: *self,
            shape,
            start,
        })
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

    fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        self.headers.get(name).map(header_text)
    }
}

/// Where the result is in an XML body.
fn start(operation: &Operation) -> impl Fn(Tape<'_, '_>) -> usize {
    let wrapper = operation.result_wrapper.as_deref();
    move |tape| wrapper.and_then(|w| tape.child(0, w)).unwrap_or(0)
}

/// A header is UTF-8, or else Latin-1, as it was by HTTP's first standard.
fn header_text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().map(|b| char::from(*b)).collect(),
    }
}

/// The elements of an XML body that was scanned.
pub(crate) fn tape<'a>(body: &'a [u8], nodes: &'a Nodes) -> Option<Tape<'a, 'a>> {
    Some(Tape::new(std::str::from_utf8(body).ok()?, nodes))
}

/// Whether the payload is left to the reader of a stream.
pub(crate) fn streams(model: &ServiceModel, operation: &Operation, buffered: bool) -> Result<bool> {
    let payload = !buffered && streaming_payload(model, operation.output)?.is_some();
    Ok(payload || event_stream(model, operation)?.is_some())
}

/// Whether the body of a response is a document of the protocol, and not a payload of bytes or text.
pub(crate) fn has_document(model: &ServiceModel, operation: &Operation) -> Result<bool> {
    let Some(output) = operation.output else {
        return Ok(false);
    };
    match model.shape(output)?.members().and_then(Members::payload) {
        Some(payload) if model.metadata().protocol.is_rest() => Ok(!matches!(
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
    member_with(model, operation.output, |shape| shape.event_stream)
}

/// The member of an operation's input that is a stream of events.
pub(crate) fn input_event_stream<'m>(
    model: &'m ServiceModel,
    operation: &Operation,
) -> Result<Option<&'m Member>> {
    member_with(model, operation.input, |shape| shape.event_stream)
}

/// The payload of this input or output that is a blob: it is streamed.
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

fn member_with(
    model: &ServiceModel,
    id: Option<ShapeId>,
    is: impl Fn(&Shape) -> bool,
) -> Result<Option<&Member>> {
    let Some(id) = id else { return Ok(None) };
    for member in model.shape(id)?.members().into_iter().flatten() {
        if is(model.shape(member.target)?) {
            return Ok(Some(member));
        }
    }
    Ok(None)
}

/// No output at all: an empty map.
fn nothing() -> There<MapAccessDeserializer<NoBody>> {
    There(MapAccessDeserializer::new(NoBody))
}

struct NoBody;

impl<'de> MapAccess<'de> for NoBody {
    type Error = ReadError;
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        _: S,
    ) -> Result<Option<S::Value>, ReadError> {
        Ok(None)
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, _: S) -> Result<S::Value, ReadError> {
        Err(ReadError::custom("no value follows"))
    }
}

/// A whole answer as a deserializer.
struct Whole<'a, F> {
    answer: Answer<'a>,
    shape: &'a Shape,
    start: F,
}

impl<'a, F: FnOnce(Tape<'_, '_>) -> usize> Whole<'a, F> {
    fn body<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Answer { model, body, .. } = self.answer;
        if body.is_empty() {
            return visitor.visit_map(NoBody);
        }
        match model.metadata().protocol {
            Protocol::AwsJson | Protocol::RestJson => {
                json_read::read_fields(model, self.shape, self.answer.text()?, visitor)
            }
            Protocol::RpcV2Cbor => cbor_read::read(model, self.shape, body, visitor),
            Protocol::AwsQuery | Protocol::Ec2Query | Protocol::RestXml => {
                let (Some(tape), Some(members)) = (self.answer.tape(), self.shape.members()) else {
                    return visitor.visit_map(NoBody);
                };
                let node = (self.start)(tape);
                visitor.visit_map(Xml::new(tape, model, self.shape, node).fields(members))
            }
        }
    }
}

impl<'de, F: FnOnce(Tape<'_, '_>) -> usize> Deserializer<'de> for Whole<'de, F> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Some(members) = self.shape.members() else {
            return visitor.visit_map(NoBody);
        };
        let is_rest = self.answer.model.metadata().protocol.is_rest();
        if !is_rest && self.answer.events.is_none() {
            return self.body(visitor);
        }
        let bound = Bound {
            answer: self.answer,
            members: members.iter(),
            now: None,
        };
        match members.payload() {
            Some(_) if is_rest => visitor.visit_map(Chain::new(bound, NoBody)),
            _ if members.has_answer_body => self.body(Merge { bound, visitor }),
            _ => visitor.visit_map(Chain::new(bound, NoBody)),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }
    serde::forward_to_deserialize_any! { bytes byte_buf enum f32 f64 seq }
    the_shape_decides!();
}

/// Puts the bound members before those of the body.
struct Merge<'a, V> {
    bound: Bound<'a>,
    visitor: V,
}

impl<'a, V: Visitor<'a>> Visitor<'a> for Merge<'a, V> {
    type Value = V::Value;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.visitor.expecting(f)
    }
    fn visit_map<A: MapAccess<'a>>(self, body: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Chain::new(self.bound, body))
    }
}

/// The bound members, then those of the body.
struct Chain<'a, A> {
    bound: Bound<'a>,
    body: A,
}

impl<'a, A> Chain<'a, A> {
    fn new(bound: Bound<'a>, body: A) -> Self {
        Self { bound, body }
    }
}

impl<'a, A: MapAccess<'a>> MapAccess<'a> for Chain<'a, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'a>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        match self.bound.advance().map_err(A::Error::custom)? {
            Some(member) => seed
                .deserialize(StrDeserializer::new(&member.name))
                .map(Some),
            None => self.body.next_key_seed(seed),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.bound.now.take() {
            Some(value) => value.give(seed).map_err(A::Error::custom),
            None => self.body.next_value_seed(seed),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        let bound = self
            .bound
            .members
            .len()
            .min(self.bound.answer.headers.len());
        Some(bound + self.body.size_hint().unwrap_or(0))
    }
}

/// The members that stand in headers, in the status, or are the body as a whole.
pub(super) struct Bound<'a> {
    pub(super) answer: Answer<'a>,
    pub(super) members: std::slice::Iter<'a, Member>,
    pub(super) now: Option<BoundValue<'a>>,
}

impl<'a> Bound<'a> {
    /// Goes to the next member that has a value, and keeps that.
    pub(super) fn advance(&mut self) -> Result<Option<&'a Member>, ReadError> {
        let model = self.answer.model;
        for member in self.members.by_ref() {
            let shape = model.shape(member.target).map_err(ReadError::custom)?;
            let place = match member.location {
                _ if shape.event_stream => match self.answer.events {
                    Some(events) => Place::Events(events),
                    None => continue,
                },
                _ if !model.metadata().protocol.is_rest() => continue,
                Location::Header => match self.answer.header(&member.wire_name) {
                    Some(text) => Place::Header(text),
                    None => continue,
                },
                Location::Headers => Place::Headers, // given even when there is none
                Location::Payload if self.answer.is_streamed => continue,
                Location::Payload => Place::Payload,
                Location::StatusCode => Place::Status,
                Location::Body | Location::Query | Location::Uri => continue,
            };
            self.now = Some(BoundValue {
                answer: self.answer,
                shape,
                member,
                place,
            });
            return Ok(Some(member));
        }
        Ok(None)
    }
}

/// The value of a bound member.
pub(super) struct BoundValue<'a> {
    pub(super) answer: Answer<'a>,
    pub(super) member: &'a Member,
    pub(super) shape: &'a Shape,
    pub(super) place: Place<'a>,
}

pub(super) enum Place<'a> {
    Events(&'a [Value]),
    Header(Cow<'a, str>),
    Headers,
    Payload,
    Status,
}

impl<'a> BoundValue<'a> {
    fn give<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, ReadError> {
        match self.place {
            Place::Events(events) => seed.deserialize(There(SeqDeserializer::new(events.iter()))),
            Place::Header(text) => {
                give_header(self.answer.model, self.member, self.shape, text, seed)
            }
            Place::Headers => {
                let kind = match &self.shape.kind {
                    Kind::Map { value, .. } => {
                        let shape = self.answer.model.shape(value.target);
                        &shape.map_err(ReadError::custom)?.kind
                    }
                    _ => &Kind::String,
                };
                let text = |text, kind| ScalarText { text, kind };
                let entries = with_prefix(self.answer.headers, self.member);
                let entries = entries.map(|(key, value)| {
                    (text(Cow::Borrowed(key), &Kind::String), text(value, kind))
                });
                seed.deserialize(There(MapDeserializer::new(entries)))
            }
            Place::Payload => give_payload(self.answer, self.shape, seed),
            Place::Status => seed.deserialize(ScalarText {
                text: self.answer.status.to_string().into(),
                kind: &Kind::Integer,
            }),
        }
    }
}

/// The headers with the member's prefix, without it.
pub(super) fn with_prefix<'a>(
    headers: &'a HeaderMap,
    member: &Member,
) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
    let prefix = member.wire_name.to_ascii_lowercase();
    headers.iter().filter_map(move |(name, value)| {
        Some((name.as_str().strip_prefix(&*prefix)?, header_text(value)))
    })
}

fn give_header<'a, S: DeserializeSeed<'a>>(
    model: &ServiceModel,
    member: &Member,
    shape: &Shape,
    text: Cow<'a, str>,
    seed: S,
) -> Result<S::Value, ReadError> {
    let of = match &shape.kind {
        _ if member.json_value => {
            let json = scalar::base64_read(&text)
                .ok_or_else(|| ReadError::custom("a header that is no base64"))?;
            return seed.deserialize(serde_json::from_slice::<Value>(&json)?);
        }
        Kind::List(of) => &model.shape(of.target).map_err(ReadError::custom)?.kind,
        kind => return seed.deserialize(ScalarText { text, kind }),
    };
    seed.deserialize(There(SeqAccessDeserializer::new(HeaderList {
        items: split_list(&text, matches!(of, Kind::Timestamp)).into_iter(),
        of,
    })))
}

struct HeaderList<'k> {
    items: std::vec::IntoIter<String>,
    of: &'k Kind,
}

impl<'de> SeqAccess<'de> for HeaderList<'_> {
    type Error = ReadError;
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        let item = self.items.next();
        item.map(|text| {
            seed.deserialize(ScalarText {
                text: text.into(),
                kind: self.of,
            })
        })
        .transpose()
    }
}

/// The items of a header: quotes protect commas, and an HTTP date has one of its own.
pub(super) fn split_list(text: &str, dates: bool) -> Vec<String> {
    let mut items = vec![String::new()];
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        // there is always a last item
        let end = items.len() - 1;
        let item = &mut items[end];
        match c {
            '"' if quoted || item.trim().is_empty() => quoted = !quoted,
            '\\' if quoted => item.extend(chars.next()),
            ',' if quoted => item.push(c),
            ',' if dates && item.trim().len() == 3 => item.push(c), // the weekday's
            ',' => items.push(String::new()),
            _ => item.push(c),
        }
    }
    items.iter().map(|item| item.trim().to_owned()).collect()
}

fn give_payload<'a, S: DeserializeSeed<'a>>(
    answer: Answer<'a>,
    shape: &'a Shape,
    seed: S,
) -> Result<S::Value, ReadError> {
    match &shape.kind {
        Kind::Blob => seed.deserialize(Octets(answer.body)),
        kind @ Kind::String => seed.deserialize(ScalarText {
            text: answer.text()?.into(),
            kind,
        }),
        _ if answer.body.is_empty() => seed.deserialize(nothing()),
        _ => match answer.tape() {
            Some(tape) => seed.deserialize(Xml::new(tape, answer.model, shape, 0)),
            None => json_read::read(answer.model, shape, answer.text()?, seed),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lists_honour_quotes_and_dates() {
        let cases: [(&str, bool, &[&str]); 5] = [
            ("a, b,c", false, &["a", "b", "c"]),
            (r#""a, b", c"#, false, &["a, b", "c"]),
            (r#""say \"x\"", c"#, false, &[r#"say "x""#, "c"]),
            ("", false, &[""]),
            (
                "Mon, 16 Dec 2019 23:48:18 GMT, Tue, 17 Dec 2019 23:48:18 GMT",
                true,
                &[
                    "Mon, 16 Dec 2019 23:48:18 GMT",
                    "Tue, 17 Dec 2019 23:48:18 GMT",
                ],
            ),
        ];
        for (text, dates, expected) in cases {
            assert_eq!(split_list(text, dates), expected, "{text}");
        }
    }
}
