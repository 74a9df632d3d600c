//! `--batch`: manifests in the server in memory, and jobs of a scripted S3 Control.

use std::process::Output;

use super::{BUCKET, Shell};
use crate::support::loopback::{Asked, Server};

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/batch";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:delete";

/// A job of the service.
fn job(status: &str, counts: (u32, u32, u32)) -> String {
    let (total, succeeded, failed) = counts;
    format!(
        "<DescribeJobResult><Job><JobId>job-1</JobId><Status>{status}</Status><ProgressSummary><TotalNumberOfTasks>{total}</TotalNumberOfTasks><NumberOfTasksSucceeded>{succeeded}</NumberOfTasksSucceeded><NumberOfTasksFailed>{failed}</NumberOfTasksFailed></ProgressSummary></Job></DescribeJobResult>"
    )
}

const JOBS: &str = "http://123456789012.control.test/v20180820/jobs";

/// S3 Control and STS, as a proxy sees them, whose jobs have this end.
fn control(described: String) -> Server {
    Server::start(move |asked| {
        let line = asked.line.replace(JOBS, "jobs");
        let body = match &*line {
            "POST jobs" => "<CreateJobResult><JobId>job-1</JobId></CreateJobResult>".to_owned(),
            "GET jobs/job-1" => described.clone(),
            _ => format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        };
        Some((200, body))
    })
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Shell {
    fn batch(&self, control: &Server, line: &str) -> Ran {
        let mut command = self.command(line);
        let options = ["--batch-manifest", "s3://lists/m", "--batch-role", ROLE];
        if line.contains("--batch") {
            command.args(options);
        }
        let Output {
            status,
            stdout,
            stderr,
        } = command
            .env("AWS_ENDPOINT_URL_S3_CONTROL", "http://control.test")
            .env("AWS_ENDPOINT_URL_STS", "http://sts.test")
            .env("HTTP_PROXY", &control.url)
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        Ran {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// The manifests that were uploaded: their lines.
    fn manifests(&self) -> Vec<String> {
        let keys = self.backend.keys("lists");
        let text = |key: &String| self.backend.bytes("lists", key).unwrap();
        keys.iter()
            .map(|key| String::from_utf8(text(key)).unwrap())
            .collect()
    }
}

fn shell(keys: &[&str]) -> Shell {
    let shell = Shell::new();
    shell.backend.create_bucket("lists");
    shell.backend.create_bucket("sea");
    for key in keys {
        shell.backend.put(BUCKET, key, (*key).to_owned());
    }
    shell
}

fn created(control: &Server) -> Vec<Asked> {
    let mut asked = control.asked();
    asked.retain(|asked| asked.line == format!("POST {JOBS}"));
    asked
}

/// The text of an element.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

#[test]
fn manifest_has_what_the_plan_has() {
    for (line, lines, elements) in [
        (
            "cp s3://river s3://sea --recursive --batch",
            "river,a\nriver,d/b%20%2B%2C\n",
            &[
                ("TargetResource", Some("arn:aws:s3:::sea")),
                ("TargetKeyPrefix", None),
            ][..],
        ),
        (
            "cp s3://river s3://sea/p/q --recursive --batch --exclude a",
            "river,d/b%20%2B%2C\n",
            &[("TargetKeyPrefix", Some("p/q"))],
        ),
        (
            "cp s3://river/d s3://sea/p/d --recursive --batch",
            "river,d/b%20%2B%2C\n",
            &[("TargetKeyPrefix", Some("p"))],
        ),
        (
            "cp s3://river/a s3://sea/x/ --batch --storage-class GLACIER --sse aws:kms --tags k v --grants read=id=i --batch-report s3://lists/r",
            "river,a\n",
            &[
                ("TargetKeyPrefix", Some("x")),
                ("StorageClass", Some("GLACIER")),
                ("SSEAlgorithm", Some("KMS")),
                ("MetadataDirective", Some("COPY")),
                ("Key", Some("k")),
                ("Permission", Some("READ")),
                ("TypeIdentifier", Some("id")),
                ("Prefix", Some("r")),
                ("Enabled", Some("true")),
            ],
        ),
        (
            "cp s3://river/a s3://sea --batch --content-type text/x --metadata-directive REPLACE",
            "river,a\n",
            &[
                ("ContentType", Some("text/x")),
                ("MetadataDirective", Some("REPLACE")),
                ("Enabled", Some("false")),
            ],
        ),
        (
            "sync s3://river s3://sea --batch",
            "river,a\nriver,d/b%20%2B%2C\n",
            &[],
        ),
        (
            &format!("rm s3://river/d --recursive --batch --batch-function {FUNCTION}"),
            "river,d/b%20%2B%2C\n",
            &[
                ("FunctionArn", Some(FUNCTION)),
                ("InvocationSchemaVersion", Some("2.0")),
            ],
        ),
    ] {
        let shell = shell(&["a", "d/b +,"]);
        let control = control(job("Complete", (1, 1, 0)));
        let ran = shell.batch(&control, line);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{line}");
        assert_eq!(shell.manifests(), [lines], "{line}");
        let [created] = &created(&control)[..] else {
            panic!("{line}: one job is expected");
        };
        assert_eq!(created.header("x-amz-account-id"), Some(ACCOUNT), "{line}");
        let key = &shell.backend.keys("lists")[0];
        let etag = shell.backend.etag("lists", key).unwrap();
        let arn = format!("arn:aws:s3:::lists/{key}");
        let fixed = [
            ("ETag", Some(&*etag)),
            ("ObjectArn", Some(&*arn)),
            ("RoleArn", Some(ROLE)),
            ("ConfirmationRequired", Some("false")),
        ];
        for (name, expected) in elements.iter().chain(&fixed) {
            assert_eq!(element(&created.body, name), *expected, "{line}: {name}");
        }
        assert!(element(&created.body, "ClientRequestToken").is_some_and(|it| it.len() > 30));
        assert!(
            ran.out
                .contains("job: job-1 Complete: 1 of 1 object(s) done"),
            "{}",
            ran.out
        );
        assert!(shell.backend.asked_for("CopyObject").is_empty(), "{line}");
        assert!(shell.backend.asked_for("DeleteObject").is_empty(), "{line}");
    }
}

#[test]
fn a_sync_has_a_job_for_copies_and_one_for_deletions() {
    let shell = shell(&["new", "same"]);
    shell.backend.put("sea", "same", "same");
    shell.backend.put("sea", "gone", "g");
    let control = control(job("Complete", (1, 1, 0)));
    let line = format!(
        "sync s3://river s3://sea --size-only --delete --batch --batch-no-wait --batch-function {FUNCTION}"
    );
    let ran = shell.batch(&control, &line);
    assert_eq!((ran.code, &*ran.err), (0, ""));
    assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
    let mut manifests = shell.manifests();
    manifests.sort();
    assert_eq!(manifests, ["river,new\n", "sea,gone\n"]);
    assert_eq!(created(&control).len(), 2);
    assert!(!control.lines().iter().any(|line| line.starts_with("GET")));
    // nothing to do
    shell.backend.put("sea", "new", "new");
    let ran = shell.batch(&control, "sync s3://river s3://sea --size-only --batch");
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", ""));
    assert_eq!(created(&control).len(), 2);
}

#[test]
fn what_no_job_can_do_is_refused() {
    let shell = shell(&["a", "d/b"]);
    shell.file("file", "f");
    let control = control(job("Complete", (1, 1, 0)));
    for (line, code, expected) in [
        ("cp file s3://river --batch", 252, "from bucket to bucket"),
        ("cp s3://river/a . --batch", 252, "from bucket to bucket"),
        (
            "cp s3://river/a s3://sea --batch-no-wait",
            252,
            "needs --batch",
        ),
        (
            "rm s3://river/a --account-id 123456789012",
            252,
            "--account-id needs --batch",
        ),
        ("rm s3://river/a --batch", 252, "no operation that deletes"),
        (
            "sync s3://river s3://sea --delete --batch",
            252,
            "no operation that deletes",
        ),
        (
            "cp s3://river/a s3://sea --batch --no-overwrite",
            252,
            "replaces what exists",
        ),
        (
            "cp s3://river/a s3://sea --batch --content-type t",
            252,
            "--metadata-directive REPLACE",
        ),
        (
            "cp s3://river/a s3://sea --batch --copy-props none",
            252,
            "--copy-props",
        ),
        (
            "cp s3://river/a s3://sea --batch --batch-report x",
            252,
            "s3://BUCKET/PREFIX/",
        ),
        (
            "cp s3://arn:aws:s3:us-east-1:123456789012:accesspoint/p/a s3://sea --batch",
            252,
            "general purpose bucket",
        ),
        (
            "cp s3://river/a s3://sea/b --batch",
            1,
            "cannot give it another name",
        ),
        (
            "cp s3://river/d s3://sea/e --recursive --batch",
            1,
            "copy failed: s3://river/d/b to s3://sea/e/b a job copies a key to the same key",
        ),
        ("mv s3://river/a s3://sea --batch", 252, "unknown argument"),
    ] {
        let ran = shell.batch(&control, line);
        assert_eq!(ran.code, code, "{line}: {}", ran.err);
        assert!(ran.err.contains(expected), "{line}: {}", ran.err);
    }
    assert!(created(&control).is_empty());
    assert!(shell.manifests().is_empty());
}

#[test]
fn a_dry_run_creates_nothing() {
    let shell = shell(&["a"]);
    let control = control(job("Complete", (1, 1, 0)));
    let ran = shell.batch(
        &control,
        "cp s3://river s3://sea --recursive --batch --dryrun",
    );
    let expected = "(dryrun) copy: s3://river/a to s3://sea/a\n";
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, expected, ""));
    assert!(control.asked().is_empty() && shell.manifests().is_empty());
}

#[test]
fn an_incomplete_plan_creates_nothing() {
    let shell = shell(&["a", "b", "c"]);
    shell.backend.refuse(|asked| {
        let fails = asked.operation == "ListObjectsV2" && asked.nth > 2;
        fails.then(|| crate::support::s3::Refusal::new("AccessDenied"))
    });
    let control = control(job("Complete", (1, 1, 0)));
    for line in [
        "cp s3://river s3://sea --recursive --batch --page-size 1",
        &format!("rm s3://river --recursive --batch --page-size 1 --batch-function {FUNCTION}"),
    ] {
        shell.backend.forget();
        let ran = shell.batch(&control, line);
        assert_eq!((ran.code, &*ran.out), (1, ""), "{line}");
        assert!(ran.err.contains("AccessDenied"), "{line}: {}", ran.err);
    }
    assert!(created(&control).is_empty() && shell.manifests().is_empty());
}

#[test]
fn the_end_of_a_job_is_that_of_the_command() {
    let shell = shell(&["a"]);
    for (described, code, expected) in [
        (job("Complete", (5, 5, 0)), 0, "job: job-1 Complete: 5 of 5 object(s) done, 0 failed\n"),
        (job("Complete", (5, 3, 2)), 1, "job failed: job-1 Complete: 3 of 5 object(s) done, 2 failed\n"),
        (job("Cancelled", (5, 3, 0)), 1, "job failed: job-1 Cancelled: 3 of 5 object(s) done, 0 failed\n"),
        (
            job("Failed", (0, 0, 0)).replace(
                "</Job>",
                "<FailureReasons><member><FailureCode>403</FailureCode><FailureReason>no manifest</FailureReason></member></FailureReasons></Job>",
            ),
            1,
            "job failed: job-1 Failed: 0 of 0 object(s) done, 0 failed; 403: no manifest\n",
        ),
        (job("Suspended", (5, 0, 0)), 1, "waits for a confirmation"),
    ] {
        let server = control(described.clone());
        let ran = shell.batch(&server, "describe-job job-1");
        let text = if code == 0 { &ran.out } else { &ran.err };
        assert_eq!(ran.code, code, "{} {}", ran.out, ran.err);
        assert!(text.contains(expected), "{text}");
        let server = control(described);
        let line = format!("cp s3://river/a s3://sea --batch --account-id {ACCOUNT}");
        let ran = shell.batch(&server, &line);
        assert_eq!(ran.code, code, "{}", ran.err);
        assert!(!server.lines().iter().any(|line| line.contains("sts")));
    }
}

#[test]
fn a_job_is_followed_until_it_ends() {
    let polls = std::sync::atomic::AtomicU32::new(0);
    let server = Server::start(move |_| {
        let status = match polls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => "Active",
            _ => "Complete",
        };
        Some((200, job(status, (2, 2, 0))))
    });
    let line = format!("describe-job job-1 --account-id {ACCOUNT}");
    let ran = shell(&[]).batch(&server, &line);
    let expected = "job: job-1 Complete: 2 of 2 object(s) done, 0 failed\n";
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, expected, ""));
    assert_eq!(server.lines().len(), 2);
}
