//! `cloudtrail validate-logs`: whether the log files of a trail are those that CloudTrail has written.
//!
//! ```text
//! listing ─► newest digest ─► signature, by the public key of the service ─► hashes of its log files
//!                 ▲                     │
//!                 └─── previous digest ─┘
//! ```
//! Each digest names the one before it with its signature, so none can be missing without being noticed.

mod chain;
mod digest;
mod log;
mod names;
mod report;

use jiff::Timestamp;
use serde_json::json;

use self::chain::{Chain, Found, Store};
use self::names::Names;
use self::report::{Kind, Report};
use super::{PLAIN, Procedure, Task, moment, required, switch, value};
use crate::failure::Failure;

pub(super) const VALIDATE_LOGS: Procedure = Procedure {
    service: "cloudtrail",
    name: "validate-logs",
    about: "verifies that log files were not changed or deleted since CloudTrail delivered them",
    notes: &[
        "The digest files are read from the bucket of the trail, from the newest to the oldest. Their signatures, their order and the hashes of their log files are verified. All log files are downloaded for that.",
        "The exit code is 1 if a file is invalid or missing.",
    ],
    flags: &[
        required("trail-arn", "ARN", "the trail"),
        required(
            "start-time",
            "TIME",
            "the time from which on delivered log files are verified, such as 2026-11-28T05:00:00Z; without a zone in UTC",
        ),
        value(
            "end-time",
            "TIME",
            "the time until which delivered log files are verified; by default now",
        ),
        value(
            "s3-bucket",
            "BUCKET",
            "the bucket of the digest files; by default that of the trail",
        ),
        value(
            "s3-prefix",
            "PREFIX",
            "the prefix of the digest files in --s3-bucket",
        ),
        value(
            "account-id",
            "ID",
            "the account whose log files are verified; required for the trail of an organization",
        ),
        switch("verbose", "prints valid files, too"),
    ],
    run,
    ..PLAIN
};

fn run(task: &mut Task<'_, '_>) -> Result<(), Failure> {
    let arn = task.required("trail-arn").to_owned();
    let [region, account, trail] = parts(&arn)
        .ok_or_else(|| Failure::Other(format!("Invalid trail ARN provided: {arn}").into()))?;
    let start = time(task.required("start-time"), "start-time")?;
    let end = match task.value("end-time").filter(|text| !text.is_empty()) {
        Some(text) => time(text, "end-time")?,
        None => Timestamp::now(),
    };
    if start > end {
        let text = "Invalid time range specified: start-time must occur before end-time";
        return Err(Failure::Other(text.into()));
    }
    let place = Place::find(task, &arn)?;
    let text = |name: &str| task.value(name).filter(|text| !text.is_empty());
    let names = Names {
        account: text("account-id").map_or(account, str::to_owned),
        trail,
        region: task.globals.region.as_ref().unwrap_or(&region).clone(),
        home_region: region,
        organization: place.organization,
        prefix: place.prefix,
    };
    let store = Store {
        s3: task.others.clone(),
        cloudtrail: task.client.clone(),
        names,
        start,
        end,
    };
    let mut report = Report::new(start, end, task.has("verbose"));
    report.begin(task, &arn)?;
    let (standard, backfill) = store.digests(&place.bucket, end)?;
    for (kind, digests) in [(Kind::Standard, standard), (Kind::Backfill, backfill)] {
        for found in Chain::new(&store, kind, place.bucket.clone(), digests)? {
            match found? {
                Found::Valid(digest) => {
                    report.valid(task, kind, &digest)?;
                    for log in &digest.logs {
                        let state = log.verify(&store.s3)?;
                        report.log(task, log, state)?;
                    }
                }
                Found::Gap { from, to } => report.gap(task, kind, from, to)?,
                Found::Invalid { bucket, key, why } => {
                    report.invalid(task, kind, &bucket, &key, &why)?;
                }
            }
        }
    }
    report.end(task)?;
    match report.is_valid() {
        true => Ok(()),
        false => Err(Failure::Reported(1)),
    }
}

/// Region, account and name of a trail.
fn parts(arn: &str) -> Option<[String; 3]> {
    let parts: Vec<&str> = arn.split(':').collect();
    let [
        "arn",
        partition,
        "cloudtrail",
        region,
        account,
        resource,
        ..,
    ] = parts[..]
    else {
        return None;
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_named = resource
        .strip_prefix("trail/")
        .is_some_and(|it| !it.is_empty());
    let is_valid = is_account && is_named && !partition.is_empty() && !region.is_empty();
    let name = arn.rsplit('/').next()?;
    is_valid.then(|| [region, account, name].map(str::to_owned))
}

/// A time, which may also be a date without dashes.
fn time(text: &str, option: &str) -> Result<Timestamp, Failure> {
    let is_date = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = match is_date {
        true => moment::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])),
        false => moment::parse(text),
    };
    parsed.map_err(|what| Failure::Other(format!("--{option}: {what}").into()))
}

/// Where the digest files of a trail are.
struct Place {
    bucket: String,
    prefix: Option<String>,
    organization: Option<String>,
}

impl Place {
    fn find(task: &Task<'_, '_>, arn: &str) -> Result<Self, Failure> {
        let given = |name: &str| {
            let value = task.value(name).filter(|text| !text.is_empty());
            value.map(str::to_owned)
        };
        if let Some(bucket) = given("s3-bucket") {
            let (prefix, organization) = (given("s3-prefix"), None);
            return Ok(Self {
                bucket,
                prefix,
                organization,
            });
        }
        let trails = task.call("cloudtrail", "DescribeTrails", json!({}))?;
        let trails = trails["trailList"].as_array().into_iter().flatten();
        let trail = trails.into_iter().find(|trail| trail["TrailARN"] == arn);
        let trail = trail.ok_or_else(|| {
            Failure::Other(format!("A trail could not be found for {arn}").into())
        })?;
        let organization = match trail["IsOrganizationTrail"].as_bool() {
            Some(true) if given("account-id").is_none() => {
                let text = "--account-id is required for the trail of an organization";
                return Err(Failure::Other(text.into()));
            }
            Some(true) => {
                let params = json!({});
                let found = task
                    .others
                    .call("organizations", "DescribeOrganization", params)?;
                found["Organization"]["Id"].as_str().map(str::to_owned)
            }
            _ => None,
        };
        let text = |name: &str| trail[name].as_str().filter(|text| !text.is_empty());
        Ok(Self {
            bucket: text("S3BucketName").unwrap_or_default().to_owned(),
            prefix: text("S3KeyPrefix").map(str::to_owned),
            organization,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trails_have_arns() {
        for (arn, expected) in [
            (
                "arn:aws:cloudtrail:us-east-1:123456789012:trail/t",
                Some("t"),
            ),
            (
                "arn:aws-cn:cloudtrail:cn-north-1:123456789012:trail/a/t",
                Some("t"),
            ),
            ("arn:aws:cloudtrail:us-east-1:123456789012:trail/", None),
            ("arn:aws:cloudtrail:us-east-1:12345678901:trail/t", None),
            ("arn:aws:cloudtrail::123456789012:trail/t", None),
            ("arn:aws:s3:us-east-1:123456789012:trail/t", None),
            ("t", None),
        ] {
            let name = parts(arn).map(|[_, _, name]| name);
            assert_eq!(name.as_deref(), expected, "{arn}");
        }
    }

    #[test]
    fn dates_need_no_dashes() {
        let of = |text: &str| time(text, "start-time").unwrap().to_string();
        assert_eq!(of("20150108"), "2015-01-08T00:00:00Z");
        assert_eq!(of("2015-01-08T05:21:42Z"), "2015-01-08T05:21:42Z");
        assert_eq!(of("20150108T052142Z"), "2015-01-08T05:21:42Z");
        assert!(time("soon", "start-time").is_err());
    }
}
