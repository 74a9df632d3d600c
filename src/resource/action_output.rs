//! Results of actions.

use serde_json::Value;

use super::Resource;
use super::error::ResourceError;
use crate::error::Result;

/// The result of [`Resource::action`]: resources, if the definition creates some from the response, otherwise the response. If
/// the response contains no resources, the result is an empty list, or an empty value of the type in their place.
///
/// ```
/// use serde_json::json;
/// use tucuxi::resource::ActionOutput;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[], "{}"))?;
/// let queue = client.resource("sqs")?.sub("Queue", "https://sqs/1/orders")?;
/// match queue.action("receive_messages", json!({}))? {
///     ActionOutput::Resources(messages) => println!("{} messages", messages.len()),
///     other => println!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ActionOutput {
    /// One resource.
    Resource(Resource),
    /// Any number of resources.
    Resources(Vec<Resource>),
    /// The response, or a part of it.
    Value(Value),
}

impl ActionOutput {
    /// Returns the value.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"MessageId": "1"}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let queue = client.resource("sqs")?.sub("Queue", "https://sqs/1/orders")?;
    /// let sent = queue.action("send_message", json!({"MessageBody": "hello"}))?.value()?;
    /// assert_eq!(sent["MessageId"], "1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the result is one or more resources.
    pub fn value(self) -> Result<Value> {
        match self {
            Self::Value(value) => Ok(value),
            other => Err(other.expected("a value")),
        }
    }

    /// Returns the resource.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"QueueUrl": "https://sqs/1/orders"}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let created = client.resource("sqs")?.action("create_queue", json!({"QueueName": "orders"}))?;
    /// assert_eq!(created.resource()?.identifier("url")?, "https://sqs/1/orders");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the result is a list or a value.
    pub fn resource(self) -> Result<Resource> {
        match self {
            Self::Resource(resource) => Ok(resource),
            other => Err(other.expected("one resource")),
        }
    }

    /// Returns the resources, of which there may be one or none.
    ///
    /// ```
    /// use serde_json::json;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[], r#"{"Messages": [{"MessageId": "1", "ReceiptHandle": "r", "Body": "hello"}]}"#);
    /// # let client = Client::with_transport(config, replay)?;
    /// let queue = client.resource("sqs")?.sub("Queue", "https://sqs/1/orders")?;
    /// for message in queue.action("receive_messages", json!({}))?.resources()? {
    ///     assert_eq!(message.attribute("body")?, "hello");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the result is a value.
    pub fn resources(self) -> Result<Vec<Resource>> {
        match self {
            Self::Resource(resource) => Ok(vec![resource]),
            Self::Resources(resources) => Ok(resources),
            other => Err(other.expected("resources")),
        }
    }

    fn expected(&self, expected: &'static str) -> crate::error::Error {
        let found = match self {
            Self::Resource(_) => "one resource",
            Self::Resources(_) => "a list of resources",
            Self::Value(_) => "a value",
        };
        ResourceError::UnexpectedOutput { found, expected }.into()
    }
}
