//! Models in the program's memory.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::directory::read;
use super::{ModelSource, Origin, SERVICE};
use crate::error::{Error, Result};
use crate::file;
use crate::model::ServiceModel;
use crate::names::hyphenated_service_id;

/// Data files in memory.
///
/// ```
/// use tucuxi::model::{Memory, ModelSource};
///
/// let models = Memory::new().with("tower/2024-01-01/service-2", r#"{"metadata": {}}"#);
/// assert_eq!(models.services()?[0], "tower");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a source is for a client"]
pub struct Memory(BTreeMap<String, (String, Origin)>);

impl Memory {
    /// Creates a source without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file by its path without an extension: `tower/2024-01-01/service-2`, `partitions`.
    pub fn with(self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.with_origin(path, text, Origin::Program)
    }

    fn with_origin(
        mut self,
        path: impl Into<String>,
        text: impl Into<String>,
        origin: Origin,
    ) -> Self {
        self.0.insert(path.into(), (text.into(), origin));
        self
    }

    /// Adds a model in either dialect. Its name and version are those that the model has: the service id, with hyphens.
    ///
    /// ```
    /// use tucuxi::model::{Memory, ModelSource};
    ///
    /// let models = Memory::new().with_model(r#"{"smithy": "2.0", "shapes": {"a#BellTower": {"type": "service", "version": "1",
    ///     "traits": {"aws.protocols#restJson1": {}}}}}"#)?;
    /// assert_eq!(models.services()?, ["belltower"]);
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a model, or if its name or version would not be valid in a path.
    pub fn with_model(self, text: impl Into<String>) -> Result<Self> {
        self.with_named(None, text.into(), Origin::Program)
    }

    fn with_named(self, service: Option<String>, text: String, origin: Origin) -> Result<Self> {
        let metadata = ServiceModel::parse("the model", &*text)?.metadata().clone();
        let name = service.unwrap_or_else(|| hyphenated_service_id(&metadata.service_id));
        let version = match &*metadata.api_version {
            "" => "1",
            version => version,
        };
        for part in [&*name, version] {
            if let Some(fault) = file::portable_fault(part) {
                return Err(Error::model(format!(
                    "{part:?} is not valid in a path: {fault}"
                )));
            }
        }
        Ok(self.with_origin(format!("{name}/{version}/{SERVICE}"), text, origin))
    }

    /// Adds a model in either dialect under the name of a service, such as `route53`, whose Smithy model has the id `Route 53`. It takes
    /// the place of that service's own model for the client that gets this source, if its version is the same or a newer one.
    ///
    /// ```
    /// use serde_json::json;
    /// use tucuxi::model::Memory;
    /// # use tucuxi::{Client, Config, transport::Replay};
    ///
    /// let preview = json!({
    ///     "metadata": {"apiVersion": "2013-04-01", "protocol": "json", "serviceId": "Route 53"},
    ///     "operations": {"PreviewZone": {}},
    /// });
    /// let models = Memory::new().with_model_of("route53", preview.to_string())?;
    /// # let config = Config::builder().isolated().build()?;
    /// let client = Client::with_models(config, Replay::new(), models)?;
    /// assert!(client.model("route53")?.operation_names().eq(["PreviewZone"]));
    /// assert!(client.model("sqs")?.operation_names().count() > 20); // as without the source
    /// # Ok::<(), tucuxi::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a model, or if the name or the model's version would not be valid in a path.
    pub fn with_model_of(
        self,
        service: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<Self> {
        self.with_named(Some(service.into()), text.into(), Origin::Program)
    }

    /// Adds the model in a file under the name of a service, as [`with_model_of`](Self::with_model_of) does.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, or as [`with_model_of`](Self::with_model_of).
    pub fn with_file_of(self, service: impl Into<String>, path: impl AsRef<Path>) -> Result<Self> {
        self.with_named_file(Some(service.into()), path.as_ref())
    }

    /// Adds the model in a file (`.json` or `.json.gz`), as [`with_model`](Self::with_model) does.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, or as [`with_model`](Self::with_model).
    pub fn with_file(self, path: impl AsRef<Path>) -> Result<Self> {
        self.with_named_file(None, path.as_ref())
    }

    fn with_named_file(self, service: Option<String>, path: &Path) -> Result<Self> {
        let invalid = |e: &dyn fmt::Display| Error::model(format!("{}: {e}", path.display()));
        let text = read(path).map_err(|e| invalid(&e))?;
        let named = self.with_named(service, text, Origin::File(path.into()));
        named.map_err(|e| invalid(&e))
    }

    /// Service and version of each file of this kind.
    fn files(&self, kind: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().filter_map(move |path| {
            let (folder, name) = path.rsplit_once('/')?;
            (name == kind).then(|| folder.split_once('/')).flatten()
        })
    }
}

impl ModelSource for Memory {
    fn services(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = self
            .files(SERVICE)
            .map(|(service, _)| service.into())
            .collect();
        names.dedup();
        Ok(names)
    }

    fn versions(&self, service: &str, kind: &str) -> Result<Vec<String>> {
        let of_service = self.files(kind).filter(|(name, _)| *name == service);
        Ok(of_service.map(|(_, version)| version.into()).collect())
    }

    fn load(&self, path: &str) -> Result<Option<String>> {
        Ok(self.0.get(path).map(|(text, _)| text.clone()))
    }

    fn origin(&self, path: &str) -> Origin {
        let found = self.0.get(path);
        found.map_or(Origin::Program, |(_, origin)| origin.clone())
    }
}
