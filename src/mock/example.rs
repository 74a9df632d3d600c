//! Examples of values: they satisfy enumerations, limits and most patterns of their shapes.

use serde_json::{Map, Value};

use super::pattern;
use crate::codec::scalar::base64_encode;
use crate::error::Result;
use crate::model::{Kind, Location, Member, Members, ServiceModel, Shape, ShapeId};

/// How much an example contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All members, an item in each list and an entry in each map.
    Full,
    /// What is required.
    #[cfg(feature = "_internals")]
    Minimal,
}

/// The number of values after which optional members are left out: shapes that contain each other can be as many as one likes.
const MAX_VALUES: usize = 3000;

const WORD: &str = "example";

/// The length of the example of a blob that has no limits.
pub(super) const EXAMPLE_LENGTH: usize = WORD.len();

/// Returns an example of parameters or of a result. A member that `is_left_out`, or that a shape around it would contain again, is
/// absent.
pub(crate) fn example(
    model: &ServiceModel,
    id: Option<ShapeId>,
    extent: Extent,
    is_left_out: &dyn Fn(&Member) -> bool,
) -> Result<Value> {
    let mut builder = Builder {
        model,
        extent,
        is_left_out,
        around: Vec::new(),
        left: MAX_VALUES,
    };
    let value = id.map(|id| builder.value(id, WORD)).transpose()?.flatten();
    Ok(value.unwrap_or_else(|| Map::new().into()))
}

struct Builder<'a> {
    model: &'a ServiceModel,
    extent: Extent,
    is_left_out: &'a dyn Fn(&Member) -> bool,
    /// The shapes around the current place, the innermost last.
    around: Vec<ShapeId>,
    left: usize,
}

impl Builder<'_> {
    /// Returns `None` for a shape that would contain itself.
    fn value(&mut self, id: ShapeId, name: &str) -> Result<Option<Value>> {
        if self.around.contains(&id) {
            return Ok(None);
        }
        self.left = self.left.saturating_sub(1);
        self.around.push(id);
        let shape = self.model.shape(id)?;
        let value = match &shape.kind {
            Kind::Structure(members) => self.structure(members)?,
            Kind::Union(members) if shape.event_stream => Some(self.events(members)?),
            Kind::Union(members) => self.union(members)?,
            Kind::List(item) => self.list(shape, item)?,
            Kind::Map { key, value } => self.map(shape, key, value)?,
            _ => Some(self.scalar(shape, id, name)),
        };
        self.around.pop();
        Ok(value)
    }

    fn structure(&mut self, members: &Members) -> Result<Option<Value>> {
        let is_top = self.around.len() == 1;
        let mut object = Map::new();
        for member in members {
            let is_wanted = self.extent == Extent::Full && self.left > 0;
            // of two members with one name on the wire, only one can be told
            let is_wanted = is_wanted && member.duplicate_wire_name.is_none();
            if !(is_wanted || member.required) || (is_top && (self.is_left_out)(member)) {
                continue;
            }
            match self.member(member)? {
                Some(value) => drop(object.insert(member.name.clone(), value)),
                None if member.required => return Ok(None),
                None => {}
            }
        }
        Ok(Some(object.into()))
    }

    fn member(&mut self, member: &Member) -> Result<Option<Value>> {
        if member.json_value && member.location == Location::Header {
            return Ok(Some(
                Map::from_iter([(WORD.to_owned(), WORD.into())]).into(),
            ));
        }
        self.value(member.target, &member.name)
    }

    fn union(&mut self, members: &Members) -> Result<Option<Value>> {
        for member in members {
            if let Some(value) = self.member(member)? {
                return Ok(Some(Map::from_iter([(member.name.clone(), value)]).into()));
            }
        }
        Ok(None)
    }

    /// An event of each kind that is not an error.
    fn events(&mut self, members: &Members) -> Result<Value> {
        let mut events = Vec::new();
        for member in members {
            if self.model.shape(member.target)?.error.is_some() {
                continue;
            }
            if let Some(value) = self.member(member)? {
                events.push(Map::from_iter([(member.name.clone(), value)]).into());
            }
        }
        Ok(Value::Array(events))
    }

    fn list(&mut self, shape: &Shape, item: &Member) -> Result<Option<Value>> {
        let (min, max) = limits(shape);
        let name = self.model.shape_name(item.target);
        Ok(match self.value(item.target, name)? {
            Some(value) if max > 0 => Some(vec![value; min.max(1)].into()),
            _ => (min == 0).then(|| Vec::<Value>::new().into()),
        })
    }

    fn map(&mut self, shape: &Shape, key: &Member, of: &Member) -> Result<Option<Value>> {
        let (min, max) = limits(shape);
        let keys = self.model.shape(key.target)?;
        let name = self.model.shape_name(of.target);
        let Some(value) = self.value(of.target, name)?.filter(|_| max > 0) else {
            return Ok((min == 0).then(|| Map::new().into()));
        };
        let first = self.text(keys, key.target, WORD);
        let others = keys
            .values
            .iter()
            .cloned()
            .chain((2..).map(|n| format!("{first}{n}")));
        let mut names = vec![first.clone()];
        names.extend(others.filter(|name| *name != first).take(min.max(1) - 1));
        let entries = names.into_iter().map(|name| (name, value.clone()));
        Ok(Some(Map::from_iter(entries).into()))
    }

    fn scalar(&self, shape: &Shape, id: ShapeId, name: &str) -> Value {
        match &shape.kind {
            Kind::Blob => {
                let (min, max) = limits(shape);
                let length = WORD.len().clamp(min.min(max), max);
                let bytes: Vec<u8> = WORD.bytes().cycle().take(length).collect();
                base64_encode(&bytes).into()
            }
            Kind::Boolean => true.into(),
            Kind::Document => Map::from_iter([(WORD.to_owned(), WORD.into())]).into(),
            Kind::BigDecimal | Kind::Double | Kind::Float => within(shape, 1.5).into(),
            // beyond 64 bits, the nearest number
            Kind::BigInteger | Kind::Integer | Kind::Long => {
                (within(shape, 1.0).ceil() as i64).into()
            }
            Kind::String => self.text(shape, id, name).into(),
            Kind::Timestamp => "2020-01-02T03:04:05Z".into(),
            _ => Value::Null,
        }
    }

    fn text(&self, shape: &Shape, id: ShapeId, name: &str) -> String {
        if let Some(value) = shape.values.first() {
            return value.clone();
        }
        let (min, max) = limits(shape);
        let word = word(name);
        let fits = |text: &str| (min..=max).contains(&text.chars().count());
        let pattern = self.model.shape_notes(id).pattern;
        if let Some(pattern) = pattern {
            let whole = regex_lite::Regex::new(&format!("^(?:{pattern})$")).ok();
            let is_match = |text: &str| whole.as_ref().is_some_and(|whole| whole.is_match(text));
            if fits(word) && is_match(word) {
                return word.into();
            }
            // without a second opinion, the text is taken as it is
            let accepts = |text: &str| whole.is_none() || is_match(text);
            // a text is not empty where it need not be
            let text = pattern::text(&pattern, min.max(1).min(max), max, accepts);
            if let Some(text) = text.or_else(|| pattern::text(&pattern, min, max, accepts)) {
                return text;
            }
        }
        let repeated: String = word.chars().cycle().take(min.max(word.len())).collect();
        repeated.chars().take(max).collect()
    }
}

/// The text for a name, where no pattern wants another.
fn word(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let words = [
        ("accountid", "123456789012"),
        ("arn", "arn:aws:service:us-east-1:123456789012:example"),
        ("ipaddress", "192.0.2.1"),
        ("ipv4address", "192.0.2.1"),
        ("ownerid", "123456789012"),
        ("prefix", "example/"),
        ("region", "us-east-1"),
    ];
    let found = words.iter().find(|(end, _)| name.ends_with(end));
    match found {
        _ if name == "account" => "123456789012",
        Some((_, word)) => word,
        None => WORD,
    }
}

/// The minimum and the maximum length, as whole numbers.
fn limits(shape: &Shape) -> (usize, usize) {
    let min = shape.min.unwrap_or(0.0).max(0.0) as usize;
    let max = shape.max.map_or(usize::MAX, |max| max.max(0.0) as usize);
    (min, max)
}

/// The number within the limits that is nearest to `wanted`.
fn within(shape: &Shape, wanted: f64) -> f64 {
    let wanted = shape.max.map_or(wanted, |max| wanted.min(max));
    shape.min.map_or(wanted, |min| wanted.max(min))
}
