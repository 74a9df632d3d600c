//! Templates of CloudFormation, in YAML or JSON.

use std::path::Path;

use crate::failure::Failure;
use crate::yaml::{Dialect, Yaml, parse};

/// Reads the file of a template, which must exist.
pub(super) fn read_text(path: &Path, shown: &str) -> Result<String, Failure> {
    if !path.is_file() {
        return Err(Failure::Other(
            format!("{shown} is no file: --template-file must name a template").into(),
        ));
    }
    std::fs::read_to_string(path).map_err(Failure::file(shown))
}

/// Parses a template. Functions are in their long form, in which JSON has them.
pub(super) fn parse_text(text: &str, shown: &str) -> Result<Yaml, Failure> {
    if let Ok(json) = serde_json::from_str(text) {
        return Ok(Yaml::from_json(json));
    }
    parse(text, Dialect::CloudFormation)
        .map_err(|error| Failure::Other(format!("{shown}: {error}").into()))
}
