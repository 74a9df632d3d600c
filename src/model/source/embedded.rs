//! The models in the binary.

use std::sync::LazyLock;

use super::pack::{Broken, Pack};
use super::{ModelSource, Origin};
use crate::error::{Error, Result};

/// The models in the binary: all services of the release that `data/README.md` names.
///
/// ```
/// use tucuxi::model::{Embedded, ModelSource};
///
/// assert_eq!(&*Embedded.versions("s3", "service-2")?[0], "2006-03-01");
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

/// Made from `data/models` with `tucuxi models pack`; a test compares them.
static BYTES: &[u8] = include_bytes!("../../../data/models.pack");

impl Embedded {
    fn pack() -> Result<&'static Pack<'static>> {
        static PACK: LazyLock<Result<Pack<'static>, Broken>> = LazyLock::new(|| Pack::new(BYTES));
        PACK.as_ref()
            .map_err(|e| Error::model(format!("the embedded models: {e}")))
    }
}

impl ModelSource for Embedded {
    fn services(&self) -> Result<Vec<String>> {
        let pack = Self::pack()?;
        let mut names: Vec<String> = pack
            .names()
            .filter(|path| path.ends_with("/service-2"))
            .filter_map(|path| Some(path.split_once('/')?.0.into()))
            .collect();
        names.dedup();
        Ok(names)
    }

    fn versions(&self, service: &str, kind: &str) -> Result<Vec<String>> {
        let pack = Self::pack()?;
        let version = |path: &str| {
            let (version, found) = path
                .strip_prefix(service)?
                .strip_prefix('/')?
                .split_once('/')?;
            (found == kind).then(|| version.into())
        };
        let behind = pack.names_from(service);
        Ok(behind
            .take_while(|path| path.starts_with(service))
            .filter_map(version)
            .collect())
    }

    fn load(&self, path: &str) -> Result<Option<String>> {
        Self::pack()?
            .read(path)
            .map_err(|e| Error::model(format!("the embedded {path}: {e}")))
    }

    fn origin(&self, _path: &str) -> Origin {
        Origin::Embedded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_one_version_each() {
        for service in Embedded.services().unwrap() {
            let versions = Embedded.versions(&service, "service-2").unwrap();
            assert_eq!(versions.len(), 1, "{service}");
        }
    }

    #[test]
    fn a_missing_file_is_none() {
        assert_eq!(Embedded.load("s3/1999-01-01/service-2").unwrap(), None);
        assert!(Embedded.versions("s", "service-2").unwrap().is_empty());
    }
}
