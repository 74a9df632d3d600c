//! The data files of all services, each read and parsed when it is first needed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use once_cell::sync::OnceCell;

use crate::endpoint::{EndpointResolver, LegacyEndpoints, Partitions, Ruleset};
use crate::error::{Error, Result};
use crate::model::resource::Definitions;
use crate::model::{
    ENDPOINT_RULES, EXAMPLES, Entries, Models, PAGINATORS, RESOURCES, ServiceModel, WAITERS,
};
use crate::search::Index;
use crate::sync;

/// The models, and the data that all services share.
pub(super) struct Catalog {
    models: Models,
    partitions: OnceCell<Arc<Partitions>>,
    legacy: OnceCell<LegacyEndpoints>,
    services: Mutex<HashMap<Box<str>, Arc<ServiceData>>>,
    /// The index of the last search, and what it was made of: see [`Catalog::index`].
    index: Mutex<Option<(u64, Arc<Index>)>>,
}

/// The data files of one service, in one version of its API.
pub(super) struct ServiceData {
    pub(super) model: Arc<ServiceModel>,
    catalog: Arc<Catalog>,
    /// The version of all files, or `None` for the newest version of each.
    version: Option<Box<str>>,
    rules: OnceCell<Option<EndpointResolver>>,
    paginators: OnceCell<Entries>,
    waiters: OnceCell<Entries>,
    examples: OnceCell<Entries>,
    resources: OnceCell<Option<Arc<Definitions>>>,
    requires_discovery: OnceCell<bool>,
}

impl Catalog {
    /// Returns a catalog of these models. All clients of a process that use only the embedded models share one catalog.
    pub(super) fn of(models: Models) -> Arc<Self> {
        static EMBEDDED: LazyLock<Mutex<Option<Arc<Catalog>>>> = LazyLock::new(Mutex::default);
        match models.is_embedded_only() {
            true => sync::lock(&EMBEDDED)
                .get_or_insert_with(|| Self::new(models))
                .clone(),
            false => Self::new(models),
        }
    }

    fn new(models: Models) -> Arc<Self> {
        Arc::new(Self {
            models,
            partitions: OnceCell::new(),
            legacy: OnceCell::new(),
            services: Mutex::default(),
            index: Mutex::default(),
        })
    }

    pub(super) fn models(&self) -> &Models {
        &self.models
    }

    /// Returns the data of a service, by the name of its folder, or `None` if there is no such folder or version.
    pub(super) fn service(
        self: &Arc<Self>,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<Arc<ServiceData>>> {
        let key = key(name, version);
        if let Some(data) = sync::lock(&self.services).get(&*key) {
            return Ok(Some(data.clone()));
        }
        // the lock is not held while a model is read
        let Some(data) = self.read(name, version)? else {
            return Ok(None);
        };
        let mut services = sync::lock(&self.services);
        Ok(Some(services.entry((*key).into()).or_insert(data).clone()))
    }

    /// Reads a service's model again. The new one is kept, unless it is broken anywhere.
    pub(super) fn renew(
        self: &Arc<Self>,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<Arc<ServiceData>>> {
        let Some(data) = self.read(name, version)? else {
            return Ok(None);
        };
        data.check()?;
        sync::lock(&self.services).insert((*key(name, version)).into(), data.clone());
        Ok(Some(data))
    }

    fn read(
        self: &Arc<Self>,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<Arc<ServiceData>>> {
        let Some(model) = self.model(name, version)? else {
            return Ok(None);
        };
        Ok(Some(Arc::new(ServiceData {
            model: Arc::new(model),
            catalog: self.clone(),
            version: version.map(Into::into),
            rules: OnceCell::new(),
            paginators: OnceCell::new(),
            waiters: OnceCell::new(),
            examples: OnceCell::new(),
            resources: OnceCell::new(),
            requires_discovery: OnceCell::new(),
        })))
    }

    /// Reads a service's model, which is not kept.
    pub(super) fn model(&self, name: &str, version: Option<&str>) -> Result<Option<ServiceModel>> {
        let loaded = self.models.model(name, version)?;
        loaded.map(|l| ServiceModel::read(name, l)).transpose()
    }

    fn load(&self, name: &str, version: Option<&str>, kind: &str) -> Result<Option<String>> {
        match version {
            Some(version) => self.models.load_version(name, version, kind),
            None => self.models.load(name, kind),
        }
    }

    /// The index of all services, in the versions of a client. It is made again if `state` has another value than last time.
    pub(super) fn index(
        &self,
        state: u64,
        versions: &HashMap<Box<str>, Box<str>>,
    ) -> Result<Arc<Index>> {
        // the lock is held while the index is made, so that it is made once
        let mut last = sync::lock(&self.index);
        if let Some((of, index)) = &*last
            && *of == state
        {
            return Ok(index.clone());
        }
        let with_resources = self.models.services_with(RESOURCES)?;
        let mut index = Index::default();
        for name in self.models.services()? {
            let version = versions.get(&*name).map(|version| &**version);
            match self.model(&name, version) {
                Ok(Some(model)) => index.add(&model, with_resources.contains(&name)),
                Ok(None) => {}
                Err(error) => tracing::warn!(service = name, %error, "a model is not searched"),
            }
        }
        let index = Arc::new(index);
        *last = Some((state, index.clone()));
        Ok(index)
    }

    pub(super) fn partitions(&self) -> Result<&Arc<Partitions>> {
        self.partitions.get_or_try_init(|| {
            let text = self.common("partitions")?;
            let partitions = match self.models.is_embedded_only() {
                true => Partitions::parse_embedded(&text),
                false => Partitions::parse(&text),
            };
            Ok(Arc::new(partitions?))
        })
    }

    /// The endpoints file.
    pub(super) fn legacy(&self) -> Result<&LegacyEndpoints> {
        self.legacy.get_or_try_init(|| {
            let text = self.common("endpoints")?;
            Ok(LegacyEndpoints::parse(text)?)
        })
    }

    fn common(&self, path: &str) -> Result<String> {
        let text = self.models.load_path(path)?;
        text.ok_or_else(|| Error::model(format!("no model folder has {path}.json")))
    }
}

impl ServiceData {
    /// Loads a data file: from the model itself, if that contains it.
    fn load(&self, kind: &str) -> Result<Option<String>> {
        if let Some(text) = self.model.file(kind)? {
            return Ok(Some(text));
        }
        let version = self.version.as_deref();
        self.catalog.load(self.model.name(), version, kind)
    }

    /// Reads the whole model, and the files that belong to it.
    fn check(&self) -> Result<()> {
        self.model.check()?;
        self.rules()?;
        self.paginators()?;
        self.waiters()?;
        Ok(())
    }

    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The endpoint rules, if the service has any.
    pub(super) fn rules(&self) -> Result<Option<&EndpointResolver>> {
        let rules = self.rules.get_or_try_init(|| {
            let rules = match self.model.file(ENDPOINT_RULES)? {
                Some(text) => Ruleset::read(text, None)?,
                None => {
                    let (models, version) = (&self.catalog.models, self.version.as_deref());
                    let loaded =
                        models.load_outlined(self.model.name(), version, ENDPOINT_RULES)?;
                    let Some(loaded) = loaded else {
                        return Ok(None);
                    };
                    Ruleset::read(loaded.text, loaded.outline.as_deref())?
                }
            };
            let partitions = self.catalog.partitions()?.clone();
            Ok(Some(EndpointResolver::new(rules, partitions)))
        });
        rules.map(Option::as_ref)
    }

    /// Whether [`rules`](Self::rules) has read its files.
    pub(super) fn has_rules(&self) -> bool {
        self.rules.get().is_some()
    }

    /// Whether [`Catalog::legacy`] has read its file.
    pub(super) fn has_legacy(&self) -> bool {
        self.catalog.legacy.get().is_some()
    }

    /// The definitions of pagination, by operation.
    pub(super) fn paginators(&self) -> Result<&Entries> {
        let read = || self.entries(PAGINATORS, "pagination");
        self.paginators.get_or_try_init(read)
    }

    /// The definitions of waiters, by name.
    pub(super) fn waiters(&self) -> Result<&Entries> {
        let read = || self.entries(WAITERS, "waiters");
        self.waiters.get_or_try_init(read)
    }

    /// Examples of calls, by operation.
    pub(super) fn examples(&self) -> Result<&Entries> {
        let read = || self.entries(EXAMPLES, "examples");
        self.examples.get_or_try_init(read)
    }

    /// The definitions of resources, if the service has any.
    pub(super) fn resources(&self) -> Result<Option<&Arc<Definitions>>> {
        let definitions = self.resources.get_or_try_init(|| {
            let text = self.load(RESOURCES)?;
            let parse = |text: String| Definitions::parse(self.model.clone(), &text);
            text.map(parse).transpose().map(|found| found.map(Arc::new))
        });
        definitions.map(Option::as_ref)
    }

    /// The entries of one of the service's files. They are empty if there is no such file.
    fn entries(&self, kind: &str, member: &str) -> Result<Entries> {
        match self.load(kind)? {
            Some(text) => Entries::parse(&format!("{}/{kind}", self.model.name()), member, &text),
            None => Ok(Entries::default()),
        }
    }

    /// Whether any of its operations requires endpoint discovery.
    pub(super) fn requires_discovery(&self) -> bool {
        let read = || self.model.requires_discovery();
        *self.requires_discovery.get_or_init(read)
    }
}

impl Catalog {
    /// Returns the name of a service's folder. `name` may have another spelling.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such service, or the folder lacks this version.
    pub(super) fn folder_name(&self, name: &str, version: Option<&str>) -> Result<String> {
        let folder = self.models.folder_name(name)?;
        if *folder != *name {
            return Ok(folder);
        }
        let known = self.models.versions(name)?.join(", ");
        let version = version.unwrap_or("of any name");
        let what = format!("{name}: no API version {version}; the available versions are: {known}");
        Err(Error::model(what))
    }
}

/// The key of maps for a service in a version of its API.
pub(super) fn key<'n>(name: &'n str, version: Option<&str>) -> Cow<'n, str> {
    match version {
        Some(version) => format!("{name}@{version}").into(),
        None => name.into(),
    }
}
