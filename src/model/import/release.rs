//! A release to import: a wheel, or a folder.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::error::ImportError;
use crate::file;
use crate::model::{EXAMPLES, SERVICE, source};

/// The files that are imported of each service.
pub(super) const KINDS: [&str; 6] = [
    "endpoint-rule-set-1",
    EXAMPLES,
    "paginators-1",
    "resources-1",
    "service-2",
    "waiters-2",
];

/// The other files that are imported.
pub(super) const COMMON: [&str; 3] = ["endpoints", "partitions", "sdk-default-configuration"];

/// The limits of a source.
#[derive(Clone, Copy)]
struct Limits {
    /// Bytes of a wheel. Its list of files is read into memory first.
    wheel: u64,
    /// Number of files.
    files: usize,
    /// Bytes of all texts, decompressed.
    texts: usize,
}

impl Limits {
    const USUAL: Self = Self {
        wheel: 64 << 20,
        files: 100_000,
        texts: 512 << 20,
    };
}

/// The data files of a release, by path without extension: `s3/2006-03-01/service-2`.
pub(super) struct Release {
    source: PathBuf,
    /// The place of each file: a path in the wheel or below the folder.
    files: BTreeMap<String, String>,
    archive: Option<RefCell<ZipArchive<BufReader<File>>>>,
    limits: Limits,
    /// The bytes of texts read so far.
    read: Cell<usize>,
}

impl Release {
    pub(super) fn open(source: &Path) -> Result<Self, ImportError> {
        Self::open_within(source, Limits::USUAL)
    }

    /// Opens an archive that is read from time to time, so that what is read in all is not limited.
    pub(super) fn open_archive(source: &Path) -> Result<Self, ImportError> {
        let texts = usize::MAX;
        Self::open_within(
            source,
            Limits {
                texts,
                ..Limits::USUAL
            },
        )
    }

    fn open_within(source: &Path, limits: Limits) -> Result<Self, ImportError> {
        let metadata = fs::metadata(source).map_err(ImportError::io(source))?;
        let mut this = Self {
            source: source.to_path_buf(),
            files: BTreeMap::new(),
            archive: None,
            limits,
            read: Cell::new(0),
        };
        match metadata.is_dir() {
            true => this.list_folder("")?,
            false => this.list_wheel()?,
        }
        Ok(this)
    }

    fn list_wheel(&mut self) -> Result<(), ImportError> {
        let broken = |e: zip::result::ZipError| ImportError::Broken {
            file: self.source.display().to_string(),
            what: format!("it is not a wheel: {e}"),
        };
        let file = file::open(&self.source).map_err(ImportError::io(&self.source))?;
        let len = file
            .metadata()
            .map_err(ImportError::io(&self.source))?
            .len();
        if len > self.limits.wheel {
            return Err(ImportError::io(&self.source)(file::too_large(
                self.limits.wheel,
            )));
        }
        let archive = ZipArchive::new(BufReader::new(file)).map_err(broken)?;
        self.check_count(archive.len())?;
        let names: Result<Vec<String>, _> =
            archive.file_names().map(|name| Ok(name?.into())).collect();
        for name in names.map_err(broken)? {
            // `botocore/data/…`, `api-models-aws-main/models/…`
            let found = ["/data/", "/models/"]
                .iter()
                .find_map(|folder| name.split_once(folder));
            if let Some((_, path)) = found {
                let path = path.to_owned();
                self.add(&path, name)?;
            }
        }
        self.archive = Some(RefCell::new(archive));
        Ok(())
    }

    /// Lists a folder below the source, at most as deep as files of a service are.
    fn list_folder(&mut self, below: &str) -> Result<(), ImportError> {
        let folder = self.source.join(below);
        for entry in fs::read_dir(&folder).map_err(ImportError::io(&folder))? {
            let entry = entry.map_err(ImportError::io(&folder))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue; // no name of a data file
            };
            let path = match below {
                "" => name,
                below => format!("{below}/{name}"),
            };
            match entry.path().is_dir() {
                true if may_have_models(&path) => self.list_folder(&path)?,
                true => {}
                false => self.add(&path.clone(), path)?,
            }
        }
        Ok(())
    }

    fn check_count(&self, count: usize) -> Result<(), ImportError> {
        match self.limits.files {
            most if count > most => Err(self.refused(format!("it has more than {most} files"))),
            _ => Ok(()),
        }
    }

    fn refused(&self, what: String) -> ImportError {
        ImportError::Broken {
            file: self.source.display().to_string(),
            what,
        }
    }

    /// Adds a file. A plain file precedes a compressed one. A Smithy model takes the place of `service-2`.
    fn add(&mut self, path: &str, place: String) -> Result<(), ImportError> {
        let (path, is_packed) = match path.strip_suffix(".gz") {
            Some(path) => (path, true),
            None => (path, false),
        };
        let Some(path) = path.strip_suffix(".json") else {
            return Ok(());
        };
        let published = published(path);
        let path = published.as_deref().unwrap_or(path);
        let kind = path.rsplit('/').next().unwrap_or_default();
        let kind = kind.strip_suffix(".sdk-extras").unwrap_or(kind);
        if !KINDS.contains(&kind) && !COMMON.contains(&kind) {
            return Ok(());
        }
        // the parts become names of files that are written
        if let Some(fault) = path.split('/').find_map(file::portable_fault) {
            return Err(self.refused(format!("the file {place:?} cannot be imported: {fault}")));
        }
        match is_packed {
            false => drop(self.files.insert(path.into(), place)),
            true => drop(self.files.entry(path.into()).or_insert(place)),
        }
        self.check_count(self.files.len())
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(|path| &**path)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The place of a file, for errors.
    pub(super) fn place(&self, path: &str) -> String {
        self.source.join(self.inside(path)).display().to_string()
    }

    /// The path of a file in the wheel or below the folder.
    pub(super) fn inside<'p>(&'p self, path: &'p str) -> &'p str {
        self.files.get(path).map_or(path, |place| place)
    }

    /// The text of a file, decompressed.
    pub(super) fn text(&self, path: &str) -> Result<String, ImportError> {
        let broken = |what: String| ImportError::Broken {
            file: self.place(path),
            what,
        };
        let place = self
            .files
            .get(path)
            .ok_or_else(|| broken("no such file".into()))?;
        let text = self.unpack(place).map_err(|e| broken(e.to_string()))?;
        self.read.set(self.read.get().saturating_add(text.len()));
        match self.limits.texts {
            most if self.read.get() > most => Err(self.refused(format!(
                "its files have more than {} MiB when decompressed",
                most >> 20
            ))),
            _ => Ok(text),
        }
    }

    fn unpack(&self, place: &str) -> io::Result<String> {
        let Some(archive) = &self.archive else {
            return source::read(&self.source.join(place));
        };
        let mut archive = archive.borrow_mut();
        let file = archive.by_name(place).map_err(io::Error::other)?;
        source::text(file, place.ends_with(".gz"))
    }
}

/// Whether a folder may have data files: `<service>/<version>`, or `<service>/service/<version>` in AWS's repository of models.
fn may_have_models(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        [first, ..] if first.starts_with('.') => false,
        [_, source::PUBLISHED, _] => true,
        _ => parts.len() < 3,
    }
}

/// The path of a model, without extension, for a file of AWS's repository of models: `s3/service/2006-03-01/s3-2006-03-01`.
fn published(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let [service, source::PUBLISHED, version, name] = parts[..] else {
        return None;
    };
    let is_model = name.strip_prefix(service)?.strip_prefix('-')? == version;
    is_model.then(|| format!("{service}/{version}/{SERVICE}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};

    fn wheel(entries: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut zip = ZipWriter::new(file.reopen().unwrap());
        for (name, bytes) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
        file
    }

    fn refusal(source: &Path) -> String {
        let root = tempfile::tempdir().unwrap();
        let into = root.path().join("deep/models");
        let error = super::super::import(source, &into, super::super::ImportOptions::default());
        let error = error.expect_err("it is refused").to_string();
        assert!(
            !root.path().join("deep").exists(),
            "nothing is written: {error}"
        );
        error
    }

    const MODEL: &[u8] = br#"{"metadata": {}, "operations": {}, "shapes": {}}"#;

    #[test]
    fn a_name_outside_the_folder_refuses_the_wheel() {
        let long = format!("botocore/data/{}/1/service-2.json", "a".repeat(300));
        for name in [
            "botocore/data//abs/service-2.json",
            "botocore/data/../../service-2.json",
            "botocore/data/../other/service-2.json",
            "botocore/data/tower/../service-2.json",
            "botocore/data/tower/./service-2.json",
            "botocore/data/tower//service-2.json",
            "botocore/data/../service-2.json",
            "botocore/data/../partitions.json",
            "botocore/data//partitions.json",
            "botocore/data/..\\..\\tower/1/service-2.json",
            "botocore/data/C:/1/service-2.json",
            "botocore/data/C:\\tower/1/service-2.json.gz",
            "botocore/data/to\0wer/1/service-2.json",
            "botocore/data/to\nwer/1/service-2.json",
            "botocore/data/to\u{1b}[2Jwer/1/service-2.json",
            "botocore/data/tower /1/service-2.json",
            "botocore/data/tower./1/service-2.json",
            "botocore/data/nul/1/service-2.json",
            "botocore/data/tower/com1.x/paginators-1.json",
            "botocore/data/.git/1/service-2.json",
            "botocore/data/t\u{fc}r/1/service-2.json",
            "botocore/data/../x/1/service-2.sdk-extras.json",
            "botocore/data/a/../../../../x/service-2.json",
            &long,
        ] {
            let good = "botocore/data/good/1/service-2.json";
            let error = refusal(wheel(&[(good, MODEL), (name, MODEL)]).path());
            assert!(error.contains("cannot be imported: "), "{name:?}: {error}");
            assert!(!error.contains(['\n', '\u{1b}', '\0']), "{error:?}");
        }
    }

    #[test]
    fn a_file_that_decompresses_to_too_much_is_refused() {
        let blank = vec![b' '; 65 << 20];
        let error = refusal(wheel(&[("botocore/data/a/1/service-2.json", &blank)]).path());
        assert!(
            error.ends_with("a/1/service-2.json: it is larger than 64 MiB"),
            "{error}"
        );
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&blank).unwrap();
        let gz = gz.finish().unwrap();
        let error = refusal(wheel(&[("botocore/data/a/1/service-2.json.gz", &gz)]).path());
        assert!(
            error.ends_with("a/1/service-2.json.gz: it is larger than 64 MiB"),
            "{error}"
        );
    }

    #[test]
    fn a_source_that_is_too_large_is_refused() {
        let names: Vec<String> = (0..5)
            .map(|n| format!("botocore/data/a{n}/1/service-2.json"))
            .collect();
        let text = [MODEL, &[b' '; 300 << 10]].concat();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &*text)).collect();
        let wheel = wheel(&entries);
        let limits = Limits::USUAL;
        let open = |limits| {
            let release = Release::open_within(wheel.path(), limits)?;
            release
                .paths()
                .try_for_each(|path| release.text(path).map(drop))
        };
        open(limits).unwrap();
        for (limits, expected) in [
            (Limits { files: 4, ..limits }, "it has more than 4 files"),
            (
                Limits {
                    texts: 1 << 20,
                    ..limits
                },
                "its files have more than 1 MiB",
            ),
            (
                Limits {
                    wheel: 100,
                    ..limits
                },
                "it is larger than 100 bytes",
            ),
        ] {
            let error = open(limits).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let large = tempfile::NamedTempFile::new().unwrap();
        large.as_file().set_len(limits.wheel + 1).unwrap();
        let error = refusal(large.path());
        assert!(error.ends_with("it is larger than 64 MiB"), "{error}");
    }

    #[test]
    fn a_file_that_nests_too_deep_is_refused() {
        let deep = format!("{{\"metadata\":{}1", "[".repeat(100_000));
        for kind in ["service-2", "endpoint-rule-set-1", "service-2.sdk-extras"] {
            let name = format!("botocore/data/a/1/{kind}.json");
            let good = ("botocore/data/a/1/service-2.json", MODEL);
            let deep = (&*name, deep.as_bytes());
            let error = match kind {
                "service-2" => refusal(wheel(&[deep]).path()),
                _ => refusal(wheel(&[good, deep]).path()),
            };
            // what is skipped by its text alone may nest, but must end
            let expected = ["recursion limit exceeded", "EOF while parsing"];
            assert!(expected.iter().any(|text| error.contains(text)), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_wheel_must_be_a_regular_file() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo.whl");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        assert!(refusal(&fifo).contains("it is a pipe"));
        assert!(refusal(Path::new("/dev/zero")).contains("a device"));
        let source = folder.path().join("source");
        fs::create_dir_all(source.join("a/1")).unwrap();
        fs::rename(&fifo, source.join("a/1/service-2.json")).unwrap();
        assert!(refusal(&source).contains("it is a pipe"));
    }
}
