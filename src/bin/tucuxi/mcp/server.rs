//! The loop that reads messages and answers them.
//!
//! ```text
//!  stdin ─ lines ─► messages ┬ short requests ─────────────► responses ─► stdout
//!                            ├ tools and resources ─ threads ──┘
//!                            └ notifications: a cancelled request gets no response
//! ```

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tucuxi::transport::CancelToken;

use super::message::{self, Fault, Line, Message};
use super::part;
use super::version::Version;
use super::work::Workers;
use super::{Session, capabilities, resources, server_info, tools};

/// The maximum number of messages in a batch: each has a response, which may be much longer.
const BATCH: usize = 100;

/// The connection to a client.
pub(super) struct Server {
    session: Arc<Session>,
    /// The version that `initialize` has negotiated.
    negotiated: Option<Version>,
    workers: Workers,
    connection: Arc<Connection>,
}

/// What the threads share.
struct Connection {
    out: Mutex<Box<dyn Write + Send>>,
    /// The requests that have no response yet, by their ids as text.
    open: Mutex<HashMap<String, CancelToken>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the response to a request goes: to the client, or into a batch.
#[derive(Clone)]
enum Reply {
    Alone,
    Batch(Arc<Batch>),
}

/// The responses to a batch, which are sent together. `None` once nothing can be added.
struct Batch {
    responses: Mutex<Vec<Value>>,
    connection: Arc<Connection>,
}

impl Drop for Batch {
    /// Sends the responses when the last request has one.
    fn drop(&mut self) {
        let responses = std::mem::take(&mut *lock(&self.responses));
        if !responses.is_empty() {
            self.connection.write(&responses.into());
        }
    }
}

impl Connection {
    fn write(&self, message: &Value) {
        let mut text = message.to_string();
        text.push('\n');
        let mut out = lock(&self.out);
        // a client that is gone closes stdin as well, which ends the loop
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    fn respond(&self, reply: &Reply, id: &Value, outcome: Result<Value, Fault>) {
        let response = message::response(id, outcome);
        match reply {
            Reply::Alone => self.write(&response),
            Reply::Batch(batch) => lock(&batch.responses).push(response),
        }
    }
}

/// A request whose version is known.
struct Request {
    id: Value,
    method: String,
    params: Value,
    version: Version,
}

impl Server {
    pub(super) fn new(session: Session, out: impl Write + Send + 'static) -> Self {
        Self {
            session: Arc::new(session),
            negotiated: None,
            workers: Workers::default(),
            connection: Arc::new(Connection {
                out: Mutex::new(Box::new(out)),
                open: Mutex::default(),
            }),
        }
    }

    /// Answers messages until the input ends, and then finishes what it has begun.
    ///
    /// # Errors
    ///
    /// Returns an error if the input cannot be read.
    pub(super) fn run(mut self, input: &mut impl BufRead) -> io::Result<()> {
        while let Some(line) = message::next_line(input)? {
            match line {
                Line::Text(text) if text.trim_ascii().is_empty() => {}
                Line::Text(text) => self.line(&text),
                Line::TooLong => {
                    let fault = Fault::request("the message is longer than 16 MiB");
                    self.connection
                        .respond(&Reply::Alone, &Value::Null, Err(fault));
                }
            }
        }
        self.workers.finish();
        Ok(())
    }

    fn line(&mut self, text: &[u8]) {
        let alone = Reply::Alone;
        let refuse = |this: &Self, fault| this.connection.respond(&alone, &Value::Null, Err(fault));
        match serde_json::from_slice(text) {
            Err(error) => refuse(
                self,
                Fault::parse(format!("the message is no JSON: {error}")),
            ),
            Ok(Value::Array(messages)) => {
                if !self.negotiated.is_some_and(Version::has_batches) {
                    let fault = Fault::request("there are batches in version 2025-03-26 only");
                    return refuse(self, fault);
                }
                if messages.is_empty() {
                    return refuse(self, Fault::request("the batch is empty"));
                }
                if messages.len() > BATCH {
                    let fault = format!(
                        "the batch has {} messages; send at most {BATCH} together",
                        messages.len()
                    );
                    return refuse(self, Fault::request(fault));
                }
                let batch = Reply::Batch(Arc::new(Batch {
                    responses: Mutex::default(),
                    connection: self.connection.clone(),
                }));
                for message in messages {
                    self.message(message, &batch);
                }
            }
            Ok(message) => self.message(message, &alone),
        }
    }

    fn message(&mut self, message: Value, reply: &Reply) {
        match Message::read(message) {
            Err((id, fault)) => self.connection.respond(reply, &id, Err(fault)),
            Ok(Message::Response) => {}
            Ok(Message::Notification { method, params }) => {
                if method == "notifications/cancelled" {
                    self.cancel(&params["requestId"]);
                }
            }
            Ok(Message::Request { id, method, params }) => {
                let outcome = match self.version(&method, &params) {
                    Err(fault) => Err(fault),
                    Ok(None) if method == "ping" => Ok(json!({})),
                    Ok(None) if matches!(reply, Reply::Batch(_)) => {
                        Err(Fault::request("initialize cannot be in a batch"))
                    }
                    Ok(None) => self.initialize(&params),
                    Ok(Some(version)) => {
                        let request = Request {
                            id,
                            method,
                            params,
                            version,
                        };
                        return self.request(request, reply.clone());
                    }
                };
                self.connection.respond(reply, &id, outcome);
            }
        }
    }

    fn cancel(&self, id: &Value) {
        if let Some(token) = lock(&self.connection.open).remove(&id.to_string()) {
            token.cancel();
        }
    }

    /// The version of a request, or none for one that needs no version.
    fn version(&self, method: &str, params: &Value) -> Result<Option<Version>, Fault> {
        match Version::of_request(params) {
            Err(requested) => Err(Fault::version(&requested, &Version::of_requests())),
            Ok(Some(version)) => Ok(Some(version)),
            Ok(None) if ["initialize", "ping"].contains(&method) => Ok(None),
            Ok(None) => match self.negotiated {
                Some(version) => Ok(Some(version)),
                None => Err(Fault::request(
                    "send initialize first, or the version of the protocol in _meta of each request",
                )),
            },
        }
    }

    fn initialize(&mut self, params: &Value) -> Result<Value, Fault> {
        let Some(offered) = params["protocolVersion"].as_str() else {
            return Err(Fault::params("\"protocolVersion\" must be a string"));
        };
        if self.negotiated.is_some() {
            return Err(Fault::request("the session is initialized already"));
        }
        let version = *self.negotiated.insert(Version::negotiated(offered));
        Ok(json!({
            "protocolVersion": version.text(),
            "capabilities": capabilities(),
            "serverInfo": server_info(),
            "instructions": self.session.instructions(),
        }))
    }

    fn request(&self, request: Request, reply: Reply) {
        let Request {
            id,
            method,
            params,
            version,
        } = request;
        let short = match &*method {
            "server/discover" if version.is_of_request() => Some((
                json!({
                    "supportedVersions": Version::of_requests(),
                    "capabilities": capabilities(),
                    "instructions": self.session.instructions(),
                }),
                true,
            )),
            "tools/list" => Some((tools::list(&self.session), true)),
            "resources/templates/list" => Some((resources::templates(), true)),
            _ => None,
        };
        if let Some((mut result, is_cacheable)) = short {
            version.complete(&mut result, is_cacheable);
            return self.connection.respond(&reply, &id, Ok(result));
        }
        let run: Run = match &*method {
            "tools/call" => tools::call,
            "resources/list" => resources::list,
            "resources/read" => resources::read,
            _ => {
                return self
                    .connection
                    .respond(&reply, &id, Err(Fault::method(&method)));
            }
        };
        let cancel = CancelToken::default();
        let key = id.to_string();
        {
            let mut open = lock(&self.connection.open);
            if open.contains_key(&key) {
                drop(open);
                let fault = Fault::request(format!("there is an open request with the id {id}"));
                return self.connection.respond(&reply, &id, Err(fault));
            }
            open.insert(key.clone(), cancel.clone());
        }
        let (session, connection) = (self.session.clone(), self.connection.clone());
        let is_cacheable = method != "tools/call";
        let refused = (key.clone(), reply.clone(), id.clone());
        let (length, token) = (part::length(&params), cancel.clone());
        let is_taken = self.workers.run(length, token, move || {
            if cancel.is_cancelled() {
                return;
            }
            let outcome = run(&session, &params, version, &cancel);
            let outcome = outcome.map(|mut result| {
                version.complete(&mut result, is_cacheable);
                result
            });
            // a cancelled request is not open any more
            if lock(&connection.open).remove(&key).is_some() {
                connection.respond(&reply, &id, outcome);
            }
        });
        if !is_taken {
            let (key, reply, id) = refused;
            lock(&self.connection.open).remove(&key);
            self.connection.respond(&reply, &id, Err(Fault::busy()));
        }
    }
}

/// Answers a request, on a thread of its own.
type Run = fn(&Session, &Value, Version, &CancelToken) -> Result<Value, Fault>;
