//! What a request in progress may wait for, and why it stopped.
//!
//! `ureq` keeps connections from one request to the next and tells them nothing but timeouts. So whatever a connection must
//! know of the request that uses it stands in a variable of the thread while `ureq` is at work, which it is on one thread.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    /// Whether the answer is there, or the connection gone, before the body was sent.
    answered: bool,
    stopped: Option<(TransportErrorKind, &'static str)>,
    /// Why the request's body cannot be read.
    body: Option<io::Error>,
    /// What flowed while somebody waited for it, and how long that was.
    bytes: u64,
    waited: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// From this moment on.
    Connect(Instant),
    Head,
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
                answered: false,
                stopped: None,
                body: None,
                bytes: 0,
                waited: Duration::ZERO,
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
        // nothing is half changed when a thread panics
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn phase(&self) -> Phase {
        self.state().phase
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        let mut state = self.state();
        if state.phase != phase {
            (state.bytes, state.waited) = (0, Duration::ZERO);
        }
        if phase == Phase::Receive {
            state.deadline = self.limits.body_deadline;
        }
        state.phase = phase;
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

    pub(super) fn set_body_error(&self, error: io::Error) {
        self.state().body = Some(error);
    }

    pub(super) fn body_error(&self) -> Option<io::Error> {
        self.state().body.take()
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
            Phase::Connect(began) => (began + self.limits.connect, Connect),
            _ => (since + self.limits.read, Timeout),
        };
        let until = state.deadline.map_or(limit, |deadline| deadline.min(limit));
        let reason = if self.limits.cancel.is_cancelled() {
            Some((Cancelled, "the caller cancelled it"))
        } else if state.deadline.is_some_and(|deadline| deadline <= now) {
            Some((
                Timeout,
                "the time for the whole call, or for this attempt, is over",
            ))
        } else if limit <= now {
            Some((kind, "it took longer than the timeout"))
        } else if self.is_stalled(&state, now - since, flows) {
            Some((Timeout, "less flowed than the least throughput"))
        } else {
            None
        };
        match reason {
            Some(reason) => {
                state.stopped = Some(reason);
                Err(io::Error::other(reason.1))
            }
            None => Ok((until - now).clamp(Duration::from_millis(1), SLICE)),
        }
    }

    /// So much came or went, for which somebody waited so long.
    pub(super) fn flowed(&self, bytes: usize, waited: Duration, flows: Phase) {
        let mut state = self.state();
        if state.phase != flows {
            return;
        }
        state.bytes += bytes as u64;
        state.waited += waited;
        let grace = self.limits.throughput.map(|least| least.grace);
        if grace.is_some_and(|grace| state.waited >= grace)
            && !self.is_stalled(&state, Duration::ZERO, flows)
        {
            (state.bytes, state.waited) = (0, Duration::ZERO);
        }
    }

    fn is_stalled(&self, state: &State, more: Duration, flows: Phase) -> bool {
        let waited = state.waited + more;
        self.limits.throughput.is_some_and(|least| {
            state.phase == flows
                && waited >= least.grace
                && (state.bytes as f64) < waited.as_secs_f64() * least.bytes_per_second as f64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Throughput;

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
}
