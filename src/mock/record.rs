//! The requests that a mock received.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;

use serde_json::{Value, json};

/// The most requests that are kept. Older ones are forgotten.
const MAX_KEPT: usize = 10_000;

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
    file: Option<File>,
}

impl Records {
    /// Records that are also written to a file, a line each.
    pub(super) fn in_file(file: Option<File>) -> Self {
        Self {
            kept: VecDeque::new(),
            file,
        }
    }

    pub(super) fn push(&mut self, request: MockRequest) {
        if let Some(file) = &mut self.file {
            let line = format!("{}\n", request.to_json());
            if let Err(error) = file.write_all(line.as_bytes()) {
                tracing::warn!(%error, "a request was not recorded");
            }
        }
        if self.kept.len() == MAX_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(request);
    }

    pub(super) fn kept(&self) -> Vec<MockRequest> {
        self.kept.iter().cloned().collect()
    }

    pub(super) fn take(&mut self) -> Vec<MockRequest> {
        self.kept.drain(..).collect()
    }
}
