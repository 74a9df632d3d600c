//! `search_operations`

use serde_json::{Value, json};
use tucuxi::transport::CancelToken;

use super::{Arguments, Mistake, Session, Tool, access, reads};
use crate::mcp::hints;
use crate::mcp::part::beginning;

pub(super) const TOOL: Tool = Tool {
    name: "search_operations",
    title: "Search AWS operations",
    description: "Searches the operations of all AWS services by words such as \"list buckets\" or \"rotate key\", the best first. \
                  Says whether each only reads, and whether this server refuses it.",
    properties,
    required: &["query"],
    result,
    annotations: reads,
    run,
};

fn properties(_: &Session) -> Value {
    json!({
        "query": {"type": "string", "description": "Words for what the operation does"},
        "service": {"type": "string", "description": "Searches this service alone"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50, "description": "The number of hits, 10 by default"},
    })
}

fn result() -> Value {
    json!({"operations": {"type": "array", "items": {"type": "object"}}})
}

fn run(session: &Session, arguments: &Arguments<'_>, _: &CancelToken) -> Result<Value, Mistake> {
    let query = arguments.text("query").unwrap_or_default();
    let limit = arguments.number("limit").unwrap_or(10).clamp(1, 50);
    let known = session.client.introspect();
    let service = match arguments.text("service") {
        None => None,
        Some(name) => {
            let found = known
                .service(name)
                .map_err(|error| hints::unknown_service(session, error, name))?;
            Some(found.name().to_owned())
        }
    };
    // the index is of all services; those of one are a part of its hits
    let number = if service.is_some() {
        usize::MAX
    } else {
        limit * 2
    };
    let hits = known.search(query, number)?.into_iter();
    let hits = hits.filter_map(|hit| Some((hit.service, hit.operation?)));
    let hits = hits.filter(|(found, _)| service.as_ref().is_none_or(|service| service == found));
    let mut operations = Vec::new();
    for (service, name) in hits.take(limit) {
        let view = known.service(&service)?;
        let mut found = json!({"service": service, "operation": name});
        if let (Value::Object(found), Value::Object(access)) = (
            &mut found,
            access(session, &service, view.operation(&name)?),
        ) {
            found.extend(access);
        }
        let notes = view.operation_notes(&name)?;
        if let Some(documentation) = notes.documentation {
            found["summary"] = summary(&documentation.to_string()).into();
        }
        operations.push(found);
    }
    let mut result = json!({"operations": operations});
    if operations.is_empty() {
        result["note"] =
            "nothing was found; search with other or fewer words, such as the name of the service"
                .into();
    }
    Ok(result)
}

/// The first sentence of a text, or its first words.
pub(in crate::mcp) fn summary(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    beginning(&line[..end], 300)
}
