//! `tucuxi s3 ls`

use std::io::{self, BufWriter, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tucuxi::internals::command::PrintableLines;

use super::given::Given;
use super::{Command, Session, human, uri};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "ls",
    about: "lists buckets, or objects and prefixes",
    usage: "[S3Uri]",
    places: (0, 1),
    options: &[&[
        "bucket-name-prefix",
        "bucket-region",
        "human-readable",
        "page-size",
        "recursive",
        "request-payer",
        "summarize",
    ]],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    let path = given.paths.first().map(String::as_str).unwrap_or_default();
    let path = uri::of_s3(path).unwrap_or(path);
    uri::check(path).map_err(Failure::Usage)?;
    let (bucket, prefix) = uri::bucket_and_key(path);
    let (operation, params) = match bucket {
        "" => ("ListBuckets", of_buckets(given)),
        bucket => ("ListObjectsV2", of_objects(given, bucket, prefix)),
    };
    let mut pages = session
        .client
        .pages("s3", operation, params)?
        .prefetch(true);
    if let Some(size) = given.number("page-size")?.filter(|size| *size > 0) {
        pages = pages.page_size(size);
    }
    let mut list = List {
        out: BufWriter::new(session.out),
        zone: TimeZone::system(),
        is_human: given.has("human-readable"),
        with_prefix: given.has("recursive"),
        is_empty: true,
        objects: 0,
        bytes: 0,
    };
    for page in pages {
        list.page(&page?)?;
        list.out.flush()?;
    }
    if given.has("summarize") {
        list.summary()?;
    }
    list.out.flush()?;
    // a key that does not exist is an error, an empty bucket or an account without buckets is not
    match list.is_empty && !bucket.is_empty() && !prefix.is_empty() {
        true => Err(Failure::Reported(1)),
        false => Ok(()),
    }
}

fn of_buckets(given: &Given) -> Value {
    let mut params = json!({});
    for (option, name) in [
        ("bucket-name-prefix", "Prefix"),
        ("bucket-region", "BucketRegion"),
    ] {
        if let Some(text) = given.text(option) {
            params[name] = text.into();
        }
    }
    params
}

fn of_objects(given: &Given, bucket: &str, prefix: &str) -> Value {
    let mut params = json!({"Bucket": bucket, "Prefix": prefix});
    if !given.has("recursive") {
        params["Delimiter"] = "/".into();
    }
    if let Some(payer) = given.text("request-payer") {
        params["RequestPayer"] = payer.into();
    }
    params
}

struct List<W: Write> {
    out: W,
    zone: TimeZone,
    is_human: bool,
    /// Whether keys are printed with their prefix.
    with_prefix: bool,
    is_empty: bool,
    objects: u64,
    bytes: u64,
}

impl<W: Write> List<W> {
    fn page(&mut self, page: &Value) -> io::Result<()> {
        let list = |member: &str| page[member].as_array().into_iter().flatten();
        for bucket in list("Buckets") {
            let (time, name) = (self.time(&bucket["CreationDate"]), text(&bucket["Name"]));
            writeln!(self.out, "{time} {}", PrintableLines(name))?;
        }
        for prefix in list("CommonPrefixes") {
            self.is_empty = false;
            let prefix = text(&prefix["Prefix"]);
            let name = prefix.strip_suffix('/').unwrap_or(prefix);
            let name = name.rsplit('/').next().unwrap_or_default();
            writeln!(self.out, "{:>30} {}/", "PRE", PrintableLines(name))?;
        }
        for object in list("Contents") {
            self.is_empty = false;
            let bytes = object["Size"].as_u64().unwrap_or_default();
            (self.objects, self.bytes) = (self.objects + 1, self.bytes.saturating_add(bytes));
            let (time, key) = (self.time(&object["LastModified"]), text(&object["Key"]));
            let name = match self.with_prefix {
                true => key,
                false => key.rsplit('/').next().unwrap_or_default(),
            };
            let size = self.size(bytes);
            writeln!(self.out, "{time} {size:>10} {}", PrintableLines(name))?;
        }
        Ok(())
    }

    fn size(&self, bytes: u64) -> String {
        match self.is_human {
            true => human::size(bytes),
            false => bytes.to_string(),
        }
    }

    /// A time in the zone of the machine.
    fn time(&self, time: &Value) -> String {
        let Ok(time) = text(time).parse::<Timestamp>() else {
            return " ".repeat(19);
        };
        let time = self.zone.to_datetime(time);
        time.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn summary(&mut self) -> io::Result<()> {
        let bytes = self.size(self.bytes);
        writeln!(self.out, "\nTotal Objects: {}", self.objects)?;
        writeln!(self.out, "   Total Size: {bytes}")
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
