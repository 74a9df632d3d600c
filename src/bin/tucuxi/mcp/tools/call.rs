//! `call_operation`

use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::model::{Operation, ServiceModel};
use tucuxi::transport::CancelToken;

use super::answer::Answer;
use super::request::{Call, compile};
use super::{Arguments, Mistake, Session, Tool, body, find, listing, operation_properties};
use crate::mcp::access::fits;
use crate::mcp::part::Start;
use crate::mcp::rests::Continuation;

pub(super) const TOOL: Tool = Tool {
    name: "call_operation",
    title: "Call an AWS operation",
    description: "Calls an operation and returns its result. All pages of a listing are requested, up to the maximum size of a \
                  result. A result that is cut has a resume_token; a call with that token alone returns what follows. Use query to \
                  select what is needed.",
    properties,
    required: &[],
    result,
    annotations,
    run,
};

fn properties(session: &Session) -> Value {
    let mut properties = operation_properties();
    properties["parameters"] = json!({
        "type": ["object", "string"],
        "description": "The parameters, by the names in the schema of describe_operation; blobs are base64",
    });
    properties["query"] = json!({
        "type": "string",
        "description": "A JMESPath expression that selects from the result, such as Reservations[].Instances[].InstanceId",
    });
    properties["resume_token"] = json!({
        "type": "string",
        "description": "Continues a result that was cut; no other argument is needed then",
    });
    for (name, patterns) in [
        ("region", &session.access.regions),
        ("profile", &session.access.profiles),
    ] {
        if !patterns.is_empty() {
            let description = format!(
                "The {name} of this call: {}",
                patterns.join(", ").replace('*', "any")
            );
            properties[name] = json!({"type": "string", "description": description});
        }
    }
    properties
}

fn result() -> Value {
    json!({
        "result": {"description": "The result, or what the query selects from it"},
        "resume_token": {"type": "string", "description": "There is more, which a call with this token returns"},
        "starts_at": {"type": "string", "description": "Where in the whole result this part begins; lists and texts continue there"},
        "note": {"type": "string"},
        "removed_secrets": {"type": "array", "items": {"type": "string"}},
    })
}

fn annotations(session: &Session) -> Value {
    let writes = !session.access.writes.is_empty();
    json!({"readOnlyHint": !writes, "destructiveHint": writes, "idempotentHint": false, "openWorldHint": true})
}

fn run(
    session: &Session,
    arguments: &Arguments<'_>,
    cancel: &CancelToken,
) -> Result<Value, Mistake> {
    if let Some(token) = arguments.text("resume_token") {
        let continuation = session.rests.get(token).ok_or_else(|| {
            Mistake::new("the resume_token is not one of this server, or too old; call the operation again without it")
        })?;
        check_same(session, arguments, &continuation.call)?;
        return listing::run(session, continuation, cancel);
    }
    let (view, name) = find(session, arguments)?;
    let operation = view.operation(&name)?;
    if let Err(refused) = session.access.check(view.name(), operation) {
        let message = format!("{}.{name} is refused: {refused}", view.name());
        return Err(Mistake::new(message).with("reads_only", operation.is_read_only()));
    }
    if let Some(query) = arguments.text("query") {
        compile(query)?;
    }
    let regions = (&*session.access.regions, session.client.config().region());
    let profiles = (&*session.access.profiles, None);
    let call = Call {
        service: view.name().into(),
        operation: name.clone(),
        params: arguments.object("parameters")?.unwrap_or_else(|| json!({})),
        query: arguments.text("query").map(Into::into),
        region: choice("region", arguments, regions)?,
        profile: choice("profile", arguments, profiles)?,
    };
    if has_events(&view, operation) {
        return Err(Mistake::new(format!(
            "{}.{name} sends or returns a stream of events, which has no end that this server could wait for; use an operation without one",
            view.name()
        )));
    }
    let by_hand = |name: &str| call.params.get(name).is_some();
    let paginator = view.paginator(&name)?;
    let is_listing = paginator.is_some_and(|paginator| {
        let mut names = paginator.input_tokens.iter().chain(&paginator.limit_key);
        !names.any(|name| by_hand(name))
    });
    let call = Arc::new(call);
    if is_listing {
        let next = Some(call.params.clone());
        let continuation = Continuation {
            call,
            rest: None,
            next,
        };
        return listing::run(session, continuation, cancel);
    }
    let (value, note) = body::send(session, &call, &view, cancel)?;
    let mut answer = Answer::new(session, call);
    answer.notes.extend(note);
    let value = answer.without_secrets(value);
    answer.select(&value)?.finish(&Start::default(), None)
}

/// A region or a profile that a call chooses.
fn choice(
    name: &str,
    arguments: &Arguments<'_>,
    (allowed, own): (&[String], Option<&str>),
) -> Result<Option<String>, Mistake> {
    let Some(chosen) = arguments.text(name) else {
        return Ok(None);
    };
    match allowed.iter().any(|pattern| fits(pattern, chosen)) || own == Some(chosen) {
        true => Ok(Some(chosen.into())),
        false => Err(Mistake::new(format!(
            "the {name} {chosen} is not among what this server allows: {}",
            allowed.join(", ")
        ))),
    }
}

/// Whether a message of an operation is a stream of events.
fn has_events(model: &ServiceModel, operation: &Operation) -> bool {
    let shapes = [operation.input, operation.output].into_iter().flatten();
    let shapes = shapes.filter_map(|id| model.shape(id).ok());
    let mut members = shapes.filter_map(|shape| shape.members()).flatten();
    members.any(|member| {
        model
            .shape(member.target)
            .is_ok_and(|shape| shape.event_stream)
    })
}

/// Checks that what is given beside a token is what the token continues.
fn check_same(session: &Session, arguments: &Arguments<'_>, call: &Call) -> Result<(), Mistake> {
    let of_other = |what: &str| {
        let message = format!(
            "the resume_token continues {}.{} with {what}; pass the token alone, or call the operation without it",
            call.service, call.operation
        );
        Err(Mistake::new(message))
    };
    if arguments.text("operation").is_some() {
        let (view, name) = find(session, arguments)?;
        if (view.name(), &name) != (&*call.service, &call.operation) {
            return of_other("its own parameters");
        }
    }
    let same = |name: &str, own: &Option<String>| {
        let given = arguments.text(name);
        given.is_none() || given == own.as_deref()
    };
    match arguments.object("parameters")? {
        Some(given) if given != json!({}) && given != call.params => of_other("other parameters"),
        _ if !same("query", &call.query) => of_other("another query"),
        _ if !same("region", &call.region) => of_other("another region"),
        _ if !same("profile", &call.profile) => of_other("another profile"),
        _ => Ok(()),
    }
}
