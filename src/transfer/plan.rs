//! The steps of one transfer and their order, without IO.
//!
//! ```text
//!             ┌──► Over                          small objects need only their first step
//!   Begin ────┤
//!             └──► Part, Part, … ──► Finish ──► Over
//!                       └── a failure, anywhere ──► Abort ──► Over
//! ```
//! Parts are handed out on demand, up to a window after the first part that is not done. After a failure no more are handed
//! out, and those in flight end before the transfer is aborted.

use std::collections::BTreeSet;
use std::ops::Range;

const MIB: u64 = 1024 * 1024;
/// The minimum size of a part, except for the last one.
pub(super) const MIN_PART: u64 = 5 * MIB;
/// The maximum size of a part.
pub(super) const MAX_PART: u64 = 5 * 1024 * MIB;
/// The maximum number of parts.
pub(super) const MAX_PARTS: u32 = 10_000;

/// Returns the part size of an upload: the requested one, doubled until there are at most 10,000 parts, and then clamped to
/// S3's limits.
pub(super) fn part_size(requested: u64, len: u64) -> u64 {
    let mut size = requested.max(1);
    while len.div_ceil(size) > MAX_PARTS.into() {
        size = size.saturating_mul(2);
    }
    size.clamp(MIN_PART, MAX_PART)
}

/// Returns the size of a part of a stream of unknown length. It doubles every 500 parts, so 10,000 parts hold more than the
/// largest object.
pub(super) fn growing_part_size(requested: u64, number: u32) -> u64 {
    let doublings = number.saturating_sub(1) / 500;
    let size = requested
        .max(MIN_PART)
        .saturating_mul(1 << doublings.min(20));
    size.min(MAX_PART)
}

/// A part. The first one has number 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: u32,
    /// The range of its bytes, or an empty one if only the number is known.
    pub(super) range: Range<u64>,
}

/// The parts of an object.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    count: Count,
    /// How many parts may be in flight, counted from the first that is not done.
    window: Option<u32>,
}

#[derive(Clone, Debug)]
enum Count {
    /// Parts of a stream of unknown length. They [grow](growing_part_size) from the requested size, and at most `memory` bytes
    /// of them are in memory.
    Growing { requested: u64, memory: u64 },
    /// A known number of parts of unknown size.
    Known(u32),
    /// Parts of one size; the last one is as long as what remains.
    Ranges { len: u64, size: u64 },
    /// Parts of a stream.
    Unknown,
}

impl Parts {
    /// Parts of one size; the last one is as long as what remains.
    pub(super) fn ranges(len: u64, size: u64) -> Self {
        // numbers have 31 bits
        let size = size.max(len >> 31).max(1);
        Self::new(Count::Ranges { len, size })
    }

    /// A known number of parts, whose sizes only the service knows.
    pub(super) fn numbered(count: u32) -> Self {
        Self::new(Count::Known(count))
    }

    /// The parts of a stream.
    pub(super) fn stream() -> Self {
        Self::new(Count::Unknown)
    }

    /// The parts of a stream of unknown length. At most `memory` bytes of them are in memory.
    pub(super) fn growing(requested: u64, memory: u64) -> Self {
        Self::new(Count::Growing { requested, memory })
    }

    fn new(count: Count) -> Self {
        Self {
            count,
            window: None,
        }
    }

    /// Limits the parts in flight, counted from the first that is not done.
    pub(super) fn within(mut self, window: u32) -> Self {
        self.window = Some(window.max(1));
        self
    }

    /// Returns the part with this number, if it exists.
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

    /// Returns the window for the part with this number.
    fn window(&self, number: u32) -> Option<u32> {
        match self.count {
            Count::Growing { requested, memory } => {
                let max = memory / growing_part_size(requested, number);
                Some(u32::try_from(max).unwrap_or(u32::MAX).max(1))
            }
            _ => self.window,
        }
    }
}

/// A step of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Abort,
    Begin,
    Finish,
    Part(Part),
}

/// The result of a step.
#[derive(Debug)]
pub(super) enum Done {
    Failed,
    /// The transfer is complete, or aborted.
    Over,
    /// The first step found these parts.
    Parts(Parts),
    /// A part is done. More parts may follow it.
    Part {
        has_more: bool,
    },
}

/// The progress of one transfer through its steps.
#[derive(Debug)]
pub(super) struct Plan {
    stage: Stage,
    parts: Parts,
    /// The next part.
    next: u32,
    /// The first part that is not done.
    first_open: u32,
    /// Parts after `first_open` that are done.
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
            parts: Parts::ranges(0, 1),
            next: 1,
            first_open: 1,
            done: BTreeSet::new(),
            in_flight: 0,
            is_at_end: false,
        }
    }

    /// Returns a step that can be taken now. The caller [completes](Self::complete) it.
    pub(super) fn next(&mut self) -> Option<Step> {
        let step = match self.stage {
            Stage::Begin => (self.in_flight == 0).then_some(Step::Begin),
            Stage::Failed => (self.in_flight == 0).then_some(Step::Abort),
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

    /// Whether there may be a step that can be taken now.
    pub(super) fn may_have_step(&self) -> bool {
        let has_part = self.stage == Stage::Parts && !self.is_at_end && !self.is_window_full();
        has_part || (self.stage != Stage::Over && self.in_flight == 0)
    }

    fn is_window_full(&self) -> bool {
        let window = self.parts.window(self.next);
        window.is_some_and(|window| self.next - self.first_open >= window)
    }

    fn mark_done(&mut self, number: u32) {
        self.done.insert(number);
        while self.done.remove(&self.first_open) {
            self.first_open += 1;
        }
    }

    /// Records the result of a step.
    pub(super) fn complete(&mut self, step: &Step, done: Done) {
        self.in_flight -= 1;
        match (step, done) {
            (Step::Abort, _) | (_, Done::Over) => self.stage = Stage::Over,
            (_, Done::Failed) => self.fail(),
            (_, Done::Parts(parts)) => {
                self.parts = parts;
                self.stage = match self.stage {
                    Stage::Begin => Stage::Parts,
                    other => other,
                };
            }
            (Step::Part(part), Done::Part { has_more }) => {
                self.mark_done(part.number);
                self.is_at_end |= !has_more;
            }
            (Step::Begin | Step::Finish, Done::Part { .. }) => {}
        }
    }

    /// Stops the transfer: no more parts are handed out.
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
    fn part_size_grows_with_the_object() {
        let gib = 1024 * MIB;
        for (requested, len, expected) in [
            (8 * MIB, 0, 8 * MIB),
            (8 * MIB, 80_000 * MIB, 8 * MIB),
            (8 * MIB, 80_000 * MIB + 1, 16 * MIB),
            (8 * MIB, 5 * 1024 * gib, 1024 * MIB),
            (1, 10 * MIB, MIN_PART),
            (0, 1, MIN_PART),
            (6 * gib, 20 * gib, MAX_PART),
            (3 * MIB, 60_000 * MIB, 6 * MIB),
        ] {
            assert_eq!(part_size(requested, len), expected, "{requested} of {len}");
        }
    }

    #[test]
    fn growing_parts_hold_the_largest_object() {
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
            let parts: Vec<Part> = (1..)
                .map_while(|n| Parts::ranges(len, size).part(n))
                .collect();
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
        plan.complete(&step, Done::Parts(parts));
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

    const MORE: fn() -> Done = || Done::Part { has_more: true };

    #[test]
    fn small_object_is_done_in_one_step() {
        let mut plan = Plan::new();
        let step = plan.next().unwrap();
        plan.complete(&step, Done::Over);
        assert!(plan.is_over());
        assert_eq!(plan.next(), None);
    }

    #[test]
    fn finish_comes_after_all_parts() {
        let mut plan = begun(Parts::ranges(11, 5));
        assert_eq!(numbers(&mut plan), [1, 2, 3]);
        for number in [2, 3, 1] {
            assert_eq!(plan.next(), None);
            plan.complete(&part(number), MORE());
        }
        assert_eq!(plan.next(), Some(Step::Finish));
        assert_eq!(plan.next(), None);
        plan.complete(&Step::Finish, Done::Over);
        assert!(plan.is_over());
    }

    #[test]
    fn window_moves_with_the_first_open_part() {
        let mut plan = begun(Parts::ranges(100, 10).within(3));
        assert_eq!(numbers(&mut plan), [1, 2, 3]);
        plan.complete(&part(2), MORE());
        assert_eq!(plan.next(), None);
        plan.complete(&part(1), MORE());
        assert_eq!(numbers(&mut plan), [4, 5]);
    }

    #[test]
    fn regression_growing_parts_stay_within_the_memory_limit() {
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
            plan.complete(&part(first), MORE());
        }
    }

    #[test]
    fn stream_ends_with_its_last_part() {
        let mut plan = begun(Parts::stream());
        for number in 1..=3 {
            assert_eq!(plan.next(), Some(part(number)));
        }
        plan.complete(&part(2), Done::Part { has_more: false });
        assert_eq!(plan.next(), None);
        plan.complete(&part(1), MORE());
        plan.complete(&part(3), Done::Part { has_more: false });
        assert_eq!(plan.next(), Some(Step::Finish));
    }

    #[test]
    fn abort_waits_for_parts_in_flight() {
        let mut plan = begun(Parts::ranges(30, 10));
        assert_eq!(numbers(&mut plan), [1, 2, 3]);
        plan.complete(&part(1), Done::Failed);
        assert_eq!(plan.next(), None);
        plan.complete(&part(2), MORE());
        plan.complete(&part(3), Done::Failed);
        assert_eq!(plan.next(), Some(Step::Abort));
        assert!(plan.has_failed() && !plan.is_over());
        plan.complete(&Step::Abort, Done::Over);
        assert!(plan.is_over());
    }

    #[test]
    fn failed_first_or_last_step_is_aborted() {
        let mut plan = Plan::new();
        let step = plan.next().unwrap();
        plan.complete(&step, Done::Failed);
        assert_eq!(plan.next(), Some(Step::Abort));
        let mut plan = begun(Parts::ranges(0, 10));
        assert_eq!(plan.next(), Some(Step::Finish));
        plan.complete(&Step::Finish, Done::Failed);
        assert_eq!(plan.next(), Some(Step::Abort));
    }
}
