//! Entry points for the tests, fuzz targets and benchmarks.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderMap;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::Value;

use crate::client::Client;
use crate::codec::sink::{ToText, ToValue};
use crate::codec::tree::ToTree;
use crate::codec::xml_tape::{Nodes, Tape};
use crate::error::ServiceError;
use crate::model::{Paginator, ServiceModel, Waiter};
use crate::paginate::Pages;
use crate::protocol::{self, BufferedResponse, Params};
use crate::settings::parse_ini;
use crate::tree::Tree;
use crate::wait::{self, Event, Observation, Step, Tick, WaitMachine, WaitOutput};

/// Returns a blocking client whose calls the async driver drives on a runtime, so that one story tests both clients.
#[cfg(feature = "async")]
pub fn driven_on(
    client: &Client,
    runtime: &tokio::runtime::Handle,
    transport: impl crate::transport::AsyncTransport + 'static,
) -> Client {
    client.driven_on(runtime, Arc::new(transport))
}

/// Decodes the result of an operation, as a tree and as JSON text.
pub fn decode(
    model: &ServiceModel,
    operation: &str,
    body: &[u8],
) -> Result<(Value, String), String> {
    let mut text = Vec::new();
    to_text(model, operation, body, &mut text)?;
    let value = to_value(model, operation, body)?;
    Ok((value, String::from_utf8_lossy(&text).into_owned()))
}

/// Decodes a body into a tree.
pub fn to_value(model: &ServiceModel, operation: &str, body: &[u8]) -> Result<Value, String> {
    to(model, operation, body, ToValue)
}

/// Decodes a body into a compact tree.
pub fn to_tree(model: &ServiceModel, operation: &str, body: &[u8]) -> Result<Tree, String> {
    let target = ToTree {
        timestamp: None,
        len: body.len(),
    };
    to(model, operation, body, target)
}

/// Decodes a body into JSON text.
pub fn to_text(
    model: &ServiceModel,
    operation: &str,
    body: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let capacity = body.len();
    *out = to(model, operation, body, ToText { capacity })?;
    Ok(())
}

/// Decodes a body into a type.
pub fn to_type<T: DeserializeOwned>(
    model: &ServiceModel,
    operation: &str,
    body: &[u8],
) -> Result<T, String> {
    to(model, operation, body, PhantomData::<T>)
}

fn to<V>(
    model: &ServiceModel,
    operation: &str,
    body: &[u8],
    seed: impl for<'a> DeserializeSeed<'a, Value = V>,
) -> Result<V, String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let (operation, headers) = (
        model.operation(operation).map_err(|e| text(&e))?,
        HeaderMap::new(),
    );
    let nodes = BufferedResponse::scan(model, body).map_err(|e| text(&e))?;
    let response = BufferedResponse {
        nodes: nodes.as_ref(),
        ..BufferedResponse::new(model, &headers, body)
    };
    response.read(operation, seed).map_err(|e| text(&e))
}

/// Returns the error code of an error response.
pub fn decode_error(model: &ServiceModel, operation: &str, body: &[u8]) -> Option<String> {
    let operation = model.operation(operation).ok()?;
    Some(protocol::service_error(model, operation, 400, &HeaderMap::new(), body).code)
}

/// Encodes the body of a request.
pub fn encode(model: &ServiceModel, operation: &str, params: Value) -> Result<Vec<u8>, String> {
    let operation = model.operation(operation).map_err(|e| e.to_string())?;
    let params = Params {
        value: params,
        body: None,
    };
    let encoded = protocol::encode(model, operation, &params).map_err(|e| e.to_string())?;
    Ok(encoded
        .body
        .bytes()
        .map(|bytes| bytes.to_vec())
        .unwrap_or_default())
}

/// Reads JSON without a shape, and skips it.
pub fn json(text: &str) -> (Result<Value, String>, Result<(), String>) {
    use crate::codec::json_plain::{skip, value};
    let read = value(text).map_err(|e| e.to_string());
    (read, skip(text).map_err(|e| e.to_string()))
}

/// Lists the elements of a document in order: depth, local name, and the text of leaves.
pub fn xml_elements(text: &str) -> Result<Vec<(usize, String, Option<String>)>, String> {
    fn walk(
        tape: Tape<'_, '_>,
        node: usize,
        depth: usize,
        out: &mut Vec<(usize, String, Option<String>)>,
    ) -> Result<(), String> {
        let at = out.len();
        out.push((depth, tape.name(node).to_owned(), None));
        for child in tape.children(node) {
            walk(tape, child, depth + 1, out)?;
        }
        if out.len() == at + 1 {
            out[at].2 = Some(tape.text(node).map_err(|e| e.to_string())?.into_owned());
        }
        Ok(())
    }
    let nodes = Nodes::scan(text).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    walk(Tape::new(text, &nodes), 0, 0, &mut out)?;
    Ok(out)
}

/// Reads the files that these variables name, as profiles, SSO sessions and services.
pub fn profiles(variables: Vec<(String, String)>) -> Result<Value, String> {
    crate::settings::read_profiles(&variables.into_iter().collect()).map_err(|e| e.to_string())
}

/// Returns the paths of both files for these variables.
pub fn places(variables: Vec<(String, String)>) -> [String; 2] {
    crate::settings::places(&variables.into_iter().collect())
}

/// Resolves the credentials of a client, secrets included.
pub fn credentials(client: &Client) -> Result<Value, String> {
    let found = client.env().credentials().map_err(|e| e.to_string())?;
    let end = found.expires().map(crate::time::Timestamp::of);
    Ok(serde_json::json!({
        "access_key": found.access_key_id(),
        "secret_key": found.secret_access_key(),
        "token": found.session_token(),
        "account_id": found.account_id(),
        "expires": end.and_then(crate::time::Timestamp::whole_seconds),
        "end": end.map(|end| end.whole().rfc3339()),
    }))
}

/// Resolves the bearer token of a client, for no particular service.
pub fn token(client: &Client) -> Result<Value, String> {
    let found = client.env().token("none").map_err(|e| e.to_string())?;
    Ok(serde_json::json!({"token": found.token()}))
}

/// Creates a listing from an entry of `paginators-1` and a function that returns the pages. The input of `operation` determines
/// the type of the page size.
pub fn pages(
    paginator: &str,
    params: Value,
    operation: Option<(Arc<ServiceModel>, &str)>,
    give: impl Fn(Value) -> crate::Result<Value> + Send + Sync + 'static,
) -> crate::Result<Pages> {
    let input = match operation {
        Some((model, name)) => model
            .operation(name)?
            .input
            .map(|input| (model.clone(), input)),
        None => None,
    };
    Pages::from_fn(Paginator::parse("case", paginator)?, params, input, give)
}

/// Runs a wait of an entry of `waiters-2` until it ends: the number of responses that it took, and its result. A response is a
/// status and a value, or an error's code and message.
pub fn wait(
    name: &str,
    waiter: &str,
    max_attempts: Option<u32>,
    mut next: impl FnMut() -> Option<(u16, Result<Value, (String, String)>)>,
) -> (u32, crate::Result<WaitOutput>) {
    let waiter = match Waiter::parse(name, waiter) {
        Ok(waiter) => waiter,
        Err(error) => return (0, Err(error)),
    };
    let settings = wait::Settings {
        max_attempts,
        ..wait::Settings::default()
    };
    let mut machine = WaitMachine::new("tests", name, waiter, &Value::Null, settings);
    let tick = Tick {
        now: SystemTime::UNIX_EPOCH,
        random: 0.0,
    };
    let (mut taken, mut event) = (0, Event::Start);
    loop {
        event = match machine.step(event, tick) {
            Step::Done(result) => return (taken, result),
            Step::Sleep(_) => Event::Woke,
            Step::Call => match next() {
                None => Event::Failed(crate::Error::request("no response is left")),
                Some((status, response)) => {
                    taken += 1;
                    let response = response.map_err(|(code, message)| {
                        let mut error = ServiceError::in_stream(&code, &message);
                        error.status = status;
                        crate::Error::from(error)
                    });
                    let response = response.map(|value| Tree::from(&value));
                    Event::Received(Observation { status, response })
                }
            },
        };
    }
}

/// Counts the sections of a configuration file.
pub fn ini(bytes: &[u8]) -> Result<usize, String> {
    parse_ini(bytes).map_err(|e| e.to_string())
}

/// Whether a name is a single path component on every platform.
pub fn is_portable_name(name: &str) -> bool {
    crate::file::portable_fault(name).is_none()
}

/// Returns the path that a key is downloaded to below a folder, unless it is invalid.
pub fn path_of_key(folder: &std::path::Path, key: &str) -> Option<std::path::PathBuf> {
    crate::transfer::local_path(folder, key).ok()
}

/// Validates parameters as a call does, without interceptors. Events are passed separately.
pub fn validate(model: &ServiceModel, operation: &str, params: &Value) -> crate::Result<()> {
    use crate::params::{fill_idempotency_tokens, validate};
    let operation = model.operation(operation)?;
    let mut params = params.clone();
    fill_idempotency_tokens(model, operation, &mut params, || "0".repeat(36))?;
    let events = protocol::input_event_stream(model, operation)?;
    let events = events.map(|member| &*member.name);
    validate(model, operation, &params, events, false)
}

/// Parameters of an operation as an example of the mock: all of them, or those that are required.
#[cfg(feature = "mock")]
pub fn example_params(
    model: &ServiceModel,
    operation: &str,
    is_full: bool,
) -> crate::Result<Value> {
    use crate::mock::{Extent, example};
    let operation = model.operation(operation)?;
    let extent = if is_full {
        Extent::Full
    } else {
        Extent::Minimal
    };
    let events = protocol::input_event_stream(model, operation)?.map(|member| &*member.name);
    // an example of the length is not that of the body
    let is_left_out = |member: &crate::model::Member| {
        Some(&*member.name) == events || member.wire_name.eq_ignore_ascii_case("content-length")
    };
    example(model, operation.input, extent, &is_left_out)
}
