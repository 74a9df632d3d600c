//! The worker threads.
//!
//! There is no queue. A free thread takes the next step of the objects that have begun, in their order, and begins another
//! object only if there is no such step. So objects are finished in order, memory is bounded by the number of threads, and one
//! object is transferred by the same rule as a million. The caller's thread is one of the workers; others are spawned when
//! there is work for them. A thread that takes a task and sees more work wakes one other thread.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread::Scope;

use super::context::Context;
use super::report::{Failure, Outcome, REST, Report};
use super::schedule::{Schedule, Task};
use super::work::{End, Item, Items};
use crate::error::{Error, Result};
use crate::sync;

/// The operations that store an object, and that refuse to overwrite one if that is requested.
const STORING: [&str; 3] = ["CompleteMultipartUpload", "CopyObject", "PutObject"];

/// Transfers all objects, and continues when one fails.
///
/// # Errors
///
/// Returns an error if the iterator of the objects fails before anything is transferred.
pub(super) fn run<'w>(items: Box<Items<'w>>, context: &Context) -> Result<Report> {
    let pool = Pool {
        items: Mutex::new(items),
        schedule: Mutex::new(Schedule::new(context.config.concurrency)),
        changed: Condvar::new(),
        context,
    };
    let guard = AbortAllGuard(&pool);
    std::thread::scope(|scope| pool.work(scope));
    drop(guard);
    context.meter.flush();
    // all threads have ended
    let schedule = sync::ignore_poison(pool.schedule.into_inner());
    let mut report = schedule.report;
    match schedule.items_error {
        // together with what was done before
        Some(error) if report.objects > 0 || !report.failures.is_empty() => {
            let object = REST.to_owned();
            report.failures.push(Failure { object, error });
            Ok(report)
        }
        Some(error) => Err(error),
        None => Ok(report),
    }
}

struct Pool<'p, 'w> {
    items: Mutex<Box<Items<'w>>>,
    schedule: Mutex<Schedule<'w>>,
    changed: Condvar,
    context: &'p Context,
}

impl<'p, 'w: 'p> Pool<'p, 'w> {
    fn lock(&self) -> MutexGuard<'_, Schedule<'w>> {
        // a panic of another thread is resumed after all have ended
        sync::lock(&self.schedule)
    }

    /// Runs a thread until nothing is left to do.
    fn work<'scope, 'env>(&'env self, scope: &'scope Scope<'scope, 'env>) {
        let mut schedule = self.lock();
        loop {
            schedule.observe_cancel(&self.context.cancel);
            let Some(task) = schedule.take() else {
                if schedule.is_over() {
                    break;
                }
                schedule.waiting += 1;
                schedule = sync::ignore_poison(self.changed.wait(schedule));
                schedule.waiting -= 1;
                continue;
            };
            self.share(schedule, scope);
            let guard = PanicGuard(self);
            self.run(task);
            drop(guard);
            schedule = self.lock();
            schedule.task_done(self.context.take_retried());
        }
        self.changed.notify_all();
    }

    /// Wakes or spawns another thread, if there may be more work.
    fn share<'scope, 'env>(
        &'env self,
        mut schedule: MutexGuard<'_, Schedule<'w>>,
        scope: &'scope Scope<'scope, 'env>,
    ) {
        if !schedule.may_have_work() {
            return;
        }
        if schedule.waiting > 0 {
            self.changed.notify_one();
        } else if schedule.threads < self.context.config.concurrency {
            schedule.threads += 1;
            drop(schedule);
            let work = || self.work(scope);
            #[cfg(feature = "async")]
            let work = crate::runtime::inherited(work);
            let thread = std::thread::Builder::new().spawn_scoped(scope, work);
            if let Err(error) = thread {
                // the existing threads do all of the work
                tracing::debug!(%error, "could not spawn another thread");
                self.lock().threads -= 1;
            }
        }
    }

    fn run(&self, task: Task<'w>) {
        let (id, step, action) = match task {
            Task::NextItem => return self.get_item(),
            Task::Step { id, step, action } => (id, step, action),
        };
        let completed = action.run();
        let is_cancelled = self.context.cancel.is_cancelled();
        let ended = self.lock().complete(id, &step, completed, is_cancelled);
        if let Some(ended) = ended {
            let result = match ended.result {
                Err(error) if self.is_kept(&error) => Ok(Outcome::skipped(ended.object.clone())),
                result => result,
            };
            let error = result.as_ref().err();
            self.context.meter.ended(&ended.object, error);
            if let Some(on_end) = ended.on_end {
                on_end(match &result {
                    Err(error) => End::Failed(error),
                    Ok(outcome) if outcome.skipped.is_some() => End::Skipped,
                    Ok(_) => End::Done,
                });
            }
            self.lock().report(ended.object, result);
        }
    }

    /// Whether an object exists that is not to be overwritten.
    fn is_kept(&self, error: &Error) -> bool {
        let root = error.root();
        !self.context.config.overwrite
            && root.code() == Some("PreconditionFailed")
            && root.operation().is_some_and(|name| STORING.contains(&name))
    }

    fn get_item(&self) {
        // a panic of the iterator ends the transfer
        let mut items = sync::lock(&self.items);
        let next = items.next();
        let is_last = items.size_hint().1 == Some(0);
        drop(items);
        let mut schedule = self.lock();
        schedule.got_item();
        schedule.has_more &= !is_last;
        match next {
            None => schedule.has_more = false,
            Some(Err(error)) => {
                schedule.has_more = false;
                schedule.items_error = Some(error);
            }
            Some(Ok(Item::Skipped(object))) => schedule.report.skipped.push(object),
            Some(Ok(Item::Failed(failure))) => {
                drop(schedule);
                let meter = &self.context.meter;
                meter.ended(&failure.object, Some(&failure.error));
                self.lock().report.failures.push(failure);
            }
            Some(Ok(Item::Work(work))) => schedule.add(work),
        }
    }
}

/// Aborts what has begun if a panic ends the transfer. All threads have ended by then.
struct AbortAllGuard<'r, 'p, 'w>(&'r Pool<'p, 'w>);

impl Drop for AbortAllGuard<'_, '_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            sync::lock(&self.0.schedule).abort_all();
        }
    }
}

/// Notifies the other threads if this one panics, so that they do not wait for it forever.
struct PanicGuard<'r, 'p, 'w>(&'r Pool<'p, 'w>);

impl Drop for PanicGuard<'_, '_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            sync::lock(&self.0.schedule).has_panicked = true;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::time::Duration;

    use super::super::TransferConfig;
    use super::super::plan::{Part, Parts};
    use super::super::work::{Begun, PartWork, Work};
    use super::*;
    use crate::cancel::CancelToken;
    use crate::client::Client;
    use crate::config::Config;
    use crate::transport::Replay;

    fn context(concurrency: usize) -> Context {
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        let config = TransferConfig::default().concurrency(concurrency);
        let manager = client.transfer_with(config).unwrap();
        manager.shared.context(CancelToken::default(), None)
    }

    /// Logs its steps, and fails at one of them.
    struct Logged<'l> {
        name: &'static str,
        parts: u64,
        fails_at: Option<&'static str>,
        log: &'l Mutex<Vec<String>>,
    }

    impl Logged<'_> {
        fn log(&self, what: &str) -> Result<()> {
            self.log
                .lock()
                .unwrap()
                .push(format!("{} {what}", self.name));
            match self.fails_at {
                Some(at) if at == what => Err(Error::request("as requested")),
                _ => Ok(()),
            }
        }
    }

    impl<'l> Work<'l> for Logged<'l> {
        fn object(&self) -> String {
            self.name.to_owned()
        }
        fn action(&self) -> String {
            format!("do {}", self.name)
        }
        fn begin(self: Box<Self>) -> Result<Begun<'l>> {
            self.log("begin")?;
            Ok(Begun::Parts(
                Parts::ranges(self.parts, 1),
                Arc::<Self>::from(self),
            ))
        }
    }

    impl PartWork for Logged<'_> {
        fn part(&self, part: &Part) -> Result<bool> {
            self.log(&part.number.to_string()).map(|()| true)
        }
        fn finish(&self) -> Result<Outcome> {
            self.log("finish")?;
            Ok(Outcome {
                objects: 1,
                bytes: self.parts,
                ..Outcome::default()
            })
        }
        fn abort(&self) {
            let _ = self.log("abort");
        }
    }

    fn item<'w>(work: impl Work<'w> + 'w) -> Result<Item<'w>> {
        Ok(Item::Work(Box::new(work)))
    }

    #[test]
    fn objects_are_finished_in_order() {
        let log = Mutex::default();
        let logged = |name, fails_at| Logged {
            name,
            parts: 2,
            fails_at,
            log: &log,
        };
        let items = [
            item(logged("a", None)),
            item(logged("b", Some("1"))),
            item(logged("c", None)),
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
            "a begin, a 1, a 2, a finish, b begin, b 1, b abort, c begin, c 1, c 2, c finish";
        assert_eq!(log.lock().unwrap().join(", "), expected);
    }

    #[test]
    fn failing_iterator_is_reported_with_what_was_done() {
        let log = Mutex::default();
        let logged = Logged {
            name: "a",
            parts: 1,
            fails_at: None,
            log: &log,
        };
        let items = [item(logged), Err(Error::request("no more"))];
        let report = run(Box::new(items.into_iter()), &context(4)).unwrap();
        assert_eq!((report.objects, report.failures.len()), (1, 1));
        let nothing = [Err(Error::request("no more"))];
        assert!(run(Box::new(nothing.into_iter()), &context(4)).is_err());
    }

    /// Waits until the expected number of threads has joined.
    struct Meeting {
        expected: usize,
        joined: Mutex<usize>,
        changed: Condvar,
    }

    impl Meeting {
        fn join(&self) -> bool {
            let mut joined = self.joined.lock().unwrap();
            *joined += 1;
            self.changed.notify_all();
            let (joined, _) = self
                .changed
                .wait_timeout_while(joined, Duration::from_secs(20), |joined| {
                    *joined < self.expected
                })
                .unwrap();
            *joined >= self.expected
        }
    }

    impl<'m> Work<'m> for &'m Meeting {
        fn object(&self) -> String {
            "meeting".to_owned()
        }
        fn action(&self) -> String {
            "meet".to_owned()
        }
        fn begin(self: Box<Self>) -> Result<Begun<'m>> {
            let parts = Parts::ranges(self.expected as u64, 1);
            Ok(Begun::Parts(parts, Arc::<Self>::from(self)))
        }
    }

    impl PartWork for &Meeting {
        fn part(&self, _: &Part) -> Result<bool> {
            match self.join() {
                true => Ok(true),
                false => Err(Error::request("the others did not join")),
            }
        }
        fn finish(&self) -> Result<Outcome> {
            Ok(Outcome::default())
        }
        fn abort(&self) {}
    }

    #[test]
    fn parts_and_objects_are_transferred_concurrently() {
        let meeting = |expected| Meeting {
            expected,
            joined: Mutex::new(0),
            changed: Condvar::new(),
        };
        // the parts of one object, and one part of each of many
        let one = meeting(8);
        let report = run(Box::new(std::iter::once(item(&one))), &context(8)).unwrap();
        assert!(report.failures.is_empty(), "{report:?}");
        struct Single<'m>(&'m Meeting);
        impl<'m> Work<'m> for Single<'m> {
            fn object(&self) -> String {
                "single".to_owned()
            }
            fn action(&self) -> String {
                "meet".to_owned()
            }
            fn begin(self: Box<Self>) -> Result<Begun<'m>> {
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
    fn cancelled_transfer_begins_nothing() {
        let log = Mutex::default();
        let context = context(4);
        context.cancel.cancel();
        let logged = Logged {
            name: "a",
            parts: 1,
            fails_at: None,
            log: &log,
        };
        let error = run(Box::new(std::iter::once(item(logged))), &context).unwrap_err();
        assert!(error.is_cancelled());
        assert!(log.lock().unwrap().is_empty());
    }

    /// Cancels the transfer and completes nevertheless.
    struct Steady<'t>(&'t CancelToken, &'t Barrier);

    impl<'t> Work<'t> for Steady<'t> {
        fn object(&self) -> String {
            "steady".to_owned()
        }
        fn action(&self) -> String {
            "stay".to_owned()
        }
        fn begin(self: Box<Self>) -> Result<Begun<'t>> {
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

    /// Begins before the transfer is cancelled, and is then aborted.
    struct Aborted<'t>(&'t Barrier);

    impl<'t> Work<'t> for Aborted<'t> {
        fn object(&self) -> String {
            "aborted".to_owned()
        }
        fn action(&self) -> String {
            "go on".to_owned()
        }
        fn begin(self: Box<Self>) -> Result<Begun<'t>> {
            self.0.wait();
            self.0.wait();
            Ok(Begun::Parts(Parts::stream(), Arc::<Self>::from(self)))
        }
    }

    impl PartWork for Aborted<'_> {
        fn part(&self, _: &Part) -> Result<bool> {
            Ok(false)
        }
        fn finish(&self) -> Result<Outcome> {
            Ok(Outcome::default())
        }
        fn abort(&self) {
            self.0.wait();
        }
    }

    #[test]
    fn regression_object_done_despite_cancel_is_no_failure() {
        let (context, barrier) = (context(2), Barrier::new(2));
        let items: [Box<dyn Work<'_>>; 2] = [
            Box::new(Steady(&context.cancel, &barrier)),
            Box::new(Aborted(&barrier)),
        ];
        let items = items.into_iter().map(|work| Ok(Item::Work(work)));
        let report = run(Box::new(items), &context).unwrap();
        let failed: Vec<_> = report
            .failures
            .iter()
            .map(|failure| &*failure.object)
            .collect();
        assert_eq!((report.objects, failed), (1, vec!["aborted"]));
    }
}
