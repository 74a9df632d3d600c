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

mod reader;

pub use self::reader::EventReader;
pub use crate::frame::{FrameError, HeaderValue, Message};
