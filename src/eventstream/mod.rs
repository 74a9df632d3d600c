//! Event streams: responses that consist of a sequence of messages.
//!
//! ```text
//! body ──► Message ──► event      → {"Records": {…}}       an object with one member
//!                 ├──► exception  → ServiceError           the stream ends
//!                 └──► error      → ServiceError           the stream ends
//! ```
//!
//! ```no_run
//! use serde_json::json;
//!
//! let client = tucuxi::Client::new()?;
//! let query = json!({"Bucket": "b", "Key": "k", "Expression": "select * from s3object", "ExpressionType": "SQL",
//!     "InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}}});
//! let output = client.request("s3", "SelectObjectContent").params(query).send()?;
//! for event in output.events.into_iter().flatten() {
//!     println!("{}", event?);
//! }
//! # Ok::<(), tucuxi::Error>(())
//! ```
//!
//! Requests consist of events too where the model says so. With HTTP/2 both directions are open at once, which the async client
//! can do (feature `async`): see [`RequestBuilder::events`](crate::RequestBuilder::events).
//!
//! ```text
//! {"AudioEvent": {…}} ──► Message ──► Message, with the signature of the message before ──► body
//! ```

mod encoder;
mod input;
mod reader;
#[cfg(feature = "async")]
mod sender;

pub(crate) use self::encoder::EventEncoder;
pub(crate) use self::input::{EventInput, EventLink, OpenStream, SignFrames};
pub use self::reader::EventReader;
#[cfg(feature = "async")]
pub use self::sender::{EventSender, Events, StreamEnded, channel};
pub use crate::frame::{FrameError, HeaderValue, Message};
