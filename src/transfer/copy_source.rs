//! The source of a copy.

use serde_json::{Value, json};

use super::object_ref::ObjectRef;
use crate::client::Client;

/// The object to copy.
///
/// ```
/// use tucuxi::transfer::CopySource;
/// let source = CopySource::new("bucket", "key").version("v1");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a source does nothing until it is copied"]
pub struct CopySource {
    pub(super) object: ObjectRef,
    pub(super) version: Option<String>,
    pub(super) client: Option<Client>,
}

impl CopySource {
    /// Creates a source from a bucket and a key.
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        ObjectRef::new(bucket, key).into()
    }

    /// Sets the version of the object.
    ///
    /// ```
    /// use tucuxi::transfer::CopySource;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("content-length", "4")], "");
    /// # let client = Client::with_transport(config, replay.respond(200, &[], r#"<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>"#))?;
    /// let source = CopySource::new("river", "fish.txt").version("3HL4kqtJvjVBH40Nrjfkd");
    /// client.transfer().copy(source, "sea", "fish.txt").run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn version(mut self, id: impl Into<String>) -> Self {
        self.version = Some(id.into());
        self
    }

    /// Sets the client that reads the object's metadata, if the object is in another region or account.
    pub fn client(mut self, client: &Client) -> Self {
        self.client = Some(client.clone());
        self
    }

    /// Returns the parameter `CopySource`, or the parameters of an operation on the source.
    pub(super) fn params(&self) -> Value {
        let mut params = self.object.params(json!({}));
        if let Some(version) = &self.version {
            params["VersionId"] = version.as_str().into();
        }
        params
    }
}

impl From<ObjectRef> for CopySource {
    fn from(object: ObjectRef) -> Self {
        Self {
            object,
            version: None,
            client: None,
        }
    }
}

impl<B: Into<String>, K: Into<String>> From<(B, K)> for CopySource {
    fn from((bucket, key): (B, K)) -> Self {
        Self::new(bucket, key)
    }
}
