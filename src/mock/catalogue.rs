//! The services of the mock, found by what a request says about them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use once_cell::sync::OnceCell;

use super::route::Router;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::exchange::Service;
use crate::model::{Protocol, ServiceModel};
use crate::sync;

/// The services of a client's models.
pub(super) struct Catalogue {
    client: Client,
    entries: OnceCell<Vec<Entry>>,
    /// Models in protocols that are not the preferred ones, which have other names on the wire.
    spoken: Mutex<HashMap<(String, Protocol), Arc<ServiceModel>>>,
}

/// What requests say about a service.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) signing_name: String,
    pub(super) endpoint_prefix: String,
    pub(super) target_prefix: String,
    pub(super) api_version: String,
    pub(super) protocol: Protocol,
    router: OnceCell<Router>,
}

impl Catalogue {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            entries: OnceCell::new(),
            spoken: Mutex::default(),
        }
    }

    /// All services. A model that cannot be read is left out, with a warning in the log.
    pub(super) fn entries(&self) -> Result<&[Entry]> {
        let entries = self.entries.get_or_try_init(|| {
            let mut entries = Vec::new();
            for name in self.client.introspect().services()? {
                match self.service(&name) {
                    Ok(service) => entries.push(Entry::new(name, &service.model)),
                    Err(error) => tracing::warn!(service = name, %error, "a model is not mocked"),
                }
            }
            Ok::<_, Error>(entries)
        })?;
        Ok(entries)
    }

    /// A service by its name.
    pub(super) fn service(&self, name: &str) -> Result<Arc<Service>> {
        self.client.all_services().service(name)
    }

    /// The model of a service with the wire names of a protocol.
    pub(super) fn model(&self, name: &str, protocol: Protocol) -> Result<Arc<ServiceModel>> {
        let model = self.service(name)?.model.clone();
        if model.metadata().protocol == protocol {
            return Ok(model);
        }
        let key = (name.to_owned(), protocol);
        if let Some(model) = sync::lock(&self.spoken).get(&key) {
            return Ok(model.clone());
        }
        let model = Arc::new(model.speaking(protocol));
        sync::lock(&self.spoken).insert(key, model.clone());
        Ok(model)
    }

    /// The routes of a REST service.
    pub(super) fn router<'e>(&self, entry: &'e Entry) -> Result<&'e Router> {
        let read = || Router::new(&self.service(&entry.name)?.model);
        entry.router.get_or_try_init(read)
    }
}

impl Entry {
    fn new(name: String, model: &ServiceModel) -> Self {
        let metadata = model.metadata();
        Self {
            name,
            signing_name: metadata.signing_name.clone(),
            endpoint_prefix: metadata.endpoint_prefix.clone(),
            target_prefix: metadata.target_prefix.clone(),
            api_version: metadata.api_version.clone(),
            protocol: metadata.protocol,
            router: OnceCell::new(),
        }
    }

    /// Whether requests to the service are signed with this name.
    pub(super) fn signs_as(&self, name: &str) -> bool {
        self.signing_name == name || self.endpoint_prefix == name
    }
}
