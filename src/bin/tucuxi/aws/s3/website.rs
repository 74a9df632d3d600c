//! `tucuxi s3 website`

use serde_json::json;

use super::given::Given;
use super::{Command, Session, uri};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "website",
    about: "configures a bucket as a website",
    usage: "S3Uri",
    places: (1, 1),
    options: &[&["error-document", "index-document"]],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    let path = given.paths.first().map(String::as_str).unwrap_or_default();
    let path = uri::of_s3(path).unwrap_or(path);
    uri::check(path).map_err(Failure::Usage)?;
    let bucket = path.strip_suffix('/').unwrap_or(path);
    let mut website = json!({});
    if let Some(suffix) = given.text("index-document") {
        website["IndexDocument"]["Suffix"] = suffix.into();
    }
    if let Some(key) = given.text("error-document") {
        website["ErrorDocument"]["Key"] = key.into();
    }
    let params = json!({"Bucket": bucket, "WebsiteConfiguration": website});
    session.client.call("s3", "PutBucketWebsite", params)?;
    Ok(())
}
