//! The seam between a model's text and the crate: everything that depends on the form in which a model is written.
//!
//! Each dialect is a folder with an implementation of [`Dialect`]: `c2j/` and `smithy/`.

use super::{Documentation, Notes, Operation, ServiceModel, Shape, ShapeId};

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

    /// Reads the documentation of the service as a whole.
    fn documentation(&self, model: &ServiceModel) -> Option<Documentation>;

    /// Returns one of the service's other data files, if the model contains it.
    fn file(&self, _model: &ServiceModel, _kind: &str) -> Result<Option<String>, String> {
        Ok(None)
    }
}
