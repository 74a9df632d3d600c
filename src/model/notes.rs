//! What a model says about operations and shapes beside what calls need.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use super::{Documentation, ServiceModel, ShapeId};
use crate::error::Result;

/// What a model says about an operation or a shape for people and tools. Calls need none of it, so it is read from the model's text when
/// it is requested. The embedded models have no documentation.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("kms")?;
/// let shape = model.shape_id("AliasNameType").expect("KMS has this shape");
/// assert_eq!(model.shape_notes(shape).pattern.as_deref(), Some("^[a-zA-Z0-9:/_-]+$"));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Notes {
    /// The documentation.
    pub documentation: Option<Documentation>,
    /// Whether the operation or shape is deprecated.
    pub deprecated: bool,
    /// The regular expression that a string matches. The service checks it.
    pub pattern: Option<String>,
    /// Notes on members, by name, if the model has any.
    pub members: BTreeMap<String, MemberNotes>,
    /// The exact form of [`Shape::min`](super::Shape::min).
    pub(super) min: Option<Number>,
    /// The exact form of [`Shape::max`](super::Shape::max).
    pub(super) max: Option<Number>,
}

/// What a model says about a member for people and tools.
///
/// ```
/// use tucuxi::model::ServiceModel;
///
/// let model = ServiceModel::parse("tower", r#"{
///     "metadata": {"protocol": "json"},
///     "operations": {},
///     "shapes": {
///         "Ring": {"type": "structure", "members": {"Bell": {"shape": "Text", "documentation": "<p>The bell.</p>"}}},
///         "Text": {"type": "string"}
///     }
/// }"#)?;
/// let notes = model.shape_notes(model.shape_id("Ring").expect("the model has this shape"));
/// assert_eq!(notes.members["Bell"].documentation.as_ref().unwrap().to_string(), "The bell.");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MemberNotes {
    /// The documentation.
    pub documentation: Option<Documentation>,
    /// Whether the member is deprecated.
    pub deprecated: bool,
    /// The value that the service assumes if the member is missing. Only Smithy's models have it.
    pub default: Option<Value>,
}

impl ServiceModel {
    /// Reads the documentation of the service as a whole.
    ///
    /// ```
    /// use tucuxi::model::ServiceModel;
    ///
    /// let text = r#"{"metadata": {"protocol": "json"}, "operations": {}, "shapes": {}, "documentation": "<p>A tower.</p>"}"#;
    /// let documentation = ServiceModel::parse("tower", text)?.documentation();
    /// assert_eq!(documentation.unwrap().to_string(), "A tower.");
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn documentation(&self) -> Option<Documentation> {
        self.dialect.documentation(self)
    }

    /// Reads the notes on an operation.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// assert!(client.model("s3")?.operation_notes("ListObjects")?.documentation.is_none()); // not embedded
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation.
    pub fn operation_notes(&self, operation: &str) -> Result<Notes> {
        let index = self.operation_index(operation)?;
        let (_, text) = self.operations.entry(index).map_err(|e| self.failed(&e))?;
        Ok(self.dialect.notes(text))
    }

    /// The names of all operations, each with its documentation.
    pub(crate) fn documented(&self) -> impl Iterator<Item = (&str, Option<Documentation>)> {
        let is_documented = self.summary.is_none_or(|summary| summary.documented);
        let names = (!is_documented).then(|| self.operation_names().map(|name| (name, None)));
        let all = is_documented.then(|| self.operations.all());
        let documented = all.into_iter().flatten().map(|(name, text)| {
            // most models have none, and then nothing is parsed
            let is_documented = text.contains("documentation");
            let notes = is_documented.then(|| self.dialect.notes(text));
            (name, notes.and_then(|notes| notes.documentation))
        });
        names.into_iter().flatten().chain(documented)
    }

    /// Reads the notes on a shape and its members.
    pub fn shape_notes(&self, id: ShapeId) -> Notes {
        (self.shape_text(id)).map_or_else(|_| Notes::default(), |text| self.dialect.notes(text))
    }
}
