//! The source and the destination of a transfer, and the names of what is transferred.

use super::{local, uri};

/// One side of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An absolute path. That of a folder ends with a slash.
    Local(String),
    /// `BUCKET/KEY`. A prefix ends with a slash.
    S3(String),
}

impl Place {
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Local(path) | Self::S3(path) => path,
        }
    }

    /// A path of this side, as it is printed.
    pub(super) fn shown(&self, path: &str) -> String {
        match self {
            Self::Local(_) => local::shown(path),
            Self::S3(_) => format!("s3://{path}"),
        }
    }

    /// The folder or prefix in which the patterns of filters apply.
    pub(super) fn root(&self, is_tree: bool) -> String {
        match (self, is_tree) {
            (place, true) => place.path().to_owned(),
            (Self::Local(path), false) => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                folder.to_owned()
            }
            (Self::S3(path), false) => {
                let (bucket, key) = uri::bucket_and_key(path);
                let prefix = key.rsplit_once('/').map_or("", |(prefix, _)| prefix);
                format!("{bucket}/{prefix}")
            }
        }
    }
}

/// What is done with an object or file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Copy,
    Delete,
    Download,
    Upload,
}

impl Action {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Delete => "delete",
            Self::Download => "download",
            Self::Upload => "upload",
        }
    }
}

/// The two sides of a transfer.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) action: Action,
    pub(super) source: Place,
    /// That of a deletion is the source.
    pub(super) destination: Place,
    /// Whether everything below the source is transferred.
    pub(super) is_tree: bool,
    /// Whether what is transferred keeps its name below the destination.
    keeps_names: bool,
}

impl Places {
    /// Finds out what the paths of a line mean: `None` if both are local.
    pub(super) fn new(paths: &[String], is_tree: bool) -> Option<Self> {
        let source = paths.first().map(String::as_str).unwrap_or_default();
        let destination = paths.get(1).map_or(source, String::as_str);
        let action = match (uri::of_s3(source), uri::of_s3(destination), paths.len()) {
            (Some(_), _, 1) => Action::Delete,
            (Some(_), Some(_), _) => Action::Copy,
            (Some(_), None, _) => Action::Download,
            (None, Some(_), 2) => Action::Upload,
            _ => return None,
        };
        let (source, _) = place(source, is_tree);
        let (destination, keeps_names) = place(destination, is_tree);
        Some(Self {
            action,
            source,
            destination,
            is_tree,
            keeps_names,
        })
    }

    /// The name of a path of the source below it, by which both sides are compared.
    pub(super) fn name<'p>(&self, path: &'p str) -> &'p str {
        match self.is_tree {
            true => path.strip_prefix(self.source.path()).unwrap_or(path),
            false => path.rsplit('/').next().unwrap_or(path),
        }
    }

    /// Whether what is downloaded under a name would not be in the destination. A name that cannot be that of a file fails later.
    pub(super) fn escapes(&self, name: &str) -> bool {
        self.keeps_names
            && local::escapes(name)
            && (name.ends_with('/') || local::has_file_name(name))
    }

    /// The path to which a path of the source is transferred.
    pub(super) fn target(&self, path: &str) -> String {
        let destination = self.destination.path();
        match self.keeps_names {
            true => format!("{destination}{}", self.name(path)),
            false => destination.to_owned(),
        }
    }
}

/// Reads a path. Returns with it whether what is transferred to it keeps its name.
fn place(path: &str, is_tree: bool) -> (Place, bool) {
    let Some(path) = uri::of_s3(path) else {
        let full = local::absolute(path);
        let is_folder = is_tree || std::path::Path::new(&full).is_dir() || path.ends_with('/');
        return match is_folder {
            true => (Place::Local(with_slash(full)), true),
            false => (Place::Local(full), false),
        };
    };
    let is_bucket = uri::bucket_and_key(path).1.is_empty();
    let keeps_names = is_tree || is_bucket || path.ends_with('/');
    let path = match is_tree || is_bucket {
        true => with_slash(path.to_owned()),
        false => path.to_owned(),
    };
    (Place::S3(path), keeps_names)
}

fn with_slash(mut path: String) -> String {
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(source: &str, destination: &str, is_tree: bool) -> Places {
        let paths = [source, destination].map(str::to_owned);
        Places::new(&paths, is_tree).unwrap()
    }

    #[test]
    fn targets_are_those_of_aws() {
        for (source, destination, is_tree, path, expected) in [
            ("/w/a.txt", "s3://b", false, "/w/a.txt", "b/a.txt"),
            ("/w/a.txt", "s3://b/", false, "/w/a.txt", "b/a.txt"),
            ("/w/a.txt", "s3://b/k", false, "/w/a.txt", "b/k"),
            ("/w/a.txt", "s3://b/k/", false, "/w/a.txt", "b/k/a.txt"),
            ("/w/d", "s3://b/k", true, "/w/d/e/f", "b/k/e/f"),
            ("s3://b/k", "s3://c", false, "b/k", "c/k"),
            ("s3://b/d", "s3://c/e", true, "b/d/x", "c/e/x"),
            ("s3://b/k", "/none/x", false, "b/k", "/none/x"),
            ("s3://b/k", "/none/x/", false, "b/k", "/none/x/k"),
            ("s3://b/f/", "/none", true, "b/f//k", "/none//k"),
            ("s3://b/p/k", "/", false, "b/p/k", "/k"),
        ] {
            let places = places(source, destination, is_tree);
            assert_eq!(places.target(path), expected, "{source} {destination}");
        }
    }

    #[test]
    fn both_sides_cannot_be_local() {
        let paths = ["a", "b"].map(str::to_owned);
        assert!(Places::new(&paths, false).is_none());
        assert!(Places::new(&paths[..1], false).is_none());
    }

    #[test]
    fn root_of_a_single_object_is_its_prefix() {
        for (path, is_tree, expected) in [
            ("s3://b/d/k", false, "b/d"),
            ("s3://b/k", false, "b/"),
            ("s3://b/d", true, "b/d/"),
            ("/w/a", false, "/w"),
            ("/w/a", true, "/w/a/"),
        ] {
            assert_eq!(place(path, is_tree).0.root(is_tree), expected, "{path}");
        }
    }
}
