//! What is printed about digest and log files.

use std::io::Write as _;

use jiff::Timestamp;

use super::super::Task;
use super::digest::Digest;
use super::log::Log;
use crate::failure::Failure;

/// The two chains of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of log files that were delivered later.
    Backfill,
    Standard,
}

impl Kind {
    fn mark(self) -> &'static str {
        match self {
            Self::Backfill => "(backfill) ",
            Self::Standard => "",
        }
    }
}

#[derive(Default)]
struct Count {
    valid: u64,
    invalid: u64,
}

pub(super) struct Report {
    start: Timestamp,
    end: Timestamp,
    is_verbose: bool,
    /// Whether an empty line was printed last.
    is_after_space: bool,
    digests: Count,
    backfills: Count,
    logs: Count,
    /// The range of time of valid digests.
    found: Option<(Timestamp, Timestamp)>,
}

impl Report {
    pub(super) fn new(start: Timestamp, end: Timestamp, is_verbose: bool) -> Self {
        Self {
            start,
            end,
            is_verbose,
            is_after_space: true,
            digests: Count::default(),
            backfills: Count::default(),
            logs: Count::default(),
            found: None,
        }
    }

    pub(super) fn begin(&self, task: &mut Task<'_, '_>, arn: &str) -> Result<(), Failure> {
        let (start, end) = (shown(self.start), shown(self.end));
        task.print(&format!(
            "Validating log files for trail {arn} between {start} and {end}\n\n"
        ))
    }

    pub(super) fn valid(
        &mut self,
        task: &mut Task<'_, '_>,
        kind: Kind,
        digest: &Digest,
    ) -> Result<(), Failure> {
        let (start, end) = (digest.start.max(self.start), digest.end.min(self.end));
        self.found = Some(match self.found {
            None => (start, end),
            Some((first, last)) => (first.min(start), last.max(end)),
        });
        self.count(kind).valid += 1;
        let (mark, Digest { bucket, key, .. }) = (kind.mark(), digest);
        self.status(
            task,
            &format!("{mark}Digest file\ts3://{bucket}/{key}\tvalid"),
        )
    }

    pub(super) fn invalid(
        &mut self,
        task: &mut Task<'_, '_>,
        kind: Kind,
        bucket: &str,
        key: &str,
        why: &str,
    ) -> Result<(), Failure> {
        self.count(kind).invalid += 1;
        let mark = kind.mark();
        let text = format!("{mark}Digest file\ts3://{bucket}/{key}\tINVALID: {why}");
        self.error(task, &text)
    }

    pub(super) fn gap(
        &mut self,
        task: &mut Task<'_, '_>,
        kind: Kind,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), Failure> {
        let (mark, from, to) = (kind.mark(), shown(from), shown(to));
        let text =
            format!("{mark}No log files were delivered by CloudTrail between {from} and {to}");
        self.error(task, &text)
    }

    /// Prints the state of a log file, which is valid unless it is said why not.
    pub(super) fn log(
        &mut self,
        task: &mut Task<'_, '_>,
        log: &Log,
        fault: Option<&str>,
    ) -> Result<(), Failure> {
        let Log { bucket, key, .. } = log;
        let file = format!("Log file\ts3://{bucket}/{key}\t");
        match fault {
            None => {
                self.logs.valid += 1;
                self.status(task, &format!("{file}valid"))
            }
            Some(why) => {
                self.logs.invalid += 1;
                self.error(task, &format!("{file}INVALID: {why}"))
            }
        }
    }

    pub(super) fn end(&self, task: &mut Task<'_, '_>) -> Result<(), Failure> {
        let mut text = String::new();
        if !self.is_after_space {
            text.push('\n');
        }
        let (start, end) = (shown(self.start), shown(self.end));
        text += &format!("Results requested for {start} to {end}\n");
        let counts = [
            (&self.digests, "digest"),
            (&self.backfills, "backfill digest"),
            (&self.logs, "log"),
        ];
        let total = |count: &Count| count.valid + count.invalid;
        if counts[..2].iter().all(|(count, _)| total(count) == 0) {
            return task.print(&(text + "No digests found\n"));
        }
        text += &match self.found {
            None => "No valid digests found in range\n".to_owned(),
            Some((start, end)) => {
                format!("Results found for {} to {}:\n", shown(start), shown(end))
            }
        };
        for (count, name) in counts {
            let (Count { valid, invalid }, total) = (count, total(count));
            if total > 0 {
                text += &format!("\n{valid}/{total} {name} files valid");
            }
            if *invalid > 0 {
                text += &format!(", {invalid}/{total} {name} files INVALID");
            }
        }
        task.print(&(text + "\n"))
    }

    pub(super) fn is_valid(&self) -> bool {
        self.digests.invalid + self.backfills.invalid + self.logs.invalid == 0
    }

    fn count(&mut self, kind: Kind) -> &mut Count {
        match kind {
            Kind::Backfill => &mut self.backfills,
            Kind::Standard => &mut self.digests,
        }
    }

    fn status(&mut self, task: &mut Task<'_, '_>, text: &str) -> Result<(), Failure> {
        if !self.is_verbose {
            return Ok(());
        }
        self.is_after_space = false;
        task.print(&format!("{text}\n"))
    }

    fn error(&mut self, task: &mut Task<'_, '_>, text: &str) -> Result<(), Failure> {
        task.out.flush()?;
        let before = if self.is_after_space { "" } else { "\n" };
        self.is_after_space = true;
        // `remark` ends the line
        task.remark(&format!("{before}{text}\n"));
        Ok(())
    }
}

/// A time as it is printed.
pub(super) fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
