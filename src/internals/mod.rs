//! Internal entry points for this repository's own programs: the command, tests, fuzz targets and benchmarks. Not covered by
//! semver.

#[cfg(feature = "cli")]
pub mod command;
#[cfg(feature = "cli")]
pub mod shared_files;
#[cfg(feature = "_internals")]
#[allow(missing_docs, reason = "for this repository alone")]
mod testing;

#[cfg(feature = "_internals")]
pub use self::testing::*;
