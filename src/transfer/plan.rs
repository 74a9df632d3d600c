//! What is to be done for one object, in which order, without doing it.
//!
//! ```text
//!             ┌──► Over                          small ones are done with their first step
//!   Begin ────┤
//!             └──► Part, Part, … ──► Finish ──► Over
//!                       └── a failure, anywhere ──► Abandon ──► Over
//! ```
//! Parts are handed out as fast as they are asked for, up to a window beyond the first that is not done. After a failure no
//! more are; what is on its way comes back before anything is abandoned.

use std::collections::BTreeSet;
use std::ops::Range;

const MIB: u64 = 1024 * 1024;
/// The least that a part has, but for the last.
pub(super) const MIN_PART: u64 = 5 * MIB;
/// The most that a part has.
pub(super) const MAX_PART: u64 = 5 * 1024 * MIB;
/// The most parts that an object has.
pub(super) const MAX_PARTS: u32 = 10_000;

/// The size of an upload's parts: what is asked for, doubled until there are no more than may be, and then brought within
/// what the service takes.
pub(super) fn part_size(asked: u64, len: u64) -> u64 {
    let mut size = asked.max(1);
    while len.div_ceil(size) > MAX_PARTS.into() {
        size = size.saturating_mul(2);
    }
    size.clamp(MIN_PART, MAX_PART)
}

/// The size of a part where nobody knows how many there will be: it doubles with every five hundredth, so that the last of the
/// ten thousand is far beyond what an object may have.
pub(super) fn growing_part_size(asked: u64, number: u32) -> u64 {
    let doublings = number.saturating_sub(1) / 500;
    let size = asked.max(MIN_PART).saturating_mul(1 << doublings.min(20));
    size.min(MAX_PART)
}

/// A part; the first has number 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: u32,
    /// Its bytes of the object; empty where only its number is known.
    pub(super) range: Range<u64>,
}

/// The parts of an object.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    count: Count,
    /// How far beyond the first that is not done others may be begun.
    window: Option<u32>,
}

#[derive(Clone, Debug)]
enum Count {
    /// As many as come, in turn; they [grow](growing_part_size) from this size, and so many bytes of them may be in memory.
    Growing { asked: u64, memory: u64 },
    /// So many, of bytes that each will tell.
    Known(u32),
    /// These bytes, in parts of one size.
    Ranges { len: u64, size: u64 },
    /// As many as come, in turn.
    Unknown,
}

impl Parts {
    /// Parts of one size, the last as long as what remains.
    pub(super) fn of(len: u64, size: u64) -> Self {
        // their numbers have 31 bits
        let size = size.max(len >> 31).max(1);
        Self::new(Count::Ranges { len, size })
    }

    /// So many, which only the service knows the bytes of.
    pub(super) fn numbered(count: u32) -> Self {
        Self::new(Count::Known(count))
    }

    /// As many as a stream turns out to have.
    pub(super) fn of_stream() -> Self {
        Self::new(Count::Unknown)
    }

    /// Those of a stream that may be as long as an object can be; so many bytes of them may be in memory.
    pub(super) fn growing(asked: u64, memory: u64) -> Self {
        Self::new(Count::Growing { asked, memory })
    }

    fn new(count: Count) -> Self {
        Self {
            count,
            window: None,
        }
    }

    /// No more than so many between the first that is not done and the last that is begun.
    pub(super) fn within(mut self, window: u32) -> Self {
        self.window = Some(window.max(1));
        self
    }

    /// The part of this number, if there is one.
    pub(super) fn part(&self, number: u32) -> Option<Part> {
        let range = match self.count {
            Count::Known(count) => (number <= count).then_some(0..0),
            Count::Growing { .. } | Count::Unknown => Some(0..0),
            Count::Ranges { len, size } => {
                let start = u64::from(number - 1).saturating_mul(size);
                (start < len).then(|| start..start.saturating_add(size).min(len))
            }
        };
        range.map(|range| Part { number, range })
    }

    /// How far beyond the first that is not done the part of this number may be begun.
    fn window(&self, number: u32) -> Option<u32> {
        match self.count {
            Count::Growing { asked, memory } => {
                let most = memory / growing_part_size(asked, number);
                Some(u32::try_from(most).unwrap_or(u32::MAX).max(1))
            }
            _ => self.window,
        }
    }
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Takes back what was begun.
    Abandon,
    Begin,
    Finish,
    Part(Part),
}

/// What became of a step.
#[derive(Debug)]
pub(super) enum Done {
    /// It failed.
    Failed,
    /// The first step did it all, or the last is done.
    Over,
    /// The first step found that these parts are to be done.
    Parts(Parts),
    /// A part is done, and whether others may come after it.
    Part { more: bool },
}

/// How far an object is.
#[derive(Debug)]
pub(super) struct Plan {
    stage: Stage,
    parts: Parts,
    /// The part to look at next.
    next: u32,
    /// The first part that is not done.
    first_open: u32,
    /// Parts after it that are.
    done: BTreeSet<u32>,
    in_flight: usize,
    is_at_end: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin,
    Failed,
    Over,
    Parts,
}

impl Plan {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Begin,
            parts: Parts::of(0, 1),
            next: 1,
            first_open: 1,
            done: BTreeSet::new(),
            in_flight: 0,
            is_at_end: false,
        }
    }

    /// What can be done now. Each step is to be [settled](Self::settle).
    pub(super) fn next(&mut self) -> Option<Step> {
        let step = match self.stage {
            Stage::Begin => (self.in_flight == 0).then_some(Step::Begin),
            Stage::Failed => (self.in_flight == 0).then_some(Step::Abandon),
            Stage::Over => None,
            Stage::Parts => match self.next_part() {
                Some(part) => Some(Step::Part(part)),
                None => (self.is_at_end && self.in_flight == 0).then_some(Step::Finish),
            },
        };
        self.in_flight += usize::from(step.is_some());
        step
    }

    fn next_part(&mut self) -> Option<Part> {
        if self.is_at_end || self.is_window_full() {
            return None;
        }
        match self.parts.part(self.next) {
            Some(part) => {
                self.next += 1;
                Some(part)
            }
            None => {
                self.is_at_end = true;
                None
            }
        }
    }

    /// Whether there may be something to do now.
    pub(super) fn may_have_step(&self) -> bool {
        let has_part = self.stage == Stage::Parts && !self.is_at_end && !self.is_window_full();
        has_part || (self.stage != Stage::Over && self.in_flight == 0)
    }

    fn is_window_full(&self) -> bool {
        let window = self.parts.window(self.next);
        window.is_some_and(|window| self.next - self.first_open >= window)
    }

    /// This part is done.
    fn pass(&mut self, number: u32) {
        self.done.insert(number);
        while self.done.remove(&self.first_open) {
            self.first_open += 1;
        }
    }

    /// Takes what became of a step.
    pub(super) fn settle(&mut self, step: &Step, done: Done) {
        self.in_flight -= 1;
        match (step, done) {
            (Step::Abandon, _) | (_, Done::Over) => self.stage = Stage::Over,
            (_, Done::Failed) => self.fail(),
            (_, Done::Parts(parts)) => {
                self.parts = parts;
                self.stage = match self.stage {
                    Stage::Begin => Stage::Parts,
                    other => other,
                };
            }
            (Step::Part(part), Done::Part { more }) => {
                self.pass(part.number);
                self.is_at_end |= !more;
            }
            (Step::Begin | Step::Finish, Done::Part { .. }) => {}
        }
    }

    /// Nothing more is begun.
    pub(super) fn fail(&mut self) {
        if self.stage != Stage::Over {
            self.stage = Stage::Failed;
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.stage == Stage::Failed
    }

    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_large_as_they_must_be() {
        let gib = 1024 * MIB;
        for (asked, len, expected) in [
            (8 * MIB, 0, 8 * MIB),
            (8 * MIB, 80_000 * MIB, 8 * MIB),
            (8 * MIB, 80_000 * MIB + 1, 16 * MIB),
            (8 * MIB, 5 * 1024 * gib, 1024 * MIB),
            (1, 10 * MIB, MIN_PART),
            (0, 1, MIN_PART),
            (6 * gib, 20 * gib, MAX_PART),
            (3 * MIB, 60_000 * MIB, 6 * MIB),
        ] {
            assert_eq!(part_size(asked, len), expected, "{asked} of {len}");
        }
    }

    #[test]
    fn parts_of_a_stream_grow_until_any_object_fits() {
        assert_eq!(growing_part_size(8 * MIB, 1), 8 * MIB);
        assert_eq!(growing_part_size(8 * MIB, 500), 8 * MIB);
        assert_eq!(growing_part_size(8 * MIB, 501), 16 * MIB);
        let total: u64 = (1..=MAX_PARTS)
            .map(|n| growing_part_size(MIN_PART, n))
            .sum();
        assert!(total > 25 * 1024 * 1024 * MIB, "{total}");
    }

    #[test]
    fn ranges_cover_the_object_once() {
        for (len, size) in [
            (0, 5),
            (1, 5),
            (4, 5),
            (5, 5),
            (6, 5),
            (10, 5),
            (11, 5),
            (1000, 7),
        ] {
            let parts: Vec<Part> = (1..).map_while(|n| Parts::of(len, size).part(n)).collect();
            let mut at = 0;
            for part in &parts {
                assert_eq!(part.range.start, at);
                assert!(!part.range.is_empty());
                at = part.range.end;
            }
            assert_eq!(at, len, "{len} in {size}");
            assert_eq!(parts.len() as u64, len.div_ceil(size));
        }
    }

    fn begun(parts: Parts) -> Plan {
        let mut plan = Plan::new();
        let step = plan.next().unwrap();
        assert_eq!(step, Step::Begin);
        assert_eq!(plan.next(), None);
        plan.settle(&step, Done::Parts(parts));
        plan
    }

    fn numbers(plan: &mut Plan) -> Vec<u32> {
        let steps = std::iter::from_fn(|| plan.next());
        let number = |step| match step {
            Step::Part(part) => part.number,
            other => panic!("{other:?}"),
        };
        steps.map(number).collect()
    }

    fn part(number: u32) -> Step {
        let range = 0..0;
        Step::Part(Part { number, range })
    }

    const MORE: fn() -> Done = || Done::Part { more: true };

    #[test]
    fn a_small_object_is_done_at_once() {
        let mut plan = Plan::new();
        let step = plan.next().unwrap();
        plan.settle(&step, Done::Over);
        assert!(plan.is_over());
        assert_eq!(plan.next(), None);
    }

    #[test]
    fn it_is_finished_when_all_parts_are_done() {
        let mut plan = begun(Parts::of(11, 5));
        assert_eq!(numbers(&mut plan), [1, 2, 3]);
        for number in [2, 3, 1] {
            assert_eq!(plan.next(), None);
            plan.settle(&part(number), MORE());
        }
        assert_eq!(plan.next(), Some(Step::Finish));
        assert_eq!(plan.next(), None);
        plan.settle(&Step::Finish, Done::Over);
        assert!(plan.is_over());
    }

    #[test]
    fn a_window_moves_with_the_first_open_part() {
        let mut plan = begun(Parts::of(100, 10).within(3));
        assert_eq!(numbers(&mut plan), [1, 2, 3]);
        plan.settle(&part(2), MORE());
        assert_eq!(plan.next(), None);
        plan.settle(&part(1), MORE());
        assert_eq!(numbers(&mut plan), [4, 5]);
    }

    #[test]
    fn regression_parts_that_grow_stay_within_the_memory() {
        let memory = 80 * MIB;
        let mut plan = begun(Parts::growing(8 * MIB, memory));
        let mut open = std::collections::VecDeque::new();
        for _ in 0..3_000 {
            open.extend(numbers(&mut plan));
            let sizes = open
                .iter()
                .map(|number| growing_part_size(8 * MIB, *number));
            let held: u64 = sizes.sum();
            assert!(held <= memory || open.len() == 1, "{open:?}");
            assert!(open.len() == 10 || open[0] > 490, "{open:?}");
            let first = open.pop_front().unwrap();
            plan.settle(&part(first), MORE());
        }
    }

    #[test]
    fn a_stream_ends_when_a_part_says_so() {
        let mut plan = begun(Parts::of_stream());
        for number in 1..=3 {
            assert_eq!(plan.next(), Some(part(number)));
        }
        plan.settle(&part(2), Done::Part { more: false });
        assert_eq!(plan.next(), None);
        plan.settle(&part(1), MORE());
        plan.settle(&part(3), Done::Part { more: false });
        assert_eq!(plan.next(), Some(Step::Finish));
    }

    #[test]
    fn a_failure_waits_for_what_is_on_its_way() {
        let mut plan = begun(Parts::of(30, 10));
        assert_eq!(numbers(&mut plan), [1, 2, 3]);
        plan.settle(&part(1), Done::Failed);
        assert_eq!(plan.next(), None);
        plan.settle(&part(2), MORE());
        plan.settle(&part(3), Done::Failed);
        assert_eq!(plan.next(), Some(Step::Abandon));
        assert!(plan.has_failed() && !plan.is_over());
        plan.settle(&Step::Abandon, Done::Over);
        assert!(plan.is_over());
    }

    #[test]
    fn a_first_or_last_step_that_fails_is_taken_back() {
        let mut plan = Plan::new();
        let step = plan.next().unwrap();
        plan.settle(&step, Done::Failed);
        assert_eq!(plan.next(), Some(Step::Abandon));
        let mut plan = begun(Parts::of(0, 10));
        assert_eq!(plan.next(), Some(Step::Finish));
        plan.settle(&Step::Finish, Done::Failed);
        assert_eq!(plan.next(), Some(Step::Abandon));
    }
}
