//! The secrets of a call: the model's `sensitive` traits, by their names on the wire. [`scrub`] takes them out of requests and
//! responses that are kept or shown.

mod cbor;
pub(crate) mod scrub;

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{Kind, Location, Member, Operation, ServiceModel, ShapeId};

/// The call that a request belongs to; it goes with the request, so that a transport which keeps requests knows what to leave
/// out.
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
    /// The path's segments from its end: whether each is secret.
    labels: Labels,
}

/// Secrets of one direction.
#[derive(Default)]
pub(crate) struct Side {
    /// Names of members, headers and parameters, in lower case.
    names: HashSet<Box<str>>,
    /// Beginnings of header names.
    prefixes: Vec<Box<str>>,
    /// Names of members inside of secret structures: not secret themselves.
    inner: HashSet<Box<str>>,
    /// Whether keys of secret maps are secret, too.
    has_secret_keys: bool,
    /// Whether the body as a whole is.
    pub(crate) whole_body: bool,
    /// Whether every parameter of the query is.
    pub(crate) whole_query: bool,
}

/// Segments before and behind the one label that takes several.
#[derive(Default)]
struct Labels {
    before: Vec<bool>,
    greedy: Option<bool>,
    behind: Vec<bool>,
}

impl Side {
    pub(crate) fn has(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.names.contains(&*name) || self.prefixes.iter().any(|start| name.starts_with(&**start))
    }

    /// Whether elements `key` are those of maps alone, and no secret.
    pub(crate) fn keeps_keys(&self) -> bool {
        !self.has_secret_keys && !self.inner.contains("key")
    }

    /// Whether the key of an object that is secret is so, too.
    pub(crate) fn hides_key(&self, key: &str) -> bool {
        self.has_secret_keys && !self.inner.contains(&*key.to_ascii_lowercase())
    }
}

impl Secrets {
    /// What the model says; nothing beyond what is secret in any case where the request belongs to no call.
    pub(crate) fn of(call: Option<&CallOf>) -> Self {
        let mut this = Self::default();
        let Some(call) = call else {
            return this;
        };
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

    /// The path without the values of secret labels.
    pub(crate) fn path(&self, path: &str, scrubbed: &str) -> String {
        let mut segments: Vec<&str> = path.split('/').collect();
        let count = segments.len();
        for (n, secret) in self.labels.behind.iter().rev().enumerate() {
            if let (true, Some(place)) = (*secret, count.checked_sub(n + 1)) {
                segments[place] = scrubbed;
            }
        }
        if self.labels.greedy.is_some() {
            // in front of what takes several segments the path begins at its root
            for (n, secret) in self.labels.before.iter().enumerate() {
                if let (true, Some(segment)) = (*secret, segments.get_mut(n + 1)) {
                    *segment = scrubbed;
                }
            }
        }
        if self.labels.greedy == Some(true) {
            let start = self.labels.before.len() + 1;
            let end = count.saturating_sub(self.labels.behind.len());
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
    /// A whole message.
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
        // a flattened list goes by the name of its items
        if let Ok(shape) = self.model.shape(member.target)
            && let Kind::List(item) = &shape.kind
            && member.flattened
        {
            side.names.insert(lower(&item.wire_name));
        }
    }

    /// What of a secret shape is no secret: the names of its members.
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

    /// Whether values are secret, be it in a list or a map.
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
                    labels.before = std::mem::take(&mut labels.behind);
                    labels.greedy = Some(found);
                }
                _ => labels.behind.push(found),
            }
        }
        labels
    }
}
