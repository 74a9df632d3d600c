//! An unofficial AWS SDK that interprets service models at run time: every operation of 439 services by its name in the API, in
//! JSON or in types of your own, without generated code.
//!
//! ```
//! use serde::Deserialize;
//! use serde_json::json;
//! use tucuxi::{Client, Config, Credentials};
//! # use tucuxi::transport::Replay;
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "PascalCase")]
//! struct Identity {
//!     account: String,
//!     arn: String,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
//! # let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/fish</Arn>\
//! #     <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
//! # let replay = Replay::new()
//! #     .respond(200, &[], r#"{"TableNames": ["films"]}"#)
//! #     .respond(200, &[], identity)
//! #     .respond(200, &[], "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>")
//! #     .respond(200, &[], r#"{"Table": {"TableStatus": "ACTIVE"}}"#)
//! #     .respond(200, &[("etag", "\"e\"")], "")
//! #     .respond(404, &[], "");
//! # let client = Client::with_transport(config, replay)?;
//! # let folder = tempfile::tempdir()?;
//! # let film = folder.path().join("film.mp4");
//! # std::fs::write(&film, "a film")?; /*
//! let client = Client::new()?; // region and credentials from the environment and ~/.aws, as for every AWS tool
//! # */
//! // a call: JSON in, JSON out
//! let tables = client.call("dynamodb", "ListTables", json!({"Limit": 10}))?;
//! println!("{}", tables["TableNames"][0]);
//!
//! // a typed result
//! let identity: Identity = client.call_as("sts", "GetCallerIdentity", json!({}))?;
//! println!("{} in {}", identity.arn, identity.account);
//!
//! // pages, with a JMESPath expression
//! let pages = client.pages("s3", "ListObjectsV2", json!({"Bucket": "river"}))?;
//! for key in pages.search("Contents[].Key")? {
//!     println!("{}", key?);
//! }
//!
//! // a waiter
//! client.wait("dynamodb", "TableExists", json!({"TableName": "films"}))?;
//!
//! // a transfer, in parts and in parallel
//! client.transfer().upload_file(&film, "river", "film.mp4").run()?;
//!
//! // errors
//! match client.call("s3", "HeadBucket", json!({"Bucket": "lake"})) {
//!     Err(error) if error.is_not_found() => println!("no such bucket"),
//!     other => println!("{:?}", other?),
//! }
//!
//! // another region, other credentials; connections and models are shared
//! let credentials = Credentials::new("AKIDEXAMPLE", "secret");
//! let tokyo = client.with(|config| config.region("ap-northeast-1").credentials(credentials))?;
//! # assert_eq!(tokyo.credentials()?.access_key_id(), "AKIDEXAMPLE");
//! # Ok(())
//! # }
//! ```
//!
//! Calls of a [`Client`] block and need no async runtime; the `AsyncClient` of the feature `async` has them as futures. The [`guide`] has chapters on [calls and errors](guide::calls),
//! [large results](guide::large_results), [credentials](guide::credentials), [transfers](guide::transfers),
//! [presigned URLs](guide::presigned), [Lambda](guide::lambda), [S3-compatible servers](guide::s3_compatible) and
//! [tests without AWS](guide::testing), and for people who come [from boto3](guide::from_boto3),
//! [from aws-sdk-rust](guide::from_aws_sdk_rust) or [from the `aws` command](guide::from_the_aws_command).
//!
//! | to | use |
//! | --- | --- |
//! | call an operation | [`Client::call`], [`Client::call_as`], [`Client::request`] |
//! | call over many regions and accounts | [`Client::fan_out`], [`fan_out`] |
//! | list and wait | [`Client::pages`], [`Client::wait`], [`Client::waiter`] |
//! | transfer files, streams and folders | [`Client::transfer`], [`transfer`] |
//! | read and write DynamoDB items | [`Client::table`], [`dynamodb`] |
//! | use objects instead of operations, as in boto3 | [`Client::resource`], [`resource`] |
//! | sign URLs and forms | [`Client::presigner`], [`auth::Signer`] for requests without a model |
//! | configure | [`Config::builder`], [`Client::with`], [`RequestBuilder::config`] |
//! | list services, operations, regions, endpoints; JSON Schemas | [`Client::introspect`] |
//! | hook into calls | [`interceptor`] |
//! | test | [`interceptor::Stub`], [`transport::Replay`] |
//!
//! # Values
//!
//! Parameters and results have the names of the API.
//!
//! | in the model | in JSON |
//! | --- | --- |
//! | structure, map | an object |
//! | list | an array |
//! | string, enum | a string |
//! | boolean, integer, long | a boolean, an exact number |
//! | float, double | a number, or `"NaN"`, `"Infinity"`, `"-Infinity"` |
//! | blob | a base64 string; see [`blob`] for types of your own |
//! | streaming blob, payload | not a member: [`RequestBuilder::body`] and [`Output::body`]; [`Client::call`] returns it as base64 |
//! | event stream | not a member: [`RequestBuilder::events`] and [`Output::events`] |
//! | timestamp | in: an RFC 3339 string, or seconds since 1970; out: an RFC 3339 string that ends in `Z` |
//! | union | an object with one member |
//! | document | any JSON value |
//!
//! A member of a response that does not fit its shape does not lose the response: it is returned as it came or left out, and
//! [`Output::warnings`] names it.
//!
//! # Features
//!
//! | feature | default | contents |
//! | --- | --- | --- |
//! | `embedded` | yes | the models of all services, 3 MB in the binary |
//! | `sigv4a` | yes | signature version 4a, which S3 multi-region access points need |
//! | `ureq` | yes | the blocking HTTP transport; without it, programs bring a [`transport::Transport`] |
//! | `async` | no | `AsyncClient`, on tokio, with HTTP/2 and events in both directions |
//! | `cloudfront` | no | [`cloudfront`]: signed URLs and cookies |
//! | `mock` | no | [`mock`]: a server that answers every operation, for tests |
//! | `cli` | no | the `tucuxi` command and the importer of models |
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
//! A call passes through these stages:
//!
//! ```text
//! client ──► params ──► exchange ──► endpoint ──► protocol + codec ──► auth ──► transport
//!                          │   ▲                                                   │
//!                          │   └──────────────── response or failure ──────────────┘
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
mod client;
#[cfg(feature = "cloudfront")]
pub mod cloudfront;
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
pub mod fan_out;
mod file;
mod frame;
pub mod guide;
mod hash;
mod identity;
pub mod interceptor;
#[cfg(any(feature = "_internals", feature = "cli"))]
#[doc(hidden)]
pub mod internals;
mod introspection;
pub mod login;
#[cfg(feature = "mock")]
pub mod mock;
pub mod model;
mod names;
mod new_file;
mod outline;
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
#[cfg(feature = "async")]
mod runtime;
mod search;
mod secrets;
mod settings;
mod sync;
mod time;
pub mod transfer;
pub mod transport;
pub mod tree;
mod uri;
mod wait;

/// Byte buffers of bodies, in the version that this crate uses.
pub use bytes;
/// Types of requests and responses, in the version that this crate uses.
pub use http;
/// The JSON values of parameters and results, in the version that this crate uses. See the
/// [crate docs](crate#dependencies-in-the-public-api) for the features that are enabled.
pub use serde_json;

#[cfg(feature = "async")]
pub use self::body::BodyStream;
pub use self::body::{Body, BodySource, ResponseBody, Reuse};
#[cfg(feature = "async")]
pub use self::client::AsyncClient;
pub use self::client::{AnyClient, Client, RequestBuilder};
pub use self::codec::warning::Warning;
pub use self::config::{Config, ConfigBuilder};
pub use self::error::{Error, ErrorKind, Result, ServiceError};
pub use self::exchange::EndpointExplanation;
pub use self::identity::{ApiKey, BearerToken, Credentials, HttpLogin};
pub use self::introspection::{Introspection, ServiceView};
pub use self::output::{Output, ResponseMeta};
pub use self::paginate::{Elements, Pages};
pub use self::presign::{PresignedPost, PresignedPostBuilder, PresignedRequest, Presigner};
pub use self::printable::Printable;
pub use self::resource::Resource;
pub use self::search::SearchHit;
pub use self::tree::Tree;
pub use self::wait::{Progress, Wait, WaitError, WaitFailure, WaitOutput};

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
