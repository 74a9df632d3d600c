//! The lines that a transfer prints. Worker threads send them, and the main thread prints them.

use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, Sender};

use tucuxi::Error;
use tucuxi::internals::command::PrintableLines;
use tucuxi::transfer::Snapshot;

use super::given::Given;
use super::progress::{Progress, Totals};
use crate::failure::Failure;
use crate::output::{Out, sentence};

/// What happened.
pub(super) enum Event {
    Cancelled,
    Done(String),
    DryRun(String),
    Failed(String),
    /// The command ends because of this.
    Fatal(String),
    Moved(Snapshot),
    /// A warning that does not change the exit code.
    Note(String),
    Warning(String),
}

/// Sends lines to the main thread.
#[derive(Clone)]
pub(super) struct Lines(pub(super) Sender<Event>);

/// The object or file of a line.
#[derive(Clone)]
pub(super) struct Subject {
    /// What is done with it: `upload`, `move`.
    pub(super) word: &'static str,
    pub(super) source: String,
    /// That of a deletion is missing.
    pub(super) destination: Option<String>,
}

impl Subject {
    fn names(&self) -> String {
        match &self.destination {
            Some(destination) => format!("{} to {destination}", self.source),
            None => self.source.clone(),
        }
    }
}

impl Lines {
    pub(super) fn send(&self, event: Event) {
        // the main thread ends last
        let _ = self.0.send(event);
    }

    pub(super) fn done(&self, subject: &Subject) {
        self.send(Event::Done(format!(
            "{}: {}",
            subject.word,
            subject.names()
        )));
    }

    pub(super) fn dry_run(&self, subject: &Subject) {
        let text = format!("(dryrun) {}: {}", subject.word, subject.names());
        self.send(Event::DryRun(text));
    }

    pub(super) fn failed(&self, subject: &Subject, error: &Error) {
        match error.is_cancelled() {
            true => self.send(Event::Cancelled),
            false => self.failed_with(subject, &sentence(error)),
        }
    }

    pub(super) fn failed_with(&self, subject: &Subject, what: &str) {
        let text = format!("{} failed: {} {what}", subject.word, subject.names());
        self.send(Event::Failed(text));
    }

    pub(super) fn fatal(&self, what: &str) {
        self.send(Event::Fatal(format!("fatal error: {what}")));
    }

    pub(super) fn warning(&self, what: &str) {
        self.send(Event::Warning(format!("warning: {what}")));
    }

    pub(super) fn skipped_file(&self, path: &str, why: &str) {
        self.warning(&format!("Skipping file {path}. {why}"));
    }
}

/// Which lines are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Quiet,
    Errors,
    All,
}

/// Prints lines and the progress, and counts what went wrong.
pub(super) struct Printer<'p, 'o> {
    out: &'p mut Out<'o>,
    level: Level,
    progress: Option<Progress>,
    failed: u64,
    warned: u64,
    is_cancelled: bool,
}

impl<'p, 'o> Printer<'p, 'o> {
    /// Creates a printer with the options of a line. The lines of a stream are errors only.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is invalid.
    pub(super) fn new(
        given: &Given,
        is_stream: bool,
        totals: &Totals,
        out: &'p mut Out<'o>,
    ) -> Result<Self, Failure> {
        let level = match (
            given.has("quiet"),
            given.has("only-show-errors") || is_stream,
        ) {
            (true, _) => Level::Quiet,
            (false, true) => Level::Errors,
            (false, false) => Level::All,
        };
        let interval = given.number("progress-frequency")?;
        let shows = level == Level::All && !given.has("no-progress") && out.is_terminal();
        let is_multiline = given.has("progress-multiline");
        let progress = shows.then(|| {
            Progress::new(
                interval.unwrap_or_default(),
                is_multiline,
                totals.clone(),
                out.width(),
            )
        });
        Ok(Self {
            out,
            level,
            progress,
            failed: 0,
            warned: 0,
            is_cancelled: false,
        })
    }

    /// Whether the progress is shown.
    pub(super) fn shows_progress(&self) -> bool {
        self.progress.is_some()
    }

    /// Prints events until all senders are gone.
    ///
    /// # Errors
    ///
    /// Returns an error if stdout cannot be written, after everything is done.
    pub(super) fn print(&mut self, events: &Receiver<Event>) -> Result<(), Failure> {
        let mut result = Ok(());
        for event in events {
            let printed = self.event(event);
            // what has begun goes on, although no one reads the lines any more
            if result.is_ok() {
                result = printed;
            }
        }
        self.clear()?;
        result
    }

    fn event(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Cancelled => self.is_cancelled = true,
            Event::Done(text) => self.line(Level::All, &text)?,
            Event::DryRun(text) => self.line(Level::Errors, &text)?,
            Event::Failed(text) | Event::Fatal(text) => {
                self.failed += 1;
                self.error(&text)?;
            }
            Event::Moved(now) => {
                if let Some(progress) = &mut self.progress
                    && let Some(text) = progress.update(&now)
                {
                    self.out.write_all(text.as_bytes())?;
                    self.out.flush()?;
                }
            }
            Event::Note(text) => self.error(&text)?,
            Event::Warning(text) => {
                self.warned += 1;
                self.error(&text)?;
            }
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Failure> {
        if let Some(text) = self.progress.as_mut().and_then(Progress::clear) {
            self.out.write_all(text.as_bytes())?;
        }
        Ok(self.out.flush()?)
    }

    fn line(&mut self, level: Level, text: &str) -> Result<(), Failure> {
        if self.level < level {
            return Ok(());
        }
        if let Some(text) = self.progress.as_mut().and_then(Progress::clear) {
            self.out.write_all(text.as_bytes())?;
        }
        Ok(writeln!(self.out, "{}", PrintableLines(text))?)
    }

    fn error(&mut self, text: &str) -> Result<(), Failure> {
        if self.level == Level::Quiet {
            return Ok(());
        }
        self.clear()?;
        // if the terminal is gone, there is no place to report it
        let _ = writeln!(io::stderr(), "{}", PrintableLines(text));
        Ok(())
    }

    /// The result of the command.
    ///
    /// # Errors
    ///
    /// Returns an error with the exit code if something failed or was skipped with a warning.
    pub(super) fn result(&self) -> Result<(), Failure> {
        if self.is_cancelled {
            if self.level != Level::Quiet {
                let _ = writeln!(io::stderr(), "cancelled: ctrl-c received");
            }
            return Err(Failure::Reported(130));
        }
        match (self.failed, self.warned) {
            (0, 0) => Ok(()),
            (0, _) => Err(Failure::Reported(2)),
            _ => Err(Failure::Reported(1)),
        }
    }
}
