//! The seam between a model's text and the crate: everything that depends on the form in which a model is written.
//!
//! A second dialect, such as Smithy's JSON AST, is a folder beside `c2j/` with an implementation of [`Dialect`].

use std::collections::HashMap;

use serde_json::Value;

use super::c2j::C2j;
use super::{Operation, ServiceModel, Shape, ShapeId};
use crate::error::Result;

/// The form in which models are written. The `text` of a function is that of the whole model, of one operation or of one shape.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index::Index;

    /// A dialect with one operation a line: name and HTTP method.
    struct Lines;

    impl Dialect for Lines {
        fn parse(&'static self, name: &str, text: Box<str>) -> Result<ServiceModel> {
            let metadata = r#"{"metadata": {"protocol": "rest-json"}}"#;
            let metadata = C2j.parse(name, metadata.into())?.metadata().clone();
            let operations: Vec<_> = text
                .lines()
                .filter_map(|line| line.split_once(' '))
                .collect();
            Ok(ServiceModel {
                name: name.into(),
                dialect: self,
                metadata,
                operations: Index::new(operations.into_iter(), &text),
                shapes: Index::new(std::iter::empty(), &text),
                text,
            })
        }

        fn service_id(&self, _: &str) -> Result<String, String> {
            Err("no service id".into())
        }

        fn operation(
            &self,
            model: &ServiceModel,
            name: &str,
            text: &str,
        ) -> Result<Operation, String> {
            let text = format!(r#"{{"http": {{"method": "{text}", "requestUri": "/"}}}}"#);
            C2j.operation(model, name, &text)
        }

        fn shape(&self, _: &ServiceModel, _: ShapeId, _: &str) -> Result<Shape, String> {
            Err("no shapes".into())
        }

        fn requires_discovery(&self, operation: &str) -> bool {
            operation == "HEAD"
        }

        fn notes(&self, text: &str) -> Notes {
            Notes {
                documentation: Some(format!("Sends a {text}.").into()),
                ..Notes::default()
            }
        }
    }

    #[test]
    fn another_dialect_can_be_added() {
        let model = Lines
            .parse("tower", "RingBell PUT\nLookOut GET\n".into())
            .unwrap();
        assert!(model.operation_names().eq(["RingBell", "LookOut"]));
        assert_eq!(model.operation("ring-bell").unwrap().method, "PUT");
        let described = model.describe("look_out").unwrap();
        assert_eq!(described["documentation"], "Sends a GET.");
        assert!(!model.requires_discovery());
    }
}
