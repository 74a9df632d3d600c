//! Plain `AttributeValue`s in parameters and results.
//!
//! Not part of the table: it is off unless [`ConfigBuilder::plain_attribute_values`] turns it on. It applies to every service
//! whose model has a shape of this name with exactly these members.
//!
//! [`ConfigBuilder::plain_attribute_values`]: crate::ConfigBuilder::plain_attribute_values

use serde_json::Value;

use super::shape_visitor::edit_shape;
use crate::attribute_value::{self, ConvertError, Form};
use crate::error::{Result, ServiceError};
use crate::interceptor::{CallContext, Interceptor};
use crate::model::{Kind, ServiceModel, ShapeId};
use crate::output::{Edit, Output};
use crate::params::{ParamError, ParamErrorKind, ParamErrors};

/// Converts the attribute values of parameters to the typed form, and those of results to the plain form.
pub(crate) struct PlainAttributeValues;

impl Interceptor for PlainAttributeValues {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        let (Some(values), Some(input)) = (AttributeValues::new(call.model), call.operation.input)
        else {
            return Ok(());
        };
        let errors = values.convert(input, params, Form::Typed)?;
        match errors.is_empty() {
            true => Ok(()),
            false => Err(ParamErrors(errors.into_iter().map(param_error).collect()).into()),
        }
    }

    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {
        let Some(values) = AttributeValues::new(call.model) else {
            return;
        };
        match result {
            Ok(output) => {
                edit_shape(call, values.shape, Edit::Attribute, output);
            }
            Err(error) => {
                // such as the item of a failed condition; a value that cannot be converted is kept
                if let Some(error) = error.downcast_mut::<ServiceError>()
                    && let Some(shape) = error.shape.as_deref()
                    && let Some(shape) = call.model.shape_id(shape)
                {
                    let mut plain = error.value.clone();
                    if let Ok(errors) = values.convert(shape, &mut plain, Form::Plain)
                        && errors.is_empty()
                    {
                        error.value = plain;
                    }
                }
            }
        }
    }
}

fn param_error(error: ConvertError) -> ParamError {
    ParamError {
        path: error.path,
        kind: ParamErrorKind::Unreadable {
            reason: error.reason,
        },
    }
}

/// The `AttributeValue`s of a service.
#[derive(Clone, Copy)]
pub(crate) struct AttributeValues<'a> {
    model: &'a ServiceModel,
    shape: ShapeId,
}

impl<'a> AttributeValues<'a> {
    /// Returns `None` if the service has no attribute values.
    pub(crate) fn new(model: &'a ServiceModel) -> Option<Self> {
        let shape = model.shape_id("AttributeValue")?;
        let members = model.shape(shape).ok()?.members()?;
        let names = members.iter().map(|member| &*member.name);
        attribute_value::has_all_types(names).then_some(Self { model, shape })
    }

    /// Converts the attribute values in a value of this shape to this form. Values that cannot be converted become null, and
    /// their errors are returned.
    pub(crate) fn convert(
        &self,
        of: ShapeId,
        value: &mut Value,
        to: Form,
    ) -> Result<Vec<ConvertError>> {
        let mut errors = Vec::new();
        self.walk(of, value, to, &mut errors)?;
        Ok(errors)
    }

    fn walk(
        &self,
        of: ShapeId,
        value: &mut Value,
        to: Form,
        errors: &mut Vec<ConvertError>,
    ) -> Result<()> {
        if of == self.shape {
            match to.convert(value.take()) {
                Ok(converted) => *value = converted,
                Err(error) => errors.push(error),
            }
            return Ok(());
        }
        type Locate<'l> = &'l dyn Fn(ConvertError) -> ConvertError;
        let mut below = |target, locate: Locate<'_>, value: &mut Value| {
            let known = errors.len();
            self.walk(target, value, to, errors)?;
            let new = errors.split_off(known);
            errors.extend(new.into_iter().map(locate));
            Ok(())
        };
        match (&self.model.shape(of)?.kind, value) {
            (Kind::List(member), Value::Array(items)) => {
                let mut items = items.iter_mut().enumerate();
                items.try_for_each(|(n, item)| below(member.target, &|f| f.in_item(n), item))
            }
            (Kind::Map { value: member, .. }, Value::Object(entries)) => {
                let mut entries = entries.iter_mut();
                entries.try_for_each(|(name, value)| {
                    below(member.target, &|f| f.in_member(name), value)
                })
            }
            (Kind::Structure(members) | Kind::Union(members), Value::Object(given)) => {
                given
                    .iter_mut()
                    .try_for_each(|(name, value)| match members.get(name) {
                        Some(member) => below(member.target, &|f| f.in_member(name), value),
                        // the validation of parameters reports it
                        None => Ok(()),
                    })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use super::*;
    use crate::transport::Replay;
    use crate::{Client, Config};

    #[test]
    fn a_shape_of_that_name_with_other_members_is_not_converted() {
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        let cases = [
            ("appconfig", false),
            ("ds-data", false),
            ("dynamodb", true),
            ("dynamodbstreams", true),
            ("ec2", false),
            ("gamelift", false),
            ("s3", false),
            ("verifiedpermissions", false),
        ];
        for (service, expected) in cases {
            let model = client.model(service).unwrap();
            let found = AttributeValues::new(&model).is_some();
            assert_eq!(found, expected, "{service}");
        }
    }
}
