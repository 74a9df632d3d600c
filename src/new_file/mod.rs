//! Files that are written under a name of the user's: the new file takes the place of the old one at one stroke.
//!
//! ```text
//!          ┌──► a file, or none: NewFile beside it ──► write ──► commit: fsync, rename
//!   name ──┤      (links are followed to their end)
//!          └──► a pipe, a device, a descriptor such as /dev/stdout: opened and written in turn
//! ```
//! Until the commit, the old file is what it was: a body that is cut, a checksum that does not match and a disk that is full
//! change nothing. The new file has the mode of the old one, and its owner where that is permitted. An old file that may not
//! be written is not replaced either. Other hard links of the old file keep its bytes.

pub(crate) mod lock;
pub(crate) mod name;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use self::lock::{lock, remove_abandoned};
use self::name::{PartialKind, own_seed, path_beside, random_seed};

/// What a name stands for.
#[derive(Debug)]
pub(crate) enum Destination {
    /// A regular file, or none: the path at the end of all links.
    File(PathBuf),
    /// Something that is open already, such as stdout.
    Descriptor(File),
    /// A pipe or a device.
    Device(PathBuf),
}

impl Destination {
    /// # Errors
    ///
    /// The name is that of a folder, or what it stands for may not be written.
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
    let what = "it is a folder; name the file in it";
    io::Error::new(io::ErrorKind::IsADirectory, what)
}

/// Where a chain of links ends.
enum End {
    /// A link of the system's to something that is open, in which no name could be replaced.
    Descriptor(PathBuf),
    File(PathBuf),
}

fn follow(path: &Path) -> io::Result<End> {
    /// As many as Linux follows.
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
            // what cannot be looked at is met when it is opened
            _ => return Ok(End::File(path)),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

/// `/dev/stdout`, `/dev/fd/1`, `/proc/self/fd/1`.
fn is_descriptor(path: &Path) -> bool {
    let named = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];
    named.iter().any(|name| path == Path::new(name))
        || path.starts_with("/dev/fd")
        || fs::canonicalize(folder_of(path)).is_ok_and(|folder| folder.starts_with("/proc"))
}

/// A descriptor of a file is written behind what the file has. Our own output is written where it is, so that what is printed
/// afterwards comes behind it.
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

/// The system knows best: access lists, a file system that is read-only, the superuser.
fn check_writable(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        // the program goes on with the old file
        Err(error) if error.kind() != io::ErrorKind::ExecutableFileBusy => Err(error),
        _ => Ok(()),
    }
}

/// A file on its way, beside its place. It is removed unless it is put there.
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
            // there is nobody to tell
            let _ = fs::remove_file(path);
        }
    }
}

impl NewFile {
    /// # Errors
    ///
    /// It cannot be made.
    fn make(target: PathBuf, is_private: bool) -> io::Result<Self> {
        let beside = |seed: &str| path_beside(&target, PartialKind::Temporary, seed);
        let first = beside(&own_seed(&target))?;
        remove_abandoned(&first);
        // another process may be writing a file for the same target
        let made = Self::make_at(first, &target, is_private)
            .or_else(|_| Self::make_at(beside(&random_seed())?, &target, is_private));
        let (file, temporary) = made?;
        Ok(Self {
            file,
            temporary,
            target,
        })
    }

    /// Makes it, locked as long as it is open: what is not locked may be removed as abandoned.
    fn make_at(path: PathBuf, target: &Path, is_private: bool) -> io::Result<(File, Temporary)> {
        let file = match is_private {
            true => options(true).open(&path)?,
            false => create(&path, target)?,
        };
        let file = lock(&file, &path)?;
        Ok((file, Temporary(Some(path))))
    }

    /// Puts it in its place, when its bytes are on the disk. It can be written on.
    ///
    /// # Errors
    ///
    /// The disk does not take the bytes, or the file cannot be renamed.
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

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Something that is written from its beginning to its end.
#[derive(Debug)]
pub(crate) enum Writer {
    New(NewFile),
    Stream(File),
}

impl Writer {
    /// # Errors
    ///
    /// It may not be written.
    #[cfg(any(feature = "cli", test))]
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::make(path, false)
    }

    /// One of a file that its owner alone may read, whatever the mode of the old file.
    ///
    /// # Errors
    ///
    /// It may not be written.
    pub(crate) fn private(path: &Path) -> io::Result<Self> {
        Self::make(path, true)
    }

    fn make(path: &Path, is_private: bool) -> io::Result<Self> {
        match Destination::find(path)? {
            Destination::File(path) => NewFile::make(path, is_private).map(Self::New),
            Destination::Descriptor(file) => Ok(Self::Stream(file)),
            Destination::Device(path) => {
                let device = OpenOptions::new().write(true).open(path)?;
                Ok(Self::Stream(device))
            }
        }
    }

    /// # Errors
    ///
    /// The source cannot be read, or the file not written; a regular file is then what it was.
    pub(crate) fn take_all(mut self, source: &mut impl Read) -> io::Result<()> {
        io::copy(source, &mut self)?;
        self.commit()
    }

    /// Puts a new file in its place.
    ///
    /// # Errors
    ///
    /// See [`NewFile::commit`].
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
/// It cannot be written; the old file is then what it was.
#[cfg(any(feature = "cli", test))]
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Writer::open(path)?.take_all(&mut &*bytes)
}

/// Replaces a file by one that its owner alone may read.
///
/// # Errors
///
/// It cannot be written; the old file is then what it was.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Writer::private(path)?.take_all(&mut &*bytes)
}

/// Makes a file that is to take the place of the target, with the mode and the owner of what is there.
///
/// # Errors
///
/// It cannot be made.
pub(crate) fn create(temporary: &Path, target: &Path) -> io::Result<File> {
    let old = fs::metadata(target).ok().filter(fs::Metadata::is_file);
    // nobody reads it before it has the mode of the old one
    let file = options(old.is_some()).open(temporary)?;
    #[cfg(unix)]
    if let Some(old) = old {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
        let new = file.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            // the superuser may, others may not
            let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
        }
        // what runs as somebody else does so by its bytes
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

/// Makes a rename last: a power cut leaves the new file or the old one, and nothing that depends on the new one is forgotten
/// before. File systems that know no such thing for folders are not waited for.
pub(crate) fn sync_folder_of(path: &Path) {
    #[cfg(unix)]
    if let Err(error) = File::open(folder_of(path)).and_then(|folder| folder.sync_all()) {
        tracing::debug!(file = %path.display(), %error, "the folder could not be synchronised");
    }
}

/// How to open a file of ours that others may have put something else in place of: no link is followed, and no pipe waited for.
pub(crate) fn careful_options() -> OpenOptions {
    #[allow(unused_mut, reason = "other systems than Unix have no such flags")]
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

    /// Gives some bytes, and then an error.
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
    fn a_source_that_breaks_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        fs::write(&old, "old").unwrap();
        for (name, left) in [("old", vec!["old"]), ("none", vec!["old"])] {
            let writer = Writer::open(&folder.path().join(name)).unwrap();
            assert_eq!(names(folder.path()).len(), 2);
            writer.take_all(&mut Cut(100_000)).unwrap_err();
            assert_eq!(names(folder.path()), left);
            assert_eq!(fs::read(&old).unwrap(), b"old");
        }
        replace(&old, b"new").unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["old"]);
    }

    #[test]
    #[cfg(unix)]
    fn regression_a_file_in_use_is_not_abandoned_and_one_of_a_killed_process_is() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        let path = path_beside(&target, PartialKind::Temporary, &own_seed(&target)).unwrap();
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
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let with_slash = format!("{}/new/", folder.path().display());
        for path in [folder.path(), Path::new(&with_slash), Path::new("/")] {
            let error = Destination::find(path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::IsADirectory, "{path:?}");
        }
        assert!(replace(&folder.path().join("none/file"), b"").is_err());
        assert!(
            Destination::find(Path::new("")).is_err() || NewFile::make("".into(), false).is_err()
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
        fn links_stay_and_what_they_lead_to_is_replaced() {
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
        fn modes_stay_and_other_hard_links_keep_what_they_have() {
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
        fn pipes_and_devices_are_written_as_they_are() {
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
        fn a_descriptor_of_a_file_is_written_behind_what_is_there() {
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
        fn a_link_is_not_followed_by_the_careful() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::write(at("file"), "x").unwrap();
            symlink("file", at("link")).unwrap();
            assert!(careful_options().read(true).open(at("link")).is_err());
            assert!(careful_options().read(true).open(at("file")).is_ok());
        }
    }
}
