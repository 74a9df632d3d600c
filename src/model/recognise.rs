//! Recognising the dialect of a model.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{ServiceModel, c2j, smithy};
use crate::error;

/// Reads a model in either dialect.
pub(super) fn parse(name: &str, text: String) -> error::Result<ServiceModel> {
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
