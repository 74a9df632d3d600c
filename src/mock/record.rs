//! The requests that a mock received.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;

use serde_json::{Value, json};

/// The most requests that are kept. Older ones are forgotten.
const MAX_KEPT: usize = 10_000;
/// The most bytes of parameters that are kept, if more than one request is.
const MAX_BYTES: usize = 64 << 20;

/// A request as a mock understood it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MockRequest {
    /// The name of the service.
    pub service: String,
    /// The API name of the operation.
    pub operation: String,
    /// The parameters, as a call has them.
    pub params: Value,
    /// What is wrong with the request, if anything is.
    pub problem: Option<String>,
    /// The status of the response; `None` if there was none.
    pub status: Option<u16>,
}

impl MockRequest {
    /// Returns the request as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "service": self.service,
            "operation": self.operation,
            "params": self.params,
            "problem": self.problem,
            "status": self.status,
        })
    }
}

/// The records of a mock.
#[derive(Default)]
pub(super) struct Records {
    kept: VecDeque<MockRequest>,
    /// The bytes of the parameters of these.
    bytes: usize,
    file: Option<File>,
}

impl Records {
    /// Records that are also written to a file, a line each.
    pub(super) fn in_file(file: Option<File>) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, request: MockRequest) {
        if let Some(file) = &mut self.file {
            let line = format!("{}\n", request.to_json());
            if let Err(error) = file.write_all(line.as_bytes()) {
                tracing::warn!(%error, "a request was not recorded");
            }
        }
        self.bytes += size(&request.params);
        self.kept.push_back(request);
        while self.kept.len() > MAX_KEPT || (self.kept.len() > 1 && self.bytes > MAX_BYTES) {
            if let Some(oldest) = self.kept.pop_front() {
                self.bytes -= size(&oldest.params);
            }
        }
    }

    pub(super) fn kept(&self) -> Vec<MockRequest> {
        self.kept.iter().cloned().collect()
    }

    pub(super) fn take(&mut self) -> Vec<MockRequest> {
        self.bytes = 0;
        self.kept.drain(..).collect()
    }
}

/// The bytes that a value takes, about.
fn size(value: &Value) -> usize {
    let content: usize = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(entries) => entries.iter().map(|(name, it)| name.len() + size(it)).sum(),
        _ => 0,
    };
    content + size_of::<Value>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_requests_are_forgotten() {
        let request = |bytes: usize| MockRequest {
            service: "s3".into(),
            operation: "PutObject".into(),
            params: json!({"Body": "x".repeat(bytes)}),
            problem: None,
            status: None,
        };
        let half = MAX_BYTES / 2;
        for (sizes, kept) in [
            (vec![1; 3], 3),
            (vec![1; MAX_KEPT + 1], MAX_KEPT),
            (vec![1, half, half], 1),
            (vec![1, half, half - 1000], 3),
            (vec![1, MAX_BYTES * 2], 1),
            (vec![MAX_BYTES * 2, 1], 1),
        ] {
            let mut records = Records::default();
            for bytes in &sizes {
                records.push(request(*bytes));
            }
            assert_eq!(records.kept.len(), kept, "{}", sizes.len());
            let last = records.take().pop().unwrap();
            assert_eq!(last, request(sizes[sizes.len() - 1]));
            assert_eq!(records.bytes, 0);
        }
    }
}
