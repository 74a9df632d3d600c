//! Downloads whose files have the same name but for its case. Some file systems have only one of them.

use std::collections::HashSet;
use std::path::Path;

use super::lines::{Event, Lines};

/// What happens to such a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Error,
    Ignore,
    Skip,
    Warn,
}

impl Mode {
    pub(super) fn parse(text: Option<&str>) -> Self {
        match text {
            Some("error") => Self::Error,
            Some("skip") => Self::Skip,
            Some("warn") => Self::Warn,
            _ => Self::Ignore,
        }
    }
}

/// Finds conflicts among the downloads of a command.
pub(super) struct Conflicts {
    mode: Mode,
    /// The names in lower case.
    seen: HashSet<String>,
}

impl Conflicts {
    pub(super) fn new(mode: Mode) -> Self {
        let seen = HashSet::new();
        Self { mode, seen }
    }

    /// Whether an object is downloaded whose file does not exist yet under exactly this name.
    ///
    /// # Errors
    ///
    /// Returns a message if the command must end.
    pub(super) fn may_download(
        &mut self,
        source: &str,
        name: &str,
        target: &str,
        lines: &Lines,
    ) -> Result<bool, String> {
        if self.mode == Mode::Ignore {
            return Ok(true);
        }
        let is_new = self.seen.insert(name.to_lowercase());
        if is_new && !Path::new(target).exists() {
            return Ok(true);
        }
        let why = "the name of another file differs from it only by its case";
        match self.mode {
            Mode::Error => Err(format!("failed to download {source} to {target}: {why}")),
            Mode::Skip => {
                let text = format!("warning: skipping {source} to {target}: {why}");
                lines.send(Event::Note(text));
                Ok(false)
            }
            Mode::Ignore | Mode::Warn => {
                let text = format!(
                    "warning: downloading {source} to {target}, although {why}; one may replace the other"
                );
                lines.send(Event::Note(text));
                Ok(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_by_case_conflict() {
        let (sender, events) = std::sync::mpsc::channel();
        let lines = Lines(sender);
        for (mode, expected, notes) in [
            (Mode::Ignore, Ok(true), 0),
            (Mode::Warn, Ok(true), 1),
            (Mode::Skip, Ok(false), 1),
            (Mode::Error, Err(()), 0),
        ] {
            let mut conflicts = Conflicts::new(mode);
            let mut may = |name: &str| {
                let target = format!("/no such folder/{name}");
                conflicts
                    .may_download("s3://b/k", name, &target, &lines)
                    .map_err(drop)
            };
            assert_eq!(may("a.txt"), Ok(true), "{mode:?}");
            assert_eq!(may("b.txt"), Ok(true), "{mode:?}");
            assert_eq!(may("A.txt"), expected, "{mode:?}");
            assert_eq!(events.try_iter().count(), notes, "{mode:?}");
        }
    }
}
