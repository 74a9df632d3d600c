//! Credentials of async calls: one lookup for all who wait, off the executor.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tucuxi::credentials::{CredentialsError, CredentialsProvider, ProviderContext};
use tucuxi::transport::{CancelToken, Replay};
use tucuxi::{AsyncClient, Credentials};

use super::on_one_thread;
use crate::support::client::isolated;

/// A provider that blocks for a while.
struct Slow {
    lookups: Arc<AtomicUsize>,
    fails: bool,
}

impl CredentialsProvider for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }
    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        for _ in 0..30 {
            cx.check()?;
            std::thread::sleep(Duration::from_millis(10));
        }
        match self.fails {
            true => Err(CredentialsError::failed("slow", "down")),
            false => Ok(Credentials::new("AKIDSLOW", "secret")),
        }
    }
}

fn client(fails: bool) -> (AsyncClient, Arc<AtomicUsize>) {
    let lookups = Arc::<AtomicUsize>::default();
    let provider = Slow {
        lookups: lookups.clone(),
        fails,
    };
    let config = isolated().credentials_provider(provider).build().unwrap();
    let replay = (0..50).fold(Replay::new(), |replay, _| {
        replay.respond(200, &[], r#"{"TableNames": []}"#)
    });
    (
        AsyncClient::with_transport(config, replay).unwrap(),
        lookups,
    )
}

#[test]
fn all_calls_share_one_lookup_and_the_executor_goes_on() {
    for fails in [false, true] {
        on_one_thread(async {
            let (client, lookups) = client(fails);
            let ticks = Arc::<AtomicUsize>::default();
            let counted = ticks.clone();
            let ticking = tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    counted.fetch_add(1, Ordering::SeqCst);
                }
            });
            let calls: Vec<_> = (0..50)
                .map(|_| {
                    let client = client.clone();
                    tokio::spawn(
                        async move { client.call("dynamodb", "ListTables", json!({})).await },
                    )
                })
                .collect();
            for call in calls {
                assert_eq!(call.await.unwrap().is_err(), fails);
            }
            ticking.abort();
            assert_eq!(lookups.load(Ordering::SeqCst), 1, "fails: {fails}");
            assert!(
                ticks.load(Ordering::SeqCst) >= 5,
                "the executor was blocked"
            );
        });
    }
}

#[test]
fn a_lookup_outlives_the_call_that_started_it_but_not_the_last_that_waits() {
    on_one_thread(async {
        let (client, lookups) = client(false);
        let call = |client: &AsyncClient, cancel: &CancelToken| {
            let request = client.request("dynamodb", "ListTables").cancel_with(cancel);
            tokio::spawn(request.send())
        };
        let (first, second) = (CancelToken::default(), CancelToken::default());
        let calls = [call(&client, &first), call(&client, &second)];
        tokio::time::sleep(Duration::from_millis(50)).await;
        first.cancel();
        let [one, two] = calls;
        assert!(one.await.unwrap().unwrap_err().is_cancelled());
        two.await.unwrap().unwrap();
        assert_eq!(lookups.load(Ordering::SeqCst), 1);
    });
    on_one_thread(async {
        let (client, lookups) = client(false);
        let call = client.call("dynamodb", "ListTables", json!({}));
        let dropped = tokio::time::timeout(Duration::from_millis(50), call).await;
        assert!(dropped.is_err());
        // a new call does not wait for what was given up
        client
            .call("dynamodb", "ListTables", json!({}))
            .await
            .unwrap();
        assert_eq!(lookups.load(Ordering::SeqCst), 2);
    });
}
