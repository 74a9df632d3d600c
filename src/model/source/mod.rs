//! Sources of models.
//!
//! ```text
//! AWS_DATA_PATH (or data_path) ──► ~/.aws/models ──► embedded        the first that has a file
//!           folder, folder, …
//! ```
//! Data files have paths without an extension: `s3/2006-03-01/service-2`, `partitions`. Each kind of a service's files is taken in its
//! newest version in any source. A file `….sdk-extras` next to one, in any source, is merged into it.

mod directory;
#[cfg(feature = "embedded")]
mod embedded;
mod extras;
mod memory;
mod origin;
#[cfg(feature = "embedded")]
pub(crate) mod pack;

pub use self::directory::Directory;
#[cfg(feature = "cli")]
pub(crate) use self::directory::{PUBLISHED, folders, read, text};
#[cfg(feature = "embedded")]
pub use self::embedded::Embedded;
pub(crate) use self::extras::merge_extras;
pub use self::memory::Memory;
pub use self::origin::{DataFile, Origin};

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use super::UnknownName;
use super::blocks::Blocks;
use super::recognise;
use crate::error::{Error, Result};
use crate::file;
use crate::names;

/// The kinds of a service's data files.
pub(crate) const SERVICE: &str = "service-2";
pub(crate) const ENDPOINT_RULES: &str = "endpoint-rule-set-1";
pub(crate) const EXAMPLES: &str = "examples-1";
pub(crate) const PAGINATORS: &str = "paginators-1";
pub(crate) const RESOURCES: &str = "resources-1";
pub(crate) const WAITERS: &str = "waiters-2";

/// All of them.
const KINDS: [&str; 6] = [
    SERVICE,
    ENDPOINT_RULES,
    EXAMPLES,
    PAGINATORS,
    RESOURCES,
    WAITERS,
];

/// What follows the name of a data file in that of its extras.
const EXTRAS: &str = ".sdk-extras";

/// What follows the name of rules in the name of their outline, which only the pack has.
pub(crate) const OUTLINE: &str = ".outline";

/// A model that was loaded.
pub(crate) enum Loaded {
    /// The whole text.
    Text(String),
    /// A model of the pack.
    #[cfg_attr(not(feature = "embedded"), allow(dead_code))]
    Blocks(Blocks),
}

/// The text of a data file, and where its parts are, if that is known.
pub(crate) struct Outlined {
    pub(crate) text: String,
    pub(crate) outline: Option<String>,
}

/// A source of models: data files by path, as [`Client::with_models`](crate::Client::with_models) takes them.
///
/// ```
/// use tucuxi::model::ModelSource;
/// # use tucuxi::{Client, Config, transport::Replay};
///
/// /// A model that is compiled into the program.
/// struct Tower;
///
/// impl ModelSource for Tower {
///     fn services(&self) -> tucuxi::Result<Vec<String>> {
///         Ok(vec!["tower".into()])
///     }
///
///     fn versions(&self, service: &str, kind: &str) -> tucuxi::Result<Vec<String>> {
///         let is_known = (service, kind) == ("tower", "service-2");
///         Ok(is_known.then(|| "2024-01-01".into()).into_iter().collect())
///     }
///
///     fn load(&self, path: &str) -> tucuxi::Result<Option<String>> {
///         let model = r#"{"metadata": {"protocol": "json"}, "operations": {"RingBell": {}}, "shapes": {}}"#;
///         Ok((path == "tower/2024-01-01/service-2").then(|| model.into()))
///     }
/// }
/// ```
pub trait ModelSource: Send + Sync {
    /// Returns the names of the services that the source has a model of, in any order.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be read.
    fn services(&self) -> Result<Vec<String>>;

    /// Returns the versions of a service for which the source has this kind of file (`service-2`, `paginators-1`, …), in any order.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be read.
    fn versions(&self, service: &str, kind: &str) -> Result<Vec<String>>;

    /// Returns the text of a data file: `s3/2006-03-01/service-2`, `partitions`; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read.
    fn load(&self, path: &str) -> Result<Option<String>>;

    /// Returns where a data file that the source has comes from. The default is the program.
    fn origin(&self, path: &str) -> Origin {
        let _ = path;
        Origin::Program
    }

    /// Returns a number that differs after a change of a service's data files, for
    /// [`watch_models`](crate::ConfigBuilder::watch_models). The default is 0: the files never change.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be read.
    fn revision(&self, service: &str) -> Result<u64> {
        let _ = service;
        Ok(0)
    }

    /// Whether this is [`Embedded`](crate::model::Embedded), whose models need not be read as a whole.
    #[doc(hidden)]
    fn is_embedded(&self) -> bool {
        false
    }
}

/// Several sources, in order of precedence.
#[derive(Clone, Default)]
pub(crate) struct Models {
    sources: Vec<Arc<dyn ModelSource>>,
    /// Only embedded models are used, so that parsed data can be shared by the whole process.
    is_embedded_only: bool,
}

impl Models {
    /// The sources before the embedded models, and those.
    pub(crate) fn new(sources: Vec<Arc<dyn ModelSource>>) -> Self {
        #[cfg_attr(not(feature = "embedded"), allow(unused_mut))]
        let mut this = Self {
            is_embedded_only: cfg!(feature = "embedded") && sources.is_empty(),
            sources,
        };
        #[cfg(feature = "embedded")]
        this.sources.push(Arc::new(Embedded));
        this
    }

    /// Adds a source that precedes all others.
    pub(crate) fn push_front(&mut self, source: Arc<dyn ModelSource>) {
        self.is_embedded_only = false;
        self.sources.insert(0, source);
    }

    pub(crate) fn is_embedded_only(&self) -> bool {
        self.is_embedded_only
    }

    /// The names of all services, sorted.
    pub(crate) fn services(&self) -> Result<Vec<String>> {
        let mut names = BTreeSet::new();
        for source in &self.sources {
            names.extend(source.services()?);
        }
        Ok(names.into_iter().collect())
    }

    /// The names of the services that have a file of this kind, sorted.
    pub(crate) fn services_with(&self, kind: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for service in self.services()? {
            if self.newest(&service, kind)?.is_some() {
                found.push(service);
            }
        }
        Ok(found)
    }

    /// Loads a service's file of this kind in its newest version.
    pub(crate) fn load(&self, service: &str, kind: &str) -> Result<Option<String>> {
        match self.newest(service, kind)? {
            Some(version) => self.load_path(&format!("{service}/{version}/{kind}")),
            None => Ok(None),
        }
    }

    /// Loads a service's file of this kind with its outline, in its newest version, or in exactly this version.
    pub(crate) fn load_outlined(
        &self,
        service: &str,
        version: Option<&str>,
        kind: &str,
    ) -> Result<Option<Outlined>> {
        let Some(path) = self.path(service, version, kind)? else {
            return Ok(None);
        };
        for source in &self.sources {
            let Some(text) = source.load(&path)? else {
                continue;
            };
            let (text, has_extras) = self.with_extras(&path, text)?;
            let outline = match has_extras {
                true => None,
                false => source.load(&format!("{path}{OUTLINE}"))?,
            };
            return Ok(Some(Outlined { text, outline }));
        }
        Ok(None)
    }

    /// Loads a model in its newest version, or in exactly this version.
    pub(crate) fn model(&self, service: &str, version: Option<&str>) -> Result<Option<Loaded>> {
        let Some(path) = self.path(service, version, SERVICE)? else {
            return Ok(None);
        };
        for source in &self.sources {
            #[cfg(feature = "embedded")]
            if source.is_embedded()
                && self.first(&format!("{path}{EXTRAS}"))?.is_none()
                && let Some(blocks) = Embedded::blocks(&path)?
            {
                return Ok(Some(Loaded::Blocks(blocks)));
            }
            if let Some(text) = source.load(&path)? {
                let (text, _) = self.with_extras(&path, text)?;
                return Ok(Some(Loaded::Text(text)));
            }
        }
        Ok(None)
    }

    /// The path of a service's file in its newest version, or in exactly this version.
    fn path(&self, service: &str, version: Option<&str>, kind: &str) -> Result<Option<String>> {
        let newest = || self.newest(service, kind);
        let version = version.map_or_else(newest, |version| Ok(Some(version.into())))?;
        let version = version.filter(|version| is_name(service) && is_name(version));
        Ok(version.map(|version| format!("{service}/{version}/{kind}")))
    }

    /// Loads a service's file of this kind in exactly this version.
    pub(crate) fn load_version(
        &self,
        service: &str,
        version: &str,
        kind: &str,
    ) -> Result<Option<String>> {
        match is_name(service) && is_name(version) {
            true => self.load_path(&format!("{service}/{version}/{kind}")),
            false => Ok(None),
        }
    }

    /// The versions of a service's API that any source has, sorted.
    pub(crate) fn versions(&self, service: &str) -> Result<Vec<String>> {
        let mut all = BTreeSet::new();
        for source in self.sources.iter().filter(|_| is_name(service)) {
            all.extend(source.versions(service, SERVICE)?);
        }
        Ok(all.into_iter().collect())
    }

    /// The files that any source has of a service, by kind, the newest version first and then in order of precedence. Used are those of
    /// this version, or else of the newest.
    pub(crate) fn files(&self, service: &str, version: Option<&str>) -> Result<Vec<DataFile>> {
        let mut files = Vec::new();
        let kinds = KINDS.map(|kind| (kind.to_owned(), format!("{kind}{EXTRAS}")));
        for (kind, extras) in &kinds {
            let used = match version {
                Some(version) => Some(version.to_owned()),
                None => self.newest(service, kind)?,
            };
            for kind in [kind, extras] {
                let mut found = Vec::new();
                for source in self.sources.iter().filter(|_| is_name(service)) {
                    for version in source.versions(service, kind)? {
                        let is_first = found.iter().all(|file: &DataFile| file.version != version);
                        found.push(DataFile {
                            origin: source.origin(&format!("{service}/{version}/{kind}")),
                            is_used: is_first && used.as_deref() == Some(&*version),
                            kind: kind.clone(),
                            version,
                        });
                    }
                }
                found.sort_by(|a, b| b.version.cmp(&a.version));
                files.extend(found);
            }
        }
        Ok(files)
    }

    /// A number that differs after a change of a service's files in any source.
    pub(crate) fn revision(&self, service: &str) -> Result<u64> {
        let mut hasher = DefaultHasher::new();
        for source in self.sources.iter().filter(|_| is_name(service)) {
            hasher.write_u64(source.revision(service)?);
        }
        Ok(hasher.finish())
    }

    /// The newest version of a service's file in any source.
    fn newest(&self, service: &str, kind: &str) -> Result<Option<String>> {
        let mut newest: Option<String> = None;
        for source in self.sources.iter().filter(|_| is_name(service)) {
            let mut versions = source.versions(service, kind)?;
            versions.retain(|version| is_name(version));
            newest = newest.into_iter().chain(versions).max();
        }
        Ok(newest)
    }

    /// Loads a data file, with its extras merged in.
    pub(crate) fn load_path(&self, path: &str) -> Result<Option<String>> {
        let text = self.first(path)?;
        let whole = text.map(|text| self.with_extras(path, text)).transpose()?;
        Ok(whole.map(|(text, _)| text))
    }

    /// Merges the extras of a data file into its text, and returns whether there are any.
    fn with_extras(&self, path: &str, text: String) -> Result<(String, bool)> {
        match self.first(&format!("{path}{EXTRAS}"))? {
            None => Ok((text, false)),
            Some(extras) => match merge_extras(&text, &extras) {
                Ok(merged) => Ok((merged, true)),
                Err(e) => Err(Error::model(format!("{path}.sdk-extras: {e}"))),
            },
        }
    }

    fn first(&self, path: &str) -> Result<Option<String>> {
        for source in &self.sources {
            if let Some(text) = source.load(path)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// Finds the folder of a service by its name or id; case and punctuation are ignored: `application-autoscaling`,
    /// `ApplicationAutoScaling`, `application_auto_scaling`.
    pub(crate) fn folder_name(&self, called: &str) -> Result<String> {
        let all = self.services()?;
        let plain = names::plain(called);
        if let Some(name) = all.iter().find(|name| names::plain(name) == plain) {
            return Ok(name.clone());
        }
        for name in &all {
            let id = match self.model(name, None)? {
                None => continue,
                Some(Loaded::Text(text)) => recognise::service_id(&text),
                Some(Loaded::Blocks(blocks)) => blocks.head().and_then(recognise::service_id),
            };
            if id.is_ok_and(|id| names::plain(&id) == plain) {
                return Ok(name.clone());
            }
        }
        Err(Error::model(UnknownName {
            what: "service",
            name: called.into(),
            place: "the model folders or the binary".into(),
            nearest: names::nearest(called, all.iter().map(|name| &**name))
                .into_iter()
                .map(Into::into)
                .collect(),
        }))
    }
}

/// Whether the name of a service or version is a single path component.
fn is_name(name: &str) -> bool {
    file::portable_fault(name).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(sources: Vec<Memory>) -> Models {
        let mut models = Models::default();
        for source in sources.into_iter().rev() {
            models.push_front(Arc::new(source));
        }
        models
    }

    const HOOD: &str = r#"{"metadata": {"serviceId": "Robin Hood"}}"#;

    #[test]
    fn the_newest_version_wins_and_then_the_first_source() {
        let models = models(vec![
            Memory::new().with("a/2020-01-01/service-2", "old"),
            Memory::new()
                .with("a/2021-01-01/service-2", "new")
                .with("a/2020-01-01/paginators-1", "pages"),
            Memory::new().with("a/2021-01-01/service-2", "shadowed"),
        ]);
        let load = |kind| models.load("a", kind).unwrap();
        assert_eq!(load("service-2").as_deref(), Some("new"));
        assert_eq!(load("paginators-1").as_deref(), Some("pages"));
        assert_eq!(load("waiters-2"), None);
    }

    #[test]
    fn extras_are_merged_from_any_source() {
        let models = models(vec![
            Memory::new().with("a/1/service-2.sdk-extras", r#"{"merge": {"x": {"z": 2}}}"#),
            Memory::new().with("a/1/service-2", r#"{"x":{"y":1}}"#),
        ]);
        let text = models.load("a", SERVICE).unwrap();
        assert_eq!(text.as_deref(), Some(r#"{"x":{"y":1,"z":2}}"#));
    }

    #[test]
    fn a_service_is_found_by_all_its_names() {
        let models = models(vec![
            Memory::new()
                .with("thief-of-sherwood/1/service-2", HOOD)
                .with("s3/1/service-2", "{}"),
        ]);
        for called in [
            "thief-of-sherwood",
            "ThiefOfSherwood",
            "robin_hood",
            "Robin Hood",
        ] {
            let found = models.folder_name(called).unwrap();
            assert_eq!(&*found, "thief-of-sherwood", "{called}");
        }
        let error = models
            .folder_name("thief-of-sherwod")
            .unwrap_err()
            .to_string();
        assert!(error.contains("did you mean thief-of-sherwood?"), "{error}");
    }

    #[test]
    fn a_name_outside_the_folder_is_not_a_service() {
        let models = models(vec![
            Memory::new()
                .with("../1/service-2", "x")
                .with("a/../service-2", "x"),
        ]);
        assert_eq!(models.load("..", SERVICE).unwrap(), None);
        assert_eq!(models.load("a", SERVICE).unwrap(), None);
    }
}
