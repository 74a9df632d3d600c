//! `tucuxi s3 mb`

use std::io::{self, Write as _};

use serde_json::{Value, json};
use tucuxi::internals::command::PrintableLines;

use super::given::Given;
use super::plan::usage_error;
use super::{Command, Session, uri};
use crate::failure::Failure;
use crate::output::sentence;

pub(super) const COMMAND: Command = Command {
    name: "mb",
    about: "creates a bucket",
    usage: "S3Uri",
    places: (1, 1),
    options: &[&["tags"]],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    let (path, bucket, _) = bucket(given)?;
    if uri::is_directory_bucket(bucket) {
        return Err(usage_error(
            "mb cannot create a directory bucket; use s3api create-bucket",
        ));
    }
    let mut params = json!({"Bucket": bucket});
    if bucket.ends_with("-an") {
        params["BucketNamespace"] = "account-regional".into();
    }
    let region = session.client.config().region().unwrap_or_default();
    // us-east-1 is the default, and no value of the parameter
    if !["", "us-east-1", "aws-global"].contains(&region) {
        params["CreateBucketConfiguration"]["LocationConstraint"] = region.into();
    }
    let tags = given.texts("tags");
    if !tags.is_empty() {
        let tag = |tag: &[&str]| json!({"Key": tag[0], "Value": tag.get(1).unwrap_or(&"")});
        let tags: Vec<Value> = tags.chunks(2).map(tag).collect();
        params["CreateBucketConfiguration"]["Tags"] = tags.into();
    }
    let done = session.client.call("s3", "CreateBucket", params);
    finish("make_bucket", path, bucket, done, session)
}

/// The path of a line, and its bucket and key.
///
/// # Errors
///
/// Returns an error if it is no S3 URI.
pub(super) fn bucket(given: &Given) -> Result<(&str, &str, &str), Failure> {
    let path = given.paths.first().map(String::as_str).unwrap_or_default();
    let Some(rest) = uri::of_s3(path) else {
        return Err(usage_error(format!(
            "{path:?} is no S3 URI, such as s3://bucket"
        )));
    };
    uri::check(rest).map_err(Failure::Usage)?;
    let (bucket, key) = uri::bucket_and_key(rest);
    Ok((path, bucket, key))
}

/// Prints what was done with a bucket.
///
/// # Errors
///
/// Returns an error if the call failed, which has been printed, or stdout cannot be written.
pub(super) fn finish(
    word: &str,
    path: &str,
    bucket: &str,
    done: tucuxi::Result<Value>,
    session: Session<'_, '_>,
) -> Result<(), Failure> {
    match done {
        Ok(_) => {
            writeln!(session.out, "{word}: {}", PrintableLines(bucket))?;
            Ok(session.out.flush()?)
        }
        Err(error) => {
            let text = format!("{word} failed: {path} {}", sentence(&error));
            let _ = writeln!(io::stderr(), "{}", PrintableLines(text));
            Err(Failure::Reported(1))
        }
    }
}
