//! A transport with canned responses, for tests and examples.

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

/// Returns canned responses in order, and keeps the requests that it receives. A response may name the request that it is for
/// ([`to`](Self::to)). Any other request is then an error, which names both.
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
/// let replay = Replay::new().respond(200, &[], r#"{"TableNames": ["t"]}"#);
/// let client = Client::with_transport(config, replay)?;
/// let tables = client.call("dynamodb", "ListTables", serde_json::json!({}))?;
/// assert_eq!(tables["TableNames"][0], "t");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "a transport does nothing until a client uses it"]
pub struct Replay {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    responses: VecDeque<Canned>,
    sent: Vec<SentRequest>,
}

/// A canned response, and the request that it is for.
struct Canned {
    outcome: Outcome,
    /// Method, and path with query. `None` for any request.
    expected: Option<(String, String)>,
}

enum Outcome {
    Failure(TransportErrorKind),
    Response(http::Response<Bytes>),
}

/// A request that a [`Replay`] received.
///
/// `Debug` shows neither the query, nor the body, nor the values of secret headers.
///
/// ```
/// # use std::sync::Arc;
/// # use tucuxi::{Client, Config, transport::Replay};
/// let replay = Arc::new(Replay::new().respond(200, &[], r#"{"TableNames": []}"#));
/// let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// let client = Client::with_transport(config, replay.clone())?;
/// client.call("dynamodb", "ListTables", serde_json::json!({"Limit": 10}))?;
///
/// let sent = &replay.sent()[0];
/// assert_eq!(sent.uri.host(), Some("dynamodb.eu-west-1.amazonaws.com"));
/// assert_eq!(sent.headers["x-amz-target"], "DynamoDB_20120810.ListTables");
/// assert_eq!(sent.body, r#"{"Limit":10}"#);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct SentRequest {
    /// The method.
    pub method: Method,
    /// The URL.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = scrub::headers(&self.headers, &Side::default());
        f.debug_struct("SentRequest")
            .field("method", &self.method)
            .field("host", &self.uri.host())
            .field("headers", &headers)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Replay {
    /// Creates a transport without responses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a response.
    ///
    /// # Panics
    ///
    /// Panics if the status or a header is not valid in HTTP.
    pub fn respond(self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let response = match response.body(body.into()) {
            Ok(response) => response,
            Err(error) => panic!("invalid canned response: {error}"),
        };
        self.push(Outcome::Response(response))
    }

    /// Adds a failure in place of a response.
    ///
    /// ```
    /// # use tucuxi::{Client, Config};
    /// use tucuxi::transport::{Replay, TransportErrorKind};
    ///
    /// let replay = Replay::new().failure(TransportErrorKind::Interrupted).respond(200, &[], "{}");
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| {}).build()?;
    /// let client = Client::with_transport(config, replay)?;
    /// let output = client.request("dynamodb", "ListTables").send()?;
    /// assert_eq!(output.meta.attempts, 2);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn failure(self, kind: TransportErrorKind) -> Self {
        self.push(Outcome::Failure(kind))
    }

    fn push(self, outcome: Outcome) -> Self {
        let expected = None;
        self.lock()
            .responses
            .push_back(Canned { outcome, expected });
        self
    }

    /// Names the request that the last added response is for: its method, and its path with the query, such as
    /// `/key?x-id=GetObject`. The parameters of a signature are ignored.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// let replay = Replay::new().respond(200, &[], "").to("PUT", "/b/here");
    /// let client = Client::with_transport(config, replay)?;
    /// let there = serde_json::json!({"Bucket": "b", "Key": "there"});
    /// let error = client.call("s3", "PutObject", there).unwrap_err().to_string();
    /// assert!(error.contains("request 1 is PUT /b/there, and the response is for PUT /b/here"), "{error}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to(self, method: &str, target: &str) -> Self {
        if let Some(last) = self.lock().responses.back_mut() {
            let target = cassette::comparable(target, &Secrets::default());
            last.expected = Some((method.to_owned(), target));
        }
        self
    }

    /// Creates a transport with the responses of a cassette, each for the request that it was recorded for.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, or if a line is not a recorded exchange.
    pub fn from_cassette(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut replay = Self::new();
        for exchange in cassette::read(path.as_ref())? {
            let outcome = match exchange.response {
                Ok(response) => Outcome::Response(response),
                Err(kind) => Outcome::Failure(kind),
            };
            replay = replay.push(outcome).to(&exchange.method, &exchange.target);
        }
        Ok(replay)
    }

    /// Asserts that every response was used.
    ///
    /// # Panics
    ///
    /// Panics if responses are left.
    pub fn assert_all_used(&self) {
        let state = self.lock();
        let left: Vec<String> = state.responses.iter().map(Canned::describe).collect();
        assert!(
            left.is_empty(),
            "{} responses were not used: {}",
            left.len(),
            left.join(", ")
        );
    }

    /// Returns the requests that were received so far.
    pub fn sent(&self) -> Vec<SentRequest> {
        self.lock().sent.clone()
    }

    /// Returns the number of responses that were not used.
    pub fn unused(&self) -> usize {
        self.lock().responses.len()
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
        let outcome = match &self.outcome {
            Outcome::Failure(kind) => kind.name().to_owned(),
            Outcome::Response(response) => response.status().as_u16().to_string(),
        };
        match &self.expected {
            Some((method, target)) => format!("{outcome} to {method} {target}"),
            None => outcome,
        }
    }
}

impl Transport for Replay {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        let (head, body) = request.into_parts();
        let fail = |kind, what: String| Err(TransportError::new(kind, &head.uri, what));
        let mut bytes = Vec::new();
        let read = body
            .open()
            .and_then(|mut body| body.read_to_end(&mut bytes));
        if let Err(error) = read {
            return fail(TransportErrorKind::Request, error.to_string());
        }
        let mut state = self.lock();
        state.sent.push(SentRequest {
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
        let expected = state
            .responses
            .front()
            .and_then(|canned| canned.expected.clone());
        let secrets = || Secrets::of(head.extensions.get::<CallOf>());
        // a cassette has no values of secret labels and parameters; a test that names the target may have them
        let targets = expected.as_ref().map(|_| {
            [Secrets::default(), secrets()].map(|secrets| cassette::comparable(target, &secrets))
        });
        if let (Some((method, path)), Some(targets)) = (expected, targets)
            && (method != head.method.as_str() || !targets.contains(&path))
        {
            let [_, target] = targets;
            let what = format!(
                "request {number} is {} {target}, and the response is for {method} {path}",
                head.method
            );
            return fail(TransportErrorKind::Request, what);
        }
        match state.responses.pop_front().map(|canned| canned.outcome) {
            Some(Outcome::Response(response)) => {
                let announced = response.headers().get(CONTENT_LENGTH);
                let announced = announced.and_then(|len| len.to_str().ok()?.parse().ok());
                let len = announced.filter(|_| head.method != Method::HEAD);
                Ok(response.map(|body| match len {
                    Some(_) => ResponseBody::new(io::Cursor::new(body), len),
                    None => body.into(),
                }))
            }
            Some(Outcome::Failure(kind)) => fail(kind, "a canned failure".into()),
            None => fail(
                TransportErrorKind::Request,
                format!("no canned response is left for request {number}"),
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
    #[should_panic(expected = "1 responses were not used: 200 to GET /b")]
    fn responses_that_are_left_are_listed() {
        let replay = Replay::new()
            .respond(200, &[], "")
            .respond(200, &[], "")
            .to("GET", "/b");
        send(&replay, "GET", "http://h/a").unwrap();
        replay.assert_all_used();
    }

    #[test]
    fn a_cassette_returns_what_was_recorded_and_has_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        let wire = Replay::new()
            .respond(
                200,
                &[("x-a", "b")],
                "<a><SecretAccessKey>hidden</SecretAccessKey></a>",
            )
            .failure(TransportErrorKind::Timeout)
            .respond(200, &[], &b"\xff"[..]);
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
        let response = send(&replay, "POST", other).unwrap();
        assert_eq!(
            response,
            b"<a><SecretAccessKey>scrubbed</SecretAccessKey></a>"
        );
        let error = send(&replay, "GET", "http://h/q").unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Timeout);
        let error = send(&replay, "GET", "http://h/other")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("request 3 is GET /other, and the response is for GET /r"),
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
        assert!(
            error.ends_with("line 2 is not a recorded exchange"),
            "{error}"
        );
    }
}
