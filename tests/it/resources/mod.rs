//! Resources: the embedded definitions, and the interpretation of definitions with a service that exists only for these
//! tests.

mod definitions;
mod injected;
mod pond;
mod rules;

use std::sync::Arc;

use serde_json::{Value, json};
use tucuxi::Client;
use tucuxi::transport::{Replay, SentRequest};

use crate::unsigned;

/// A client that receives these responses.
fn client(answers: &[Value]) -> (Client, Arc<Replay>) {
    let replay = answers.iter().fold(Replay::new(), |replay, answer| {
        let body = match answer {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        replay.respond(200, &[], body)
    });
    of_replay(replay)
}

fn of_replay(replay: Replay) -> (Client, Arc<Replay>) {
    let replay = Arc::new(replay);
    let config = unsigned().max_attempts(1).build().unwrap();
    let client = Client::with_models(config, replay.clone(), pond::models()).unwrap();
    (client, replay)
}

/// The recorded requests: operations and parameters.
fn asked(replay: &Replay) -> Vec<(String, Value)> {
    replay.sent().iter().map(read).collect()
}

fn read(sent: &SentRequest) -> (String, Value) {
    let target = sent.headers["x-amz-target"].to_str().unwrap();
    let operation = target.split_once('.').unwrap().1;
    let params = serde_json::from_slice(&sent.body).unwrap_or(json!({}));
    (operation.to_owned(), params)
}
