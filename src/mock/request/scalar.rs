//! Scalars that came as text.

use serde::de::Deserializer as _;
use serde_json::Value;

use crate::codec::scalar::ScalarText;
use crate::codec::sink::ToValue;
use crate::model::Kind;

/// The value of a text; the text itself if it does not fit.
pub(super) fn value(kind: &Kind, text: &str) -> Value {
    let read = ScalarText {
        text: text.into(),
        kind,
    };
    read.deserialize_any(ToValue)
        .unwrap_or_else(|_| text.into())
}
