//! `tucuxi s3 rb`

use serde_json::json;

use super::given::Given;
use super::mb::{bucket, finish};
use super::plan::usage_error;
use super::{Command, Session, rm};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "rb",
    about: "deletes an empty bucket, or on request one with objects",
    usage: "S3Uri",
    places: (1, 1),
    options: &[&["force"]],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    let (path, bucket, key) = bucket(given)?;
    if !key.is_empty() {
        return Err(usage_error(format!(
            "rb needs a bucket without a key, such as s3://{bucket}"
        )));
    }
    if given.has("force") {
        let args = vec![path.to_owned(), "--recursive".to_owned()];
        let env = session.client.config().environment();
        let given = Given::read(&rm::COMMAND, args, env)?;
        let all = Session {
            client: session.client.clone(),
            others: session.others.clone(),
            globals: session.globals,
            out: &mut *session.out,
        };
        (rm::COMMAND.run)(&given, all).map_err(|failure| match failure {
            Failure::Reported(130) => failure,
            _ => Failure::Other(
                "not all objects of the bucket could be deleted, so the bucket is not deleted"
                    .into(),
            ),
        })?;
    }
    let params = json!({"Bucket": bucket});
    let done = session.client.call("s3", "DeleteBucket", params);
    finish("remove_bucket", path, bucket, done, session)
}
