//! DynamoDB: tables, items as plain JSON or structs, conditions, batches and transactions.
//!
//! ```text
//!   Table, TransactWrite, TransactGet ──► Expressions ──► Client with plain attribute values ──► DynamoDB
//!     │                                       ▲
//!     │                                       └── Condition, KeyCondition, Update
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
//! # let replay = Replay::new().respond(200, &[], "{}")
//! #     .respond(200, &[], r#"{"Item": {"title": {"S": "Metropolis"}, "year": {"N": "1927"}}}"#)
//! #     .respond(200, &[], r#"{"Items": [{"title": {"S": "Metropolis"}, "year": {"N": "1927"}}]}"#);
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
//! [`Client::transact_write`](crate::Client::transact_write) and [`Client::transact_get`](crate::Client::transact_get) start
//! transactions. For all other calls, [`ConfigBuilder::plain_attribute_values`](crate::ConfigBuilder::plain_attribute_values)
//! makes the attribute values of parameters and results plain, [`to_item`] and [`from_item`] convert one item, and
//! [`Expressions`] merges conditions into parameters.
//!
//! `AsyncClient::table` returns the same table with methods that are awaited; `items` is a stream there, and the segments of a
//! parallel scan are tasks.
//!
//! # Plain values
//!
//! | in the API | as plain JSON |
//! | --- | --- |
//! | `NULL`, `BOOL`, `S`, `L`, `M` | null, boolean, string, array, object |
//! | `N` | a number if JSON can represent it exactly, otherwise `{"$number": "0.1000000000000000000000000001"}` |
//! | `B` | `{"$binary": "AAEC"}`, in base64 |
//! | `SS`, `NS`, `BS` | `{"$set": ["a", "b"]}`, whose elements are in the forms above |
//! | an `M` whose only member is named like a marker | `{"$map": {"$set": 1}}` |
//!
//! A number becomes a JSON number if it is a 64-bit integer, or if it equals the shortest decimal text of a float, as `0.1` does.
//! Parameters may use either form, and numbers are never rounded here; but a JSON parser rounds long numbers to floats before
//! they arrive. Numbers have at most 38 digits and the exponents that boto3 accepts; any other number is an error that names its
//! path. Equal numbers have the same form, without insignificant zeros.
//!
//! A marker is an object whose only member has one of the names above. A map that looks like a marker is wrapped in `$map`. In
//! structs, use [`Number`], [`Binary`], [`Set`] and [`Map`].

#[cfg(feature = "async")]
mod asynchronous;
mod backoff;
mod batch_get;
mod batch_write;
mod condition;
mod error;
mod expression;
mod listing;
mod operand;
mod placeholders;
mod segments;
mod serializer;
mod table;
mod transaction;
mod types;
mod update;

pub use self::batch_get::BatchGet;
pub use self::batch_write::BatchWriter;
pub use self::condition::{Attr, Condition, Key, KeyCondition};
pub use self::error::DynamoDbError;
pub use self::expression::Expressions;
pub use self::listing::{Items, Listing};
pub use self::operand::{Operand, Size};
pub use self::table::{ItemCall, ReturnValues, Table};
pub use self::transaction::{CancellationReason, TransactGet, TransactWrite, cancellation_reasons};
pub use self::types::{Binary, Map, Number, Set};
pub use self::update::Update;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::attribute_value::{self, Form, FromPlain, Path};
use crate::client::AnyClient;
use crate::error::Result;

/// The service.
const SERVICE: &str = "dynamodb";

/// Converts a value to an item with typed values, such as `{"id": {"S": "a"}}`, for the parameters of an operation.
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
/// Returns an error if the value is not an object, or contains a value that DynamoDB does not support, such as NaN or an empty
/// set.
pub fn to_item<T: Serialize + ?Sized>(item: &T) -> Result<Value> {
    let mut plain = plain_item(item)?;
    for (name, value) in plain.as_object_mut().into_iter().flatten() {
        *value = attribute_value::to_typed(value.take()).map_err(|error| error.in_member(name))?;
    }
    Ok(plain)
}

/// Converts an item with typed values, as results have it, to a value of type `T`.
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
/// Returns an error if the item is invalid or does not fit the type.
pub fn from_item<T: DeserializeOwned>(mut item: Value) -> Result<T> {
    let members = item.as_object_mut().ok_or(DynamoDbError::NotAnObject)?;
    for (name, value) in members {
        *value = attribute_value::to_plain(value.take(), Path::Member(&Path::Root, name))?;
    }
    from_plain(item)
}

/// Converts a value to an attribute value, such as `{"S": "a"}`.
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
/// Returns an error if DynamoDB does not support the value.
pub fn to_attribute_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    Ok(Form::Typed.convert(serializer::to_plain(value)?)?)
}

/// Converts an attribute value, such as `{"S": "a"}`, to a value of type `T`.
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
/// Returns an error if the attribute value is invalid or does not fit the type.
pub fn from_attribute_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    from_plain(Form::Plain.convert(value)?)
}

/// The client with plain attribute values.
fn plain<C: AnyClient>(client: &C) -> C {
    client.with_shared(client.shared().with_plain_attribute_values())
}

/// An item or a key as a plain object.
fn plain_item<T: Serialize + ?Sized>(item: &T) -> Result<Value> {
    let plain = serializer::to_plain(item)?;
    match plain.is_object() {
        true => Ok(plain),
        false => Err(DynamoDbError::NotAnObject.into()),
    }
}

/// Validates an item or a key and returns it as a plain object in which equal values have equal forms.
fn canonical_item<T: Serialize + ?Sized>(item: &T) -> Result<Value> {
    let mut item = to_item(item)?;
    for (_, value) in item.as_object_mut().into_iter().flatten() {
        *value = Form::Plain.convert(value.take())?;
    }
    Ok(item)
}

fn from_plain<T: DeserializeOwned>(plain: Value) -> Result<T> {
    T::deserialize(FromPlain(plain)).map_err(|error| DynamoDbError::Deserialize(error).into())
}

/// Removes a member from a response and returns it; returns null if the response lacks it.
fn take(object: &mut Value, name: &str) -> Value {
    object.get_mut(name).map(Value::take).unwrap_or_default()
}
