//! The C2J dialect: `service-2.json`, the form in which botocore has models.
//!
//! Traits on a reference override those of the shape that it refers to. Only the text of that shape is read here: parsing one shape
//! never requests another parsed shape. For a recursive shape, that would be a request for the shape that is being parsed.

mod member;
mod metadata;
mod notes;
mod operation;
mod shape;

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::metadata::{RawContextParam, RawMetadata};
use super::blocks::Blocks;
use super::dialect::Dialect;
use super::index::Index;
use super::operation::Operation;
use super::ordered::Ordered;
use super::parts::Discovery;
use super::shape::Shape;
use super::text::Text;
use super::{Documentation, Metadata, Notes, ServiceModel, ShapeId};
use crate::error::{Error, Result};

struct C2j;

/// Reads a model: its metadata, and an index of its operations and shapes.
pub(super) fn parse(name: &str, text: String) -> Result<ServiceModel> {
    let invalid = |e: &dyn fmt::Display| Error::model(format!("{name}: {e}"));
    if u32::try_from(text.len()).is_err() {
        return Err(invalid(&"the model is larger than 4 GiB"));
    }
    let text: Arc<str> = text.into();
    let parts = scan(&text).map_err(|e| invalid(&e))?;
    Ok(ServiceModel {
        name: name.into(),
        dialect: Arc::new(C2j),
        metadata: parts.metadata().map_err(|e| invalid(&e))?,
        operations: Index::new(parts.operations.into_iter(), &text).map_err(|e| invalid(&e))?,
        shapes: Index::new(parts.shapes.into_iter(), &text).map_err(|e| invalid(&e))?,
        text,
        summary: None,
    })
}

/// Reads a model in blocks. None of them is read.
pub(super) fn read(name: &str, blocks: &Blocks) -> Result<ServiceModel> {
    let invalid = |e: &dyn fmt::Display| Error::model(format!("{name}: {e}"));
    let front = blocks.front().map_err(|e| invalid(&e))?;
    let parts = scan(front.head).map_err(|e| invalid(&e))?;
    let (operations, shapes) = (front.operations.firsts, front.shapes.firsts);
    let readers = [0, operations.len()].map(|first| blocks.reader(first));
    let [read_operations, read_shapes] = readers;
    let operations = Index::in_blocks(operations.into_iter(), read_operations, Some(front.names));
    let shapes = Index::in_blocks(shapes.into_iter(), read_shapes, None);
    Ok(ServiceModel {
        name: name.into(),
        dialect: Arc::new(C2j),
        metadata: parts.metadata().map_err(|e| invalid(&e))?,
        operations: operations.map_err(|e| invalid(&e))?,
        shapes: shapes.map_err(|e| invalid(&e))?,
        text: front.head.into(),
        summary: Some(front.summary),
    })
}

/// The parts of a model, as they are in its text.
pub(super) struct Parts<'t> {
    metadata: &'t str,
    /// The JSON of the parameters, if there are any.
    params: Option<&'t str>,
    pub(super) operations: Vec<(&'t str, &'t str)>,
    pub(super) shapes: Vec<(&'t str, &'t str)>,
}

/// Finds the parts of a model.
pub(super) fn scan(text: &str) -> Result<Parts<'_>, serde_json::Error> {
    let top: Top<'_> = serde_json::from_str(text)?;
    Ok(Parts {
        metadata: top.metadata.get(),
        params: top.client_context_params.map(RawValue::get),
        operations: top.operations.texts().collect(),
        shapes: top.shapes.texts().collect(),
    })
}

impl Parts<'_> {
    fn metadata(&self) -> Result<Metadata, String> {
        let metadata: RawMetadata<'_> =
            serde_json::from_str(self.metadata).map_err(|e| e.to_string())?;
        let params: Option<Ordered<Text<'_>, RawContextParam<'_>>> = self
            .params
            .map(serde_json::from_str)
            .transpose()
            .map_err(|e| e.to_string())?;
        let params = params.into_iter().flat_map(|params| params.0);
        let params = params.map(|(name, param)| (name.into(), param.kind.into()));
        Ok(Metadata {
            client_context_params: params.collect(),
            ..metadata.resolve()?
        })
    }
}

/// Reads the service id of a model alone.
pub(super) fn service_id(text: &str) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Top {
        metadata: Ids,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Ids {
        service_id: String,
    }
    let top: Top = serde_json::from_str(text).map_err(|e| e.to_string())?;
    Ok(top.metadata.service_id)
}

impl Dialect for C2j {
    fn operation(&self, model: &ServiceModel, name: &str, text: &str) -> Result<Operation, String> {
        operation::parse(model, name, text)
    }

    fn shape(&self, model: &ServiceModel, id: ShapeId, text: &str) -> Result<Shape, String> {
        shape::parse(model, id, text)
    }

    /// The operations stay unparsed.
    fn requires_discovery(&self, operation: &str) -> bool {
        #[derive(Deserialize)]
        struct Part {
            endpointdiscovery: Option<Discovery>,
        }
        if !operation.contains("endpointdiscovery") {
            return false;
        }
        let part: Option<Part> = serde_json::from_str(operation).ok();
        let discovery = part.and_then(|part| part.endpointdiscovery);
        discovery.is_some_and(|discovery| discovery.required)
    }

    fn notes(&self, text: &str) -> Notes {
        notes::read(text)
    }

    /// The service has it at the top of its model, as an operation or a shape has it.
    fn documentation(&self, model: &ServiceModel) -> Option<Documentation> {
        notes::read(&model.text).documentation
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Top<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
    #[serde(borrow, default)]
    operations: Ordered<&'a str, &'a RawValue>,
    #[serde(borrow, default)]
    shapes: Ordered<&'a str, &'a RawValue>,
    #[serde(borrow, default)]
    client_context_params: Option<&'a RawValue>,
}
