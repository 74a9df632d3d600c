//! Models that the program holds itself.

use std::collections::BTreeMap;

use super::{ModelSource, SERVICE};
use crate::error::Result;

/// Data files in memory, by path.
///
/// ```
/// use tucuxi::model::{Memory, ModelSource};
///
/// let models = Memory::new().with("tower/2024-01-01/service-2", r#"{"metadata": {}}"#);
/// assert_eq!(&*models.services()?[0], "tower");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory(BTreeMap<Box<str>, Box<str>>);

impl Memory {
    /// One without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this file, under its path without an extension: `tower/2024-01-01/service-2`, `partitions`.
    #[must_use]
    pub fn with(mut self, path: impl Into<Box<str>>, text: impl Into<Box<str>>) -> Self {
        self.0.insert(path.into(), text.into());
        self
    }

    /// Service and version of the files of this kind.
    fn files(&self, kind: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().filter_map(move |path| {
            let (folder, name) = path.rsplit_once('/')?;
            (name == kind).then(|| folder.split_once('/')).flatten()
        })
    }
}

impl ModelSource for Memory {
    fn services(&self) -> Result<Vec<Box<str>>> {
        let mut names: Vec<Box<str>> = self
            .files(SERVICE)
            .map(|(service, _)| service.into())
            .collect();
        names.dedup();
        Ok(names)
    }

    fn versions(&self, service: &str, kind: &str) -> Result<Vec<Box<str>>> {
        let of_service = self.files(kind).filter(|(name, _)| *name == service);
        Ok(of_service.map(|(_, version)| version.into()).collect())
    }

    fn load(&self, path: &str) -> Result<Option<Box<str>>> {
        Ok(self.0.get(path).cloned())
    }
}
