//! Clients for tests: they read nothing of the machine that they run on.
//!
//! With `TUCUXI_TEST_CLIENT=async`, the async driver drives their calls, over its own transport. So one story tests both clients.

use std::sync::Arc;

use tucuxi::transport::{Replay, Transport};
use tucuxi::{Client, Config, ConfigBuilder};

/// Settings without environment and files, in a region. A retry does not wait.
pub(crate) fn isolated() -> ConfigBuilder {
    Config::builder()
        .isolated()
        .region("eu-west-1")
        .jitter(|| 0.0)
        .sleep(|_| {})
}

/// The last step from settings to a client.
pub(crate) trait IntoClient: Sized {
    /// A client that sends its requests through this transport.
    fn over(self, transport: impl Transport + 'static) -> Client;

    /// A client that connects to servers.
    fn connect(self) -> Client;

    /// A client of canned responses, and the transport, which keeps the requests.
    fn replay(self, replay: Replay) -> (Client, Arc<Replay>) {
        let replay = Arc::new(replay);
        (self.over(replay.clone()), replay)
    }
}

impl IntoClient for ConfigBuilder {
    fn over(self, transport: impl Transport + 'static) -> Client {
        over(self.build().unwrap(), transport)
    }

    fn connect(self) -> Client {
        connect(self.build().unwrap()).unwrap()
    }
}

/// Whether the async driver drives the calls.
pub(crate) fn is_async() -> bool {
    cfg!(feature = "async")
        && std::env::var("TUCUXI_TEST_CLIENT").is_ok_and(|client| client == "async")
}

#[cfg(not(feature = "async"))]
pub(crate) use self::blocking::{connect, over};
#[cfg(feature = "async")]
pub(crate) use self::either::{connect, over};

mod blocking {
    use super::*;

    pub(crate) fn connect(config: Config) -> tucuxi::Result<Client> {
        Client::with_config(config)
    }

    pub(crate) fn over(config: Config, transport: impl Transport + 'static) -> Client {
        Client::with_transport(config, transport).unwrap()
    }
}

#[cfg(feature = "async")]
mod either {
    use std::sync::LazyLock;

    use tokio::runtime::Runtime;
    use tucuxi::internals::driven_on;
    use tucuxi::transport::{AsyncTransport, Limits, Request, Sending, TokioTransport};

    use super::*;

    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(2).enable_all().build().unwrap()
    });

    pub(crate) fn connect(config: Config) -> tucuxi::Result<Client> {
        match is_async() {
            true => {
                let transport = TokioTransport::new(config.network())?;
                let client = blocking::connect(config)?;
                Ok(driven_on(&client, RUNTIME.handle(), transport))
            }
            false => blocking::connect(config),
        }
    }

    pub(crate) fn over(config: Config, transport: impl Transport + 'static) -> Client {
        let transport = Arc::new(transport);
        let client = blocking::over(config, transport.clone());
        match is_async() {
            true => driven_on(&client, RUNTIME.handle(), OnThreads(transport)),
            false => client,
        }
    }

    /// A blocking transport, used on threads that may block.
    struct OnThreads<T>(Arc<T>);

    impl<T: Transport + 'static> AsyncTransport for OnThreads<T> {
        fn send(&self, request: Request, limits: Limits) -> Sending<'_> {
            let transport = self.0.clone();
            Box::pin(async move {
                let sent = tokio::task::spawn_blocking(move || transport.send(request, &limits));
                sent.await.unwrap()
            })
        }
    }
}
