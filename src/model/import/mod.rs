//! Imports models from a botocore or boto3 release, or from AWS's repository of Smithy models, into a folder.
//!
//! ```text
//! wheel │ data folder ──► newest version of each kind ──► extras merged, documentation removed ──► staged ──► renamed into place
//! ```
//! Everything is read and validated before anything is written. The new state of the folder is made next to it and replaces it with a
//! rename, so that an import that fails or is killed leaves the old folder intact. The order of members is that of the release.

mod archive;
mod docs;
mod error;
mod release;
mod stage;

pub use self::archive::Archive;
pub use self::error::ImportError;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use self::release::{COMMON, KINDS, Release};
use self::stage::Stage;
use super::source::pack::{self, Entry};
use super::source::{OUTLINE, merge_extras};
use super::{ENDPOINT_RULES, EXAMPLES, SERVICE, split};
use crate::endpoint;

/// The options of an import.
///
/// ```
/// use tucuxi::model::import::{ImportOptions, import};
/// # let folder = tempfile::tempdir()?;
/// # let source = folder.path().join("data");
/// # let models = folder.path().join("models");
/// # std::fs::create_dir_all(source.join("tower/2024-01-01"))?;
/// # let model = r#"{"metadata": {}, "operations": {}, "shapes": {}}"#;
/// # std::fs::write(source.join("tower/2024-01-01/service-2.json"), model)?;
///
/// import(&source, &models, ImportOptions::default().with_docs())?;
/// assert!(models.join("tower/2024-01-01/service-2.json").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
#[must_use = "options do nothing until they are passed to `import`"]
pub struct ImportOptions {
    /// Whether documentation, which is most of a model's text, and examples are kept. `false` by default.
    pub with_docs: bool,
}

impl ImportOptions {
    /// Keeps the documentation and the examples.
    pub fn with_docs(mut self) -> Self {
        self.with_docs = true;
        self
    }
}

/// A summary of what an import did.
///
/// ```
/// use tucuxi::model::import::{ImportOptions, import};
/// # let folder = tempfile::tempdir()?;
/// # let source = folder.path().join("data");
/// # let models = folder.path().join("models");
/// # std::fs::create_dir_all(source.join("tower/2024-01-01"))?;
/// # let model = r#"{"metadata": {}, "operations": {}, "shapes": {}}"#;
/// # std::fs::write(source.join("tower/2024-01-01/service-2.json"), model)?;
///
/// let report = import(&source, &models, ImportOptions::default())?;
/// assert_eq!((report.services, report.written), (1, 1));
/// println!("{report}"); // 1 services, 1 files: 1 written, …
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// The number of services.
    pub services: usize,
    /// The number of files that were imported.
    pub files: usize,
    /// The number of files that were written because they are new or changed.
    pub written: usize,
    /// The number of files that were removed because they belong to older versions.
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

/// Imports `source`, a wheel or its data folder, or AWS's repository of Smithy models (a zip archive of it, or its folder `models`),
/// into the folder `into`. A Smithy model gets the name `service-2.json`, as it replaces such a file.
///
/// Files in the folder are kept, except older versions of imported ones. Nothing is written outside the folder: a name in the source
/// that would lead elsewhere is an error. A wheel may have at most 64 MiB and 100,000 files, and decompressed at most 64 MiB in each
/// file and 512 MiB in all of them; botocore 1.44 has 15 MB, 2,400 files and 130 MB.
///
/// ```
/// use tucuxi::model::import::{ImportOptions, import};
/// # let folder = tempfile::tempdir()?;
/// # let source = folder.path().join("data");
/// # let models = folder.path().join("models");
/// # std::fs::create_dir_all(source.join("tower/2024-01-01"))?;
/// # let model = r#"{"metadata": {}, "operations": {}, "shapes": {}}"#;
/// # std::fs::write(source.join("tower/2024-01-01/service-2.json"), model)?;
///
/// let report = import(&source, &models, ImportOptions::default())?;
/// assert_eq!(report.files, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Returns an error if the source cannot be read, one of its files is broken, a limit is exceeded, or the folder cannot be written.
/// The folder is then unchanged. A process that is killed may leave a hidden folder `.<name>.<uuid>` next to it, which can be removed.
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
    let newest = newest(&release, options);
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
    let (written, removed) = update(into, &texts, &older(into, &newest)?)?;
    Ok(ImportReport {
        services: services.len(),
        files: texts.len(),
        written,
        removed,
    })
}

/// Packs a folder of models into the file that the feature `embedded` includes in the binary. Models are split into blocks, and large
/// endpoint rules get an outline, so that a call unpacks and parses only what it uses.
///
/// # Errors
///
/// Returns an error if a file cannot be read or written.
pub fn pack(models: &Path, into: &Path) -> Result<(), ImportError> {
    /// To compile less takes no time. Most services have less than this.
    const LARGE_RULES: usize = 4 * 1024;
    let release = Release::open(models)?;
    let mut entries = BTreeMap::new();
    for path in release.paths() {
        let text = release.text(path)?;
        let kind = path.rsplit('/').next();
        if kind == Some(ENDPOINT_RULES)
            && text.len() >= LARGE_RULES
            && let Some(outline) = endpoint::outline(&text)
        {
            entries.insert(format!("{path}{OUTLINE}"), Entry::Text(outline));
        }
        let model = match kind {
            Some(SERVICE) => split::split(&text),
            _ => None,
        };
        let entry = model.map_or_else(|| Entry::Text(text), Entry::Model);
        entries.insert(path.to_owned(), entry);
    }
    let bytes = pack::write(&entries).map_err(ImportError::io(into))?;
    crate::new_file::replace(into, &bytes).map_err(ImportError::io(into))
}

/// The newest version of each service and kind.
fn newest(release: &Release, options: ImportOptions) -> BTreeMap<(String, &'static str), String> {
    let mut newest: BTreeMap<(String, &'static str), String> = BTreeMap::new();
    for path in release.paths() {
        let parts: Vec<&str> = path.split('/').collect();
        let [service, version, kind] = *parts else {
            continue;
        };
        let Some(kind) = KINDS.into_iter().find(|known| *known == kind) else {
            continue;
        };
        // they document operations
        if kind == EXAMPLES && !options.with_docs {
            continue;
        }
        let known = newest.entry((service.to_owned(), kind)).or_default();
        if **known < *version {
            *known = version.to_owned();
        }
    }
    newest
}

/// The text of a file to be written.
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
    // parsed before the merge, so that an error has the line in the file
    let mut value: Value = serde_json::from_str(&text).map_err(|e| broken(path, e.to_string()))?;
    if !value.is_object() {
        return Err(broken(path, "it is not a JSON object".into()));
    }
    let extras = format!("{path}.sdk-extras");
    if release.has(&extras) {
        text = merge_extras(&text, &release.text(&extras)?)
            .map_err(|e| broken(&extras, e.to_string()))?;
        value = serde_json::from_str(&text).map_err(|e| broken(&extras, e.to_string()))?;
    }
    let is_smithy = value.get("smithy").is_some();
    let members: &[&str] = match kind {
        "service-2" if is_smithy => &["shapes"],
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
        match is_smithy {
            true => docs::strip_smithy(&mut value),
            false => docs::strip(kind, &mut value),
        }
    }
    Ok(value.to_string())
}

/// Writes the texts into the folder and removes the older files. Returns how many were written and removed.
fn update(
    into: &Path,
    texts: &BTreeMap<String, String>,
    older: &[String],
) -> Result<(usize, usize), ImportError> {
    let is_new = |path: &str, text: &str| {
        let known = fs::read(into.join(format!("{path}.json")));
        known.ok().as_deref() != Some(text.as_bytes())
    };
    let changed: Vec<_> = texts
        .iter()
        .filter(|(path, text)| is_new(path, text))
        .collect();
    if changed.is_empty() && older.is_empty() {
        return Ok((0, 0));
    }
    let stage = Stage::of(into)?;
    for (path, text) in &changed {
        stage.write(&format!("{path}.json"), text)?;
    }
    for path in older {
        stage.remove(path)?;
    }
    stage.commit()?;
    Ok((changed.len(), older.len()))
}

/// The files of the folder that newer versions replace.
fn older(
    into: &Path,
    newest: &BTreeMap<(String, &'static str), String>,
) -> Result<Vec<String>, ImportError> {
    let mut found = Vec::new();
    for ((service, kind), version) in newest {
        let folder = into.join(service);
        let broken = |e: crate::error::Error| ImportError::io(&folder)(io::Error::other(e));
        for older in super::source::folders(&folder).map_err(broken)? {
            let file = format!("{kind}.json");
            if *older < **version && folder.join(&*older).join(&file).is_file() {
                found.push(format!("{service}/{older}/{file}"));
            }
        }
    }
    Ok(found)
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
    fn published_smithy_models_are_imported() {
        let model = |text: &str| {
            format!(
                r#"{{"smithy": "2.0", "shapes": {{"a#Tower": {{"type": "service", "version": "1", "traits": {{
                    "smithy.api#documentation": "d", "smithy.api#title": "{text}"}}}}}}}}"#
            )
        };
        let folder = tempfile::tempdir().unwrap();
        put(
            folder.path(),
            "tower/service/2021-01-01/tower-2021-01-01.json",
            &model("new"),
        );
        put(
            folder.path(),
            "tower/service/2020-01-01/tower-2020-01-01.json",
            &model("old"),
        );
        put(
            folder.path(),
            "tower/service/2021-01-01/other-2021-01-01.json",
            "{}",
        );
        let archive = tempfile::NamedTempFile::new().unwrap();
        let mut zip = zip::ZipWriter::new(archive.reopen().unwrap());
        let name = "api-models-aws-main/models/tower/service/2021-01-01/tower-2021-01-01.json";
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        io::Write::write_all(&mut zip, model("new").as_bytes()).unwrap();
        zip.finish().unwrap();
        for source in [folder.path(), archive.path()] {
            let into = tempfile::tempdir().unwrap();
            import(source, into.path(), ImportOptions::default()).unwrap();
            assert_eq!(files(into.path()), ["tower/2021-01-01/service-2.json"]);
            let text = fs::read_to_string(into.path().join("tower/2021-01-01/service-2.json"));
            let expected = r#"{"smithy":"2.0","shapes":{"a#Tower":{"type":"service","version":"1","traits":{"smithy.api#title":"new"}}}}"#;
            assert_eq!(text.unwrap(), expected);
        }
    }

    #[test]
    fn documentation_is_kept_on_request() {
        let (source, into) = (source(), tempfile::tempdir().unwrap());
        import(
            source.path(),
            into.path(),
            ImportOptions::default().with_docs(),
        )
        .unwrap();
        let text = fs::read_to_string(into.path().join("tower/2021-01-01/service-2.json")).unwrap();
        assert!(text.contains(r#""documentation":"d""#), "{text}");
        let examples = into.path().join("tower/2021-01-01/examples-1.json");
        assert!(examples.is_file());
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
                "it is not a JSON object",
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

    #[cfg(unix)]
    #[test]
    fn other_files_are_kept_and_links_are_not_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (source, root) = (source(), tempfile::tempdir().unwrap());
        let (into, other) = (root.path().join("models"), root.path().join("other"));
        put(&into, "own/1/service-2.json", "own");
        put(&into, "README", "text");
        put(&other, "kept", "kept");
        symlink("../other", into.join("linked")).unwrap();
        fs::set_permissions(&into, fs::Permissions::from_mode(0o750)).unwrap();
        let link = root.path().join("link");
        symlink("models", &link).unwrap();
        // the folder is named by a link to it, which is the user's own choice
        import(source.path(), &link, ImportOptions::default()).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(into.join("README")).unwrap(), "text");
        assert_eq!(
            fs::read_to_string(into.join("own/1/service-2.json")).unwrap(),
            "own"
        );
        assert_eq!(
            fs::read_link(into.join("linked")).unwrap(),
            Path::new("../other")
        );
        assert!(into.join("tower/2021-01-01/service-2.json").is_file());
        assert_eq!(
            fs::metadata(&into).unwrap().permissions().mode() & 0o777,
            0o750
        );

        for place in [
            "tower",
            "tower/2021-01-01",
            "tower/2021-01-01/service-2.json",
        ] {
            let root = tempfile::tempdir().unwrap();
            let (into, other) = (root.path().join("models"), root.path().join("other"));
            put(&other, "2021-01-01/service-2.json", "{}");
            put(&other, "service-2.json", "{}");
            let link = into.join(place);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            let file = match place.ends_with(".json") {
                true => other.join("service-2.json"),
                false => other.clone(),
            };
            symlink(file, link).unwrap();
            let error = import(source.path(), &into, ImportOptions::default()).unwrap_err();
            assert!(error.to_string().contains("it is a link"), "{error}");
            assert_eq!(
                files(&other),
                ["2021-01-01/service-2.json", "service-2.json"]
            );
            assert_eq!(fs::read(other.join("service-2.json")).unwrap(), b"{}");
            assert_eq!(
                fs::read_dir(root.path()).unwrap().count(),
                2,
                "no stage is left"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_failed_import_leaves_the_folder_unchanged() {
        let (source, root) = (source(), tempfile::tempdir().unwrap());
        let into = root.path().join("models");
        put(&into, "tower/2020-01-01/service-2.json", "old");
        // the last of what is written
        fs::create_dir_all(into.join("tower/2021-01-01/service-2.json/x")).unwrap();
        let error = import(source.path(), &into, ImportOptions::default()).unwrap_err();
        assert!(error.to_string().contains("service-2.json"), "{error}");
        assert_eq!(files(&into), ["tower/2020-01-01/service-2.json"]);
        assert_eq!(
            fs::read_dir(root.path()).unwrap().count(),
            1,
            "no stage is left"
        );
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
