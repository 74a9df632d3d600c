//! A server that answers every operation of every service from its model, for tests of programs in any language.
//!
//! ```
//! use serde_json::json;
//! use tucuxi::mock::Mock;
//! use tucuxi::{Client, Config, Credentials};
//!
//! let mock = Mock::start()?;
//! let config = Config::builder()
//!     .isolated()
//!     .region("eu-west-1")
//!     .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
//!     .endpoint_url(mock.url());
//! let client = Client::with_config(config.build()?)?;
//! client.call("sqs", "SendMessage", json!({"QueueUrl": mock.url(), "MessageBody": "hello"}))?;
//!
//! let received = &mock.requests()[0];
//! assert_eq!((&*received.service, &*received.operation), ("sqs", "SendMessage"));
//! assert_eq!(received.params["MessageBody"], "hello");
//! # Ok::<(), tucuxi::Error>(())
//! ```
//!
//! ```text
//! connection ──► request ──► service and operation ──► parameters ──► validation ──► result or error ──► response
//!  server         message      recognise, route          request        params         result, wrong      response
//! ```

mod answer;
mod catalogue;
mod connection;
mod control;
mod decode;
mod digest;
mod example;
mod message;
mod pattern;
mod patterns;
mod recognise;
mod record;
mod request;
mod response;
mod result;
mod route;
mod server;
mod stub;
mod stubs;
mod transport;
mod wrong;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use self::answer::Core;
#[cfg(feature = "_internals")]
pub(crate) use self::example::{Extent, example};
pub use self::record::MockRequest;
use self::record::Records;
use self::server::Server;
pub use self::stub::{MockFault, MockStub};
use crate::client::Client;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::transport::{Replay, Transport};

/// A running mock. It stops when it is dropped.
pub struct Mock {
    core: Arc<Core>,
    server: Server,
    url: String,
}

/// The settings of a mock.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until the mock is started"]
pub struct MockBuilder {
    address: Option<SocketAddr>,
    client: Option<Client>,
    record: Option<PathBuf>,
    stubs: Vec<MockStub>,
}

impl Mock {
    /// Starts a mock on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// Returns an error if no port is free.
    pub fn start() -> Result<Self> {
        Self::builder().start()
    }

    /// Returns the settings of a mock, to change them.
    pub fn builder() -> MockBuilder {
        MockBuilder::default()
    }

    /// Returns the endpoint URL, such as `http://127.0.0.1:41883`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Adds a stub.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such operation, or if a result does not fit the model.
    pub fn add(&self, stub: MockStub) -> Result<()> {
        self.core.add(vec![stub])
    }

    /// Removes all stubs, so that results are examples again.
    pub fn clear_stubs(&self) {
        self.core.stubs().clear();
    }

    /// Returns a transport whose requests the mock answers without a connection.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::mock::Mock;
    /// use tucuxi::{Client, Config};
    ///
    /// let mock = Mock::start()?;
    /// let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// let client = Client::with_transport(config, mock.transport())?;
    /// assert!(client.call("s3", "ListBuckets", json!({}))?["Buckets"].is_array());
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    pub fn transport(&self) -> impl Transport + 'static {
        transport::InProcess(self.core.clone())
    }

    /// Returns the requests that were received, the oldest first: the last 10,000.
    pub fn requests(&self) -> Vec<MockRequest> {
        self.core.records().kept()
    }

    /// Returns the requests that were received since the last call, and forgets them.
    pub fn take_requests(&self) -> Vec<MockRequest> {
        self.core.records().take()
    }
}

impl MockBuilder {
    /// Sets the address. The default is a free port of the loopback interface.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Sets the client whose models the mock has. The default are the embedded models.
    pub fn models_of(mut self, client: &Client) -> Self {
        self.client = Some(client.clone());
        self
    }

    /// Sets a file to which each request is appended as a line of JSON.
    pub fn record(mut self, path: impl Into<PathBuf>) -> Self {
        self.record = Some(path.into());
        self
    }

    /// Adds stubs.
    pub fn stubs(mut self, stubs: impl IntoIterator<Item = MockStub>) -> Self {
        self.stubs.extend(stubs);
        self
    }

    /// Starts the mock.
    ///
    /// # Errors
    ///
    /// Returns an error if the address cannot be bound, if the file cannot be opened, or if a stub does not fit its operation.
    pub fn start(self) -> Result<Mock> {
        let client = match self.client {
            Some(client) => client,
            None => Client::with_transport(Config::builder().isolated().build()?, Replay::new())?,
        };
        let file = match &self.record {
            Some(path) => {
                let file = std::fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(path);
                let file = file.map_err(|e| Error::config(format!("{}: {e}", path.display())))?;
                Some(file)
            }
            None => None,
        };
        let core = Arc::new(Core::new(client, Records::in_file(file)));
        core.add(self.stubs)?;
        let address = self
            .address
            .unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let server = Server::start(address, core.clone())
            .map_err(|e| Error::config(format!("the mock cannot listen at {address}: {e}")))?;
        Ok(Mock {
            url: format!("http://{}", server.address()),
            core,
            server,
        })
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
