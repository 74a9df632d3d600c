//! `tucuxi s3 cp`

use super::given::Given;
use super::plan::Kind;
use super::{Command, Session, options, transfer};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "cp",
    about: "copies files and objects; - is stdin or stdout",
    usage: "LocalPath S3Uri or S3Uri LocalPath or S3Uri S3Uri",
    places: (2, 2),
    options: &[
        options::TRANSFER,
        options::BATCH,
        &["expected-size", "recursive"],
    ],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    transfer::run(Kind::Copy, given, session)
}
