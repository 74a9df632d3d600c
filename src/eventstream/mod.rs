//! Event streams: answers that come message by message.
//!
//! ```text
//! body ──► Message ──► event      → {"Records": {…}}       one object of one member each
//!                 ├──► exception  → Error::Service         the stream ends
//!                 └──► error      → Error::Service         the stream ends
//! ```

mod frame;
mod reader;

pub use self::frame::{FrameError, HeaderValue, Message};
pub use self::reader::EventReader;
