//! What only the async client has: streams of events in both directions, bodies that are streams, and futures that are dropped.
//! All other stories run through it with `TUCUXI_TEST_CLIENT=async`.

mod bodies;
mod drops;
mod duplex;
mod lookups;
mod outputs;

use std::future::Future;

use tokio::runtime::Builder;

/// Runs a test on a runtime with one thread.
fn on_one_thread<T>(test: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test)
}
