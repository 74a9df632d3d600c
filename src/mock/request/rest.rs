//! Reads what the REST protocols bind to path, query, headers and body.

use serde_json::{Map, Value};

use super::super::message::Incoming;
use super::{document, events, scalar, xml};
use crate::codec::scalar::{base64_encode, base64_read};
use crate::error::Result;
use crate::model::{Kind, Location, Member, Members, Protocol, ServiceModel, Shape};
use crate::protocol::{header_text, headers_with_prefix, split_header_list};

pub(super) fn read(
    model: &ServiceModel,
    shape: &Shape,
    labels: &[(String, String)],
    request: &Incoming,
) -> Result<Value> {
    let Some(members) = shape.members() else {
        return Ok(Map::new().into());
    };
    let rest = Rest {
        model,
        members,
        request,
        query: request.query_pairs(),
    };
    let mut params = Map::new();
    for member in members {
        let value = match member.location {
            Location::Uri => rest.label(member, labels)?,
            Location::Query => rest.query(member)?,
            Location::Header => rest.header(member)?,
            Location::Headers => rest.headers(member)?,
            Location::Body | Location::Payload | Location::StatusCode => None,
        };
        params.extend(value.map(|value| (member.name.clone(), value)));
    }
    match rest.body(shape)? {
        Value::Object(body) => params.extend(body),
        // a document of another kind: validation reports it
        other if params.is_empty() => return Ok(other),
        other => drop(params.insert("the body".into(), other)),
    }
    Ok(params.into())
}

/// Headers that HTTP clients set themselves: a value that the model does not have is not the program's.
const OF_CLIENTS: [&str; 3] = ["accept", "accept-encoding", "content-type"];

struct Rest<'a> {
    model: &'a ServiceModel,
    members: &'a Members,
    request: &'a Incoming,
    query: Vec<(String, String)>,
}

impl Rest<'_> {
    fn label(&self, member: &Member, labels: &[(String, String)]) -> Result<Option<Value>> {
        let found = labels.iter().find(|(name, _)| *name == member.wire_name);
        found.map(|(_, text)| self.scalar(member, text)).transpose()
    }

    fn scalar(&self, member: &Member, text: &str) -> Result<Value> {
        Ok(scalar::value(&self.model.shape(member.target)?.kind, text))
    }

    fn query(&self, member: &Member) -> Result<Option<Value>> {
        let name = member.request_name();
        let mut values = self.query.iter().filter(|(known, _)| known == name);
        Ok(match &self.model.shape(member.target)?.kind {
            Kind::List(of) => {
                let items = values.map(|(_, text)| self.scalar(of, text));
                let items = items.collect::<Result<Vec<_>>>()?;
                (!items.is_empty()).then(|| items.into())
            }
            Kind::Map { value, .. } => self.entries(value)?,
            _ => (values.next())
                .map(|(_, text)| self.scalar(member, text))
                .transpose()?,
        })
    }

    /// The parts of the query that no other member has.
    fn entries(&self, value: &Member) -> Result<Option<Value>> {
        let is_other = |name: &str| {
            let mut members = self
                .members
                .iter()
                .filter(|m| m.location == Location::Query);
            name.starts_with("X-Amz-") || members.any(|member| member.request_name() == name)
        };
        let of = &self.model.shape(value.target)?.kind;
        let mut map = Map::new();
        for (name, text) in self.query.iter().filter(|(name, _)| !is_other(name)) {
            match of {
                Kind::List(item) => {
                    let list = map
                        .entry(name.clone())
                        .or_insert_with(|| Vec::<Value>::new().into());
                    if let Value::Array(list) = list {
                        list.push(self.scalar(item, text)?);
                    }
                }
                _ => drop(map.insert(name.clone(), scalar::value(of, text))),
            }
        }
        Ok((!map.is_empty()).then(|| map.into()))
    }

    fn header(&self, member: &Member) -> Result<Option<Value>> {
        let Some(text) = self.request.headers.get(&*member.wire_name) else {
            return Ok(None);
        };
        let text = header_text(text);
        let shape = self.model.shape(member.target)?;
        let kind = &shape.kind;
        let is_of_client = OF_CLIENTS
            .iter()
            .any(|name| member.wire_name.eq_ignore_ascii_case(name));
        if is_of_client
            && !shape.values.is_empty()
            && !shape.values.iter().any(|value| *value == text)
        {
            return Ok(None);
        }
        Ok(Some(match kind {
            _ if member.json_value => {
                let json = base64_read(&text).and_then(|json| serde_json::from_slice(&json).ok());
                json.unwrap_or_else(|| text.into())
            }
            Kind::List(of) => {
                let of = &self.model.shape(of.target)?.kind;
                let items = split_header_list(&text, matches!(of, Kind::Timestamp));
                let items = items.iter().map(|item| scalar::value(of, item));
                items.collect::<Vec<_>>().into()
            }
            kind => scalar::value(kind, &text),
        }))
    }

    fn headers(&self, member: &Member) -> Result<Option<Value>> {
        let entries = headers_with_prefix(&self.request.headers, member);
        let entries: Map<String, Value> = entries
            .map(|(name, text)| (name.into(), text.into()))
            .collect();
        Ok((!entries.is_empty()).then(|| entries.into()))
    }

    /// The members in the body.
    fn body(&self, shape: &Shape) -> Result<Value> {
        let body = &self.request.body;
        let is_xml = self.model.metadata().protocol == Protocol::RestXml;
        let Some(member) = self.members.payload() else {
            return match (is_xml, self.members.has_body) {
                (_, false) => Ok(Map::new().into()),
                (true, true) => xml::read(self.model, shape, body),
                (false, true) => {
                    let is_body = |member: &Member| member.location == Location::Body;
                    document::read(self.model, shape, body, is_body)
                }
            };
        };
        let payload = self.model.shape(member.target)?;
        let value = match &payload.kind {
            _ if payload.event_stream => events::read(self.model, payload, body)?,
            _ if body.is_empty() && !member.required => return Ok(Map::new().into()),
            Kind::Blob => base64_encode(body).into(),
            Kind::String => String::from_utf8_lossy(body).into_owned().into(),
            _ if is_xml => xml::read(self.model, payload, body)?,
            _ => document::payload(self.model, payload, body)?,
        };
        Ok(Map::from_iter([(member.name.clone(), value)]).into())
    }
}
