//! The AWS SDK that interprets service models at run time.
//!
//! ```no_run
//! use serde_json::json;
//!
//! let client = tucuxi::Client::new()?;
//! let buckets = client.call("s3", "ListBuckets", json!({}))?;
//! println!("{}", buckets["Buckets"]);
//! # Ok::<(), tucuxi::Error>(())
//! ```
//!
//! Every operation of every service that there is a model of can be called so: nothing is generated, and a model that AWS
//! publishes tomorrow is a file in a folder ([`model`]). Parameters and results are JSON values by the names of the API:
//!
//! | in the model | in JSON |
//! | --- | --- |
//! | blob | base64, both ways; a streaming one is [`RequestBuilder::body`] and [`Output::body`] |
//! | timestamp | in: RFC 3339 text or seconds since 1970; out: RFC 3339 text that ends in `Z` |
//! | float | a number, or `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | long | a number, exact |
//! | union | an object of one member |
//! | document | as it is |
//!
//! On top of calls are [`transfer`] for files in S3, [`resource`] for things instead of operations, and [`dynamodb`] for items.
//!
//! # Dependencies in the public API
//!
//! Requests, bodies and values are types of [`http`], [`bytes`] and [`serde_json`], which are re-exported.
//!
//! This crate enables three features of `serde_json`, and Cargo enables them for all crates of a program that depends on it:
//!
//! | feature | effect on the program |
//! | --- | --- |
//! | `preserve_order` | a [`serde_json::Map`] keeps the order in which members were inserted instead of sorting them, so results have the order of the response; `Map::remove` is then `swap_remove`, and `shift_remove` keeps the order |
//! | `float_roundtrip` | numbers with a fraction are parsed exactly, about half as fast |
//! | `raw_value` | adds a type, changes nothing |
//!
//! # Structure
//!
//! What a call goes through is the crate's plan:
//!
//! ```text
//! client ──► params ──► exchange ──► endpoint ──► protocol + codec ──► auth ──► transport
//!                          │   ▲                                                   │
//!                          │   └──────────────── answer, or none ──────────────────┘
//!                          └──► retry, error or output
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod attribute_value;
pub mod auth;
pub mod blob;
mod body;
mod call;
mod cancel;
pub mod checksum;
#[cfg(feature = "cli")]
pub mod cli;
mod client;
mod codec;
mod compress;
pub mod config;
pub mod credentials;
mod custom;
mod decimal;
pub mod dynamodb;
pub mod endpoint;
mod environment;
pub mod error;
pub mod eventstream;
mod exchange;
mod file;
mod frame;
mod hash;
mod identity;
pub mod interceptor;
#[cfg(feature = "_internals")]
#[doc(hidden)]
#[allow(missing_docs, reason = "not part of the public API")]
pub mod internals;
mod introspection;
pub mod model;
mod names;
mod new_file;
pub mod output;
mod paginate;
pub mod params;
mod presign;
mod printable;
mod protocol;
pub mod query;
mod random;
mod read;
pub mod resource;
mod secrets;
mod settings;
mod sync;
mod time;
pub mod transfer;
pub mod transport;
mod uri;
mod wait;

/// Byte buffers of bodies, in the version that this crate uses.
pub use bytes;
/// Types of requests and responses, in the version that this crate uses.
pub use http;
/// The JSON values of parameters and results, in the version that this crate uses. See the
/// [crate docs](crate#dependencies-in-the-public-api) for the features that are enabled.
pub use serde_json;

pub use self::body::{Body, BodySource, ResponseBody, Reuse};
pub use self::client::{Client, RequestBuilder};
pub use self::codec::fit::Warning;
pub use self::config::{Config, ConfigBuilder};
pub use self::error::{Error, ErrorKind, Result, ServiceError};
pub use self::exchange::EndpointExplanation;
pub use self::identity::{BearerToken, Credentials};
pub use self::introspection::Introspection;
pub use self::output::{Output, ResponseMeta};
pub use self::paginate::{Elements, Pages};
pub use self::presign::{PresignedPost, PresignedPostBuilder, PresignedRequest, Presigner};
pub use self::printable::Printable;
pub use self::resource::Resource;
pub use self::wait::{Progress, Wait, WaitError, WaitFailure, WaitOutput};

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
