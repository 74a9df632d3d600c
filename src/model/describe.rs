//! Descriptions of operations, for people and programs.

use serde_json::{Map, Value, json};

use super::{Kind, Location, Member, Members, Notes, ServiceModel, Shape, ShapeId};
use crate::error::Result;

impl ServiceModel {
    /// Describes an operation: how it is called, and every shape that its input, output and errors reach.
    ///
    /// ```text
    /// {"service": "s3", "operation": "HeadBucket", "protocol": "rest-xml", "http": {"method": "HEAD", "uri": "/"},
    ///  "input": "HeadBucketRequest", "output": "HeadBucketOutput", "errors": ["NoSuchBucket"],
    ///  "shapes": {"HeadBucketRequest": {"type": "structure", "required": ["Bucket"], "members": {…}}, …}}
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation, or if the model is broken.
    pub fn describe(&self, operation: &str) -> Result<Value> {
        let operation = self.operation(operation)?;
        let name = |id: &ShapeId| self.shape_name(*id);
        let mut shapes = Map::new();
        let roots = operation.input.iter().chain(&operation.output);
        for reached in self.reachable(roots.chain(&operation.errors).copied()) {
            let (id, shape) = reached?;
            shapes.insert(name(&id).into(), self.describe_shape(id, shape));
        }
        let mut out = Map::new();
        out.insert("service".into(), self.name().into());
        out.insert("operation".into(), (*operation.name).into());
        out.insert("protocol".into(), self.metadata().protocol.name().into());
        let http = json!({"method": operation.method.as_str(), "uri": &*operation.uri});
        out.insert("http".into(), http);
        if operation.deprecated {
            out.insert("deprecated".into(), true.into());
        }
        if operation.is_read_only() {
            out.insert("readOnly".into(), true.into());
        }
        let notes = self.operation_notes(&operation.name)?;
        if let Some(documentation) = notes.documentation {
            out.insert("documentation".into(), documentation.html().into());
        }
        out.insert("input".into(), operation.input.as_ref().map(name).into());
        out.insert("output".into(), operation.output.as_ref().map(name).into());
        let errors: Vec<&str> = operation.errors.iter().map(name).collect();
        out.insert("errors".into(), errors.into());
        out.insert("shapes".into(), shapes.into());
        Ok(out.into())
    }

    /// Describes one shape.
    pub(crate) fn describe_shape(&self, id: ShapeId, shape: &Shape) -> Value {
        let notes = self.shape_notes(id);
        let mut out = Map::new();
        out.insert("type".into(), shape.kind.name().into());
        match &shape.kind {
            Kind::Structure(members) | Kind::Union(members) => {
                let required = members.iter().filter(|m| m.required);
                let required: Vec<&str> = required.map(|m| &*m.name).collect();
                if !required.is_empty() {
                    out.insert("required".into(), required.into());
                }
                out.insert("members".into(), self.describe_members(members, &notes));
            }
            Kind::List(member) => {
                out.insert("member".into(), self.shape_name(member.target).into());
            }
            Kind::Map { key, value } => {
                out.insert("key".into(), self.shape_name(key.target).into());
                out.insert("value".into(), self.shape_name(value.target).into());
            }
            _ => {}
        }
        if !shape.values.is_empty() {
            let values: Vec<&str> = shape.values.iter().map(|v| &**v).collect();
            out.insert("enum".into(), values.into());
        }
        for (present, name) in [
            (shape.error.is_some(), "error"),
            (shape.event_stream, "eventstream"),
            (shape.sensitive, "sensitive"),
            (shape.streaming, "streaming"),
            (notes.deprecated, "deprecated"),
        ] {
            if present {
                out.insert(name.into(), true.into());
            }
        }
        let documentation = notes.documentation;
        for (name, value) in [
            ("min", notes.min.map(Value::Number)),
            ("max", notes.max.map(Value::Number)),
            ("pattern", notes.pattern.map(Value::String)),
            ("documentation", documentation.map(|d| d.html().into())),
        ] {
            out.extend(value.map(|value| (name.to_owned(), value)));
        }
        out.into()
    }

    fn describe_members(&self, members: &Members, notes: &Notes) -> Value {
        let describe = |member: &Member| {
            let mut out = Map::new();
            out.insert("shape".into(), self.shape_name(member.target).into());
            if let Some(name) = location_name(member.location) {
                out.insert("location".into(), name.into());
            }
            if member.idempotency_token {
                out.insert("idempotencyToken".into(), true.into());
            }
            let Some(notes) = notes.members.get(&*member.name) else {
                return (member.name.to_string(), out.into());
            };
            if notes.deprecated {
                out.insert("deprecated".into(), true.into());
            }
            if let Some(default) = &notes.default {
                out.insert("default".into(), default.clone());
            }
            if let Some(documentation) = &notes.documentation {
                out.insert("documentation".into(), documentation.html().into());
            }
            (member.name.to_string(), out.into())
        };
        members
            .iter()
            .map(describe)
            .collect::<Map<_, Value>>()
            .into()
    }
}

fn location_name(location: Location) -> Option<&'static str> {
    match location {
        Location::Body => None,
        Location::Header => Some("header"),
        Location::Headers => Some("headers"),
        Location::Payload => Some("payload"),
        Location::Query => Some("query"),
        Location::StatusCode => Some("status"),
        Location::Uri => Some("path"),
    }
}
