//! The members of a result that are outside the body, or are the whole body.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use serde::de::value::{MapDeserializer, SeqAccessDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, Error as _, SeqAccess};
use serde_json::Value;

use super::BufferedResponse;
use super::empty::empty_map;
use crate::codec::erased::{self, Passing};
use crate::codec::scalar::{self, ScalarText};
use crate::codec::wrappers::{BlobBytes, Present};
use crate::codec::xml_read::{Document, Xml};
use crate::codec::{ReadError, json_read};
use crate::model::{Kind, Location, Member, Members, ServiceModel, Shape};

/// An iterator over the members that are bound to headers or status, are the payload, or are the events of a stream.
pub(super) struct Bindings<'a> {
    response: BufferedResponse<'a>,
    members: std::slice::Iter<'a, Member>,
    /// Whether the protocol binds members. Otherwise only events are.
    is_bound: bool,
    value: Option<BoundValue<'a>>,
}

impl<'a> Bindings<'a> {
    pub(super) fn new(
        response: BufferedResponse<'a>,
        members: &'a Members,
        is_bound: bool,
    ) -> Self {
        Self {
            response,
            members: members.iter(),
            is_bound,
            value: None,
        }
    }

    /// Moves to the next member that has a value.
    pub(super) fn advance(&mut self) -> Result<Option<&'a Member>, ReadError> {
        let model = self.response.model;
        for member in self.members.by_ref() {
            let shape = model.shape(member.target).map_err(ReadError::custom)?;
            let source = match member.location {
                _ if shape.event_stream => match self.response.events {
                    Some(events) => Source::Events(events),
                    None => continue,
                },
                _ if !self.is_bound => continue,
                Location::Header => match self.response.header(&member.wire_name) {
                    Some(text) => Source::Header(text),
                    None => continue,
                },
                Location::Headers => Source::Headers, // present even without entries
                Location::Payload if self.response.is_streamed => continue,
                Location::Payload => Source::Payload,
                Location::StatusCode => Source::Status,
                Location::Body | Location::Query | Location::Uri => continue,
            };
            self.value = Some(BoundValue {
                response: self.response,
                shape,
                member,
                source,
            });
            return Ok(Some(member));
        }
        Ok(None)
    }

    /// The value of the member that [`advance`](Self::advance) returned, once.
    pub(super) fn take_value(&mut self) -> Option<BoundValue<'a>> {
        self.value.take()
    }

    pub(super) fn size_hint(&self) -> usize {
        self.members.len().min(self.response.headers.len())
    }
}

/// The value of a bound member.
pub(super) struct BoundValue<'a> {
    pub(super) response: BufferedResponse<'a>,
    pub(super) member: &'a Member,
    pub(super) shape: &'a Shape,
    pub(super) source: Source<'a>,
}

/// The part of a response that holds a bound member.
pub(super) enum Source<'a> {
    Events(&'a [Value]),
    Header(Cow<'a, str>),
    /// All headers with the member's prefix.
    Headers,
    Payload,
    Status,
}

impl<'a> BoundValue<'a> {
    /// Reads a payload for the seed's type, and all other values without it, as they are small.
    pub(super) fn read<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, ReadError> {
        match self.source {
            Source::Payload => read_payload(self.response, self.shape, seed),
            _ => erased::pass(seed, |seed| self.read_small(seed)),
        }
    }

    fn read_small(self, seed: Passing<'_, 'a>) -> Result<(), ReadError> {
        match self.source {
            Source::Events(events) => {
                seed.deserialize(Present(SeqDeserializer::new(events.iter())))
            }
            Source::Header(text) => {
                read_header(self.response.model, self.member, self.shape, text, seed)
            }
            Source::Headers => {
                let kind = match &self.shape.kind {
                    Kind::Map { value, .. } => {
                        let shape = self.response.model.shape(value.target);
                        &shape.map_err(ReadError::custom)?.kind
                    }
                    _ => &Kind::String,
                };
                let text = |text, kind| ScalarText { text, kind };
                let entries = with_prefix(self.response.headers, self.member);
                let entries = entries.map(|(key, value)| {
                    (text(Cow::Borrowed(key), &Kind::String), text(value, kind))
                });
                seed.deserialize(Present(MapDeserializer::new(entries)))
            }
            Source::Payload => read_payload(self.response, self.shape, seed),
            Source::Status => seed.deserialize(ScalarText {
                text: self.response.status.to_string().into(),
                kind: &Kind::Integer,
            }),
        }
    }
}

/// The headers with the member's prefix. The prefix is removed from their names.
pub(crate) fn with_prefix<'a>(
    headers: &'a HeaderMap,
    member: &Member,
) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
    let prefix = member.wire_name.to_ascii_lowercase();
    headers.iter().filter_map(move |(name, value)| {
        Some((name.as_str().strip_prefix(&*prefix)?, header_text(value)))
    })
}

fn read_header<'a>(
    model: &ServiceModel,
    member: &Member,
    shape: &Shape,
    text: Cow<'a, str>,
    seed: Passing<'_, 'a>,
) -> Result<(), ReadError> {
    let of = match &shape.kind {
        _ if member.json_value => {
            let json = scalar::base64_read(&text)
                .ok_or_else(|| ReadError::custom("a header that is not base64"))?;
            return seed.deserialize(serde_json::from_slice::<Value>(&json)?);
        }
        Kind::List(of) => &model.shape(of.target).map_err(ReadError::custom)?.kind,
        kind => return seed.deserialize(ScalarText { text, kind }),
    };
    seed.deserialize(Present(SeqAccessDeserializer::new(HeaderList {
        items: split_list(&text, matches!(of, Kind::Timestamp)).into_iter(),
        of,
    })))
}

/// A list in a header.
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

/// Splits a header into its items. Quotes protect commas, and an HTTP date has a comma of its own.
pub(crate) fn split_list(text: &str, dates: bool) -> Vec<String> {
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

fn read_payload<'a, S: DeserializeSeed<'a>>(
    response: BufferedResponse<'a>,
    shape: &'a Shape,
    seed: S,
) -> Result<S::Value, ReadError> {
    match &shape.kind {
        Kind::Blob => erased::pass(seed, |seed| seed.deserialize(BlobBytes(response.body))),
        kind @ Kind::String => {
            let text = response.text()?.into();
            erased::pass(seed, |seed| seed.deserialize(ScalarText { text, kind }))
        }
        _ if response.body.is_empty() => erased::pass(seed, |seed| seed.deserialize(empty_map())),
        _ => match response.tape() {
            Some(tape) => {
                let document = Document::new(tape, response.model);
                seed.deserialize(Xml::new(&document, shape, 0))
            }
            None => json_read::read(response.model, shape, response.text()?, seed),
        },
    }
}

/// The text of a header: UTF-8, or else Latin-1, as in HTTP's first standard.
pub(crate) fn header_text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().map(|b| char::from(*b)).collect(),
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
