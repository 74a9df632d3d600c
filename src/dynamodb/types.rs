//! Types of DynamoDB that JSON lacks, for the structs of a program.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attribute_value::{BINARY, ConvertError, FromPlain, MAP, NUMBER, SET};
use crate::codec::scalar;
use crate::decimal::Decimal;
use crate::error::Error;

/// A decimal number of up to 38 digits. Equal numbers have the same text.
///
/// ```
/// use tucuxi::dynamodb::Number;
///
/// let price: Number = "12345678901234567890.1234567890".parse()?;
/// assert_eq!(price.as_str(), "12345678901234567890.123456789");
/// assert_eq!(Number::from(5), "5.00".parse()?);
/// assert!("1e500".parse::<Number>().is_err());
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Number(String);

impl Number {
    /// Returns the number's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Number {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        match Decimal::fitting(text) {
            Ok(decimal) => Ok(Self(decimal.to_string())),
            Err(why) => Err(ConvertError::new(format!("{text:?}: {why}")).into()),
        }
    }
}

macro_rules! from_integer {
    ($($type:ty),*) => { $(
        impl From<$type> for Number {
            fn from(n: $type) -> Self {
                Self(n.to_string())
            }
        }
    )* };
}
from_integer! { i8, i16, i32, i64, u8, u16, u32, u64 }

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Decimal::parse(&self.0).map(|decimal| decimal.json_number()) {
            Ok(Some(number)) => number.serialize(serializer),
            _ => marker(serializer, NUMBER, self.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number, or {{\"{NUMBER}\": \"its digits\"}}")
    }
    fn visit_i64<E>(self, n: i64) -> Result<Number, E> {
        Ok(n.into())
    }
    fn visit_u64<E>(self, n: u64) -> Result<Number, E> {
        Ok(n.into())
    }
    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<Number, E> {
        // the shortest text, with an exponent instead of many zeros
        Value::from(n).to_string().parse().map_err(E::custom)
    }
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Number, A::Error> {
        let text: String = read_marker(access, NUMBER)?;
        text.parse().map_err(A::Error::custom)
    }
}

/// Binary data.
///
/// ```
/// use tucuxi::dynamodb::{Binary, to_item};
///
/// #[derive(serde::Serialize)]
/// struct Picture {
///     thumbnail: Binary,
/// }
/// let item = to_item(&Picture { thumbnail: Binary(vec![0, 1, 2]) })?;
/// assert_eq!(item, serde_json::json!({"thumbnail": {"B": "AAEC"}}));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Binary(pub Vec<u8>);

impl From<Vec<u8>> for Binary {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Binary {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl AsRef<[u8]> for Binary {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Binary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        marker(serializer, BINARY, &scalar::base64_encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = deserializer.deserialize_map(Marker::new(BINARY))?;
        scalar::base64_decode(&text)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// A set of strings, numbers or [`Binary`] values. The type of the elements determines the type of the set. DynamoDB does not
/// support empty sets, so leave out an attribute that may be empty:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tucuxi::dynamodb::{Set, from_item, to_item};
///
/// #[derive(Serialize, Deserialize, PartialEq, Debug)]
/// struct Film {
///     #[serde(default, skip_serializing_if = "Set::is_empty")]
///     genres: Set<String>,
///     #[serde(default, skip_serializing_if = "Set::is_empty")]
///     ratings: Set<i32>,
/// }
/// let film = Film { genres: Set::default(), ratings: [4, 5].into_iter().collect() };
/// let item = to_item(&film)?;
/// assert_eq!(item, serde_json::json!({"ratings": {"NS": ["4", "5"]}}));
/// assert_eq!(from_item::<Film>(item)?, film);
/// # Ok::<(), tucuxi::Error>(())
/// ```
///
/// The order of elements is the service's, and is not significant: sets with the same elements are equal.
#[derive(Clone, Debug)]
pub struct Set<T>(pub Vec<T>);

impl<T> Set<T> {
    /// Returns whether the set has no elements.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq> PartialEq for Set<T> {
    fn eq(&self, other: &Self) -> bool {
        let has_all = |one: &[T], other: &[T]| other.iter().all(|element| one.contains(element));
        self.0 == other.0
            || self.0.len() == other.0.len()
                && has_all(&self.0, &other.0)
                && has_all(&other.0, &self.0)
    }
}

impl<T: Eq> Eq for Set<T> {}

impl<T: Hash> Hash for Set<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let hashes = self.0.iter().map(|element| {
            let mut hasher = DefaultHasher::new();
            element.hash(&mut hasher);
            hasher.finish()
        });
        // the hash must not depend on order and duplicates, as equality does not
        state.write_u64(hashes.max().unwrap_or_default());
    }
}

impl<T> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        marker(serializer, SET, &self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Marker::new(SET)).map(Self)
    }
}

/// A map with arbitrary keys. A key that looks like a marker, such as `$set`, is not interpreted as one.
///
/// ```
/// use std::collections::BTreeMap;
/// use tucuxi::dynamodb::{Map, from_item, to_item};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Settings {
///     values: Map<BTreeMap<String, i32>>,
/// }
/// let values = Map(BTreeMap::from([("$number".to_owned(), 1)]));
/// let item = to_item(&Settings { values })?;
/// assert_eq!(item, serde_json::json!({"values": {"M": {"$number": {"N": "1"}}}}));
/// assert_eq!(from_item::<Settings>(item)?.values.0["$number"], 1);
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map<T>(pub T);

impl<T: Serialize> Serialize for Map<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        marker(serializer, MAP, &self.0)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut whole = Value::deserialize(deserializer)?;
        let inner = match &mut whole {
            Value::Object(members) if members.len() == 1 => members.get_mut(MAP).map(Value::take),
            _ => None,
        };
        let value = T::deserialize(FromPlain(inner.unwrap_or(whole)));
        value.map(Self).map_err(D::Error::custom)
    }
}

/// Serializes `{"name": value}`.
fn marker<S: Serializer, T: Serialize + ?Sized>(
    serializer: S,
    name: &str,
    value: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, value)?;
    map.end()
}

/// Deserializes the value of `{"name": value}`.
fn read_marker<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    mut access: A,
    name: &str,
) -> Result<T, A::Error> {
    let wrong = || A::Error::custom(format_args!("expected {{\"{name}\": …}}"));
    match access.next_key::<String>()? {
        Some(key) if key == name => {}
        _ => return Err(wrong()),
    }
    let value = access.next_value()?;
    match access.next_key::<String>()? {
        None => Ok(value),
        Some(_) => Err(wrong()),
    }
}

/// A visitor of a marker.
struct Marker<T> {
    name: &'static str,
    value: std::marker::PhantomData<T>,
}

impl<T> Marker<T> {
    fn new(name: &'static str) -> Self {
        let value = std::marker::PhantomData;
        Self { name, value }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Marker<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"{}\": …}}", self.name)
    }
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<T, A::Error> {
        read_marker(access, self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn regression_sets_are_equal_in_any_order() {
        let set = |elements: &[u8]| Set(elements.to_vec());
        assert_eq!(set(&[1, 2, 3]), set(&[3, 1, 2]));
        let cases: [(&[u8], &[u8]); 4] = [
            (&[1], &[2]),
            (&[1, 2], &[1]),
            (&[1, 1], &[1, 2]),
            (&[1, 2], &[1, 1]),
        ];
        for (one, other) in cases {
            assert_ne!(set(one), set(other));
        }
        let known = HashSet::from([set(&[1, 2])]);
        assert!(known.contains(&set(&[2, 1])));
    }
}
