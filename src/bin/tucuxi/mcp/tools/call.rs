//! `call_operation`

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::internals::command::remove_secrets;
use tucuxi::model::{Operation, ServiceModel};
use tucuxi::query::Query;
use tucuxi::transport::CancelToken;
use tucuxi::{RequestBuilder, ServiceView};

use super::{Arguments, Mistake, Session, Tool, body, find, listing, operation_properties, schema};
use crate::mcp::access::fits;
use crate::mcp::hints;
use crate::mcp::part::{self, Start};
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

/// A call, and what is selected from its result.
#[derive(Debug, PartialEq)]
pub(in crate::mcp) struct Call {
    service: String,
    operation: String,
    pub(super) params: Value,
    query: Option<String>,
    region: Option<String>,
    profile: Option<String>,
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

/// The query of a call.
fn compile(query: &str) -> Result<Query, Mistake> {
    Query::compile(query).map_err(|error| {
        Mistake::new(format!(
            "query: {error}; it must be a JMESPath expression such as Items[].Name"
        ))
    })
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

impl Call {
    pub(super) fn request(
        &self,
        session: &Session,
        params: Value,
        cancel: &CancelToken,
    ) -> Result<RequestBuilder, Mistake> {
        let client = session.client(self.profile.as_deref())?;
        let request = client
            .request(&self.service, &self.operation)
            .params(params);
        let request = match &self.region {
            Some(region) => request.region(region),
            None => request,
        };
        Ok(request.cancel_with(cancel))
    }

    pub(super) fn has_query(&self) -> bool {
        self.query.is_some()
    }

    /// The answer to an error of the call.
    pub(super) fn failed(&self, session: &Session, error: tucuxi::Error) -> Mistake {
        match session.client.introspect().service(&self.service) {
            Ok(view) => hints::failed(&view, &self.operation, &self.params, error),
            Err(_) => Mistake::from(error),
        }
    }
}

/// The result of the tool.
pub(super) struct Answer<'s> {
    session: &'s Session,
    call: Arc<Call>,
    removed: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// A result that is selected, and not cut yet.
pub(super) struct Selected<'s> {
    answer: Answer<'s>,
    value: Value,
}

impl<'s> Answer<'s> {
    pub(super) fn new(session: &'s Session, call: Arc<Call>) -> Self {
        Self {
            session,
            call,
            removed: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Removes the secrets of a result, before anything is selected from it.
    pub(super) fn without_secrets(&mut self, mut value: Value) -> Value {
        let call = &self.call;
        let keeps = self
            .session
            .access
            .shows_sensitive(&call.service, &call.operation);
        let model = self.session.client.model(&call.service);
        let model = model.as_deref().ok();
        let operation = model.and_then(|model| model.operation(&call.operation).ok());
        let removed = remove_secrets(
            model.zip(operation.map(|found| &**found)),
            &mut value,
            keeps,
        );
        self.removed.extend(removed);
        value
    }

    /// Applies the query.
    pub(super) fn select(self, value: &Value) -> Result<Selected<'s>, Mistake> {
        let value = match &self.call.query {
            None => value.clone(),
            Some(query) => {
                let found = compile(query)?
                    .search(value)
                    .map(|found| found.into_owned());
                found.map_err(|error| Mistake::new(format!("query: {error}")))?
            }
        };
        Ok(Selected {
            answer: self,
            value,
        })
    }

    /// What was selected before.
    pub(super) fn selected(self, value: Value) -> Selected<'s> {
        Selected {
            answer: self,
            value,
        }
    }
}

impl Selected<'_> {
    /// Cuts the result, and keeps what follows.
    pub(super) fn finish(self, start: &Start, next: Option<Value>) -> Result<Value, Mistake> {
        let Self { answer, value } = self;
        let (part, rest) = part::cut(value, answer.session.max_result, start);
        let mut content = json!({"result": part});
        let start = start.text();
        if !start.is_empty() {
            content["starts_at"] = start.into();
        }
        if rest.is_some() || next.is_some() {
            let continuation = Continuation {
                call: answer.call,
                rest,
                next,
            };
            content["resume_token"] = answer.session.rests.keep(continuation).into();
        }
        if !answer.notes.is_empty() {
            content["note"] = answer.notes.join("; ").into();
        }
        if !answer.removed.is_empty() {
            content["removed_secrets"] = answer.removed.into();
        }
        Ok(content)
    }
}

/// The part of a schema that is about these members.
pub(in crate::mcp) fn excerpt(whole: &Value, members: &HashSet<&str>, room: usize) -> Value {
    schema::within(&schema::of_members(whole, members), room)
}

/// The model of a call's operation.
pub(super) fn operation<'v>(call: &Call, view: &'v ServiceView) -> Result<&'v Operation, Mistake> {
    Ok(view.operation(&call.operation)?)
}
