//! What an action gives.

use serde_json::Value;

use super::Resource;
use super::error::ResourceError;
use crate::error::Result;

/// What an action gives: resources, where its definition makes some of the answer, else the answer itself. Where an answer
/// has none of the resources that it may have, there is an empty list, or an empty value of the kind that stands in their
/// place.
///
/// ```
/// use serde_json::json;
/// use tucuxi::resource::Outcome;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let client = Client::with_transport(config, Replay::new().answer(200, &[], "{}"))?;
/// let queue = client.resource("sqs")?.sub("Queue", "https://sqs/1/orders")?;
/// match queue.action("receive_messages", json!({}))? {
///     Outcome::Resources(messages) => println!("{} messages", messages.len()),
///     other => println!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// One resource.
    Resource(Resource),
    /// Any number of them.
    Resources(Vec<Resource>),
    /// The answer, or a part of it.
    Value(Value),
}

impl Outcome {
    /// The answer.
    ///
    /// # Errors
    ///
    /// It is resources.
    pub fn value(self) -> Result<Value> {
        match self {
            Self::Value(value) => Ok(value),
            other => Err(other.is_no("a value")),
        }
    }

    /// The resource.
    ///
    /// # Errors
    ///
    /// It is another number of them, or a value.
    pub fn resource(self) -> Result<Resource> {
        match self {
            Self::Resource(resource) => Ok(resource),
            other => Err(other.is_no("one resource")),
        }
    }

    /// The resources, be it one or none.
    ///
    /// # Errors
    ///
    /// It is a value.
    pub fn resources(self) -> Result<Vec<Resource>> {
        match self {
            Self::Resource(resource) => Ok(vec![resource]),
            Self::Resources(resources) => Ok(resources),
            other => Err(other.is_no("resources")),
        }
    }

    fn is_no(&self, wanted: &'static str) -> crate::error::Error {
        let given = match self {
            Self::Resource(_) => "one resource",
            Self::Resources(_) => "a list of resources",
            Self::Value(_) => "a value",
        };
        ResourceError::OtherOutcome { given, wanted }.into()
    }
}
