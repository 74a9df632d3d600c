//! The mock without a connection: from a request to its response.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use http::header::DATE;
use serde_json::{Map, Value};

use super::catalogue::Catalogue;
use super::message::{Incoming, Reply};
use super::patterns::Patterns;
use super::recognise::{Recognised, Unknown, recognise};
use super::record::{MockRequest, Records};
use super::response::{Context, Failure, failure, success};
use super::result::Results;
use super::stub::{MockFault, MockStub, StepKind};
use super::stubs::Stubs;
use super::{decode, digest, request, stub, stubs, wrong};
use crate::client::Client;
use crate::error::Result;
use crate::exchange::Service;
use crate::model::{Operation, Protocol, ServiceModel};
use crate::params::{self, ParamErrors};
use crate::{protocol, random, sync, time};

/// The services, the stubs and the records of a mock.
pub(super) struct Core {
    catalogue: Catalogue,
    results: Results,
    records: Mutex<Records>,
    stubs: Mutex<Stubs>,
    patterns: Patterns,
}

/// What is sent in response to a request.
#[derive(Debug)]
pub(super) struct Answer {
    /// Nothing if the connection is closed without a response.
    pub(super) reply: Option<Reply>,
    pub(super) delay: Duration,
    /// Whether the connection is closed after half of the body.
    pub(super) is_cut: bool,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self {
            reply: Some(reply),
            delay: Duration::ZERO,
            is_cut: false,
        }
    }
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
            stubs: Mutex::default(),
            patterns: Patterns::default(),
        }
    }

    pub(super) fn records(&self) -> MutexGuard<'_, Records> {
        sync::lock(&self.records)
    }

    pub(super) fn stubs(&self) -> MutexGuard<'_, Stubs> {
        sync::lock(&self.stubs)
    }

    /// Checks stubs, and then adds all.
    pub(super) fn add(&self, stubs: Vec<MockStub>) -> Result<()> {
        let mut checked = Vec::new();
        for (number, stub) in stubs.into_iter().enumerate() {
            let stub = self
                .checked(stub)
                .map_err(|error| stub::invalid(number, &error))?;
            checked.push(stub);
        }
        checked.into_iter().for_each(|stub| self.stubs().add(stub));
        Ok(())
    }

    fn checked(&self, stub: MockStub) -> Result<MockStub, String> {
        let checked = stubs::checked(&self.catalogue, stub)?;
        let service = self
            .catalogue
            .service(&checked.service)
            .map_err(stub::problem)?;
        let operation = service
            .model
            .operation(&checked.operation)
            .map_err(stub::problem)?;
        for step in &checked.steps {
            if let StepKind::Merge(changes) = &step.kind {
                let result = self
                    .changed(&service, operation, &Value::Null, changes)
                    .map_err(stub::problem)?;
                params::validate_result(&service.model, operation, &result)
                    .map_err(stub::problem)?;
            }
        }
        Ok(checked)
    }

    /// The example of a result with changes.
    fn changed(
        &self,
        service: &Service,
        operation: &Operation,
        params: &Value,
        changes: &Value,
    ) -> Result<Value> {
        let mut result = Value::clone(&*self.results.of(service, operation)?);
        stubs::merge(&mut result, changes);
        digest::set(&mut result, params);
        Ok(result)
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: Incoming) -> Answer {
        let id = random::uuid();
        let mut answer = self.outcome(request, &id).unwrap_or_else(|error| {
            tracing::warn!(%error, "the mock could not answer");
            let problem = error.to_string();
            plain_failure(Protocol::RestJson, "InternalFailure", &problem, 500, &id).into()
        });
        let now = time::Timestamp::of(SystemTime::now()).whole();
        let date = now.format(time::TimestampFormat::HttpDate);
        if let (Some(reply), Ok(date)) = (&mut answer.reply, HeaderValue::from_str(&date)) {
            reply.headers.insert(DATE, date);
        }
        answer
    }

    fn outcome(&self, request: Incoming, id: &str) -> Result<Answer> {
        let request = match decode::body(request) {
            Ok(request) => request,
            Err(problem) => {
                let reply = plain_failure(Protocol::RestXml, "InvalidRequest", &problem, 400, id);
                return Ok(reply.into());
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
                return Ok(plain_failure(protocol, code, &problem, status, id).into());
            }
        };
        let Some(understood) = self.understand(candidates, &request)? else {
            let code = "UnknownOperationException";
            return Ok(plain_failure(Protocol::RestJson, code, "", 404, id).into());
        };
        let answer = self.respond(&understood, id)?;
        let Understood {
            recognised,
            params,
            problem,
        } = understood;
        self.records().push(MockRequest {
            service: recognised.model.name().into(),
            operation: recognised.operation.name.clone(),
            params,
            problem: problem.map(|problem| problem.message),
            status: answer.reply.as_ref().map(|reply| reply.status),
        });
        Ok(answer)
    }

    fn respond(&self, understood: &Understood, id: &str) -> Result<Answer> {
        let Understood {
            recognised,
            params,
            problem,
        } = understood;
        let operation = &*recognised.operation;
        let service = self.catalogue.service(recognised.model.name())?;
        let cx = Context {
            model: &recognised.model,
            operation,
            quirks: service.quirks,
            request_id: id,
        };
        if let Some(problem) = problem {
            return Ok(failure(&cx, problem)?.into());
        }
        let example = || self.changed(&service, operation, params, &Map::new().into());
        let step = self.stubs().next(service.name(), &operation.name, params);
        let Some(step) = step else {
            return Ok(success(&cx, &example()?)?.into());
        };
        let fault = match &step.kind {
            StepKind::Fault(fault) => Some(*fault),
            _ => None,
        };
        let reply = match &step.kind {
            StepKind::Result(result) => success(&cx, result)?,
            StepKind::Merge(changes) => {
                success(&cx, &self.changed(&service, operation, params, changes)?)?
            }
            StepKind::Error(error) => failure(&cx, error)?,
            StepKind::Fault(MockFault::InternalError) => {
                failure(&cx, &wrong::internal(recognised))?
            }
            StepKind::Fault(MockFault::Throttling) => failure(&cx, &wrong::throttling(recognised))?,
            StepKind::Fault(MockFault::Unavailable) => Reply::new(503),
            StepKind::Fault(MockFault::Cut | MockFault::Disconnect) => success(&cx, &example()?)?,
        };
        Ok(Answer {
            reply: (fault != Some(MockFault::Disconnect)).then_some(reply),
            delay: step.delay,
            is_cut: fault == Some(MockFault::Cut),
        })
    }

    /// Reads a request as the first operation in which nothing is wrong, or else as the first.
    fn understand(
        &self,
        candidates: Vec<Recognised>,
        request: &Incoming,
    ) -> Result<Option<Understood>> {
        let mut first = None;
        for recognised in candidates {
            let understood = match request::read(&recognised, request) {
                Ok(params) => {
                    let checked = self.check(&recognised, &params)?;
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
    fn check(&self, recognised: &Recognised, params: &Value) -> Result<Option<String>> {
        let Recognised {
            model, operation, ..
        } = recognised;
        let events = protocol::input_event_stream(model, operation)?;
        let mut checked = params.clone();
        if let (Some(member), Value::Object(members)) = (events, &mut checked) {
            members.shift_remove(&member.name);
        }
        let events = events.map(|member| &*member.name);
        let faults = match params::validate(model, operation, &checked, events, true) {
            Ok(()) => None,
            Err(error) => Some(error.downcast::<ParamErrors>()?.to_string()),
        };
        let patterns = self.patterns.check(model, operation, &checked)?;
        let problems: Vec<String> = faults.into_iter().chain(patterns).collect();
        Ok((!problems.is_empty()).then(|| format!("invalid parameters: {}", problems.join("; "))))
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
