//! Creates the jobs of a plan, and follows them.

use std::path::Path;
use std::sync::PoisonError;

use serde_json::{Value, json};
use tucuxi::transport::CancelToken;

use super::super::lines::{Event, Lines};
use super::follow::{Follower, Outcome};
use super::manifest::{Manifest, Written};
use super::{Batch, goes_on};
use crate::output::sentence;

/// The priority of jobs among those of the account.
const PRIORITY: u32 = 10;

impl Batch {
    /// Creates the jobs of a plan that has ended, and follows them.
    pub(in super::super) fn submit(&self, lines: &Lines, cancel: &CancelToken) {
        let plans = std::mem::take(&mut *self.plans.lock().unwrap_or_else(PoisonError::into_inner));
        let mut copy = self.copy.clone();
        if let Some(prefix) = plans.prefix.flatten() {
            copy["TargetKeyPrefix"] = prefix.into();
        }
        let invoke = json!({"FunctionArn": self.function, "InvocationSchemaVersion": "2.0"});
        // both are complete before the first job is created
        let written = [plans.copies, plans.deletions].map(Manifest::finish);
        let [copies, deletions] = match written {
            [Ok(copies), Ok(deletions)] => [copies, deletions],
            [Err(error), _] | [_, Err(error)] => {
                return lines.fatal(&format!("the manifest cannot be written: {error}"));
            }
        };
        let mut jobs = Vec::new();
        for (word, manifest, operation) in [
            ("copy", copies, json!({"S3PutObjectCopy": copy})),
            ("deletion", deletions, json!({"LambdaInvoke": invoke})),
        ] {
            let Some(manifest) = manifest else {
                continue;
            };
            match self.create(word, &manifest, operation, lines, cancel) {
                Ok(job) => jobs.push(job),
                Err(error) if error.is_cancelled() => return lines.send(Event::Cancelled),
                Err(error) => {
                    lines.fatal(&sentence(&error));
                    break;
                }
            }
        }
        if self.waits {
            self.follow(&jobs, lines, cancel);
        }
    }

    fn create(
        &self,
        word: &str,
        manifest: &Written,
        operation: Value,
        lines: &Lines,
        cancel: &CancelToken,
    ) -> tucuxi::Result<String> {
        let (bucket, prefix) = &self.place;
        let key = format!("{prefix}{}", manifest.name);
        let path: &Path = &manifest.path;
        let upload = self.manager.upload(path, bucket, &key).cancel_with(cancel);
        let stored = upload.run()?;
        let etag = stored.etag.unwrap_or_default();
        let mut location = json!({
            "ObjectArn": format!("{}{bucket}/{key}", self.arn),
            "ETag": etag.trim_matches('"'),
        });
        if let Some(version) = stored.version_id {
            location["ObjectVersionId"] = version.into();
        }
        // the client adds a ClientRequestToken, which is the same in all attempts
        let params = json!({
            "AccountId": self.account,
            "ConfirmationRequired": false,
            "Description": self.description,
            "Manifest": {
                "Spec": {
                    "Format": "S3BatchOperations_CSV_20180820",
                    "Fields": ["Bucket", "Key"],
                },
                "Location": location,
            },
            "Operation": operation,
            "Priority": PRIORITY,
            "Report": self.report,
            "RoleArn": self.role,
        });
        let response = self.client.call("s3control", "CreateJob", params)?;
        let id = response["JobId"].as_str().unwrap_or_default().to_owned();
        let objects = manifest.objects;
        lines.send(Event::Done(format!(
            "job: {id} ({word} of {objects} object(s), manifest s3://{bucket}/{key})"
        )));
        Ok(id)
    }

    fn follow(&self, jobs: &[String], lines: &Lines, cancel: &CancelToken) {
        let follower = Follower {
            client: &self.client,
            account: &self.account,
            cancel,
            shows_bar: self.shows_bar,
        };
        for id in jobs {
            match follower.follow(id) {
                Ok(Outcome::Cancelled) => {
                    lines.send(Event::Note(goes_on(id)));
                    lines.send(Event::Cancelled);
                }
                Ok(Outcome::Complete(text)) => lines.send(Event::Done(format!("job: {id} {text}"))),
                Ok(Outcome::Failed(text)) => {
                    lines.send(Event::Failed(format!("job failed: {id} {text}")));
                }
                Err(error) => {
                    lines.fatal(&sentence(&error));
                    lines.send(Event::Note(goes_on(id)));
                }
            }
        }
    }
}
