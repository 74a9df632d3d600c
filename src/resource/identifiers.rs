//! Identifiers of resources.

use serde_json::{Map, Value};

use super::error::ResourceError;
use super::{Category, Definition};
use crate::error::Result;
use crate::names;

/// Values of identifiers: one, several in order, or by name.
///
/// ```
/// use serde_json::json;
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let s3 = client.resource("s3")?;
/// let bucket = s3.sub("Bucket", "b")?;
/// let object = s3.sub("Object", ["b", "k"])?;
/// assert_eq!(s3.sub("Object", json!({"bucket_name": "b", "key": "k"}))?, object);
/// assert_eq!(bucket.sub("Object", "k")?, object);
/// bucket.sub("Acl", ())?; // has no identifiers of its own
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Identifiers(Given);

#[derive(Clone, Debug)]
enum Given {
    ByName(Map<String, Value>),
    InOrder(Vec<Value>),
}

impl From<()> for Identifiers {
    fn from((): ()) -> Self {
        Self(Given::InOrder(Vec::new()))
    }
}

impl From<&str> for Identifiers {
    fn from(one: &str) -> Self {
        Self(Given::InOrder(vec![one.into()]))
    }
}

impl From<&String> for Identifiers {
    fn from(one: &String) -> Self {
        Self::from(one.as_str())
    }
}

impl From<String> for Identifiers {
    fn from(one: String) -> Self {
        Self(Given::InOrder(vec![one.into()]))
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Identifiers {
    fn from(all: [T; N]) -> Self {
        Self(Given::InOrder(all.map(Into::into).into()))
    }
}

impl<T: Clone + Into<Value>> From<&[T]> for Identifiers {
    fn from(all: &[T]) -> Self {
        Self(Given::InOrder(
            all.iter().cloned().map(Into::into).collect(),
        ))
    }
}

/// An array has the values in order, an object has them by name, and any other value is the only one.
impl From<Value> for Identifiers {
    fn from(value: Value) -> Self {
        Self(match value {
            Value::Array(all) => Given::InOrder(all),
            Value::Object(all) => Given::ByName(all),
            one => Given::InOrder(vec![one]),
        })
    }
}

/// Completes the identifiers of a type.
pub(super) struct Completion<'a> {
    /// The resource in error texts: `s3.Bucket`.
    pub(super) place: String,
    pub(super) definition: &'a Definition,
}

impl Completion<'_> {
    /// Fills in the unknown values from the given ones.
    pub(super) fn complete(
        self,
        mut values: Vec<Option<Value>>,
        given: Identifiers,
    ) -> Result<Box<[Value]>> {
        match given.0 {
            Given::InOrder(list) => {
                let (given, mut list) = (list.len(), list.into_iter());
                for value in values.iter_mut().filter(|value| value.is_none()) {
                    *value = list.next();
                }
                if list.len() > 0 {
                    let (expected, place) = (self.expected(), self.place);
                    return Err(ResourceError::TooManyIdentifiers {
                        place,
                        given,
                        expected,
                    }
                    .into());
                }
            }
            Given::ByName(map) => {
                for (name, value) in map {
                    if values[self.index(&name)?].replace(value).is_some() {
                        let place = self.place;
                        return Err(ResourceError::DuplicateIdentifier { place, name }.into());
                    }
                }
            }
        }
        let identifiers = self.definition.identifiers.iter();
        let each = identifiers.zip(values).map(|(identifier, value)| {
            match value.filter(|value| !value.is_null()) {
                // only the service distinguishes a number from its text
                Some(Value::String(text)) if identifier.is_integer() => {
                    Ok(text.parse::<i64>().map_or(Value::String(text), Into::into))
                }
                Some(value) => Ok(value),
                None => Err(ResourceError::MissingIdentifier {
                    place: self.place.clone(),
                    name: names::snake_case(&identifier.name),
                    expected: self.expected(),
                }
                .into()),
            }
        });
        each.collect()
    }

    fn index(&self, name: &str) -> Result<usize> {
        let found = self.definition.find(Category::Identifier, name);
        let index = found.and_then(|found| self.definition.identifier_index(&found.key));
        index.ok_or_else(|| {
            ResourceError::UnknownIdentifier {
                place: self.place.clone(),
                name: name.into(),
                expected: self.expected(),
            }
            .into()
        })
    }

    fn expected(&self) -> String {
        match &self.definition.names(Category::Identifier)[..] {
            [] => "it has no identifiers".into(),
            names => format!("its identifiers are: {}", names.join(", ")),
        }
    }
}
