//! Descriptions: the documentation, and the limits that the service checks and a call does not.

use super::Direction;
use crate::model::{Kind, Notes, Shape};

/// The description of a shape, if there is anything to say.
pub(super) fn described(shape: &Shape, notes: &Notes, direction: Direction) -> Option<String> {
    let documentation = notes.documentation.as_ref().map(ToString::to_string);
    let mut parts: Vec<String> = documentation.into_iter().collect();
    if direction == Direction::Input {
        parts.extend(limits(shape, notes));
        if matches!(shape.kind, Kind::Timestamp) {
            parts.push("A date and time as in RFC 3339, or seconds since 1970.".into());
        }
    }
    if shape.sensitive {
        parts.push("A secret.".into());
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// The limits as sentences.
fn limits(shape: &Shape, notes: &Notes) -> Vec<String> {
    let unit = match &shape.kind {
        Kind::Blob => " bytes",
        Kind::List(_) => " items",
        Kind::Map { .. } => " entries",
        Kind::String => " characters",
        _ => "",
    };
    let mut limits = Vec::new();
    // of the others, a call checks the minimum
    let min = (notes.min.as_ref()).filter(|min| min.as_u64() != Some(0));
    if let Some(min) = min.filter(|_| matches!(shape.kind, Kind::Blob | Kind::Map { .. })) {
        limits.push(format!("At least {min}{unit}."));
    }
    if let Some(max) = &notes.max {
        limits.push(format!("At most {max}{unit}."));
    }
    if let Some(pattern) = &notes.pattern {
        limits.push(format!("Matches {pattern}"));
    }
    limits
}
