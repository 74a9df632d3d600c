//! `describe_operation`

use serde_json::{Value, json};
use tucuxi::internals::command::nearest;
use tucuxi::model::Skeleton;
use tucuxi::transport::CancelToken;

use super::{Arguments, Mistake, Session, Tool, access, find, operation_properties, reads};
use crate::mcp::part::{beginning, length};
use crate::mcp::schema::{of_shape, within};

pub(super) const TOOL: Tool = Tool {
    name: "describe_operation",
    title: "Describe an AWS operation",
    description: "Returns the JSON Schema of an operation's parameters or result, required parameters to fill in, whether the \
                  operation only reads, and its documentation if the models have it. A schema that is too large lists the \
                  shapes that it omits; describe them with the argument shape.",
    properties,
    required: &[],
    result,
    annotations: reads,
    run,
};

fn properties(_: &Session) -> Value {
    let mut properties = operation_properties();
    properties["of"] = json!({
        "type": "string", "enum": ["parameters", "result"], "description": "What to describe, parameters by default",
    });
    properties["shape"] =
        json!({"type": "string", "description": "Describes this shape of the schema alone"});
    properties
}

fn result() -> Value {
    json!({
        "service": {"type": "string"},
        "operation": {"type": "string"},
        "reads_only": {"type": "boolean"},
        "refused": {"type": "string"},
        "schema": {"type": "object"},
    })
}

fn run(session: &Session, arguments: &Arguments<'_>, _: &CancelToken) -> Result<Value, Mistake> {
    let (view, name) = find(session, arguments)?;
    let operation = view.operation(&name)?;
    let of = arguments.text("of").unwrap_or("parameters");
    let schema = match of {
        "parameters" => view.input_schema(&name)?,
        "result" => view.output_schema(&name)?,
        _ => return Err(Mistake::new("of must be parameters or result")),
    };
    let mut described = json!({"service": view.name(), "operation": name});
    if let Some(shape) = arguments.text("shape") {
        let found = of_shape(&schema, shape).ok_or_else(|| unknown_shape(&schema, shape))?;
        described["shape"] = shape.into();
        described["schema"] = within(&found, session.max_result);
        return Ok(described);
    }
    if let (Value::Object(described), Value::Object(access)) =
        (&mut described, access(session, view.name(), operation))
    {
        described.extend(access);
    }
    let notes = view.operation_notes(&name)?;
    if let Some(documentation) = notes.documentation {
        let text = documentation.to_string();
        described["documentation"] = beginning(&text, session.max_result / 4).into();
    }
    if of == "parameters" {
        described["example"] = view.skeleton(&name, Skeleton::Minimal)?;
        described["is_listing"] = view.paginator(&name)?.is_some().into();
        let errors = operation.errors.iter().map(|id| view.shape_name(*id));
        let errors: Vec<&str> = errors.collect();
        if !errors.is_empty() {
            described["errors"] = errors.into();
        }
    }
    let room = session.max_result.saturating_sub(length(&described));
    described["schema"] = within(&schema, room);
    Ok(described)
}

fn unknown_shape(schema: &Value, shape: &str) -> Mistake {
    let known: Vec<&str> = schema["$defs"]
        .as_object()
        .into_iter()
        .flat_map(|definitions| definitions.keys().map(String::as_str))
        .collect();
    let near = nearest(shape, known.iter().copied());
    let what = match near.is_empty() {
        true => format!("the shapes are {}", known.join(", ")),
        false => format!("did you mean {}?", near.join(", ")),
    };
    Mistake::new(format!("the schema has no shape {shape}; {what}"))
}
