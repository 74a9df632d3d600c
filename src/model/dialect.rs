//! The seam between a model's text and the crate: everything that depends on the form in which a model is written.
//!
//! Each dialect is a folder with an implementation of [`Dialect`]: `c2j/` and `smithy/`.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Operation, ServiceModel, Shape, ShapeId, c2j, smithy};
use crate::error::Result;

/// The form in which a model is written. The `text` of a function is that of one operation or of one shape.
pub(super) trait Dialect: Send + Sync {
    /// Parses an operation.
    fn operation(&self, model: &ServiceModel, name: &str, text: &str) -> Result<Operation, String>;

    /// Parses a shape, without requesting other parsed shapes of the model.
    fn shape(&self, model: &ServiceModel, id: ShapeId, text: &str) -> Result<Shape, String>;

    /// Whether an operation must discover its endpoint.
    fn requires_discovery(&self, operation: &str) -> bool;

    /// Reads the parts of an operation or a shape that only people need.
    fn notes(&self, text: &str) -> Notes;

    /// Returns one of the service's other data files, if the model contains it.
    fn file(&self, _model: &ServiceModel, _kind: &str) -> Result<Option<String>, String> {
        Ok(None)
    }
}

/// The parts of an operation or a shape that only people need.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) documentation: Option<Value>,
    pub(super) pattern: Option<Value>,
    pub(super) min: Option<Value>,
    pub(super) max: Option<Value>,
    /// The documentation of members, by name.
    pub(super) members: HashMap<String, Value>,
}

/// Reads a model in either dialect.
pub(super) fn parse(name: &str, text: String) -> Result<ServiceModel> {
    match is_smithy(&text) {
        true => smithy::parse(name, text),
        false => c2j::parse(name, text),
    }
}

/// Reads the service id of a model alone.
pub(super) fn service_id(text: &str) -> Result<String, String> {
    match is_smithy(text) {
        true => smithy::service_id(text),
        false => c2j::service_id(text),
    }
}

/// Whether a model is in Smithy's JSON AST, whose version is its first member in nearly all files.
fn is_smithy(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Top {
        smithy: Option<IgnoredAny>,
    }
    let first = text.trim_start().strip_prefix('{').map(str::trim_start);
    let is_first = |name: &str| first.is_some_and(|text| text.starts_with(name));
    if is_first("\"smithy\"") {
        return true;
    }
    // these begin the models of botocore, and cannot begin a Smithy model
    if is_first("\"version\"") || is_first("\"operations\"") || !text.contains("\"smithy\"") {
        return false;
    }
    serde_json::from_str::<Top>(text).is_ok_and(|top| top.smithy.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialect_is_recognised() {
        for (text, expected) in [
            (r#"{"smithy": "2.0", "shapes": {}}"#, true),
            (" {\n \"shapes\": {}, \"smithy\" : \"2.0\"}", true),
            (r#"{"metadata": {"smithy": 1}, "smithy": "1.0"}"#, true),
            (r#"{"metadata": {"smithy": 1}}"#, false),
            (r#"{"version": "2.0", "metadata": {}}"#, false),
            ("", false),
            ("[]", false),
        ] {
            assert_eq!(is_smithy(text), expected, "{text}");
        }
    }
}
