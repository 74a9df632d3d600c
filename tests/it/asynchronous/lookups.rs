//! Credentials of async calls: one lookup for all who wait, off the executor, whether the provider blocks or is asynchronous.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tucuxi::credentials::{
    AsyncCredentialsProvider, AsyncProviderContext, Awaited, Chain, CredentialsError,
    CredentialsProvider, Lookup, ProviderContext,
};
use tucuxi::transport::{CancelToken, Replay};
use tucuxi::{AsyncClient, Client, ConfigBuilder, Credentials};

use super::on_one_thread;
use crate::support::client::isolated;

/// A provider that takes a while.
struct Slow {
    lookups: Arc<AtomicUsize>,
    fails: bool,
}

impl Slow {
    const TAKES: Duration = Duration::from_millis(300);

    fn found(&self) -> Result<Credentials, CredentialsError> {
        match self.fails {
            true => Err(CredentialsError::failed("slow", "down")),
            false => Ok(Credentials::new("AKIDSLOW", "secret")),
        }
    }
}

impl CredentialsProvider for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }
    fn credentials(&self, cx: &ProviderContext<'_>) -> Result<Credentials, CredentialsError> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        for _ in 0..30 {
            cx.check()?;
            std::thread::sleep(Self::TAKES / 30);
        }
        self.found()
    }
}

impl AsyncCredentialsProvider for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }
    fn credentials<'a>(&'a self, _: AsyncProviderContext<'a>) -> Lookup<'a> {
        Box::pin(async {
            self.lookups.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Self::TAKES).await;
            self.found()
        })
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Blocking,
    Awaited,
}

const KINDS: [Kind; 2] = [Kind::Blocking, Kind::Awaited];

fn client(kind: Kind, fails: bool) -> (AsyncClient, Arc<AtomicUsize>) {
    let lookups = Arc::<AtomicUsize>::default();
    let slow = Slow {
        lookups: lookups.clone(),
        fails,
    };
    let config = match kind {
        Kind::Blocking => isolated().credentials_provider(slow),
        Kind::Awaited => isolated().credentials_provider(Awaited(slow)),
    };
    (of(config), lookups)
}

fn of(config: ConfigBuilder) -> AsyncClient {
    AsyncClient::with_transport(config.build().unwrap(), tables()).unwrap()
}

fn tables() -> Replay {
    (0..50).fold(Replay::new(), |replay, _| {
        replay.respond(200, &[], r#"{"TableNames": []}"#)
    })
}

async fn list(client: &AsyncClient) -> tucuxi::Result<()> {
    client.call("dynamodb", "ListTables", json!({})).await?;
    Ok(())
}

#[test]
fn all_calls_share_one_lookup_and_the_executor_goes_on() {
    let cases = KINDS.map(|kind| [(kind, false), (kind, true)]);
    for (kind, fails) in cases.into_iter().flatten() {
        on_one_thread(async {
            let (client, lookups) = client(kind, fails);
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
                    tokio::spawn(async move { list(&client).await })
                })
                .collect();
            for call in calls {
                assert_eq!(call.await.unwrap().is_err(), fails);
            }
            ticking.abort();
            assert_eq!(lookups.load(Ordering::SeqCst), 1, "{kind:?} {fails}");
            assert!(
                ticks.load(Ordering::SeqCst) >= 5,
                "the executor was blocked"
            );
        });
    }
}

#[test]
fn a_lookup_outlives_the_call_that_started_it_but_not_the_last_that_waits() {
    for kind in KINDS {
        on_one_thread(async {
            let (client, lookups) = client(kind, false);
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
            let (client, lookups) = client(kind, false);
            let dropped = tokio::time::timeout(Duration::from_millis(50), list(&client)).await;
            assert!(dropped.is_err());
            // a new call does not wait for what was given up
            list(&client).await.unwrap();
            assert_eq!(lookups.load(Ordering::SeqCst), 2);
        });
    }
}

/// What the lookups of a provider do.
type Act = fn(&AsyncClient) -> Pin<Box<dyn Future<Output = String> + Send + '_>>;

/// A provider with a client of its own. The access key is what the lookup returns.
struct Acting(AsyncClient, Act, Option<mpsc::UnboundedSender<()>>);

impl AsyncCredentialsProvider for Acting {
    fn name(&self) -> &'static str {
        "acting"
    }
    fn credentials<'a>(&'a self, cx: AsyncProviderContext<'a>) -> Lookup<'a> {
        assert!(cx.remaining.is_some());
        assert_eq!(cx.config.region(), Some("eu-west-1"));
        Box::pin(async {
            // closed when the future is dropped
            let _running = self.2.clone();
            let found = (self.1)(&self.0).await;
            match found.strip_prefix("failed: ") {
                Some(why) => Err(CredentialsError::failed(self.name(), why)),
                None => Ok(Credentials::new(found, "secret")),
            }
        })
    }
}

fn acting(act: Act) -> Acting {
    Acting(of(isolated().unsigned()), act, None)
}

#[test]
fn a_lookup_may_do_what_tasks_do_and_nothing_that_blocks() {
    let cases: [(Act, Result<&str, &str>); 5] = [
        (
            |client| {
                Box::pin(async {
                    list(client).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    "AKIDTASK".into()
                })
            },
            Ok("AKIDTASK"),
        ),
        // of a pool with one thread
        (
            |_| {
                Box::pin(async {
                    let read = tokio::task::spawn_blocking(|| "AKIDPOOL".to_owned());
                    read.await.unwrap()
                })
            },
            Ok("AKIDPOOL"),
        ),
        (
            |client| {
                Box::pin(async {
                    let client = client.blocking(|client| Ok(client.clone())).await.unwrap();
                    let blocked = client.call("dynamodb", "ListTables", json!({}));
                    format!("failed: {}", blocked.unwrap_err())
                })
            },
            Err("this thread cannot wait for asynchronous work"),
        ),
        (
            |_| Box::pin(async { panic!("no more fish") }),
            Err("the provider panicked"),
        ),
        (
            |_| Box::pin(async { "two words\n".into() }),
            Err("acting: the access key id has a line break"),
        ),
    ];
    for (n, (act, expected)) in cases.into_iter().enumerate() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let found = runtime.block_on(async {
            let client = of(isolated().credentials_provider(Awaited(acting(act))));
            client.credentials().await
        });
        match expected {
            Ok(key) => assert_eq!(found.unwrap().access_key_id(), key, "{n}"),
            Err(text) => {
                let error = found.unwrap_err().to_string();
                assert!(error.contains(text), "{n}: {error}");
            }
        }
    }
}

#[test]
fn a_lookup_is_dropped_at_its_deadline_and_with_the_last_call() {
    let never: Act = |_| Box::pin(std::future::pending());
    on_one_thread(async {
        for times_out in [true, false] {
            let (sender, mut running) = mpsc::unbounded_channel();
            let provider = Acting(of(isolated().unsigned()), never, Some(sender));
            let chain = Chain::new().then(Awaited(provider));
            let config = isolated().credentials_provider(chain);
            let limit = if times_out { 50 } else { 60_000 };
            let client = of(config.credentials_timeout(Duration::from_millis(limit)));
            match times_out {
                true => {
                    let error = list(&client).await.unwrap_err();
                    let found = error.downcast_ref::<CredentialsError>();
                    assert!(matches!(found, Some(CredentialsError::TimedOut)), "{error}");
                }
                false => {
                    let call = tokio::time::timeout(Duration::from_millis(50), list(&client));
                    assert!(call.await.is_err());
                }
            }
            drop(client);
            assert_eq!(running.recv().await, None);
        }
    });
}

#[test]
fn a_blocking_client_cannot_wait_for_an_asynchronous_provider() {
    let text = "acting: this thread cannot wait for asynchronous work: use the async client, or AsyncClient::blocking";
    let act: Act = |_| Box::pin(async { "AKIDTASK".into() });
    let config = || isolated().credentials_provider(Awaited(acting(act)));
    let blocking = Client::with_transport(config().build().unwrap(), tables()).unwrap();
    assert!(
        blocking
            .credentials()
            .unwrap_err()
            .to_string()
            .contains(text)
    );
    on_one_thread(async {
        // neither on a thread of the runtime
        assert!(
            blocking
                .credentials()
                .unwrap_err()
                .to_string()
                .contains(text)
        );
        let client = of(config());
        let found = client.blocking(|client| client.credentials()).await;
        assert_eq!(found.unwrap().access_key_id(), "AKIDTASK");
    });
}
