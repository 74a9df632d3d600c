//! Shapes whose values are documents, which the shorthand cannot express.

use tucuxi::model::{Kind, ServiceModel, ShapeId};

/// Whether a shape is a document, or a list or map of documents.
pub(super) fn holds(model: &ServiceModel, mut target: ShapeId) -> bool {
    // lists of lists that contain themselves do not end
    for _ in 0..8 {
        match model.shape(target).map(|shape| &shape.kind) {
            Ok(Kind::Document) => return true,
            Ok(Kind::List(item) | Kind::Map { value: item, .. }) => target = item.target,
            _ => return false,
        }
    }
    false
}
