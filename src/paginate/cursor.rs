//! Pagination without IO: the parameters of each request, and how each response is accepted.
//!
//! ```text
//!          next_params() ─► Some(params)      the driver sends the request
//!   New ─────────────────────────────► Running ─┐
//!                                        ▲      │ accept(response) ─► the page
//!                                        └──────┘
//!          next_params() ─► None              after the last page, `max_items` elements or an error
//! ```

use std::sync::Arc;

use serde_json::{Map, Value};

use super::definition::Definition;
use super::error;
use super::page::{Page, merge, put, shared};
use super::seen::SeenTokens;
use super::token::PageToken;
use crate::attribute_value::Form;
use crate::error::Result;
use crate::model::Paginator;

/// The state of a listing between two requests.
pub(crate) struct PageCursor {
    definition: Arc<Definition>,
    params: Map<String, Value>,
    pub(super) page_size: Option<u64>,
    pub(super) max_items: Option<usize>,
    pub(super) starting_token: Option<String>,
    state: State,
    /// Elements returned so far.
    total: usize,
    /// The tokens of the request that `next_params` returns, if it has any.
    tokens: Option<Map<String, Value>>,
    seen: SeenTokens,
    resume: Option<PageToken>,
    shared: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Done,
    /// The settings are in the parameters of the first request. `known` is the number of elements of its page that an
    /// earlier listing returned, or `None` without a starting token.
    First {
        known: Option<usize>,
    },
    /// The settings are not in the parameters yet.
    New,
    Running,
}

impl PageCursor {
    /// # Errors
    ///
    /// Returns an error if the parameters are not an object.
    pub(super) fn new(definition: Definition, params: Value) -> Result<Self> {
        let Value::Object(params) = params else {
            return Err(error("the parameters are not an object"));
        };
        Ok(Self {
            definition: Arc::new(definition),
            params,
            page_size: None,
            max_items: None,
            starting_token: None,
            state: State::New,
            total: 0,
            tokens: None,
            seen: SeenTokens::default(),
            resume: None,
            shared: Map::new(),
        })
    }

    pub(super) fn definition(&self) -> &Definition {
        &self.definition
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Returns the parameters of the next request, the same ones until its response is accepted, or `None` at the end
    /// of the listing.
    ///
    /// # Errors
    ///
    /// Returns an error, which ends the listing, if the starting token or the page size is invalid.
    pub(super) fn next_params(&mut self) -> Result<Option<Value>> {
        match self.state {
            State::Done => return Ok(None),
            State::New => {
                let known = self.apply_settings().inspect_err(|_| self.end())?;
                self.state = State::First { known };
            }
            State::First { .. } | State::Running => {}
        }
        Ok(Some(Value::Object(self.params.clone())))
    }

    /// Puts the starting token and the page size into the parameters. Returns how many elements of the first page are
    /// known, if there is a starting token.
    fn apply_settings(&mut self) -> Result<Option<usize>> {
        let mut known = None;
        if let Some(text) = &self.starting_token {
            let mut start = PageToken::parse(text, &self.definition.paginator.input_tokens)?;
            self.definition.convert(&mut start.tokens, Form::Plain)?;
            known = Some(start.known.unwrap_or(0));
            set_tokens(&mut self.params, &start.tokens);
            self.tokens = Some(start.tokens);
        }
        if let Some(size) = self.page_size {
            let (key, size) = self.definition.limit(size)?;
            self.params.insert(key, size);
        }
        Ok(known)
    }

    /// Ends the listing, as after a failed request.
    pub(super) fn end(&mut self) {
        self.state = State::Done;
    }

    /// Accepts a response: returns the page without the elements that are known or beyond `max_items`, and goes to the
    /// next.
    ///
    /// # Errors
    ///
    /// Returns an error, which ends the listing, if an expression of the paginator fails, the page has no token
    /// although it reports more, or its token was there before.
    pub(super) fn accept<P: Page>(&mut self, page: P) -> Result<P> {
        self.accept_page(page).inspect_err(|_| self.end())
    }

    fn accept_page<P: Page>(&mut self, mut page: P) -> Result<P> {
        let definition = self.definition.clone();
        let paginator = &definition.paginator;
        let mut skipped = 0;
        // if this page is cut, a later listing starts with its tokens
        let start = self.tokens.take();
        if let State::First { known } = self.state {
            self.state = State::Running;
            if let Some(known) = known {
                skipped = known;
                page.skip_known(known, paginator)?;
            }
            self.shared = shared(page.members(), paginator)?;
        }
        let count = page.length(paginator.primary())?;
        if let Some(max) = self.max_items
            && self.total.saturating_add(count) > max
        {
            let keep = max.saturating_sub(self.total);
            page.cut_tail(keep, paginator)?;
            self.resume = Some(PageToken {
                tokens: start.unwrap_or_else(|| no_tokens(paginator)),
                known: Some(keep.saturating_add(skipped)),
            });
            self.end();
            return Ok(page);
        }
        self.total = self.total.saturating_add(count);
        self.advance(page.members())?;
        Ok(page)
    }

    /// Goes to the next page, if there is one.
    fn advance(&mut self, page: &Value) -> Result<()> {
        let tokens = super::page::next_tokens(page, &self.definition.paginator)?;
        if tokens.values().all(Value::is_null) {
            self.end();
            return Ok(());
        }
        if self.max_items == Some(self.total) {
            self.resume = Some(PageToken {
                tokens,
                known: None,
            });
            self.end();
            return Ok(());
        }
        if !self.seen.is_new(&tokens) {
            return Err(error(format!(
                "the service returned the same token twice, so the listing would have no end: {}",
                Value::Object(tokens)
            )));
        }
        set_tokens(&mut self.params, &tokens);
        self.tokens = Some(tokens);
        Ok(())
    }

    /// Returns the token of the rest of the listing, if `max_items` ended it.
    pub(super) fn resume_token(&self) -> Option<String> {
        let mut token = self.resume.clone()?;
        self.definition
            .convert(&mut token.tokens, Form::Typed)
            .ok()?;
        Some(token.to_text(self.definition.blobs(&token.tokens)))
    }

    /// The members that are the same on each page.
    pub(super) fn shared_part(&self) -> &Map<String, Value> {
        &self.shared
    }

    #[cfg(feature = "cli")]
    pub(super) fn paginator(&self) -> &Paginator {
        &self.definition.paginator
    }

    /// Appends a page to those before it.
    pub(super) fn merge(&self, full: &mut Value, page: Value) -> Result<()> {
        merge(full, page, &self.definition.paginator)
    }

    /// Adds to the merged pages what they share, and the token of the rest.
    pub(super) fn complete(&self, full: &mut Value) {
        for (name, value) in self.shared.clone() {
            merge_missing(full, name, value);
        }
        if let Some(token) = self.resume_token() {
            full["NextToken"] = token.into();
        }
    }
}

/// Sets the tokens of a request. A token that is null, or the text `None`, is removed.
fn set_tokens(params: &mut Map<String, Value>, tokens: &Map<String, Value>) {
    for (name, token) in tokens {
        match token.is_null() || token == "None" {
            true => params.shift_remove(name),
            false => params.insert(name.clone(), token.clone()),
        };
    }
}

fn no_tokens(paginator: &Paginator) -> Map<String, Value> {
    let names = paginator.input_tokens.iter();
    names
        .map(|name| (String::from(&**name), Value::Null))
        .collect()
}

/// Adds a shared member, without replacing what was merged.
fn merge_missing(full: &mut Value, name: String, value: Value) {
    match (full.get_mut(&name), value) {
        (Some(Value::Object(known)), Value::Object(more)) => {
            for (name, value) in more {
                known.entry(name).or_insert(value);
            }
        }
        (Some(_), _) => {}
        (None, value) => put(full, &name, value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIST: &str = r#"{
        "input_token": "Start", "output_token": "Next", "more_results": "More", "result_key": "Names",
        "limit_key": "Limit", "non_aggregate_keys": ["Owner"]
    }"#;

    fn cursor(set: impl FnOnce(&mut PageCursor)) -> PageCursor {
        let definition = Definition {
            paginator: Paginator::parse("List", LIST).unwrap(),
            input: None,
            plain: false,
        };
        let mut cursor = PageCursor::new(definition, json!({"Prefix": "p"})).unwrap();
        set(&mut cursor);
        cursor
    }

    /// Page `at` of five pages with two names each.
    fn page(at: usize) -> Value {
        let names = [format!("a{at}"), format!("b{at}")];
        match at {
            4 => json!({"Names": names, "More": false, "Owner": "o"}),
            _ => {
                json!({"Names": names, "More": true, "Next": (at + 1).to_string(), "Owner": "o"})
            }
        }
    }

    /// Requests pages until the end of the listing: the parameters of each request, and all pages in one.
    fn drive(cursor: &mut PageCursor) -> (Vec<Value>, Value) {
        let (mut requests, mut full) = (Vec::new(), json!({}));
        while let Some(params) = cursor.next_params().unwrap() {
            let at = params["Start"].as_str().unwrap_or("0").parse().unwrap();
            requests.push(params);
            let page = cursor.accept(page(at)).unwrap();
            cursor.merge(&mut full, page).unwrap();
        }
        cursor.complete(&mut full);
        (requests, full)
    }

    #[test]
    fn a_listing_runs_to_its_last_page_without_io() {
        let mut cursor = cursor(|cursor| cursor.page_size = Some(2));
        let (requests, full) = drive(&mut cursor);
        assert_eq!(requests.len(), 5);
        assert_eq!(requests[0], json!({"Prefix": "p", "Limit": 2}));
        assert_eq!(
            requests[4],
            json!({"Prefix": "p", "Limit": 2, "Start": "4"})
        );
        let names = ["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4"];
        assert_eq!(full, json!({"Names": names, "Owner": "o"}));
        assert_eq!(cursor.resume_token(), None);
        assert_eq!(cursor.next_params().unwrap(), None);
    }

    #[test]
    fn a_listing_cut_anywhere_resumes_at_the_next_element() {
        for max in 0..=10 {
            let mut first = cursor(|cursor| cursor.max_items = Some(max));
            let (_, head) = drive(&mut first);
            let count = |full: &Value| full["Names"].as_array().map_or(0, Vec::len);
            assert_eq!(count(&head), max);
            let token = first.resume_token();
            assert_eq!(token.is_some(), max < 10, "{max}");
            assert_eq!(head.get("NextToken").is_some(), token.is_some());
            let Some(token) = token else { continue };
            let mut rest = cursor(|cursor| cursor.starting_token = Some(token));
            let (requests, tail) = drive(&mut rest);
            assert_eq!(count(&tail), 10 - max, "{max}");
            assert_eq!(requests.len(), 5 - max / 2, "{max}");
        }
    }

    #[test]
    fn the_same_parameters_are_returned_until_a_response_is_accepted() {
        let mut cursor = cursor(|_| ());
        for at in 0..2 {
            let params = cursor.next_params().unwrap();
            assert!(params.is_some());
            assert_eq!(cursor.next_params().unwrap(), params);
            cursor.accept(page(at)).unwrap();
        }
    }

    #[test]
    fn an_error_ends_a_listing() {
        let mut repeated = cursor(|_| ());
        for (at, is_good) in [(0, true), (0, false)] {
            assert!(repeated.next_params().unwrap().is_some());
            assert_eq!(repeated.accept(page(at)).is_ok(), is_good);
        }
        let mut no_token = cursor(|_| ());
        no_token.next_params().unwrap();
        no_token.accept(json!({"More": true})).unwrap_err();
        let mut bad_start = cursor(|cursor| cursor.starting_token = Some("a___b___c".into()));
        bad_start.next_params().unwrap_err();
        let mut failed = cursor(|_| ());
        failed.next_params().unwrap();
        failed.end();
        for mut cursor in [repeated, no_token, bad_start, failed] {
            assert!(cursor.is_done());
            assert_eq!(cursor.next_params().unwrap(), None);
        }
    }
}
