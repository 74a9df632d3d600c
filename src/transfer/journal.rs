//! What is kept of a transfer on disk, so that it goes on where it was after this process was killed.
//!
//! A file of JSON lines: the first says what is transferred, each other what was done. Lines are appended as things are done,
//! so a line that is cut short was not. Whoever has the file open has it locked: two transfers of one object do not meet in it.
//! When a transfer ends, well or not, its file is removed.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::config::Environment;
use crate::hash;

/// Where journals are, unless the program says.
pub(super) fn default_folder(env: &Environment) -> Option<PathBuf> {
    let cache = match env.get("XDG_CACHE_HOME") {
        Some(cache) if !cache.is_empty() => PathBuf::from(cache),
        _ => env.home()?.join(".cache"),
    };
    Some(cache.join("tucuxi").join("transfers"))
}

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// The journal of the transfer that is known by these words, and what is in it. None if it cannot be kept: somebody else
    /// is at this transfer, or the folder cannot be written.
    pub(super) fn open(folder: &Path, words: &[&str]) -> Option<(Self, Vec<Value>)> {
        let path = folder.join(format!("{}.json", name(words)));
        let opened = std::fs::create_dir_all(folder).and_then(|()| Self::open_file(path, true));
        let opened = opened.and_then(|this| this.map(Self::read).transpose());
        opened.unwrap_or_else(|error| {
            tracing::warn!(folder = %folder.display(), %error, "the transfer could not be resumed");
            None
        })
    }

    /// All journals of a folder that nobody is at.
    pub(super) fn all(folder: &Path) -> io::Result<Vec<(Self, Vec<Value>)>> {
        let entries = match std::fs::read_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
                // it may be gone by now
                && let Ok(Some(this)) = Self::open_file(path, false)
            {
                found.push(this.read()?);
            }
        }
        Ok(found)
    }

    /// None if somebody else has it.
    fn open_file(path: PathBuf, makes: bool) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(makes)
            .truncate(false)
            .open(&path)?;
        if file.try_lock().is_err() {
            return Ok(None);
        }
        // it may have been removed by whoever had it, between opening and locking
        match path.try_exists()? {
            true => Ok(Some(Self { file, path })),
            false => Ok(None),
        }
    }

    fn read(mut self) -> io::Result<(Self, Vec<Value>)> {
        let (mut lines, mut end, mut text) = (Vec::new(), 0, String::new());
        let mut reader = BufReader::new(&self.file);
        loop {
            text.clear();
            // what is no text is no line of ours either
            let n = reader.read_line(&mut text).unwrap_or(0) as u64;
            let line = text
                .strip_suffix('\n')
                .and_then(|line| serde_json::from_str(line).ok());
            match line {
                Some(line) => lines.push(line),
                None => break,
            }
            end += n;
        }
        self.file.set_len(end)?;
        self.file.seek(SeekFrom::Start(end))?;
        Ok((self, lines))
    }

    /// Forgets what was done, and says what is to be.
    pub(super) fn restart(&mut self, header: &Value) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.append(header)
    }

    /// Says what was done.
    pub(super) fn append(&mut self, line: &Value) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())
    }

    /// The transfer is over.
    pub(super) fn remove(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(file = %self.path.display(), %error, "a journal remains of a transfer that is over");
        }
    }
}

/// The file's name: the same for the same transfer, and no longer than names may be.
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

    fn open(folder: &Path) -> (Journal, Vec<Value>) {
        Journal::open(folder, &["up", "b", "k"]).unwrap()
    }

    #[test]
    fn what_was_said_is_there_for_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("deep").join("down");
        let (mut journal, lines) = open(&folder);
        assert!(lines.is_empty());
        journal.restart(&json!({"file": "f"})).unwrap();
        journal.append(&json!({"part": 1})).unwrap();
        drop(journal);
        let (mut journal, lines) = open(&folder);
        assert_eq!(lines, [json!({"file": "f"}), json!({"part": 1})]);
        journal.append(&json!({"part": 2})).unwrap();
        drop(journal);
        assert_eq!(open(&folder).1.len(), 3);
        open(&folder).0.remove();
        assert!(open(&folder).1.is_empty());
    }

    #[test]
    fn a_line_that_is_cut_short_was_not_said() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path());
        journal.restart(&json!({"file": "f"})).unwrap();
        journal.file.write_all(b"{\"part\": 1").unwrap();
        drop(journal);
        let (mut journal, lines) = open(folder.path());
        assert_eq!(lines.len(), 1);
        journal.append(&json!({"part": 2})).unwrap();
        drop(journal);
        assert_eq!(
            open(folder.path()).1,
            [json!({"file": "f"}), json!({"part": 2})]
        );
    }

    #[test]
    fn two_at_one_transfer_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let (first, _) = open(folder.path());
        assert!(Journal::open(folder.path(), &["up", "b", "k"]).is_none());
        assert!(Journal::open(folder.path(), &["up", "bk", ""]).is_some());
        assert!(Journal::all(folder.path()).unwrap().len() == 1);
        drop(first);
        assert!(Journal::all(folder.path()).unwrap().len() == 2);
    }

    #[test]
    fn a_folder_that_cannot_be_is_no_hindrance() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Journal::open(&file.path().join("x"), &["up"]).is_none());
        assert!(Journal::all(&file.path().join("x")).is_err());
        let none = tempfile::tempdir().unwrap();
        assert!(Journal::all(&none.path().join("none")).unwrap().is_empty());
    }
}
