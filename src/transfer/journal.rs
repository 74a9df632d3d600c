//! What is kept of a transfer on disk, so that it goes on where it was after this process was killed.
//!
//! A file of JSON lines: the first says what is transferred, each other what was done. Lines are appended as things are done,
//! so a line that is cut short was not. The process that has the file open has it locked: two transfers of one object do not
//! meet in it. When a transfer ends, well or not, its file is removed.
//!
//! The folder may hold files of others. A file is a journal if it is a regular file, no link, whose first line has [`MARK`] and
//! is of the transfer that the file is named after. Everything else is left as it is: it is opened for reading only, no link is
//! followed, no pipe is waited for, and no more than [`LONGEST_LINE`] of it is read to see that.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read as _, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::environment::Environment;
use crate::hash;
use crate::new_file;

/// The member of a journal's first line that no other file has.
const MARK: &str = "tucuxi_transfer";
/// The format of journals.
const FORMAT: u64 = 1;
/// How many bytes a line has at most: a key has up to 1 KiB, a path 4 KiB, and JSON writes up to six bytes for one.
const LONGEST_LINE: u64 = 64 << 10;
/// How many bytes a journal has at most. A download's needs a hundred for each part; of parts beyond that nothing is kept.
const LONGEST: u64 = 16 << 20;

/// Where journals are, unless the program says.
pub(super) fn default_folder(env: &Environment) -> Option<PathBuf> {
    let cache = match env.get("XDG_CACHE_HOME") {
        Some(cache) if !cache.is_empty() => PathBuf::from(cache),
        _ => env.home()?.join(".cache"),
    };
    Some(cache.join("tucuxi").join("transfers"))
}

/// The transfer that a journal is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    /// `upload` or `download`.
    pub(super) kind: Box<str>,
    /// The service's endpoint or region.
    pub(super) service: Box<str>,
    pub(super) bucket: Box<str>,
    pub(super) key: Box<str>,
    /// The file that is read or written.
    pub(super) file: Box<str>,
}

impl Subject {
    /// A journal's first line; its owner may add to it.
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

    /// What a journal's first line says.
    fn of_header(header: &Value) -> Result<Self, &'static str> {
        if header[MARK] != FORMAT {
            return Err("its first line is not that of a journal of transfers");
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
        read().ok_or("its first line does not say which transfer it is of")
    }

    /// The name of its file: the same for the same transfer, and no longer than names may be.
    fn file_name(&self) -> String {
        let words = [
            &self.kind,
            &self.service,
            &self.bucket,
            &self.key,
            &self.file,
        ];
        format!("{}.json", name(&words.map(|word| &**word)))
    }
}

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// How many bytes it has.
    len: u64,
}

/// What is in a journal.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) header: Value,
    pub(super) done: Vec<Value>,
    /// How many bytes the lines have that are whole.
    len: u64,
}

impl Journal {
    /// The journal of a transfer, and what is in it. None if it cannot be kept: another process is at this transfer, the
    /// folder cannot be written, or something else is in the journal's place.
    pub(super) fn open(folder: &Path, subject: &Subject) -> Option<(Self, Lines)> {
        let path = folder.join(subject.file_name());
        let opened = make_folder(folder).and_then(|()| Self::open_or_make(path.clone(), subject));
        opened.unwrap_or_else(|error| {
            tracing::warn!(file = %path.display(), %error, "the transfer could not be resumed");
            None
        })
    }

    fn open_or_make(path: PathBuf, subject: &Subject) -> io::Result<Option<(Self, Lines)>> {
        let mut options = new_file::no_follow_options();
        options.read(true).write(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let Some(mut this) = Self::locked(options.open(&path)?, path)? else {
            return Ok(None);
        };
        // one that was made and not written before its process died
        let lines = match this.file.metadata()?.len() {
            0 => Lines::default(),
            _ => this.read()?,
        };
        let is_new = lines.header.is_null();
        if !is_new && Subject::of_header(&lines.header).as_ref() != Ok(subject) {
            return Err(io::Error::other("it is the journal of another transfer"));
        }
        this.cut(lines.len)?;
        Ok(Some((this, lines)))
    }

    /// All journals of a folder that no process is at. Files that are no journals are told in the log, and left alone.
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
            match Self::look_at(&path) {
                Ok(journal) => found.extend(journal),
                // it may be gone by now
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "left alone, as it is no journal of a transfer")
                }
            }
        }
        Ok(found)
    }

    fn look_at(path: &Path) -> io::Result<Option<(Self, Subject, Lines)>> {
        let file = new_file::no_follow_options().read(true).open(path)?;
        let Some(mut this) = Self::locked(file, path.to_owned())? else {
            return Ok(None);
        };
        if this.file.metadata()?.len() == 0 {
            return Ok(None);
        }
        let lines = this.read()?;
        let subject = Subject::of_header(&lines.header).map_err(io::Error::other)?;
        match path.file_name() == Some(subject.file_name().as_ref()) {
            true => Ok(Some((this, subject, lines))),
            false => Err(io::Error::other("it is not named after its transfer")),
        }
    }

    /// None if another process has it.
    ///
    /// # Errors
    ///
    /// It is no regular file.
    fn locked(file: File, path: PathBuf) -> io::Result<Option<Self>> {
        let opened = file.metadata()?;
        if !opened.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        if file.try_lock().is_err() {
            return Ok(None);
        }
        // it may have been removed, or replaced, by the process that had it, between opening and locking
        let is_there = std::fs::symlink_metadata(&path).is_ok_and(|now| is_same(&now, &opened));
        Ok(is_there.then_some(Self { file, path, len: 0 }))
    }

    /// Reads the lines that are whole.
    ///
    /// # Errors
    ///
    /// It cannot be read, or its first line is none of a journal.
    fn read(&mut self) -> io::Result<Lines> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(&self.file);
        let mut lines = Lines::default();
        let mut text = Vec::new();
        while lines.len < LONGEST {
            text.clear();
            let mut line = (&mut reader).take(LONGEST_LINE);
            let n = line.read_until(b'\n', &mut text)? as u64;
            let line = text
                .strip_suffix(b"\n")
                .and_then(|line| serde_json::from_slice::<Value>(line).ok());
            match line {
                None if lines.len == 0 => {
                    let what = "its first line is not that of a journal of transfers";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, what));
                }
                None => break,
                Some(header) if lines.len == 0 => {
                    Subject::of_header(&header).map_err(io::Error::other)?;
                    lines.header = header;
                }
                Some(line) => lines.done.push(line),
            }
            lines.len += n;
        }
        Ok(lines)
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.file.seek(SeekFrom::Start(len))?;
        self.len = len;
        Ok(())
    }

    /// Forgets what was done, and says what is to be.
    pub(super) fn restart(&mut self, header: &Value) -> io::Result<()> {
        self.cut(0)?;
        self.append(header)
    }

    /// Says what was done.
    pub(super) fn append(&mut self, line: &Value) -> io::Result<()> {
        let line = format!("{line}\n");
        let len = self.len.saturating_add(line.len() as u64);
        if line.len() as u64 > LONGEST_LINE || len > LONGEST {
            return Err(io::Error::other("the journal is full"));
        }
        self.file.write_all(line.as_bytes())?;
        self.len = len;
        Ok(())
    }

    /// The transfer is over.
    pub(super) fn remove(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(file = %self.path.display(), %error, "a journal remains of a transfer that is over");
        }
    }
}

/// Others may not see in it what is transferred.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut make = std::fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder)
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

fn name(words: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for word in words {
        hasher.update((word.len() as u64).to_be_bytes());
        hasher.update(word);
    }
    let mut name = hash::hex(&hasher.finalize());
    name.truncate(32);
    name
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
    fn what_was_said_is_there_for_the_next_process() {
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
    fn a_line_that_is_cut_short_was_not_said() {
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
    fn two_at_one_transfer_do_not_meet() {
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
    fn a_folder_that_cannot_be_is_no_hindrance() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Journal::open(&file.path().join("x"), &subject("k")).is_none());
        assert!(Journal::all(&file.path().join("x")).is_err());
        let none = tempfile::tempdir().unwrap();
        assert!(Journal::all(&none.path().join("none")).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_is_no_journal_is_left_as_it_is() {
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
            // in the place of a journal, and beside it
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
    fn a_journal_is_read_to_a_limit_and_not_written_beyond() {
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
    fn links_and_pipes_are_neither_followed_nor_waited_for() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join("state").join(name);
        let elsewhere = folder.path().join("elsewhere");
        std::fs::write(&elsewhere, format!("{}\nrest", subject("k").header())).unwrap();
        make_folder(&at("")).unwrap();
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
