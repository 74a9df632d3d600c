//! The sources that settings select.

use std::path::PathBuf;
use std::sync::Arc;

use super::source::{Directory, ModelSource, Models};
use crate::environment::Environment;

impl Models {
    /// The folders and archives of `data_path`, `~/.aws/models`, then the embedded models.
    pub(crate) fn standard(data_path: Option<&str>, env: &Environment) -> Self {
        let listed = data_path.into_iter().flat_map(std::env::split_paths);
        let listed = listed.map(|path| env.expand(&path.to_string_lossy()));
        let home = env.home().map(|home| home.join(".aws/models"));
        Self::new(listed.chain(home).filter_map(source).collect())
    }
}

/// The models of a path, if there is a folder or an archive.
fn source(path: PathBuf) -> Option<Arc<dyn ModelSource>> {
    #[cfg(feature = "cli")]
    if path
        .extension()
        .is_some_and(|extension| extension == "whl" || extension == "zip")
        && path.is_file()
    {
        return Some(Arc::new(super::import::Archive::new(path)));
    }
    path.is_dir()
        .then(|| Arc::new(Directory::new(path)) as Arc<dyn ModelSource>)
}
