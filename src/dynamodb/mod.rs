//! DynamoDB: items as plain JSON or as structs, conditions, and tables.
//!
//! ```text
//!   Table ──► Expressions ──► Client, with plain attribute values ──► the service
//!     │            ▲
//!     │            └── Condition, KeyCondition, Update
//!     └── BatchWriter, BatchGet, Listing
//! ```
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//! use tucuxi::dynamodb::{Attr, Key};
//! # use tucuxi::{Client, Config, transport::Replay};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Film {
//!     title: String,
//!     year: u16,
//! }
//!
//! # fn main() -> tucuxi::Result<()> {
//! # let config = Config::builder().isolated().region("eu-west-1").unsigned().build().unwrap();
//! # let replay = Replay::new().answer(200, &[], "{}")
//! #     .answer(200, &[], r#"{"Item": {"title": {"S": "Metropolis"}, "year": {"N": "1927"}}}"#)
//! #     .answer(200, &[], r#"{"Items": [{"title": {"S": "Metropolis"}, "year": {"N": "1927"}}]}"#);
//! # let client = Client::with_transport(config, replay)?; /*
//! let client = Client::new()?;
//! # */
//! let films = client.table("films");
//! films.put(&Film { title: "Metropolis".into(), year: 1927 }).condition(Attr("title").not_exists()).send()?;
//! let film: Option<Film> = films.get(json!({"title": "Metropolis"})).item()?;
//! for film in films.query(Key("title").eq("Metropolis")).filter(Attr("year").lt(1930)).items::<Film>() {
//!     println!("{}", film?.year);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Without a table, [`ConfigBuilder::plain_attribute_values`](crate::ConfigBuilder::plain_attribute_values) makes the values of
//! all operations plain, [`to_item`] and [`from_item`] do so for one item, and [`Expressions`] writes conditions into
//! parameters.
//!
//! # Plain values
//!
//! | in the API | as plain JSON |
//! | --- | --- |
//! | `NULL`, `BOOL`, `S`, `L`, `M` | null, boolean, string, array, object |
//! | `N` | a number where JSON has just this one, else `{"$number": "0.1000000000000000000000000001"}` |
//! | `B` | `{"$binary": "AAEC"}`, in base64 |
//! | `SS`, `NS`, `BS` | `{"$set": ["a", "b"]}`; what is in it is in the forms above |
//! | an `M` whose one member has a name as above | `{"$map": {"$set": 1}}` |
//!
//! A number is a JSON number if it is an integer of 64 bits, or if the shortest text of a float says the same: `0.1` is. Either
//! form is taken for any number, and nothing is ever rounded; but mind that whoever parses JSON text makes a float of a long
//! number before it is seen here. Numbers have 38 digits at most, and exponents as boto3 takes them; what does not fit is an error
//! that says where it is. Equal numbers have one form, without zeros that mean nothing.
//!
//! A marker is an object of one member with one of these names. So no other object is taken for one, and a map that looks like
//! one is written, and comes, in `$map`. In structs [`Number`], [`Binary`], [`Set`] and [`Map`] stand for them.

mod backoff;
mod batch_get;
mod batch_write;
mod condition;
mod error;
mod expression;
mod listing;
mod placeholders;
mod segments;
mod serializer;
mod table;
mod types;
mod update;

pub use self::batch_get::BatchGet;
pub use self::batch_write::BatchWriter;
pub use self::condition::{Attr, Condition, Key, KeyCondition, Operand, Size};
pub use self::error::DynamoDbError;
pub use self::expression::Expressions;
pub use self::listing::{Items, Listing};
pub use self::table::{ItemCall, Table};
pub use self::types::{Binary, Map, Number, Set};
pub use self::update::Update;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::attribute_value::{self, Form, FromPlain, Place};
use crate::error::Result;

/// The service that all calls of this room are to.
const SERVICE: &str = "dynamodb";

/// A value of yours as an item for the parameters of an operation: `{"id": {"S": "a"}}`.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::to_item;
///
/// let item = to_item(&json!({"id": "a", "tags": {"$set": ["x", "y"]}}))?;
/// assert_eq!(item, json!({"id": {"S": "a"}, "tags": {"SS": ["x", "y"]}}));
/// # Ok::<(), tucuxi::Error>(())
/// ```
///
/// # Errors
///
/// It is no object, or holds what DynamoDB does not take, such as NaN or an empty set.
pub fn to_item<T: Serialize + ?Sized>(item: &T) -> Result<Value> {
    let mut plain = plain_item(item)?;
    for (name, value) in plain.as_object_mut().into_iter().flatten() {
        *value = attribute_value::to_typed(value.take()).map_err(|fault| fault.in_member(name))?;
    }
    Ok(plain)
}

/// An item of a result as a value of yours.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::{Number, from_item};
///
/// #[derive(serde::Deserialize)]
/// struct Account {
///     id: String,
///     balance: Number,
/// }
/// let account: Account = from_item(json!({"id": {"S": "a"}, "balance": {"N": "123456789012345678901.5"}}))?;
/// assert_eq!(account.balance.as_str(), "123456789012345678901.5");
/// # Ok::<(), tucuxi::Error>(())
/// ```
///
/// # Errors
///
/// It is no item, or does not fit the type.
pub fn from_item<T: DeserializeOwned>(mut item: Value) -> Result<T> {
    let members = item.as_object_mut().ok_or(DynamoDbError::NoObject)?;
    for (name, value) in members {
        *value = attribute_value::to_plain(value.take(), Place::Member(&Place::Root, name))?;
    }
    from_plain(item)
}

/// A plain value as an attribute value, such as `{"S": "a"}`.
///
/// ```
/// use serde_json::json;
/// use tucuxi::dynamodb::to_attribute_value;
///
/// assert_eq!(to_attribute_value(&[1, 2])?, json!({"L": [{"N": "1"}, {"N": "2"}]}));
/// # Ok::<(), tucuxi::Error>(())
/// ```
///
/// # Errors
///
/// It holds what DynamoDB does not take.
pub fn to_attribute_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    Ok(Form::Typed.of(serializer::to_plain(value)?)?)
}

/// An attribute value, such as `{"S": "a"}`, as a value of yours.
///
/// ```
/// use serde_json::{Value, json};
/// use tucuxi::dynamodb::from_attribute_value;
///
/// let value: Value = from_attribute_value(json!({"NS": ["1", "2.5"]}))?;
/// assert_eq!(value, json!({"$set": [1, 2.5]}));
/// # Ok::<(), tucuxi::Error>(())
/// ```
///
/// # Errors
///
/// It is no attribute value, or does not fit the type.
pub fn from_attribute_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    from_plain(Form::Plain.of(value)?)
}

/// An item or a key as a plain object.
fn plain_item<T: Serialize + ?Sized>(item: &T) -> Result<Value> {
    let plain = serializer::to_plain(item)?;
    match plain.is_object() {
        true => Ok(plain),
        false => Err(DynamoDbError::NoObject.into()),
    }
}

/// An item or a key that DynamoDB takes, as a plain object in which equal values are the same.
fn canonical_item<T: Serialize + ?Sized>(item: &T) -> Result<Value> {
    let mut item = to_item(item)?;
    for (_, value) in item.as_object_mut().into_iter().flatten() {
        *value = Form::Plain.of(value.take())?;
    }
    Ok(item)
}

fn from_plain<T: DeserializeOwned>(plain: Value) -> Result<T> {
    T::deserialize(FromPlain(plain)).map_err(|error| DynamoDbError::Type(error).into())
}

/// What an object of a result has by this name; null where there is nothing.
fn take(object: &mut Value, name: &str) -> Value {
    object.get_mut(name).map(Value::take).unwrap_or_default()
}
