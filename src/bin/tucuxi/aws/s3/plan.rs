//! What a line asks a transfer to do, checked before anything is done.

use std::path::Path;

use super::given::Given;
use super::places::{Action, Place, Places};
use super::{Session, same_object, uri};
use crate::failure::Failure;

/// The command of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Copy,
    Move,
    Remove,
    Sync,
}

/// A checked line.
pub(super) struct Plan {
    pub(super) kind: Kind,
    pub(super) places: Places,
    /// Whether one side is stdin or stdout.
    pub(super) is_stream: bool,
}

impl Plan {
    /// Checks a line.
    ///
    /// # Errors
    ///
    /// Returns an error if its paths or options do not fit together, or the source does not exist.
    pub(super) fn new(
        kind: Kind,
        given: &Given,
        session: &Session<'_, '_>,
    ) -> Result<Self, Failure> {
        let is_tree = kind == Kind::Sync || given.has("recursive");
        for path in given.paths.iter().filter_map(|path| uri::of_s3(path)) {
            uri::check(path).map_err(Failure::Usage)?;
        }
        let Some(places) = Places::new(&given.paths, is_tree) else {
            let usage = given.command.usage;
            return Err(usage_error(format!(
                "the paths must be {usage}, where an S3Uri is s3://BUCKET/KEY"
            )));
        };
        let is_stream = given.paths.iter().any(|path| path == "-");
        if is_stream && (kind != Kind::Copy || is_tree) {
            return Err(usage_error(
                "stdin and stdout (-) can only be used by cp, and without --recursive",
            ));
        }
        let plan = Self {
            kind,
            places,
            is_stream,
        };
        plan.check_options(given)?;
        if kind == Kind::Move {
            same_object::check(&plan.places, given, session)?;
        }
        plan.check_local(given)?;
        Ok(plan)
    }

    fn check_options(&self, given: &Given) -> Result<(), Failure> {
        let action = self.places.action;
        for (option, actions, form) in [
            (
                "checksum-algorithm",
                &[Action::Upload, Action::Copy][..],
                "uploads and copies",
            ),
            ("checksum-mode", &[Action::Download], "downloads"),
            ("sse-c-copy-source", &[Action::Copy], "copies"),
        ] {
            if given.has(option) && !actions.contains(&action) {
                return Err(usage_error(format!("--{option} is for {form} only")));
            }
        }
        for option in ["sse-c", "sse-c-copy-source"] {
            let key = format!("{option}-key");
            match (given.has(option), given.has(&key)) {
                (true, false) => return Err(usage_error(format!("--{option} needs --{key}"))),
                (false, true) => return Err(usage_error(format!("--{key} needs --{option}"))),
                _ => {}
            }
        }
        let is_directory = |place: &Place| match place {
            Place::Local(_) => false,
            Place::S3(path) => uri::is_directory_bucket(uri::bucket_and_key(path).0),
        };
        let places = &self.places;
        if self.kind == Kind::Sync
            && (is_directory(&places.source) || is_directory(&places.destination))
        {
            let text = "sync cannot be used with a directory bucket, which is not listed in order";
            return Err(usage_error(text));
        }
        Ok(())
    }

    /// Checks that a local source exists, and creates a local folder as destination.
    fn check_local(&self, given: &Given) -> Result<(), Failure> {
        match (self.places.action, &self.places.destination) {
            (Action::Upload, _) if !self.is_stream => {
                let path = given.paths.first().map(String::as_str).unwrap_or_default();
                match Path::new(path).exists() {
                    true => Ok(()),
                    false => Err(Failure::Other(
                        format!("the path {path} does not exist").into(),
                    )),
                }
            }
            (Action::Download, Place::Local(path)) if self.places.is_tree => {
                let path = path.trim_end_matches('/');
                match Path::new(path).exists() {
                    true => Ok(()),
                    false => std::fs::create_dir_all(path).map_err(Failure::file(path)),
                }
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn usage_error(text: impl Into<String>) -> Failure {
    Failure::Usage(text.into())
}
