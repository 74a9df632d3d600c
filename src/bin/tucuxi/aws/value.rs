//! The values of options: JSON, shorthand, the content of files, or text that the shape gives a type.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use tucuxi::config::Environment;
use tucuxi::model::{Kind, Member, ServiceModel, Shape, ShapeId};

use super::shorthand::{self, Short};
use super::{documents, file};

/// How blobs are written in parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlobFormat {
    Base64,
    Raw,
}

/// What the reading of values depends on.
pub(super) struct Reader<'c> {
    pub(super) model: &'c ServiceModel,
    pub(super) blobs: BlobFormat,
    pub(super) env: &'c Environment,
}

type Result<T> = std::result::Result<T, String>;

impl Reader<'_> {
    /// Reads the value of an option for a member.
    ///
    /// # Errors
    ///
    /// Returns a message if the text cannot be read as the member's shape.
    pub(super) fn member(&self, member: &Member, texts: &[String]) -> Result<Value> {
        let shape = self.shape(member.target)?;
        if let [text] = texts
            && let Some(content) = self.content(text)?
        {
            return match (content, &shape.kind) {
                (Short::Text(text), Kind::List(item)) if !is_json_list(&text) => {
                    Ok(vec![self.one(item, &text)?].into())
                }
                (Short::Text(text), _) => self.one(member, &text),
                (content, _) => self.shaped(member.target, content),
            };
        }
        self.literal(member, texts)
    }

    /// Reads the value of an option that is no URL of a file, even if it looks like one.
    ///
    /// # Errors
    ///
    /// Returns a message if the text cannot be read as the member's shape.
    pub(super) fn literal(&self, member: &Member, texts: &[String]) -> Result<Value> {
        match (&self.shape(member.target)?.kind, texts) {
            (Kind::List(_), [text]) if is_json_list(text) => self.json(member.target, text),
            (Kind::List(item), texts) => {
                let items = texts.iter().map(|text| self.one(item, text));
                items.collect::<Result<Vec<Value>>>().map(Value::from)
            }
            (_, [text]) => self.one(member, text),
            (_, texts) => Err(format!("one value is expected, not {}", texts.len())),
        }
    }

    /// Reads a value that is not a list, or a list as one text.
    fn one(&self, member: &Member, text: &str) -> Result<Value> {
        let shape = self.shape(member.target)?;
        let is_collection = matches!(
            shape.kind,
            Kind::List(_) | Kind::Map { .. } | Kind::Structure(_) | Kind::Union(_)
        );
        if member.json_value || (!is_collection && documents::holds(self.model, member.target)) {
            return parse_json(text);
        }
        if !is_collection {
            return self.scalar(shape, text);
        }
        if is_json(text) || documents::holds(self.model, member.target) {
            return self.json(member.target, text);
        }
        if let Some(only) = only_value(self.model, shape)
            && !text.contains('=')
        {
            return Ok(Map::from_iter([(only.name.clone(), text.into())]).into());
        }
        let short = shorthand::parse(text, &|text| self.content(text))?;
        self.shaped(member.target, short)
    }

    /// Reads the file that a text names, if it names one.
    pub(super) fn content(&self, text: &str) -> Result<Option<Short>> {
        file::read(text, self.env)
    }

    fn json(&self, target: ShapeId, text: &str) -> Result<Value> {
        let mut value = parse_json(text)?;
        self.encode_blobs(target, &mut value)?;
        Ok(value)
    }

    /// Encodes the blobs of parameters that are written in JSON, unless they are base64 already.
    pub(super) fn encode_blobs(&self, target: ShapeId, value: &mut Value) -> Result<()> {
        if self.blobs == BlobFormat::Base64 {
            return Ok(());
        }
        match (&self.shape(target)?.kind, value) {
            (Kind::Blob, Value::String(text)) => *text = BASE64_STANDARD.encode(&*text),
            (Kind::List(item), Value::Array(items)) => {
                for value in items {
                    self.encode_blobs(item.target, value)?;
                }
            }
            (Kind::Map { value: item, .. }, Value::Object(map)) => {
                for value in map.values_mut() {
                    self.encode_blobs(item.target, value)?;
                }
            }
            (Kind::Structure(members) | Kind::Union(members), Value::Object(map)) => {
                for (name, value) in map {
                    if let Some(member) = members.get(name) {
                        self.encode_blobs(member.target, value)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives a value of the shorthand the types of a shape. What does not fit is left for the validation of the parameters.
    fn shaped(&self, target: ShapeId, short: Short) -> Result<Value> {
        let shape = self.shape(target)?;
        match (&shape.kind, short) {
            (Kind::Document, _) => Err(
                "a document cannot be written in shorthand; write the value of the option as JSON"
                    .into(),
            ),
            (Kind::List(item), Short::List(list)) => {
                let items = list
                    .into_iter()
                    .map(|short| self.shaped(item.target, short));
                items.collect::<Result<Vec<Value>>>().map(Value::from)
            }
            (Kind::List(item), short) => Ok(vec![self.shaped(item.target, short)?].into()),
            (Kind::Structure(members) | Kind::Union(members), Short::Map(pairs)) => {
                let pairs = pairs.into_iter().map(|(name, short)| {
                    let value = match members.get(&name) {
                        Some(member) => self.shaped(member.target, short)?,
                        None => untyped(short),
                    };
                    Ok((name, value))
                });
                pairs.collect::<Result<Map<_, _>>>().map(Value::from)
            }
            (Kind::Map { value, .. }, Short::Map(pairs)) => {
                let pairs = pairs
                    .into_iter()
                    .map(|(name, short)| Ok((name, self.shaped(value.target, short)?)));
                pairs.collect::<Result<Map<_, _>>>().map(Value::from)
            }
            (Kind::Blob, Short::Bytes(bytes)) => Ok(BASE64_STANDARD.encode(bytes).into()),
            (_, Short::Text(text)) => self.scalar(shape, &text),
            (_, short) => Ok(untyped(short)),
        }
    }

    /// Converts a text to the type of a shape that has no members.
    fn scalar(&self, shape: &Shape, text: &str) -> Result<Value> {
        Ok(match &shape.kind {
            Kind::Blob if self.blobs == BlobFormat::Raw => BASE64_STANDARD.encode(text).into(),
            Kind::Boolean if text.eq_ignore_ascii_case("true") => true.into(),
            Kind::Boolean if text.eq_ignore_ascii_case("false") => false.into(),
            Kind::Integer | Kind::Long => match text.trim().parse::<i64>() {
                Ok(number) => number.into(),
                Err(_) => return Err(format!("{text:?} is no whole number")),
            },
            Kind::Double | Kind::Float => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => number.into(),
                Ok(number) if number.is_nan() => "NaN".into(),
                Ok(number) if number > 0.0 => "Infinity".into(),
                Ok(_) => "-Infinity".into(),
                Err(_) => return Err(format!("{text:?} is no number")),
            },
            _ => text.into(),
        })
    }

    fn shape(&self, id: ShapeId) -> Result<&Shape> {
        self.model.shape(id).map_err(|e| e.to_string())
    }
}

/// Whether a value of an option is JSON rather than shorthand.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

fn is_json_list(text: &str) -> bool {
    text.trim_start().starts_with('[')
}

/// Parses JSON.
///
/// # Errors
///
/// Returns a message if the text is no JSON.
pub(super) fn parse_json(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|e| format!("invalid JSON: {e}"))
}

/// The only member of a structure whose value is written alone: a string named `Value`.
fn only_value<'m>(model: &ServiceModel, shape: &'m Shape) -> Option<&'m Member> {
    let members = shape.members().filter(|members| members.len() == 1)?;
    let member = members.get("Value")?;
    let is_string = matches!(model.shape(member.target).ok()?.kind, Kind::String);
    is_string.then_some(member)
}

fn untyped(short: Short) -> Value {
    match short {
        Short::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(error) => BASE64_STANDARD.encode(error.as_bytes()).into(),
        },
        Short::List(list) => list.into_iter().map(untyped).collect::<Vec<_>>().into(),
        Short::Map(pairs) => {
            let pairs = pairs
                .into_iter()
                .map(|(name, short)| (name, untyped(short)));
            pairs.collect::<Map<_, _>>().into()
        }
        Short::Text(text) => text.into(),
    }
}
