//! The limit of the values that a search creates.
//!
//! `[@, @] | [@, @] | …` doubles its result with each step, so a short expression could fill any memory. Each step of a search
//! and each value that it creates or copies is counted, texts by their length.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::Value;

use super::{ExprError, QueryErrorKind};

/// The budget of every search, in steps and values.
const BASE: u64 = 1_000_000;

/// The additional budget for each value of the input.
const FOR_EACH_VALUE: u64 = 64;

/// The bytes of text that count as one value.
const TEXT: usize = 32;

pub(super) struct Budget<'v> {
    input: &'v Value,
    left: Cell<u64>,
    /// Whether the input was measured. That is only done once the base budget is spent, which hardly ever happens.
    measured: Cell<bool>,
}

impl<'v> Budget<'v> {
    pub(super) fn new(input: &'v Value) -> Self {
        Self {
            input,
            left: Cell::new(BASE),
            measured: Cell::new(false),
        }
    }

    pub(super) fn spend(&self, amount: u64) -> Result<(), ExprError> {
        if self.left.get() < amount && !self.measured.replace(true) {
            let more = size(self.input).saturating_mul(FOR_EACH_VALUE);
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

    pub(super) fn copy(&self, value: &Value) -> Result<Value, ExprError> {
        self.spend(size(value))?;
        Ok(value.clone())
    }

    pub(super) fn copies<'a>(
        &self,
        values: impl Iterator<Item = &'a Value>,
    ) -> Result<Vec<Value>, ExprError> {
        values.map(|value| self.copy(value)).collect()
    }

    /// Returns an owned value. Values that the search created are counted already.
    pub(super) fn own(&self, found: Cow<'_, Value>) -> Result<Value, ExprError> {
        match found {
            Cow::Borrowed(value) => self.copy(value),
            Cow::Owned(value) => Ok(value),
        }
    }
}

/// Counts the values in a value, itself included.
pub(super) fn size(value: &Value) -> u64 {
    let scalar = |value: &Value| match value {
        Value::String(text) => text_size(text),
        _ => 1,
    };
    let mut total = scalar(value);
    let mut rest = match value {
        Value::Array(_) | Value::Object(_) => vec![value],
        _ => return total,
    };
    while let Some(value) = rest.pop() {
        match value {
            Value::Array(list) => {
                for element in list {
                    total = total.saturating_add(scalar(element));
                    rest.extend((element.is_array() || element.is_object()).then_some(element));
                }
            }
            Value::Object(entries) => {
                for (key, element) in entries {
                    total = total.saturating_add(scalar(element).saturating_add(text_size(key)));
                    rest.extend((element.is_array() || element.is_object()).then_some(element));
                }
            }
            _ => {}
        }
    }
    total
}

pub(super) fn text_size(text: &str) -> u64 {
    1 + u64::try_from(text.len() / TEXT).unwrap_or(u64::MAX)
}
