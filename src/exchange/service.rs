//! The services of a client: model, endpoint rules and retry quota of each, made when it is first called.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::SystemTime;

use once_cell::sync::OnceCell;
use serde_json::Value;

use super::discovery::Discovered;
use super::retry::RetryState;
use super::sessions::{self, Sessions};
use super::skew::Clock;
use crate::call::ServiceQuirks;
use crate::custom::{self, Customisation};
use crate::endpoint::{EndpointResolver, LegacyEndpoints, Partitions, Ruleset};
use crate::error::{Error, Result};
use crate::identity::Credentials;
use crate::model::resource::Definitions;
use crate::model::{
    ENDPOINT_RULES, Entries, Models, PAGINATORS, RESOURCES, SERVICE, ServiceModel, WAITERS,
};
use crate::sync;

/// One service as a client calls it.
pub(crate) struct Service {
    pub(crate) model: Arc<ServiceModel>,
    data: Arc<Data>,
    files: Arc<Files>,
    /// By partition, and by each of its regions that was called.
    retry_states: Mutex<HashMap<Box<str>, Arc<RetryState>>>,
    pub(super) discovered: Discovered,
    pub(super) sessions: Sessions,
    pub(super) clock: Clock,
    /// Where buckets are that were found in another region than the client's.
    bucket_regions: Mutex<HashMap<Box<str>, Box<str>>>,
    requires_discovery: OnceCell<bool>,
    /// What the service needs beyond its model.
    pub(crate) customisations: Box<[&'static Customisation]>,
    pub(crate) quirks: &'static ServiceQuirks,
}

/// What the data files say of a service; clients that read the same files may share it.
struct Data {
    model: Arc<ServiceModel>,
    /// The version of all files; the newest of each where it is `None`.
    version: Option<Box<str>>,
    rules: OnceCell<Option<EndpointResolver>>,
    paginators: OnceCell<Entries>,
    waiters: OnceCell<Entries>,
    resources: OnceCell<Option<Arc<Definitions>>>,
}

/// The models and what is common to all services.
struct Files {
    models: Models,
    partitions: OnceCell<Arc<Partitions>>,
    legacy: OnceCell<LegacyEndpoints>,
    data: Mutex<HashMap<Box<str>, Arc<Data>>>,
}

/// All services that a client can call.
pub(crate) struct Services {
    files: Arc<Files>,
    /// By name, and by name and version where one is asked for.
    called: Mutex<HashMap<Box<str>, Arc<Service>>>,
    /// Services of which not the newest version is wanted.
    versions: HashMap<Box<str>, Box<str>>,
}

impl Services {
    pub(crate) fn new(models: Models) -> Self {
        // what the binary has is the same for all clients of the process
        static EMBEDDED: LazyLock<Mutex<Option<Arc<Files>>>> = LazyLock::new(Mutex::default);
        let files = match models.is_embedded_only() {
            true => sync::lock(&EMBEDDED)
                .get_or_insert_with(|| Files::new(models))
                .clone(),
            false => Files::new(models),
        };
        Self::of(files)
    }

    /// The same services, of none of which anything is known but what files say.
    pub(crate) fn fresh(&self) -> Self {
        Self::of(self.files.clone())
    }

    fn of(files: Arc<Files>) -> Self {
        Self {
            files,
            called: Mutex::default(),
            versions: HashMap::new(),
        }
    }

    /// With these versions in place of the newest.
    pub(crate) fn in_versions<'v>(
        mut self,
        versions: impl IntoIterator<Item = (&'v str, &'v str)>,
    ) -> Self {
        let owned = |(service, version): (&str, &str)| (service.into(), version.into());
        self.versions = versions.into_iter().map(owned).collect();
        self
    }

    pub(crate) fn names(&self) -> Result<Vec<Box<str>>> {
        self.files.models.services()
    }

    /// The names of those that have resources.
    pub(crate) fn with_resources(&self) -> Result<Vec<Box<str>>> {
        self.files.models.services_with(RESOURCES)
    }

    pub(crate) fn partitions(&self) -> Result<&Arc<Partitions>> {
        self.files.partitions()
    }

    pub(crate) fn legacy(&self) -> Result<&LegacyEndpoints> {
        self.files.legacy()
    }

    /// The service with this name, in any of its spellings.
    pub(crate) fn service(&self, name: &str) -> Result<Arc<Service>> {
        self.service_in(name, None)
    }

    /// The service in this version of its API, else in that of the settings, else in its newest.
    pub(crate) fn service_in(&self, name: &str, version: Option<&str>) -> Result<Arc<Service>> {
        let name = custom::present_name(name);
        let version = version.or_else(|| self.versions.get(name).map(|version| &**version));
        let key = key(name, version);
        if let Some(service) = sync::lock(&self.called).get(&*key) {
            return Ok(service.clone());
        }
        let data = match self.files.data(name, version)? {
            Some(data) => data,
            None => {
                let folder = self.files.models.folder_name(name)?;
                if *folder != *name {
                    let service = self.service_in(&folder, version)?;
                    sync::lock(&self.called).insert((*key).into(), service.clone());
                    return Ok(service);
                }
                let known = self.files.models.versions(name)?.join(", ");
                let version = version.unwrap_or("of any name");
                let what = format!("{name}: there is no API version {version}; there are: {known}");
                return Err(Error::model(what));
            }
        };
        let metadata = data.model.metadata();
        let service = Arc::new(Service {
            model: data.model.clone(),
            files: self.files.clone(),
            retry_states: Mutex::default(),
            discovered: Discovered::default(),
            sessions: Sessions::default(),
            clock: Clock::default(),
            bucket_regions: Mutex::default(),
            requires_discovery: OnceCell::new(),
            customisations: custom::of_service(&metadata.service_id),
            quirks: custom::quirks(&metadata.service_id, &metadata.signing_name),
            data,
        });
        // another thread may have been here: its quota counts
        Ok(sync::lock(&self.called)
            .entry((*key).into())
            .or_insert(service)
            .clone())
    }
}

impl Files {
    fn new(models: Models) -> Arc<Self> {
        Arc::new(Self {
            models,
            partitions: OnceCell::new(),
            legacy: OnceCell::new(),
            data: Mutex::default(),
        })
    }

    /// Nothing is locked while a model is read.
    fn data(&self, name: &str, version: Option<&str>) -> Result<Option<Arc<Data>>> {
        let key = key(name, version);
        if let Some(data) = sync::lock(&self.data).get(&*key) {
            return Ok(Some(data.clone()));
        }
        let Some(text) = self.load(name, version, SERVICE)? else {
            return Ok(None);
        };
        let data = Arc::new(Data {
            model: Arc::new(ServiceModel::parse(name, text)?),
            version: version.map(Into::into),
            rules: OnceCell::new(),
            paginators: OnceCell::new(),
            waiters: OnceCell::new(),
            resources: OnceCell::new(),
        });
        let mut all = sync::lock(&self.data);
        Ok(Some(all.entry((*key).into()).or_insert(data).clone()))
    }

    fn load(&self, name: &str, version: Option<&str>, kind: &str) -> Result<Option<Box<str>>> {
        match version {
            Some(version) => self.models.load_version(name, version, kind),
            None => self.models.load(name, kind),
        }
    }

    fn partitions(&self) -> Result<&Arc<Partitions>> {
        self.partitions.get_or_try_init(|| {
            let text = self.common("partitions")?;
            Ok(Arc::new(Partitions::parse(&text)?))
        })
    }

    fn legacy(&self) -> Result<&LegacyEndpoints> {
        self.legacy.get_or_try_init(|| {
            let text = self.common("endpoints")?;
            Ok(LegacyEndpoints::parse(String::from(text))?)
        })
    }

    fn common(&self, path: &str) -> Result<Box<str>> {
        let text = self.models.load_path(path)?;
        text.ok_or_else(|| Error::model(format!("no model folder has {path}.json")))
    }
}

impl Service {
    pub(crate) fn name(&self) -> &str {
        self.model.name()
    }

    /// One of its files, in the version of its model.
    fn load(&self, kind: &str) -> Result<Option<Box<str>>> {
        let version = self.data.version.as_deref();
        self.files.load(self.name(), version, kind)
    }

    /// The session of an S3 Express bucket that a call of this client has.
    pub(crate) fn session(
        &self,
        params: &Value,
        who: &Credentials,
        now: SystemTime,
    ) -> Result<Option<Credentials>> {
        let key = sessions::Key::new(params, who)?;
        Ok(self.sessions.get(&key, now))
    }

    /// The endpoint rules; `None` when the service, or the models as a whole, have none.
    pub(super) fn rules(&self) -> Result<Option<&EndpointResolver>> {
        let rules = self.data.rules.get_or_try_init(|| {
            let Some(text) = self.load(ENDPOINT_RULES)? else {
                return Ok(None);
            };
            let rules = Ruleset::parse(&text)?;
            Ok(Some(EndpointResolver::new(
                rules,
                self.files.partitions()?.clone(),
            )))
        });
        rules.map(Option::as_ref)
    }

    /// Whether [`rules`](Self::rules) reads no file any more.
    pub(super) fn has_rules(&self) -> bool {
        self.data.rules.get().is_some()
    }

    /// Whether [`legacy`](Self::legacy) reads no file any more.
    pub(super) fn has_legacy(&self) -> bool {
        self.files.legacy.get().is_some()
    }

    /// What calls to this region share with those to the others of its partition.
    pub(super) fn retry_state(&self, region: &str) -> Arc<RetryState> {
        if let Some(state) = sync::lock(&self.retry_states).get(region) {
            return state.clone();
        }
        let partitions = self.files.partitions().ok();
        let partition = partitions.and_then(|p| p.for_region(region));
        // no region is named as a partition is
        let partition = partition.map_or("", |partition| &*partition.id);
        let mut states = sync::lock(&self.retry_states);
        let state = states.entry(partition.into()).or_default().clone();
        states.insert(region.into(), state.clone());
        state
    }

    /// Which operations give their result in pages, and how.
    pub(crate) fn paginators(&self) -> Result<&Entries> {
        let read = || self.entries(PAGINATORS, "pagination");
        self.data.paginators.get_or_try_init(read)
    }

    /// What can be waited for, and how.
    pub(crate) fn waiters(&self) -> Result<&Entries> {
        let read = || self.entries(WAITERS, "waiters");
        self.data.waiters.get_or_try_init(read)
    }

    /// What it has, if anything is defined.
    pub(crate) fn resources(&self) -> Result<Option<&Arc<Definitions>>> {
        let definitions = self.data.resources.get_or_try_init(|| {
            let text = self.load(RESOURCES)?;
            let parse = |text: Box<str>| Definitions::parse(self.model.clone(), &text);
            text.map(parse).transpose().map(|found| found.map(Arc::new))
        });
        definitions.map(Option::as_ref)
    }

    /// The entries of one of the service's files; none where there is no file.
    fn entries(&self, kind: &str, member: &str) -> Result<Entries> {
        match self.load(kind)? {
            Some(text) => Entries::parse(&format!("{}/{kind}", self.name()), member, &text),
            None => Ok(Entries::default()),
        }
    }

    pub(super) fn requires_discovery(&self) -> Result<bool> {
        Ok(*self
            .requires_discovery
            .get_or_init(|| self.model.requires_discovery()))
    }

    /// The region that a bucket was found in.
    pub(super) fn bucket_region(&self, bucket: &str) -> Option<Box<str>> {
        sync::lock(&self.bucket_regions).get(bucket).cloned()
    }

    pub(super) fn set_bucket_region(&self, bucket: &str, region: &str) {
        sync::lock(&self.bucket_regions).insert(bucket.into(), region.into());
    }

    /// The endpoints file, for services without rules and for clients without a region.
    pub(super) fn legacy(&self) -> Result<&LegacyEndpoints> {
        self.files.legacy()
    }

    /// Whether the endpoint depends on the account.
    pub(crate) fn reads_account_id(&self) -> Result<bool> {
        let rules = self.rules()?;
        Ok(rules.is_some_and(|rules| rules.ruleset().reads_built_in("AWS::Auth::AccountId")))
    }
}

fn key<'n>(name: &'n str, version: Option<&str>) -> Cow<'n, str> {
    match version {
        Some(version) => format!("{name}@{version}").into(),
        None => name.into(),
    }
}
