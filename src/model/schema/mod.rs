//! JSON Schemas of parameters and results: <https://json-schema.org/draft/2020-12>.
//!
//! ```text
//!  {"$schema": …, "title": "GetItemInput", "type": "object",
//!   "properties": {"TableName": {"type": "string", …}, "Key": {"$ref": "#/$defs/Key"}, …},
//!   "required": ["TableName", "Key"], "additionalProperties": false,
//!   "$defs": {"Key": {…}, "AttributeValue": {…}, …}}
//! ```
//! Structures, unions, lists, maps, timestamps and enumerations are definitions, with the names of their shapes; so a shape may contain
//! itself. Other scalars are written where they are used.
//!
//! The schema of parameters allows what the validation of a call allows, no more and no less: maximum values and lengths, patterns and
//! the values of enumerations are the service's to check, and are in the description. Two things cannot be written: that `1.0` is not an
//! integer, and the calendar (`2026-02-30`). Null is not allowed for an idempotency token, although a call replaces it.

mod describe;
mod scalar;

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value, json};

use self::describe::described;
use super::{Kind, Location, Member, MemberNotes, Members, Notes, ServiceModel, Shape, ShapeId};
use crate::error::Result;

/// The meta-schema.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

impl ServiceModel {
    /// Returns the JSON Schema (draft 2020-12) of an operation's parameters. A value that it allows passes the validation of a call, and
    /// one that it does not allow is an error there. Members that are passed in another way are not in it: streams of events.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let schema = client.model("sqs")?.input_schema("SendMessage")?;
    /// assert_eq!(schema["required"], serde_json::json!(["QueueUrl", "MessageBody"]));
    /// assert_eq!(schema["properties"]["DelaySeconds"]["type"], "integer");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation, or if the model is broken.
    pub fn input_schema(&self, operation: &str) -> Result<Value> {
        let input = self.operation(operation)?.input;
        Writer::new(self, Direction::Input).document(input)
    }

    /// Returns the JSON Schema (draft 2020-12) of an operation's result. No member is required and no value is limited, as services do
    /// not keep to that. A stream of events is an array.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let schema = client.model("sqs")?.output_schema("SendMessage")?;
    /// assert_eq!(schema["properties"]["MessageId"]["type"], "string");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation, or if the model is broken.
    pub fn output_schema(&self, operation: &str) -> Result<Value> {
        let output = self.operation(operation)?.output;
        Writer::new(self, Direction::Output).document(output)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Input,
    Output,
}

struct Writer<'m> {
    model: &'m ServiceModel,
    direction: Direction,
    /// The shapes that are referred to, in the order of the first reference.
    referred: VecDeque<ShapeId>,
    /// The definitions: `None` if one is still to be written.
    definitions: BTreeMap<&'m str, Option<Value>>,
}

impl<'m> Writer<'m> {
    fn new(model: &'m ServiceModel, direction: Direction) -> Self {
        Self {
            model,
            direction,
            referred: VecDeque::new(),
            definitions: BTreeMap::new(),
        }
    }

    /// The schema of a whole input or output, with the definitions that it refers to.
    fn document(mut self, shape: Option<ShapeId>) -> Result<Value> {
        let mut root = Map::new();
        root.insert("$schema".into(), DRAFT.into());
        match shape {
            Some(id) => {
                root.insert("title".into(), self.model.shape_name(id).into());
                root.extend(self.shape(id, true)?);
            }
            None => {
                root.insert("type".into(), "object".into());
                if self.direction == Direction::Input {
                    root.insert("additionalProperties".into(), false.into());
                }
            }
        }
        while let Some(id) = self.referred.pop_front() {
            let definition = self.shape(id, false)?.into();
            let name = self.model.shape_name(id);
            self.definitions.insert(name, Some(definition));
        }
        if !self.definitions.is_empty() {
            let definitions = self.definitions.into_iter();
            let definitions: Map<String, Value> = definitions
                .map(|(name, definition)| (name.into(), definition.unwrap_or_default()))
                .collect();
            root.insert("$defs".into(), definitions.into());
        }
        Ok(root.into())
    }

    /// The schema of a shape. `is_top`: of the whole input or output.
    fn shape(&mut self, id: ShapeId, is_top: bool) -> Result<Map<String, Value>> {
        let shape = self.model.shape(id)?;
        let notes = self.model.shape_notes(id);
        let mut schema = match &shape.kind {
            Kind::Structure(members) => self.members(members, &notes, is_top)?,
            Kind::Union(members) => {
                let mut schema = self.members(members, &notes, is_top)?;
                if self.direction == Direction::Input {
                    schema.insert("minProperties".into(), 1.into());
                }
                schema.insert("maxProperties".into(), 1.into());
                schema
            }
            Kind::List(item) => {
                let mut schema = Map::new();
                schema.insert("type".into(), "array".into());
                schema.insert("items".into(), self.item(shape, item)?);
                if let Some(min) = self.min(&notes) {
                    schema.insert("minItems".into(), min);
                }
                schema
            }
            Kind::Map { key, value } => {
                let mut schema = Map::new();
                schema.insert("type".into(), "object".into());
                if self.direction == Direction::Input {
                    schema.insert("propertyNames".into(), self.target(key)?.into());
                }
                schema.insert("additionalProperties".into(), self.item(shape, value)?);
                schema
            }
            _ => self.scalar(shape, &notes),
        };
        self.describe(&mut schema, shape, &notes);
        Ok(schema)
    }

    fn members(
        &mut self,
        members: &'m Members,
        notes: &Notes,
        is_top: bool,
    ) -> Result<Map<String, Value>> {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        let is_input = self.direction == Direction::Input;
        for member in members {
            let is_events = self.model.shape(member.target)?.event_stream;
            if is_input && is_events {
                continue;
            }
            // a call fills in the tokens at the top
            if member.required && !(is_top && member.idempotency_token) {
                required.push(Value::from(&*member.name));
            }
            let mut schema = self.target(member)?;
            if is_events {
                schema = Map::from_iter([
                    ("type".to_owned(), json!("array")),
                    ("items".to_owned(), schema.into()),
                ]);
            }
            let is_label = member.host_label || (is_top && member.location == Location::Uri);
            if is_input && is_label {
                self.require_text(&mut schema, member)?;
            }
            if let Some(notes) = notes.members.get(&*member.name) {
                annotate(&mut schema, notes);
            }
            properties.insert(member.name.clone(), schema.into());
        }
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), properties.into());
        if is_input {
            if !required.is_empty() {
                schema.insert("required".into(), required.into());
            }
            schema.insert("additionalProperties".into(), false.into());
        }
        Ok(schema)
    }

    /// The schema of a member's value: that of its shape, or a reference to it.
    fn target(&mut self, member: &Member) -> Result<Map<String, Value>> {
        if member.json_value && member.location == Location::Header {
            return Ok(Map::new()); // any JSON
        }
        let shape = self.model.shape(member.target)?;
        let is_simple = match &shape.kind {
            Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. } => false,
            Kind::Timestamp => self.direction == Direction::Output,
            _ => shape.values.is_empty(),
        };
        if is_simple {
            return self.shape(member.target, false);
        }
        let name = self.model.shape_name(member.target);
        if !self.definitions.contains_key(name) {
            self.definitions.insert(name, None);
            self.referred.push_back(member.target);
        }
        let reference = format!("#/$defs/{}", pointer(name));
        Ok(Map::from_iter([("$ref".to_owned(), reference.into())]))
    }

    /// The schema of an item of a list, or of a value of a map.
    fn item(&mut self, shape: &Shape, of: &Member) -> Result<Value> {
        let item: Value = self.target(of)?.into();
        Ok(match shape.sparse {
            true => json!({"anyOf": [item, {"type": "null"}]}),
            false => item,
        })
    }

    /// A label of a URL must not be empty, or the URL is that of another operation.
    fn require_text(&self, schema: &mut Map<String, Value>, member: &Member) -> Result<()> {
        let shape = self.model.shape(member.target)?;
        let is_required = shape.min.is_some_and(|min| min >= 1.0);
        if matches!(shape.kind, Kind::String) && !is_required {
            schema.insert("minLength".into(), 1.into());
        }
        Ok(())
    }

    /// The minimum length in parameters.
    fn min(&self, notes: &Notes) -> Option<Value> {
        // a length is a whole number
        let min = notes.min.as_ref()?.as_f64()? as u64;
        (self.direction == Direction::Input && min > 0).then(|| min.into())
    }

    fn describe(&self, schema: &mut Map<String, Value>, shape: &Shape, notes: &Notes) {
        if let Some(description) = described(shape, notes, self.direction) {
            schema.insert("description".into(), description.into());
        }
        if notes.deprecated {
            schema.insert("deprecated".into(), true.into());
        }
    }
}

/// Adds what a model says about a member to the schema of its value.
fn annotate(schema: &mut Map<String, Value>, notes: &MemberNotes) {
    if let Some(documentation) = &notes.documentation {
        let own = documentation.to_string();
        let description = match schema.get("description").and_then(Value::as_str) {
            Some(limits) => format!("{own}\n{limits}"),
            None => own,
        };
        schema.insert("description".into(), description.into());
    }
    if let Some(default) = &notes.default {
        schema.insert("default".into(), default.clone());
    }
    if notes.deprecated {
        schema.insert("deprecated".into(), true.into());
    }
}

/// A name as a token of a JSON pointer in the fragment of a URI.
fn pointer(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'~' => out.push_str("~0"),
            b'/' => out.push_str("~1"),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
