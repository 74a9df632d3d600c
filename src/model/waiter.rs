//! Waiters, from `waiters-2`.

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::query::Query;

/// A waiter: an operation that is polled until a response decides.
///
/// ```
/// use tucuxi::model::{Waiter, WaiterState};
///
/// let text = r#"{"operation": "HeadBucket", "delay": 5, "maxAttempts": 20,
///     "acceptors": [{"matcher": "status", "expected": 200, "state": "success"}]}"#;
/// let waiter = Waiter::parse("BucketExists", text)?;
/// assert_eq!(waiter.acceptors[0].state, WaiterState::Success);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Waiter {
    /// The operation's name.
    pub operation: String,
    /// The seconds between two attempts.
    pub delay: u64,
    /// The maximum delay in seconds, if delays grow from attempt to attempt. Only Smithy's waiters have it.
    pub max_delay: Option<u64>,
    /// The maximum number of attempts.
    pub max_attempts: u32,
    /// The acceptors. The first that matches a response decides.
    pub acceptors: Box<[Acceptor]>,
}

/// A condition on a response, and the state of the waiter if a response meets it.
///
/// ```
/// use tucuxi::model::WaiterState;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let (_, waiter) = client.introspect().service("ec2")?.waiter("InstanceRunning")?;
/// let failures = waiter.acceptors.iter().filter(|acceptor| acceptor.state == WaiterState::Failure);
/// assert_eq!(failures.count(), 3); // shutting-down, terminated, stopping
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Acceptor {
    /// The condition.
    pub matcher: Matcher,
    /// The document to which the expression of the condition applies.
    pub scope: Scope,
    /// The state of the waiter if the condition is met.
    pub state: WaiterState,
}

/// The document to which an acceptor's expression applies.
///
/// ```
/// use tucuxi::model::{Scope, Waiter};
///
/// let text = r#"{"operation": "CountRooms", "delay": 2, "maxAttempts": 9, "acceptors": [{"scope": "inputOutput",
///     "matcher": "path", "argument": "input.Wanted == output.Found", "expected": true, "state": "success"}]}"#;
/// assert_eq!(Waiter::parse("AllRoomsFound", text)?.acceptors[0].scope, Scope::InputOutput);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// The response.
    #[default]
    Output,
    /// An object with the members `input` and `output`: the parameters and the response. Only Smithy's waiters have it.
    InputOutput,
}

/// The state of a waiter after a response.
///
/// ```
/// use tucuxi::model::{Waiter, WaiterState};
///
/// /// The conditions that end a wait with an error.
/// fn failures(waiter: &Waiter) -> usize {
///     waiter.acceptors.iter().filter(|acceptor| acceptor.state == WaiterState::Failure).count()
/// }
/// # let _ = failures;
/// ```
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
#[serde(rename_all = "lowercase")]
pub enum WaiterState {
    /// The waiter fails: its state can no longer be reached.
    Failure,
    /// The waiter sends another request.
    Retry,
    /// The waiter succeeds: its state is reached.
    Success,
}

/// A condition on a response.
///
/// ```
/// use tucuxi::model::Matcher;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let (_, waiter) = client.introspect().service("dynamodb")?.waiter("TableExists")?;
/// match &waiter.acceptors[0].matcher {
///     Matcher::Path(query, expected) => assert_eq!((query.text(), expected), ("Table.TableStatus", &"ACTIVE".into())),
///     other => println!("{other:?}"),
/// }
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Matcher {
    /// The call failed with this error code, or with any error (`true`), or succeeded (`false`).
    Error(Value),
    /// The expression evaluates to this value.
    Path(Query, Value),
    /// The expression evaluates to a list that is not empty, and each element is this value.
    PathAll(Query, Value),
    /// The expression evaluates to a list, and an element is this value.
    PathAny(Query, Value),
    /// The response has this HTTP status.
    Status(Value),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    operation: String,
    delay: u64,
    max_delay: Option<u64>,
    max_attempts: u32,
    acceptors: Vec<RawAcceptor>,
}

#[derive(Deserialize)]
struct RawAcceptor {
    matcher: String,
    state: WaiterState,
    #[serde(default)]
    argument: Option<String>,
    #[serde(default)]
    expected: Value,
    #[serde(default)]
    scope: Scope,
}

impl Waiter {
    /// Parses an entry of the file.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a waiter, or if one of its expressions is invalid.
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
            max_delay: raw.max_delay,
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
            other => return Err(format!("unknown matcher {other:?}")),
        };
        Ok(Self {
            matcher,
            scope: raw.scope,
            state: raw.state,
        })
    }
}
