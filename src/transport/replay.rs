//! A transport with canned answers, for tests and examples.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Uri};

use super::{Limits, Request, Response, Transport, TransportError, TransportErrorKind, cassette};
use crate::body::ResponseBody;
use crate::secrets::{CallOf, Secrets, Side, scrub};
use crate::sync;

/// Answers requests from a list, in its order, and keeps what was sent. An answer may say for which request it is: another one
/// in its place is an error that tells both.
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
    answers: VecDeque<Canned>,
    sent: Vec<Sent>,
}

/// An answer, and the request that it is for.
struct Canned {
    answer: Answer,
    /// Method, path and query; any, where it is `None`.
    wanted: Option<(String, String)>,
}

enum Answer {
    Failure(TransportErrorKind),
    Response(http::Response<Bytes>),
}

/// A request that was sent.
///
/// `Debug` shows neither the query, nor the body, nor headers that hold a secret.
#[derive(Clone)]
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

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = scrub::headers(&self.headers, &Side::default());
        f.debug_struct("Sent")
            .field("method", &self.method)
            .field("host", &self.uri.host())
            .field("headers", &headers)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
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
        let wanted = None;
        self.lock().answers.push_back(Canned { answer, wanted });
        self
    }

    /// The answer that was added last is for a request of this method to this path with its query: `/key?x-id=GetObject`. What
    /// a signature adds to a query does not count.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// let replay = Replay::new().answer(200, &[], "").to("PUT", "/b/here");
    /// let client = Client::with_transport(config, replay)?;
    /// let there = serde_json::json!({"Bucket": "b", "Key": "there"});
    /// let error = client.call("s3", "PutObject", there).unwrap_err().to_string();
    /// assert!(error.contains("request 1 is PUT /b/there, and the answer is for PUT /b/here"), "{error}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to(self, method: &str, target: &str) -> Self {
        if let Some(last) = self.lock().answers.back_mut() {
            let target = cassette::comparable(target, &Secrets::default());
            last.wanted = Some((method.to_owned(), target));
        }
        self
    }

    /// The answers of a cassette, each for the request that it was recorded for.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line is no exchange.
    pub fn from_cassette(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut replay = Self::new();
        for exchange in cassette::read(path.as_ref())? {
            let answer = match exchange.answer {
                Ok(response) => Answer::Response(response),
                Err(kind) => Answer::Failure(kind),
            };
            replay = replay.push(answer).to(&exchange.method, &exchange.target);
        }
        Ok(replay)
    }

    /// Fails a test that did not ask for all answers.
    ///
    /// # Panics
    ///
    /// Answers are left.
    pub fn assert_all_used(&self) {
        let state = self.lock();
        let left: Vec<String> = state.answers.iter().map(Canned::describe).collect();
        assert!(
            left.is_empty(),
            "{} answers were not asked for: {}",
            left.len(),
            left.join(", ")
        );
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
        sync::lock(&self.state)
    }
}

impl fmt::Debug for Canned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl Canned {
    fn describe(&self) -> String {
        let answer = match &self.answer {
            Answer::Failure(kind) => kind.name().to_owned(),
            Answer::Response(response) => response.status().as_u16().to_string(),
        };
        match &self.wanted {
            Some((method, target)) => format!("{answer} to {method} {target}"),
            None => answer,
        }
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
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        let wanted = state
            .answers
            .front()
            .and_then(|canned| canned.wanted.clone());
        let secrets = || Secrets::of(head.extensions.get::<CallOf>());
        // a label or a parameter that is secret stands in the cassette without its value, and not so where a test names it
        let targets = wanted.as_ref().map(|_| {
            [Secrets::default(), secrets()].map(|secrets| cassette::comparable(target, &secrets))
        });
        if let (Some((method, path)), Some(targets)) = (wanted, targets)
            && (method != head.method.as_str() || !targets.contains(&path))
        {
            let [_, target] = targets;
            let what = format!(
                "request {number} is {} {target}, and the answer is for {method} {path}",
                head.method
            );
            return fault(TransportErrorKind::Request, what);
        }
        match state.answers.pop_front().map(|canned| canned.answer) {
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

#[cfg(test)]
mod tests {
    use super::super::Record;
    use super::*;
    use crate::body::Body;

    fn send(transport: &dyn Transport, method: &str, uri: &str) -> Result<Vec<u8>, TransportError> {
        let request = http::Request::builder()
            .method(method)
            .uri(uri)
            .body(Body::from("Action=A&Password=hidden"));
        let mut response = transport.send(request.unwrap(), &Limits::default())?;
        Ok(response.body_mut().read_to_vec().unwrap())
    }

    #[test]
    #[should_panic(expected = "1 answers were not asked for: 200 to GET /b")]
    fn answers_that_are_left_are_told() {
        let replay = Replay::new()
            .answer(200, &[], "")
            .answer(200, &[], "")
            .to("GET", "/b");
        send(&replay, "GET", "http://h/a").unwrap();
        replay.assert_all_used();
    }

    #[test]
    fn a_cassette_answers_as_the_wire_did_and_holds_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        let wire = Replay::new()
            .answer(
                200,
                &[("x-a", "b")],
                "<a><SecretAccessKey>hidden</SecretAccessKey></a>",
            )
            .failure(TransportErrorKind::Timeout)
            .answer(200, &[], &b"\xff"[..]);
        let record = Record::to_file(&path, wire).unwrap();
        let signed = "http://h/p?a=b&X-Amz-Signature=hidden";
        assert!(
            send(&record, "POST", signed)
                .unwrap()
                .starts_with(b"<a><SecretAccessKey>hidden")
        );
        send(&record, "GET", "http://h/q").unwrap_err();
        send(&record, "GET", "http://h/r").unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("hidden"));

        let replay = Replay::from_cassette(&path).unwrap();
        let other = "http://h/p?a=b&X-Amz-Signature=other";
        let answer = send(&replay, "POST", other).unwrap();
        assert_eq!(
            answer,
            b"<a><SecretAccessKey>scrubbed</SecretAccessKey></a>"
        );
        let error = send(&replay, "GET", "http://h/q").unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Timeout);
        let error = send(&replay, "GET", "http://h/other")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("request 3 is GET /other, and the answer is for GET /r"),
            "{error}"
        );
        assert_eq!(send(&replay, "GET", "http://h/r").unwrap(), b"\xff");
        replay.assert_all_used();
    }

    #[test]
    fn a_broken_cassette_names_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        std::fs::write(&path, "\n{\"request\": {}}\n").unwrap();
        let error = Replay::from_cassette(&path).unwrap_err().to_string();
        assert!(error.ends_with("line 2 is no exchange"), "{error}");
    }
}
