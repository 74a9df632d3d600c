//! The C2J dialect: `service-2.json`, the form in which botocore has models.
//!
//! Traits on a reference override those of the shape that it refers to. Only the text of that shape is read here: parsing one shape
//! never requests another parsed shape. For a recursive shape, that would be a request for the shape that is being parsed.

mod member;
mod metadata;
mod notes;
mod operation;
mod outline;
mod shape;

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::metadata::{RawContextParam, RawMetadata};
use self::outline::Parts;
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

/// Reads a model: its metadata, and an index of its operations and shapes. With the outline of the text, this does not read the rest.
pub(super) fn parse(name: &str, text: String, outline: Option<&str>) -> Result<ServiceModel> {
    let invalid = |e: &dyn fmt::Display| Error::model(format!("{name}: {e}"));
    if u32::try_from(text.len()).is_err() {
        return Err(invalid(&"the model is larger than 4 GiB"));
    }
    let text = text.into_boxed_str();
    let parts = match outline.and_then(|outline| Parts::find(&text, outline)) {
        Some(parts) => parts,
        None => scan(&text).map_err(|e| invalid(&e))?,
    };
    let metadata: RawMetadata<'_> =
        serde_json::from_str(parts.metadata).map_err(|e| invalid(&e))?;
    let params: Option<Ordered<Text<'_>, RawContextParam<'_>>> = parts
        .params
        .map(serde_json::from_str)
        .transpose()
        .map_err(|e| invalid(&e))?;
    let params = params.into_iter().flat_map(|params| params.0);
    let params = params.map(|(name, param)| (name.into(), param.kind.into()));
    let metadata = Metadata {
        client_context_params: params.collect(),
        ..metadata.resolve().map_err(|e| invalid(&e))?
    };
    Ok(ServiceModel {
        name: name.into(),
        dialect: Box::new(C2j),
        metadata,
        operations: Index::new(parts.operations.into_iter(), &text),
        shapes: Index::new(parts.shapes.into_iter(), &text),
        text,
    })
}

/// Finds the parts of a model.
fn scan(text: &str) -> Result<Parts<'_>, serde_json::Error> {
    let top: Top<'_> = serde_json::from_str(text)?;
    Ok(Parts {
        metadata: top.metadata.get(),
        params: top.client_context_params.map(RawValue::get),
        operations: top.operations.texts().collect(),
        shapes: top.shapes.texts().collect(),
    })
}

/// Returns the outline of a model, if it is in the form of the pack: without white space.
#[cfg(feature = "cli")]
pub(super) fn outline(text: &str) -> Option<String> {
    scan(text).ok()?.outline(text)
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
