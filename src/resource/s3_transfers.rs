//! Transfers as actions of S3's resources.
//!
//! | action | parameters |
//! | --- | --- |
//! | `upload_file`, `download_file` | `Filename`; `Key` (buckets only); `ExtraArgs` |
//! | `copy` | `CopySource` with `Bucket`, `Key` and optionally `VersionId`; `Key` (buckets only); `ExtraArgs` |
//!
//! Streams cannot be JSON parameters: use [`Client::transfer`](crate::Client::transfer) for them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{ActionOutput, Resource};
use crate::error::{Error, Result};
use crate::params::{ParamError, ParamErrorKind, ParamErrors};
use crate::transfer::{CopySource, Job};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FileParams {
    filename: String,
    key: Option<String>,
    #[serde(default)]
    extra_args: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CopyParams {
    copy_source: CopyFrom,
    key: Option<String>,
    #[serde(default)]
    extra_args: Value,
}

#[derive(Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = "an object with Bucket and Key"
)]
struct CopyFrom {
    bucket: String,
    key: String,
    version_id: Option<String>,
}

pub(super) fn upload_file(on: &Resource, params: Value) -> Result<ActionOutput> {
    let params: FileParams = parse(params)?;
    let (bucket, key) = bucket_and_key(on, params.key)?;
    let job = on
        .client()
        .transfer()
        .upload_file(params.filename, bucket, key);
    run(job, params.extra_args)
}

pub(super) fn download_file(on: &Resource, params: Value) -> Result<ActionOutput> {
    let params: FileParams = parse(params)?;
    let (bucket, key) = bucket_and_key(on, params.key)?;
    let job = on
        .client()
        .transfer()
        .download_file(bucket, key, params.filename);
    run(job, params.extra_args)
}

pub(super) fn copy(on: &Resource, params: Value) -> Result<ActionOutput> {
    let params: CopyParams = parse(params)?;
    let (bucket, key) = bucket_and_key(on, params.key)?;
    let mut source = CopySource::new(params.copy_source.bucket, params.copy_source.key);
    if let Some(version) = params.copy_source.version_id {
        source = source.version(version);
    }
    run(
        on.client().transfer().copy(source, bucket, key),
        params.extra_args,
    )
}

fn parse<P: DeserializeOwned>(params: Value) -> Result<P> {
    match params.is_object() {
        true => P::deserialize(params).map_err(|e| invalid(&e.to_string())),
        false => Err(invalid("must be an object")),
    }
}

fn invalid(reason: &str) -> Error {
    let kind = ParamErrorKind::Unreadable {
        reason: reason.into(),
    };
    let path = "".into();
    ParamErrors(vec![ParamError { path, kind }]).into()
}

/// The bucket and key: an object has both, a bucket needs the key.
fn bucket_and_key(on: &Resource, key: Option<String>) -> Result<(String, String)> {
    let identifier = |name: &str| -> Result<String> {
        let value = on.identifier(name)?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    };
    match (identifier("key"), key) {
        (Ok(own), None) => Ok((identifier("bucket_name")?, own)),
        (Ok(_), Some(_)) => Err(invalid("Key: not allowed, the object has a key")),
        (Err(_), Some(key)) => Ok((identifier("name")?, key)),
        (Err(_), None) => Err(invalid("Key: required member is missing")),
    }
}

fn run(job: Job<'static>, args: Value) -> Result<ActionOutput> {
    let report = job.args(args).run()?;
    let mut value = json!({"Bytes": report.bytes});
    for (name, text) in [("ETag", report.etag), ("VersionId", report.version_id)] {
        if let Some(text) = text {
            value[name] = text.into();
        }
    }
    Ok(ActionOutput::Value(value))
}
