//! The files and folders that a template names: uploaded, and replaced by the place of the object.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::template::parse_text;
use super::uploader::Uploader;
use crate::failure::Failure;
use crate::yaml::{Dialect, Yaml, text_of};

/// A property that may name a file or a folder.
struct Artifact {
    /// The type of the resource, or of the metadata.
    of: &'static str,
    property: &'static [&'static str],
    becomes: Becomes,
    /// Whether a property that is not there is the folder of the template.
    by_default: bool,
    /// Whether a file that is no zip file is put into one.
    zipped: bool,
}

#[derive(Clone, Copy)]
enum Becomes {
    /// A template, packaged in turn, as an `https` URL.
    Template,
    /// An `s3` URL.
    Url,
    /// A map with the bucket, the key and the version.
    Map([&'static str; 3]),
}

const S3_MAP: [&str; 3] = ["Bucket", "Key", "Version"];
const CODE_MAP: [&str; 3] = ["S3Bucket", "S3Key", "S3ObjectVersion"];

const fn artifact(of: &'static str, property: &'static [&'static str]) -> Artifact {
    Artifact {
        of,
        property,
        becomes: Becomes::Url,
        by_default: false,
        zipped: false,
    }
}

const RESOURCES: &[Artifact] = &[
    Artifact {
        by_default: true,
        zipped: true,
        ..artifact("AWS::Serverless::Function", &["CodeUri"])
    },
    artifact("AWS::Serverless::Api", &["DefinitionUri"]),
    artifact("AWS::AppSync::GraphQLSchema", &["DefinitionS3Location"]),
    artifact(
        "AWS::AppSync::Resolver",
        &["RequestMappingTemplateS3Location"],
    ),
    artifact(
        "AWS::AppSync::Resolver",
        &["ResponseMappingTemplateS3Location"],
    ),
    artifact(
        "AWS::AppSync::FunctionConfiguration",
        &["RequestMappingTemplateS3Location"],
    ),
    artifact(
        "AWS::AppSync::FunctionConfiguration",
        &["ResponseMappingTemplateS3Location"],
    ),
    Artifact {
        becomes: Becomes::Map(S3_MAP),
        ..artifact("AWS::ApiGateway::RestApi", &["BodyS3Location"])
    },
    Artifact {
        becomes: Becomes::Map(CODE_MAP),
        by_default: true,
        zipped: true,
        ..artifact("AWS::Lambda::Function", &["Code"])
    },
    Artifact {
        becomes: Becomes::Map(["S3Bucket", "S3Key", ""]),
        by_default: true,
        ..artifact(
            "AWS::ElasticBeanstalk::ApplicationVersion",
            &["SourceBundle"],
        )
    },
    Artifact {
        becomes: Becomes::Template,
        ..artifact("AWS::CloudFormation::Stack", &["TemplateURL"])
    },
    Artifact {
        becomes: Becomes::Template,
        ..artifact("AWS::Serverless::Application", &["Location"])
    },
    Artifact {
        by_default: true,
        zipped: true,
        ..artifact("AWS::Serverless::LayerVersion", &["ContentUri"])
    },
    Artifact {
        becomes: Becomes::Map(CODE_MAP),
        by_default: true,
        zipped: true,
        ..artifact("AWS::Lambda::LayerVersion", &["Content"])
    },
    Artifact {
        by_default: true,
        ..artifact("AWS::Glue::Job", &["Command", "ScriptLocation"])
    },
    Artifact {
        becomes: Becomes::Map(S3_MAP),
        ..artifact(
            "AWS::StepFunctions::StateMachine",
            &["DefinitionS3Location"],
        )
    },
    Artifact {
        becomes: Becomes::Map(S3_MAP),
        ..artifact("AWS::Serverless::StateMachine", &["DefinitionUri"])
    },
    Artifact {
        becomes: Becomes::Map(["Bucket", "Key", "ObjectVersion"]),
        zipped: true,
        ..artifact("AWS::CodeCommit::Repository", &["Code", "S3"])
    },
];

const METADATA: &[Artifact] = &[
    artifact("AWS::ServerlessRepo::Application", &["ReadmeUrl"]),
    artifact("AWS::ServerlessRepo::Application", &["LicenseUrl"]),
];

/// The most templates that may be inside of each other, as a template may name itself.
const DEEPEST: usize = 50;

/// Uploads what a template names.
pub(super) struct Exporter<'u> {
    uploader: &'u Uploader,
    /// The folder of the template.
    folder: PathBuf,
    depth: usize,
}

impl<'u> Exporter<'u> {
    pub(super) fn new(uploader: &'u Uploader, folder: PathBuf) -> Self {
        let depth = 0;
        Self {
            uploader,
            folder,
            depth,
        }
    }

    /// Replaces the artifacts of a template.
    pub(super) fn export(&self, template: &mut Yaml) -> Result<(), Failure> {
        if let Some(metadata) = template.get_mut("Metadata").and_then(Yaml::entries_mut) {
            for (kind, properties) in metadata {
                let kind = kind.as_text().unwrap_or_default().to_owned();
                self.artifacts(METADATA, &kind, &kind, properties)?;
            }
        }
        if template.get("Resources").is_none() {
            return Ok(());
        }
        self.includes(template)?;
        match template.get_mut("Resources") {
            Some(resources) => self.resources(resources),
            None => Ok(()),
        }
    }

    /// Uploads the files of `AWS::Include`, which may be anywhere.
    fn includes(&self, value: &mut Yaml) -> Result<(), Failure> {
        match value {
            Yaml::Map(entries) => {
                for (key, value) in entries {
                    match key.as_text() {
                        Some("Fn::Transform") => self.include(value)?,
                        _ => self.includes(value)?,
                    }
                }
            }
            Yaml::List(items) => {
                for item in items.iter_mut().filter(|item| matches!(item, Yaml::Map(_))) {
                    self.includes(item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn include(&self, transform: &mut Yaml) -> Result<(), Failure> {
        if transform.get("Name").and_then(Yaml::as_text) != Some("AWS::Include") {
            return Ok(());
        }
        let location = transform
            .get_mut("Parameters")
            .and_then(|parameters| parameters.get_mut("Location"));
        let Some(location) = location else {
            return Ok(());
        };
        let Some(text) = location
            .as_text()
            .filter(|text| !text.is_empty() && !is_s3_url(text))
        else {
            return Ok(());
        };
        let path = self.folder.join(text);
        if !path.is_file() {
            return Err(missing("Location", "AWS::Include", &path));
        }
        let key = self.uploader.upload(&path, "")?;
        *location = Yaml::text(self.uploader.s3_url(&key));
        Ok(())
    }

    fn resources(&self, resources: &mut Yaml) -> Result<(), Failure> {
        let Some(entries) = resources.entries_mut() else {
            return Ok(());
        };
        for (id, resource) in entries {
            let id = id.as_text().unwrap_or_default().to_owned();
            if id.starts_with("Fn::ForEach::") {
                let Yaml::List(parts) = resource else {
                    return Err(wrong_loop(&id));
                };
                let [_, _, repeated] = &mut parts[..] else {
                    return Err(wrong_loop(&id));
                };
                self.resources(repeated)?;
                continue;
            }
            let kind = resource.get("Type").and_then(Yaml::as_text);
            let kind = kind.unwrap_or_default().to_owned();
            if let Some(properties) = resource.get_mut("Properties") {
                self.artifacts(RESOURCES, &kind, &id, properties)?;
            }
        }
        Ok(())
    }

    fn artifacts(
        &self,
        table: &[Artifact],
        kind: &str,
        id: &str,
        properties: &mut Yaml,
    ) -> Result<(), Failure> {
        if *properties == Yaml::Null {
            return Ok(());
        }
        for artifact in table.iter().filter(|artifact| artifact.of == kind) {
            let value = artifact
                .property
                .iter()
                .try_fold(&*properties, |value, name| value.get(name));
            let value = value.cloned();
            let is_empty = match &value {
                None | Some(Yaml::Null) => true,
                Some(Yaml::Text(text)) => text.is_empty(),
                Some(_) => false,
            };
            if (is_empty && !artifact.by_default) || matches!(value, Some(Yaml::Map(_))) {
                continue;
            }
            let value = value.filter(|value| *value != Yaml::Null);
            let failed = |error: Failure| explained(error, artifact, id, value.as_ref());
            if let Some(place) = self.place(artifact, id, value.as_ref()).map_err(failed)? {
                put(properties, artifact.property, place);
            }
        }
        Ok(())
    }

    /// Uploads what a property names, and returns what the property becomes; `None` if it stays.
    fn place(
        &self,
        artifact: &Artifact,
        id: &str,
        value: Option<&Yaml>,
    ) -> Result<Option<Yaml>, Failure> {
        let property = artifact.property.join(".");
        let path = match value {
            None => String::new(),
            Some(Yaml::Text(text)) => text.clone(),
            Some(_) => {
                let text = format!("{property} of {id} must be a path or a URL");
                return Err(Failure::Other(text.into()));
            }
        };
        if let Becomes::Template = artifact.becomes {
            return self.template(&property, id, &path);
        }
        let url = match is_s3_url(&path) {
            true => path,
            false => {
                let path = self.folder.join(&path);
                let key = self.file_or_folder(artifact, &path)?;
                let key = key.ok_or_else(|| missing(&property, id, &path))?;
                self.uploader.s3_url(&key)
            }
        };
        Ok(Some(match artifact.becomes {
            Becomes::Map(names) => map_of(&url, names),
            Becomes::Url | Becomes::Template => Yaml::text(url),
        }))
    }

    fn file_or_folder(&self, artifact: &Artifact, path: &Path) -> Result<Option<String>, Failure> {
        let failed = |error| Failure::file(&path.to_string_lossy())(error);
        if path.is_dir() {
            let zip = zip_of(&files_below(path).map_err(failed)?).map_err(failed)?;
            return self.uploader.upload(zip.path(), "").map(Some);
        }
        if !path.is_file() {
            return Ok(None);
        }
        if artifact.zipped && !is_zip(path).map_err(failed)? {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let zip = zip_of(&[(name, path.to_owned())]).map_err(failed)?;
            return self.uploader.upload(zip.path(), "").map(Some);
        }
        self.uploader.upload(path, "").map(Some)
    }

    /// Packages a template that a template names.
    fn template(&self, property: &str, id: &str, path: &str) -> Result<Option<Yaml>, Failure> {
        let is_url = is_s3_url(path) || path.starts_with("http://") || path.starts_with("https://");
        if is_url {
            return Ok(None);
        }
        let path = self.folder.join(path);
        if !path.is_file() {
            return Err(Failure::Other(
                format!(
                    "{property} of {id} must be an s3 or https URL or the path of a template, not {}",
                    path.display()
                )
                .into(),
            ));
        }
        if self.depth == DEEPEST {
            let text = format!("{}: templates are nested too deeply", path.display());
            return Err(Failure::Other(text.into()));
        }
        let shown = path.to_string_lossy();
        let text = fs::read_to_string(&path).map_err(Failure::file(&shown))?;
        let mut template = parse_text(&text, &shown)?;
        let inner = Self {
            uploader: self.uploader,
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
            depth: self.depth + 1,
        };
        inner.export(&mut template)?;
        let text = text_of(&template, Dialect::CloudFormation);
        let file = NamedTempFile::new()?;
        fs::write(file.path(), text)?;
        let key = self.uploader.upload(file.path(), ".template")?;
        self.uploader
            .https_url(&key)
            .map(|url| Some(Yaml::text(url)))
    }
}

fn missing(property: &str, id: &str, path: &Path) -> Failure {
    let path = path.display();
    Failure::Other(
        format!("parameter {property} of resource {id} names a file or folder that does not exist: {path}").into(),
    )
}

fn wrong_loop(id: &str) -> Failure {
    Failure::Other(format!("{id}: a \"Fn::ForEach::\" must be a list of three items").into())
}

/// Says which parameter an error is about. Those of services keep their exit code.
fn explained(error: Failure, artifact: &Artifact, id: &str, value: Option<&Yaml>) -> Failure {
    let property = artifact.property.join(".");
    let value = value
        .and_then(Yaml::as_text)
        .unwrap_or("the folder of the template");
    Failure::Other(
        format!(
            "cannot upload {value}, to which parameter {property} of resource {id} refers: {error}"
        )
        .into(),
    )
}

/// Sets a property, whose outer maps are added if they are not there.
fn put(properties: &mut Yaml, path: &[&str], value: Yaml) {
    match path {
        [] => {}
        [name] => properties.set(name, value),
        [outer, inner @ ..] => {
            if !matches!(properties.get(outer), Some(Yaml::Map(_))) {
                properties.set(outer, Yaml::Map(Vec::new()));
            }
            if let Some(outer) = properties.get_mut(outer) {
                put(outer, inner, value);
            }
        }
    }
}

/// Bucket, key and version of an `s3` URL.
fn s3_parts(text: &str) -> Option<(String, String, Option<String>)> {
    let rest = text.strip_prefix("s3://")?;
    let rest = rest.split('#').next().unwrap_or_default();
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (bucket, key) = place.split_once('/')?;
    if bucket.is_empty() {
        return None;
    }
    let mut versions = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("versionId="))
        .filter(|version| !version.is_empty());
    let version = versions.next().filter(|_| versions.next().is_none());
    Some((
        bucket.into(),
        key.trim_start_matches('/').into(),
        version.map(uri_decoded),
    ))
}

fn uri_decoded(text: &str) -> String {
    tucuxi::internals::command::percent_decoded(&text.replace('+', " "))
}

fn is_s3_url(text: &str) -> bool {
    s3_parts(text).is_some()
}

fn map_of(url: &str, [bucket, key, version]: [&str; 3]) -> Yaml {
    let Some((found_bucket, found_key, found_version)) = s3_parts(url) else {
        return Yaml::text(url);
    };
    let mut map = Yaml::map([
        (bucket, Yaml::text(found_bucket)),
        (key, Yaml::text(found_key)),
    ]);
    if let Some(found) = found_version.filter(|_| !version.is_empty()) {
        map.set(version, Yaml::text(found));
    }
    map
}

fn is_zip(path: &Path) -> io::Result<bool> {
    Ok(zip::ZipArchive::new(File::open(path)?).is_ok())
}

/// The files below a folder with their names, sorted. Links are followed; one that leads to a folder above it ends the search.
fn files_below(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    let mut left = vec![(String::new(), folder.to_owned(), Vec::new())];
    while let Some((prefix, folder, mut above)) = left.pop() {
        let real = fs::canonicalize(&folder)?;
        if above.contains(&real) {
            return Err(io::Error::other(format!(
                "{} is a link to a folder above it",
                folder.display()
            )));
        }
        above.push(real);
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let metadata = fs::metadata(entry.path())?;
            if metadata.is_dir() {
                left.push((format!("{name}/"), entry.path(), above.clone()));
            } else if metadata.is_file() {
                files.push((name, entry.path()));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Makes a zip file. It is the same for the same files, whatever their times are, so that nothing is deployed again without need.
fn zip_of(files: &[(String, PathBuf)]) -> io::Result<NamedTempFile> {
    let zip = NamedTempFile::new()?;
    let mut writer = ZipWriter::new(zip.reopen()?);
    for (name, path) in files {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let mut options = SimpleFileOptions::default()
            .last_modified_time(zip::DateTime::default())
            .large_file(metadata.len() >= u64::from(u32::MAX));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            options = options.unix_permissions(metadata.permissions().mode() & 0o777);
        }
        writer.start_file(name, options).map_err(io::Error::other)?;
        io::copy(&mut file, &mut writer)?;
    }
    writer.finish().map_err(io::Error::other)?;
    Ok(zip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_objects_have_parts() {
        for (url, expected) in [
            ("s3://b/k/l", Some(("b", "k/l", None))),
            ("s3://b/k?versionId=v%201", Some(("b", "k", Some("v 1")))),
            ("s3://b/k?versionId=1&versionId=2", Some(("b", "k", None))),
            ("s3://b/", Some(("b", "", None))),
            ("s3://b", None),
            ("s3:///k", None),
            ("b/k", None),
            ("https://b/k", None),
        ] {
            let parts = s3_parts(url);
            let parts = parts.as_ref().map(|(b, k, v)| (&**b, &**k, v.as_deref()));
            assert_eq!(parts, expected, "{url}");
        }
    }

    #[test]
    fn the_same_files_make_the_same_zip_file() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/b.txt", "c.txt"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        let files = files_below(folder.path()).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a/b.txt", "c.txt"]);
        let bytes = |files| fs::read(zip_of(files).unwrap().path()).unwrap();
        let first = bytes(&files);
        fs::write(folder.path().join("c.txt"), "c.txt").unwrap();
        assert_eq!(first, bytes(&files));
        let zip = zip_of(&files).unwrap();
        assert!(is_zip(zip.path()).unwrap() && !is_zip(&files[0].1).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_above_it_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        let error = files_below(folder.path()).unwrap_err();
        assert!(error.to_string().contains("a link to a folder above it"));
    }
}
