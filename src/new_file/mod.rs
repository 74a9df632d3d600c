//! Replacing files atomically.
//!
//! ```text
//!          ┌──► a file, or nothing yet: NewFile in the same folder ──► write ──► commit: fsync, rename
//!   path ──┤      (symbolic links are followed)
//!          └──► a pipe, a device, a descriptor such as /dev/stdout: written directly
//! ```
//! The old file is unchanged until the commit, even if a body is truncated, a checksum does not match or the disk is full. The
//! new file gets the mode of the old one, and its owner if that is permitted. A file that is not writable is not replaced
//! either. Other hard links of the old file keep its content.

mod destination;
pub(crate) mod lock;
pub(crate) mod name;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub(crate) use self::destination::Destination;
use self::destination::folder_of;
use self::lock::{lock, remove_abandoned};
use self::name::{PartialKind, name_seed, path_beside, random_seed};

/// A new file in the target's folder. It is removed on drop unless it is committed.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    temporary: Temporary,
    target: PathBuf,
}

#[derive(Debug)]
struct Temporary(Option<PathBuf>);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // nothing can be done about a failure
            let _ = fs::remove_file(path);
        }
    }
}

impl NewFile {
    /// Creates a new file for `target`.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be created.
    fn create(target: PathBuf, is_private: bool) -> io::Result<Self> {
        let (file, temporary) =
            with_temporary_name(&target, |path| Self::create_at(path, &target, is_private))?;
        Ok(Self {
            file,
            temporary,
            target,
        })
    }

    /// Creates and locks the file. Without the lock, another process could remove it as abandoned.
    fn create_at(path: PathBuf, target: &Path, is_private: bool) -> io::Result<(File, Temporary)> {
        let file = match is_private {
            true => options(true).open(&path)?,
            false => create(&path, target)?,
        };
        let file = lock(&file, &path)?;
        Ok((file, Temporary(Some(path))))
    }

    /// Syncs the file to disk and renames it to the target's name. It can still be written.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be synced or renamed.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        let Some(temporary) = self.temporary.0.as_ref() else {
            return Ok(());
        };
        self.file.sync_all()?;
        fs::rename(temporary, &self.target)?;
        self.temporary.0 = None;
        Ok(())
    }
}

/// How many random names are tried, if other processes use or remove the files with these names.
const MAX_NAMES: usize = 16;

/// Creates a temporary file for a target with `create`, which receives its path.
///
/// The first name depends on the target only, so what a killed process left behind is found without a search and removed. The
/// others are random: another process may be writing a file for the same target, and a sync of the folder may take a new file
/// that is not locked yet for an abandoned one.
///
/// # Errors
///
/// Returns an error if the target has no file name or the file cannot be created.
pub(crate) fn with_temporary_name<T>(
    target: &Path,
    mut create: impl FnMut(PathBuf) -> io::Result<T>,
) -> io::Result<T> {
    let beside = |seed: &str| path_beside(target, PartialKind::Temporary, seed);
    let first = beside(&name_seed(target))?;
    remove_abandoned(&first);
    let mut created = match create(first) {
        Err(_) => create(beside(&random_seed())?),
        created => created,
    };
    for _ in 1..MAX_NAMES {
        match &created {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                created = create(beside(&random_seed())?);
            }
            _ => break,
        }
    }
    created
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A writer to a new file, or to a pipe, device or descriptor.
#[derive(Debug)]
pub(crate) enum Writer {
    New(NewFile),
    Stream(File),
}

impl Writer {
    /// Opens `path` for writing.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is not writable.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::open_with(path, false)
    }

    /// Opens `path` for writing. A new file is readable by its owner only, whatever the mode of the old one.
    ///
    /// # Errors
    ///
    /// Returns an error if the path is not writable.
    pub(crate) fn private(path: &Path) -> io::Result<Self> {
        Self::open_with(path, true)
    }

    fn open_with(path: &Path, is_private: bool) -> io::Result<Self> {
        match Destination::find(path)? {
            Destination::File(path) => NewFile::create(path, is_private).map(Self::New),
            Destination::Descriptor(file) => Ok(Self::Stream(file)),
            Destination::Device(path) => {
                let device = OpenOptions::new().write(true).open(path)?;
                Ok(Self::Stream(device))
            }
        }
    }

    /// Writes everything from `source` and commits.
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be read or the file cannot be written. A regular file is then unchanged.
    pub(crate) fn write_from(mut self, source: &mut impl Read) -> io::Result<()> {
        io::copy(source, &mut self)?;
        self.commit()
    }

    /// Commits a new file.
    ///
    /// # Errors
    ///
    /// Returns an error if [`NewFile::commit`] does.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        match self {
            Self::New(file) => file.commit(),
            Self::Stream(_) => Ok(()),
        }
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::New(file) => file.write(bytes),
            Self::Stream(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::New(file) => file.flush(),
            Self::Stream(file) => file.flush(),
        }
    }
}

/// Replaces a file.
///
/// # Errors
///
/// Returns an error if the file cannot be written. The old file is then unchanged.
#[cfg(any(feature = "cli", test))]
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Writer::open(path)?.write_from(&mut &*bytes)
}

/// Replaces a file with one that only its owner may read.
///
/// # Errors
///
/// Returns an error if the file cannot be written. The old file is then unchanged.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Writer::private(path)?.write_from(&mut &*bytes)
}

/// Creates a file that will replace `target`, with the mode and the owner of the old file.
///
/// # Errors
///
/// Returns an error if the file cannot be created.
pub(crate) fn create(temporary: &Path, target: &Path) -> io::Result<File> {
    let old = fs::metadata(target).ok().filter(fs::Metadata::is_file);
    // only the owner may read it until it has the mode of the old one
    let file = options(old.is_some()).open(temporary)?;
    #[cfg(unix)]
    if let Some(old) = old {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
        let new = file.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            // permitted to the superuser only
            let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
        }
        // without setuid and setgid, which were granted to the old content
        file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o777))?;
    }
    Ok(file)
}

fn options(is_private: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options
}

/// Syncs the folder of `path`, which makes a rename in it durable. Errors are ignored, because some file systems cannot sync
/// folders.
pub(crate) fn sync_folder_of(path: &Path) {
    #[cfg(unix)]
    if let Err(error) = File::open(folder_of(path)).and_then(|folder| folder.sync_all()) {
        tracing::debug!(file = %path.display(), %error, "could not sync the folder");
    }
}

/// Returns options to open a file that others may have replaced: symbolic links are not followed, and pipes do not block.
pub(crate) fn no_follow_options() -> OpenOptions {
    #[allow(unused_mut, reason = "only Unix has such flags")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits() as i32);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that yields some bytes, and then an error.
    struct Cut(usize);

    impl Read for Cut {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let n = into.len().min(self.0);
            into[..n].fill(b'x');
            self.0 -= n;
            Ok(n)
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn other_names_are_tried_while_a_new_file_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("f");
        // the kinds of error of the first attempts, and how many attempts there are
        let taken = io::ErrorKind::AlreadyExists;
        let denied = io::ErrorKind::PermissionDenied;
        let cases = [
            (vec![], 1, true),
            (vec![taken; 5], 6, true),
            (vec![denied], 2, true),
            (vec![denied; 2], 2, false),
            (vec![taken, taken, denied], 3, false),
            (vec![taken; 100], 1 + MAX_NAMES, false),
        ];
        for (errors, attempts, succeeds) in cases {
            let mut paths = std::collections::BTreeSet::new();
            let created = with_temporary_name(&target, |path| {
                paths.insert(path);
                match errors.get(paths.len() - 1) {
                    Some(kind) => Err((*kind).into()),
                    None => Ok(()),
                }
            });
            assert_eq!(created.is_ok(), succeeds, "{errors:?}");
            assert_eq!(paths.len(), attempts, "{errors:?}");
        }
    }

    #[test]
    fn failing_source_leaves_the_old_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        fs::write(&old, "old").unwrap();
        for (name, left) in [("old", vec!["old"]), ("none", vec!["old"])] {
            let writer = Writer::open(&folder.path().join(name)).unwrap();
            assert_eq!(names(folder.path()).len(), 2);
            writer.write_from(&mut Cut(100_000)).unwrap_err();
            assert_eq!(names(folder.path()), left);
            assert_eq!(fs::read(&old).unwrap(), b"old");
        }
        replace(&old, b"new").unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["old"]);
    }

    #[test]
    #[cfg(unix)]
    fn regression_only_unlocked_files_are_abandoned() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        let path = path_beside(&target, PartialKind::Temporary, &name_seed(&target)).unwrap();
        // as a killed process leaves it
        fs::write(&path, "left").unwrap();
        let mut one = Writer::open(&target).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        let mut other = Writer::private(&target).unwrap();
        for name in names(folder.path()) {
            remove_abandoned(&folder.path().join(name));
        }
        assert_eq!(names(folder.path()).len(), 2);
        for (writer, bytes) in [(&mut one, b"one"), (&mut other, b"two")] {
            writer.write_all(bytes).unwrap();
            writer.commit().unwrap();
            assert_eq!(fs::read(&target).unwrap(), bytes);
        }
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let with_slash = format!("{}/new/", folder.path().display());
        for path in [folder.path(), Path::new(&with_slash), Path::new("/")] {
            let error = Destination::find(path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::IsADirectory, "{path:?}");
        }
        assert!(replace(&folder.path().join("none/file"), b"").is_err());
        assert!(
            Destination::find(Path::new("")).is_err() || NewFile::create("".into(), false).is_err()
        );
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().mode() & 0o7777
        }

        #[test]
        fn symbolic_links_are_followed() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::create_dir(at("d")).unwrap();
            fs::write(at("d/file"), "old").unwrap();
            symlink("d/again", at("link")).unwrap();
            symlink("file", at("d/again")).unwrap();
            symlink("d/new", at("dangling")).unwrap();
            symlink("loop", at("loop")).unwrap();
            replace(&at("link"), b"1").unwrap();
            replace(&at("dangling"), b"2").unwrap();
            assert_eq!(fs::read(at("d/file")).unwrap(), b"1");
            assert_eq!(fs::read(at("d/new")).unwrap(), b"2");
            for link in ["link", "d/again", "dangling"] {
                assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink());
            }
            assert!(replace(&at("loop"), b"").is_err());
            assert_eq!(names(&at("d")), ["again", "file", "new"]);
        }

        #[test]
        fn modes_are_kept_and_hard_links_are_not_changed() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            for (old, new) in [(0o600, 0o600), (0o640, 0o640), (0o4755, 0o755)] {
                fs::write(at("file"), "old").unwrap();
                fs::set_permissions(at("file"), fs::Permissions::from_mode(old)).unwrap();
                replace(&at("file"), b"new").unwrap();
                assert_eq!(mode(&at("file")), new);
                replace_private(&at("file"), b"secret").unwrap();
                assert_eq!(mode(&at("file")), 0o600);
            }
            fs::hard_link(at("file"), at("other")).unwrap();
            replace(&at("file"), b"new").unwrap();
            assert_eq!(fs::read(at("other")).unwrap(), b"secret");
            replace_private(&at("made"), b"secret").unwrap();
            assert_eq!(mode(&at("made")), 0o600);
        }

        #[test]
        fn pipes_and_devices_are_written_directly() {
            let folder = tempfile::tempdir().unwrap();
            let pipe = folder.path().join("pipe");
            rustix::fs::mknodat(
                rustix::fs::CWD,
                &pipe,
                rustix::fs::FileType::Fifo,
                rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
                0,
            )
            .unwrap();
            let reader = std::thread::spawn({
                let pipe = pipe.clone();
                move || fs::read(pipe).unwrap()
            });
            replace(&pipe, b"through").unwrap();
            assert_eq!(reader.join().unwrap(), b"through");
            assert_eq!(names(folder.path()), ["pipe"]);
            replace(Path::new("/dev/null"), b"gone").unwrap();
            let null = fs::symlink_metadata("/dev/null").unwrap();
            assert!(!null.is_file() && !null.is_symlink());
        }

        #[test]
        #[cfg(target_os = "linux")]
        fn descriptor_of_a_file_is_appended_to() {
            use std::os::fd::AsRawFd as _;
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            let mut file = File::create(&path).unwrap();
            file.write_all(b"before ").unwrap();
            let link = folder.path().join("link");
            symlink(format!("/dev/fd/{}", file.as_raw_fd()), &link).unwrap();
            replace(&link, b"after").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"before after");
        }

        #[test]
        fn no_follow_options_refuse_links() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::write(at("file"), "x").unwrap();
            symlink("file", at("link")).unwrap();
            assert!(no_follow_options().read(true).open(at("link")).is_err());
            assert!(no_follow_options().read(true).open(at("file")).is_ok());
        }
    }
}
