//! Waiters: a request is repeated until the response shows an expected state.
//!
//! [`machine`] has the rules without IO; [`Wait`] is the blocking driver that sends its requests and sleeps.

mod acceptor;
#[cfg(feature = "async")]
mod asynchronous;
mod error;
mod machine;

pub use self::error::{WaitError, WaitFailure};
use self::machine::Pause;
pub(crate) use self::machine::{Event, Observation, Step, Tick, WaitMachine};

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::cancel::CancelToken;
use crate::client::{AnyClient, Client, RequestBuilder};
use crate::error::{Error, Result};
use crate::exchange::Purpose;
use crate::model::{UnknownName, Waiter};
use crate::output::Output;

/// The result of a wait.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let replay = Replay::new().respond(200, &[], r#"{"Table": {"TableStatus": "ACTIVE"}}"#);
/// # let client = Client::with_transport(config, replay)?;
/// let table = serde_json::json!({"TableName": "orders"});
/// let output = client.wait("dynamodb", "TableExists", table)?;
/// assert_eq!(output.response?["Table"]["TableStatus"], "ACTIVE");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct WaitOutput {
    /// The last response. It is an error if the waiter expects one, as `BucketNotExists` does.
    pub response: Result<Value>,
    /// The number of requests.
    pub attempts: u32,
}

/// The progress of a wait after an attempt that did not complete it.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(404, &[], "").respond(200, &[], ""))?;
/// let bucket = serde_json::json!({"Bucket": "my-bucket"});
/// let wait = client.waiter("s3", "BucketExists", bucket)?;
/// wait.on_progress(|progress| println!("attempt {}, next in {:?}", progress.attempts, progress.delay)).run()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The number of requests so far.
    pub attempts: u32,
    /// The last response.
    pub response: std::result::Result<&'a Value, &'a Error>,
    /// The delay before the next request.
    pub delay: Duration,
}

type OnProgress = dyn FnMut(&Progress<'_>) + Send;

/// The settings of a wait that differ from the waiter's definition.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) delay: Option<Duration>,
    pub(crate) max_delay: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) timeout: Option<Duration>,
}

/// A builder for a wait, which [`Client::waiter`] returns.
///
/// ```
/// use std::time::Duration;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(404, &[], "").respond(200, &[], ""))?;
/// let bucket = serde_json::json!({"Bucket": "my-bucket"});
/// let wait = client.waiter("s3", "BucketExists", bucket)?;
/// wait.delay(Duration::from_secs(1)).timeout(Duration::from_secs(60)).run()?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[must_use = "no request is sent before `run`"]
pub struct Wait<C = Client> {
    client: C,
    service: Box<str>,
    name: Box<str>,
    waiter: Waiter,
    params: Value,
    settings: Settings,
    on_progress: Option<Box<OnProgress>>,
    cancel: CancelToken,
}

impl<C> fmt::Debug for Wait<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Wait");
        shown
            .field("service", &self.service)
            .field("waiter", &self.waiter);
        shown.finish_non_exhaustive()
    }
}

impl Client {
    /// Repeats a request until a waiter's state is reached, with the delay and the number of attempts in the waiter's definition. The
    /// waiter is named `BucketExists`, `bucket_exists` or `bucket-exists`.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let replay = Replay::new().respond(404, &[], "").respond(200, &[], "");
    /// # let client = Client::with_transport(config, replay)?;
    /// let bucket = serde_json::json!({"Bucket": "my-bucket"});
    /// let output = client.wait("s3", "BucketExists", bucket)?;
    /// assert_eq!(output.attempts, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the waiter is unknown, a request fails without a response of the service, or the state is
    /// not reached ([`WaitError`]).
    pub fn wait(&self, service: &str, waiter: &str, params: Value) -> Result<WaitOutput> {
        self.waiter(service, waiter, params)?.run()
    }

    /// Returns a builder for a wait, whose delays, attempts and timeout can be changed.
    ///
    /// ```
    /// use std::time::Duration;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], ""))?;
    /// let bucket = serde_json::json!({"Bucket": "my-bucket"});
    /// client.waiter("s3", "BucketExists", bucket)?.timeout(Duration::from_secs(60)).run()?;
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the service or the waiter is unknown.
    pub fn waiter(&self, service: &str, waiter: &str, params: Value) -> Result<Wait> {
        let found = self.waiter_definition(service, waiter);
        let (name, waiter) = found.map_err(|error| self.list_waiters(service, error))?;
        Ok(Wait::new(self.clone(), service, name, waiter, params))
    }

    /// Adds the names of the service's waiters to the error of an unknown one, unless it suggests similar names.
    fn list_waiters(&self, service: &str, mut error: Error) -> Error {
        let unknown = error.downcast_ref::<UnknownName>();
        if unknown.is_some_and(|unknown| unknown.what == "waiter" && unknown.nearest.is_empty())
            && let Ok(service) = self.all_services().service(service)
            && let Ok(waiters) = service.waiters()
        {
            let names: Vec<&str> = waiters.names().collect();
            error.set_hint(match names.is_empty() {
                true => "the service has no waiters".to_owned(),
                false => format!("the service has: {}", names.join(", ")),
            });
        }
        error
    }
}

impl<C: AnyClient> Wait<C> {
    fn new(client: C, service: &str, name: Box<str>, waiter: Waiter, params: Value) -> Self {
        Self {
            client,
            service: service.into(),
            name,
            waiter,
            params,
            settings: Settings::default(),
            on_progress: None,
            cancel: CancelToken::default(),
        }
    }

    /// Sets the delay between two requests. The default is that of the waiter's definition.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.settings.delay = Some(delay);
        self
    }

    /// Doubles the delay after each request up to `max_delay`, and sleeps for a random part of it. This spreads the
    /// load on the service where many programs wait.
    ///
    /// ```
    /// use std::time::Duration;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(404, &[], "").respond(200, &[], ""))?;
    /// let bucket = serde_json::json!({"Bucket": "my-bucket"});
    /// let wait = client.waiter("s3", "BucketExists", bucket)?;
    /// wait.delay(Duration::from_secs(1)).backoff(Duration::from_secs(30)).run()?;
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn backoff(mut self, max_delay: Duration) -> Self {
        self.settings.max_delay = Some(max_delay);
        self
    }

    /// Sets the maximum number of requests. The default is that of the waiter's definition.
    ///
    /// ```
    /// use tucuxi::{WaitError, WaitFailure};
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(404, &[], "").respond(200, &[], ""))?;
    /// let bucket = serde_json::json!({"Bucket": "my-bucket"});
    /// let wait = client.waiter("s3", "BucketExists", bucket)?.max_attempts(1);
    /// let error: WaitError = wait.run().unwrap_err().downcast()?;
    /// assert!(matches!(error.reason, WaitFailure::AttemptsUsed(_)));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = Some(attempts);
        self
    }

    /// Sets the time after which no further request is sent. Without it, only the number of attempts limits the wait.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tucuxi::{WaitError, WaitFailure};
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(404, &[], "").respond(200, &[], ""))?;
    /// let bucket = serde_json::json!({"Bucket": "my-bucket"});
    /// let wait = client.waiter("s3", "BucketExists", bucket)?.timeout(Duration::from_secs(1));
    /// let error: WaitError = wait.run().unwrap_err().downcast()?;
    /// assert!(matches!(error.reason, WaitFailure::Deadline)); // the next attempt would be too late
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// Calls `f` after each request that does not complete the wait.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(404, &[], "").respond(200, &[], ""))?;
    /// let bucket = serde_json::json!({"Bucket": "my-bucket"});
    /// let wait = client.waiter("s3", "BucketExists", bucket)?;
    /// let wait = wait.on_progress(|progress| println!("attempt {} of the wait", progress.attempts));
    /// assert_eq!(wait.run()?.attempts, 2);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn on_progress(mut self, f: impl FnMut(&Progress<'_>) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(f));
        self
    }

    /// Ends the wait with an error when the token is cancelled.
    ///
    /// ```
    /// use tucuxi::transport::CancelToken;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new())?;
    /// let (token, bucket) = (CancelToken::default(), serde_json::json!({"Bucket": "my-bucket"}));
    /// let wait = client.waiter("s3", "BucketExists", bucket)?.cancel_with(&token);
    /// token.cancel();
    /// assert!(wait.run().unwrap_err().is_cancelled());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Splits the wait into the request that it repeats, the machine that says what happens next, and the program's function.
    fn started(self) -> (Attempt<C>, WaitMachine, Option<Box<OnProgress>>) {
        let attempt = Attempt {
            client: self.client,
            service: self.service.clone(),
            operation: self.waiter.operation.clone(),
            params: self.params,
            cancel: self.cancel,
        };
        let (waiter, settings) = (self.waiter, self.settings);
        let machine =
            WaitMachine::new(&self.service, &self.name, waiter, &attempt.params, settings);
        (attempt, machine, self.on_progress)
    }
}

impl Wait {
    /// Repeats the request until the waiter's state is reached, and returns the last response.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`Client::wait`], or if the token of [`cancel_with`](Self::cancel_with) is cancelled.
    pub fn run(self) -> Result<WaitOutput> {
        let (attempt, mut machine, mut on_progress) = self.started();
        let mut event = Event::Start;
        loop {
            event = match machine.step(event, attempt.tick()) {
                Step::Call => {
                    let sent = attempt.request().send_buffered();
                    observed(sent)
                }
                Step::Done(result) => return result,
                Step::Sleep(pause) => {
                    pause.report(&mut on_progress);
                    let config = attempt.client.config();
                    config.pause(pause.delay, &attempt.cancel);
                    Event::Woke
                }
            };
        }
    }
}

/// The request that is repeated.
struct Attempt<C> {
    client: C,
    service: Box<str>,
    operation: String,
    params: Value,
    cancel: CancelToken,
}

impl<C: AnyClient> Attempt<C> {
    fn request(&self) -> RequestBuilder<C> {
        let request = RequestBuilder::new(&self.client, &self.service, &self.operation);
        let request = request.params(self.params.clone());
        request.purpose(Purpose::Wait).cancel_with(&self.cancel)
    }

    fn tick(&self) -> Tick {
        let config = self.client.shared().config();
        Tick {
            now: config.now(),
            random: config.jitter(),
        }
    }
}

/// What an attempt shows about the state that is waited for.
fn observed(sent: Result<Output>) -> Event {
    let observed = sent.and_then(|output| Ok((output.meta.status, output.to_tree()?)));
    match observed {
        Ok((status, tree)) => Event::Received(Observation {
            status,
            response: Ok(tree),
        }),
        Err(error) => match error.service_error().map(|service| service.status) {
            Some(status) => Event::Received(Observation {
                status,
                response: Err(error),
            }),
            None => Event::Failed(error),
        },
    }
}

impl Pause {
    /// Calls the program's function.
    fn report(&self, on_progress: &mut Option<Box<OnProgress>>) {
        if let Some(on_progress) = on_progress {
            let response = self.response.as_ref().map(|tree| tree.root().to_value());
            on_progress(&Progress {
                attempts: self.attempts,
                response: response.as_ref().map_err(|error| *error),
                delay: self.delay,
            });
        }
    }
}
