//! `tucuxi s3 describe-job`

use tucuxi::transport::CancelToken;

use super::given::Given;
use super::{Command, Session, batch, transfer};
use crate::failure::Failure;

pub(super) const COMMAND: Command = Command {
    name: "describe-job",
    about: "follows a job of --batch until it ends; s3control describe-job prints what is known of it",
    usage: "JobId",
    places: (1, 1),
    options: &[&["account-id"]],
    run,
};

fn run(given: &Given, session: Session<'_, '_>) -> Result<(), Failure> {
    let cancel = CancelToken::default();
    transfer::cancel_on_ctrl_c(&cancel);
    batch::describe(given, session, &cancel)
}
