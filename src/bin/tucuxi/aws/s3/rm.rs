//! `tucuxi s3 rm`

use super::given::Given;
use super::plan::Kind;
use super::{Command, Session, options, transfer};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "rm",
    about: "deletes objects",
    usage: "S3Uri",
    places: (1, 1),
    options: &[
        options::BATCH,
        &[
            "dryrun",
            "exclude",
            "include",
            "only-show-errors",
            "page-size",
            "quiet",
            "recursive",
            "request-payer",
        ],
    ],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    transfer::run(Kind::Remove, given, session)
}
