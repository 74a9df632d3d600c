//! Transfers of files and folders to and from S3, with a progress bar. Ctrl-C aborts unfinished uploads; after a kill,
//! the same command resumes.
//!
//! ```sh
//! cargo run --release --example transfer -- up FILE s3://bucket/key
//! cargo run --release --example transfer -- down s3://bucket/key FILE
//! cargo run --release --example transfer -- up FOLDER s3://bucket/prefix --recursive
//! cargo run --release --example transfer -- --endpoint-url http://127.0.0.1:5000 sync FOLDER s3://bucket/prefix --delete
//! ```

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use tucuxi::transfer::{Job, Progress, Snapshot, TransferConfig, TransferError, TransferManager};
use tucuxi::transport::CancelToken;
use tucuxi::{Client, Config, Error, Printable};

const USAGE: &str = "\
usage: transfer [OPTIONS] COMMAND

commands:
  up FILE s3://BUCKET/KEY                upload a file; - reads standard input
  up FOLDER s3://BUCKET/PREFIX --recursive
  down s3://BUCKET/KEY FILE              download an object; - writes standard output
  down s3://BUCKET/PREFIX FOLDER --recursive
  copy s3://BUCKET/KEY s3://BUCKET/KEY   copy an object, or with --recursive what is below a prefix
  sync FOLDER s3://BUCKET/PREFIX         upload what differs, or with the places exchanged download it
  delete s3://BUCKET/KEY                 delete an object, or with --recursive what is below a prefix
  abort                                  take back all that was killed and not gone on with

options:
  --endpoint-url URL  --region REGION  --profile NAME
  --concurrency N  --part-size BYTES  --threshold BYTES  --bandwidth BYTES_PER_SECOND
  --no-resume      keep nothing to go on with after a kill
  --dry-run        sync, delete --recursive: print what would be done, a line for each object
  --delete         sync: delete what is only on the other side
  --versions       delete --recursive: delete all versions and delete markers
  --recursive      folders and prefixes
  --quiet          no bar";

type Result<T = (), E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            let cancelled = error
                .downcast_ref::<Error>()
                .is_some_and(Error::is_cancelled);
            ExitCode::from(if cancelled { 130 } else { 1 })
        }
    }
}

fn run(options: &Options) -> Result {
    let s3 = options.manager()?;
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    if words == ["abort"] {
        return abort(&s3);
    }
    if options.dry_run {
        return plan(&s3, &words, options);
    }
    let job = job(&s3, &words, options)?;
    let cancel = CancelToken::default();
    let on_signal = cancel.clone();
    ctrlc::set_handler(move || on_signal.cancel())?;
    let bar = Bar::new(options.quiet || !io::stderr().is_terminal());
    let report = job.progress(bar.clone()).cancel_with(&cancel).run();
    bar.0.finish_and_clear();
    if let Err(error) = &report
        && let Some(TransferError::Several { report }) = error.downcast_ref()
    {
        for failure in &report.failures {
            eprintln!("{}", Printable(&failure.error));
        }
    }
    let report = report?;
    for path in &report.skipped {
        eprintln!("skipped, no file: {}", Printable(path));
    }
    let resumed = match report.resumed_bytes {
        0 => String::new(),
        bytes => format!(", {} of them from an earlier try", HumanBytes(bytes)),
    };
    eprintln!(
        "{} objects, {}{resumed}",
        report.objects,
        HumanBytes(report.bytes)
    );
    Ok(())
}

/// The work that the command line requests.
fn job(s3: &TransferManager, words: &[&str], options: &Options) -> Result<Job<'static>> {
    Ok(match (words, options.recursive) {
        (["up", "-", there], false) => {
            let (bucket, key) = place(there)?;
            match Path::new("/dev/stdin") {
                // a file or pipe, so that Ctrl-C does not wait for its next byte
                stdin if stdin.exists() => s3.upload_file(stdin, bucket, key),
                _ => s3.upload_fileobj(io::stdin(), bucket, key),
            }
        }
        (["up", file, there], false) => {
            let (bucket, key) = place(there)?;
            s3.upload_file(file, bucket, key)
        }
        (["up", folder, there], true) => {
            let (bucket, prefix) = place(there)?;
            s3.upload_folder(folder, bucket, prefix)
        }
        (["down", there, "-"], false) => {
            let (bucket, key) = place(there)?;
            s3.download_fileobj(bucket, key, io::stdout())
        }
        (["down", there, file], false) => {
            let (bucket, key) = place(there)?;
            s3.download_file(bucket, key, file)
        }
        (["down", there, folder], true) => {
            let (bucket, prefix) = place(there)?;
            s3.download_folder(bucket, prefix, folder)
        }
        (["copy", from, to], false) => {
            let (bucket, key) = place(to)?;
            s3.copy(place(from)?, bucket, key)
        }
        (["copy", from, to], true) => {
            let ((from_bucket, from_prefix), (bucket, prefix)) = (place(from)?, place(to)?);
            s3.copy_folder(from_bucket, from_prefix, bucket, prefix)
        }
        (["sync", from, to], _) => sync(s3, from, to, options)?.job(),
        (["delete", there], false) => {
            let (bucket, key) = place(there)?;
            s3.delete(bucket, key)
        }
        (["delete", there], true) => {
            let (bucket, prefix) = place(there)?;
            let deletion = s3.delete_folder(bucket, prefix);
            deletion.versions(options.versions).job()
        }
        _ => return Err(USAGE.into()),
    })
}

fn sync(
    s3: &TransferManager,
    from: &str,
    to: &str,
    options: &Options,
) -> Result<tucuxi::transfer::Sync> {
    let sync = if from.starts_with("s3://") {
        let (bucket, prefix) = place(from)?;
        s3.sync_down(bucket, prefix, to)
    } else {
        let (bucket, prefix) = place(to)?;
        s3.sync_up(from, bucket, prefix)
    };
    Ok(sync.delete(options.delete))
}

/// Prints the plan of a sync or a deletion.
fn plan(s3: &TransferManager, words: &[&str], options: &Options) -> Result {
    match (words, options.recursive) {
        (["sync", from, to], _) => {
            let plan = sync(s3, from, to, options)?.plan()?;
            print!("{plan}");
            for failure in plan.failures() {
                eprintln!("{}", Printable(&failure.error));
            }
        }
        (["delete", there], true) => {
            let (bucket, prefix) = place(there)?;
            let deletion = s3.delete_folder(bucket, prefix);
            print!("{}", deletion.versions(options.versions).plan()?);
        }
        _ => {
            return Err(format!("--dry-run is for sync and delete --recursive\n\n{USAGE}").into());
        }
    }
    Ok(())
}

fn abort(s3: &TransferManager) -> Result {
    for unfinished in s3.unfinished()? {
        eprintln!(
            "aborted: {} s3://{}/{}",
            Printable(unfinished.file()),
            Printable(unfinished.bucket()),
            Printable(unfinished.key())
        );
        unfinished.abort()?;
    }
    Ok(())
}

/// `s3://bucket/key`
fn place(url: &str) -> Result<(String, String)> {
    let path = url
        .strip_prefix("s3://")
        .ok_or_else(|| format!("{url}: an object is s3://BUCKET/KEY\n\n{USAGE}"))?;
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    Ok((bucket.to_owned(), key.to_owned()))
}

/// The command line.
#[derive(Default)]
struct Options {
    endpoint_url: Option<String>,
    region: Option<String>,
    profile: Option<String>,
    config: TransferConfig,
    delete: bool,
    dry_run: bool,
    recursive: bool,
    quiet: bool,
    versions: bool,
    words: Vec<String>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            let mut value = || {
                args.next()
                    .ok_or_else(|| format!("{arg} needs a value\n\n{USAGE}"))
            };
            match &*arg {
                "--endpoint-url" => options.endpoint_url = Some(value()?),
                "--region" => options.region = Some(value()?),
                "--profile" => options.profile = Some(value()?),
                "--concurrency" => options.config.concurrency = value()?.parse()?,
                "--part-size" => options.config.part_size = value()?.parse()?,
                "--threshold" => options.config.multipart_threshold = value()?.parse()?,
                "--bandwidth" => options.config.bandwidth = Some(value()?.parse()?),
                "--no-resume" => options.config.resume = false,
                "--dry-run" => options.dry_run = true,
                "--delete" => options.delete = true,
                "--recursive" => options.recursive = true,
                "--quiet" => options.quiet = true,
                "--versions" => options.versions = true,
                "-" => options.words.push(arg),
                other if other.starts_with('-') => {
                    return Err(format!("there is no option {other}\n\n{USAGE}").into());
                }
                _ => options.words.push(arg),
            }
        }
        Ok(options)
    }

    fn manager(&self) -> Result<TransferManager> {
        let mut config = Config::builder();
        if let Some(url) = &self.endpoint_url {
            config = config.endpoint_url(url);
        }
        if let Some(profile) = &self.profile {
            config = config.profile(profile);
        }
        if let Some(region) = &self.region {
            config = config.region(region);
        }
        let client = Client::with_config(config.build()?)?;
        Ok(client.transfer_with(self.config.clone())?)
    }
}

/// The progress bar on a terminal.
#[derive(Clone)]
struct Bar(ProgressBar);

impl Bar {
    fn new(hidden: bool) -> Self {
        if hidden {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::no_length();
        let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg}";
        // a constant, so it is valid
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }
}

impl Progress for Bar {
    fn moved(&self, now: &Snapshot) {
        if let Some(total) = now.total_bytes {
            self.0.set_length(total);
        }
        self.0.set_position(now.bytes);
        self.0
            .set_message(format!("{} of {} objects", now.objects, now.begun_objects));
    }
}
