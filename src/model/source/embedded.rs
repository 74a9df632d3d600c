//! The models in the binary.

use std::sync::LazyLock;

use once_cell::sync::OnceCell;

use super::pack::{self, Broken, Pack};
use super::{ModelSource, Origin};
use crate::error::{Error, Result};
use crate::model::blocks::Blocks;

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

    /// The model in a file, if the file is a model in blocks.
    pub(in crate::model) fn blocks(path: &str) -> Result<Option<Blocks>> {
        match Self::read(path)? {
            Some(Stored::Blocks(blocks)) => Ok(Some(blocks)),
            _ => Ok(None),
        }
    }

    fn read(path: &str) -> Result<Option<Stored>> {
        stored(Self::pack()?, path).map_err(|e| Error::model(format!("the embedded {path}: {e}")))
    }
}

/// What an entry of a pack contains.
enum Stored {
    Text(String),
    Blocks(Blocks),
}

fn stored(pack: &'static Pack<'static>, path: &str) -> Result<Option<Stored>, Broken> {
    let Some(frames) = pack.frames(path)? else {
        return Ok(None);
    };
    let [first, blocks @ ..] = &*frames else {
        return Err(Broken);
    };
    let first = pack.unpack(first)?;
    if !Blocks::is_front(&first) {
        return Ok(Some(Stored::Text(first)));
    }
    let (own, blocks) = match Blocks::has_dictionary(&first) {
        true => blocks.split_first().map(|(own, rest)| (Some(*own), rest)),
        false => Some((None, blocks)),
    }
    .ok_or(Broken)?;
    let (blocks, path): (Box<[_]>, Box<str>) = (blocks.into(), path.into());
    let dictionary = OnceCell::new();
    let read = move |block: usize| {
        let unpacked = match (blocks.get(block), own) {
            (None, _) => Err(Broken),
            (Some(frame), None) => pack.unpack(frame),
            (Some(frame), Some(own)) => dictionary
                .get_or_try_init(|| pack.dictionary(own))
                .and_then(|dictionary| pack::unpack(dictionary, frame)),
        };
        unpacked.map_err(|e| format!("the embedded {path}: {e}"))
    };
    Ok(Some(Stored::Blocks(Blocks::new(first, read))))
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
        Ok(match Self::read(path)? {
            None => None,
            Some(Stored::Text(text)) => Some(text),
            Some(Stored::Blocks(blocks)) => Some(blocks.text().map_err(Error::model)?),
        })
    }

    fn origin(&self, _path: &str) -> Origin {
        Origin::Embedded
    }

    fn is_embedded(&self) -> bool {
        true
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
