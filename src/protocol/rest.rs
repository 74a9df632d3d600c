//! The request of the REST protocols: parameters go to path, query, headers and body, as the model binds each.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use super::request::{USUAL_HEADERS, header};
use super::template::{Part, parts};
use super::{Encoded, Params};
use crate::body::Body;
use crate::codec::scalar;
use crate::error::{Error, Result};
use crate::model::{Kind, Location, Member, Members, Operation, ServiceModel, Shape};
use crate::time::TimestampFormat;
use crate::uri;

/// The documents in the bodies of a REST protocol.
pub(super) trait RestBody {
    /// The content type of documents, where none is given.
    fn content_type(&self) -> Option<&'static str>;

    /// Writes the members that are in the body; nothing if there is no body.
    fn members(&self, rest: &Rest<'_>) -> Result<Vec<u8>>;

    /// Writes a payload with a shape of its own.
    fn payload(
        &self,
        rest: &Rest<'_>,
        member: &Member,
        shape: &Shape,
        value: &Value,
    ) -> Result<Vec<u8>>;

    /// The body for a payload that is not given.
    fn absent_payload(&self, shape: &Shape) -> &'static [u8];
}

pub(super) fn encode(
    model: &ServiceModel,
    operation: &Operation,
    params: &Params,
    documents: &impl RestBody,
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
        params: &params.value,
        given,
    };
    rest.check_labels()?;
    let (template, mut query) = split(&operation.uri);
    let path = rest.path(&template)?;
    rest.query(&mut query)?;
    let mut headers = rest.headers()?;
    let body = rest.body(params.body.as_ref(), documents, &mut headers)?;
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

/// An input and its parameters.
pub(super) struct Rest<'a> {
    pub(super) model: &'a ServiceModel,
    pub(super) operation: &'a Operation,
    pub(super) shape: &'a Shape,
    pub(super) members: &'a Members,
    pub(super) params: &'a Value,
    /// The members of `params`.
    given: &'a Map<String, Value>,
}

impl<'a> Rest<'a> {
    /// The members at this location that have a value.
    pub(super) fn at(&self, location: Location) -> impl Iterator<Item = (&'a Member, &'a Value)> {
        let given = self.given;
        (self.members.iter())
            .filter(move |member| member.location == location)
            .filter_map(move |member| Some((member, given.get(&*member.name)?)))
            .filter(|(_, value)| !value.is_null())
    }

    /// Checks that every label has a value, also those that the endpoint rules put into the URL. Without one of its labels, a path is
    /// that of another operation, which may delete more than the caller wants.
    fn check_labels(&self) -> Result<()> {
        for member in self.members.iter().filter(|m| m.location == Location::Uri) {
            let what = match self.given.get(&*member.name) {
                None | Some(Value::Null) => "must be given",
                Some(Value::String(text)) if text.is_empty() => "must not be empty",
                Some(_) => continue,
            };
            return Err(Error::request(format!(
                "{}: it is a part of the path, so it {what}",
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
                                "the path has a label {name}, but there is no such parameter"
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
                    // a member takes precedence over an entry of the same name
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
        let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
        for (member, value) in self.at(Location::Header) {
            if let Some(text) = header_text(self.model, member, value)? {
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

    fn text(&self, member: &Member, value: &Value, default: TimestampFormat) -> Result<String> {
        text(self.model, member, value, default)
    }

    fn body(
        &self,
        streamed: Option<&Body>,
        documents: &impl RestBody,
        headers: &mut HeaderMap,
    ) -> Result<Body> {
        let body = match self.members.payload() {
            Some(member) => {
                let shape = self.model.shape(member.target)?;
                if matches!(shape.kind, Kind::Blob | Kind::String) {
                    return self.raw_body(member, &shape.kind, streamed);
                }
                match self.given.get(&*member.name).filter(|v| !v.is_null()) {
                    Some(value) => documents.payload(self, member, shape, value)?,
                    None => documents.absent_payload(shape).to_vec(),
                }
            }
            None => documents.members(self)?,
        };
        if let Some(content_type) = documents.content_type()
            && !body.is_empty()
            && !headers.contains_key(CONTENT_TYPE)
        {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Ok(body.into())
    }

    /// The body of a payload that is a blob or a string.
    fn raw_body(&self, member: &Member, kind: &Kind, streamed: Option<&Body>) -> Result<Body> {
        if let Some(body) = streamed {
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
}

/// The text of a header; `None` for an empty list, which is not sent.
pub(crate) fn header_text(
    model: &ServiceModel,
    member: &Member,
    value: &Value,
) -> Result<Option<String>> {
    if member.json_value {
        return Ok(Some(scalar::base64_encode(value.to_string().as_bytes())));
    }
    let shape = model.shape(member.target)?;
    let (Kind::List(of), Value::Array(items)) = (&shape.kind, value) else {
        let text = header_scalar(model, member, value)?;
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
        let text = header_scalar(model, of, item)?;
        // a timestamp is not quoted: readers know that it contains a comma
        if item.is_string()
            && text.contains(['"', ','])
            && matches!(model.shape(of.target)?.kind, Kind::String)
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

fn header_scalar(model: &ServiceModel, member: &Member, value: &Value) -> Result<String> {
    let format = member.timestamp_format.unwrap_or(TimestampFormat::HttpDate);
    match &model.shape(member.target)?.kind {
        Kind::Timestamp => scalar::header_timestamp(value, format).map_err(|e| invalid(member, &e)),
        _ => text(model, member, value, format),
    }
}

fn text(
    model: &ServiceModel,
    member: &Member,
    value: &Value,
    default: TimestampFormat,
) -> Result<String> {
    let kind = &model.shape(member.target)?.kind;
    let format = member.timestamp_format.unwrap_or(default);
    let text = scalar::text(kind, format, value);
    text.map(Into::into).map_err(|e| invalid(member, &e))
}

pub(super) fn is_body(member: &Member) -> bool {
    member.location == Location::Body
}

/// The text of a scalar without a shape.
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

fn invalid(member: &Member, error: &str) -> Error {
    Error::request(format!("{}: {error}", member.name))
}
