//! The limits of a request in progress, and the reason why it was stopped.

use std::io;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::sync;
use crate::transport::{Limits, Throughput, TransportErrorKind};

/// The limits of one request, and how far it is.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) limits: Limits,
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
    /// What became of the bytes that the connection was given.
    #[cfg(feature = "ureq")]
    send_state: SendState,
    stopped: Option<(TransportErrorKind, &'static str)>,
    /// One for `Limits::throughput`, one for `Limits::whole_throughput`.
    flows: [Flow; 2],
}

/// What became of the bytes that a connection was given.
#[cfg(feature = "ureq")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendState {
    Sent,
    /// The peer does not read, and has sent something itself: the connection holds some bytes back.
    Held,
    /// The peer will read no more.
    Refused,
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

    /// Returns after how long, beyond `more`, the flow is stalled if nothing is transferred; `None` is never.
    fn time_to_stall(self, more: Duration, min: Throughput) -> Option<Duration> {
        if self.is_stalled(more, min) {
            return Some(Duration::ZERO);
        }
        let enough = self.bytes as f64 / min.bytes_per_second as f64;
        let until = Duration::try_from_secs_f64(enough).ok()?.max(min.grace);
        let waited = self.waited.saturating_add(more);
        Some(until.saturating_sub(waited).max(Duration::from_millis(1)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Phase {
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

impl Watch {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            state: Mutex::new(State {
                phase: Phase::Head,
                connecting: 0,
                deadline: limits.deadline,
                is_whole: !limits.streams,
                #[cfg(feature = "ureq")]
                send_state: SendState::Sent,
                stopped: None,
                flows: Default::default(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    pub(crate) fn phase(&self) -> Phase {
        self.state().phase
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
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
    pub(crate) fn set_error_response(&self) {
        self.state().is_whole = true;
    }

    /// Records the first bytes of a head, all of which must be received within one read timeout.
    pub(crate) fn begin_head(&self, now: Instant) {
        let mut state = self.state();
        if !matches!(state.phase, Phase::HeadSince(_)) {
            state.phase = Phase::HeadSince(now);
        }
    }

    pub(crate) fn begin_to_connect(&self, now: Instant) {
        let mut state = self.state();
        state.connecting += 1;
        if state.connecting == 1 {
            state.phase = Phase::Connect(now);
        }
    }

    pub(crate) fn connected(&self) {
        let mut state = self.state();
        state.connecting = state.connecting.saturating_sub(1);
        if state.connecting == 0 {
            state.phase = Phase::Head;
        }
    }

    #[cfg(feature = "ureq")]
    pub(crate) fn send_state(&self) -> SendState {
        self.state().send_state
    }

    #[cfg(feature = "ureq")]
    pub(crate) fn set_send_state(&self, state: SendState) {
        self.state().send_state = state;
    }

    pub(crate) fn stopped(&self) -> Option<(TransportErrorKind, &'static str)> {
        self.state().stopped
    }

    /// Checks the limits at `now`, during a wait that began at `since`. Returns when to check again at the latest, if the wait is
    /// limited at all. A cancellation may come at any time.
    ///
    /// # Errors
    ///
    /// Returns an error if a limit is exceeded or the request is cancelled.
    pub(crate) fn check(
        &self,
        since: Instant,
        direction: Phase,
        now: Instant,
    ) -> io::Result<Option<Instant>> {
        use TransportErrorKind::{Cancelled, Connect, Timeout};
        let mut state = self.state();
        let (limit, kind) = match state.phase {
            Phase::Connect(began) => (began.checked_add(self.limits.connect), Connect),
            Phase::HeadSince(began) => (began.checked_add(self.limits.read), Timeout),
            _ => (since.checked_add(self.limits.read), Timeout),
        };
        let waited = now.saturating_duration_since(since);
        let stall = self.time_to_stall(&state, waited, direction);
        let reason = if self.limits.cancel.is_cancelled() {
            Some((Cancelled, "the caller cancelled it"))
        } else if state.deadline.is_some_and(|deadline| deadline <= now) {
            Some((
                Timeout,
                "the operation timeout or the attempt timeout has passed",
            ))
        } else if limit.is_some_and(|limit| limit <= now) {
            Some((kind, "it took longer than the timeout"))
        } else if stall.is_some_and(|left| left.is_zero()) {
            Some((Timeout, "the throughput is below the minimum"))
        } else {
            None
        };
        if let Some(reason) = reason {
            state.stopped = Some(reason);
            return Err(io::Error::other(reason.1));
        }
        // a limit beyond the range of the clock is no limit
        let stall = stall.and_then(|left| now.checked_add(left));
        Ok([limit, state.deadline, stall].into_iter().flatten().min())
    }

    /// Records `bytes` that were transferred after `waited`.
    pub(crate) fn transferred(&self, bytes: usize, waited: Duration, direction: Phase) {
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

    /// Returns after how long the throughput is below a minimum, unless more bytes are transferred.
    fn time_to_stall(&self, state: &State, more: Duration, direction: Phase) -> Option<Duration> {
        if state.phase != direction {
            return None;
        }
        let minimums = self.minimums(direction, state.is_whole);
        let left = minimums.filter_map(|(n, min)| state.flows.get(n)?.time_to_stall(more, min));
        left.min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(watch: &Watch, since: Instant, direction: Phase) -> io::Result<Option<Instant>> {
        watch.check(since, direction, Instant::now())
    }

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
            assert!(check(&watch, Instant::now(), Phase::Receive).is_ok());
        }
        for _ in 0..4 {
            watch.transferred(1, Duration::from_secs(1), Phase::Receive);
        }
        assert!(check(&watch, Instant::now(), Phase::Receive).is_err());
        assert_eq!(watch.stopped().unwrap().0, TransportErrorKind::Timeout);
    }

    #[test]
    fn a_wait_is_checked_again_when_a_limit_may_be_exceeded() {
        let min = Throughput {
            bytes_per_second: 100,
            grace: Duration::from_secs(2),
        };
        let watch = Watch::new(&Limits {
            read: Duration::from_secs(10),
            throughput: Some(min),
            ..Limits::default()
        });
        let now = Instant::now();
        let after = |secs| Some(now + Duration::from_secs(secs));
        assert_eq!(watch.check(now, Phase::Receive, now).unwrap(), after(10));
        watch.set_phase(Phase::Receive);
        for (bytes, expected) in [(0, 2), (300, 3), (10_000, 10)] {
            assert!(watch.check(now, Phase::Receive, now).is_ok());
            watch.transferred(bytes, Duration::ZERO, Phase::Receive);
            let next = watch.check(now, Phase::Receive, now).unwrap();
            assert_eq!(next, after(expected), "{bytes}");
        }
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
            watch.transferred(usize::MAX, Duration::from_secs(1), phase);
            watch.transferred(usize::MAX, Duration::from_secs(1), phase);
            assert_eq!(check(&watch, now, phase).ok(), Some(None), "{phase:?}");
        }
    }
}
