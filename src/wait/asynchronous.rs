//! Waits of the async client.

use serde_json::Value;

use super::{Event, Step, Wait, WaitOutput, observed};
use crate::client::AsyncClient;
use crate::error::Result;

impl AsyncClient {
    /// Waits until a waiter's condition holds, as [`Client::wait`](crate::Client::wait) does.
    ///
    /// ```
    /// # use tucuxi::{AsyncClient, Config, transport::Replay};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> tucuxi::Result<()> {
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Table": {"TableStatus": "ACTIVE"}}"#);
    /// # let client = AsyncClient::with_transport(config, replay)?;
    /// let table = serde_json::json!({"TableName": "orders"});
    /// client.wait("dynamodb", "TableExists", table).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Client::wait`](crate::Client::wait).
    pub async fn wait(&self, service: &str, waiter: &str, params: Value) -> Result<WaitOutput> {
        self.waiter(service, waiter, params).await?.run().await
    }

    /// Starts a wait with settings of its own, as [`Client::waiter`](crate::Client::waiter) does.
    ///
    /// # Errors
    ///
    /// Returns an error if the service or the waiter does not exist.
    pub async fn waiter(&self, service: &str, waiter: &str, params: Value) -> Result<Wait<Self>> {
        let (service, waiter) = (service.to_owned(), waiter.to_owned());
        // the definitions of waiters are in a file
        let wait = self.blocking(move |client| client.waiter(&service, &waiter, params));
        let Wait {
            service,
            name,
            waiter,
            params,
            ..
        } = wait.await?;
        Ok(Wait::new(self.clone(), &service, name, waiter, params))
    }
}

impl Wait<AsyncClient> {
    /// Sends requests until the condition holds, as the blocking `run` does.
    ///
    /// # Errors
    ///
    /// As [`Client::wait`](crate::Client::wait).
    pub async fn run(self) -> Result<WaitOutput> {
        let (attempt, mut machine, mut on_progress) = self.started();
        let mut event = Event::Start;
        loop {
            event = match machine.step(event, attempt.tick()) {
                Step::Call => observed(attempt.request().send_buffered().await),
                Step::Done(result) => return result,
                Step::Sleep(pause) => {
                    pause.report(&mut on_progress);
                    let client = &attempt.client;
                    client.pause(pause.delay, &attempt.cancel).await?;
                    Event::Woke
                }
            };
        }
    }
}
