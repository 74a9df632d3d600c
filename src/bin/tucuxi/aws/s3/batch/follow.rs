//! Follows a job until it ends.

use std::time::Duration;

use serde_json::{Value, json};
use tucuxi::internals::command::wait;
use tucuxi::transport::CancelToken;
use tucuxi::{Client, Result};

use crate::bar::Bar;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Follows jobs.
pub(super) struct Follower<'f> {
    pub(super) client: &'f Client,
    pub(super) account: &'f str,
    pub(super) cancel: &'f CancelToken,
    pub(super) shows_bar: bool,
}

/// What became of a job: the text that is printed.
pub(super) enum Outcome {
    /// Ctrl-C ended the following.
    Cancelled,
    Complete(String),
    Failed(String),
}

impl Follower<'_> {
    /// Follows a job until it ends, or until Ctrl-C, which does not end the job.
    ///
    /// # Errors
    ///
    /// Returns an error if the job cannot be described.
    pub(super) fn follow(&self, id: &str) -> Result<Outcome> {
        let bar = self.shows_bar.then(|| Bar::new(format!("Job {id}")));
        let mut pause = FIRST_PAUSE;
        loop {
            let params = json!({"AccountId": self.account, "JobId": id});
            let request = self.client.request("s3control", "DescribeJob");
            let response = request.params(params).cancel_with(self.cancel).send();
            let mut response = match response.and_then(|output| output.to_value()) {
                Err(error) if error.is_cancelled() => return Ok(Outcome::Cancelled),
                response => response?,
            };
            let job = response["Job"].take();
            if let Some(outcome) = outcome(&job) {
                return Ok(outcome);
            }
            if let Some(bar) = &bar {
                let done =
                    number(&job, "NumberOfTasksSucceeded") + number(&job, "NumberOfTasksFailed");
                bar.show(done, Some(number(&job, "TotalNumberOfTasks")));
            }
            wait(self.cancel, pause);
            if self.cancel.is_cancelled() {
                return Ok(Outcome::Cancelled);
            }
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }
}

/// What became of a job, unless it goes on by itself.
fn outcome(job: &Value) -> Option<Outcome> {
    let status = job["Status"].as_str().unwrap_or_default();
    let failed = number(job, "NumberOfTasksFailed");
    let counts = format!(
        "{} of {} object(s) done, {failed} failed",
        number(job, "NumberOfTasksSucceeded"),
        number(job, "TotalNumberOfTasks"),
    );
    let text = match status {
        "Cancelled" | "Complete" | "Failed" => counts,
        "Suspended" => {
            "the job waits for a confirmation: s3control update-job-status --requested-job-status Ready".to_owned()
        }
        _ => return None,
    };
    let reasons = job["FailureReasons"].as_array().into_iter().flatten();
    let reasons = reasons.map(|reason| {
        let text = |name: &str| reason[name].as_str().unwrap_or_default().to_owned();
        format!("; {}: {}", text("FailureCode"), text("FailureReason"))
    });
    let reasons: String = reasons.collect();
    let text = format!("{status}: {text}{reasons}");
    Some(match (status, failed) {
        ("Complete", 0) => Outcome::Complete(text),
        _ => Outcome::Failed(text),
    })
}

fn number(job: &Value, name: &str) -> u64 {
    job["ProgressSummary"][name].as_u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_succeeds_if_no_object_failed() {
        for (status, failed, expected) in [
            ("Complete", 0, Some(true)),
            ("Complete", 1, Some(false)),
            ("Failed", 0, Some(false)),
            ("Cancelled", 0, Some(false)),
            ("Suspended", 0, Some(false)),
            ("Active", 1, None),
            ("New", 0, None),
            ("Paused", 0, None),
        ] {
            let job = json!({"Status": status, "ProgressSummary": {"NumberOfTasksFailed": failed}});
            let found = outcome(&job).map(|it| matches!(it, Outcome::Complete(_)));
            assert_eq!(found, expected, "{status}");
        }
    }
}
