//! A transport that behaves like a table whose key is the number `n`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tucuxi::transport::{Limits, Request, Response, Transport, TransportError};

/// The delays.
#[derive(Clone, Default)]
pub(crate) struct Delays(Arc<Mutex<Vec<Duration>>>);

impl Delays {
    pub(crate) fn push(&self, delay: Duration) {
        self.0.lock().unwrap().push(delay);
    }

    pub(crate) fn all(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

#[derive(Default)]
pub(crate) struct FakeTable(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) items: BTreeMap<i64, Value>,
    /// The number of writes and deletions of each item.
    pub(crate) writes: BTreeMap<i64, u32>,
    pub(crate) deletes: BTreeMap<i64, u32>,
    /// The number of times that each item was returned.
    pub(crate) reads: BTreeMap<i64, u32>,
    /// The operations that were called.
    pub(crate) calls: Vec<String>,
    /// The percentage of items of a batch that are left unprocessed.
    pub(crate) refused: u64,
    /// The segment whose second page fails.
    pub(crate) failing_segment: Option<u64>,
    random: u64,
}

impl FakeTable {
    pub(crate) fn refusing(percent: u64) -> Self {
        let state = State {
            refused: percent,
            random: 42,
            ..State::default()
        };
        Self(Mutex::new(state))
    }

    /// A table with this number of items.
    pub(crate) fn of(items: i64) -> Self {
        let table = Self::default();
        table.state(|state| {
            state.items = (0..items)
                .map(|n| (n, json!({"n": {"N": n.to_string()}})))
                .collect();
        });
        table
    }

    pub(crate) fn state<R>(&self, with: impl FnOnce(&mut State) -> R) -> R {
        with(&mut self.0.lock().unwrap())
    }
}

impl Transport for FakeTable {
    fn send(&self, request: Request, _: &Limits) -> Result<Response, TransportError> {
        let target = request.headers()["x-amz-target"].to_str().unwrap();
        let operation = target.rsplit('.').next().unwrap().to_owned();
        let mut body = String::new();
        let mut reader = request.body().open().unwrap();
        reader.read_to_string(&mut body).unwrap();
        let params: Value = serde_json::from_str(&body).unwrap();
        let answer = self.state(|state| {
            state.calls.push(operation.clone());
            match &*operation {
                "BatchGetItem" => Ok(state.batch_get(&params)),
                "BatchWriteItem" => Ok(state.batch_write(&params)),
                "Scan" => state.scan(&params),
                other => panic!("the fake table knows no {other}"),
            }
        });
        let (status, body) = match answer {
            Ok(answer) => (200, answer),
            Err(code) => (400, json!({"__type": code})),
        };
        let answer = Response::new(body.to_string().into());
        let (mut head, body) = answer.into_parts();
        head.status = status.try_into().unwrap();
        Ok(Response::from_parts(head, body))
    }
}

fn key(item: &Value) -> i64 {
    let text = item["n"]["N"].as_str().unwrap();
    text.parse::<f64>().unwrap() as i64
}

impl State {
    fn refuses(&mut self) -> bool {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % 100 < self.refused
    }

    fn batch_write(&mut self, params: &Value) -> Value {
        let requests = params["RequestItems"]["t"].as_array().unwrap();
        assert!((1..=25).contains(&requests.len()), "{}", requests.len());
        let mut keys = BTreeSet::new();
        let mut left = Vec::new();
        for request in requests {
            let n = match request.get("PutRequest") {
                Some(put) => key(&put["Item"]),
                None => key(&request["DeleteRequest"]["Key"]),
            };
            assert!(keys.insert(n), "{n} is twice in a batch");
            if self.refuses() {
                left.push(request.clone());
                continue;
            }
            match request.get("PutRequest") {
                Some(put) => {
                    self.items.insert(n, put["Item"].clone());
                    *self.writes.entry(n).or_default() += 1;
                }
                None => {
                    self.items.remove(&n);
                    *self.deletes.entry(n).or_default() += 1;
                }
            }
        }
        match left.is_empty() {
            true => json!({"UnprocessedItems": {}}),
            false => json!({"UnprocessedItems": {"t": left}}),
        }
    }

    fn batch_get(&mut self, params: &Value) -> Value {
        let asked = &params["RequestItems"]["t"];
        let all = asked["Keys"].as_array().unwrap();
        assert!((1..=100).contains(&all.len()), "{}", all.len());
        let mut keys = BTreeSet::new();
        let (mut found, mut left) = (Vec::new(), Vec::new());
        for one in all {
            let n = key(one);
            assert!(keys.insert(n), "{n} is twice in a batch");
            if self.refuses() {
                left.push(one.clone());
            } else if let Some(item) = self.items.get(&n) {
                found.push(item.clone());
                *self.reads.entry(n).or_default() += 1;
            }
        }
        let mut answer = json!({"Responses": {"t": found}});
        if !left.is_empty() {
            let mut unprocessed = asked.clone();
            unprocessed["Keys"] = left.into();
            answer["UnprocessedKeys"] = json!({"t": unprocessed});
        }
        answer
    }

    fn scan(&mut self, params: &Value) -> Result<Value, &'static str> {
        let number = |name: &str, default| params[name].as_i64().unwrap_or(default);
        let (segment, of) = (number("Segment", 0), number("TotalSegments", 1));
        let limit = number("Limit", 10) as usize;
        let start = match &params["ExclusiveStartKey"] {
            Value::Null => -1,
            start => key(start),
        };
        if start >= 0 && self.failing_segment == Some(segment as u64) {
            return Err("ValidationException");
        }
        let rest = self.items.range(start + 1..);
        let mut rest = rest.filter(|(n, _)| *n % of == segment);
        let page: Vec<_> = rest
            .by_ref()
            .take(limit)
            .map(|(n, item)| (*n, item.clone()))
            .collect();
        let mut answer = json!({"Count": page.len(), "Items": []});
        if let (Some((n, _)), Some(_)) = (page.last(), rest.next()) {
            answer["LastEvaluatedKey"] = json!({"n": {"N": n.to_string()}});
        }
        for (n, item) in page {
            *self.reads.entry(n).or_default() += 1;
            answer["Items"].as_array_mut().unwrap().push(item);
        }
        Ok(answer)
    }
}
