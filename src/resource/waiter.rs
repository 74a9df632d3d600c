//! Waiters of resources.

use serde_json::{Value, json};

use super::{Category, Resource};
use crate::error::Result;
use crate::wait::{Wait, WaitOutput};

impl Resource {
    /// Runs a waiter, such as `exists` or `wait_until_exists`. Known attributes are kept: [`Resource::reload`] loads them anew.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(404, &[], "").respond(200, &[], ""))?;
    /// let bucket = client.resource("s3")?.sub("Bucket", "my-bucket")?;
    /// assert_eq!(bucket.wait("exists")?.attempts, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`Client::wait`](crate::Client::wait).
    pub fn wait(&self, waiter: &str) -> Result<WaitOutput> {
        self.waiter(waiter, json!({}))?.run()
    }

    /// Returns a wait to configure before it runs. The caller's parameters replace those that the resource provides.
    ///
    /// ```
    /// use serde_json::json;
    /// use std::time::Duration;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().respond(200, &[], ""))?;
    /// let object = client.resource("s3")?.sub("Object", ["my-bucket", "greeting"])?;
    /// object.waiter("exists", json!({"VersionId": "3HL4kqtJvjVBH40Nrjfkd"}))?.timeout(Duration::from_secs(60)).run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the waiter is unknown.
    pub fn waiter(&self, waiter: &str, params: Value) -> Result<Wait> {
        let key = &self.find(Category::Waiter, waiter)?.key;
        let found = self.definition().waiters.get(key);
        let found = found.ok_or_else(|| self.no_such(Category::Waiter, waiter))?;
        let params = self.params(&found.params, params)?;
        let client = self.client();
        client.waiter(self.service(), &found.waiter_name, params)
    }
}
