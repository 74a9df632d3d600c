//! The threads that do the work, and the order in which they take it.
//!
//! Nothing is queued: a thread that is free asks the objects in turn what can be done next, and only when none has anything is
//! another object begun. So what is begun is finished first, memory is bounded by the number of threads, and one object is
//! transferred by the same rule as a million. The caller's thread is one of them; others are begun only when there is work
//! for them. A thread that takes something and sees more wakes one other, so that as many are awake as have something to do.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::Scope;

use super::Context;
use super::error::TransferError;
use super::limit::Limit;
use super::plan::{Done, Part, Parts, Plan, Step};
use super::report::{Failure, Outcome, Report};
use crate::cancel::CancelToken;
use crate::error::{Error, Result};
use crate::sync;

/// One object, or one request for many: how its steps are done.
pub(super) trait Work: Send + Sync {
    /// What it is called in reports.
    fn object(&self) -> String;

    /// What is done with it, as errors tell: `upload FILE to BUCKET/KEY`.
    fn action(&self) -> String;

    /// All of a small object, or what must be done before its parts.
    fn begin(&self) -> Result<Begun>;

    /// A part; whether others may come after it.
    fn part(&self, part: &Part) -> Result<bool> {
        let _ = part;
        Ok(false)
    }

    /// What must be done after all parts.
    fn finish(&self) -> Result<Outcome> {
        Ok(Outcome::default())
    }

    /// Takes back what was begun.
    fn abandon(&self) {}
}

/// What the first step came to.
pub(super) enum Begun {
    Done(Outcome),
    Parts(Parts),
}

/// Something that is to be transferred, or the reason why it cannot be.
pub(super) enum Item<'w> {
    Failed(Failure),
    Skipped(Box<str>),
    Work(Box<dyn Work + 'w>),
}

/// Where objects come from. An error ends it.
pub(super) type Items<'w> = dyn Iterator<Item = Result<Item<'w>>> + Send + 'w;

/// Transfers everything, and goes on when an object fails.
///
/// # Errors
///
/// The source of the objects fails.
pub(super) fn run<'w>(items: Box<Items<'w>>, context: &Context) -> Result<Report> {
    let pool = Pool {
        items: Mutex::new(items),
        board: Mutex::new(Board {
            active: Vec::new(),
            has_more: true,
            is_asking: false,
            limit: Limit::new(context.config.concurrency),
            running: 0,
            threads: 1,
            waiting: 0,
            report: Report::default(),
            fault: None,
            has_panicked: false,
        }),
        changed: Condvar::new(),
        context,
    };
    let guard = TakesBack(&pool);
    std::thread::scope(|scope| pool.work(scope));
    drop(guard);
    // no thread is left that could have panicked with it
    let board = sync::ignore_poison(pool.board.into_inner());
    let mut report = board.report;
    match board.fault {
        // what was done before is told with it
        Some(error) if report.objects > 0 || !report.failures.is_empty() => {
            let object = "the rest".into();
            report.failures.push(Failure { object, error });
            Ok(report)
        }
        Some(error) => Err(error),
        None => Ok(report),
    }
}

struct Pool<'p, 'w> {
    items: Mutex<Box<Items<'w>>>,
    board: Mutex<Board<'w>>,
    changed: Condvar,
    context: &'p Context,
}

struct Board<'w> {
    active: Vec<Active<'w>>,
    has_more: bool,
    /// A thread is asking for the next object.
    is_asking: bool,
    limit: Limit,
    threads: usize,
    /// Those of them that do something.
    running: usize,
    /// Those that have nothing to do.
    waiting: usize,
    report: Report,
    /// Why there are no more objects.
    fault: Option<Error>,
    has_panicked: bool,
}

struct Active<'w> {
    work: Arc<dyn Work + 'w>,
    plan: Plan,
    error: Option<Error>,
}

/// What a thread does next.
enum Task<'w> {
    Ask,
    Step(Arc<dyn Work + 'w>, Step),
}

impl<'p, 'w: 'p> Pool<'p, 'w> {
    fn lock(&self) -> MutexGuard<'_, Board<'w>> {
        // a panic on another thread is passed on when all have ended
        sync::lock(&self.board)
    }

    /// What each thread does, until there is nothing left.
    fn work<'scope, 'env>(&'env self, scope: &'scope Scope<'scope, 'env>) {
        let mut board = self.lock();
        loop {
            board.heed(&self.context.cancel);
            let Some(task) = board.take() else {
                if board.is_over() {
                    break;
                }
                board.waiting += 1;
                board = sync::ignore_poison(self.changed.wait(board));
                board.waiting -= 1;
                continue;
            };
            board.running += 1;
            self.share(board, scope);
            let guard = Running(self);
            match task {
                Task::Ask => self.ask(),
                Task::Step(work, step) => self.step(&*work, &step),
            }
            drop(guard);
            board = self.lock();
            board.settle(self.context.take_repeats());
        }
        self.changed.notify_all();
    }

    /// Gets another thread to look for work, if there may be more.
    fn share<'scope, 'env>(
        &'env self,
        mut board: MutexGuard<'_, Board<'w>>,
        scope: &'scope Scope<'scope, 'env>,
    ) {
        if !board.may_have_work() {
            return;
        }
        if board.waiting > 0 {
            self.changed.notify_one();
        } else if board.threads < self.context.config.concurrency {
            board.threads += 1;
            drop(board);
            let thread = std::thread::Builder::new().spawn_scoped(scope, || self.work(scope));
            if let Err(error) = thread {
                // those that there are do it all
                tracing::debug!(%error, "there is no other thread");
                self.lock().threads -= 1;
            }
        }
    }

    fn ask(&self) {
        // a panic of it ends the transfer
        let mut items = sync::lock(&self.items);
        let next = items.next();
        let is_last = items.size_hint().1 == Some(0);
        drop(items);
        let mut board = self.lock();
        board.is_asking = false;
        board.has_more &= !is_last;
        match next {
            None => board.has_more = false,
            Some(Err(error)) => {
                board.has_more = false;
                board.fault = Some(error);
            }
            Some(Ok(Item::Skipped(object))) => board.report.skipped.push(object),
            Some(Ok(Item::Failed(failure))) => {
                drop(board);
                self.context
                    .meter
                    .ended(&failure.object, Some(&failure.error));
                self.lock().report.failures.push(failure);
            }
            Some(Ok(Item::Work(work))) => board.active.push(Active {
                work: work.into(),
                plan: Plan::new(),
                error: None,
            }),
        }
    }

    /// An error that says what was to be done.
    fn failed(&self, work: &(dyn Work + 'w), source: Error) -> Error {
        let what = work.action().into();
        match self.context.cancel.is_cancelled() {
            true => TransferError::Cancelled { what }.into(),
            false => TransferError::Failed { what, source }.into(),
        }
    }

    fn step(&self, work: &(dyn Work + 'w), step: &Step) {
        let (mut outcome, mut error) = (None, None);
        let mut done = |result: Result<Outcome>| match result {
            Ok(all) => {
                outcome = Some(all);
                Done::Over
            }
            Err(e) => {
                error = Some(self.failed(work, e));
                Done::Failed
            }
        };
        let done = match step {
            Step::Abandon => {
                work.abandon();
                Done::Over
            }
            Step::Begin => match work.begin() {
                Ok(Begun::Parts(parts)) => Done::Parts(parts),
                Ok(Begun::Done(all)) => done(Ok(all)),
                Err(error) => done(Err(error)),
            },
            Step::Finish => done(work.finish()),
            Step::Part(part) => match work.part(part) {
                Ok(more) => Done::Part { more },
                Err(error) => done(Err(error)),
            },
        };
        let mut board = self.lock();
        let is_it = |active: &Active<'_>| std::ptr::addr_eq(&*active.work, work);
        let Some(index) = board.active.iter().position(is_it) else {
            return;
        };
        let active = &mut board.active[index];
        active.plan.settle(step, done);
        // what is done is, though it was cancelled meanwhile; else the first failure is the reason
        active.error = match outcome {
            Some(_) => None,
            None => active.error.take().or(error),
        };
        if !active.plan.is_over() {
            return;
        }
        let active = board.active.remove(index);
        drop(board);
        let object = active.work.object().into_boxed_str();
        self.context.meter.ended(&object, active.error.as_ref());
        let report = &mut self.lock().report;
        report.add(outcome.unwrap_or_default());
        let failure = active.error.map(|error| Failure { object, error });
        report.failures.extend(failure);
    }
}

impl<'w> Board<'w> {
    /// Nothing more is begun once the caller has cancelled.
    fn heed(&mut self, cancel: &CancelToken) {
        if !cancel.is_cancelled() {
            return;
        }
        let error = |what: String| TransferError::Cancelled { what: what.into() }.into();
        if std::mem::take(&mut self.has_more) && self.fault.is_none() {
            self.fault = Some(error("the transfer".to_owned()));
        }
        for active in &mut self.active {
            if !active.plan.has_failed() {
                active.plan.fail();
                active.error = Some(error(active.work.action()));
            }
        }
    }

    /// A thread has done something.
    fn settle(&mut self, was_repeated: bool) {
        self.running -= 1;
        self.limit.settle(was_repeated, self.running);
    }

    fn take(&mut self) -> Option<Task<'w>> {
        if self.has_panicked || !self.limit.has_room(self.running) {
            return None;
        }
        for active in &mut self.active {
            if let Some(step) = active.plan.next() {
                return Some(Task::Step(active.work.clone(), step));
            }
        }
        let may_ask = self.has_more && !self.is_asking;
        self.is_asking |= may_ask;
        may_ask.then_some(Task::Ask)
    }

    /// Whether another thread may find something to do.
    fn may_have_work(&self) -> bool {
        let mut active = self.active.iter();
        self.limit.has_room(self.running)
            && ((self.has_more && !self.is_asking)
                || active.any(|active| active.plan.may_have_step()))
    }

    fn is_over(&self) -> bool {
        let is_done = !self.has_more && !self.is_asking && self.active.is_empty();
        is_done || self.has_panicked
    }
}

/// Takes back what was begun when a panic ends the transfer. No thread is left then.
struct TakesBack<'r, 'p, 'w>(&'r Pool<'p, 'w>);

impl Drop for TakesBack<'_, '_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut board = sync::lock(&self.0.board);
            for active in board.active.drain(..) {
                active.work.abandon();
            }
        }
    }
}

/// Tells the others when this thread panics: they would wait for it for ever.
struct Running<'r, 'p, 'w>(&'r Pool<'p, 'w>);

impl Drop for Running<'_, '_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut board = sync::lock(&self.0.board);
            board.has_panicked = true;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::time::Duration;

    use super::*;
    use crate::client::Client;
    use crate::config::Config;
    use crate::transfer::TransferConfig;
    use crate::transport::Replay;

    fn context(concurrency: usize) -> Context {
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        let config = TransferConfig::default().concurrency(concurrency);
        let manager = client.transfer_with(config).unwrap();
        manager.context(CancelToken::default(), None)
    }

    /// Says what it does, and fails where it is told to.
    struct Told<'l> {
        name: &'static str,
        parts: u64,
        fails_at: Option<&'static str>,
        log: &'l Mutex<Vec<String>>,
    }

    impl Told<'_> {
        fn tell(&self, what: &str) -> Result<()> {
            self.log
                .lock()
                .unwrap()
                .push(format!("{} {what}", self.name));
            match self.fails_at {
                Some(at) if at == what => Err(Error::request("told to")),
                _ => Ok(()),
            }
        }
    }

    impl Work for Told<'_> {
        fn object(&self) -> String {
            self.name.to_owned()
        }
        fn action(&self) -> String {
            format!("do {}", self.name)
        }
        fn begin(&self) -> Result<Begun> {
            self.tell("begin")?;
            Ok(Begun::Parts(Parts::of(self.parts, 1)))
        }
        fn part(&self, part: &Part) -> Result<bool> {
            self.tell(&part.number.to_string()).map(|()| true)
        }
        fn finish(&self) -> Result<Outcome> {
            self.tell("finish")?;
            Ok(Outcome {
                objects: 1,
                bytes: self.parts,
                ..Outcome::default()
            })
        }
        fn abandon(&self) {
            let _ = self.tell("abandon");
        }
    }

    fn item<'w>(work: impl Work + 'w) -> Result<Item<'w>> {
        Ok(Item::Work(Box::new(work)))
    }

    #[test]
    fn what_is_begun_is_finished_first() {
        let log = Mutex::default();
        let told = |name, fails_at| Told {
            name,
            parts: 2,
            fails_at,
            log: &log,
        };
        let items = [
            item(told("a", None)),
            item(told("b", Some("1"))),
            item(told("c", None)),
        ];
        let report = run(Box::new(items.into_iter()), &context(1)).unwrap();
        assert_eq!((report.objects, report.bytes), (2, 4));
        let [failure] = &report.failures[..] else {
            panic!("{report:?}");
        };
        assert_eq!(&*failure.object, "b");
        assert!(
            failure.error.to_string().starts_with("failed to do b: "),
            "{}",
            failure.error
        );
        let expected =
            "a begin, a 1, a 2, a finish, b begin, b 1, b abandon, c begin, c 1, c 2, c finish";
        assert_eq!(log.lock().unwrap().join(", "), expected);
    }

    #[test]
    fn a_source_that_fails_is_told_with_what_was_done() {
        let log = Mutex::default();
        let told = Told {
            name: "a",
            parts: 1,
            fails_at: None,
            log: &log,
        };
        let items = [item(told), Err(Error::request("no more"))];
        let report = run(Box::new(items.into_iter()), &context(4)).unwrap();
        assert_eq!((report.objects, report.failures.len()), (1, 1));
        let nothing = [Err(Error::request("no more"))];
        assert!(run(Box::new(nothing.into_iter()), &context(4)).is_err());
    }

    /// Waits until as many are there as are wanted.
    struct Meeting {
        wanted: usize,
        there: Mutex<usize>,
        changed: Condvar,
    }

    impl Meeting {
        fn join(&self) -> bool {
            let mut there = self.there.lock().unwrap();
            *there += 1;
            self.changed.notify_all();
            let (there, _) = self
                .changed
                .wait_timeout_while(there, Duration::from_secs(20), |there| *there < self.wanted)
                .unwrap();
            *there >= self.wanted
        }
    }

    impl Work for &Meeting {
        fn object(&self) -> String {
            "meeting".to_owned()
        }
        fn action(&self) -> String {
            "meet".to_owned()
        }
        fn begin(&self) -> Result<Begun> {
            Ok(Begun::Parts(Parts::of(self.wanted as u64, 1)))
        }
        fn part(&self, _: &Part) -> Result<bool> {
            match self.join() {
                true => Ok(true),
                false => Err(Error::request("nobody came")),
            }
        }
        fn finish(&self) -> Result<Outcome> {
            Ok(Outcome::default())
        }
    }

    #[test]
    fn parts_and_objects_are_done_at_the_same_time() {
        let meeting = |wanted| Meeting {
            wanted,
            there: Mutex::new(0),
            changed: Condvar::new(),
        };
        // the parts of one object, and one part of each of many
        let one = meeting(8);
        let report = run(Box::new(std::iter::once(item(&one))), &context(8)).unwrap();
        assert!(report.failures.is_empty(), "{report:?}");
        struct Single<'m>(&'m Meeting);
        impl Work for Single<'_> {
            fn object(&self) -> String {
                "single".to_owned()
            }
            fn action(&self) -> String {
                "meet".to_owned()
            }
            fn begin(&self) -> Result<Begun> {
                self.0.part(&Part {
                    number: 1,
                    range: 0..1,
                })?;
                Ok(Begun::Done(Outcome::default()))
            }
        }
        let many = meeting(8);
        let items: Vec<_> = (0..8).map(|_| item(Single(&many))).collect();
        let report = run(Box::new(items.into_iter()), &context(8)).unwrap();
        assert!(report.failures.is_empty(), "{report:?}");
    }

    #[test]
    fn a_cancelled_transfer_begins_nothing() {
        let log = Mutex::default();
        let context = context(4);
        context.cancel.cancel();
        let told = Told {
            name: "a",
            parts: 1,
            fails_at: None,
            log: &log,
        };
        let error = run(Box::new(std::iter::once(item(told))), &context).unwrap_err();
        assert!(error.is_cancelled());
        assert!(log.lock().unwrap().is_empty());
    }

    /// Is done although it is cancelled meanwhile, which the other sees.
    struct Steady<'t>(&'t CancelToken, &'t Barrier);

    impl Work for Steady<'_> {
        fn object(&self) -> String {
            "steady".to_owned()
        }
        fn action(&self) -> String {
            "stay".to_owned()
        }
        fn begin(&self) -> Result<Begun> {
            self.1.wait();
            self.0.cancel();
            self.1.wait();
            self.1.wait();
            Ok(Begun::Done(Outcome {
                objects: 1,
                ..Outcome::default()
            }))
        }
    }

    /// Is begun when the token is cancelled, and then given up.
    struct GivenUp<'t>(&'t Barrier);

    impl Work for GivenUp<'_> {
        fn object(&self) -> String {
            "given up".to_owned()
        }
        fn action(&self) -> String {
            "go on".to_owned()
        }
        fn begin(&self) -> Result<Begun> {
            self.0.wait();
            self.0.wait();
            Ok(Begun::Parts(Parts::of_stream()))
        }
        fn abandon(&self) {
            self.0.wait();
        }
    }

    #[test]
    fn regression_what_is_done_is_no_failure_when_it_is_cancelled_meanwhile() {
        let (context, barrier) = (context(2), Barrier::new(2));
        let items: [Box<dyn Work>; 2] = [
            Box::new(Steady(&context.cancel, &barrier)),
            Box::new(GivenUp(&barrier)),
        ];
        let items = items.into_iter().map(|work| Ok(Item::Work(work)));
        let report = run(Box::new(items), &context).unwrap();
        let failed: Vec<_> = report
            .failures
            .iter()
            .map(|failure| &*failure.object)
            .collect();
        assert_eq!((report.objects, failed), (1, vec!["given up"]));
    }
}
