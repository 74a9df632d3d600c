//! The pages of a listing, up to the maximum size of a result.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tucuxi::internals::command::{complete_pages, merge_page, next_page_params};
use tucuxi::transport::CancelToken;

use super::answer::Answer;
use super::{Mistake, Session};
use crate::mcp::part::{Start, length};
use crate::mcp::rests::Continuation;

/// The length of pages to which a query is applied at once, as JSON.
const OF_QUERY: usize = 4 << 20;

/// The time after which no further page is requested.
const TIME: Duration = Duration::from_secs(20);

/// Returns what follows, up to the maximum size.
pub(super) fn run(
    session: &Session,
    continuation: Continuation,
    cancel: &CancelToken,
) -> Result<Value, Mistake> {
    let Continuation { call, rest, next } = continuation;
    let mut answer = Answer::new(session, call.clone());
    let (value, start) = match rest {
        // pages are not added to what a query has selected
        Some(rest) if call.has_query() || next.is_none() => {
            return answer.selected(rest.value).finish(&rest.start, next);
        }
        Some(rest) => (rest.value, rest.start),
        None => (json!({}), Start::default()),
    };
    let room = if call.has_query() {
        OF_QUERY
    } else {
        session.max_result
    };
    let mut window = Window {
        value,
        next,
        count: 0,
    };
    let note = window.fill(
        room,
        |params| call.request(session, params, cancel),
        &call.params,
    );
    let note = note.map_err(|failed| match failed {
        Failed::Call(error) => call.failed(session, error),
        Failed::Mistake(mistake) => mistake,
    })?;
    answer.notes.extend(note);
    let value = answer.without_secrets(window.value);
    if call.has_query() {
        if window.next.is_some() {
            answer.notes.push(format!(
                "the query was applied to {} pages; the resume_token continues with those that follow",
                window.count
            ));
        }
        return answer.select(&value)?.finish(&start, window.next);
    }
    answer.selected(value).finish(&start, window.next)
}

enum Failed {
    Call(tucuxi::Error),
    Mistake(Mistake),
}

impl From<tucuxi::Error> for Failed {
    fn from(error: tucuxi::Error) -> Self {
        Self::Call(error)
    }
}

/// Pages that are merged.
struct Window {
    value: Value,
    /// The parameters of the next page.
    next: Option<Value>,
    count: usize,
}

impl Window {
    /// Adds pages until there is no room, or no more pages. Returns why it ended early.
    fn fill(
        &mut self,
        room: usize,
        request: impl Fn(Value) -> Result<tucuxi::RequestBuilder, Mistake>,
        first: &Value,
    ) -> Result<Option<String>, Failed> {
        let began = Instant::now();
        let Some(params) = self.next.clone() else {
            return Ok(None);
        };
        // members that all pages share are in the first part
        let is_first = params == *first;
        let is_new = |value: &Value| value.as_object().is_none_or(|members| members.is_empty());
        let mut pages = request(params).map_err(Failed::Mistake)?.pages()?;
        let mut note = None;
        while self.next.is_some() && length(&self.value) < room {
            if self.count > 0 && began.elapsed() > TIME {
                note = Some("the listing takes long; the resume_token continues it".to_owned());
                break;
            }
            match pages.next() {
                None => self.next = None,
                Some(Ok(page)) => {
                    merge_page(&pages, &mut self.value, page)?;
                    self.count += 1;
                    self.next = next_page_params(&mut pages)?;
                }
                Some(Err(error)) if is_new(&self.value) => return Err(error.into()),
                Some(Err(error)) => {
                    note = Some(format!(
                        "the next page failed, and the resume_token requests it again: {error}"
                    ));
                    break;
                }
            }
        }
        if is_first && self.count > 0 {
            complete_pages(&pages, &mut self.value);
        }
        Ok(note)
    }
}
