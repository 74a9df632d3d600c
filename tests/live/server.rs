//! The servers that stories are told to.
//!
//! `tests/run` starts them and names them in variables; without its variable a server's stories are skipped, by name.

use serde_json::Value;
use tucuxi::{Client, Config, Credentials, Error};

use crate::support::report;

// `tests/run` gives them to the servers that check signatures
const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_ACCESS_KEY: &str = "secret";

/// A server, and what it lacks of S3.
#[derive(Debug, PartialEq)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    variable: &'static str,
    lacks: &'static [Lack],
    /// It runs where it is named, and is no part of the usual run.
    on_demand: bool,
}

/// What a server may lack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lack {
    /// Keys with `//` and with segments that are dots.
    OddKeys,
    /// A bucket has the region that it was created in.
    Regions,
}

const MOTO: Server = Server {
    name: "moto",
    variable: "TUCUXI_MOTO_URL",
    lacks: &[],
    on_demand: false,
};

/// Those that speak S3.
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
    // any other, such as the S3 API of OpenStack Swift, with these keys
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
    /// The service on moto's server, if that runs.
    pub(crate) fn on_moto(name: &'static str) -> Option<Self> {
        Self::on(&MOTO, name)
    }

    /// S3 on each server that has it and runs.
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
        let client = Client::with_config(config).unwrap();
        Some(Self {
            client,
            server,
            name,
        })
    }

    /// Whether the server has this.
    pub(crate) fn has(&self, what: Lack) -> bool {
        !self.server.lacks.contains(&what)
    }

    /// The result of a call that must succeed.
    pub(crate) fn call(&self, operation: &str, params: Value) -> Value {
        let result = self.client.call(self.name, operation, params);
        result.unwrap_or_else(|error| panic!("{}: {error}", self.server.name))
    }

    /// The error of a call that the service must refuse.
    pub(crate) fn refusal(&self, operation: &str, params: Value) -> Error {
        match self.client.call(self.name, operation, params) {
            Err(error) if error.service_error().is_some() => error,
            other => panic!(
                "{}: {}.{operation} gave {other:?}",
                self.server.name, self.name
            ),
        }
    }

    /// The code of that error.
    pub(crate) fn refused(&self, operation: &str, params: Value) -> String {
        let error = self.refusal(operation, params);
        error.code().unwrap_or_default().to_owned()
    }
}
