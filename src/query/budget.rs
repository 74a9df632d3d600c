//! The limit of the values that a search creates.
//!
//! `[@, @] | [@, @] | …` doubles its result with each step, so a short expression could fill any memory. Each step of a search
//! and each value that it creates or uses in a new one is counted, texts by their length.

use std::cell::Cell;

use super::data::Data;
use super::{ExprError, QueryErrorKind};

/// The budget of every search, in steps and values.
const BASE: u64 = 1_000_000;

/// The additional budget for each value of the input.
const FOR_EACH_VALUE: u64 = 64;

pub(super) struct Budget<'v> {
    input: Data<'v>,
    left: Cell<u64>,
    /// Whether the input was measured. That is only done once the base budget is spent, which hardly ever happens.
    measured: Cell<bool>,
}

impl<'v> Budget<'v> {
    pub(super) fn new(input: Data<'v>) -> Self {
        Self {
            input,
            left: Cell::new(BASE),
            measured: Cell::new(false),
        }
    }

    pub(super) fn spend(&self, amount: u64) -> Result<(), ExprError> {
        if self.left.get() < amount && !self.measured.replace(true) {
            let more = self.input.size().saturating_mul(FOR_EACH_VALUE);
            self.left.set(self.left.get().saturating_add(more));
        }
        let left = self.left.get().checked_sub(amount);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| ExprError {
            kind: QueryErrorKind::TooLarge,
            offset: 0,
            what: "the result exceeds the limit; select fewer values before they are combined"
                .into(),
        })
    }

    /// Counts values as parts of a new one. They are not copied before the search ends, but then as often as they are parts.
    pub(super) fn spend_on<'a, 'd: 'a>(
        &self,
        parts: impl IntoIterator<Item = &'a Data<'d>>,
    ) -> Result<(), ExprError> {
        let mut parts = parts.into_iter();
        parts.try_for_each(|part| self.spend(part.size()))
    }
}
