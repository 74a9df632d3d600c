//! What one search may make.
//!
//! `[@, @] | [@, @] | …` doubles its result with each step, so a short expression could fill any memory. Each step of a search
//! and each value that it makes or copies is counted, texts by their length.

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::Value;

use super::{Misfit, QueryErrorKind};

/// What every search may make.
const LEAST: u64 = 1_000_000;

/// What a search may make beyond that, for each value of its input.
const FOR_EACH_VALUE: u64 = 64;

/// So many bytes of text count as a value.
const TEXT: usize = 32;

pub(super) struct Budget<'v> {
    input: &'v Value,
    left: Cell<u64>,
    /// The input is measured when the least is used up, which it hardly ever is.
    measured: Cell<bool>,
}

impl<'v> Budget<'v> {
    pub(super) fn new(input: &'v Value) -> Self {
        Self {
            input,
            left: Cell::new(LEAST),
            measured: Cell::new(false),
        }
    }

    pub(super) fn spend(&self, amount: u64) -> Result<(), Misfit> {
        if self.left.get() < amount && !self.measured.replace(true) {
            let more = size(self.input).saturating_mul(FOR_EACH_VALUE);
            self.left.set(self.left.get().saturating_add(more));
        }
        let left = self.left.get().checked_sub(amount);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| Misfit {
            kind: QueryErrorKind::TooLarge,
            offset: 0,
            what: "the result grows beyond the limit; select less before values are combined"
                .into(),
        })
    }

    pub(super) fn copy(&self, value: &Value) -> Result<Value, Misfit> {
        self.spend(size(value))?;
        Ok(value.clone())
    }

    pub(super) fn copies<'a>(
        &self,
        values: impl Iterator<Item = &'a Value>,
    ) -> Result<Vec<Value>, Misfit> {
        values.map(|value| self.copy(value)).collect()
    }

    /// What was made is counted already.
    pub(super) fn own(&self, found: Cow<'_, Value>) -> Result<Value, Misfit> {
        match found {
            Cow::Borrowed(value) => self.copy(value),
            Cow::Owned(value) => Ok(value),
        }
    }
}

/// How many values there are in a value, itself among them.
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
