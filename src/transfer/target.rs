//! Where a download's bytes go.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::error::TransferError;
use crate::checksum::{ChecksumAlgorithm, Hasher};
use crate::error::Result;
use crate::random;

/// Where a download goes.
///
/// | to | |
/// | --- | --- |
/// | [`Path`], [`PathBuf`] | a file: it is written beside its place and renamed when it is whole and right, so nobody sees half of it; a pipe or device is written in turn |
/// | [`Target::writer`] | a stream, written in turn |
pub struct Target<'t>(Kind<'t>);

enum Kind<'t> {
    File(PathBuf),
    Writer(Box<dyn Write + Send + 't>),
}

impl<'t> Target<'t> {
    /// A stream. It is not flushed before the end.
    pub fn writer(writer: impl Write + Send + 't) -> Self {
        Self(Kind::Writer(Box::new(writer)))
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::File(path) => f.debug_tuple("File").field(path).finish(),
            Kind::Writer(_) => f.write_str("Writer"),
        }
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::File(path) => path.display().fmt(f),
            Kind::Writer(_) => f.write_str("a stream"),
        }
    }
}

impl From<&Path> for Target<'_> {
    fn from(path: &Path) -> Self {
        path.to_owned().into()
    }
}

impl From<PathBuf> for Target<'_> {
    fn from(path: PathBuf) -> Self {
        Self(Kind::File(path))
    }
}

impl<'t> From<&'t mut Vec<u8>> for Target<'t> {
    fn from(bytes: &'t mut Vec<u8>) -> Self {
        Self::writer(bytes)
    }
}

/// A target that was looked at.
pub(super) enum Sink<'t> {
    File(PathBuf),
    Stream(Box<Ordered<'t>>),
}

impl<'t> Sink<'t> {
    /// # Errors
    ///
    /// It is a folder, or a device that cannot be opened.
    pub(super) fn open(target: Target<'t>) -> Result<Self> {
        let path = match target.0 {
            Kind::File(path) => path,
            Kind::Writer(writer) => return Ok(Self::Stream(Ordered::new(writer))),
        };
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                let error = io::Error::new(
                    io::ErrorKind::IsADirectory,
                    "it is a folder; name the file in it",
                );
                Err(TransferError::file(path)(error))
            }
            Ok(metadata) if !metadata.is_file() => {
                let device = OpenOptions::new().write(true).open(&path);
                let device = device.map_err(TransferError::file(path))?;
                Ok(Self::Stream(Ordered::new(Box::new(device))))
            }
            _ => Ok(Self::File(path)),
        }
    }
}

/// A file on its way, beside its place.
#[derive(Debug)]
pub(super) struct PartialFile {
    pub(super) path: PathBuf,
    target: PathBuf,
    /// It, opened, for the next who writes: a file that is small is opened once.
    open: Mutex<Vec<File>>,
}

impl PartialFile {
    /// One that is not there yet.
    ///
    /// # Errors
    ///
    /// The target names no file.
    pub(super) fn beside(target: &Path) -> Result<Self> {
        Ok(Self {
            path: beside(target)?,
            target: target.to_owned(),
            open: Mutex::default(),
        })
    }

    /// Makes it, with no byte in it.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub(super) fn create(&self) -> Result<()> {
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.path);
        self.put_back(made.map_err(TransferError::file(&*self.target))?);
        Ok(())
    }

    /// One of an earlier try.
    pub(super) fn known(path: PathBuf, target: &Path) -> Self {
        Self {
            path,
            target: target.to_owned(),
            open: Mutex::default(),
        }
    }

    /// To write from here on.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub(super) fn at(&self, offset: u64) -> Result<File> {
        let sought = self.take().and_then(|mut file| {
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        });
        sought.map_err(TransferError::file(&*self.path))
    }

    fn take(&self) -> io::Result<File> {
        // a list is whole whenever a thread may have panicked
        let open = self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        open.map_or_else(|| OpenOptions::new().write(true).open(&self.path), Ok)
    }

    /// For the next who writes.
    pub(super) fn put_back(&self, file: File) {
        // a list is whole whenever a thread may have panicked
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(file);
    }

    /// Puts the file in its place, last modified then.
    ///
    /// # Errors
    ///
    /// Its length or time cannot be set, or it cannot be renamed.
    pub(super) fn finish(&self, len: u64, modified: Option<SystemTime>) -> Result<()> {
        let done = || {
            let file = self.take()?;
            // one of an earlier try may be longer
            if file.metadata()?.len() != len {
                file.set_len(len)?;
            }
            if let Some(modified) = modified {
                file.set_modified(modified)?;
            }
            std::fs::rename(&self.path, &self.target)
        };
        done().map_err(TransferError::file(&*self.target))
    }

    pub(super) fn remove(&self) {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(file = %self.path.display(), %error, "a part of a file remains");
            }
            _ => {}
        }
    }
}

/// `NAME.<8 hex>` in the same folder; a name that has no room for that is cut.
fn beside(target: &Path) -> Result<PathBuf> {
    const LONGEST: usize = 255;
    let Some(name) = target.file_name() else {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "it names no file");
        return Err(TransferError::file(target)(error));
    };
    let end = format!(".{}", &random::uuid()[..8]);
    let mut temporary = name.to_owned();
    if temporary.len() + end.len() > LONGEST {
        let name = name.to_string_lossy();
        let cut = name.floor_char_boundary(LONGEST - end.len() - 32);
        temporary = name[..cut].into();
    }
    temporary.push(end);
    Ok(target.with_file_name(temporary))
}

/// A stream to which parts come out of order. What has to wait is in memory.
pub(super) struct Ordered<'t>(Mutex<OrderedState<'t>>);

struct OrderedState<'t> {
    writer: Box<dyn Write + Send + 't>,
    next: u32,
    waiting: BTreeMap<u32, Vec<u8>>,
    hasher: Option<Hasher>,
}

impl<'t> Ordered<'t> {
    fn new(writer: Box<dyn Write + Send + 't>) -> Box<Self> {
        Box::new(Self(Mutex::new(OrderedState {
            writer,
            next: 1,
            waiting: BTreeMap::new(),
            hasher: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, OrderedState<'t>> {
        // a panic of a writer ends the transfer
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Computes the checksum of what is written, where that of parts does not make it.
    pub(super) fn hash_with(&self, algorithm: ChecksumAlgorithm) {
        self.lock().hasher = Some(algorithm.hasher());
    }

    /// That of all that was written.
    pub(super) fn checksum(&self) -> Option<String> {
        self.lock().hasher.take().map(Hasher::finish)
    }

    /// Takes a part, and writes what is in turn.
    ///
    /// # Errors
    ///
    /// The stream cannot be written.
    pub(super) fn put(&self, number: u32, bytes: Vec<u8>) -> Result<()> {
        let mut state = self.lock();
        state.waiting.insert(number, bytes);
        loop {
            let next = state.next;
            let Some(bytes) = state.waiting.remove(&next) else {
                return Ok(());
            };
            if let Some(hasher) = &mut state.hasher {
                hasher.update(&bytes);
            }
            let written = state.writer.write_all(&bytes);
            written.map_err(|source| TransferError::Writer { source })?;
            state.next += 1;
        }
    }

    pub(super) fn flush(&self) -> Result<()> {
        let flushed = self.lock().writer.flush();
        flushed.map_err(|source| TransferError::Writer { source }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_in_turn() {
        let mut out = Vec::new();
        let Ok(Sink::Stream(ordered)) = Sink::open((&mut out).into()) else {
            panic!("a writer is a stream");
        };
        for number in [3, 1, 2, 4] {
            ordered
                .put(number, number.to_string().into_bytes())
                .unwrap();
        }
        ordered.flush().unwrap();
        drop(ordered);
        assert_eq!(out, b"1234");
    }

    #[test]
    fn names_beside_have_room() {
        for name in ["a".to_owned(), "b".repeat(255), "ü".repeat(127)] {
            let beside = beside(Path::new("/folder").join(&name).as_path()).unwrap();
            let temporary = beside.file_name().unwrap();
            assert!(temporary.len() <= 255 && temporary != &*name, "{beside:?}");
            assert_eq!(beside.parent(), Some(Path::new("/folder")));
        }
        assert!(beside(Path::new("/")).is_err());
        assert!(beside(Path::new("x/..")).is_err());
    }

    #[test]
    fn a_file_is_in_its_place_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("f");
        let partial = PartialFile::beside(&target).unwrap();
        partial.create().unwrap();
        partial.at(3).unwrap().write_all(b"def").unwrap();
        partial.at(0).unwrap().write_all(b"abc").unwrap();
        assert!(!target.exists());
        let then = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        partial.finish(6, Some(then)).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"abcdef");
        assert_eq!(
            std::fs::metadata(&target).unwrap().modified().unwrap(),
            then
        );
        let other = PartialFile::beside(&target).unwrap();
        other.create().unwrap();
        other.remove();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Sink::open(folder.path().into()).is_err());
        let nowhere = PartialFile::beside(&folder.path().join("none").join("f")).unwrap();
        assert!(nowhere.create().is_err());
    }
}
