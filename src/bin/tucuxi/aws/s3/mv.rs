//! `tucuxi s3 mv`

use super::given::Given;
use super::plan::Kind;
use super::{Command, Session, options, transfer};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "mv",
    about: "moves files and objects: each source is deleted after its transfer",
    usage: "LocalPath S3Uri or S3Uri LocalPath or S3Uri S3Uri",
    places: (2, 2),
    options: &[options::TRANSFER, &["recursive", "validate-same-s3-paths"]],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    transfer::run(Kind::Move, given, session)
}
