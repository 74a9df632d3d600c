//! What a path refers to: a file to replace, or something to write to directly.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What a path refers to.
#[derive(Debug)]
pub(crate) enum Destination {
    /// A regular file, or nothing yet: the path after following all symbolic links.
    File(PathBuf),
    /// An open descriptor, such as stdout.
    Descriptor(File),
    /// A pipe or a device.
    Device(PathBuf),
}

impl Destination {
    /// Finds out what `path` refers to.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is that of a folder or is not writable.
    pub(crate) fn find(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(is_folder());
        }
        let end = follow(path)?;
        match (fs::metadata(path), end) {
            (Ok(metadata), _) if metadata.is_dir() => Err(is_folder()),
            (Ok(_), End::Descriptor(path)) => open_descriptor(&path).map(Self::Descriptor),
            (Ok(metadata), End::File(end)) if metadata.is_file() => {
                check_writable(&end)?;
                Ok(Self::File(end))
            }
            (Ok(_), End::File(end)) => Ok(Self::Device(end)),
            (Err(error), End::File(end)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self::File(end))
            }
            (Err(error), _) => Err(error),
        }
    }
}

fn is_folder() -> io::Error {
    let what = "it is a folder; specify a file in it";
    io::Error::new(io::ErrorKind::IsADirectory, what)
}

/// The end of a chain of symbolic links.
enum End {
    /// A system link to an open descriptor, which cannot be replaced.
    Descriptor(PathBuf),
    File(PathBuf),
}

fn follow(path: &Path) -> io::Result<End> {
    /// Linux's limit.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        if is_descriptor(&path) {
            return Ok(End::Descriptor(path));
        }
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                let to = fs::read_link(&path)?;
                path = folder_of(&path).join(to);
            }
            // opening it reports any error
            _ => return Ok(End::File(path)),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

pub(super) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

/// Whether the path is such as `/dev/stdout`, `/dev/fd/1` or `/proc/self/fd/1`.
fn is_descriptor(path: &Path) -> bool {
    let named = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];
    named.iter().any(|name| path == Path::new(name))
        || path.starts_with("/dev/fd")
        || fs::canonicalize(folder_of(path)).is_ok_and(|folder| folder.starts_with("/proc"))
}

/// Opens a descriptor. A file is appended to. Stdout and stderr of this process are cloned, so that later output follows.
fn open_descriptor(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        let is = |names: [&str; 3]| names.iter().any(|name| path == Path::new(name));
        if is(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]) {
            io::stdout().flush()?;
            return Ok(io::stdout().as_fd().try_clone_to_owned()?.into());
        }
        if is(["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"]) {
            return Ok(io::stderr().as_fd().try_clone_to_owned()?.into());
        }
    }
    OpenOptions::new().append(true).open(path)
}

/// Opens the file for writing, so the system decides: access lists, read-only file systems, the superuser.
fn check_writable(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        // a running program keeps the old file
        Err(error) if error.kind() != io::ErrorKind::ExecutableFileBusy => Err(error),
        _ => Ok(()),
    }
}
