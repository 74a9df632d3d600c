//! Where data files come from.

use std::fmt;
use std::path::PathBuf;

use crate::printable::Printable;

/// Where a data file comes from. Its `Display` is a line for people.
///
/// ```
/// use tucuxi::model::{Embedded, ModelSource, Origin};
///
/// assert_eq!(Embedded.origin("s3/2006-03-01/service-2"), Origin::Embedded);
/// assert_eq!(Origin::File("/models/s3/2006-03-01/service-2.json".into()).to_string(), "/models/s3/2006-03-01/service-2.json");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// A member of an archive.
    Archive {
        /// The archive.
        archive: PathBuf,
        /// The path of the member.
        member: String,
    },
    /// The models in the binary.
    Embedded,
    /// A file.
    File(PathBuf),
    /// The program.
    Program,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive { archive, member } => {
                write!(f, "{}: {}", Printable(archive.display()), Printable(member))
            }
            Self::Embedded => f.write_str("embedded"),
            Self::File(path) => Printable(path.display()).fmt(f),
            Self::Program => f.write_str("the program"),
        }
    }
}

/// A data file of a service. [`Introspection::data_files`](crate::Introspection::data_files) returns them.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let client = Client::with_transport(Config::builder().isolated().build()?, Replay::new())?;
/// let files = client.introspect().data_files("sqs")?;
/// let model = files.iter().find(|file| file.kind == "service-2" && file.is_used).expect("SQS has a model");
/// assert_eq!((&*model.version, model.origin.to_string()), ("2012-11-05", "embedded".to_owned()));
/// # Ok::<(), tucuxi::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataFile {
    /// The version of the service's API.
    pub version: String,
    /// The kind of the file, such as `service-2`.
    pub kind: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether calls use the file. Others are in a version that is not used, or in a source that comes later than another with the same
    /// file, or the model itself contains what they define, as a Smithy model does.
    pub is_used: bool,
}
