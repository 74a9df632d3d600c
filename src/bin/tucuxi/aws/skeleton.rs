//! `--generate-cli-skeleton`: the form of an operation's parameters, and of its result.

use serde_json::{Map, Value};
use tucuxi::model::{Kind, Operation, ServiceModel, ShapeId};

use super::given::Skeleton;
use super::result::Results;
use crate::failure::Failure;
use crate::output::Format;

/// Prints a skeleton of the parameters.
pub(super) fn print_input(form: Skeleton, results: &mut Results<'_, '_>) -> Result<(), Failure> {
    let format = match form {
        Skeleton::YamlInput => Format::Yaml,
        Skeleton::Input | Skeleton::Output => Format::Json,
    };
    let value = input(results.command.model, results.command.operation)?;
    results.document(&value, format)
}

/// A skeleton of the parameters.
///
/// # Errors
///
/// Returns an error if the model is broken.
fn input(model: &ServiceModel, operation: &Operation) -> tucuxi::Result<Value> {
    match operation.input {
        None => Ok(Value::Object(Map::new())),
        Some(input) => Builder::new(model, Texts::Empty).value(input, ""),
    }
}

/// A skeleton of the result.
///
/// # Errors
///
/// Returns an error if the model is broken.
pub(super) fn output(model: &ServiceModel, operation: &Operation) -> tucuxi::Result<Value> {
    match operation.output {
        None => Ok(Value::Object(Map::new())),
        Some(output) => Builder::new(model, Texts::Names).value(output, ""),
    }
}

/// What strings are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    Empty,
    Names,
}

struct Builder<'m> {
    model: &'m ServiceModel,
    texts: Texts,
    /// The shapes around the present one, which may contain itself.
    around: Vec<ShapeId>,
}

impl<'m> Builder<'m> {
    fn new(model: &'m ServiceModel, texts: Texts) -> Self {
        let around = Vec::new();
        Self {
            model,
            texts,
            around,
        }
    }

    fn value(&mut self, id: ShapeId, name: &str) -> tucuxi::Result<Value> {
        let shape = self.model.shape(id)?;
        if shape.members().is_some() && self.around.contains(&id) {
            return Ok(Value::Object(Map::new()));
        }
        self.around.push(id);
        let value = match &shape.kind {
            Kind::Blob => Value::Null,
            Kind::Boolean => true.into(),
            Kind::Document => Value::Object(Map::new()),
            Kind::BigDecimal | Kind::Double | Kind::Float => 0.0.into(),
            Kind::BigInteger | Kind::Integer | Kind::Long => 0.into(),
            Kind::List(item) => {
                let name = self.model.shape_name(item.target);
                vec![self.value(item.target, name)?].into()
            }
            Kind::Map { value, .. } => {
                let value = self.value(value.target, "")?;
                Map::from_iter([("KeyName".to_owned(), value)]).into()
            }
            Kind::String => match (self.texts, shape.values.first()) {
                (Texts::Names, _) => name.into(),
                (Texts::Empty, None) => "".into(),
                (Texts::Empty, Some(first)) => first.clone().into(),
            },
            Kind::Structure(members) | Kind::Union(members) => {
                let mut object = Map::new();
                for member in members.iter() {
                    let value = self.value(member.target, &member.name)?;
                    object.insert(member.name.clone(), value);
                }
                object.into()
            }
            Kind::Timestamp => "1970-01-01T00:00:00".into(),
            _ => Value::Null,
        };
        self.around.pop();
        Ok(value)
    }
}
