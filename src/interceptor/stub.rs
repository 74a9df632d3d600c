//! Canned results for tests of programs, without a service or a network.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::Value;

use super::{CallContext, Interceptor, StandsIn};
use crate::error::{Error, Result, ServiceError};
use crate::output::Output;
use crate::params;
use crate::protocol;
use crate::sync;
use crate::transport::{Request, Response, TransportError};

/// Responds to calls with a list of results, in order. Each result is validated against the model, so that a test
/// cannot rely on a response that the service would not send.
///
/// ```
/// use std::sync::Arc;
/// use serde_json::json;
/// use tucuxi::interceptor::Stub;
/// use tucuxi::{Client, Config};
///
/// let stub = Arc::new(
///     Stub::new()
///         .respond("dynamodb", "ListTables", json!({"TableNames": ["one"]}))
///         .expecting(json!({"Limit": Stub::any()}))
///         .error("dynamodb", "DescribeTable", "ResourceNotFoundException", "no such table", 400),
/// );
/// let config = Config::builder().isolated().region("eu-west-1").unsigned();
/// let client = Client::with_config(config.interceptor(stub.clone()).build()?)?;
///
/// let tables = client.call("dynamodb", "ListTables", json!({"Limit": 10}))?;
/// assert_eq!(tables["TableNames"][0], "one");
/// let error = client.call("dynamodb", "DescribeTable", json!({"TableName": "two"})).unwrap_err();
/// assert_eq!(error.code(), Some("ResourceNotFoundException"));
/// stub.assert_all_used();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Calls of several threads receive the results in the order of their requests. Presigned requests are not affected.
#[derive(Default)]
#[must_use = "a stub is used as an interceptor"]
pub struct Stub(Mutex<State>);

#[derive(Default)]
struct State {
    results: VecDeque<Canned>,
    calls: usize,
}

/// A canned outcome and the call that it is for.
#[derive(Clone)]
struct Canned {
    service: Box<str>,
    operation: Box<str>,
    expected: Option<Value>,
    outcome: Outcome,
}

/// The outcomes that stubs chose for a call, by the id of the stub.
#[derive(Clone, Default)]
struct Used(Vec<(usize, Arc<Canned>)>);

#[derive(Clone)]
enum Outcome {
    Error(CannedError),
    Value(Value),
}

#[derive(Clone, Default)]
struct CannedError {
    code: Box<str>,
    message: Box<str>,
    status: u16,
    /// Members of the error's shape.
    fields: Value,
    /// Other entries of the error document.
    meta: Value,
    request_id: Option<Box<str>>,
    attempts: u32,
}

impl fmt::Debug for Stub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a stub with {} results left", self.lock().results.len())
    }
}

impl Stub {
    /// Creates a stub without results: every call is an error.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a placeholder for any value in the parameters of [`Stub::expecting`].
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::interceptor::Stub;
    ///
    /// let stub = Stub::new()
    ///     .respond("sqs", "SendMessage", json!({"MessageId": "1"}))
    ///     .expecting(json!({"QueueUrl": Stub::any(), "MessageBody": "hello"}));
    /// # let _ = stub;
    /// ```
    pub fn any() -> Value {
        "\u{0}any".into()
    }

    /// Adds the result of a call.
    pub fn respond(self, service: &str, operation: &str, result: Value) -> Self {
        self.push(service, operation, Outcome::Value(result))
    }

    /// Adds an error of the service.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use tucuxi::interceptor::Stub;
    /// # use tucuxi::{Client, Config};
    /// let stub = Stub::new().error("s3", "GetObject", "NoSuchKey", "The key does not exist.", 404);
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned();
    /// # let client = Client::with_config(config.interceptor(stub).build()?)?;
    /// let error = client.call("s3", "GetObject", json!({"Bucket": "b", "Key": "k"})).unwrap_err();
    /// assert!(error.is_not_found());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn error(
        self,
        service: &str,
        operation: &str,
        code: &str,
        message: &str,
        status: u16,
    ) -> Self {
        let error = CannedError {
            code: code.into(),
            message: message.into(),
            status,
            attempts: 1,
            ..CannedError::default()
        };
        self.push(service, operation, Outcome::Error(error))
    }

    /// Sets members of the error that was added last, which are validated against its shape when the call is made.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use serde_json::json;
    /// # use tucuxi::interceptor::Stub;
    /// # use tucuxi::{Client, Config};
    /// let stub = Stub::new()
    ///     .error("dynamodb", "PutItem", "ConditionalCheckFailedException", "no", 400)
    ///     .with_fields(json!({"Item": {"k": {"S": "v"}}}))
    ///     .with_request_id("r-1");
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned();
    /// let client = Client::with_config(config.interceptor(stub).build()?)?;
    /// let item = json!({"TableName": "t", "Item": {"k": {"S": "v"}}});
    /// let Err(error) = client.call("dynamodb", "PutItem", item) else { panic!() };
    /// let error = error.service_error().unwrap();
    /// assert_eq!(error.value["Item"]["k"]["S"], "v");
    /// assert_eq!(error.request_id.as_deref(), Some("r-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_fields(self, fields: Value) -> Self {
        self.change_error(|error| error.fields = fields)
    }

    /// Sets further entries of the error that was added last, of any name, such as S3's `BucketName`.
    pub fn with_error_meta(self, entries: Value) -> Self {
        self.change_error(|error| error.meta = entries)
    }

    /// Sets the request id of the error that was added last.
    pub fn with_request_id(self, id: &str) -> Self {
        self.change_error(|error| error.request_id = Some(id.into()))
    }

    /// Sets the number of attempts that the error that was added last reports. The default is one.
    pub fn with_attempts(self, attempts: u32) -> Self {
        self.change_error(|error| error.attempts = attempts)
    }

    fn change_error(self, change: impl FnOnce(&mut CannedError)) -> Self {
        if let Some(Outcome::Error(error)) = self.lock().results.back_mut().map(|c| &mut c.outcome)
        {
            change(error);
        }
        self
    }

    fn push(self, service: &str, operation: &str, outcome: Outcome) -> Self {
        self.lock().results.push_back(Canned {
            service: service.into(),
            operation: operation.into(),
            expected: None,
            outcome,
        });
        self
    }

    /// Requires the call that receives the last added result to have exactly these parameters.
    ///
    /// ```
    /// # use serde_json::json;
    /// # use tucuxi::interceptor::Stub;
    /// # use tucuxi::{Client, Config};
    /// let stub = Stub::new()
    ///     .respond("dynamodb", "ListTables", json!({"TableNames": []}))
    ///     .expecting(json!({"Limit": 10}));
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned();
    /// # let client = Client::with_config(config.interceptor(stub).build()?)?;
    /// let error = client.call("dynamodb", "ListTables", json!({"Limit": 20})).unwrap_err();
    /// assert!(error.to_string().contains("other parameters than expected"));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn expecting(self, params: Value) -> Self {
        if let Some(last) = self.lock().results.back_mut() {
            last.expected = Some(params);
        }
        self
    }

    /// Asserts that all results were used.
    ///
    /// # Panics
    ///
    /// Panics if results are left.
    pub fn assert_all_used(&self) {
        let state = self.lock();
        let left = state
            .results
            .iter()
            .map(|canned| format!("{}.{}", canned.service, canned.operation));
        let left: Vec<String> = left.collect();
        assert!(
            left.is_empty(),
            "{} results were not used: {}",
            left.len(),
            left.join(", ")
        );
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.0)
    }

    /// Identifies this stub among those of a client.
    fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Returns the outcome that this stub chose for the call.
    fn used(&self, call: &CallContext<'_>) -> Option<Arc<Canned>> {
        let used = call.extensions.get::<Used>()?;
        let mut all = used.0.into_iter();
        all.find_map(|(stub, canned)| (stub == self.id()).then_some(canned))
    }
}

/// Returns an error of the test, or of the program under test.
fn fault(what: String) -> Error {
    Error::request(format!("stub: {what}"))
}

impl Canned {
    /// Checks that the outcome is for this call and valid for its operation.
    fn check(&self, number: usize, call: &CallContext<'_>) -> Result<()> {
        let (service, operation) = (call.model.name(), &call.operation.name);
        let is_expected = *self.service == *service && same_name(call, &self.operation);
        if !is_expected {
            let wanted = format!("{}.{}", self.service, self.operation);
            return Err(fault(format!(
                "call {number} is {service}.{operation}, but the result is for {wanted}"
            )));
        }
        if let Some(expected) = &self.expected
            && !same(call.params, expected)
        {
            return Err(fault(format!(
                "call {number}, {service}.{operation}, has other parameters than expected"
            )));
        }
        match &self.outcome {
            Outcome::Error(error) => error.check(call),
            Outcome::Value(value) => params::validate_result(call.model, call.operation, value)
                .map_err(|error| {
                    fault(format!(
                        "the result of {service}.{operation} does not fit the model: {error}"
                    ))
                }),
        }
    }
}

impl CannedError {
    /// Validates the members against the shape of the code.
    fn check(&self, call: &CallContext<'_>) -> Result<()> {
        if self.fields.is_null() {
            return Ok(());
        }
        let what = |error: &dyn fmt::Display| fault(format!("the error {}: {error}", self.code));
        let shape = call.model.error_shape(call.operation, &self.code);
        let shape = shape.ok_or_else(|| what(&"the model has no error with this code"))?;
        params::validate_shape(call.model, shape, &self.fields).map_err(|error| what(&error))
    }

    fn error(self, call: &CallContext<'_>) -> Error {
        let mut error = ServiceError::in_stream(&self.code, &self.message);
        error.status = self.status;
        error.request_id = self.request_id.map(Into::into);
        let shape = call.model.error_shape(call.operation, &self.code);
        error.shape = shape.map(|shape| call.model.shape_name(shape).into());
        let all = [self.fields, self.meta].into_iter();
        let entries = all.filter_map(|value| match value {
            Value::Object(entries) => Some(entries),
            _ => None,
        });
        error.value = Value::Object(entries.flatten().collect());
        let mut error = Error::from(error);
        error.set_attempts(self.attempts);
        error
    }
}

/// Compares names of operations, which have several spellings.
fn same_name(call: &CallContext<'_>, name: &str) -> bool {
    call.model
        .operation(name)
        .is_ok_and(|known| known.name == call.operation.name)
}

/// Compares parameters with the expected ones, which may have placeholders.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (_, expected) if *expected == Stub::any() => true,
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && b.iter()
                    .all(|(name, b)| a.get(name).is_some_and(|a| same(a, b)))
        }
        (a, b) => a == b,
    }
}

impl Interceptor for Stub {
    fn request(&self, call: &CallContext<'_>, _: &mut Request) -> Result<()> {
        if call.is_presigned {
            return Ok(());
        }
        let mut state = self.lock();
        state.calls += 1;
        let number = state.calls;
        let canned = state.results.pop_front();
        let canned = canned.ok_or_else(|| {
            fault(format!(
                "no result is left for call {number}, {}.{}",
                call.model.name(),
                call.operation.name
            ))
        })?;
        canned.check(number, call)?;
        drop(state);
        let mut used = call.extensions.remove::<Used>().unwrap_or_default();
        used.0.retain(|(stub, _)| *stub != self.id());
        used.0.push((self.id(), Arc::new(canned)));
        call.extensions.insert(used);
        Ok(())
    }

    fn send(
        &self,
        call: &CallContext<'_>,
        _: &Request,
    ) -> Option<Result<Response, TransportError>> {
        let canned = self.used(call)?;
        let mut response = Response::new(wire(call, &canned.outcome).into());
        response.extensions_mut().insert(StandsIn);
        Some(Ok(response))
    }

    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {
        let Some(canned) = self.used(call) else {
            return;
        };
        match &canned.outcome {
            Outcome::Error(canned) => {
                *result = Err(canned.clone().error(call));
            }
            Outcome::Value(value) => {
                let Ok(output) = result else {
                    return;
                };
                let mut value = value.clone();
                // a streaming member is in the body, not in the value
                if let (Some(_), Some(name), Some(members)) =
                    (&output.body, streamed(call), value.as_object_mut())
                {
                    members.shift_remove(name);
                }
                output.set_value(value);
            }
        }
    }
}

/// Returns the member that is the streaming body of the response, if the operation has one.
fn streamed<'a>(call: &CallContext<'a>) -> Option<&'a str> {
    let member = protocol::streaming_payload(call.model, call.operation.output).ok()??;
    Some(&member.name)
}

/// Returns the streaming body, which is empty if the operation has none.
fn wire(call: &CallContext<'_>, outcome: &Outcome) -> Bytes {
    match (streamed(call), outcome) {
        (Some(name), Outcome::Value(value)) => {
            let body = value[name].as_str().unwrap_or_default();
            BASE64_STANDARD.decode(body).unwrap_or_default().into()
        }
        _ => Bytes::new(),
    }
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use super::*;
    use crate::transport::Replay;
    use crate::{Client, Config};
    use serde_json::json;
    use std::sync::Arc;

    fn client(stub: Stub) -> (Client, Arc<Stub>) {
        let stub = Arc::new(stub);
        let config = Config::builder().isolated().region("eu-west-1").unsigned();
        let config = config.interceptor(stub.clone()).build().unwrap();
        (Client::with_transport(config, Replay::new()).unwrap(), stub)
    }

    #[test]
    fn every_protocol_is_stubbed() {
        let cases = [
            (
                "s3",
                "ListBuckets",
                json!({}),
                json!({"Buckets": [{"Name": "b", "CreationDate": "2024-01-15T12:00:00Z"}]}),
            ),
            (
                "sts",
                "GetCallerIdentity",
                json!({}),
                json!({"Account": "1"}),
            ),
            (
                "ec2",
                "DescribeVpcs",
                json!({}),
                json!({"Vpcs": [{"VpcId": "v"}]}),
            ),
            (
                "lambda",
                "ListFunctions",
                json!({}),
                json!({"Functions": []}),
            ),
            (
                "cloudwatch",
                "ListDashboards",
                json!({}),
                json!({"DashboardEntries": []}),
            ),
            (
                "s3",
                "GetObject",
                json!({"Bucket": "b", "Key": "k"}),
                json!({"Body": "Ym9keQ==", "ETag": "e"}),
            ),
        ];
        for (service, operation, params, result) in cases {
            let (client, stub) = client(Stub::new().respond(service, operation, result.clone()));
            let found = client.call(service, operation, params).unwrap();
            for (name, value) in result.as_object().unwrap() {
                assert_eq!(found[name], *value, "{service}.{operation}");
            }
            stub.assert_all_used();
        }
    }

    #[test]
    fn calls_and_results_that_do_not_match_are_errors() {
        let tables = || Stub::new().respond("dynamodb", "list_tables", json!({"TableNames": []}));
        let wrong = || {
            Stub::new().respond(
                "dynamodb",
                "ListTables",
                json!({"TableNames": "one", "More": 1}),
            )
        };
        let cases = [
            (
                Stub::new(),
                "no result is left for call 1, dynamodb.ListTables",
            ),
            (
                Stub::new().respond("dynamodb", "ListBackups", json!({})),
                "the result is for dynamodb.ListBackups",
            ),
            (tables().expecting(json!({"Limit": 1})), "other parameters"),
            (wrong(), "TableNames"),
            (wrong(), "More"),
        ];
        for (stub, expected) in cases {
            let (client, _) = client(stub);
            let error = client
                .call("dynamodb", "ListTables", json!({}))
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
        let (client, stub) = client(tables());
        client.call("dynamodb", "ListTables", json!({})).unwrap();
        stub.assert_all_used();
    }

    #[test]
    fn errors_have_the_members_of_their_shape_and_further_entries() {
        let stub = |code: &str, fields: Value| {
            Stub::new()
                .error("s3", "GetObject", code, "no", 403)
                .with_fields(fields)
                .with_error_meta(json!({"BucketName": "b"}))
                .with_request_id("r")
                .with_attempts(3)
                .expecting(json!({"Bucket": "b", "Key": "k", "ChecksumMode": Stub::any()}))
        };
        let call = |stub: Stub| {
            let (client, _) = client(stub);
            let params = json!({"Bucket": "b", "Key": "k"});
            client.call("s3", "GetObject", params).unwrap_err()
        };
        let error = call(stub(
            "InvalidObjectState",
            json!({"StorageClass": "GLACIER"}),
        ));
        assert_eq!(error.attempts(), 3);
        let error = error.service_error().unwrap();
        assert_eq!(
            error.value,
            json!({"StorageClass": "GLACIER", "BucketName": "b"})
        );
        assert_eq!(error.shape.as_deref(), Some("InvalidObjectState"));
        assert_eq!(error.status, 403);
        assert_eq!(error.request_id.as_deref(), Some("r"));
        let refused = [
            (
                stub("InvalidObjectState", json!({"StorageClass": 1})),
                "StorageClass",
            ),
            (stub("InvalidObjectState", json!({"Other": "x"})), "Other"),
            (
                stub("NoSuchThing", json!({"A": "x"})),
                "no error with this code",
            ),
        ];
        for (stub, expected) in refused {
            let error = call(stub).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
