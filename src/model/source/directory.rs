//! A folder of models, in one of two layouts.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::{ModelSource, Origin, SERVICE};
use crate::error::{Error, Result};
use crate::file;

/// The maximum size of a data file, compressed or not, in bytes. The largest that AWS publishes has 5 MB.
pub(crate) const LARGEST: u64 = 64 << 20;

/// The folder of a service's versions in the layout of AWS's repository of Smithy models.
pub(crate) const PUBLISHED: &str = "service";

/// A folder with the layout of botocore's `data`, or of `models` in the repository in which AWS publishes its Smithy models:
/// `<service>/<version>/service-2.json` or `<service>/service/<version>/<service>-<version>.json`. Each file may be compressed
/// (`.json.gz`) and may be in either dialect.
///
/// Names consist of ASCII letters, digits, `-`, `_` and `.`, and do not lead to another folder; others are ignored. A data file is a
/// file or a link to one, with at most 64 MiB, decompressed too.
///
/// ```
/// use tucuxi::model::{Directory, ModelSource};
///
/// assert!(Directory::new("/no/such/folder").services()?.is_empty());
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// Reads models from this folder. A folder that does not exist has none.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The files that a data file may be, in order of precedence.
    fn files(&self, path: &str) -> impl Iterator<Item = PathBuf> {
        let published = match path.split('/').collect::<Vec<_>>()[..] {
            [service, version, SERVICE] => Some(format!(
                "{service}/{PUBLISHED}/{version}/{service}-{version}"
            )),
            _ => None,
        };
        let names = [Some(path.to_owned()), published].into_iter().flatten();
        names.flat_map(|name| {
            ["json", "json.gz"].map(|extension| self.root.join(format!("{name}.{extension}")))
        })
    }

    /// Whether there is a file with this name. One that cannot be read is an error when it is loaded.
    fn has(&self, service: &str, version: &str, kind: &str) -> bool {
        let path = format!("{service}/{version}/{kind}");
        is_path(&path) && self.files(&path).any(|file| file.exists())
    }
}

impl ModelSource for Directory {
    fn services(&self) -> Result<Vec<String>> {
        let mut services = folders(&self.root)?;
        let mut fault = None;
        services.retain(|service| match self.versions(service, SERVICE) {
            Ok(versions) => !versions.is_empty(),
            Err(error) => {
                fault = Some(error);
                false
            }
        });
        fault.map_or(Ok(services), Err)
    }

    fn versions(&self, service: &str, kind: &str) -> Result<Vec<String>> {
        if !is_path(service) {
            return Ok(Vec::new());
        }
        let folder = self.root.join(service);
        let mut versions = folders(&folder)?;
        versions.extend(folders(&folder.join(PUBLISHED))?);
        versions.sort_unstable();
        versions.dedup();
        versions.retain(|version| self.has(service, version, kind));
        Ok(versions)
    }

    fn load(&self, path: &str) -> Result<Option<String>> {
        if !is_path(path) {
            return Ok(None);
        }
        for file in self.files(path) {
            match read(&file) {
                Ok(text) => return Ok(Some(text)),
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(failed(&file, &error)),
            }
        }
        Ok(None)
    }

    fn origin(&self, path: &str) -> Origin {
        let found = self.files(path).find(|file| file.exists());
        Origin::File(found.unwrap_or_else(|| self.root.join(path)))
    }

    /// The names, sizes and times of the service's files.
    fn revision(&self, service: &str) -> Result<u64> {
        let mut hasher = DefaultHasher::new();
        if !is_path(service) {
            return Ok(hasher.finish());
        }
        let mut folders_left = vec![(self.root.join(service), 0)];
        while let Some((folder, depth)) = folders_left.pop() {
            for name in folders(&folder)?.into_iter().filter(|_| depth < 2) {
                folders_left.push((folder.join(name), depth + 1));
            }
            for (name, metadata) in regular_files(&folder)? {
                (&folder, name, metadata.len(), metadata.modified().ok()).hash(&mut hasher);
            }
        }
        Ok(hasher.finish())
    }
}

/// The files in a folder, sorted; none if it does not exist. Those that vanish meanwhile are left out.
fn regular_files(folder: &Path) -> Result<Vec<(OsString, fs::Metadata)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, &error)),
    };
    let files = entries.flatten().filter_map(|entry| {
        let metadata = fs::metadata(entry.path()).ok()?;
        metadata.is_file().then(|| (entry.file_name(), metadata))
    });
    let mut files: Vec<_> = files.collect();
    files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(files)
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Whether a path stays below the folder to which it is joined.
fn is_path(path: &str) -> bool {
    path.split('/')
        .all(|name| file::portable_fault(name).is_none())
}

/// The names of the folders in this one; none if it does not exist.
pub(crate) fn folders(path: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(failed(path, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| failed(path, &e))?;
        // other names are not those of services or versions
        if let Ok(name) = entry.file_name().into_string()
            && is_path(&name)
            && entry.path().is_dir()
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Reads the text of a file, decompressed if its name ends with `.gz`.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    text(file::open(path)?, is_packed)
}

/// Reads the text of a data file of at most [`LARGEST`] bytes, decompressed if necessary.
pub(crate) fn text(reader: impl io::Read, is_packed: bool) -> io::Result<String> {
    let bytes = match is_packed {
        true => file::read_all(MultiGzDecoder::new(reader), LARGEST),
        false => file::read_all(reader, LARGEST),
    }?;
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::model(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn plain_files_come_before_packed_ones() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/1");
        fs::create_dir_all(&folder).unwrap();
        let gz = fs::File::create(folder.join("service-2.json.gz")).unwrap();
        let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
        gz.write_all(b"packed").unwrap();
        gz.finish().unwrap();
        let source = Directory::new(root.path());
        let load = || source.load("a/1/service-2").unwrap();
        assert_eq!(load().as_deref(), Some("packed"));
        fs::write(folder.join("service-2.json"), "plain").unwrap();
        assert_eq!(load().as_deref(), Some("plain"));
        assert_eq!(source.services().unwrap(), [String::from("a")]);
    }

    #[test]
    fn a_broken_file_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/1")).unwrap();
        fs::write(root.path().join("a/1/service-2.json.gz"), "not packed").unwrap();
        let error = Directory::new(root.path())
            .load("a/1/service-2")
            .unwrap_err();
        assert!(error.to_string().contains("service-2.json.gz: "), "{error}");
    }

    #[test]
    fn a_name_outside_the_folder_is_ignored() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["models/a/1", "other/1"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
            let file = root.path().join(folder).join("service-2.json");
            fs::write(file, "{}").unwrap();
        }
        let source = Directory::new(root.path().join("models"));
        assert!(source.load("a/1/service-2").unwrap().is_some());
        let outside = root.path().join("other").display().to_string();
        for service in [
            "../other",
            "..",
            ".",
            "",
            "a/../../other",
            "/",
            &outside,
            "a\0",
        ] {
            assert!(
                source.versions(service, SERVICE).unwrap().is_empty(),
                "{service:?}"
            );
            let path = format!("{service}/1/service-2");
            assert_eq!(source.load(&path).unwrap(), None, "{path:?}");
        }
        assert!(
            source
                .versions("a", "../../../other/1/service-2")
                .unwrap()
                .is_empty()
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_data_file_must_be_regular_and_bounded() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = root.path().join(name).join("1");
            fs::create_dir_all(&folder).unwrap();
            folder
        };
        let fifo = folder("fifo").join("service-2.json");
        let made = std::process::Command::new("mkfifo").arg(fifo).status();
        assert!(made.unwrap().success());
        std::os::unix::fs::symlink("/dev/zero", folder("device").join("service-2.json")).unwrap();
        fs::create_dir(folder("folder").join("service-2.json")).unwrap();
        let bomb = fs::File::create(folder("bomb").join("service-2.json.gz")).unwrap();
        let mut bomb = flate2::write::GzEncoder::new(bomb, flate2::Compression::fast());
        io::copy(
            &mut io::Read::take(io::repeat(b' '), LARGEST + 1),
            &mut bomb,
        )
        .unwrap();
        bomb.finish().unwrap();
        fs::write(folder("bytes").join("service-2.json"), b"\xff").unwrap();
        let source = Directory::new(root.path());
        for (service, expected) in [
            ("bomb", "service-2.json.gz: it is larger than 64 MiB"),
            ("bytes", "service-2.json: it is not UTF-8"),
            (
                "device",
                "service-2.json: it is a pipe, a socket or a device",
            ),
            ("fifo", "service-2.json: it is a pipe, a socket or a device"),
            ("folder", "service-2.json: it is a folder"),
        ] {
            assert_eq!(
                source.versions(service, SERVICE).unwrap(),
                [String::from("1")],
                "{service}"
            );
            let error = source.load(&format!("{service}/1/service-2")).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_folder_that_does_not_exist_is_empty() {
        let source = Directory::new("/nowhere/at/all");
        assert!(source.services().unwrap().is_empty());
        assert_eq!(source.load("partitions").unwrap(), None);
    }
}
