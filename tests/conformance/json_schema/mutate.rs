//! Mutations of parameters.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};
use tucuxi::model::{Kind, Location, Member, ServiceModel, Shape, ShapeId};

/// A generator whose numbers depend on the name of a case alone.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        Self(hasher.finish() | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// A changed value at a place. `what`: the kind of mutation.
struct Mutation {
    pointer: String,
    what: &'static str,
    /// The new value of the place, or `None` if the member is removed.
    value: Option<Value>,
    is_invalid: bool,
}

/// All mutations of some parameters, one change each.
pub(super) struct Mutations<'p> {
    params: &'p Value,
    all: Vec<Mutation>,
}

/// A value of another type than each kind has.
#[rustfmt::skip] // a kind a line
const WRONG: [(&str, &[&str]); 12] = [
    ("blob", &["7", "true", "[]", "{}", "null", "\"***\"", "\"abc\"", "\"YQ\"", "\"YR==\""]),
    ("boolean", &["7", "\"true\"", "[]", "{}", "null", "0"]),
    ("double", &["\"7\"", "\"nan\"", "true", "[]", "{}", "null"]),
    ("float", &["\"x\"", "\"\"", "true", "[]", "{}", "null"]),
    ("integer", &["\"7\"", "7.5", "true", "[]", "{}", "null", "1e30"]),
    ("list", &["7", "\"x\"", "{}", "true", "null"]),
    ("long", &["\"x\"", "-0.5", "false", "[]", "{}", "null", "99999999999999999999"]),
    ("map", &["7", "\"x\"", "[]", "true", "null"]),
    ("string", &["7", "true", "[\"x\"]", "{}", "null", "1.5"]),
    ("structure", &["7", "\"x\"", "[]", "true", "null", "[{}]"]),
    ("timestamp", &["true", "[]", "{}", "null", "\"\"", "\"soon\"", "\"not-a-timestamp\"", "1e20"]),
    ("union", &["7", "\"x\"", "[]", "true", "null", "{}"]),
];

/// Other values that each kind may have, or may not have if the shape has a minimum.
#[rustfmt::skip] // a kind a line
const OTHER: [(&str, &[&str]); 8] = [
    ("blob", &["\"\"", "\"YQ==\"", "\"AAAA\""]),
    ("double", &["-1e300", "0", "\"NaN\"", "\"-Infinity\""]),
    ("float", &["-1", "0.5", "\"Infinity\""]),
    ("integer", &["-1", "0", "1", "4294967296"]),
    ("list", &["[]"]),
    ("long", &["-9223372036854775808", "18446744073709551615", "0"]),
    ("string", &["\"\"", "\"x\"", "\"ä漢🐬\"", "\"no such value of an enumeration\""]),
    ("timestamp", &["0", "-1.5", "\"2026-01-31\"", "\"2026-01-31T12:00:00.123+01:00\"", "\"1700000000\"",
        "\"Sat, 31 Jan 2026 12:00:00 GMT\"", "\"20260131T120000Z\"", "\"31 January 2026 1:46 PM\""]),
];

fn values(table: &[(&str, &[&str])], kind: &str) -> Vec<Value> {
    let row = table.iter().find(|row| row.0 == kind);
    let texts = row.map_or(&[][..], |row| row.1);
    texts
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

impl<'p> Mutations<'p> {
    pub(super) fn of(model: &ServiceModel, operation: &str, params: &'p Value) -> Self {
        let mut walk = Walk {
            model,
            all: Vec::new(),
        };
        match model.operation(operation).unwrap().input {
            Some(input) => walk.value(input, None, "", params),
            None => walk.structure_of_none(),
        }
        Self {
            params,
            all: walk.all,
        }
    }

    /// Invalid mutations.
    pub(super) fn invalid(mut self, count: usize, random: &mut Random) -> Vec<(String, Value)> {
        self.all.retain(|mutation| mutation.is_invalid);
        // parameters without members have few others
        for n in 0..count.saturating_sub(self.all.len()) {
            self.all.push(Mutation {
                pointer: format!("/Unknown{n}"),
                what: "an unknown member",
                value: Some(n.into()),
                is_invalid: true,
            });
        }
        self.any(count, random)
    }

    /// Mutations of any kind.
    pub(super) fn any(mut self, count: usize, random: &mut Random) -> Vec<(String, Value)> {
        let mut chosen = Vec::new();
        while chosen.len() < count && !self.all.is_empty() {
            let mutation = self.all.swap_remove(random.below(self.all.len()));
            chosen.push(mutation.applied(self.params));
        }
        chosen
    }
}

impl Mutation {
    fn applied(self, params: &Value) -> (String, Value) {
        let mut changed = params.clone();
        let name = format!("{} at {:?}", self.what, self.pointer);
        match (self.pointer.rsplit_once('/'), self.value) {
            (None, value) => changed = value.unwrap_or_default(),
            (Some((parent, last)), value) => {
                let last = last.replace("~1", "/").replace("~0", "~");
                match (changed.pointer_mut(parent), value) {
                    (Some(Value::Object(object)), Some(value)) => {
                        object.insert(last, value);
                    }
                    (Some(Value::Object(object)), None) => {
                        object.shift_remove(&last);
                    }
                    (Some(Value::Array(items)), Some(value)) => {
                        let at: usize = last.parse().unwrap();
                        match items.get_mut(at) {
                            Some(item) => *item = value,
                            None => items.push(value),
                        }
                    }
                    _ => unreachable!("{name}"),
                }
            }
        }
        (name, changed)
    }
}

struct Walk<'m> {
    model: &'m ServiceModel,
    all: Vec<Mutation>,
}

impl Walk<'_> {
    fn add(&mut self, pointer: &str, what: &'static str, value: Option<Value>, is_invalid: bool) {
        let pointer = pointer.to_owned();
        self.all.push(Mutation {
            pointer,
            what,
            value,
            is_invalid,
        });
    }

    /// The parameters of an operation that takes none.
    fn structure_of_none(&mut self) {
        for value in values(&WRONG, "structure") {
            self.add("", "a value of the wrong type", Some(value), true);
        }
    }

    fn value(&mut self, id: ShapeId, member: Option<&Member>, at: &str, value: &Value) {
        if member.is_some_and(|m| m.json_value && m.location == Location::Header) {
            return;
        }
        let shape = self.model.shape(id).unwrap();
        let kind = shape.kind.name();
        let is_token = member.is_some_and(|m| m.idempotency_token) && at.rfind('/') == Some(0);
        for wrong in values(&WRONG, kind) {
            // a call replaces it
            if is_token && wrong.is_null() {
                continue;
            }
            self.add(at, "a value of the wrong type", Some(wrong), true);
        }
        for other in values(&OTHER, kind) {
            self.add(at, "another value", Some(other), false);
        }
        self.limits(shape, at);
        match (&shape.kind, value) {
            (Kind::Structure(members) | Kind::Union(members), Value::Object(given)) => {
                let is_union = shape.is_union();
                self.add(
                    &format!("{at}/NoSuchMember"),
                    "an unknown member",
                    Some(json!(1)),
                    true,
                );
                for member in members {
                    let inner = format!("{at}/{}", token(&member.name));
                    match given.get(&member.name) {
                        Some(value) => {
                            let is_needed =
                                member.required && !(at.is_empty() && member.idempotency_token);
                            self.add(&inner, "a missing member", None, is_needed || is_union);
                            self.value(member.target, Some(member), &inner, value);
                        }
                        None if is_union => {
                            self.add(&inner, "a second member of a union", Some(json!("x")), true);
                        }
                        None => {}
                    }
                }
            }
            (Kind::List(item), Value::Array(items)) => {
                self.add(
                    &format!("{at}/{}", items.len()),
                    "another item",
                    Some(json!("x")),
                    false,
                );
                for (n, value) in items.iter().enumerate() {
                    self.value(item.target, Some(item), &format!("{at}/{n}"), value);
                }
            }
            (Kind::Map { key, value: of }, Value::Object(entries)) => {
                let keys = self.model.shape(key.target).unwrap();
                let is_short = keys.min.is_some_and(|min| min >= 1.0);
                if let Some(value) = entries.values().next() {
                    self.add(
                        &format!("{at}/"),
                        "an empty key",
                        Some(value.clone()),
                        is_short,
                    );
                }
                for (name, value) in entries {
                    self.value(of.target, Some(of), &format!("{at}/{}", token(name)), value);
                }
            }
            _ => {}
        }
    }

    /// Values beside the minimum and maximum of a shape.
    fn limits(&mut self, shape: &Shape, at: &str) {
        let text = |length: f64| Value::from("x".repeat(length.clamp(0.0, 1000.0) as usize));
        match (&shape.kind, shape.min, shape.max) {
            (Kind::String, Some(min), max) => {
                self.add(
                    at,
                    "a short text",
                    Some(text(min - 1.0)),
                    (1.0..1000.0).contains(&min),
                );
                if let Some(max) = max {
                    self.add(at, "a long text", Some(text(max + 1.0)), false);
                }
            }
            (Kind::Integer | Kind::Long, Some(min), max) if min.abs() < 1e15 => {
                self.add(at, "a small number", Some(json!(min as i64 - 1)), true);
                if let Some(max) = max.filter(|max| max.abs() < 1e15) {
                    self.add(at, "a large number", Some(json!(max as i64 + 1)), false);
                }
            }
            (Kind::Double | Kind::Float, Some(min), _) => {
                self.add(at, "a small number", Some(json!(min - 1.0)), true);
            }
            _ => {}
        }
    }
}

/// A name as a token of a JSON pointer.
fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
