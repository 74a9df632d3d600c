//! Examples of calls, from `examples-1`.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Documentation;
use crate::error::{Error, Result};

/// An example of a call: parameters, and what the service returns.
///
/// ```
/// use tucuxi::model::Example;
///
/// let text = r#"[{"title": "To ring a bell", "input": {"Bell": "Great Tom"}, "output": {"Strokes": 101}}]"#;
/// let examples = Example::parse("RingBell", text)?;
/// assert_eq!(examples[0].input["Bell"], "Great Tom");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Example {
    /// The title.
    #[serde(default)]
    pub title: String,
    /// What the example shows.
    #[serde(default, rename = "description", deserialize_with = "documentation")]
    pub documentation: Option<Documentation>,
    /// The parameters.
    #[serde(default = "no_members")]
    pub input: Value,
    /// The result, if the call succeeds and has one.
    #[serde(default)]
    pub output: Option<Value>,
    /// The error, if the call fails. Only Smithy's models have it.
    #[serde(default)]
    pub error: Option<ExampleError>,
}

/// The error of an example.
///
/// ```
/// use tucuxi::model::Example;
///
/// let text = r#"[{"title": "No bell", "error": {"shape": "NoSuchBell", "content": {"message": "It cracked."}}}]"#;
/// let error = Example::parse("RingBell", text)?.remove(0).error.unwrap();
/// assert_eq!((&*error.shape, &error.content["message"]), ("NoSuchBell", &"It cracked.".into()));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ExampleError {
    /// The name of the error's shape.
    pub shape: String,
    /// The members.
    #[serde(default = "no_members")]
    pub content: Value,
}

impl Example {
    /// Parses an entry of the file: the examples of an operation.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a list of examples.
    pub fn parse(operation: &str, text: &str) -> Result<Vec<Self>> {
        serde_json::from_str(text)
            .map_err(|e| Error::model(format!("examples of {operation}: {e}")))
    }
}

fn no_members() -> Value {
    Map::new().into()
}

fn documentation<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Documentation>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()).map(Documentation::new))
}
