//! The secrets of a call: members that the model marks with the `sensitive` trait, by their wire names. [`scrub`] removes them
//! from requests and responses that are recorded or logged.

mod cbor;
pub(crate) mod scrub;
#[cfg(feature = "cli")]
pub(crate) mod value;
mod xml;

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{ApiKeyPlace, Kind, Location, Member, Operation, ServiceModel, ShapeId};

/// The call to which a request belongs. It is an extension of the request, so that a transport that records requests can remove
/// secrets from them.
#[derive(Clone)]
pub(crate) struct CallOf {
    pub(crate) model: Arc<ServiceModel>,
    pub(crate) operation: Arc<Operation>,
}

/// The secrets of requests and responses of one operation.
#[derive(Default)]
pub(crate) struct Secrets {
    pub(crate) request: Side,
    pub(crate) response: Side,
    /// The secret segments of the path.
    labels: Labels,
}

/// The secrets of requests or of responses.
#[derive(Default)]
pub(crate) struct Side {
    /// Names of members, headers and parameters, in lower case.
    names: HashSet<Box<str>>,
    /// Prefixes of header names, in lower case.
    prefixes: Vec<Box<str>>,
    /// Names of members of secret structures. The names themselves are not secret.
    inner: HashSet<Box<str>>,
    /// Whether the keys of secret maps are secret as well.
    has_secret_keys: bool,
    /// Whether the whole body is secret.
    pub(crate) whole_body: bool,
    /// Whether every query parameter is secret.
    pub(crate) whole_query: bool,
}

/// Whether each segment of a path is secret. At most one label is greedy, and matches several segments.
#[derive(Default)]
struct Labels {
    before: Vec<bool>,
    greedy: Option<bool>,
    after: Vec<bool>,
}

impl Side {
    pub(crate) fn has(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.names.contains(&*name) || self.prefixes.iter().any(|start| name.starts_with(&**start))
    }

    /// Whether every element `key` is the key of a map, and not secret.
    pub(crate) fn keeps_keys(&self) -> bool {
        !self.has_secret_keys && !self.inner.contains("key")
    }

    /// Whether this key of a secret object is secret as well.
    pub(crate) fn hides_key(&self, key: &str) -> bool {
        self.has_secret_keys && !self.inner.contains(&*key.to_ascii_lowercase())
    }
}

impl Secrets {
    /// Returns the secrets of this call's operation. Without a call, only the fixed list of secrets applies.
    pub(crate) fn of(call: Option<&CallOf>) -> Self {
        let mut this = Self::default();
        let Some(call) = call else {
            return this;
        };
        if let Some(ApiKeyPlace::Query { name }) = &call.model.metadata().api_key {
            this.request.names.insert(name.to_ascii_lowercase().into());
        }
        let operation = &call.operation;
        let mut walk = Walk {
            model: &call.model,
            seen: HashSet::new(),
        };
        walk.root(operation.input, &mut this.request);
        walk.seen.clear();
        walk.root(operation.output, &mut this.response);
        for error in &operation.errors {
            walk.root(Some(*error), &mut this.response);
        }
        this.labels = walk.labels(operation);
        this
    }

    /// Replaces the values of secret labels in a path.
    pub(crate) fn path(&self, path: &str, scrubbed: &str) -> String {
        let mut segments: Vec<&str> = path.split('/').collect();
        let count = segments.len();
        for (n, secret) in self.labels.after.iter().rev().enumerate() {
            if let (true, Some(place)) = (*secret, count.checked_sub(n + 1)) {
                segments[place] = scrubbed;
            }
        }
        if self.labels.greedy.is_some() {
            // segments before the greedy label are counted from the start of the path
            for (n, secret) in self.labels.before.iter().enumerate() {
                if let (true, Some(segment)) = (*secret, segments.get_mut(n + 1)) {
                    *segment = scrubbed;
                }
            }
        }
        if self.labels.greedy == Some(true) {
            let start = self.labels.before.len() + 1;
            let end = count.saturating_sub(self.labels.after.len());
            if start < end {
                segments.splice(start..end, [scrubbed]);
            }
        }
        segments.join("/")
    }
}

struct Walk<'m> {
    model: &'m ServiceModel,
    seen: HashSet<ShapeId>,
}

impl Walk<'_> {
    /// Collects the secrets of a whole message.
    fn root(&mut self, shape: Option<ShapeId>, side: &mut Side) {
        let Some(id) = shape else {
            return;
        };
        if self.is_secret(id, 0) {
            side.whole_body = true;
            self.look_inside(id, side);
        }
        self.collect(id, side);
    }

    fn collect(&mut self, id: ShapeId, side: &mut Side) {
        let mut left = vec![id];
        while let Some(id) = left.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            let Ok(shape) = self.model.shape(id) else {
                continue;
            };
            match &shape.kind {
                Kind::Structure(members) | Kind::Union(members) => {
                    for member in members {
                        match self.is_secret(member.target, 0) {
                            true => {
                                self.add(member, side);
                                self.look_inside(member.target, side);
                            }
                            false => left.push(member.target),
                        }
                    }
                }
                Kind::List(member) => left.push(member.target),
                Kind::Map { value, .. } => left.push(value.target),
                _ => {}
            }
        }
    }

    fn add(&self, member: &Member, side: &mut Side) {
        let lower = |name: &str| name.to_ascii_lowercase().into_boxed_str();
        match member.location {
            Location::Headers => side.prefixes.push(lower(&member.wire_name)),
            Location::Payload => side.whole_body = true,
            Location::Query if self.is_map(member) => side.whole_query = true,
            _ => {
                let names = [&*member.name, &*member.wire_name, member.request_name()];
                side.names.extend(names.map(lower));
            }
        }
        side.whole_body |= member.event_payload;
        // a flattened list has the wire name of its items
        if let Ok(shape) = self.model.shape(member.target)
            && let Kind::List(item) = &shape.kind
            && member.flattened
        {
            side.names.insert(lower(&item.wire_name));
        }
    }

    /// Collects the parts of a secret shape that are not secret: the names of its members.
    fn look_inside(&self, id: ShapeId, side: &mut Side) {
        let (mut left, mut seen) = (vec![id], HashSet::new());
        while let Some(id) = left.pop() {
            let (true, Ok(shape)) = (seen.insert(id), self.model.shape(id)) else {
                continue;
            };
            match &shape.kind {
                Kind::Structure(members) | Kind::Union(members) => {
                    for member in members {
                        let name = member.wire_name.to_ascii_lowercase();
                        side.inner.insert(name.into());
                        left.push(member.target);
                    }
                }
                Kind::List(member) => left.push(member.target),
                Kind::Map { key, value } => {
                    side.has_secret_keys |= shape.sensitive || self.is_secret(key.target, 0);
                    left.push(value.target);
                }
                Kind::Document => side.has_secret_keys = true,
                _ => {}
            }
        }
    }

    fn is_map(&self, member: &Member) -> bool {
        let shape = self.model.shape(member.target);
        shape.is_ok_and(|shape| matches!(shape.kind, Kind::Map { .. }))
    }

    /// Whether the values of this shape are secret, also as items of a list or a map.
    fn is_secret(&self, id: ShapeId, depth: u8) -> bool {
        let Ok(shape) = self.model.shape(id) else {
            return false;
        };
        shape.sensitive
            || depth < 8
                && match &shape.kind {
                    Kind::List(member) => self.is_secret(member.target, depth + 1),
                    Kind::Map { key, value } => {
                        self.is_secret(key.target, depth + 1)
                            || self.is_secret(value.target, depth + 1)
                    }
                    _ => false,
                }
    }

    fn labels(&self, operation: &Operation) -> Labels {
        let input = operation.input.and_then(|id| self.model.shape(id).ok());
        let members = input.and_then(|shape| shape.members());
        let is_secret = |label: &str| {
            let mut all = members.into_iter().flatten();
            let found = all.find(|m| m.location == Location::Uri && *m.wire_name == *label);
            found.is_some_and(|member| self.is_secret(member.target, 0))
        };
        let template = operation.uri.split('?').next().unwrap_or_default();
        let mut labels = Labels::default();
        let segments = template.trim_start_matches('/').split('/');
        for segment in segments {
            let mut parts = segment.split('{').skip(1);
            let found = parts.any(|part| {
                let name = part.split('}').next().unwrap_or_default();
                is_secret(name.trim_end_matches('+'))
            });
            match (segment.contains("+}"), labels.greedy) {
                (true, _) => {
                    labels.before = std::mem::take(&mut labels.after);
                    labels.greedy = Some(found);
                }
                _ => labels.after.push(found),
            }
        }
        labels
    }
}
