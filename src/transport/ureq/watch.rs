//! What a request in progress may wait for, and why it stopped.
//!
//! `ureq` keeps connections from one request to the next and tells them nothing but timeouts. So whatever a connection must
//! know of the request that uses it stands in a variable of the thread while `ureq` is at work, which it is on one thread.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::sync;
use crate::transport::Throughput;
use crate::transport::{Limits, TransportErrorKind};

/// The longest wait in one piece: so soon is a cancelled request noticed.
pub(super) const SLICE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Watch {
    pub(super) limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// How many connections are being made: one through a proxy is within another.
    connecting: u32,
    deadline: Option<Instant>,
    /// Whether the body of the response is read whole.
    is_whole: bool,
    /// Whether the answer is there, or the connection gone, before the body was sent.
    answered: bool,
    stopped: Option<(TransportErrorKind, &'static str)>,
    /// For the limits of both directions, and of responses that are read whole.
    flows: [Flow; 2],
}

/// What flowed while somebody waited for it, and how long that was.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    bytes: u64,
    waited: Duration,
}

impl Flow {
    fn add(&mut self, bytes: usize, waited: Duration, least: Throughput) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.waited = self.waited.saturating_add(waited);
        if self.waited >= least.grace && !self.is_stalled(Duration::ZERO, least) {
            *self = Self::default();
        }
    }

    fn is_stalled(self, more: Duration, least: Throughput) -> bool {
        let waited = self.waited.saturating_add(more);
        waited >= least.grace
            && (self.bytes as f64) < waited.as_secs_f64() * least.bytes_per_second as f64
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// From this moment on.
    Connect(Instant),
    Head,
    /// The head of the response comes since then.
    HeadSince(Instant),
    Receive,
    Send,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

/// Puts back whoever was there before.
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
                answered: false,
                stopped: None,
                flows: Default::default(),
            }),
        })
    }

    /// Whose request this thread is at.
    pub(super) fn current() -> Arc<Self> {
        CURRENT.with_borrow(|current| match current {
            Some(watch) => watch.clone(),
            None => Self::new(&Limits::default()),
        })
    }

    /// This thread is at this request from now on.
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

    /// The response is an error, which is read whole in any case.
    pub(super) fn set_failed(&self) {
        self.state().is_whole = true;
    }

    /// The first bytes of a head are there: all of it must come within one read timeout.
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

    pub(super) fn is_answered(&self) -> bool {
        self.state().answered
    }

    pub(super) fn set_answered(&self) {
        self.state().answered = true;
    }

    pub(super) fn stopped(&self) -> Option<(TransportErrorKind, &'static str)> {
        self.state().stopped
    }

    /// How long a wait that began then may go on in one piece.
    pub(super) fn slice(&self, since: Instant, flows: Phase) -> io::Result<Duration> {
        use TransportErrorKind::{Cancelled, Connect, Timeout};
        let mut state = self.state();
        let now = Instant::now();
        let (limit, kind) = match state.phase {
            Phase::Connect(began) => (began.checked_add(self.limits.connect), Connect),
            Phase::HeadSince(began) => (began.checked_add(self.limits.read), Timeout),
            _ => (since.checked_add(self.limits.read), Timeout),
        };
        // a limit that no clock reaches is none
        let until = limit.into_iter().chain(state.deadline).min();
        let reason = if self.limits.cancel.is_cancelled() {
            Some((Cancelled, "the caller cancelled it"))
        } else if state.deadline.is_some_and(|deadline| deadline <= now) {
            Some((
                Timeout,
                "the time for the whole call, or for this attempt, is over",
            ))
        } else if limit.is_some_and(|limit| limit <= now) {
            Some((kind, "it took longer than the timeout"))
        } else if self.is_stalled(&state, now.saturating_duration_since(since), flows) {
            Some((Timeout, "less flowed than the least throughput"))
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

    /// So much came or went, for which somebody waited so long.
    pub(super) fn flowed(&self, bytes: usize, waited: Duration, flows: Phase) {
        let mut state = self.state();
        if state.phase != flows {
            return;
        }
        for (n, least) in self.leasts(flows, state.is_whole) {
            if let Some(flow) = state.flows.get_mut(n) {
                flow.add(bytes, waited, least);
            }
        }
    }

    /// The limits of what flows, each with the number of its flow.
    fn leasts(&self, flows: Phase, is_whole: bool) -> impl Iterator<Item = (usize, Throughput)> {
        let whole = self.limits.whole_throughput;
        let all = [
            self.limits.throughput,
            whole.filter(|_| flows == Phase::Receive && is_whole),
        ];
        let numbered = all.into_iter().enumerate();
        numbered.filter_map(|(n, least)| Some((n, least?)))
    }

    fn is_stalled(&self, state: &State, more: Duration, flows: Phase) -> bool {
        let is_stalled = |(n, least)| {
            let flow = state.flows.get(n).copied();
            flow.is_some_and(|flow: Flow| flow.is_stalled(more, least))
        };
        state.phase == flows && self.leasts(flows, state.is_whole).any(is_stalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_is_a_stall_and_a_flow_is_not() {
        let least = Throughput {
            bytes_per_second: 100,
            grace: Duration::from_secs(2),
        };
        let watch = Watch::new(&Limits {
            throughput: Some(least),
            ..Limits::default()
        });
        watch.set_phase(Phase::Receive);
        for _ in 0..5 {
            watch.flowed(100, Duration::from_secs(1), Phase::Receive);
            assert!(watch.slice(Instant::now(), Phase::Receive).is_ok());
        }
        for _ in 0..4 {
            watch.flowed(1, Duration::from_secs(1), Phase::Receive);
        }
        assert!(watch.slice(Instant::now(), Phase::Receive).is_err());
        assert_eq!(watch.stopped().unwrap().0, TransportErrorKind::Timeout);
    }

    #[test]
    fn limits_that_no_clock_reaches_are_none() {
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
            watch.flowed(usize::MAX, SLICE, phase);
            watch.flowed(usize::MAX, SLICE, phase);
            assert_eq!(watch.slice(now, phase).ok(), Some(SLICE), "{phase:?}");
        }
    }
}
