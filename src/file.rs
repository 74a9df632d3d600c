//! Checks of file names, and reads with a size limit, for files whose names or contents come from outside.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The longest name, in bytes. File systems allow 255; this leaves room for an extension or the suffix of a temporary file.
const LONGEST: usize = 200;

/// Returns why `name` is not a valid file name on every platform, or `None` if it is.
///
/// Applies to names chosen by a model, an archive or a service, which are always ASCII.
pub(crate) fn portable_fault(name: &str) -> Option<&'static str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    native_fault(name).or_else(|| match name {
        _ if name.len() > LONGEST => Some("a segment is longer than 200 bytes"),
        _ if !name.bytes().all(is_plain) => {
            Some("a segment has characters other than A-Z a-z 0-9 - _ .")
        }
        _ if name.starts_with('.') => Some("a segment starts with a dot"),
        _ if !is_windows_name(name) => Some("a segment is not a valid file name on Windows"),
        _ => None,
    })
}

/// Returns why `name` is not a valid file name on this platform, or `None` if it is.
///
/// Applies to names chosen by users, such as the segments of an object's key.
pub(crate) fn native_fault(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("a segment is empty"),
        "." | ".." => Some("a segment is . or .."),
        _ if name.contains('\0') => Some("a segment has a null character"),
        _ if name.contains('/') => Some("a segment has a slash"),
        _ if cfg!(windows) && !is_windows_name(name) => {
            Some("a segment is not a valid file name on Windows")
        }
        _ => None,
    }
}

/// Whether `name` is a valid file name on Windows, which reserves some names for devices and strips trailing dots and spaces.
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

/// Opens a regular file for reading. Anything else is an error, such as a FIFO, which would block.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    Ok(open_sized(path)?.0)
}

/// Opens a regular file, and returns its length, too.
fn open_sized(path: &Path) -> io::Result<(File, u64)> {
    let metadata = fs::metadata(path)?;
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => Ok((File::open(path)?, metadata.len())),
        () if kind.is_dir() => Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder; specify a file",
        )),
        () => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a pipe, a socket or a device; specify a file",
        )),
    }
}

/// Reads a regular file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, len) = open_sized(path)?;
    // one more byte, in which the end of the file is found
    let capacity = usize::try_from(len.min(limit)).map_or(0, |len| len.saturating_add(1));
    read_into(Vec::with_capacity(capacity), file, limit)
}

/// Whether a regular file has this text among its first `limit` bytes. The file is read no further than that.
#[cfg(any(feature = "async", feature = "ureq"))]
pub(crate) fn contains(path: &Path, text: &[u8], limit: u64) -> io::Result<bool> {
    const PART: u64 = 8 << 10;
    let mut file = open(path)?.take(limit);
    let mut window = Vec::new();
    loop {
        // the text may have begun in the part before
        window.drain(..window.len().saturating_sub(text.len()));
        let read = file.by_ref().take(PART).read_to_end(&mut window)?;
        if memchr::memmem::find(&window, text).is_some() {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
    }
}

/// Reads everything from a reader that yields at most `limit` bytes.
pub(crate) fn read_all(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    read_into(Vec::new(), reader, limit)
}

fn read_into(mut bytes: Vec<u8>, reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let read = reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match u64::try_from(read).is_ok_and(|read| read <= limit) {
        true => Ok(bytes),
        false => Err(too_large(limit)),
    }
}

/// The limit for files of settings or certificates, in bytes.
pub(crate) const MAX_SETTINGS: u64 = 16 << 20;
/// The limit for files of tokens, in bytes.
pub(crate) const MAX_TOKEN: u64 = 1 << 20;

/// Reads a file, pipe or device of at most `limit` bytes. It is for paths that users choose, who do choose
/// `AWS_CONFIG_FILE=<(…)` and `/dev/null`. A pipe without data times out.
pub(crate) fn read_or_pipe(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?.file_type();
    match kind.is_file() || kind.is_dir() {
        true => read(path, limit),
        false => read_pipe(path, limit),
    }
}

/// Reads text as [`read_or_pipe`] does.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let text = String::from_utf8(read_or_pipe(path, limit)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Reads a pipe or device. Opening does not block, and reading times out.
#[cfg(unix)]
fn read_pipe(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    const TIMEOUT_SECS: i64 = 5;
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits());
    let flags = flags.map_err(io::Error::other)?;
    let mut file = File::options().read(true).custom_flags(flags).open(path)?;
    let (mut bytes, mut part) = (Vec::new(), [0; 16 << 10]);
    while u64::try_from(bytes.len()).is_ok_and(|len| len <= limit) {
        let timeout = Timespec {
            tv_sec: TIMEOUT_SECS,
            tv_nsec: 0,
        };
        let mut polled = [PollFd::new(&file, PollFlags::IN)];
        match poll(&mut polled, Some(&timeout)) {
            Ok(0) => {
                let what = format!(
                    "it is a pipe or a device, which sent no data for {TIMEOUT_SECS} seconds"
                );
                return Err(io::Error::new(io::ErrorKind::TimedOut, what));
            }
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        match file.read(&mut part) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes.extend(part.iter().take(read)),
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Err(too_large(limit))
}

#[cfg(not(unix))]
fn read_pipe(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_all(File::open(path)?, limit)
}

/// Returns the error for something that is larger than `limit` bytes.
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
    fn portable_names_are_valid_everywhere() {
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
    fn native_names_are_valid_here() {
        for name in ["a", "...", "a b", "ü%20", ".a"] {
            assert_eq!(native_fault(name), None, "{name:?}");
        }
        for name in ["", ".", "..", "a/b", "/", "a\0b"] {
            assert!(native_fault(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn windows_reserves_names() {
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
    fn reads_are_limited() {
        assert_eq!(read_all(&b"abc"[..], 3).unwrap(), b"abc");
        let error = read_all(io::repeat(b'a'), 3 << 20).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 3 MiB");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(read_all(&b""[..], u64::MAX).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn pipes_devices_and_folders_are_refused() {
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

    #[cfg(target_os = "linux")]
    #[test]
    fn pipes_and_devices_are_read_with_a_timeout() {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let read = |path: &Path| read_or_pipe(path, 9);
        assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
        let error = read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        let (reader, mut writer) = io::pipe().unwrap();
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        let late = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(50));
            writer.write_all(b"late").unwrap();
        });
        assert_eq!(read(Path::new(&path)).unwrap(), b"late");
        late.join().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(
            read(folder.path()).unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
        fs::write(folder.path().join("f"), b"\xff").unwrap();
        assert!(
            read_text(&folder.path().join("f"), 9)
                .unwrap_err()
                .to_string()
                .contains("UTF-8")
        );
    }

    #[test]
    #[cfg(any(feature = "async", feature = "ureq"))]
    fn a_text_is_found_wherever_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let parts = 8 << 10;
        for before in [0, 1, parts - 6, parts - 5, parts - 1, parts, 3 * parts - 3] {
            fs::write(&path, format!("{}needle.", "-".repeat(before))).unwrap();
            let whole = u64::try_from(before + 6).unwrap();
            for (limit, expected) in [(u64::MAX, true), (whole, true), (whole - 1, false)] {
                let found = contains(&path, b"needle", limit).unwrap();
                assert_eq!(found, expected, "{before} {limit}");
            }
        }
        fs::write(&path, "").unwrap();
        assert!(!contains(&path, b"needle", 100).unwrap());
        assert!(contains(dir.path(), b"needle", 100).is_err());
    }

    #[test]
    fn files_are_read_up_to_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for len in [0, 1, 100] {
            fs::write(&path, vec![7; len]).unwrap();
            for limit in [0, 1, 99, 100, u64::MAX] {
                let read = read(&path, limit).map(|bytes| bytes.len());
                let expected = (len as u64 <= limit).then_some(len);
                assert_eq!(read.ok(), expected, "{len} {limit}");
            }
        }
    }
}
