//! The names of files that are being written.
//!
//! | name, in the target's folder | |
//! | --- | --- |
//! | `.NAME.<16 hex>.tucuxi-part` | recorded in a journal, so an interrupted download can be resumed |
//! | `.NAME.<16 hex>.tucuxi-temp` | not resumed |
//!
//! The last eight digits are a checksum of the eight before them, so other programs do not create such names by accident.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{hash, random};

/// Whether a partial file can be resumed after its process was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartialKind {
    Resumable,
    Temporary,
}

impl PartialKind {
    fn suffix(self) -> &'static str {
        match self {
            Self::Resumable => ".tucuxi-part",
            Self::Temporary => ".tucuxi-temp",
        }
    }

    /// Returns the kind of partial file with this name, or `None` if it is any other file's name.
    pub(crate) fn from_name(name: &OsStr) -> Option<Self> {
        let kinds = [Self::Resumable, Self::Temporary].into_iter();
        kinds.into_iter().find(|kind| kind.stem(name).is_some())
    }

    /// Whether `path` is that of a partial file of this kind for `target`.
    pub(crate) fn matches(self, path: &Path, target: &Path) -> bool {
        let stem = path.file_name().and_then(|name| self.stem(name));
        let (Some(stem), Some(name)) = (stem, target.file_name()) else {
            return false;
        };
        let name = name.as_encoded_bytes();
        // a long name was truncated
        let is_name = stem == name || (stem.len() > LONGEST / 2 && name.starts_with(stem));
        path.parent() == target.parent() && is_name
    }

    /// Returns the part of the name that is the target's name.
    fn stem(self, name: &OsStr) -> Option<&[u8]> {
        let rest = name.as_encoded_bytes();
        let rest = rest.strip_suffix(self.suffix().as_bytes())?;
        let (rest, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        let (seed, check) = std::str::from_utf8(tag).ok()?.split_at_checked(TAG / 2)?;
        let stem = rest.strip_prefix(b".")?.strip_suffix(b".")?;
        (!stem.is_empty() && check == check_of(seed)).then_some(stem)
    }
}

/// The longest file name, in bytes.
const LONGEST: usize = 255;
/// The number of digits in a name.
const TAG: usize = 16;

/// Returns the checksum of a seed: the second half of the digits.
fn check_of(seed: &str) -> String {
    digits(&["tucuxi partial file ", seed])
}

/// Returns eight digits that depend on the words only.
fn digits(words: &[&str]) -> String {
    let mut hasher = Sha256::new();
    words.iter().for_each(|word| hasher.update(word));
    let mut digits = hash::hex(&hasher.finalize());
    digits.truncate(TAG / 2);
    digits
}

/// Returns the path of a partial file for `target`, in the same folder. A name that gets too long is truncated.
///
/// # Errors
///
/// Returns an error if `target` has no file name.
pub(crate) fn path_beside(target: &Path, kind: PartialKind, seed: &str) -> io::Result<PathBuf> {
    let Some(name) = target.file_name() else {
        let what = "the path has no file name";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    };
    let end = format!(".{seed}{}{}", check_of(seed), kind.suffix());
    let mut partial = OsString::from(".");
    match name.len() + 1 + end.len() > LONGEST {
        true => {
            let name = name.to_string_lossy();
            let longest = LONGEST - 1 - end.len();
            let cut = (0..=longest).rev().find(|at| name.is_char_boundary(*at));
            let cut = cut.unwrap_or_default();
            partial.push(name.get(..cut).unwrap_or_default());
        }
        false => partial.push(name),
    }
    partial.push(end);
    Ok(target.with_file_name(partial))
}

/// Returns digits that depend on the target's name only, so what a killed process left behind is found without a search.
pub(crate) fn name_seed(target: &Path) -> String {
    digits(&[&target.file_name().unwrap_or_default().to_string_lossy()])
}

pub(crate) fn random_seed() -> String {
    let mut seed = random::uuid();
    seed.truncate(TAG / 2);
    seed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_the_check_digits_are_not_partial_files() {
        let seed = "0123abcd";
        let right = format!(".a.b.{seed}{}", check_of(seed));
        for (name, expected) in [
            (format!("{right}.tucuxi-part"), Some(PartialKind::Resumable)),
            (format!("{right}.tucuxi-temp"), Some(PartialKind::Temporary)),
            (format!("{right}.tucuxi"), None),
            (format!("{right}.tucuxi-part.bak"), None),
            (right[1..].to_owned() + ".tucuxi-part", None),
            (format!(".{seed}{}.tucuxi-part", check_of(seed)), None),
            (".a.0123abcd0123abcd.tucuxi-part".to_owned(), None),
            (".a.0123abcd.tucuxi-part".to_owned(), None),
            (".a.ü123abcd0123abc.tucuxi-temp".to_owned(), None),
            (".tucuxi-part".to_owned(), None),
            ("a.0123abcd".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(
                PartialKind::from_name(OsStr::new(&name)),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn name_matches_its_target_only() {
        for name in ["a", "a.b", &"b".repeat(255), &"ü".repeat(127)] {
            let target = Path::new("/folder").join(name);
            let kind = PartialKind::Resumable;
            let path = path_beside(&target, kind, &random_seed()).unwrap();
            assert!(kind.matches(&path, &target), "{path:?}");
            assert!(!PartialKind::Temporary.matches(&path, &target), "{path:?}");
            assert!(!kind.matches(&target, &target), "{path:?}");
            for other in ["/folder/other", "/other/a", "/folder/a/a", "/"] {
                assert!(!kind.matches(&path, Path::new(other)), "{path:?} {other}");
            }
            let around = Path::new("/folder/x/..").join(path.file_name().unwrap());
            assert!(!kind.matches(&around, &target), "{around:?}");
        }
        for path in [
            "",
            "/",
            "/folder/a",
            "/folder/.a.0123456789abcdef.tucuxi-part",
        ] {
            let kind = PartialKind::Resumable;
            assert!(
                !kind.matches(Path::new(path), Path::new("/folder/a")),
                "{path}"
            );
        }
        assert!(path_beside(Path::new("x/.."), PartialKind::Temporary, "").is_err());
    }
}
