//! The mock without a connection: from a request to its response.

use std::sync::{Arc, Mutex};

use http::HeaderValue;
use http::header::DATE;
use serde_json::Value;

use super::catalogue::Catalogue;
use super::decode;
use super::message::{Incoming, Reply};
use super::recognise::{Recognised, Unknown, recognise};
use super::record::{MockRequest, Records};
use super::request;
use super::response::{Context, Failure, failure, success};
use super::result::Results;
use super::wrong;
use crate::client::Client;
use crate::error::Result;
use crate::model::{Protocol, ServiceModel};
use crate::params;
use crate::{random, sync, time};

/// The services, the stubs and the records of a mock.
pub(super) struct Core {
    catalogue: Catalogue,
    results: Results,
    records: Mutex<Records>,
}

/// A request as the mock understands it.
struct Understood {
    recognised: Recognised,
    params: Value,
    /// What is wrong.
    problem: Option<Failure>,
}

impl Core {
    pub(super) fn new(client: Client, records: Records) -> Self {
        Self {
            catalogue: Catalogue::new(client),
            results: Results::default(),
            records: Mutex::new(records),
        }
    }

    pub(super) fn records(&self) -> std::sync::MutexGuard<'_, Records> {
        sync::lock(&self.records)
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: Incoming) -> Reply {
        let id = random::uuid();
        let mut reply = self.reply(request, &id).unwrap_or_else(|error| {
            tracing::warn!(%error, "the mock could not answer");
            plain_failure(
                Protocol::RestJson,
                "InternalFailure",
                &error.to_string(),
                500,
                &id,
            )
        });
        let now = time::Timestamp::of(std::time::SystemTime::now()).whole();
        let date = now.format(time::TimestampFormat::HttpDate);
        if let Ok(date) = HeaderValue::from_str(&date) {
            reply.headers.insert(DATE, date);
        }
        reply
    }

    fn reply(&self, request: Incoming, id: &str) -> Result<Reply> {
        let request = match decode::body(request) {
            Ok(request) => request,
            Err(problem) => {
                return Ok(plain_failure(
                    Protocol::RestXml,
                    "InvalidRequest",
                    &problem,
                    400,
                    id,
                ));
            }
        };
        let candidates = match recognise(&self.catalogue, &request)? {
            Ok(candidates) => candidates,
            Err(Unknown { protocol, problem }) => {
                let (code, status) = match protocol {
                    Protocol::AwsQuery | Protocol::Ec2Query => ("InvalidAction", 400),
                    Protocol::RestJson | Protocol::RestXml => ("UnknownOperationException", 404),
                    _ => ("UnknownOperationException", 400),
                };
                return Ok(plain_failure(protocol, code, &problem, status, id));
            }
        };
        let Some(understood) = understand(candidates, &request)? else {
            return Ok(plain_failure(
                Protocol::RestJson,
                "UnknownOperationException",
                "",
                404,
                id,
            ));
        };
        let Understood {
            recognised,
            params,
            problem,
        } = understood;
        let service = self.catalogue.service(recognised.model.name())?;
        let cx = Context {
            model: &recognised.model,
            operation: &recognised.operation,
            quirks: service.quirks,
            request_id: id,
        };
        let reply = match &problem {
            Some(problem) => failure(&cx, problem)?,
            None => {
                let result = self
                    .results
                    .of(&service, &recognised.operation, &recognised.model)?;
                success(&cx, &result)?
            }
        };
        self.records().push(MockRequest {
            service: recognised.model.name().into(),
            operation: recognised.operation.name.clone(),
            params,
            problem: problem.map(|problem| problem.message),
            status: reply.status,
        });
        Ok(reply)
    }
}

/// Reads a request as the first operation in which nothing is wrong, or else as the first.
fn understand(candidates: Vec<Recognised>, request: &Incoming) -> Result<Option<Understood>> {
    let mut first = None;
    for recognised in candidates {
        let understood = match request::read(&recognised, request) {
            Ok(params) => {
                let checked = check(&recognised, &params)?;
                Understood {
                    problem: checked.map(|text| wrong::parameters(&recognised, &text)),
                    params,
                    recognised,
                }
            }
            Err(error) => Understood {
                problem: Some(wrong::document(&recognised, &error.to_string())),
                params: Value::Null,
                recognised,
            },
        };
        if understood.problem.is_none() {
            return Ok(Some(understood));
        }
        first.get_or_insert(understood);
    }
    Ok(first)
}

/// What is wrong with parameters.
fn check(recognised: &Recognised, params: &Value) -> Result<Option<String>> {
    let Recognised {
        model, operation, ..
    } = recognised;
    let events = crate::protocol::input_event_stream(model, operation)?;
    let mut checked = params.clone();
    if let (Some(member), Value::Object(members)) = (events, &mut checked) {
        members.shift_remove(&member.name);
    }
    let events = events.map(|member| &*member.name);
    match params::validate(model, operation, &checked, events, true) {
        Ok(()) => Ok(None),
        Err(error) if error.param_errors().is_some() => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// An error for a request whose operation is unknown.
fn plain_failure(protocol: Protocol, code: &str, message: &str, status: u16, id: &str) -> Reply {
    let text = format!(
        r#"{{"metadata": {{"protocol": "{}", "jsonVersion": "1.0"}}, "operations": {{"Unknown": {{}}}}, "shapes": {{}}}}"#,
        protocol.name()
    );
    let problem = Failure {
        code: code.into(),
        message: message.into(),
        status: Some(status),
        ..Failure::default()
    };
    let reply = || {
        let model = Arc::new(ServiceModel::parse("unknown", text)?);
        let quirks = crate::custom::quirks("", "");
        let operation = model.operation("Unknown")?;
        let cx = Context {
            model: &model,
            operation,
            quirks,
            request_id: id,
        };
        failure(&cx, &problem)
    };
    reply().unwrap_or_else(|_| Reply::new(500))
}
