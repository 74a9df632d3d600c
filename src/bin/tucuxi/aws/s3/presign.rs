//! `tucuxi s3 presign`

use std::io::Write as _;
use std::time::Duration;

use serde_json::json;
use tucuxi::internals::command::PrintableLines;

use super::given::Given;
use super::{Command, Session, uri};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "presign",
    about: "prints a URL with which anyone can download an object",
    usage: "S3Uri",
    places: (1, 1),
    options: &[&["expires-in"]],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    let path = given.paths.first().map(String::as_str).unwrap_or_default();
    let path = uri::of_s3(path).unwrap_or(path);
    uri::check(path).map_err(Failure::Usage)?;
    let (bucket, key) = uri::bucket_and_key(path);
    let expires = Duration::from_secs(given.number("expires-in")?.unwrap_or(3600));
    let params = json!({"Bucket": bucket, "Key": key});
    let presigner = session.client.presigner();
    let request = presigner.presign("s3", "GetObject", params, expires)?;
    writeln!(session.out, "{}", PrintableLines(&request.url))?;
    Ok(session.out.flush()?)
}
