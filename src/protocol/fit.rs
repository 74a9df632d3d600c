//! Reads a response that does not fit its operation's model, as far as it fits.

use serde::de::Error as _;
use serde_json::{Map, Value};

use super::BufferedResponse;
use super::binding::{Bindings, BoundValue, Source, split_list, with_prefix};
use crate::codec::ReadError;
use crate::codec::fit::{Fit, Fitted, entry};
use crate::codec::fit_xml::Element;
use crate::codec::raw::{self, Raw, Text};
use crate::codec::scalar;
use crate::codec::xml_tape::Tape;
use crate::model::{Kind, ShapeId};

impl BufferedResponse<'_> {
    /// Reads a shape into a tree, as far as it fits.
    pub(super) fn fit_shape(
        &self,
        id: ShapeId,
        start: impl FnOnce(Tape<'_, '_>) -> usize,
    ) -> Result<Fitted, ReadError> {
        let shape = self.model.shape(id).map_err(ReadError::custom)?;
        let mut fit = Fit::new(self.model);
        let mut map = Map::new();
        let Some(members) = shape.members() else {
            return Ok(fit.done(map.into()));
        };
        let is_bound = self.protocol().binds_members();
        let mut bindings = Bindings::new(*self, members, is_bound);
        if is_bound || self.events.is_some() {
            while let Some(member) = bindings.advance()? {
                let Some(value) = bindings.take_value() else {
                    break;
                };
                let value = fit.below(format!(".{}", member.name), |fit| value.fit(fit))?;
                map.extend(value.map(|value| ((*member.name).to_owned(), value)));
            }
        }
        let has_document = !is_bound || (members.payload().is_none() && members.has_response_body);
        if has_document && !self.body.is_empty() {
            let rest = match self.document() {
                Some(document) => match document? {
                    Raw::Map(entries) => fit.members(shape, members, entries)?,
                    other => return Err(ReadError::custom(other.kind_name())),
                },
                None => match self.tape() {
                    Some(tape) => {
                        let (node, flat) = (start(tape), None);
                        fit.children(shape, members, Element { tape, node, flat })?
                    }
                    None => None,
                },
            };
            map.extend(rest.into_iter().flatten());
        }
        Ok(fit.done(map.into()))
    }

    /// The body without a shape, unless it is XML.
    fn document(&self) -> Option<Result<Raw, ReadError>> {
        self.protocol().format().parse(self.body)
    }
}

impl BoundValue<'_> {
    fn fit(self, fit: &mut Fit<'_>) -> Result<Option<Value>, ReadError> {
        let BufferedResponse { model, body, .. } = self.response;
        let of = |target| model.shape(target).map_err(ReadError::custom);
        Ok(match (self.source, &self.shape.kind) {
            (Source::Events(events), _) => Some(events.to_vec().into()),
            (Source::Status, _) => Some(self.response.status.into()),
            (Source::Header(text), _) if self.member.json_value => {
                let json = scalar::base64_read(&text).and_then(|json| raw::json(&json));
                Some(match json {
                    Some(raw) => fit.document(raw),
                    None => fit.as_received("JSON in base64", "other text", &text),
                })
            }
            (Source::Header(text), Kind::List(member)) => {
                let kind = &of(member.target)?.kind;
                let items = split_list(&text, matches!(kind, Kind::Timestamp));
                let item = |(index, text): (usize, String)| {
                    fit.below(format!("[{index}]"), |fit| fit.plain(kind, &text))
                };
                Some(items.into_iter().enumerate().map(item).collect())
            }
            (Source::Header(text), kind) => Some(fit.plain(kind, &text)),
            (Source::Headers, Kind::Map { key, value }) => {
                let (key, kind) = (of(key.target)?, &of(value.target)?.kind);
                let entries =
                    with_prefix(self.response.headers, self.member).map(|(name, text)| {
                        let value = fit.below(entry(name, key), |fit| fit.plain(kind, &text));
                        (name.to_owned(), value)
                    });
                Some(Value::Object(entries.collect()))
            }
            (Source::Headers, _) => None,
            (Source::Payload, Kind::Blob) => Some(scalar::base64_encode(body).into()),
            (Source::Payload, Kind::String) => Some(fit.text(Text::of_bytes(body)).into()),
            (Source::Payload, _) if body.is_empty() => Some(Map::new().into()),
            (Source::Payload, _) => match (self.response.document(), self.response.tape()) {
                (Some(document), _) => fit.value(self.shape, document?)?,
                (None, Some(tape)) => {
                    let (node, flat) = (0, None);
                    fit.element(self.shape, Element { tape, node, flat })?
                }
                (None, None) => None,
            },
        })
    }
}
