//! The services of a client, each created when it is first called: its data files, and the state that calls share.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde_json::Value;

use super::catalog::{Catalog, ServiceData, key};
use super::discovery::Discovered;
use super::last_user_agent::LastUserAgent;
use super::retry::RetryState;
use super::sessions::{self, Sessions};
use super::skew::Clock;
use crate::call::ServiceQuirks;
use crate::custom::{self, Customisation};
use crate::endpoint::{EndpointResolver, LegacyEndpoints, Partitions};
use crate::error::Result;
use crate::identity::Credentials;
use crate::model::resource::Definitions;
use crate::model::{DataFile, Entries, Models, RESOURCES, ServiceModel};
use crate::search::Index;
use crate::sync;

/// The services that a client can call.
pub(crate) struct Services {
    catalog: Arc<Catalog>,
    /// By name, or by name and version for calls that name a version.
    called: Mutex<HashMap<Box<str>, Arc<Service>>>,
    /// The versions of services for which the newest version is not used.
    versions: HashMap<Box<str>, Box<str>>,
    /// Whether changed models are looked for before each call.
    is_watched: bool,
}

/// One service of a client.
pub(crate) struct Service {
    pub(crate) model: Arc<ServiceModel>,
    /// The customisations of the service.
    pub(super) customisations: Box<[&'static Customisation]>,
    pub(crate) quirks: &'static ServiceQuirks,
    data: Arc<ServiceData>,
    /// The revision of the files that were looked at last.
    revision: AtomicU64,
    /// By partition, and also by each region that was called.
    retry_states: Mutex<HashMap<Box<str>, Arc<RetryState>>>,
    pub(super) discovered: Discovered,
    pub(super) sessions: Sessions,
    pub(super) clock: Clock,
    pub(super) user_agent: LastUserAgent,
    /// The regions of buckets that were found in another region than the client's.
    bucket_regions: Mutex<HashMap<Box<str>, Box<str>>>,
}

impl Services {
    pub(crate) fn new(models: Models) -> Self {
        Self::of(Catalog::of(models))
    }

    /// The same services, without the state of earlier calls.
    pub(crate) fn fresh(&self) -> Self {
        Self::of(self.catalog.clone())
    }

    fn of(catalog: Arc<Catalog>) -> Self {
        Self {
            catalog,
            called: Mutex::default(),
            versions: HashMap::new(),
            is_watched: false,
        }
    }

    /// Sets whether changed models are looked for before each call.
    pub(crate) fn watched(mut self, is_watched: bool) -> Self {
        self.is_watched = is_watched;
        self
    }

    /// Sets the versions in which these services are called.
    pub(crate) fn in_versions<'v>(
        mut self,
        versions: impl IntoIterator<Item = (&'v str, &'v str)>,
    ) -> Self {
        let owned = |(service, version): (&str, &str)| (service.into(), version.into());
        self.versions = versions.into_iter().map(owned).collect();
        self
    }

    pub(crate) fn names(&self) -> Result<Vec<String>> {
        self.catalog.models().services()
    }

    /// The names of the services that have resources.
    pub(crate) fn with_resources(&self) -> Result<Vec<String>> {
        self.catalog.models().services_with(RESOURCES)
    }

    /// The version in which a service is called, unless it is the newest.
    fn version(&self, name: &str) -> Option<&str> {
        self.versions.get(name).map(|version| &**version)
    }

    /// The versions of a service's API, sorted.
    pub(crate) fn api_versions(&self, name: &str) -> Result<Vec<String>> {
        let models = self.catalog.models();
        let known = models.versions(custom::current_name(name))?;
        match known.is_empty() {
            true => models.versions(&models.folder_name(name)?),
            false => Ok(known),
        }
    }

    /// The data files of a service, those that are not used too.
    pub(crate) fn data_files(&self, name: &str) -> Result<Vec<DataFile>> {
        let models = self.catalog.models();
        let name = models.folder_name(custom::current_name(name))?;
        let version = self.version(&name);
        let mut files = models.files(&name, version)?;
        // a broken model has files too
        let model = self.catalog.model(&name, version).ok().flatten();
        for file in &mut files {
            let is_within = |model: &ServiceModel| !matches!(model.file(&file.kind), Ok(None));
            file.is_used &= !model.as_ref().is_some_and(is_within);
        }
        Ok(files)
    }

    /// The index of all services and operations.
    pub(crate) fn index(&self) -> Result<Arc<Index>> {
        let mut state = DefaultHasher::new();
        let mut versions: Vec<_> = self.versions.iter().collect();
        versions.sort_unstable();
        versions.hash(&mut state);
        if self.is_watched {
            for name in self.names()? {
                (&name, self.revision(&name)).hash(&mut state);
            }
        }
        self.catalog.index(state.finish(), &self.versions)
    }

    pub(crate) fn partitions(&self) -> Result<&Arc<Partitions>> {
        self.catalog.partitions()
    }

    /// The endpoints file.
    pub(crate) fn legacy(&self) -> Result<&LegacyEndpoints> {
        self.catalog.legacy()
    }

    /// The service with this name, in any of its spellings.
    pub(crate) fn service(&self, name: &str) -> Result<Arc<Service>> {
        self.service_in(name, None)
    }

    /// Whether the service was called, so that no file has to be read.
    #[cfg(feature = "async")]
    pub(crate) fn is_known(&self, name: &str, version: Option<&str>) -> bool {
        let name = custom::current_name(name);
        let version = version.or_else(|| self.version(name));
        !self.is_watched && sync::lock(&self.called).contains_key(&*key(name, version))
    }

    /// The service in this version of its API, or else in the version of the settings, or else in its newest.
    pub(crate) fn service_in(&self, name: &str, version: Option<&str>) -> Result<Arc<Service>> {
        let name = custom::current_name(name);
        let version = version.or_else(|| self.version(name));
        let key = key(name, version);
        let called = sync::lock(&self.called).get(&*key).cloned();
        if let Some(service) = called {
            return Ok(self.current(service, version));
        }
        // before the files are read, so that a change meanwhile is seen
        let revision = self.revision(name);
        let data = match self.is_watched {
            true => self.catalog.renew(name, version)?,
            false => self.catalog.service(name, version)?,
        };
        let service = match data {
            Some(data) => Arc::new(Service::new(data, revision)),
            None => {
                let folder = self.catalog.folder_name(name, version)?;
                self.service_in(&folder, version)?
            }
        };
        // if another thread has added the service meanwhile, its retry quota is shared
        Ok(sync::lock(&self.called)
            .entry((*key).into())
            .or_insert(service)
            .clone())
    }
}

impl Services {
    /// The revision of a service's files, if changes are looked for. A source that cannot be read has not changed.
    fn revision(&self, name: &str) -> Option<u64> {
        let revision = || self.catalog.models().revision(name).ok();
        self.is_watched.then(revision).flatten()
    }

    /// The service, with its new model if that has changed and is not broken.
    fn current(&self, service: Arc<Service>, version: Option<&str>) -> Arc<Service> {
        let revision = self.revision(service.name());
        let is_changed = |revision: &u64| service.revision.swap(*revision, Relaxed) != *revision;
        let Some(revision) = revision.filter(is_changed) else {
            return service;
        };
        let why = match self.catalog.renew(service.name(), version) {
            Ok(Some(data)) => {
                let changed = Arc::new(Service::new(data, Some(revision)));
                // it may have been called by several names
                let mut called = sync::lock(&self.called);
                let same = called
                    .values_mut()
                    .filter(|known| Arc::ptr_eq(known, &service));
                same.for_each(|known| known.clone_from(&changed));
                return changed;
            }
            Ok(None) => "the model is gone".into(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(
            service = service.name(),
            error = why,
            "a changed model is not used"
        );
        service
    }
}

impl Service {
    fn new(data: Arc<ServiceData>, revision: Option<u64>) -> Self {
        let metadata = data.model.metadata();
        Self {
            model: data.model.clone(),
            customisations: custom::for_service(&metadata.service_id),
            quirks: custom::quirks(&metadata.service_id, &metadata.signing_name),
            data: data.clone(),
            revision: AtomicU64::new(revision.unwrap_or_default()),
            retry_states: Mutex::default(),
            discovered: Discovered::default(),
            sessions: Sessions::default(),
            clock: Clock::default(),
            user_agent: LastUserAgent::default(),
            bucket_regions: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.model.name()
    }

    /// The endpoint rules, if the service has any.
    pub(super) fn rules(&self) -> Result<Option<&EndpointResolver>> {
        self.data.rules()
    }

    /// Whether [`rules`](Self::rules) has already read its files.
    pub(super) fn has_rules(&self) -> bool {
        self.data.has_rules()
    }

    /// The endpoints file, for services without rules and for clients without a region.
    pub(super) fn legacy(&self) -> Result<&LegacyEndpoints> {
        self.data.catalog().legacy()
    }

    /// Whether [`legacy`](Self::legacy) has already read its file.
    pub(super) fn has_legacy(&self) -> bool {
        self.data.has_legacy()
    }

    /// The definitions of pagination, by operation.
    pub(crate) fn paginators(&self) -> Result<&Entries> {
        self.data.paginators()
    }

    /// The definitions of waiters, by name.
    pub(crate) fn waiters(&self) -> Result<&Entries> {
        self.data.waiters()
    }

    /// Examples of calls, by operation.
    pub(crate) fn examples(&self) -> Result<&Entries> {
        self.data.examples()
    }

    /// The definitions of resources, if the service has any.
    pub(crate) fn resources(&self) -> Result<Option<&Arc<Definitions>>> {
        self.data.resources()
    }

    /// Whether any of its operations requires endpoint discovery.
    pub(super) fn requires_discovery(&self) -> bool {
        self.data.requires_discovery()
    }

    /// Whether the endpoint depends on the account.
    pub(crate) fn reads_account_id(&self) -> Result<bool> {
        let rules = self.rules()?;
        Ok(rules.is_some_and(|rules| rules.ruleset().reads_built_in("AWS::Auth::AccountId")))
    }

    /// The retry quota and the rate limiter for calls to this region. All regions of a partition share them.
    pub(super) fn retry_state(&self, region: &str) -> Arc<RetryState> {
        if let Some(state) = sync::lock(&self.retry_states).get(region) {
            return state.clone();
        }
        let partitions = self.data.catalog().partitions().ok();
        let partition = partitions.and_then(|p| p.for_region(region));
        // no region has the name of a partition
        let partition = partition.map_or("", |partition| &*partition.id);
        let mut states = sync::lock(&self.retry_states);
        let state = states.entry(partition.into()).or_default().clone();
        states.insert(region.into(), state.clone());
        state
    }

    /// The session of an S3 Express bucket that a call of this client has created.
    pub(crate) fn session(
        &self,
        params: &Value,
        credentials: &Credentials,
        now: SystemTime,
    ) -> Result<Option<Credentials>> {
        let key = sessions::Key::new(params, credentials)?;
        Ok(self.sessions.get(&key, now))
    }

    /// The region in which a bucket was found.
    pub(super) fn bucket_region(&self, bucket: &str) -> Option<Box<str>> {
        sync::lock(&self.bucket_regions).get(bucket).cloned()
    }

    pub(super) fn set_bucket_region(&self, bucket: &str, region: &str) {
        sync::lock(&self.bucket_regions).insert(bucket.into(), region.into());
    }
}
