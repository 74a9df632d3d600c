//! The servers of these tests.
//!
//! `tests/run` starts them and sets variables with their URLs. Without its variable, the tests of a server are reported
//! as skipped.

use serde_json::Value;
use tucuxi::{Client, Config, Credentials, Error};

use crate::support::client::connect;
use crate::support::report;

// `tests/run` passes them to servers that verify signatures
const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_ACCESS_KEY: &str = "secret";

/// A server, and the S3 features that it lacks.
#[derive(Debug, PartialEq)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    variable: &'static str,
    lacks: &'static [Lack],
    /// A server that is not part of the usual run.
    on_demand: bool,
}

/// S3 features that a server may lack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lack {
    /// Keys with `//` and with dot segments.
    OddKeys,
    /// Buckets have the region in which they were created.
    Regions,
}

const MOTO: Server = Server {
    name: "moto",
    variable: "TUCUXI_MOTO_URL",
    lacks: &[],
    on_demand: false,
};

/// The servers that implement S3.
const S3: [Server; 4] = [
    MOTO,
    Server {
        name: "seaweedfs",
        variable: "TUCUXI_SEAWEEDFS_URL",
        lacks: &[Lack::OddKeys, Lack::Regions],
        on_demand: false,
    },
    Server {
        name: "ministack",
        variable: "TUCUXI_MINISTACK_URL",
        lacks: &[],
        on_demand: true,
    },
    // any other server with these keys, such as the S3 API of OpenStack Swift
    Server {
        name: "s3",
        variable: "TUCUXI_S3_URL",
        lacks: &[Lack::OddKeys, Lack::Regions],
        on_demand: true,
    },
];

/// A service on a server.
pub(crate) struct Service {
    pub(crate) client: Client,
    pub(crate) server: &'static Server,
    pub(crate) name: &'static str,
}

impl Service {
    /// The service on moto's server, if it is running.
    pub(crate) fn on_moto(name: &'static str) -> Option<Self> {
        Self::on(&MOTO, name)
    }

    /// S3 on every running server that implements it.
    pub(crate) fn each_s3() -> impl Iterator<Item = Self> {
        S3.iter().filter_map(|server| Self::on(server, "s3"))
    }

    fn on(server: &'static Server, name: &'static str) -> Option<Self> {
        let Ok(url) = std::env::var(server.variable) else {
            if !server.on_demand {
                let story = format!("live {name} on {}", server.name);
                report::skipped(&story, &format!("{} is not set", server.variable));
            }
            return None;
        };
        let config = Config::builder()
            .isolated()
            .region("us-east-1")
            .endpoint_url(url)
            .credentials(Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY))
            .build()
            .unwrap();
        let client = connect(config).unwrap();
        Some(Self {
            client,
            server,
            name,
        })
    }

    /// Returns whether the server has this feature.
    pub(crate) fn has(&self, what: Lack) -> bool {
        !self.server.lacks.contains(&what)
    }

    /// Makes a call that must succeed, and returns its result.
    pub(crate) fn call(&self, operation: &str, params: Value) -> Value {
        let result = self.client.call(self.name, operation, params);
        result.unwrap_or_else(|error| panic!("{}: {error}", self.server.name))
    }

    /// Makes a call that the service must reject, and returns the error.
    pub(crate) fn refusal(&self, operation: &str, params: Value) -> Error {
        match self.client.call(self.name, operation, params) {
            Err(error) if error.service_error().is_some() => error,
            other => panic!(
                "{}: {}.{operation} gave {other:?}",
                self.server.name, self.name
            ),
        }
    }

    /// Makes a call that the service must reject, and returns the error code.
    pub(crate) fn refused(&self, operation: &str, params: Value) -> String {
        let error = self.refusal(operation, params);
        error.code().unwrap_or_default().to_owned()
    }
}
