//! Files whose names or contents come from outside: which names lead to one entry of a folder, and reads that end.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The longest name, in bytes: file systems have 255, and an extension or a mark of a temporary file is added.
const LONGEST: usize = 200;

/// Why a name is not that of one entry of a folder on every platform; `None` if it is.
///
/// The rule for names that a model, an archive or a service chooses, and that are ASCII wherever they are honest.
pub(crate) fn portable_fault(name: &str) -> Option<&'static str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    native_fault(name).or_else(|| match name {
        _ if name.len() > LONGEST => Some("a segment is longer than 200 bytes"),
        _ if !name.bytes().all(is_plain) => {
            Some("a segment has other characters than A-Z a-z 0-9 - _ .")
        }
        _ if name.starts_with('.') => Some("a segment begins with a dot"),
        _ if !is_windows_name(name) => Some("Windows has no files of such names"),
        _ => None,
    })
}

/// Why a name is not that of one entry of a folder on this platform; `None` if it is.
///
/// The rule for names that users choose, such as the segments of an object's key.
pub(crate) fn native_fault(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("a segment is empty"),
        "." | ".." => Some("a segment is . or .."),
        _ if name.contains('\0') => Some("a segment has a null character"),
        _ if name.contains('/') => Some("a segment has a slash"),
        _ if cfg!(windows) && !is_windows_name(name) => Some("Windows has no files of such names"),
        _ => None,
    }
}

/// Whether a file may be called so on Windows, where some names are devices and others lose their end.
fn is_windows_name(name: &str) -> bool {
    const DEVICES: [&str; 6] = ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"];
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let is_port = |port: &str| {
        let number = stem.strip_prefix(port);
        number.is_some_and(|n| n.chars().count() == 1 && n != "0")
    };
    let is_device = DEVICES.contains(&&*stem) || is_port("COM") || is_port("LPT");
    !is_device
        && !name.ends_with(['.', ' '])
        && !name.contains(|c: char| c.is_control() || "\\:<>\"|?*".contains(c))
}

/// Opens a file for reading. What is neither a file nor a link to one, such as a FIFO that would be waited for, is refused.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    match () {
        () if kind.is_file() => File::open(path),
        () if kind.is_dir() => Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder; name a file",
        )),
        () => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a pipe, a socket or a device; name a file",
        )),
    }
}

/// A file's bytes, which are at most `limit`.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_all(open(path)?, limit)
}

/// All bytes of a reader, which are at most `limit`.
pub(crate) fn read_all(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match u64::try_from(read).is_ok_and(|read| read <= limit) {
        true => Ok(bytes),
        false => Err(too_large(limit)),
    }
}

/// What is larger than a limit in bytes.
pub(crate) fn too_large(limit: u64) -> io::Error {
    let limit = match limit {
        mib if mib.is_multiple_of(1 << 20) => format!("{} MiB", mib >> 20),
        bytes => format!("{bytes} bytes"),
    };
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("it is larger than {limit}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portable_name_is_one_entry_of_a_folder_everywhere() {
        for name in [
            "s3",
            "2006-03-01",
            "service-2",
            "a.b_c",
            "null",
            "com0",
            "console.txt",
            "a..b",
        ] {
            assert_eq!(portable_fault(name), None, "{name}");
        }
        let long = "a".repeat(201);
        let hostile = [
            "",
            ".",
            "..",
            "...",
            "/",
            "/abs",
            "a/b",
            "a/",
            "../a",
            "a/../b",
            "\\",
            "..\\a",
            "a\\b",
            "C:",
            "C:a",
            "a:b",
            "\\\\host\\share",
            "a\0",
            "\0",
            "a\nb",
            "a\rb",
            "\u{1b}[2J",
            "\u{7f}",
            "\u{85}",
            "a.",
            "a..",
            "a ",
            " a",
            "a\t",
            ".hidden",
            "~",
            "~root",
            "$HOME",
            "%2e%2e",
            "a*",
            "a?",
            "nul",
            "NUL.txt",
            "con .x",
            "COM1",
            "lpt9.log",
            "aux.json",
            "prn.",
            "com\u{b9}",
            "ü",
            "\u{202e}a",
            "\u{2024}\u{2024}",
            "\u{ff0f}",
            &long,
        ];
        for name in hostile {
            assert!(portable_fault(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn a_native_name_is_one_entry_of_a_folder_here() {
        for name in ["a", "...", "a b", "ü%20", ".a"] {
            assert_eq!(native_fault(name), None, "{name:?}");
        }
        for name in ["", ".", "..", "a/b", "/", "a\0b"] {
            assert!(native_fault(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn windows_has_no_files_of_some_names() {
        for name in ["a", "a.b", "null", "com", "COM0", "console.txt", ".a"] {
            assert!(is_windows_name(name), "{name}");
        }
        for name in [
            "nul", "NUL.txt", "con .x", "com1", "lpt9.log", "a.", "a ", "a:b", "a\\b", "a?",
            "CONIN$", "a\nb",
        ] {
            assert!(!is_windows_name(name), "{name}");
        }
    }

    #[test]
    fn a_read_ends_at_its_limit() {
        assert_eq!(read_all(&b"abc"[..], 3).unwrap(), b"abc");
        let error = read_all(io::repeat(b'a'), 3 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 3 MiB");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(read_all(&b""[..], u64::MAX).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        for (path, expected) in [
            (&*fifo, "a pipe"),
            (Path::new("/dev/zero"), "a device"),
            (folder.path(), "a folder"),
        ] {
            let error = read(path, 1).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
