//! `--batch`: a plan that S3 Batch Operations carries out, instead of this machine.
//!
//! ```text
//! items ─► jobs ─► manifest of copies ────┬─► upload ─► CreateJob ─► DescribeJob …
//!               └► manifest of deletions ─┘
//! ```
//! A job is created only if everything could be listed and compared. It has the objects of the plan and no others. Objects that no
//! job can copy are left out, with an error each.

mod copy;
mod follow;
mod manifest;
mod submit;

use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tucuxi::Client;
use tucuxi::internals::command::PrintableLines;
use tucuxi::transfer::TransferManager;
use tucuxi::transport::CancelToken;

use self::follow::{Follower, Outcome};
use self::manifest::Manifest;
use super::given::Given;
use super::items::Item;
use super::places::{Action, Place};
use super::plan::{Kind, Plan, usage_error};
use super::{NAME, Session, options, uri};
use crate::failure::Failure;

/// The longest description of a job.
const DESCRIPTION: usize = 256;

/// The jobs of a line.
pub(super) struct Batch {
    client: Client,
    manager: TransferManager,
    account: String,
    role: String,
    description: String,
    /// `arn:aws:s3:::`
    arn: String,
    /// Bucket and prefix of manifests.
    place: (String, String),
    report: Value,
    /// The function that deletes objects.
    function: Option<String>,
    /// S3PutObjectCopy.
    copy: Value,
    waits: bool,
    shows_bar: bool,
    plans: Mutex<Plans>,
}

/// What the jobs will do.
#[derive(Default)]
struct Plans {
    copies: Manifest,
    /// The prefix of the targets of copies, once the first one is known.
    prefix: Option<Option<String>>,
    deletions: Manifest,
}

impl Batch {
    /// Reads the options of a line: `None` if it has no `--batch`.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is missing or invalid, or no job can do what the line says.
    pub(super) fn new(
        plan: &Plan,
        given: &Given,
        session: &Session<'_, '_>,
    ) -> Result<Option<Self>, Failure> {
        if !given.has("batch") {
            let mut parts = options::BATCH.iter().filter(|name| given.has(name));
            return match parts.next() {
                Some(name) => Err(usage_error(format!("--{name} needs --batch"))),
                None => Ok(None),
            };
        }
        let action = plan.places.action;
        if !matches!(action, Action::Copy | Action::Delete) {
            return Err(usage_error(
                "--batch is for copies from bucket to bucket and for deletions; files are on this machine only",
            ));
        }
        for place in [&plan.places.source, &plan.places.destination] {
            check_bucket(place)?;
        }
        let mut copy = match action {
            Action::Copy => copy::operation(given)?,
            _ => Value::Null,
        };
        let required = |name: &str| {
            let value = given.text(name).map(str::to_owned);
            value.ok_or_else(|| usage_error(format!("--batch needs --{name}")))
        };
        let deletes = plan.kind == Kind::Remove || given.has("delete");
        let function = match deletes {
            false => None,
            true if given.has("batch-function") => Some(required("batch-function")?),
            true => {
                return Err(usage_error(
                    "S3 Batch Operations has no operation that deletes objects: --batch-function names a Lambda function that does; lifecycle rules delete without a job, and s3 rm does from this machine",
                ));
            }
        };
        let client = session.others.clone();
        let partition = partition(&client)?;
        let arn = format!("arn:{partition}:s3:::");
        if action == Action::Copy {
            let target = uri::bucket_and_key(plan.places.destination.path()).0;
            copy["TargetResource"] = format!("{arn}{target}").into();
        }
        let place = folder(&required("batch-manifest")?, "batch-manifest")?;
        let report = match given.text("batch-report") {
            None => json!({"Enabled": false}),
            Some(text) => {
                let (bucket, prefix) = folder(text, "batch-report")?;
                let mut report = json!({
                    "Enabled": true,
                    "Bucket": format!("{arn}{bucket}"),
                    "Format": "Report_CSV_20180820",
                    "ReportScope": "FailedTasksOnly",
                });
                if let Some(prefix) = prefix.strip_suffix('/') {
                    report["Prefix"] = prefix.into();
                }
                report
            }
        };
        let role = required("batch-role")?;
        let account = match given.has("dryrun") {
            true => String::new(),
            false => account(given, &client)?,
        };
        let description = format!("{NAME} {} {}", given.command.name, given.paths.join(" "));
        Ok(Some(Self {
            client,
            manager: session.client.transfer(),
            account,
            role,
            description: description.chars().take(DESCRIPTION).collect(),
            arn,
            place,
            report,
            function,
            copy,
            waits: !given.has("batch-no-wait"),
            shows_bar: shows_bar(given),
            plans: Mutex::default(),
        }))
    }

    /// Plans a copy.
    ///
    /// # Errors
    ///
    /// Returns a message if no job can make it.
    pub(super) fn copy(&self, item: &Item, target: &str) -> Result<(), String> {
        let (bucket, key) = uri::bucket_and_key(&item.path);
        let prefix = copy::prefix(key, item.size, uri::bucket_and_key(target).1)?;
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let known = plans
            .prefix
            .get_or_insert_with(|| prefix.map(str::to_owned));
        if known.as_deref() != prefix {
            return Err("a job has one prefix for all copies; copy it without --batch".to_owned());
        }
        plans.copies.add(bucket, key);
        Ok(())
    }

    /// Plans a deletion.
    pub(super) fn delete(&self, item: &Item) {
        let (bucket, key) = uri::bucket_and_key(&item.path);
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.deletions.add(bucket, key);
    }
}

/// Follows the job of a line: `describe-job`.
///
/// # Errors
///
/// Returns an error if the job failed, which has been printed, or cannot be described.
pub(super) fn describe(
    given: &Given,
    session: Session<'_, '_>,
    cancel: &CancelToken,
) -> Result<(), Failure> {
    let id = given.paths.first().map(String::as_str).unwrap_or_default();
    let client = &session.others;
    let account = account(given, client)?;
    let follower = Follower {
        client,
        account: &account,
        cancel,
        shows_bar: true,
    };
    let (text, code) = match follower.follow(id)? {
        Outcome::Cancelled => (goes_on(id), 130),
        Outcome::Complete(text) => {
            writeln!(
                session.out,
                "{}",
                PrintableLines(format!("job: {id} {text}"))
            )?;
            return Ok(session.out.flush()?);
        }
        Outcome::Failed(text) => (format!("job failed: {id} {text}"), 1),
    };
    let _ = writeln!(io::stderr(), "{}", PrintableLines(text));
    Err(Failure::Reported(code))
}

fn goes_on(id: &str) -> String {
    format!("job {id} goes on; s3 describe-job {id} follows it")
}

/// The account of the jobs.
fn account(given: &Given, client: &Client) -> Result<String, Failure> {
    if let Some(account) = given.text("account-id") {
        return Ok(account.to_owned());
    }
    let identity = client.call("sts", "GetCallerIdentity", json!({}))?;
    match identity["Account"].as_str() {
        Some(account) => Ok(account.to_owned()),
        None => Err(Failure::Other(
            "sts.GetCallerIdentity returned no account; --account-id sets it".into(),
        )),
    }
}

fn partition(client: &Client) -> Result<String, Failure> {
    let region = client.config().region().unwrap_or("us-east-1");
    Ok(client.introspect().partition_of(region)?)
}

fn check_bucket(place: &Place) -> Result<(), Failure> {
    let bucket = uri::bucket_and_key(place.path()).0;
    match bucket.starts_with("arn:") || uri::is_directory_bucket(bucket) {
        true => Err(usage_error(format!(
            "--batch needs the name of a general purpose bucket, which {bucket} is not"
        ))),
        false => Ok(()),
    }
}

/// Bucket and prefix of an option whose value is a folder in S3. The prefix is empty or ends with a slash.
fn folder(text: &str, option: &str) -> Result<(String, String), Failure> {
    let path = uri::of_s3(text).unwrap_or_default();
    let (bucket, prefix) = uri::bucket_and_key(path);
    if bucket.is_empty() || bucket.starts_with("arn:") || uri::is_directory_bucket(bucket) {
        return Err(usage_error(format!(
            "--{option}: {text:?} must have the form s3://BUCKET/PREFIX/"
        )));
    }
    let mut prefix = prefix.to_owned();
    if !prefix.is_empty() && !prefix.ends_with('/') {
        prefix.push('/');
    }
    Ok((bucket.to_owned(), prefix))
}

fn shows_bar(given: &Given) -> bool {
    let silent = ["no-progress", "only-show-errors", "quiet"];
    !silent.iter().any(|name| given.has(name))
}
