//! Skeletons: parameters of an operation with a placeholder for each value.

use serde_json::{Map, Value};

use super::{Kind, Location, Member, Members, ServiceModel, Shape, ShapeId};
use crate::error::Result;

/// The members that a skeleton has.
///
/// ```
/// use tucuxi::model::Skeleton;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let model = client.model("dynamodb")?;
/// let full = model.skeleton("ListTables", Skeleton::Full)?;
/// assert_eq!(full, serde_json::json!({"ExclusiveStartTableName": "<ExclusiveStartTableName>", "Limit": 1}));
/// assert_eq!(model.skeleton("ListTables", Skeleton::Minimal)?, serde_json::json!({}));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skeleton {
    /// The required members alone.
    #[default]
    Minimal,
    /// All members, except for those in which a shape would contain itself.
    Full,
}

impl ServiceModel {
    /// Returns the form of an operation's parameters. A text is the name of its member in angle brackets, or the first value of an
    /// enumeration; a list has one item, a map one entry, and a union its first member.
    ///
    /// The skeleton itself passes the validation of a call, so a program can replace the values one by one.
    ///
    /// ```
    /// use tucuxi::model::Skeleton;
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
    /// let form = client.model("sqs")?.skeleton("SendMessage", Skeleton::Minimal)?;
    /// assert_eq!(form, serde_json::json!({"QueueUrl": "<QueueUrl>", "MessageBody": "<MessageBody>"}));
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation, or if the model is broken.
    pub fn skeleton(&self, operation: &str, form: Skeleton) -> Result<Value> {
        let Some(input) = self.operation(operation)?.input else {
            return Ok(Map::new().into());
        };
        let mut builder = Builder {
            model: self,
            form,
            around: Vec::new(),
        };
        let value = builder.value(input, self.shape_name(input))?;
        Ok(value.unwrap_or_else(|| Map::new().into()))
    }
}

struct Builder<'m> {
    model: &'m ServiceModel,
    form: Skeleton,
    /// The shapes around the present one.
    around: Vec<ShapeId>,
}

impl<'m> Builder<'m> {
    /// A value of a shape; `None` if it would contain itself.
    fn value(&mut self, id: ShapeId, name: &str) -> Result<Option<Value>> {
        let shape = self.model.shape(id)?;
        if self.around.contains(&id) {
            return Ok(None);
        }
        self.around.push(id);
        let value = match &shape.kind {
            Kind::Structure(members) => self.structure(members)?,
            Kind::Union(members) => self.union(members)?,
            Kind::List(item) => self.list(shape, item)?,
            Kind::Map { key, value } => {
                let keys = self.model.shape(key.target)?;
                let key = text(keys, self.model.shape_name(key.target));
                let value = self.value(value.target, self.model.shape_name(value.target))?;
                let entries = value.map(|value| (key, value));
                Some(Map::from_iter(entries).into())
            }
            _ => Some(scalar(shape, name)),
        };
        self.around.pop();
        Ok(value)
    }

    fn structure(&mut self, members: &Members) -> Result<Option<Value>> {
        let is_top = self.around.len() == 1;
        let mut object = Map::new();
        for member in members {
            let is_required = member.required && !(is_top && member.idempotency_token);
            if !is_required && self.form == Skeleton::Minimal {
                continue;
            }
            match self.member(member)? {
                Some(value) => drop(object.insert(member.name.clone(), value)),
                None if is_required && !self.is_events(member)? => return Ok(None),
                None => {}
            }
        }
        Ok(Some(object.into()))
    }

    fn union(&mut self, members: &Members) -> Result<Option<Value>> {
        for member in members {
            if let Some(value) = self.member(member)? {
                let only = Map::from_iter([(member.name.clone(), value)]);
                return Ok(Some(only.into()));
            }
        }
        Ok(None)
    }

    fn member(&mut self, member: &Member) -> Result<Option<Value>> {
        if self.is_events(member)? {
            return Ok(None);
        }
        if member.json_value && member.location == Location::Header {
            return Ok(Some(Map::new().into()));
        }
        self.value(member.target, &member.name)
    }

    /// Whether a member is a stream of events, which is not passed with the parameters.
    fn is_events(&self, member: &Member) -> Result<bool> {
        Ok(self.model.shape(member.target)?.event_stream)
    }

    fn list(&mut self, shape: &Shape, item: &Member) -> Result<Option<Value>> {
        // a length is a whole number
        let min = shape.min.unwrap_or(0.0).max(0.0) as usize;
        let name = self.model.shape_name(item.target);
        Ok(match self.value(item.target, name)? {
            Some(value) => Some(vec![value; min.max(1)].into()),
            None => (min == 0).then(|| Vec::<Value>::new().into()),
        })
    }
}

fn scalar(shape: &Shape, name: &str) -> Value {
    match &shape.kind {
        Kind::Blob => "".into(),
        Kind::Boolean => false.into(),
        Kind::Document => Map::new().into(),
        Kind::BigDecimal | Kind::Double | Kind::Float => near_zero(shape).into(),
        // beyond 64 bits, the nearest number
        Kind::BigInteger | Kind::Integer | Kind::Long => (near_zero(shape).ceil() as i64).into(),
        Kind::String => text(shape, name).into(),
        Kind::Timestamp => "1970-01-01T00:00:00Z".into(),
        _ => Value::Null,
    }
}

/// The number between minimum and maximum that is nearest to zero.
fn near_zero(shape: &Shape) -> f64 {
    let most = shape.max.unwrap_or(0.0).min(0.0);
    shape.min.map_or(most, |min| most.max(min))
}

fn text(shape: &Shape, name: &str) -> String {
    match shape.values.first() {
        Some(value) => value.clone(),
        None => {
            // a length is a whole number
            let min = shape.min.unwrap_or(0.0) as usize;
            format!("{:.<min$}", format!("<{name}>"))
        }
    }
}
