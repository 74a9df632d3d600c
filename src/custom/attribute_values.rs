//! `AttributeValue`s as plain JSON, in the parameters and results of every operation of a service that has that shape.
//!
//! It is no line of the table, for it is off unless [`ConfigBuilder::plain_attribute_values`] switches it on. Of whom it is
//! the model tells: whoever has a shape of this name with just these members.
//!
//! [`ConfigBuilder::plain_attribute_values`]: crate::ConfigBuilder::plain_attribute_values

use serde_json::Value;

use super::shape_visitor::edit_shape;
use crate::attribute_value::{self, Fault, Form};
use crate::error::{Result, ServiceError};
use crate::interceptor::{CallContext, Interceptor};
use crate::model::{Kind, ServiceModel, ShapeId};
use crate::output::{Edit, Output};
use crate::params::{ParamError, ParamErrorKind, ParamErrors};

/// What a caller gives and gets is plain.
pub(crate) struct PlainAttributeValues;

impl Interceptor for PlainAttributeValues {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        let (Some(values), Some(input)) = (AttributeValues::of(call.model), call.operation.input)
        else {
            return Ok(());
        };
        let faults = values.convert(input, params, Form::Typed)?;
        match faults.is_empty() {
            true => Ok(()),
            false => Err(ParamErrors(faults.into_iter().map(of_param).collect()).into()),
        }
    }

    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {
        let Some(values) = AttributeValues::of(call.model) else {
            return;
        };
        match result {
            Ok(output) => {
                edit_shape(call, values.shape, Edit::Attribute, output);
            }
            Err(error) => {
                // the item that a condition did not hold for, say; one that cannot be plain stays
                if let Some(error) = error.downcast_mut::<ServiceError>()
                    && let Some(shape) = error.shape.as_deref()
                    && let Some(shape) = call.model.shape_id(shape)
                {
                    let mut plain = error.value.clone();
                    if let Ok(faults) = values.convert(shape, &mut plain, Form::Plain)
                        && faults.is_empty()
                    {
                        error.value = plain;
                    }
                }
            }
        }
    }
}

fn of_param(fault: Fault) -> ParamError {
    ParamError {
        path: fault.path,
        kind: ParamErrorKind::Unreadable {
            reason: fault.reason,
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
    /// Those of a service that has them.
    pub(crate) fn of(model: &'a ServiceModel) -> Option<Self> {
        let shape = model.shape_id("AttributeValue")?;
        let members = model.shape(shape).ok()?.members()?;
        let known = attribute_value::TYPES
            .iter()
            .filter(|name| members.get(name).is_some());
        let is_it = known.count() == members.len() && members.len() == attribute_value::TYPES.len();
        is_it.then_some(Self { model, shape })
    }

    /// Brings those in a value of this shape from one form to the other. Those that cannot be are told; they are null then.
    pub(crate) fn convert(&self, of: ShapeId, value: &mut Value, to: Form) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        self.walk(of, value, to, &mut faults)?;
        Ok(faults)
    }

    fn walk(
        &self,
        of: ShapeId,
        value: &mut Value,
        to: Form,
        faults: &mut Vec<Fault>,
    ) -> Result<()> {
        if of == self.shape {
            match to.of(value.take()) {
                Ok(converted) => *value = converted,
                Err(fault) => faults.push(fault),
            }
            return Ok(());
        }
        let mut below = |target, place: &dyn Fn(Fault) -> Fault, value: &mut Value| {
            let known = faults.len();
            self.walk(target, value, to, faults)?;
            let new = faults.split_off(known);
            faults.extend(new.into_iter().map(place));
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
                        // the checks tell of it
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
    fn a_shape_of_the_name_alone_is_not_enough() {
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
            let found = AttributeValues::of(&model).is_some();
            assert_eq!(found, expected, "{service}");
        }
    }
}
