//! What `waiters-2` says of a state that an operation shows sooner or later.

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::query::Query;

/// What is asked, how often, and which answers decide.
#[derive(Debug)]
#[non_exhaustive]
pub struct Waiter {
    /// The operation's name.
    pub operation: Box<str>,
    /// Seconds between two answers.
    pub delay: u64,
    /// How often it is asked at most.
    pub max_attempts: u32,
    /// The first that matches an answer decides.
    pub acceptors: Box<[Acceptor]>,
}

/// An answer that decides, and what.
#[derive(Debug)]
#[non_exhaustive]
pub struct Acceptor {
    /// Which answer it is.
    pub matcher: Matcher,
    /// What is so then.
    pub state: WaiterState,
}

/// What an answer means for a waiter.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum WaiterState {
    /// What is waited for will not come.
    Failure,
    /// Not yet.
    Retry,
    /// It is here.
    Success,
}

/// How answers are told apart.
#[derive(Debug)]
pub enum Matcher {
    /// An error: of this code, or any or none.
    Error(Value),
    /// What the expression finds is this.
    Path(Query, Value),
    /// What the expression finds is a list, not empty, and each of its elements is this.
    PathAll(Query, Value),
    /// What the expression finds is a list, and one of its elements is this.
    PathAny(Query, Value),
    /// The status.
    Status(Value),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    operation: Box<str>,
    delay: u64,
    max_attempts: u32,
    acceptors: Vec<RawAcceptor>,
}

#[derive(Deserialize)]
struct RawAcceptor {
    matcher: Box<str>,
    state: WaiterState,
    #[serde(default)]
    argument: Option<Box<str>>,
    #[serde(default)]
    expected: Value,
}

impl Waiter {
    /// Reads an entry of the file.
    ///
    /// # Errors
    ///
    /// It is no waiter, or one of its expressions does not parse.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let of = |what: String| Error::model(format!("waiter {name}: {what}"));
        let raw: Raw = serde_json::from_str(text).map_err(|e| of(e.to_string()))?;
        let acceptors = raw
            .acceptors
            .into_iter()
            .map(|raw| Acceptor::from_raw(raw).map_err(of));
        Ok(Self {
            operation: raw.operation,
            delay: raw.delay,
            max_attempts: raw.max_attempts,
            acceptors: acceptors.collect::<Result<_>>()?,
        })
    }
}

impl Acceptor {
    fn from_raw(raw: RawAcceptor) -> std::result::Result<Self, String> {
        let query = || {
            let text = raw
                .argument
                .as_deref()
                .ok_or("an acceptor has no argument")?;
            Query::compile(text).map_err(|e| e.to_string())
        };
        let matcher = match &*raw.matcher {
            "error" => Matcher::Error(raw.expected),
            "path" => Matcher::Path(query()?, raw.expected),
            "pathAll" => Matcher::PathAll(query()?, raw.expected),
            "pathAny" => Matcher::PathAny(query()?, raw.expected),
            "status" => Matcher::Status(raw.expected),
            other => return Err(format!("there is no matcher {other}")),
        };
        let state = raw.state;
        Ok(Self { matcher, state })
    }
}
