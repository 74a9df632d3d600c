//! Many calls from many threads, some of which fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{Fault, Server};
use crate::support::client::IntoClient;
use crate::{alone, config, soon, threads, word};

/// The memory in use, in kilobytes.
fn memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

const FAULTS: [Fault; 8] = [
    Fault::CloseAtOnce,
    Fault::ResetInHead,
    Fault::Garbage,
    Fault::CloseInBody,
    Fault::WrongChecksum,
    Fault::Status(500),
    Fault::Status(503),
    Fault::SlowBody,
];

/// `cargo test --release --test faults soak -- --ignored --nocapture`; `TUCUXI_SOAK` is the number of calls.
#[test]
#[ignore = "it takes minutes"]
fn soak() {
    let _alone = alone();
    let calls: usize = match std::env::var("TUCUXI_SOAK") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => 200_000,
    };
    let before = threads();
    let server = Server::new(Vec::new());
    let client = config(&server)
        .read_timeout(Duration::from_secs(5))
        .max_attempts(3)
        .connect();
    let (made, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    server.fail_in_fifty(&FAULTS);
    let since = Instant::now();
    let warm = std::sync::Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while made.fetch_add(1, Ordering::Relaxed) < calls {
                    if made.load(Ordering::Relaxed) == calls / 10 {
                        *warm.lock().unwrap() = memory();
                    }
                    if let Err(error) = client.call("dynamodb", "ListTables", json!({})) {
                        failed.fetch_add(1, Ordering::Relaxed);
                        let injected = ["broken", "checksum", "InternalError", "SlowDown"];
                        assert!(injected.contains(&&*word(&error)), "{error}");
                    }
                }
            });
        }
    });
    let (warm, end) = (warm.into_inner().unwrap(), memory());
    let state = &server.state;
    println!(
        "{calls} calls, {} requests, {} connections, {} calls failed, {:?}; memory {warm:?} kB after a tenth, {end:?} kB at the end",
        state.requests.load(Ordering::Relaxed),
        state.accepted.load(Ordering::Relaxed),
        failed.load(Ordering::Relaxed),
        since.elapsed(),
    );
    // three faults in a row have a probability of 1 in 125,000
    assert!(failed.into_inner() <= calls / 10_000 + 2);
    assert!(end.unwrap_or(0) <= warm.unwrap_or(usize::MAX) * 5 / 4 + 4096);
    drop(client);
    soon("all connections end", || {
        state.open.load(Ordering::SeqCst) == 0
    });
    drop(server);
    soon("all threads end", || threads() <= before);
}
