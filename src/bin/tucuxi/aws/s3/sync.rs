//! `tucuxi s3 sync`

use super::given::Given;
use super::plan::Kind;
use super::{Command, Session, options, transfer};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "sync",
    about: "transfers what is missing or changed at the destination, and deletes on request what only it has",
    usage: "LocalPath S3Uri or S3Uri LocalPath or S3Uri S3Uri",
    places: (2, 2),
    options: &[
        options::TRANSFER,
        options::BATCH,
        &["delete", "exact-timestamps", "size-only"],
    ],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    transfer::run(Kind::Sync, given, session)
}
