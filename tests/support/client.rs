//! Clients for tests: they read nothing of the machine that they run on.

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
        Client::with_transport(self.build().unwrap(), transport).unwrap()
    }

    fn connect(self) -> Client {
        Client::with_config(self.build().unwrap()).unwrap()
    }
}
