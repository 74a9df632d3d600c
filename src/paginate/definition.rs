//! The paginator of an operation, with the part of the model that its tokens and page sizes depend on.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{error, page};
use crate::attribute_value::Form;
use crate::custom::AttributeValues;
use crate::error::Result;
use crate::model::{Kind, Paginator, ServiceModel, Shape, ShapeId};

pub(crate) struct Definition {
    pub(crate) paginator: Paginator,
    /// The model and the input of the operation, if it has one.
    pub(crate) input: Option<(Arc<ServiceModel>, ShapeId)>,
    /// Whether the client's `AttributeValue`s are plain. Those in the text of a token never are.
    pub(crate) plain: bool,
}

impl Definition {
    /// Returns the parameter that limits the size of a page, with `size` in its own type.
    pub(super) fn limit(&self, size: u64) -> Result<(String, Value)> {
        let key = self.paginator.limit_key.as_deref();
        let key = key.ok_or_else(|| error("the operation has no parameter for the page size"))?;
        let is_text = match self.member(key)? {
            Some(shape) => matches!(shape.kind, Kind::String),
            None => false,
        };
        let value = match is_text {
            true => size.to_string().into(),
            false => size.into(),
        };
        Ok((key.to_owned(), value))
    }

    fn member(&self, name: &str) -> Result<Option<&Shape>> {
        let Some((model, input)) = &self.input else {
            return Ok(None);
        };
        match model
            .shape(*input)?
            .members()
            .and_then(|members| members.get(name))
        {
            Some(member) => Ok(Some(model.shape(member.target)?)),
            None => Ok(None),
        }
    }

    /// Converts the `AttributeValue`s of tokens between the client's form and that of a token's text.
    pub(super) fn convert(&self, tokens: &mut Map<String, Value>, to: Form) -> Result<()> {
        let Some((model, input)) = self.input.as_ref().filter(|_| self.plain) else {
            return Ok(());
        };
        let Some(values) = AttributeValues::new(model) else {
            return Ok(());
        };
        let mut all = Value::Object(std::mem::take(tokens));
        let faults = values.convert(*input, &mut all, to)?;
        if let Value::Object(all) = all {
            *tokens = all;
        }
        match faults.first() {
            None => Ok(()),
            Some(fault) => Err(error(format!("token: {}: {}", fault.path, fault.reason))),
        }
    }

    /// Returns the paths of all blobs in tokens.
    pub(super) fn blobs(&self, tokens: &Map<String, Value>) -> Vec<Value> {
        let mut found = Vec::new();
        if let Some((model, input)) = &self.input
            && let Ok(shape) = model.shape(*input)
        {
            let tokens = Value::Object(tokens.clone());
            page::find_blobs(model, shape, &tokens, &mut Vec::new(), &mut found);
        }
        found
    }
}
