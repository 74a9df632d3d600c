//! The REST protocols: parameters go to path, query, headers and body, as the model binds each.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use super::{Encoded, Params, Part, header, parts};
use crate::body::Body;
use crate::codec::xml_write::XmlWriter;
use crate::codec::{json_write, scalar};
use crate::error::{Error, Result};
use crate::model::{Kind, Location, Member, Members, Operation, Protocol, ServiceModel, Shape};
use crate::time::TimestampFormat;
use crate::uri;

pub(super) fn encode(
    model: &ServiceModel,
    operation: &Operation,
    params: &Params,
) -> Result<Encoded> {
    let empty = Map::new();
    let given = params.value.as_object().unwrap_or(&empty);
    let input = operation.input.map(|id| model.shape(id)).transpose()?;
    let Some((shape, members)) = input.and_then(|shape| Some((shape, shape.members()?))) else {
        let mut request = Encoded::post(operation.uri.to_string());
        request.method = operation.method.clone();
        (request.path, request.query) = split(&operation.uri);
        return Ok(request);
    };
    let rest = Rest {
        model,
        operation,
        shape,
        members,
        given,
    };
    rest.check_labels()?;
    let (template, mut query) = split(&operation.uri);
    let path = rest.path(&template)?;
    rest.query(&mut query)?;
    let mut headers = rest.headers()?;
    let body = rest.body(params, &mut headers)?;
    Ok(Encoded {
        method: operation.method.clone(),
        path,
        query,
        headers,
        body,
    })
}

fn split(uri: &str) -> (String, String) {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    (path.into(), query.into())
}

struct Rest<'a> {
    model: &'a ServiceModel,
    operation: &'a Operation,
    shape: &'a Shape,
    members: &'a Members,
    given: &'a Map<String, Value>,
}

impl<'a> Rest<'a> {
    /// The members at this place that have a value.
    fn at(&self, location: Location) -> impl Iterator<Item = (&'a Member, &'a Value)> {
        let given = self.given;
        (self.members.iter())
            .filter(move |member| member.location == location)
            .filter_map(move |member| Some((member, given.get(&*member.name)?)))
            .filter(|(_, value)| !value.is_null())
    }

    /// Without one of its labels a path is that of another operation, which may delete more than is wanted. That holds for a label
    /// that the endpoint rules put into the URL, too.
    fn check_labels(&self) -> Result<()> {
        for member in self.members.iter().filter(|m| m.location == Location::Uri) {
            let what = match self.given.get(&*member.name) {
                None | Some(Value::Null) => "given",
                Some(Value::String(text)) if text.is_empty() => "more than an empty text",
                Some(_) => continue,
            };
            return Err(Error::request(format!(
                "{}: it is a part of the path, so it must be {what}",
                member.name
            )));
        }
        Ok(())
    }

    fn path(&self, template: &str) -> Result<String> {
        let mut path = String::with_capacity(template.len() + 32);
        for part in parts(template) {
            match part {
                Part::Text(text) => path.push_str(text),
                Part::Label { name, greedy } => {
                    let mut at = self.at(Location::Uri);
                    let (member, value) =
                        at.find(|(m, _)| *m.wire_name == *name).ok_or_else(|| {
                            Error::model(format!(
                                "the path has a label {name}, which is no parameter"
                            ))
                        })?;
                    let text = self.text(member, value, TimestampFormat::DateTime)?;
                    let keep: &[u8] = if greedy { b"/" } else { b"" };
                    uri::encode_into(&mut path, text.as_bytes(), keep);
                }
            }
        }
        Ok(path)
    }

    fn query(&self, query: &mut String) -> Result<()> {
        for (member, value) in self.at(Location::Query) {
            let name = member.request_name();
            match (&self.model.shape(member.target)?.kind, value) {
                (Kind::List(of), Value::Array(items)) => {
                    for item in items.iter().filter(|item| !item.is_null()) {
                        pair(
                            query,
                            name,
                            &self.text(of, item, TimestampFormat::DateTime)?,
                        );
                    }
                }
                (Kind::Map { value: of, .. }, Value::Object(entries)) => {
                    let of = of.target;
                    let list = match &self.model.shape(of)?.kind {
                        Kind::List(item) => Some(item),
                        _ => None,
                    };
                    // what has a member of its own is that member's
                    let named = |key: &str| {
                        self.at(Location::Query)
                            .any(|(m, _)| m.request_name() == key)
                    };
                    for (key, value) in entries.iter().filter(|(key, _)| !named(key)) {
                        match (value, list) {
                            (Value::Array(items), Some(item)) => {
                                for value in items {
                                    let text = self.text(item, value, TimestampFormat::DateTime)?;
                                    pair(query, key, &text);
                                }
                            }
                            _ => pair(query, key, &plain(value)?),
                        }
                    }
                }
                _ => pair(
                    query,
                    name,
                    &self.text(member, value, TimestampFormat::DateTime)?,
                ),
            }
        }
        Ok(())
    }

    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (member, value) in self.at(Location::Header) {
            if let Some(text) = self.header_text(member, value)? {
                let is_secret = self.model.shape(member.target)?.sensitive;
                header(&mut headers, &member.wire_name, &text, is_secret)?;
            }
        }
        for (member, value) in self.at(Location::Headers) {
            let is_secret = self.model.shape(member.target)?.sensitive;
            for (key, value) in value.as_object().into_iter().flatten() {
                let name = format!("{}{key}", member.wire_name);
                header(&mut headers, &name, &plain(value)?, is_secret)?;
            }
        }
        Ok(headers)
    }

    /// `None` where nothing is to be sent.
    fn header_text(&self, member: &Member, value: &Value) -> Result<Option<String>> {
        if member.json_value {
            return Ok(Some(scalar::base64_encode(value.to_string().as_bytes())));
        }
        let shape = self.model.shape(member.target)?;
        let (Kind::List(of), Value::Array(items)) = (&shape.kind, value) else {
            let text = self.header_scalar(member, value)?;
            return Ok(Some(text));
        };
        let mut list = String::new();
        let mut items = items.iter().filter(|item| !item.is_null()).peekable();
        if items.peek().is_none() {
            return Ok(None);
        }
        for (n, item) in items.enumerate() {
            if n > 0 {
                list.push(',');
            }
            let text = self.header_scalar(of, item)?;
            // a timestamp's own comma is known to the reader
            if item.is_string()
                && text.contains(['"', ','])
                && matches!(self.model.shape(of.target)?.kind, Kind::String)
            {
                list.push('"');
                list.push_str(&text.replace('"', "\\\""));
                list.push('"');
            } else {
                list.push_str(&text);
            }
        }
        Ok(Some(list))
    }

    fn header_scalar(&self, member: &Member, value: &Value) -> Result<String> {
        let format = member.timestamp_format.unwrap_or(TimestampFormat::HttpDate);
        match &self.model.shape(member.target)?.kind {
            Kind::Timestamp => {
                scalar::header_timestamp(value, format).map_err(|e| unfit(member, &e))
            }
            _ => self.text(member, value, format),
        }
    }

    fn text(&self, member: &Member, value: &Value, default: TimestampFormat) -> Result<String> {
        let kind = &self.model.shape(member.target)?.kind;
        let format = member.timestamp_format.unwrap_or(default);
        let text = scalar::text(kind, format, value);
        text.map(Into::into).map_err(|e| unfit(member, &e))
    }

    fn body(&self, params: &Params, headers: &mut HeaderMap) -> Result<Body> {
        let json = self.model.metadata().protocol == Protocol::RestJson;
        let body = match self.members.payload() {
            Some(member) => {
                let shape = self.model.shape(member.target)?;
                if matches!(shape.kind, Kind::Blob | Kind::String) {
                    return self.raw_body(member, &shape.kind, params);
                }
                match self.given.get(&*member.name).filter(|v| !v.is_null()) {
                    Some(value) => self.structure(member, shape, value)?,
                    None if json && !shape.is_union() => b"{}".to_vec(),
                    None => Vec::new(),
                }
            }
            None if json && self.members.has_body => {
                let mut out = Vec::with_capacity(256);
                let value = &params.value;
                json_write::write_members(self.model, self.shape, value, is_body, &mut out)?;
                out
            }
            None if !json && self.at(Location::Body).next().is_some() => {
                let name = self.operation.input_name.as_deref().ok_or_else(|| {
                    Error::request("the model names no root element for the XML body")
                })?;
                let mut writer = XmlWriter::new(self.model);
                let namespace = self.operation.input_namespace.as_ref();
                writer.structure(name, namespace, self.shape, &params.value, is_body)?;
                writer.finish().into_bytes()
            }
            None => Vec::new(),
        };
        if json && !body.is_empty() && !headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(body.into())
    }

    /// A blob or a string is the body as it is.
    fn raw_body(&self, member: &Member, kind: &Kind, params: &Params) -> Result<Body> {
        if let Some(body) = &params.body {
            return Ok(body.clone());
        }
        match (kind, self.given.get(&*member.name)) {
            (_, None | Some(Value::Null)) => Ok(Body::empty()),
            (Kind::Blob, Some(Value::String(text))) => {
                let bytes = scalar::base64_decode(text)
                    .map_err(|e| Error::request(format!("{}: {e}", member.name)))?;
                Ok(bytes.into())
            }
            (_, Some(value)) => Ok(plain(value)?.into()),
        }
    }

    /// A payload with a shape of its own.
    fn structure(&self, member: &Member, shape: &Shape, value: &Value) -> Result<Vec<u8>> {
        if self.model.metadata().protocol == Protocol::RestJson {
            let mut out = Vec::with_capacity(256);
            json_write::write(self.model, shape, value, &mut out)?;
            return Ok(out);
        }
        let mut writer = XmlWriter::new(self.model);
        let namespace = (member.xml_namespace.as_ref()).or(shape.xml_namespace.as_ref());
        writer.structure(member.request_name(), namespace, shape, value, |_| true)?;
        Ok(writer.finish().into_bytes())
    }
}

fn is_body(member: &Member) -> bool {
    member.location == Location::Body
}

/// A scalar whose shape does not matter.
fn plain(value: &Value) -> Result<String> {
    scalar::text(&Kind::String, TimestampFormat::DateTime, value)
        .map(Into::into)
        .map_err(Error::request)
}

fn pair(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    uri::encode_into(query, name.as_bytes(), b"");
    query.push('=');
    uri::encode_into(query, value.as_bytes(), b"");
}
fn unfit(member: &Member, error: &str) -> Error {
    Error::request(format!("{}: {error}", member.name))
}
