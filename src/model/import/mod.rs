//! Makes a folder of models from a botocore or boto3 release.
//!
//! ```text
//! wheel │ data folder ──► newest version of each kind ──► extras merged, documentation out ──► staged ──► renamed into place
//! ```
//! Everything is read and checked before anything is written, and written beside the folder before anything is replaced;
//! files that would not change are left alone. The order of members stays that of the release.

mod docs;
mod release;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::release::Release;
use super::source::{merge_extras, pack};

/// What is taken of each service.
const KINDS: [&str; 5] = [
    "endpoint-rule-set-1",
    "paginators-1",
    "resources-1",
    "service-2",
    "waiters-2",
];

/// What is taken beside the services.
const COMMON: [&str; 3] = ["endpoints", "partitions", "sdk-default-configuration"];

/// How to import.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// Whether documentation stays in. It is most of a model's text.
    pub with_docs: bool,
}

impl ImportOptions {
    /// With the documentation, or without.
    #[must_use]
    pub fn with_docs(mut self, yes: bool) -> Self {
        self.with_docs = yes;
        self
    }
}

/// What was imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// Services of which there is any file.
    pub services: usize,
    /// All files.
    pub files: usize,
    /// Those that were written, because they are new or another text.
    pub written: usize,
    /// Those of older versions, which were removed.
    pub removed: usize,
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            services,
            files,
            written,
            removed,
        } = self;
        write!(
            f,
            "{services} services, {files} files: {written} written, {removed} of older versions removed"
        )
    }
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file of the source is not what it should be.
    #[error("{file}: {what}")]
    Broken {
        /// The file, with that of the wheel before it.
        file: String,
        /// What is wrong, and at which line and column.
        what: String,
    },
    /// The source has no models.
    #[error(
        "{0}: there are no models; give a botocore or boto3 wheel, its data folder, or a folder of that layout"
    )]
    Empty(PathBuf),
    /// A file cannot be read or written.
    #[error("{file}: {source}", file = file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl ImportError {
    fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_path_buf();
        move |source| Self::Io { file, source }
    }
}

/// Imports `source`, a wheel or a folder, into the folder `into`.
///
/// # Errors
///
/// The source cannot be read, a file of it is broken, or the folder cannot be written. Nothing is written then, but where
/// a disk fails while finished files are moved into place.
pub fn import(
    source: &Path,
    into: &Path,
    options: ImportOptions,
) -> Result<ImportReport, ImportError> {
    let release = Release::open(source)?;
    let mut texts = BTreeMap::new();
    for name in COMMON {
        if release.has(name) {
            texts.insert(name.to_owned(), text(&release, name, name, options)?);
        }
    }
    let newest = newest(&release);
    for ((service, kind), version) in &newest {
        let path = format!("{service}/{version}/{kind}");
        let text = text(&release, &path, kind, options)?;
        texts.insert(path, text);
    }
    if newest.is_empty() {
        return Err(ImportError::Empty(source.to_path_buf()));
    }
    let mut services: Vec<&str> = newest.keys().map(|(service, _)| &**service).collect();
    services.dedup();
    Ok(ImportReport {
        services: services.len(),
        files: texts.len(),
        written: write(into, &texts)?,
        removed: remove_older(into, &newest)?,
    })
}

/// Packs a folder of models into the file that the feature `embedded` puts into the binary.
///
/// # Errors
///
/// A file cannot be read or written.
pub fn pack(models: &Path, into: &Path) -> Result<(), ImportError> {
    let release = Release::open(models)?;
    let mut texts = BTreeMap::new();
    for path in release.paths() {
        texts.insert(path.to_owned(), release.text(path)?);
    }
    let bytes = pack::write(&texts).map_err(ImportError::io(into))?;
    let folder = into
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let mut staged = tempfile_in(folder)?;
    io::Write::write_all(&mut staged.1, &bytes).map_err(ImportError::io(&staged.0))?;
    fs::rename(&staged.0, into).map_err(ImportError::io(into))
}

/// A new file in a folder, which nobody else has.
fn tempfile_in(folder: &Path) -> Result<(PathBuf, fs::File), ImportError> {
    let path = folder.join(format!(".{}", crate::random::uuid()));
    let file = fs::File::create_new(&path).map_err(ImportError::io(&path))?;
    Ok((path, file))
}

/// The newest version of each service and kind.
fn newest(release: &Release) -> BTreeMap<(String, &'static str), String> {
    let mut newest: BTreeMap<(String, &'static str), String> = BTreeMap::new();
    for path in release.paths() {
        let mut parts = path.splitn(3, '/');
        let (Some(service), Some(version), Some(kind)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let Some(kind) = KINDS.into_iter().find(|known| *known == kind) else {
            continue;
        };
        let known = newest.entry((service.to_owned(), kind)).or_default();
        if **known < *version {
            *known = version.to_owned();
        }
    }
    newest
}

/// A file's text as it is to be written.
fn text(
    release: &Release,
    path: &str,
    kind: &str,
    options: ImportOptions,
) -> Result<String, ImportError> {
    let broken = |path: &str, what: String| ImportError::Broken {
        file: release.place(path),
        what,
    };
    let mut text = release.text(path)?;
    // the text alone, so that an error has the line of the file and not that of the merged text
    let mut value: Value = serde_json::from_str(&text).map_err(|e| broken(path, e.to_string()))?;
    if !value.is_object() {
        return Err(broken(path, "it is no JSON object".into()));
    }
    let extras = format!("{path}.sdk-extras");
    if release.has(&extras) {
        text = merge_extras(&text, &release.text(&extras)?)
            .map_err(|e| broken(&extras, e.to_string()))?;
        value = serde_json::from_str(&text).map_err(|e| broken(&extras, e.to_string()))?;
    }
    let members: &[&str] = match kind {
        "service-2" => &["metadata", "operations", "shapes"],
        "endpoint-rule-set-1" => &["parameters"],
        "paginators-1" => &["pagination"],
        "waiters-2" => &["waiters"],
        "endpoints" | "partitions" => &["partitions"],
        _ => &[],
    };
    if let Some(missing) = members.iter().find(|name| value.get(**name).is_none()) {
        return Err(broken(path, format!("it has no member {missing:?}")));
    }
    if !options.with_docs {
        docs::strip(kind, &mut value);
    }
    Ok(value.to_string())
}

/// Writes what is not there yet, and says how many files that were.
fn write(into: &Path, texts: &BTreeMap<String, String>) -> Result<usize, ImportError> {
    let file = |path: &str| into.join(format!("{path}.json"));
    let changed: Vec<(PathBuf, &String)> = texts
        .iter()
        .map(|(path, text)| (file(path), text))
        .filter(|(file, text)| fs::read(file).ok().as_deref() != Some(text.as_bytes()))
        .collect();
    if changed.is_empty() {
        return Ok(0);
    }
    fs::create_dir_all(into).map_err(ImportError::io(into))?;
    let stage = into.join(format!(".import-{}", crate::random::uuid()));
    fs::create_dir(&stage).map_err(ImportError::io(&stage))?;
    let done = write_staged(&stage, &changed);
    // what is left of it is worth nothing, and an error of writing is worth more than one of cleaning up
    let _ = fs::remove_dir_all(&stage);
    done.map(|()| changed.len())
}

fn write_staged(stage: &Path, changed: &[(PathBuf, &String)]) -> Result<(), ImportError> {
    let staged = |number: usize| stage.join(number.to_string());
    for (number, (_, text)) in changed.iter().enumerate() {
        let file = staged(number);
        fs::write(&file, text.as_bytes()).map_err(ImportError::io(&file))?;
    }
    for (number, (file, _)) in changed.iter().enumerate() {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(ImportError::io(folder))?;
        }
        fs::rename(staged(number), file).map_err(ImportError::io(file))?;
    }
    Ok(())
}

/// Removes what a newer version replaced, and folders that are empty then.
fn remove_older(
    into: &Path,
    newest: &BTreeMap<(String, &'static str), String>,
) -> Result<usize, ImportError> {
    let mut removed = 0;
    for ((service, kind), version) in newest {
        let folder = into.join(service);
        let broken = |e: crate::Error| ImportError::io(&folder)(io::Error::other(e));
        for older in super::source::folders(&folder).map_err(broken)? {
            let file = folder.join(&*older).join(format!("{kind}.json"));
            if *older < **version && file.is_file() {
                fs::remove_file(&file).map_err(ImportError::io(&file))?;
                // only an empty folder goes
                let _ = fs::remove_dir(folder.join(&*older));
                removed += 1;
            }
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = r#"{
        "metadata": {"serviceId": "Tower"}, "documentation": "d",
        "operations": {}, "shapes": {}}"#;

    fn source() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("tower/2020-01-01/service-2.json", MODEL),
            ("tower/2021-01-01/service-2.json", MODEL),
            (
                "tower/2021-01-01/service-2.sdk-extras.json",
                r#"{"merge":{"metadata":{"x":1}}}"#,
            ),
            (
                "tower/2020-01-01/paginators-1.json",
                r#"{"pagination": {}}"#,
            ),
            ("tower/2021-01-01/examples-1.json", "{}"),
            ("partitions.json", r#"{"partitions": []}"#),
        ];
        for (path, text) in files {
            put(root.path(), path, text);
        }
        root
    }

    fn put(root: &Path, path: &str, text: &str) {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn files(root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => found.push(path.strip_prefix(root).unwrap().display().to_string()),
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn the_newest_of_each_kind_is_written_compact_and_merged() {
        let (source, into) = (source(), tempfile::tempdir().unwrap());
        put(into.path(), "tower/2019-01-01/service-2.json", "{}");
        let report = import(source.path(), into.path(), ImportOptions::default()).unwrap();
        assert_eq!(
            (
                report.services,
                report.files,
                report.written,
                report.removed
            ),
            (1, 3, 3, 1)
        );
        assert_eq!(
            files(into.path()),
            [
                "partitions.json",
                "tower/2020-01-01/paginators-1.json",
                "tower/2021-01-01/service-2.json"
            ]
        );
        let text = fs::read_to_string(into.path().join("tower/2021-01-01/service-2.json")).unwrap();
        assert_eq!(
            text,
            r#"{"metadata":{"serviceId":"Tower","x":1},"operations":{},"shapes":{}}"#
        );
        let again = import(source.path(), into.path(), ImportOptions::default()).unwrap();
        assert_eq!(again.written, 0);
    }

    #[test]
    fn documentation_stays_where_it_is_wanted() {
        let (source, into) = (source(), tempfile::tempdir().unwrap());
        import(
            source.path(),
            into.path(),
            ImportOptions::default().with_docs(true),
        )
        .unwrap();
        let text = fs::read_to_string(into.path().join("tower/2021-01-01/service-2.json")).unwrap();
        assert!(text.contains(r#""documentation":"d""#), "{text}");
    }

    #[test]
    fn broken_input_is_named_and_nothing_is_written() {
        let cases = [
            (
                "tower/2021-01-01/service-2.json",
                "{\n  \"metadata\": }",
                "line 2 column 15",
            ),
            (
                "tower/2021-01-01/service-2.json",
                "{\"metadata\": {}",
                "line 1 column 15",
            ),
            (
                "tower/2021-01-01/service-2.json",
                "[]",
                "it is no JSON object",
            ),
            (
                "tower/2021-01-01/service-2.json",
                "{\"metadata\": {}}",
                "no member \"operations\"",
            ),
            (
                "tower/2021-01-01/service-2.sdk-extras.json",
                "x",
                "line 1 column 1",
            ),
            ("partitions.json", "", "EOF"),
        ];
        for (path, text, expected) in cases {
            let (source, into) = (source(), tempfile::tempdir().unwrap());
            put(source.path(), path, text);
            let error = import(source.path(), into.path(), ImportOptions::default()).unwrap_err();
            let shown = error.to_string();
            assert!(shown.contains(path) && shown.contains(expected), "{shown}");
            assert!(files(into.path()).is_empty(), "{path}");
        }
    }

    #[test]
    fn a_folder_without_models_is_an_error() {
        let (source, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let error = import(source.path(), into.path(), ImportOptions::default()).unwrap_err();
        assert!(matches!(error, ImportError::Empty(_)), "{error}");
        let error = import(
            &source.path().join("none"),
            into.path(),
            ImportOptions::default(),
        )
        .unwrap_err();
        assert!(matches!(error, ImportError::Io { .. }), "{error}");
    }
}
