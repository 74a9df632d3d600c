//! Routes: which operation of a REST service a method and a path belong to.

use std::cmp::Reverse;
use std::sync::Arc;

use http::Method;

use super::message::{Incoming, pairs};
use crate::error::Result;
use crate::model::{Kind, Location, Operation, ServiceModel};
use crate::uri;

/// The routes of a service.
pub(super) struct Router {
    routes: Vec<Route>,
}

struct Route {
    operation: Arc<Operation>,
    segments: Vec<Segment>,
    /// The parts of the query that the path names.
    literals: Vec<(String, String)>,
    /// The member whose value the endpoint rules put before the path, such as S3's bucket.
    ruled: Option<String>,
    /// The required members in query and headers.
    required: Vec<(Location, String)>,
    ends_with_slash: bool,
    /// The names of parameters in the query, unless any name is one.
    query: Option<Vec<String>>,
}

enum Segment {
    Text(String),
    Label(String),
    /// A label that may contain slashes.
    Greedy(String),
}

/// A route that fits a request.
pub(super) struct Match {
    pub(super) operation: Arc<Operation>,
    /// Wire names of labels, and their values.
    pub(super) labels: Vec<(String, String)>,
    pub(super) rank: Rank,
}

/// The order of routes that fit, the best first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// The kinds of segments: text before labels, and labels before greedy ones.
    path: Vec<u8>,
    literals: Reverse<usize>,
    /// Required members that are missing.
    missing: usize,
    given: Reverse<usize>,
    differs_in_slash: bool,
    /// Parts of the query that are of no member.
    unknown: usize,
}

const TEXT: u8 = 0;
const LABEL: u8 = 1;
const GREEDY: u8 = 2;
/// After the last segment: a route that goes on with text after a greedy label is before one that does not.
const END: u8 = 3;

impl Router {
    pub(super) fn new(model: &ServiceModel) -> Result<Self> {
        let operations = model.operation_names().map(|name| model.operation(name));
        let routes = operations.map(|operation| Route::new(model, operation?));
        Ok(Self {
            routes: routes.collect::<Result<_>>()?,
        })
    }

    /// The routes that fit. `virtual_host` is the label that the host has before its name, such as S3's bucket.
    pub(super) fn matches(&self, request: &Incoming, virtual_host: Option<&str>) -> Vec<Match> {
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        let query = pairs(&request.query);
        let id = query.iter().find(|(name, _)| name == "x-id");
        let named = |route: &Route| id.is_none_or(|(_, id)| *id == route.operation.name);
        (self.routes.iter())
            .filter(|route| route.operation.method == request.method && named(route))
            .filter_map(|route| route.fit(request, path, &query, virtual_host))
            .collect()
    }
}

impl Route {
    fn new(model: &ServiceModel, operation: &Arc<Operation>) -> Result<Self> {
        let (path, query) = (operation.uri.split_once('?')).unwrap_or((&operation.uri, ""));
        let segments: Vec<Segment> = pieces(path.strip_prefix('/').unwrap_or(path))
            .map(Segment::parse)
            .collect();
        let input = operation.input.map(|id| model.shape(id)).transpose()?;
        let members = || {
            input
                .and_then(|shape| shape.members())
                .into_iter()
                .flatten()
        };
        let is_label = |wire: &str| {
            let mut names = segments.iter().filter_map(Segment::label);
            names.any(|label| label == wire)
        };
        let ruled = members().find(|m| m.location == Location::Uri && !is_label(&m.wire_name));
        let ruled = ruled.map(|member| member.wire_name.clone());
        let query_names: Option<Vec<String>> = members()
            .filter(|member| member.location == Location::Query)
            .map(|member| {
                let kind = &model.shape(member.target).ok()?.kind;
                (!matches!(kind, Kind::Map { .. })).then(|| member.request_name().to_owned())
            })
            .collect();
        let required = members()
            .filter(|member| member.required)
            .filter(|member| matches!(member.location, Location::Header | Location::Query));
        let required = required.map(|member| (member.location, member.request_name().to_owned()));
        Ok(Self {
            operation: operation.clone(),
            literals: pairs(query),
            required: required.collect(),
            ruled,
            query: query_names,
            ends_with_slash: path.ends_with('/'),
            segments,
        })
    }

    fn is_known(&self, name: &str) -> bool {
        let is_common = name == "x-id" || name.starts_with("X-Amz-");
        let is_literal = self.literals.iter().any(|(known, _)| known == name);
        let is_member = |names: &Vec<String>| names.iter().any(|known| known == name);
        is_common || is_literal || self.query.as_ref().is_none_or(is_member)
    }

    fn fit(
        &self,
        request: &Incoming,
        path: &str,
        query: &[(String, String)],
        virtual_host: Option<&str>,
    ) -> Option<Match> {
        let has = |name: &str| query.iter().any(|(known, _)| known == name);
        let is_there = |(name, value): &(String, String)| match &**value {
            "" => has(name),
            _ => query.iter().any(|pair| pair.0 == *name && pair.1 == *value),
        };
        if !self.literals.iter().all(is_there) {
            return None;
        }
        let mut labels = Vec::new();
        let mut order = Vec::new();
        let path = match (&self.ruled, virtual_host) {
            (Some(name), Some(host)) => {
                labels.push((name.clone(), host.to_owned()));
                order.push(LABEL);
                path
            }
            (Some(name), None) => {
                let (label, rest) = path.split_once('/').unwrap_or((path, ""));
                labels.push((name.clone(), present(label)?));
                order.push(LABEL);
                rest
            }
            (None, _) => path,
        };
        fit(&self.segments, path, &mut labels, &mut order)?;
        order.push(END);
        let is_given = |(location, name): &&(Location, String)| match location {
            Location::Header => request.headers.contains_key(&**name),
            _ => has(name),
        };
        let given = self.required.iter().filter(is_given).count();
        Some(Match {
            operation: self.operation.clone(),
            labels,
            rank: Rank {
                path: order,
                literals: Reverse(self.literals.len()),
                missing: self.required.len() - given,
                given: Reverse(given),
                differs_in_slash: request.path.ends_with('/') != self.ends_with_slash,
                unknown: query
                    .iter()
                    .filter(|(name, _)| !self.is_known(name))
                    .count(),
            },
        })
    }
}

/// Compares the rest of a path with the rest of a route, and appends labels and the order of each segment.
fn fit(
    segments: &[Segment],
    path: &str,
    labels: &mut Vec<(String, String)>,
    order: &mut Vec<u8>,
) -> Option<()> {
    let Some((first, rest)) = segments.split_first() else {
        return path.is_empty().then_some(());
    };
    let (piece, after) = path.split_once('/').unwrap_or((path, ""));
    match first {
        Segment::Text(text) => {
            order.push(TEXT);
            (uri::decode(piece) == *text).then(|| fit(rest, after, labels, order))?
        }
        Segment::Label(name) => {
            order.push(LABEL);
            labels.push((name.clone(), present(piece)?));
            fit(rest, after, labels, order)
        }
        Segment::Greedy(name) => {
            order.push(GREEDY);
            // the segments after it take the last pieces of the path
            let end = match rest.len() {
                0 => path.len(),
                count => path.rmatch_indices('/').nth(count - 1)?.0,
            };
            labels.push((name.clone(), present(&path[..end])?));
            let after = path[end..].strip_prefix('/').unwrap_or_default();
            fit(rest, after, labels, order)
        }
    }
}

/// The decoded value of a label, unless it is empty.
fn present(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| uri::decode(text))
}

/// The segments of a template, without an empty one at the end.
fn pieces(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = (!path.is_empty()).then_some(path);
    path.into_iter().flat_map(|path| path.split('/'))
}

impl Segment {
    fn parse(text: &str) -> Self {
        let label = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        match label {
            None => Self::Text(uri::decode(text)),
            Some(label) => match label.strip_suffix('+') {
                Some(label) => Self::Greedy(label.into()),
                None => Self::Label(label.into()),
            },
        }
    }

    fn label(&self) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::Label(name) | Self::Greedy(name) => Some(name),
        }
    }
}

/// Whether a method may be that of a REST operation.
pub(super) fn is_method(method: &Method) -> bool {
    ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"].contains(&method.as_str())
}
