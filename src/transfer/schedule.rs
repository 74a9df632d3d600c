//! The order in which the threads of a pool take the steps of several objects.

use std::sync::Arc;

use super::error::TransferError;
use super::limit::Limit;
use super::plan::{Done, Part, Parts, Plan, Step};
use super::report::{Failure, Outcome, Report};
use super::work::{Begun, OnEnd, PartWork, Work};
use crate::cancel::CancelToken;
use crate::error::Error;

/// State that the threads of a pool share, behind a lock.
pub(super) struct Schedule<'w> {
    active: Vec<Active<'w>>,
    next_id: u64,
    pub(super) has_more: bool,
    /// A thread is getting the next object.
    is_getting: bool,
    limit: Limit,
    pub(super) threads: usize,
    /// The number of threads that are doing something.
    running: usize,
    /// The number of threads that have nothing to do.
    pub(super) waiting: usize,
    pub(super) report: Report,
    /// The error that ended the objects.
    pub(super) items_error: Option<Error>,
    pub(super) has_panicked: bool,
}

/// An object that a thread has taken.
struct Active<'w> {
    id: u64,
    object: String,
    action: String,
    /// Present until it begins.
    work: Option<Box<dyn Work<'w> + 'w>>,
    on_end: Option<OnEnd<'w>>,
    /// Present after it began, if it has parts.
    parts: Option<Arc<dyn PartWork + 'w>>,
    plan: Plan,
    error: Option<Error>,
}

/// The next task of a thread.
pub(super) enum Task<'w> {
    NextItem,
    Step {
        id: u64,
        step: Step,
        action: Action<'w>,
    },
}

/// A step of a transfer, with the object that performs it.
pub(super) enum Action<'w> {
    /// Aborts the parts, if there are any.
    Abort(Option<Arc<dyn PartWork + 'w>>),
    Begin(Box<dyn Work<'w> + 'w>),
    Finish(Arc<dyn PartWork + 'w>),
    Part(Arc<dyn PartWork + 'w>, Part),
}

/// The result of an action.
pub(super) enum Completed<'w> {
    Aborted,
    Begun(Parts, Arc<dyn PartWork + 'w>),
    Done(Outcome),
    Failed(Error),
    Part { has_more: bool },
}

/// An object that is over.
pub(super) struct Ended<'w> {
    pub(super) object: String,
    pub(super) result: Result<Outcome, Error>,
    pub(super) on_end: Option<OnEnd<'w>>,
    /// Dropped without the lock, as it may close files.
    _parts: Option<Arc<dyn PartWork + 'w>>,
}

impl<'w> Action<'w> {
    pub(super) fn run(self) -> Completed<'w> {
        let result = match self {
            Self::Abort(parts) => {
                if let Some(parts) = parts {
                    parts.abort();
                }
                return Completed::Aborted;
            }
            Self::Begin(work) => work.begin().map(|begun| match begun {
                Begun::Done(outcome) => Completed::Done(outcome),
                Begun::Parts(parts, work) => Completed::Begun(parts, work),
            }),
            Self::Finish(parts) => parts.finish().map(Completed::Done),
            Self::Part(parts, part) => parts
                .part(&part)
                .map(|has_more| Completed::Part { has_more }),
        };
        result.unwrap_or_else(Completed::Failed)
    }
}

impl<'w> Active<'w> {
    fn new(id: u64, mut work: Box<dyn Work<'w> + 'w>) -> Self {
        Self {
            on_end: work.on_end(),
            id,
            object: work.object(),
            action: work.action(),
            work: Some(work),
            parts: None,
            plan: Plan::new(),
            error: None,
        }
    }

    fn next(&mut self) -> Option<Task<'w>> {
        let step = self.plan.next()?;
        let action = match &step {
            Step::Abort => Action::Abort(self.parts.clone()),
            Step::Begin => Action::Begin(self.work.take()?),
            Step::Finish => Action::Finish(self.parts.clone()?),
            Step::Part(part) => Action::Part(self.parts.clone()?, part.clone()),
        };
        let id = self.id;
        Some(Task::Step { id, step, action })
    }

    fn cancelled(&self) -> Error {
        let what = self.action.clone();
        TransferError::Cancelled { what }.into()
    }

    fn failed(&self, source: Error) -> Error {
        let what = self.action.clone();
        TransferError::Failed { what, source }.into()
    }
}

impl<'w> Schedule<'w> {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            active: Vec::new(),
            next_id: 0,
            has_more: true,
            is_getting: false,
            limit: Limit::new(concurrency),
            threads: 1,
            running: 0,
            waiting: 0,
            report: Report::default(),
            items_error: None,
            has_panicked: false,
        }
    }

    /// Takes the next task. A thread that has none waits, or ends if the transfer [is over](Self::is_over).
    pub(super) fn take(&mut self) -> Option<Task<'w>> {
        if self.has_panicked || !self.limit.has_room(self.running) {
            return None;
        }
        let may_get = self.has_more && !self.is_getting;
        let task = self.active.iter_mut().find_map(Active::next).or_else(|| {
            self.is_getting |= may_get;
            may_get.then_some(Task::NextItem)
        })?;
        self.running += 1;
        Some(task)
    }

    /// Records that a thread has completed a task.
    pub(super) fn task_done(&mut self, was_retried: bool) {
        self.running -= 1;
        self.limit.record(was_retried, self.running);
    }

    /// Records that a thread has got the next object.
    pub(super) fn got_item(&mut self) {
        self.is_getting = false;
    }

    pub(super) fn add(&mut self, work: Box<dyn Work<'w> + 'w>) {
        self.active.push(Active::new(self.next_id, work));
        self.next_id += 1;
    }

    /// Records the result of a step. Returns the object if it is over.
    pub(super) fn complete(
        &mut self,
        id: u64,
        step: &Step,
        completed: Completed<'w>,
        is_cancelled: bool,
    ) -> Option<Ended<'w>> {
        let index = self.active.iter().position(|active| active.id == id)?;
        let active = self.active.get_mut(index)?;
        let mut outcome = None;
        let done = match completed {
            Completed::Aborted => Done::Over,
            Completed::Begun(parts, work) => {
                active.parts = Some(work);
                Done::Parts(parts)
            }
            Completed::Done(done) => {
                outcome = Some(done);
                Done::Over
            }
            Completed::Failed(source) => {
                let error = match is_cancelled {
                    true => active.cancelled(),
                    false => active.failed(source),
                };
                // the first failure is the reason for the others
                active.error.get_or_insert(error);
                Done::Failed
            }
            Completed::Part { has_more } => Done::Part { has_more },
        };
        active.plan.complete(step, done);
        if !active.plan.is_over() {
            return None;
        }
        let active = self.active.remove(index);
        // an object that is done counts as done, even if it was cancelled meanwhile
        let result = match (outcome, active.error) {
            (Some(outcome), _) => Ok(outcome),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(Outcome::default()),
        };
        Some(Ended {
            object: active.object,
            result,
            on_end: active.on_end,
            _parts: active.parts,
        })
    }

    pub(super) fn report(&mut self, object: String, result: Result<Outcome, Error>) {
        match result {
            Ok(outcome) => self.report.add(outcome),
            Err(error) => {
                self.report.add(Outcome::default());
                self.report.failures.push(Failure { object, error });
            }
        }
    }

    /// Stops everything that has not begun, if the caller has cancelled the transfer.
    pub(super) fn observe_cancel(&mut self, cancel: &CancelToken) {
        if !cancel.is_cancelled() {
            return;
        }
        if std::mem::take(&mut self.has_more) && self.items_error.is_none() {
            let what = "the transfer".to_owned();
            self.items_error = Some(TransferError::Cancelled { what }.into());
        }
        for active in &mut self.active {
            if !active.plan.has_failed() {
                active.plan.fail();
                active.error = Some(active.cancelled());
            }
        }
    }

    /// Whether another thread may find something to do.
    pub(super) fn may_have_work(&self) -> bool {
        let mut active = self.active.iter();
        self.limit.has_room(self.running)
            && ((self.has_more && !self.is_getting)
                || active.any(|active| active.plan.may_have_step()))
    }

    pub(super) fn is_over(&self) -> bool {
        let is_done = !self.has_more && !self.is_getting && self.active.is_empty();
        is_done || self.has_panicked
    }

    /// Aborts everything that has begun.
    pub(super) fn abort_all(&mut self) {
        for active in self.active.drain(..) {
            if let Some(parts) = active.parts {
                parts.abort();
            }
        }
    }
}
