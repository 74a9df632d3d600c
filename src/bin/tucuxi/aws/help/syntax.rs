//! The forms in which an option's value is written: its type, the shorthand and JSON.

use serde_json::{Map, Value};
use tucuxi::model::{Kind, Member, Members, ServiceModel, Shape, ShapeId};

use super::super::documents;

/// How deep structures are spelled out.
const DEEPEST: usize = 8;
/// The longest list of values that replaces the name of a type in a form.
const LONGEST_VALUES: usize = 40;

/// The forms of the values of one model.
#[derive(Clone, Copy)]
pub(super) struct Syntax<'m> {
    pub(super) model: &'m ServiceModel,
}

impl<'m> Syntax<'m> {
    /// The name of a type for people.
    pub(super) fn type_name(self, target: ShapeId) -> String {
        let Some(shape) = self.shape(target) else {
            return "value".into();
        };
        match &shape.kind {
            Kind::List(item) => match self.shape(item.target).map(|shape| &shape.kind) {
                Some(Kind::List(_)) => "list of lists".into(),
                Some(kind) => format!("list of {}s", plain_name(kind)),
                None => "list".into(),
            },
            kind => plain_name(kind).into(),
        }
    }

    /// The shorthand of an option's value; `None` for one that has none, such as a document, and for plain scalars.
    pub(super) fn shorthand(self, target: ShapeId) -> Option<String> {
        if documents::holds(self.model, target) {
            return None;
        }
        let shape = self.shape(target)?;
        match &shape.kind {
            Kind::List(item) => {
                let each = self.shape(item.target)?;
                Some(match each.kind {
                    Kind::Structure(_) | Kind::Union(_) | Kind::Map { .. } => {
                        format!("{} ...", self.pairs(item.target, &mut Vec::new())?)
                    }
                    Kind::List(_) => return None,
                    _ => {
                        let scalar = scalar(each);
                        format!("{scalar} {scalar} ...")
                    }
                })
            }
            Kind::Structure(_) | Kind::Union(_) | Kind::Map { .. } => {
                self.pairs(target, &mut Vec::new())
            }
            _ => None,
        }
    }

    /// The members of a structure or map, as the shorthand has them.
    fn pairs(self, target: ShapeId, within: &mut Vec<ShapeId>) -> Option<String> {
        match &self.shape(target)?.kind {
            Kind::Structure(members) | Kind::Union(members) => {
                if within.contains(&target) || within.len() > DEEPEST {
                    return Some("...".into());
                }
                within.push(target);
                let pair = |member: &Member| {
                    let value = self.value(member.target, within)?;
                    Some(format!("{}={value}", member.name))
                };
                let pairs: Option<Vec<String>> = members.iter().map(pair).collect();
                within.pop();
                pairs.map(|pairs| pairs.join(","))
            }
            Kind::Map { value, .. } => {
                let value = self.value(value.target, within)?;
                Some(format!("KeyName1={value},KeyName2={value}"))
            }
            _ => None,
        }
    }

    /// A value within a structure.
    fn value(self, target: ShapeId, within: &mut Vec<ShapeId>) -> Option<String> {
        let shape = self.shape(target)?;
        Some(match &shape.kind {
            Kind::Document => return None,
            Kind::Structure(_) | Kind::Union(_) | Kind::Map { .. } => {
                format!("{{{}}}", self.pairs(target, within)?)
            }
            Kind::List(item) => {
                let each = self.value(item.target, within)?;
                match self.shape(item.target)?.kind {
                    Kind::Structure(_) | Kind::Union(_) | Kind::Map { .. } | Kind::List(_) => {
                        format!("[{each},...]")
                    }
                    _ => format!("{each},{each}"),
                }
            }
            _ => scalar(shape),
        })
    }

    /// The JSON of a value: names of types in place of scalars, and valid values separated by bars.
    pub(super) fn json(self, target: ShapeId) -> Value {
        self.json_within(target, &mut Vec::new())
    }

    fn json_within(self, target: ShapeId, within: &mut Vec<ShapeId>) -> Value {
        let Some(shape) = self.shape(target) else {
            return Value::Null;
        };
        match &shape.kind {
            Kind::Structure(_) | Kind::Union(_) | Kind::List(_) | Kind::Map { .. }
                if within.contains(&target) || within.len() > DEEPEST =>
            {
                "...".into()
            }
            Kind::Structure(members) | Kind::Union(members) => {
                within.push(target);
                let json = self.members(members, within);
                within.pop();
                json.into()
            }
            Kind::List(item) => {
                within.push(target);
                let item = self.json_within(item.target, within);
                within.pop();
                vec![item, "...".into()].into()
            }
            Kind::Map { key, value } => {
                let key = self.shape(key.target).map_or_else(|| "key".into(), scalar);
                within.push(target);
                let value = self.json_within(value.target, within);
                within.pop();
                Map::from_iter([(key, value), ("...".into(), "...".into())]).into()
            }
            _ => scalar(shape).into(),
        }
    }

    fn members(self, members: &Members, within: &mut Vec<ShapeId>) -> Map<String, Value> {
        let json = |member: &Member| {
            let value = self.json_within(member.target, within);
            (member.name.clone(), value)
        };
        members.iter().map(json).collect()
    }

    pub(super) fn shape(self, target: ShapeId) -> Option<&'m Shape> {
        self.model.shape(target).ok()
    }
}

/// A scalar in a form: its valid values if they are few, or else its type.
fn scalar(shape: &Shape) -> String {
    let values: Vec<&str> = shape.values.iter().map(|value| &**value).collect();
    let values = values.join("|");
    match values.is_empty() || values.len() > LONGEST_VALUES {
        true => plain_name(&shape.kind).into(),
        false => values,
    }
}

fn plain_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Document => "document",
        Kind::List(_) => "list",
        Kind::Union(_) => "structure",
        kind => kind.name(),
    }
}
