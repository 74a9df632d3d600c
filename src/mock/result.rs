//! The results of operations without a stub: examples with which listings and waits end.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::Value;

use super::example::{EXAMPLE_LENGTH, Extent, example};
use crate::error::Result;
use crate::exchange::Service;
use crate::model::{
    Location, Matcher, Member, Operation, Paginator, ServiceModel, Waiter, WaiterState,
};
use crate::sync;

/// Results, kept by service and operation.
#[derive(Default)]
pub(super) struct Results(Mutex<HashMap<(String, String), Arc<Value>>>);

impl Results {
    pub(super) fn of(&self, service: &Service, operation: &Operation) -> Result<Arc<Value>> {
        let model = &*service.model;
        let key = (service.name().to_owned(), operation.name.clone());
        if let Some(result) = sync::lock(&self.0).get(&key) {
            return Ok(result.clone());
        }
        let tokens = tokens(service, operation)?;
        let is_left_out = |member: &Member| {
            tokens.contains(&*member.name)
                || is_of_transfer(member)
                || is_token(model, operation, member)
        };
        let mut result = example(model, operation.output, Extent::Full, &is_left_out)?;
        for (path, wanted) in wanted(service, operation)? {
            set(&mut result, &path, &wanted);
        }
        if let (Some(member), Value::Object(members)) = (length(model, operation), &mut result) {
            members.insert(member.name.clone(), EXAMPLE_LENGTH.into());
        }
        let result = Arc::new(result);
        sync::lock(&self.0).insert(key, result.clone());
        Ok(result)
    }
}

/// The members of a result that say that another page follows.
fn tokens(service: &Service, operation: &Operation) -> Result<HashSet<String>> {
    let Some(text) = service.paginators()?.text(&operation.name) else {
        return Ok(HashSet::new());
    };
    let paginator = Paginator::parse(&operation.name, text)?;
    let queries = paginator
        .output_tokens
        .iter()
        .chain(&paginator.more_results);
    // the first member of an expression such as `NextMarker || Contents[-1].Key`
    let first = |text: &str| {
        let end = text
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        text[..end].to_owned()
    };
    Ok(queries.map(|query| first(query.text())).collect())
}

/// Whether a member is the token of a listing without a paginator: a text that the input has, too.
fn is_token(model: &ServiceModel, operation: &Operation, member: &Member) -> bool {
    let name = member.name.to_ascii_lowercase();
    let input = operation
        .input
        .and_then(|id| model.shape(id).ok()?.members());
    let is_in_input = input.is_some_and(|members| members.get(&member.name).is_some());
    name.starts_with("next") && name.ends_with("token") || is_in_input && name == "marker"
}

/// Whether a member is a header that must fit the body that is sent.
fn is_of_transfer(member: &Member) -> bool {
    let name = member.wire_name.to_ascii_lowercase();
    let fixed = [
        "content-encoding",
        "content-length",
        "content-md5",
        "content-range",
        "transfer-encoding",
    ];
    member.location == Location::Header
        && (fixed.contains(&&*name) || name.contains("-checksum-") || name.contains("tree-hash"))
        || member.location == Location::StatusCode
}

/// The member with the length of a body that `HEAD` does not get: that of the example which `GET` gets.
fn length<'m>(model: &'m ServiceModel, operation: &Operation) -> Option<&'m Member> {
    let output = operation
        .output
        .filter(|_| operation.method == Method::HEAD)?;
    let mut members = model.shape(output).ok()?.members()?.iter();
    members.find(|member| member.wire_name.eq_ignore_ascii_case("content-length"))
}

/// The values with which the first waiter of the operation succeeds.
fn wanted(service: &Service, operation: &Operation) -> Result<Vec<(Vec<String>, Value)>> {
    let waiters = service.waiters()?;
    for name in waiters.names() {
        let Some(text) = waiters.text(name) else {
            continue;
        };
        let waiter = Waiter::parse(name, text)?;
        if waiter.operation != operation.name {
            continue;
        }
        let successes = waiter
            .acceptors
            .iter()
            .filter(|acceptor| acceptor.state == WaiterState::Success);
        let mut found = Vec::new();
        for acceptor in successes {
            if let Matcher::Path(query, value)
            | Matcher::PathAll(query, value)
            | Matcher::PathAny(query, value) = &acceptor.matcher
                && let Some(path) = path(query.text())
            {
                found.push((path, value.clone()));
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The names in an expression that consists of names and projections; `None` for others.
fn path(text: &str) -> Option<Vec<String>> {
    let plain = text.replace("[]", "").replace("[*]", "").replace("[0]", "");
    let names: Vec<String> = plain.split('.').map(Into::into).collect();
    let is_name =
        |name: &String| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    names.iter().all(is_name).then_some(names)
}

/// Sets the members at a path, in all items of lists on the way.
fn set(at: &mut Value, path: &[String], wanted: &Value) {
    match (at, path.split_first()) {
        (Value::Array(items), Some(_)) => items.iter_mut().for_each(|item| set(item, path, wanted)),
        (Value::Object(members), Some((name, rest))) => {
            if let Some(member) = members.get_mut(name) {
                set(member, rest, wanted);
            }
        }
        (at, None) => {
            let is_same_kind = std::mem::discriminant(&*at) == std::mem::discriminant(wanted);
            if is_same_kind {
                *at = wanted.clone();
            }
        }
        _ => {}
    }
}
