//! `--cli-input-json` and `--cli-input-yaml`: all parameters in one document.

use serde_json::Value;

use super::custom::Params;
use super::options::Document;
use super::value::parse_json;

/// Parses a document of parameters.
///
/// # Errors
///
/// Returns a message if the text is invalid, or is no object.
pub(super) fn parse(form: Document, text: &str) -> Result<Params, String> {
    let value = match form {
        Document::Json => parse_json(text)?,
        Document::Yaml => serde_saphyr::from_str(text).map_err(|e| format!("invalid YAML: {e}"))?,
    };
    match value {
        Value::Object(params) => Ok(params),
        _ => Err("the document must be an object with the names of the parameters".into()),
    }
}
