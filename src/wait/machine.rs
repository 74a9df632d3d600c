//! A wait without IO: when to send which request, how long to sleep, and what a response means.
//!
//! ```text
//!   Start ─► Call ─► Received ─┬─► Done          the state, a failure, no attempts or no time left
//!              ▲               └─► Sleep(delay)
//!              └─────────── Woke ◄─────┘
//! ```

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::error::{WaitError, WaitFailure};
use super::{Settings, WaitOutput};
use crate::error::{Error, Result};
use crate::model::{Acceptor, Scope, Waiter, WaiterState};
use crate::tree::Tree;

/// What the driver does next.
pub(crate) enum Step {
    /// Send the waiter's request, then report [`Event::Received`] or [`Event::Failed`].
    Call,
    /// Sleep, then report [`Event::Woke`].
    Sleep(Pause),
    /// The wait is over.
    Done(Result<WaitOutput>),
}

/// What happened since the last step.
pub(crate) enum Event {
    Start,
    /// The request failed without a response of the service.
    Failed(Error),
    Received(Observation),
    Woke,
}

/// The current time, and a random number in `[0, 1)` for the delay.
#[derive(Clone, Copy)]
pub(crate) struct Tick {
    pub(crate) now: SystemTime,
    pub(crate) random: f64,
}

/// A response of the service, which may be an error.
pub(crate) struct Observation {
    pub(crate) status: u16,
    pub(crate) response: Result<Tree>,
}

/// The pause after an attempt that did not decide.
pub(crate) struct Pause {
    pub(crate) attempts: u32,
    pub(crate) response: Result<Tree>,
    pub(crate) delay: Duration,
}

/// The state of a wait between two steps.
pub(crate) struct WaitMachine {
    service: Box<str>,
    name: Box<str>,
    waiter: Waiter,
    /// The parameters, for acceptors that compare them with the response.
    input: Value,
    settings: Settings,
    /// The end of the timeout, if there is one.
    until: Option<SystemTime>,
    attempts: u32,
    /// Whether a response matched an acceptor.
    is_accepted: bool,
}

impl WaitMachine {
    pub(crate) fn new(
        service: &str,
        name: &str,
        waiter: Waiter,
        input: &Value,
        settings: Settings,
    ) -> Self {
        let is_compared = waiter
            .acceptors
            .iter()
            .any(|a| a.scope == Scope::InputOutput);
        Self {
            input: match is_compared {
                true => input.clone(),
                false => Value::Null,
            },
            service: service.into(),
            name: name.into(),
            waiter,
            settings,
            until: None,
            attempts: 0,
            is_accepted: false,
        }
    }

    pub(crate) fn step(&mut self, event: Event, tick: Tick) -> Step {
        match event {
            Event::Start => {
                let timeout = self.settings.timeout;
                self.until = timeout.and_then(|timeout| tick.now.checked_add(timeout));
                Step::Call
            }
            Event::Failed(error) => Step::Done(Err(error)),
            Event::Received(observation) => self.received(observation, tick),
            Event::Woke => Step::Call,
        }
    }

    fn received(&mut self, observation: Observation, tick: Tick) -> Step {
        self.attempts = self.attempts.saturating_add(1);
        let attempts = self.attempts;
        let mut acceptors = self.waiter.acceptors.iter();
        let matched = acceptors.position(|acceptor| acceptor.matches(&self.input, &observation));
        let matched = matched.and_then(|at| self.waiter.acceptors.get(at));
        let response = observation.response;
        match (matched.map(|acceptor| acceptor.state), &response) {
            (Some(WaiterState::Success), _) => {
                let response = response.map(|tree| tree.root().to_value());
                return Step::Done(Ok(WaitOutput { response, attempts }));
            }
            (Some(WaiterState::Failure), _) => {
                let what = matched.map(Acceptor::explanation).unwrap_or_default();
                return self.fail(WaitFailure::Terminal(what), matched, response);
            }
            (None, Err(error)) => {
                let what = error.root().without_call().to_string();
                return self.fail(WaitFailure::Unexpected(what), None, response);
            }
            (Some(WaiterState::Retry), _) => self.is_accepted = true,
            (None, Ok(_)) => {}
        }
        let max_attempts = self.settings.max_attempts;
        if attempts >= max_attempts.unwrap_or(self.waiter.max_attempts) {
            // if none matched, botocore names the acceptor that it compared last
            let compared = matched.or_else(|| self.waiter.acceptors.last());
            let last = compared
                .filter(|_| self.is_accepted)
                .map(Acceptor::explanation);
            return self.fail(WaitFailure::AttemptsUsed(last), matched, response);
        }
        let delay = self.delay(tick.random);
        let next = tick.now.checked_add(delay);
        if self
            .until
            .is_some_and(|until| next.is_none_or(|next| next > until))
        {
            return self.fail(WaitFailure::Deadline, matched, response);
        }
        Step::Sleep(Pause {
            attempts,
            response,
            delay,
        })
    }

    /// The delay before the next attempt.
    fn delay(&self, random: f64) -> Duration {
        let delay = self.settings.delay;
        let delay = delay.unwrap_or_else(|| Duration::from_secs(self.waiter.delay));
        // the delays of a model are never shorter than its first one
        let (max, min) = match (self.settings.max_delay, self.waiter.max_delay) {
            (Some(max), _) => (max, Duration::ZERO),
            (None, Some(max)) => (Duration::from_secs(max).max(delay), delay),
            (None, None) => return delay,
        };
        let doublings = self.attempts.saturating_sub(1);
        let max = delay
            .saturating_mul(2_u32.saturating_pow(doublings))
            .min(max);
        let above = max.saturating_sub(min);
        let above = Duration::try_from_secs_f64(above.as_secs_f64() * random).unwrap_or(above);
        min.saturating_add(above)
    }

    fn fail(
        &self,
        reason: WaitFailure,
        matched: Option<&Acceptor>,
        response: Result<Tree>,
    ) -> Step {
        let mut succeeds = self.waiter.acceptors.iter();
        let success = succeeds.find(|acceptor| acceptor.state == WaiterState::Success);
        let observed = match (&response, &reason) {
            (Ok(response), _) => {
                let of = |acceptor: Option<&Acceptor>| acceptor?.observed(&self.input, response);
                of(matched).or_else(|| of(success))
            }
            (Err(_), WaitFailure::Unexpected(_)) => None,
            (Err(error), _) => Some(error.root().without_call().to_string()),
        };
        let (last_response, source) = match response {
            Ok(tree) => (Some(tree.root().to_value()), None),
            Err(error) => (None, Some(error)),
        };
        let error = WaitError {
            service: String::from(&*self.service),
            waiter: String::from(&*self.name),
            reason,
            attempts: self.attempts,
            last_response,
            source,
            observed,
        };
        Step::Done(Err(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::json;

    use super::*;
    use crate::error::ServiceError;

    const WAITER: &str = r#"{"operation": "DescribeThing", "delay": 5, "maxAttempts": 4, "acceptors": [
        {"matcher": "path", "argument": "Thing.State", "expected": "ready", "state": "success"},
        {"matcher": "path", "argument": "Thing.State", "expected": "broken", "state": "failure"},
        {"matcher": "error", "expected": "NotFound", "state": "retry"}
    ]}"#;

    fn state(state: &str) -> Observation {
        Observation {
            status: 200,
            response: Ok(Tree::from(&json!({"Thing": {"State": state}}))),
        }
    }

    fn error(code: &str) -> Observation {
        Observation {
            status: 400,
            response: Err(ServiceError::in_stream(code, "as it is").into()),
        }
    }

    /// Steps through a wait: the delays, and how it ended.
    fn run(settings: Settings, observations: Vec<Observation>) -> (Vec<u64>, Result<WaitOutput>) {
        let waiter = Waiter::parse("ThingReady", WAITER).unwrap();
        let mut machine = WaitMachine::new("things", "ThingReady", waiter, &json!({}), settings);
        let (mut now, mut slept, mut event) = (UNIX_EPOCH, Vec::new(), Event::Start);
        let mut observations = observations.into_iter();
        loop {
            let tick = Tick { now, random: 0.5 };
            event = match machine.step(event, tick) {
                Step::Call => Event::Received(observations.next().expect("one more response")),
                Step::Sleep(pause) => {
                    assert_eq!(pause.attempts as usize, slept.len() + 1);
                    now += pause.delay;
                    slept.push(pause.delay.as_secs());
                    Event::Woke
                }
                Step::Done(result) => {
                    assert_eq!(observations.count(), 0);
                    return (slept, result);
                }
            };
        }
    }

    #[test]
    fn a_wait_runs_to_its_state_without_io() {
        let course = vec![
            error("NotFound"),
            state("new"),
            state("new"),
            state("ready"),
        ];
        let (slept, result) = run(Settings::default(), course);
        assert_eq!(slept, [5, 5, 5]);
        let output = result.unwrap();
        assert_eq!(output.attempts, 4);
        assert_eq!(output.response.unwrap()["Thing"]["State"], "ready");
    }

    #[test]
    fn each_end_of_a_wait_has_its_text() {
        let of = |max_attempts, timeout| Settings {
            max_attempts,
            timeout: Option::map(timeout, Duration::from_secs),
            ..Settings::default()
        };
        let cases = [
            (
                of(Some(1), None),
                vec![state("new")],
                r#"waiter things.ThingReady: not reached after 1 attempt; last response: Thing.State = "new""#,
            ),
            (
                of(Some(2), None),
                vec![state("new"), error("NotFound")],
                "waiter things.ThingReady: not reached after 2 attempts; last response: NotFound: as it is (status 400)",
            ),
            (
                of(None, Some(7)),
                vec![state("new"), state("new")],
                r#"waiter things.ThingReady: not reached in time, after 2 attempts; last response: Thing.State = "new""#,
            ),
            (
                of(None, None),
                vec![state("broken")],
                r#"waiter things.ThingReady: can no longer be reached; last response: Thing.State = "broken""#,
            ),
            (
                of(None, None),
                vec![error("AccessDenied")],
                "waiter things.ThingReady: unexpected error: AccessDenied: as it is (status 400)",
            ),
        ];
        for (settings, course, text) in cases {
            let (_, result) = run(settings, course);
            assert_eq!(result.unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn delays_double_up_to_the_maximum_with_jitter() {
        let settings = Settings {
            delay: Some(Duration::from_secs(4)),
            max_delay: Some(Duration::from_secs(20)),
            max_attempts: Some(6),
            ..Settings::default()
        };
        let course = ["new", "new", "new", "new", "new", "ready"].map(state);
        let (slept, result) = run(settings, course.into());
        assert_eq!(slept, [2, 4, 8, 10, 10]);
        result.unwrap();
    }

    #[test]
    fn a_call_without_a_response_ends_the_wait() {
        let waiter = Waiter::parse("ThingReady", WAITER).unwrap();
        let mut machine = WaitMachine::new(
            "things",
            "ThingReady",
            waiter,
            &json!({}),
            Settings::default(),
        );
        let tick = Tick {
            now: UNIX_EPOCH,
            random: 0.0,
        };
        assert!(matches!(machine.step(Event::Start, tick), Step::Call));
        let failed = Event::Failed(Error::request("no connection"));
        assert!(matches!(machine.step(failed, tick), Step::Done(Err(_))));
    }
}
