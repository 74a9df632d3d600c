//! A transport with canned answers, for tests and examples.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Uri};

use super::{Limits, Request, Response, Transport, TransportError, TransportErrorKind};
use crate::body::ResponseBody;

/// Answers requests from a list, in its order, and keeps what was sent.
///
/// ```
/// use tucuxi::transport::Replay;
/// use tucuxi::{Client, Config, Credentials};
///
/// let config = Config::builder()
///     .isolated()
///     .region("eu-west-1")
///     .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
///     .build()?;
/// let replay = Replay::new().answer(200, &[], r#"{"TableNames": ["t"]}"#);
/// let client = Client::with_transport(config, replay)?;
/// let tables = client.call("dynamodb", "ListTables", serde_json::json!({}))?;
/// assert_eq!(tables["TableNames"][0], "t");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Replay {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Answer>,
    sent: Vec<Sent>,
}

#[derive(Debug)]
enum Answer {
    Failure(TransportErrorKind),
    Response(http::Response<Bytes>),
}

/// A request that was sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sent {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub uri: Uri,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Replay {
    /// One without answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an answer.
    ///
    /// # Panics
    ///
    /// The status or a header is none that HTTP has: a fault of the test that gives it.
    #[must_use]
    pub fn answer(self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let response = match response.body(body.into()) {
            Ok(response) => response,
            Err(error) => panic!("a canned answer: {error}"),
        };
        self.push(Answer::Response(response))
    }

    /// Adds a failure in place of an answer.
    #[must_use]
    pub fn failure(self, kind: TransportErrorKind) -> Self {
        self.push(Answer::Failure(kind))
    }

    fn push(self, answer: Answer) -> Self {
        self.lock().answers.push_back(answer);
        self
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    /// How many answers were not asked for.
    pub fn unused(&self) -> usize {
        self.lock().answers.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // both lists are whole whenever a thread may have panicked
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Replay {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        let (head, body) = request.into_parts();
        let fault = |kind, what: String| Err(TransportError::new(kind, &head.uri, what));
        let mut bytes = Vec::new();
        let read = body
            .open()
            .and_then(|mut body| body.read_to_end(&mut bytes));
        if let Err(error) = read {
            return fault(TransportErrorKind::Request, error.to_string());
        }
        let mut state = self.lock();
        state.sent.push(Sent {
            method: head.method.clone(),
            uri: head.uri.clone(),
            headers: head.headers.clone(),
            body: bytes.into(),
        });
        let number = state.sent.len();
        match state.answers.pop_front() {
            Some(Answer::Response(response)) => {
                let announced = response.headers().get(CONTENT_LENGTH);
                let announced = announced.and_then(|len| len.to_str().ok()?.parse().ok());
                let len = announced.filter(|_| head.method != Method::HEAD);
                Ok(response.map(|body| match len {
                    Some(_) => ResponseBody::new(io::Cursor::new(body), len),
                    None => body.into(),
                }))
            }
            Some(Answer::Failure(kind)) => fault(kind, "a canned failure".into()),
            None => fault(
                TransportErrorKind::Request,
                format!("there is no canned answer for request {number}"),
            ),
        }
    }
}

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn send(&self, request: Request, limits: &Limits) -> Result<Response, TransportError> {
        (**self).send(request, limits)
    }
}
