//! Errors of imports.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Detail, ErrorKind};

/// The error of an import. The folder of models is unchanged.
///
/// ```
/// use tucuxi::model::import::{ImportError, ImportOptions, import};
/// # let folder = tempfile::tempdir()?;
/// # let (empty, models) = (folder.path().join("empty"), folder.path().join("models"));
/// # std::fs::create_dir(&empty)?;
///
/// let error = import(&empty, &models, ImportOptions::default()).unwrap_err();
/// assert!(matches!(error, ImportError::Empty(_)));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file of the source is invalid.
    #[error("{file}: {what}")]
    Broken {
        /// The path of the file; in a wheel, after the path of the wheel.
        file: String,
        /// The reason, with line and column.
        what: String,
    },
    /// The source has no models.
    #[error(
        "{0}: no models found; pass a botocore or boto3 wheel, its data folder, or AWS's repository of Smithy models as a zip archive or a folder"
    )]
    Empty(PathBuf),
    /// A file cannot be read or written.
    #[error("{file}: {source}", file = file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// The cause.
        r#source: io::Error,
    },
}

impl Detail for ImportError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Model
    }

    fn below(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl ImportError {
    pub(super) fn io(file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_path_buf();
        move |source| Self::Io { file, source }
    }
}
