//! Local paths as text, with slashes.

use std::path::Path;

/// The absolute form of a path, without `.`, `..`, repeated slashes and a slash at its end. Links are not resolved.
pub(super) fn absolute(path: &str) -> String {
    normal(&match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("{}/{path}", current_folder()),
    })
}

/// A path relative to the current folder, as `aws` prints it: with `./` if it has no other folder.
pub(super) fn shown(path: &str) -> String {
    relative_to(&current_folder(), path)
}

fn relative_to(current: &str, path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    let folder = normal(folder);
    let current = segments(current);
    let folder: Vec<&str> = segments(&folder);
    let common = current
        .iter()
        .zip(&folder)
        .take_while(|(one, other)| one == other)
        .count();
    let up = vec![".."; current.len() - common];
    let mut shown = [&up[..], &folder[common..]].concat();
    if shown.is_empty() {
        shown.push(".");
    }
    shown.push(name);
    shown.join("/")
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}

fn normal(path: &str) -> String {
    let mut kept = Vec::new();
    for segment in segments(path) {
        match segment {
            "." => {}
            ".." => _ = kept.pop(),
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Whether a relative path leads out of its folder.
pub(super) fn escapes(relative: &str) -> bool {
    let mut depth = 0_usize;
    for segment in segments(relative) {
        match (segment, depth) {
            (".", _) => {}
            ("..", 0) => return true,
            ("..", _) => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

/// Whether a path ends with the name of a file.
pub(super) fn has_file_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !["", ".", ".."].contains(&name)
}

fn current_folder() -> String {
    let folder = std::env::current_dir();
    folder.map_or_else(|_| "/".to_owned(), |path| path.to_string_lossy().into())
}

/// Whether the user may read a file.
#[cfg(unix)]
pub(super) fn is_readable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::READ_OK).is_ok()
}

#[cfg(not(unix))]
pub(super) fn is_readable(path: &Path) -> bool {
    std::fs::File::open(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_shown_relative_to_the_current_folder() {
        for (path, expected) in [
            ("/w/a.txt", "./a.txt"),
            ("/w/d/c.txt", "d/c.txt"),
            ("/w/f//double", "f/double"),
            ("/w/d/", "d/"),
            ("/x/a", "../x/a"),
            ("/a", "../a"),
            ("/w/../b", "../b"),
        ] {
            assert_eq!(relative_to("/w", path), expected, "{path}");
        }
    }

    #[test]
    fn path_is_normal() {
        for (path, expected) in [("/a/./b//c/", "/a/b/c"), ("/a/../..", "/"), ("/", "/")] {
            assert_eq!(normal(path), expected);
        }
    }

    #[test]
    fn names_of_folders_are_no_file_names() {
        for (path, expected) in [
            ("/w/a", true),
            ("/w/...", true),
            ("/w/a/", false),
            ("/w/.", false),
            ("/w/..", false),
        ] {
            assert_eq!(has_file_name(path), expected, "{path}");
        }
    }

    #[test]
    fn only_paths_out_of_the_folder_escape() {
        for (path, expected) in [
            ("a/b", false),
            ("a/../b", false),
            ("../b", true),
            ("a/../../b", true),
            ("/../b", true),
            ("..a", false),
            ("a/..", false),
        ] {
            assert_eq!(escapes(path), expected, "{path}");
        }
    }
}
