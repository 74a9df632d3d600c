//! The DynamoDB layer: plain values in all calls, tables, batches and scans.

#[cfg(feature = "async")]
mod asynchronous;
mod batch;
mod fake;
mod plain;
mod scan;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use tucuxi::transport::Transport;
use tucuxi::{Client, ConfigBuilder};

use self::fake::Delays;

use crate::support::client::IntoClient;
use crate::unsigned;

fn config() -> ConfigBuilder {
    unsigned().jitter(|| 1.0)
}

/// A client that does not sleep, and its delays.
fn client_with_delays(transport: impl Transport + 'static) -> (Client, Delays) {
    let delays = Delays::default();
    let kept = delays.clone();
    let config = config().sleep(move |delay: Duration| kept.push(delay));
    let client = config.over(transport);
    (client, delays)
}

/// A transport that behaves like this table, and a client of it.
fn fake(table: fake::FakeTable) -> (Client, Arc<fake::FakeTable>) {
    let table = Arc::new(table);
    (config().over(table.clone()), table)
}
