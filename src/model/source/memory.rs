//! Models in the program's memory.

use std::collections::BTreeMap;

use super::{ModelSource, SERVICE};
use crate::error::Result;

/// Data files in memory.
///
/// ```
/// use tucuxi::model::{Memory, ModelSource};
///
/// let models = Memory::new().with("tower/2024-01-01/service-2", r#"{"metadata": {}}"#);
/// assert_eq!(&*models.services()?[0], "tower");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a source is for a client"]
pub struct Memory(BTreeMap<String, String>);

impl Memory {
    /// Creates a source without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file by its path without an extension: `tower/2024-01-01/service-2`, `partitions`.
    pub fn with(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.insert(path.into(), text.into());
        self
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
        Ok(self.0.get(path).cloned())
    }
}
