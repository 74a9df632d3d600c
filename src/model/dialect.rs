//! The seam between a model's text and the crate: everything that depends on the form in which a model is written.
//!
//! A second dialect, such as Smithy's JSON AST, is a folder beside `c2j/` with an implementation of [`Dialect`].

use std::collections::HashMap;

use serde_json::Value;

use super::c2j::C2j;
use super::{Operation, ServiceModel, Shape, ShapeId};
use crate::error::Result;

/// The form in which models are written. `text` is that of the whole model, of an operation or of a shape, as the index of the model
/// has it.
pub(super) trait Dialect: Sync {
    /// Indexes a model: reads its metadata, and finds its operations and shapes.
    fn parse(&'static self, name: &str, text: Box<str>) -> Result<ServiceModel>;

    /// Reads the service id alone.
    fn service_id(&self, text: &str) -> Result<String, String>;

    /// Parses an operation.
    fn operation(&self, model: &ServiceModel, name: &str, text: &str) -> Result<Operation, String>;

    /// Parses a shape, without requesting other parsed shapes of the model.
    fn shape(&self, model: &ServiceModel, id: ShapeId, text: &str) -> Result<Shape, String>;

    /// Whether an operation must discover its endpoint.
    fn requires_discovery(&self, operation: &str) -> bool;

    /// Reads the parts of an operation or a shape that only people need.
    fn notes(&self, text: &str) -> Notes;
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

/// The dialect of model files that are named `service-2`.
pub(super) const SERVICE_2: &dyn Dialect = &C2j;
