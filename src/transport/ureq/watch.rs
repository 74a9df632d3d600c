//! The limits of a request in progress, and the reason why it was stopped.
//!
//! `ureq` reuses connections, and passes nothing but timeouts to them. So the watch of the request that uses a connection is in a
//! thread-local variable while `ureq` runs, which it does on one thread.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::sync;
use crate::transport::{Limits, Throughput, TransportErrorKind};

/// The longest uninterrupted wait, and so the longest delay of a cancellation.
pub(super) const SLICE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Watch {
    pub(super) limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// The number of connections that are being opened: one through a proxy is nested in another.
    connecting: u32,
    deadline: Option<Instant>,
    /// Whether the body of the response is read completely before the call returns.
    is_whole: bool,
    /// Whether the server responded or closed the connection before the body was sent.
    early_response: bool,
    stopped: Option<(TransportErrorKind, &'static str)>,
    /// One for `Limits::throughput`, one for `Limits::whole_throughput`.
    flows: [Flow; 2],
}

/// The bytes that were transferred, and the time that was spent waiting for them.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    bytes: u64,
    waited: Duration,
}

impl Flow {
    fn add(&mut self, bytes: usize, waited: Duration, min: Throughput) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.waited = self.waited.saturating_add(waited);
        if self.waited >= min.grace && !self.is_stalled(Duration::ZERO, min) {
            *self = Self::default();
        }
    }

    fn is_stalled(self, more: Duration, min: Throughput) -> bool {
        let waited = self.waited.saturating_add(more);
        waited >= min.grace
            && (self.bytes as f64) < waited.as_secs_f64() * min.bytes_per_second as f64
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// Opening the connection since this time.
    Connect(Instant),
    /// Waiting for the head of the response.
    Head,
    /// Receiving the head of the response since this time.
    HeadSince(Instant),
    /// Receiving the body of the response.
    Receive,
    /// Sending the body of the request.
    Send,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

/// Restores the previous watch of the thread on drop.
pub(super) struct Entered(Option<Arc<Watch>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Watch {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            limits: limits.clone(),
            state: Mutex::new(State {
                phase: Phase::Head,
                connecting: 0,
                deadline: limits.deadline,
                is_whole: !limits.streams,
                early_response: false,
                stopped: None,
                flows: Default::default(),
            }),
        })
    }

    /// Returns the watch of this thread's request.
    pub(super) fn current() -> Arc<Self> {
        CURRENT.with_borrow(|current| match current {
            Some(watch) => watch.clone(),
            None => Self::new(&Limits::default()),
        })
    }

    /// Makes this the watch of the thread until the returned guard is dropped.
    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        Entered(CURRENT.replace(Some(self.clone())))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    pub(super) fn phase(&self) -> Phase {
        self.state().phase
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        let mut state = self.state();
        if state.phase != phase {
            state.flows = Default::default();
        }
        if phase == Phase::Receive {
            state.deadline = match state.is_whole && self.limits.streams {
                true => self.limits.deadline,
                false => self.limits.body_deadline,
            };
        }
        state.phase = phase;
    }

    /// Records that the response is an error, whose body is always read completely.
    pub(super) fn set_error_response(&self) {
        self.state().is_whole = true;
    }

    /// Records the first bytes of a head, all of which must be received within one read timeout.
    pub(super) fn begin_head(&self) {
        let mut state = self.state();
        if !matches!(state.phase, Phase::HeadSince(_)) {
            state.phase = Phase::HeadSince(Instant::now());
        }
    }

    pub(super) fn begin_to_connect(&self) {
        let mut state = self.state();
        state.connecting += 1;
        if state.connecting == 1 {
            state.phase = Phase::Connect(Instant::now());
        }
    }

    pub(super) fn connected(&self) {
        let mut state = self.state();
        state.connecting = state.connecting.saturating_sub(1);
        if state.connecting == 0 {
            state.phase = Phase::Head;
        }
    }

    pub(super) fn is_early_response(&self) -> bool {
        self.state().early_response
    }

    pub(super) fn set_early_response(&self) {
        self.state().early_response = true;
    }

    pub(super) fn stopped(&self) -> Option<(TransportErrorKind, &'static str)> {
        self.state().stopped
    }

    /// Returns how long a wait that began at `since` may block before it calls this again.
    ///
    /// # Errors
    ///
    /// Returns an error if a limit is exceeded or the request is cancelled.
    pub(super) fn slice(&self, since: Instant, direction: Phase) -> io::Result<Duration> {
        use TransportErrorKind::{Cancelled, Connect, Timeout};
        let mut state = self.state();
        let now = Instant::now();
        let (limit, kind) = match state.phase {
            Phase::Connect(began) => (began.checked_add(self.limits.connect), Connect),
            Phase::HeadSince(began) => (began.checked_add(self.limits.read), Timeout),
            _ => (since.checked_add(self.limits.read), Timeout),
        };
        // a limit beyond the range of the clock is no limit
        let until = limit.into_iter().chain(state.deadline).min();
        let reason = if self.limits.cancel.is_cancelled() {
            Some((Cancelled, "the caller cancelled it"))
        } else if state.deadline.is_some_and(|deadline| deadline <= now) {
            Some((
                Timeout,
                "the operation timeout or the attempt timeout has passed",
            ))
        } else if limit.is_some_and(|limit| limit <= now) {
            Some((kind, "it took longer than the timeout"))
        } else if self.is_stalled(&state, now.saturating_duration_since(since), direction) {
            Some((Timeout, "the throughput is below the minimum"))
        } else {
            None
        };
        match reason {
            Some(reason) => {
                state.stopped = Some(reason);
                Err(io::Error::other(reason.1))
            }
            None => {
                let left = until.map_or(SLICE, |until| until.saturating_duration_since(now));
                Ok(left.clamp(Duration::from_millis(1), SLICE))
            }
        }
    }

    /// Records `bytes` that were transferred after `waited`.
    pub(super) fn transferred(&self, bytes: usize, waited: Duration, direction: Phase) {
        let mut state = self.state();
        if state.phase != direction {
            return;
        }
        for (n, min) in self.minimums(direction, state.is_whole) {
            if let Some(flow) = state.flows.get_mut(n) {
                flow.add(bytes, waited, min);
            }
        }
    }

    /// Returns the minimum throughputs in a direction, each with the index of its flow.
    fn minimums(
        &self,
        direction: Phase,
        is_whole: bool,
    ) -> impl Iterator<Item = (usize, Throughput)> {
        let whole = self.limits.whole_throughput;
        let all = [
            self.limits.throughput,
            whole.filter(|_| direction == Phase::Receive && is_whole),
        ];
        let numbered = all.into_iter().enumerate();
        numbered.filter_map(|(n, min)| Some((n, min?)))
    }

    fn is_stalled(&self, state: &State, more: Duration, direction: Phase) -> bool {
        let is_stalled = |(n, min)| {
            let flow = state.flows.get(n).copied();
            flow.is_some_and(|flow: Flow| flow.is_stalled(more, min))
        };
        state.phase == direction && self.minimums(direction, state.is_whole).any(is_stalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_is_a_stall_and_a_flow_is_not() {
        let min = Throughput {
            bytes_per_second: 100,
            grace: Duration::from_secs(2),
        };
        let watch = Watch::new(&Limits {
            throughput: Some(min),
            ..Limits::default()
        });
        watch.set_phase(Phase::Receive);
        for _ in 0..5 {
            watch.transferred(100, Duration::from_secs(1), Phase::Receive);
            assert!(watch.slice(Instant::now(), Phase::Receive).is_ok());
        }
        for _ in 0..4 {
            watch.transferred(1, Duration::from_secs(1), Phase::Receive);
        }
        assert!(watch.slice(Instant::now(), Phase::Receive).is_err());
        assert_eq!(watch.stopped().unwrap().0, TransportErrorKind::Timeout);
    }

    #[test]
    fn limits_beyond_the_clock_are_no_limits() {
        let watch = Watch::new(&Limits {
            connect: Duration::MAX,
            read: Duration::MAX,
            throughput: Some(Throughput {
                bytes_per_second: u64::MAX,
                grace: Duration::MAX,
            }),
            ..Limits::default()
        });
        let now = Instant::now();
        for phase in [
            Phase::Head,
            Phase::Connect(now),
            Phase::HeadSince(now),
            Phase::Receive,
        ] {
            watch.set_phase(phase);
            watch.transferred(usize::MAX, SLICE, phase);
            watch.transferred(usize::MAX, SLICE, phase);
            assert_eq!(watch.slice(now, phase).ok(), Some(SLICE), "{phase:?}");
        }
    }
}
