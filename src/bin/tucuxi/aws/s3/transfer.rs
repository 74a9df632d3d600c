//! The transfers of cp, mv, rm and sync.
//!
//! The main thread prints. Another lists, compares and runs the jobs, on the worker threads of the transfer manager.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tucuxi::config::RequestChecksums;
use tucuxi::transfer::{Job, Snapshot, TransferConfig, TransferManager};
use tucuxi::transport::CancelToken;
use tucuxi::{Client, Error};

use super::batch::Batch;
use super::comparison::{Comparison, Rule};
use super::conflict::{Conflicts, Mode};
use super::given::Given;
use super::items::{Item, Side, Unknown, What, fatal};
use super::jobs::{Archives, Jobs};
use super::lines::{Event, Lines, Printer};
use super::params;
use super::places::{Action, Place, Places};
use super::plan::{Kind, Plan, usage_error};
use super::progress::Totals;
use super::{Session, uri};
use crate::failure::Failure;
use crate::output::sentence;

/// The jobs that are prepared ahead, so that the progress knows how much there is to do.
const AHEAD: usize = 1000;

/// Runs a command.
///
/// # Errors
///
/// Returns an error if the line is invalid, or with the exit code if something failed, which has been printed.
pub(super) fn run(kind: Kind, given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    let plan = Plan::new(kind, given, &session)?;
    let batch = Batch::new(&plan, given, &session)?.map(Arc::new);
    let totals = Totals::default();
    let mut printer = Printer::new(given, plan.is_stream, &totals, session.out)?;
    let (sender, events) = channel();
    let lines = Lines(sender);
    let cancel = CancelToken::default();
    cancel_on_ctrl_c(&cancel);
    let mut transfer = Transfer::new(plan, given, &session.client, lines, totals, cancel)?;
    transfer.jobs.batch = batch;
    transfer.is_watched = printer.shows_progress();
    let thread = std::thread::spawn(move || transfer.run());
    let printed = printer.print(&events);
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
    printer.result()?;
    printed
}

/// The first Ctrl-C cancels the transfer, the second one ends the process.
pub(super) fn cancel_on_ctrl_c(cancel: &CancelToken) {
    let cancel = cancel.clone();
    // without a handler, Ctrl-C ends the process at once
    let _ = ctrlc::set_handler(move || {
        if cancel.is_cancelled() {
            std::process::exit(130);
        }
        cancel.cancel();
    });
}

struct Transfer {
    kind: Kind,
    places: Places,
    jobs: Jobs,
    source: Side,
    /// Read if both sides are compared.
    destination: Option<Side>,
    comparison: Comparison,
    deletes: bool,
    cancel: CancelToken,
    /// Whether the progress is shown.
    is_watched: bool,
    /// Why nothing can be transferred.
    fault: Option<String>,
}

impl Transfer {
    fn new(
        plan: Plan,
        given: &Given,
        client: &Client,
        lines: Lines,
        totals: Totals,
        cancel: CancelToken,
    ) -> Result<Self, Failure> {
        let Plan {
            kind,
            places,
            is_stream,
        } = plan;
        let action = places.action;
        let config = TransferConfig::default()
            .guess_content_type(!given.has("no-guess-mime-type"))
            .overwrite(!given.has("no-overwrite"))
            .copy_properties(params::copy_properties(given));
        let manager = client.transfer_with(config.clone())?;
        let source_client = match given.text("source-region") {
            Some(region) if action == Action::Copy => {
                Some(client.with(|config| config.region(region))?)
            }
            _ => None,
        };
        let source_manager = match &source_client {
            Some(client) => client.transfer_with(config)?,
            None => manager.clone(),
        };
        // as in `aws`, these faults end the transfer rather than the reading of the line
        let read = || {
            if is_stream {
                given.integer("expected-size")?;
            }
            params::of(given, action)
        };
        let (mut args, fault) = match read() {
            Ok(args) => (args, None),
            Err(Failure::Other(what)) => (Value::Null, Some(what.to_string())),
            Err(failure) => return Err(failure),
        };
        if action == Action::Upload {
            choose_checksum(&mut args, client);
        }
        let deletes = kind == Kind::Sync && given.has("delete");
        let mode = conflict_mode(given, &places, &lines)?;
        let compares = kind == Kind::Sync || mode != Mode::Ignore;
        let roots = [&places.source, &places.destination].map(|place| place.root(places.is_tree));
        let links = given.last_of(&["follow-symlinks", "no-follow-symlinks"]);
        let side = |manager, place: &Place| -> Result<Side, Failure> {
            Ok(Side {
                manager,
                place: place.clone(),
                is_tree: places.is_tree,
                head_args: params::of_head(given, action),
                list_args: params::of_listing(given),
                page_size: given.number("page-size")?.filter(|size| *size > 0),
                follow_links: links != Some("no-follow-symlinks"),
                filter: given.filter(&roots),
                with_markers: kind == Kind::Remove,
                looks: kind != Kind::Remove,
                is_proof: deletes || kind == Kind::Remove || is_below(&places),
                lines: lines.clone(),
                unknown: Unknown::default(),
            })
        };
        Ok(Self {
            source: side(source_manager, &places.source)?,
            destination: match compares {
                true => Some(side(manager.clone(), &places.destination)?),
                false => None,
            },
            comparison: Comparison {
                rule: Rule::of(kind, given),
                conflicts: Conflicts::new(mode),
                present: HashMap::new(),
            },
            jobs: Jobs {
                manager,
                source_client,
                places: places.clone(),
                args,
                delete_args: params::of(given, Action::Delete)?,
                moves: kind == Kind::Move,
                moved: Arc::default(),
                is_dry_run: given.has("dryrun"),
                is_stream,
                archives: archives(given),
                batch: None,
                lines,
                totals,
            },
            kind,
            places,
            deletes,
            cancel,
            is_watched: false,
            fault,
        })
    }

    fn run(mut self) {
        if let Some(fault) = &self.fault {
            return self.jobs.lines.fatal(fault);
        }
        if let Some(destination) = self.destination.take() {
            let place = destination.place.clone();
            let read = destination.items();
            let read = read.and_then(|items| self.comparison.read(&self.places, items));
            if let Err(error) = read {
                return report(&error, &place, &self.jobs.lines);
            }
        }
        let Self {
            kind,
            places,
            jobs,
            source,
            comparison,
            deletes,
            cancel,
            is_watched,
            ..
        } = self;
        let batch = jobs.batch.clone().filter(|_| !jobs.is_dry_run);
        let (place, unknown) = (source.place.clone(), source.unknown.clone());
        let items = match jobs.is_stream {
            true => Ok(Box::new(std::iter::once(Ok(stream(&place)))) as _),
            false => source.items(),
        };
        let items = match items {
            Ok(items) => items,
            Err(error) => return report(&error, &place, &jobs.lines),
        };
        let runner = Runner {
            manager: jobs.manager.clone(),
            lines: jobs.lines.clone(),
            totals: jobs.totals.clone(),
            cancel,
            is_watched,
        };
        let comparison = Arc::new(Mutex::new(comparison));
        let is_broken = Arc::new(AtomicBool::new(false));
        let found = {
            let (jobs, comparison) = (jobs.clone(), comparison.clone());
            let (places, is_broken) = (places.clone(), is_broken.clone());
            let compares = kind == Kind::Sync || places.action == Action::Download;
            items
                .map_while(move |item| {
                    let ended = |what: &dyn Fn(&Lines)| {
                        is_broken.store(true, Ordering::Relaxed);
                        what(&jobs.lines);
                        None
                    };
                    let item = match item {
                        Ok(item) => item,
                        Err(error) => return ended(&|lines| report(&error, &place, lines)),
                    };
                    if kind == Kind::Remove {
                        return Some(jobs.deletion(&place, &item));
                    }
                    let mut comparison = comparison.lock().unwrap_or_else(PoisonError::into_inner);
                    let transfers = match compares && !jobs.is_stream {
                        true => comparison.transfers(&places, &item, &jobs.lines),
                        false => Ok(true),
                    };
                    drop(comparison);
                    match transfers {
                        Ok(true) => Some(jobs.job(&item)),
                        Ok(false) => Some(None),
                        Err(what) => ended(&|lines| lines.fatal(&what)),
                    }
                })
                .flatten()
        };
        runner.run(found);
        if deletes && !is_broken.load(Ordering::Relaxed) && !runner.cancel.is_cancelled() {
            let mut comparison = comparison.lock().unwrap_or_else(PoisonError::into_inner);
            let extra = comparison.take_extra(|name| unknown.has(name));
            drop(comparison);
            let place = places.destination;
            let found = extra.into_iter();
            runner.run(found.filter_map(move |item| jobs.deletion(&place, &item)));
        }
        if let Some(batch) = batch
            && !is_broken.load(Ordering::Relaxed)
            && !runner.cancel.is_cancelled()
        {
            batch.submit(&runner.lines, &runner.cancel);
        }
    }
}

/// Runs jobs.
struct Runner {
    manager: TransferManager,
    lines: Lines,
    totals: Totals,
    cancel: CancelToken,
    is_watched: bool,
}

impl Runner {
    fn run(&self, jobs: impl Iterator<Item = Job<'static>> + Send + 'static) {
        let totals = self.totals.clone();
        let last = std::iter::from_fn(move || {
            totals.finish();
            None
        });
        let jobs = jobs.chain(last).map(Ok);
        let job = match self.is_watched {
            true => {
                let lines = self.lines.clone();
                let moved = move |now: &Snapshot| lines.send(Event::Moved(*now));
                self.manager.many(read_ahead(jobs)).progress(moved)
            }
            false => self.manager.many(jobs),
        };
        // what failed was printed by the jobs
        if let Err(error) = job.cancel_with(&self.cancel).run()
            && self.cancel.is_cancelled()
        {
            tracing::debug!(%error, "cancelled");
            self.lines.send(Event::Cancelled);
        }
    }
}

/// Takes the items of an iterator on a thread of its own, some ahead.
fn read_ahead<T: Send + 'static>(
    items: impl Iterator<Item = T> + Send + 'static,
) -> impl Iterator<Item = T> + Send {
    let (sender, receiver) = sync_channel(AHEAD);
    std::thread::spawn(move || {
        for item in items {
            if sender.send(item).is_err() {
                return;
            }
        }
    });
    receiver.into_iter()
}

/// Reports an error that ends the command.
fn report(error: &Error, place: &Place, lines: &Lines) {
    match error.is_cancelled() {
        true => lines.send(Event::Cancelled),
        false => lines.fatal(&fatal(error, place).unwrap_or_else(|| sentence(error))),
    }
}

/// The item of stdin, or of an object that is written to stdout.
fn stream(place: &Place) -> Item {
    Item {
        path: place.path().to_owned(),
        size: 0,
        modified: None,
        what: What::Single,
    }
}

/// Uploads have a CRC-64/NVME, as in version 2 of `aws`, unless checksums are disabled.
fn choose_checksum(args: &mut Value, client: &Client) {
    if args["ChecksumAlgorithm"].is_null()
        && client.config().request_checksums() == RequestChecksums::WhenSupported
    {
        args["ChecksumAlgorithm"] = "CRC64NVME".into();
    }
}

fn archives(given: &Given) -> Archives {
    match given.has("force-glacier-transfer") {
        true => Archives::Transferred,
        false if given.has("ignore-glacier-warnings") => Archives::Skipped,
        false => Archives::SkippedWithWarning,
    }
}

/// What happens to names that differ by case. Only downloads of trees have such.
fn conflict_mode(given: &Given, places: &Places, lines: &Lines) -> Result<Mode, Failure> {
    let mode = Mode::parse(given.text("case-conflict"));
    if places.action != Action::Download || !places.is_tree {
        return Ok(Mode::Ignore);
    }
    let bucket = uri::bucket_and_key(places.source.path()).0;
    match mode {
        Mode::Error | Mode::Skip if uri::is_directory_bucket(bucket) => Err(usage_error(
            "--case-conflict must be ignore or warn for a directory bucket, which is not listed in order",
        )),
        Mode::Warn if uri::is_directory_bucket(bucket) => {
            let text = "warning: conflicts of names that differ only by case are not found in a directory bucket";
            lines.send(Event::Note(text.to_owned()));
            Ok(Mode::Ignore)
        }
        mode => Ok(mode),
    }
}

/// Whether a copy writes below the prefix that it lists.
fn is_below(places: &Places) -> bool {
    let (source, destination) = (places.source.path(), places.destination.path());
    places.action == Action::Copy && source != destination && destination.starts_with(source)
}
