//! Waiters: an operation is asked until its answer shows what is waited for.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cancel::CancelToken;
use crate::client::Client;
use crate::error::{Detail, Error, ErrorKind, Result};
use crate::exchange::Purpose;
use crate::model::{Acceptor, Matcher, Waiter, WaiterState};

/// What ended a wait, and after how many attempts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Waited {
    /// The last answer; an error, where that is what was waited for, as in `BucketNotExists`.
    pub response: Result<Value>,
    /// How often the operation was asked.
    pub attempts: u32,
}

/// A wait that did not end as it should.
#[derive(Debug)]
#[non_exhaustive]
pub struct WaitError {
    /// The waiter's name.
    pub waiter: Box<str>,
    /// Why.
    pub reason: WaitFailure,
    /// The last answer, if it was no error.
    pub last_response: Option<Value>,
    /// The last answer, if it was an error.
    pub source: Option<Error>,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "waiter {} failed: {}", self.waiter, self.reason)
    }
}

impl std::error::Error for WaitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_ref()?;
        match self.reason {
            // the reason is the source's text
            WaitFailure::Unexpected(_) => source.source(),
            _ => Some(source),
        }
    }
}

impl Detail for WaitError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Wait
    }

    fn is_timeout(&self) -> bool {
        self.reason == WaitFailure::Deadline
    }
}

/// Why a wait did not end as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitFailure {
    /// The operation was asked as often as it may be. What the last answer that decided something was, if there was one.
    AttemptsUsed(Option<String>),
    /// The time was up.
    Deadline,
    /// What is waited for will not come, as this tells.
    Terminal(String),
    /// The service answered with an error that the waiter does not know.
    Unexpected(String),
}

impl fmt::Display for WaitFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttemptsUsed(None) => f.write_str("Max attempts exceeded"),
            Self::AttemptsUsed(Some(last)) => {
                write!(
                    f,
                    "Max attempts exceeded. Previously accepted state: {last}"
                )
            }
            Self::Deadline => f.write_str("the time is up"),
            Self::Terminal(what) => {
                write!(f, "Waiter encountered a terminal failure state: {what}")
            }
            Self::Unexpected(what) => f.write_str(what),
        }
    }
}

/// What is known after each attempt that did not end the wait.
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// How often the operation was asked.
    pub attempts: u32,
    /// The answer.
    pub response: std::result::Result<&'a Value, &'a Error>,
    /// How long it is until the next one is asked for.
    pub delay: Duration,
}

/// Is told of progress.
type Tell = dyn FnMut(&Progress<'_>) + Send;

/// A wait that is being put together.
#[must_use = "nothing is asked before `run`"]
pub struct Wait {
    client: Client,
    service: Box<str>,
    name: Box<str>,
    waiter: Waiter,
    params: Value,
    delay: Option<Duration>,
    greatest_delay: Option<Duration>,
    max_attempts: Option<u32>,
    timeout: Option<Duration>,
    progress: Option<Box<Tell>>,
    cancel: CancelToken,
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Wait");
        shown
            .field("service", &self.service)
            .field("waiter", &self.waiter);
        shown.finish_non_exhaustive()
    }
}

impl Client {
    /// Waits as the waiter's definition says. Its name is taken as `BucketExists`, `bucket_exists` or `bucket-exists`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let replay = Replay::new().answer(404, &[], "").answer(200, &[], "");
    /// # let client = Client::with_transport(config, replay)?;
    /// let bucket = serde_json::json!({"Bucket": "my-bucket"});
    /// let waited = client.wait("s3", "BucketExists", bucket)?;
    /// assert_eq!(waited.attempts, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such waiter, what is waited for will not come or does not in time ([`WaitError`]), or a call fails in
    /// another way than with an answer of the service.
    pub fn wait(&self, service: &str, waiter: &str, params: Value) -> Result<Waited> {
        self.waiter(service, waiter, params)?.run()
    }

    /// A wait that can be set up before it begins.
    ///
    /// # Errors
    ///
    /// There is no such service or waiter.
    pub fn waiter(&self, service: &str, waiter: &str, params: Value) -> Result<Wait> {
        let (name, definition) = self.waiter_definition(service, waiter)?;
        Ok(Wait {
            client: self.clone(),
            service: service.into(),
            name,
            waiter: definition,
            params,
            delay: None,
            greatest_delay: None,
            max_attempts: None,
            timeout: None,
            progress: None,
            cancel: CancelToken::default(),
        })
    }
}

impl Wait {
    /// How long it is between two attempts.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Doubles the delay after each attempt, up to this, and waits a random part of it: kinder to a service that many wait
    /// for.
    pub fn backoff(mut self, greatest: Duration) -> Self {
        self.greatest_delay = Some(greatest);
        self
    }

    /// How often the operation is asked at most.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// How long all of it may take.
    pub fn deadline(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Is told of each attempt that does not end the wait.
    pub fn on_progress(mut self, tell: impl FnMut(&Progress<'_>) + Send + 'static) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// Ends the wait when the token is cancelled.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Waits.
    ///
    /// # Errors
    ///
    /// As [`Client::wait`].
    pub fn run(mut self) -> Result<Waited> {
        let mut progress = self.progress.take();
        let until = self
            .timeout
            .and_then(|timeout| self.client.config().now().checked_add(timeout));
        let mut judge = Judge::new(&self.name, &self.waiter, self.max_attempts);
        loop {
            let answer = self.ask()?;
            let (attempts, response) = match judge.judge(answer)? {
                Verdict::Done(waited) => return Ok(waited),
                Verdict::Again { attempts, response } => (attempts, response),
            };
            let delay = self.delay_after(attempts);
            let next = self.client.config().now().checked_add(delay);
            if until.is_some_and(|until| next.is_none_or(|next| next > until)) {
                return Err(judge.fail(WaitFailure::Deadline, response));
            }
            if let Some(tell) = &mut progress {
                let response = response.as_ref();
                tell(&Progress {
                    attempts,
                    response,
                    delay,
                });
            }
            self.client.config().pause(delay, &self.cancel);
        }
    }

    fn delay_after(&self, attempts: u32) -> Duration {
        let delay = self
            .delay
            .unwrap_or_else(|| Duration::from_secs(self.waiter.delay));
        match self.greatest_delay {
            None => delay,
            Some(greatest) => {
                let doubled =
                    delay.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
                let longest = doubled.min(greatest);
                let part = longest.as_secs_f64() * self.client.config().jitter();
                Duration::try_from_secs_f64(part).unwrap_or(longest)
            }
        }
    }

    fn ask(&self) -> Result<Answer> {
        let request = self.client.request(&self.service, &self.waiter.operation);
        let request = request
            .params(self.params.clone())
            .purpose(Purpose::Wait)
            .cancel_with(&self.cancel);
        match request.send_buffered() {
            Ok(output) => {
                let status = output.meta.status;
                Ok(Answer {
                    status,
                    response: Ok(output.value()?),
                })
            }
            Err(error) => match error.service_error() {
                Some(service) => Ok(Answer {
                    status: service.status,
                    response: Err(error),
                }),
                None => Err(error),
            },
        }
    }
}

/// An answer of the service, be it an error.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) response: Result<Value>,
}

/// Holds answers against a waiter.
pub(crate) struct Judge<'a> {
    name: &'a str,
    waiter: &'a Waiter,
    max_attempts: u32,
    attempts: u32,
    accepted: bool,
}

/// What an answer means.
pub(crate) enum Verdict {
    Again {
        attempts: u32,
        response: Result<Value>,
    },
    Done(Waited),
}

impl<'a> Judge<'a> {
    pub(crate) fn new(name: &'a str, waiter: &'a Waiter, max_attempts: Option<u32>) -> Self {
        Self {
            name,
            waiter,
            max_attempts: max_attempts.unwrap_or(waiter.max_attempts),
            attempts: 0,
            accepted: false,
        }
    }

    pub(crate) fn judge(&mut self, answer: Answer) -> Result<Verdict> {
        self.attempts += 1;
        let mut acceptors = self.waiter.acceptors.iter();
        let matched = acceptors.find(|acceptor| acceptor.matches(&answer));
        let response = answer.response;
        match (matched.map(|acceptor| acceptor.state), &response) {
            (Some(WaiterState::Success), _) => {
                let attempts = self.attempts;
                return Ok(Verdict::Done(Waited { response, attempts }));
            }
            (Some(WaiterState::Failure), _) => {
                let what = matched.map(Acceptor::explanation).unwrap_or_default();
                return Err(self.fail(WaitFailure::Terminal(what), response));
            }
            (None, Err(error)) => {
                let what = error.root().without_call().to_string();
                return Err(self.fail(WaitFailure::Unexpected(what), response));
            }
            (Some(WaiterState::Retry), _) => self.accepted = true,
            (None, Ok(_)) => {}
        }
        if self.attempts >= self.max_attempts {
            // of several answers botocore tells the acceptor that it looked at last
            let looked_at = matched.or_else(|| self.waiter.acceptors.last());
            let last = looked_at
                .filter(|_| self.accepted)
                .map(Acceptor::explanation);
            return Err(self.fail(WaitFailure::AttemptsUsed(last), response));
        }
        Ok(Verdict::Again {
            attempts: self.attempts,
            response,
        })
    }

    fn fail(&self, reason: WaitFailure, response: Result<Value>) -> Error {
        let (last_response, source) = match response {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(error)),
        };
        WaitError {
            waiter: self.name.into(),
            reason,
            last_response,
            source,
        }
        .into()
    }
}

impl Acceptor {
    /// An expression that asks of a value what it is not does not match.
    fn matches(&self, answer: &Answer) -> bool {
        let found = |query: &crate::query::Query| {
            let value = answer.response.as_ref().ok()?;
            Some(query.search(value).ok()?.into_owned())
        };
        match &self.matcher {
            Matcher::Error(expected) => match (expected, &answer.response) {
                (Value::Bool(yes), response) => response.is_err() == *yes,
                (Value::String(code), Err(error)) => error.code() == Some(code),
                _ => false,
            },
            Matcher::Path(query, expected) => {
                found(query).is_some_and(|found| same(&found, expected))
            }
            Matcher::PathAll(query, expected) => match found(query) {
                Some(Value::Array(list)) => {
                    !list.is_empty() && list.iter().all(|one| same(one, expected))
                }
                _ => false,
            },
            Matcher::PathAny(query, expected) => match found(query) {
                Some(Value::Array(list)) => list.iter().any(|one| same(one, expected)),
                _ => false,
            },
            Matcher::Status(expected) => same(&json!(answer.status), expected),
        }
    }

    fn explanation(&self) -> String {
        let of = |query: &crate::query::Query, what: &str, expected: &Value| {
            format!(
                "For expression \"{}\" {what}: \"{}\"",
                query.text(),
                shown(expected)
            )
        };
        match &self.matcher {
            Matcher::Error(expected) => {
                format!("Matched expected service error code: {}", shown(expected))
            }
            Matcher::Path(query, expected) => of(query, "we matched expected path", expected),
            Matcher::PathAll(query, expected) => {
                of(query, "all members matched expected path", expected)
            }
            Matcher::PathAny(query, expected) => {
                format!(
                    "{} at least once",
                    of(query, "we matched expected path", expected)
                )
            }
            Matcher::Status(expected) => {
                format!("Matched expected HTTP status code: {}", shown(expected))
            }
        }
    }
}

/// Numbers of different forms are the same if they are equal.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (a, b) => a == b,
    }
}

/// As Python shows it, for these texts are botocore's.
fn shown(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Null => "None".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
