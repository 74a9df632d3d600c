//! Null members in parameters that were serialized from a type of the program.

use serde_json::Value;

use crate::error::Result;
use crate::model::{Kind, ServiceModel, ShapeId};

/// Removes null members of structures and unions: an `Option` that is `None` is serialized as null. Nulls in documents, in sparse
/// lists and maps, and in members that the model does not have are kept.
pub(crate) fn drop_null_members(
    model: &ServiceModel,
    shape: ShapeId,
    value: &mut Value,
) -> Result<()> {
    match (&model.shape(shape)?.kind, value) {
        (Kind::Structure(members) | Kind::Union(members), Value::Object(given)) => {
            given.retain(|name, value| !(value.is_null() && members.get(name).is_some()));
            for (name, value) in given {
                if let Some(member) = members.get(name) {
                    drop_null_members(model, member.target, value)?;
                }
            }
        }
        (Kind::List(member), Value::Array(items)) => {
            for item in items {
                drop_null_members(model, member.target, item)?;
            }
        }
        (Kind::Map { value: member, .. }, Value::Object(entries)) => {
            for value in entries.values_mut() {
                drop_null_members(model, member.target, value)?;
            }
        }
        _ => {}
    }
    Ok(())
}
