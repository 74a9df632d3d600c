//! Journals on disk, with which a transfer is resumed after its process was killed.
//!
//! A journal is a file of JSON lines. The first line describes the transfer; the others are appended as steps are done. A
//! truncated last line is ignored. The file is locked while open, so concurrent transfers of one object cannot share it. It is
//! removed when the transfer ends, successfully or not.
//!
//! The folder may contain other files. A journal is a regular file whose first line has [`MARK`] and describes the transfer
//! that the file is named after. All other files are left unchanged: they are opened for reading only, without following links
//! or waiting for pipes, and at most [`MAX_LINE`] bytes are read to recognise them.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read as _, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::environment::Environment;
use crate::hash;
use crate::new_file;

/// The member of the first line that identifies a journal.
const MARK: &str = "tucuxi_transfer";
/// The version of the format.
const FORMAT: u64 = 1;
/// The maximum size of a line. A key has up to 1 KiB, a path 4 KiB, and JSON needs up to six bytes for one.
const MAX_LINE: u64 = 64 << 10;
/// The maximum size of a journal. Each part of a download needs about 100 bytes; further parts are not recorded.
const MAX_LEN: u64 = 16 << 20;

/// Returns the default folder of journals.
pub(super) fn default_folder(env: &Environment) -> Option<PathBuf> {
    let cache = match env.get("XDG_CACHE_HOME") {
        Some(cache) if !cache.is_empty() => PathBuf::from(cache),
        _ => env.home()?.join(".cache"),
    };
    Some(cache.join("tucuxi").join("transfers"))
}

/// The transfer that a journal describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    /// `upload` or `download`.
    pub(super) kind: Box<str>,
    /// The service's endpoint or region.
    pub(super) service: Box<str>,
    pub(super) bucket: Box<str>,
    pub(super) key: Box<str>,
    /// The file that is uploaded or downloaded to.
    pub(super) file: Box<str>,
}

impl Subject {
    /// Returns the first line, to which the caller may add.
    pub(super) fn header(&self) -> Value {
        serde_json::json!({
            MARK: FORMAT,
            "kind": self.kind,
            "service": self.service,
            "bucket": self.bucket,
            "key": self.key,
            "file": self.file,
        })
    }

    /// Parses the first line.
    fn from_header(header: &Value) -> Result<Self, &'static str> {
        if header[MARK] != FORMAT {
            return Err(NO_JOURNAL);
        }
        let text = |member: &str| header[member].as_str().map(Box::from);
        let read = || {
            Some(Self {
                kind: text("kind")?,
                service: text("service")?,
                bucket: text("bucket")?,
                key: text("key")?,
                file: text("file")?,
            })
        };
        read().ok_or("the first line does not describe a transfer")
    }

    /// Returns the name of the journal's file, which depends on the transfer only.
    fn file_name(&self) -> String {
        let words = [
            &self.kind,
            &self.service,
            &self.bucket,
            &self.key,
            &self.file,
        ];
        format!("{}.json", digest(&words.map(|word| &**word)))
    }
}

const NO_JOURNAL: &str = "the first line is not that of a journal of transfers";

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    len: u64,
}

/// The content of a journal.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) header: Value,
    pub(super) done: Vec<Value>,
    /// The number of bytes in complete lines.
    len: u64,
}

impl Journal {
    /// Opens or creates the journal of a transfer. Returns `None` if another process has it open, the folder is not writable, or
    /// another file has its name.
    pub(super) fn open(folder: &Path, subject: &Subject) -> Option<(Self, Lines)> {
        let path = folder.join(subject.file_name());
        let opened =
            create_folder(folder).and_then(|()| Self::open_or_create(path.clone(), subject));
        opened.unwrap_or_else(|error| {
            tracing::warn!(file = %path.display(), %error, "could not open a journal; the transfer cannot be resumed");
            None
        })
    }

    fn open_or_create(path: PathBuf, subject: &Subject) -> io::Result<Option<(Self, Lines)>> {
        let mut options = new_file::no_follow_options();
        options.read(true).write(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let Some(mut this) = Self::locked(options.open(&path)?, path)? else {
            return Ok(None);
        };
        // empty if its process died before writing it
        let lines = match this.file.metadata()?.len() {
            0 => Lines::default(),
            _ => this.read()?,
        };
        let is_new = lines.header.is_null();
        if !is_new && Subject::from_header(&lines.header).as_ref() != Ok(subject) {
            return Err(io::Error::other("it is the journal of another transfer"));
        }
        this.truncate(lines.len)?;
        Ok(Some((this, lines)))
    }

    /// Returns all unlocked journals in a folder. Other files are logged and left unchanged.
    pub(super) fn all(folder: &Path) -> io::Result<Vec<(Self, Subject, Lines)>> {
        let entries = match std::fs::read_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match Self::open_existing(&path) {
                Ok(journal) => found.extend(journal),
                // its transfer may have ended meanwhile
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "ignoring a file that is not a journal")
                }
            }
        }
        Ok(found)
    }

    fn open_existing(path: &Path) -> io::Result<Option<(Self, Subject, Lines)>> {
        let file = new_file::no_follow_options().read(true).open(path)?;
        let Some(mut this) = Self::locked(file, path.to_owned())? else {
            return Ok(None);
        };
        if this.file.metadata()?.len() == 0 {
            return Ok(None);
        }
        let lines = this.read()?;
        let subject = Subject::from_header(&lines.header).map_err(io::Error::other)?;
        match path.file_name() == Some(subject.file_name().as_ref()) {
            true => Ok(Some((this, subject, lines))),
            false => Err(io::Error::other("the file is not named after its transfer")),
        }
    }

    /// Locks the file. Returns `None` if another process has locked it.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a regular file.
    fn locked(file: File, path: PathBuf) -> io::Result<Option<Self>> {
        let opened = file.metadata()?;
        if !opened.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        if file.try_lock().is_err() {
            return Ok(None);
        }
        // the process that had locked it may have removed or replaced it before we locked it
        let is_current = std::fs::symlink_metadata(&path).is_ok_and(|now| is_same(&now, &opened));
        Ok(is_current.then_some(Self { file, path, len: 0 }))
    }

    /// Reads the complete lines.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or its first line is not that of a journal.
    fn read(&mut self) -> io::Result<Lines> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(&self.file);
        let mut lines = Lines::default();
        let mut text = Vec::new();
        while lines.len < MAX_LEN {
            text.clear();
            let mut line = (&mut reader).take(MAX_LINE);
            let n = line.read_until(b'\n', &mut text)? as u64;
            let line = text
                .strip_suffix(b"\n")
                .and_then(|line| serde_json::from_slice::<Value>(line).ok());
            match line {
                None if lines.len == 0 => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, NO_JOURNAL));
                }
                None => break,
                Some(header) if lines.len == 0 => {
                    Subject::from_header(&header).map_err(io::Error::other)?;
                    lines.header = header;
                }
                Some(line) => lines.done.push(line),
            }
            lines.len += n;
        }
        Ok(lines)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.file.seek(SeekFrom::Start(len))?;
        self.len = len;
        Ok(())
    }

    /// Replaces everything with a first line.
    pub(super) fn restart(&mut self, header: &Value) -> io::Result<()> {
        self.truncate(0)?;
        self.append(header)
    }

    /// Appends a line.
    pub(super) fn append(&mut self, line: &Value) -> io::Result<()> {
        let line = format!("{line}\n");
        let len = self.len.saturating_add(line.len() as u64);
        if line.len() as u64 > MAX_LINE || len > MAX_LEN {
            return Err(io::Error::other("the journal is full"));
        }
        self.file.write_all(line.as_bytes())?;
        self.len = len;
        Ok(())
    }

    /// Removes the journal, at the end of its transfer.
    pub(super) fn remove(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(file = %self.path.display(), %error, "could not remove the journal of a transfer that is over");
        }
    }
}

/// Creates a folder that only the user can read.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(one: &Metadata, _: &Metadata) -> bool {
    one.is_file()
}

fn digest(words: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for word in words {
        hasher.update((word.len() as u64).to_be_bytes());
        hasher.update(word);
    }
    let mut digest = hash::hex(&hasher.finalize());
    digest.truncate(32);
    digest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subject(key: &str) -> Subject {
        Subject {
            kind: "upload".into(),
            service: "eu-west-1".into(),
            bucket: "b".into(),
            key: key.into(),
            file: "/f".into(),
        }
    }

    fn open(folder: &Path) -> (Journal, Lines) {
        Journal::open(folder, &subject("k")).unwrap()
    }

    #[test]
    fn lines_are_read_by_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("deep").join("down");
        let header = subject("k").header();
        let (mut journal, lines) = open(&folder);
        assert!(lines.header.is_null() && lines.done.is_empty());
        journal.restart(&header).unwrap();
        journal.append(&json!({"part": 1})).unwrap();
        drop(journal);
        let (mut journal, lines) = open(&folder);
        assert_eq!(
            (lines.header, lines.done),
            (header, vec![json!({"part": 1})])
        );
        journal.append(&json!({"part": 2})).unwrap();
        drop(journal);
        assert_eq!(open(&folder).1.done.len(), 2);
        open(&folder).0.remove();
        assert!(open(&folder).1.header.is_null());
    }

    #[test]
    fn truncated_line_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path());
        journal.restart(&subject("k").header()).unwrap();
        journal.file.write_all(b"{\"part\": 1").unwrap();
        drop(journal);
        let (mut journal, lines) = open(folder.path());
        assert!(lines.done.is_empty());
        journal.append(&json!({"part": 2})).unwrap();
        drop(journal);
        assert_eq!(open(folder.path()).1.done, [json!({"part": 2})]);
    }

    #[test]
    fn journal_is_locked_while_open() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = open(folder.path());
        first.restart(&subject("k").header()).unwrap();
        assert!(Journal::open(folder.path(), &subject("k")).is_none());
        let (mut second, _) = Journal::open(folder.path(), &subject("l")).unwrap();
        second.restart(&subject("l").header()).unwrap();
        drop(second);
        assert!(Journal::all(folder.path()).unwrap().len() == 1);
        drop(first);
        assert!(Journal::all(folder.path()).unwrap().len() == 2);
    }

    #[test]
    fn unusable_folder_is_no_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Journal::open(&file.path().join("x"), &subject("k")).is_none());
        assert!(Journal::all(&file.path().join("x")).is_err());
        let none = tempfile::tempdir().unwrap();
        assert!(Journal::all(&none.path().join("none")).unwrap().is_empty());
    }

    #[test]
    fn other_files_are_left_unchanged() {
        let own = subject("k").file_name();
        let of_another = format!("{}\n", subject("other").header());
        let unmarked = of_another.replace(MARK, "mark");
        let junk = "x".repeat(10 << 20);
        let nested = "[".repeat(100_000);
        for text in [
            "{}",
            "{}\n",
            "{\"a\": 1}\n{\"b\": 2}\n",
            "no JSON\n",
            "\n",
            "null\n",
            "\0\0\0\0",
            "{\"tucuxi_transfer\": 1}\n",
            "{\"tucuxi_transfer\": 99, \"kind\": \"upload\"}\n",
            &of_another,
            &unmarked,
            &junk,
            &nested,
        ] {
            let folder = tempfile::tempdir().unwrap();
            // with the name of a journal, and with another one
            for name in [&*own, "settings.json"] {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
            let shown = &text[..text.len().min(40)];
            assert!(Journal::all(folder.path()).unwrap().is_empty(), "{shown}");
            let opened = Journal::open(folder.path(), &subject("k"));
            assert!(opened.is_none(), "{shown}");
            for name in [&*own, "settings.json"] {
                let left = std::fs::read_to_string(folder.path().join(name)).unwrap();
                assert!(left == text, "{shown}");
            }
        }
    }

    #[test]
    fn journal_has_a_maximum_size() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path());
        journal.restart(&subject("k").header()).unwrap();
        let long = json!({"text": "x".repeat(60_000)});
        let written = (0..1000).take_while(|_| journal.append(&long).is_ok());
        assert_eq!(written.count(), 279);
        assert!(journal.append(&json!({"t": "x".repeat(70_000)})).is_err());
        drop(journal);
        assert_eq!(open(folder.path()).1.done.len(), 279);
    }

    #[test]
    #[cfg(unix)]
    fn links_are_not_followed_and_pipes_do_not_block() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join("state").join(name);
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, format!("{}\nrest", subject("k").header())).unwrap();
        create_folder(&at("")).unwrap();
        symlink(&elsewhere, at(&subject("k").file_name())).unwrap();
        symlink("nowhere", at(&subject("l").file_name())).unwrap();
        std::fs::create_dir(at("folder.json")).unwrap();
        let pipe = at(&subject("m").file_name());
        let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
        assert!(Journal::all(&at("")).unwrap().is_empty());
        for key in ["k", "l", "m"] {
            assert!(Journal::open(&at(""), &subject(key)).is_none(), "{key}");
        }
        assert!(!at("nowhere").exists());
        let left = std::fs::read_to_string(&elsewhere).unwrap();
        assert!(left.ends_with("rest"), "{left}");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        Journal::open(&at(""), &subject("n")).unwrap();
        assert_eq!(mode(&at("")), 0o700);
        assert_eq!(mode(&at(&subject("n").file_name())), 0o600);
    }
}
