//! What can be waited for.

use serde_json::{Value, json};

use super::{Category, Resource};
use crate::error::Result;
use crate::wait::{Wait, WaitOutput};

impl Resource {
    /// Waits until something is so. The name is taken as `exists` or `wait_until_exists`. Attributes stay as they are:
    /// [`Resource::reload`] asks for them.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().sleep(|_| ()).build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(404, &[], "").answer(200, &[], ""))?;
    /// let bucket = client.resource("s3")?.sub("Bucket", "my-bucket")?;
    /// assert_eq!(bucket.wait("exists")?.attempts, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Client::wait`](crate::Client::wait).
    pub fn wait(&self, waiter: &str) -> Result<WaitOutput> {
        self.waiter(waiter, json!({}))?.run()
    }

    /// A wait that can be set up before it begins. Parameters that are given replace those that the resource knows.
    ///
    /// ```
    /// use serde_json::json;
    /// use std::time::Duration;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let client = Client::with_transport(config, Replay::new().answer(200, &[], ""))?;
    /// let object = client.resource("s3")?.sub("Object", ["my-bucket", "greeting"])?;
    /// object.waiter("exists", json!({"VersionId": "3HL4kqtJvjVBH40Nrjfkd"}))?.timeout(Duration::from_secs(60)).run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no such waiter.
    pub fn waiter(&self, waiter: &str, params: Value) -> Result<Wait> {
        let key = &self.find(Category::Waiter, waiter)?.key;
        let found = self.definition().waiters.get(key);
        let found = found.ok_or_else(|| self.no_such(Category::Waiter, waiter))?;
        let params = self.params(&found.params, params)?;
        let client = self.client();
        client.waiter(self.service(), &found.waiter_name, params)
    }
}
