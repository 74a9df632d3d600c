//! Stubs: what a mock responds to an operation instead of an example.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::response::Failure;
use crate::error::{Error, Result};
use crate::model::UnknownName;
use crate::query::Query;

/// The responses to an operation, or to those of its calls whose parameters fit an expression.
///
/// The first stub that fits a request is used. Each of its responses is sent once, in order, and the last one again and
/// again.
///
/// ```
/// use serde_json::json;
/// use tucuxi::mock::{Mock, MockFault, MockStub};
/// use tucuxi::{Client, Config};
///
/// let mock = Mock::start()?;
/// mock.add(
///     MockStub::new("dynamodb", "GetItem")
///         .when("TableName == 'films'")?
///         .fault(MockFault::Throttling)
///         .result(json!({"Item": {"id": {"N": "1"}}})),
/// )?;
/// let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// let client = Client::with_transport(config, mock.transport())?;
/// let item = client.call("dynamodb", "GetItem", json!({"TableName": "films", "Key": {"id": {"N": "1"}}}))?;
/// assert_eq!(item["Item"]["id"]["N"], "1"); // of the second attempt
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a stub does nothing until it is added to a mock"]
pub struct MockStub {
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) when: Option<Query>,
    pub(super) repeat: Repeat,
    pub(super) steps: Vec<Step>,
}

/// What follows the last response of a stub.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Repeat {
    All,
    #[default]
    Last,
    None,
}

/// A response of a stub.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) delay: Duration,
    pub(super) kind: StepKind,
}

#[derive(Clone, Debug)]
pub(super) enum StepKind {
    Error(Failure),
    Fault(MockFault),
    /// The example, with changes (RFC 7396).
    Merge(Value),
    Result(Value),
}

/// A fault of a network or a service.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case")]
pub enum MockFault {
    /// The connection is closed after half of the response.
    Cut,
    /// The connection is closed without a response.
    Disconnect,
    /// Status 500, with the service's error.
    InternalError,
    /// The service's error for too many requests.
    Throttling,
    /// Status 503, without a document.
    Unavailable,
}

impl MockStub {
    /// Creates a stub for an operation, without responses.
    pub fn new(service: impl Into<String>, operation: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            operation: operation.into(),
            when: None,
            repeat: Repeat::default(),
            steps: Vec::new(),
        }
    }

    /// Limits the stub to requests for whose parameters this JMESPath expression is true.
    ///
    /// # Errors
    ///
    /// Returns an error if the expression is invalid.
    pub fn when(mut self, expression: &str) -> Result<Self> {
        self.when = Some(Query::compile(expression)?);
        Ok(self)
    }

    /// Adds a result.
    pub fn result(self, result: Value) -> Self {
        self.step(StepKind::Result(result))
    }

    /// Adds the example with changes: members are replaced, and those that are null are removed.
    pub fn merge(self, changes: Value) -> Self {
        self.step(StepKind::Merge(changes))
    }

    /// Adds an error of the service. The status is that of the model.
    pub fn error(self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.step(StepKind::Error(Failure {
            code: code.into(),
            message: message.into(),
            ..Failure::default()
        }))
    }

    /// Adds a fault.
    pub fn fault(self, fault: MockFault) -> Self {
        self.step(StepKind::Fault(fault))
    }

    /// Delays the last response.
    pub fn delay(mut self, delay: Duration) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.delay = delay;
        }
        self
    }

    /// Passes over the stub when each of its responses was sent.
    pub fn once(mut self) -> Self {
        self.repeat = Repeat::None;
        self
    }

    /// Starts again with the first response after the last.
    pub fn cycle(mut self) -> Self {
        self.repeat = Repeat::All;
        self
    }

    fn step(mut self, kind: StepKind) -> Self {
        self.steps.push(Step {
            delay: Duration::ZERO,
            kind,
        });
        self
    }

    /// Reads stubs from JSON, as `tucuxi mock --stubs` does.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::mock::MockStub;
    ///
    /// let stubs = MockStub::from_json(json!([{
    ///     "service": "sqs",
    ///     "operation": "ReceiveMessage",
    ///     "when": "contains(QueueUrl, 'orders')",
    ///     "responses": [
    ///         {"result": {"Messages": [{"Body": "one"}]}, "delay": 0.2},
    ///         {"error": {"code": "QueueDoesNotExist", "message": "it is gone"}},
    ///         {"fault": "disconnect"},
    ///     ],
    ///     "repeat": "none",
    /// }]))?;
    /// assert_eq!(stubs.len(), 1);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error that names the stub and the member that is invalid.
    pub fn from_json(value: Value) -> Result<Vec<Self>> {
        let Value::Array(stubs) = value else {
            return Err(Error::config("stubs are a JSON array"));
        };
        let read = |(n, stub): (usize, Value)| {
            let raw = serde_json::from_value(stub).map_err(|e| e.to_string());
            raw.and_then(Self::read).map_err(|e| invalid(n, &e))
        };
        stubs.into_iter().enumerate().map(read).collect()
    }

    fn read(raw: RawStub) -> Result<Self, String> {
        let mut stub = Self::new(raw.service, raw.operation);
        if let Some(expression) = raw.when {
            stub = stub.when(&expression).map_err(problem)?;
        }
        stub.repeat = raw.repeat;
        stub.steps = raw
            .responses
            .into_iter()
            .map(RawStep::read)
            .collect::<Result<_, _>>()?;
        Ok(stub)
    }
}

/// The error of a stub, with its number.
pub(super) fn invalid(number: usize, problem: &str) -> Error {
    Error::config(format!("stub {}: {problem}", number + 1))
}

/// The text of an error, without the area that it comes from where the text says enough.
pub(super) fn problem(error: Error) -> String {
    match error.downcast_ref::<UnknownName>() {
        Some(unknown) => unknown.to_string(),
        None => error.to_string(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStub {
    service: String,
    operation: String,
    when: Option<String>,
    #[serde(default)]
    repeat: Repeat,
    responses: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    #[serde(default)]
    delay: f64,
    error: Option<RawError>,
    fault: Option<MockFault>,
    merge: Option<Value>,
    result: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawError {
    code: String,
    #[serde(default)]
    message: String,
    status: Option<u16>,
    #[serde(default)]
    members: Map<String, Value>,
}

impl RawStep {
    fn read(self) -> Result<Step, String> {
        let kind = match (self.error, self.fault, self.merge, self.result) {
            (Some(error), None, None, None) => {
                if let Some(status) = error.status.filter(|it| !(200..=599).contains(it)) {
                    return Err(format!(
                        "error: status: {status} is not between 200 and 599"
                    ));
                }
                StepKind::Error(Failure {
                    code: error.code,
                    message: error.message,
                    status: error.status,
                    members: error.members,
                })
            }
            (None, Some(fault), None, None) => StepKind::Fault(fault),
            (None, None, None, Some(result)) => StepKind::Result(result),
            (None, None, changes, None) => {
                StepKind::Merge(changes.unwrap_or_else(|| Map::new().into()))
            }
            _ => {
                let what = "a response has one of result, merge, error and fault";
                return Err(what.into());
            }
        };
        let delay = Duration::try_from_secs_f64(self.delay)
            .map_err(|_| format!("delay: {} is no number of seconds", self.delay))?;
        Ok(Step { delay, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_status_of_a_response() {
        for (status, is_valid) in [
            (0, false),
            (99, false),
            (199, false),
            (200, true),
            (404, true),
            (599, true),
            (600, false),
            (65535, false),
        ] {
            let step = serde_json::json!({"error": {"code": "c", "status": status}});
            let step: RawStep = serde_json::from_value(step).unwrap();
            assert_eq!(step.read().is_ok(), is_valid, "{status}");
        }
    }
}
