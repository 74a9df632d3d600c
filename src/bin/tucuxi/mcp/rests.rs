//! What follows results that were cut, by resume tokens.
//!
//! It is kept in memory, so that a call is not made again: it may have changed something, and a second result may differ. Only the
//! pages that follow are requested when their token is used. A token is a random number. The oldest rests are forgotten first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tucuxi::internals::command::random_id;

use super::part::{self, Rest};
use super::tools::Call;

/// The maximum number of rests.
const NUMBER: usize = 64;
/// The length of all rests together, as JSON. The last one is kept however long it is.
const LENGTH: usize = 8 << 20;

/// The continuation of a result.
#[derive(Clone, Debug)]
pub(super) struct Continuation {
    pub(super) call: Arc<Call>,
    /// The rest of what was received.
    pub(super) rest: Option<Rest>,
    /// The parameters that request the next page, if there are more.
    pub(super) next: Option<Value>,
}

#[derive(Debug, Default)]
pub(super) struct Rests(Mutex<VecDeque<Kept>>);

#[derive(Debug)]
struct Kept {
    token: String,
    length: usize,
    continuation: Continuation,
}

impl Rests {
    /// Keeps a continuation, and returns its token.
    pub(super) fn keep(&self, continuation: Continuation) -> String {
        let token = random_id();
        let length = continuation
            .rest
            .as_ref()
            .map_or(0, |rest| part::length(&rest.value));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Kept {
            token: token.clone(),
            length,
            continuation,
        });
        let mut whole: usize = kept.iter().map(|kept| kept.length).sum();
        while kept.len() > NUMBER || (whole > LENGTH && kept.len() > 1) {
            whole -= kept.pop_front().map_or(0, |first| first.length);
        }
        token
    }

    /// What a token continues. A token may be used again: what is kept is the same then, and a page that follows is requested again.
    pub(super) fn get(&self, token: &str) -> Option<Continuation> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|kept| kept.token == token);
        found.map(|kept| kept.continuation.clone())
    }
}
