//! Commands of `aws` that are not one operation: they make several calls, or none. Each is a [`Procedure`] in a file of its own;
//! [`TABLE`] has them all for the command line, the help pages and completion.

mod browser;
mod cloudformation;
mod cloudfront_sign;
mod cloudtrail;
mod codeartifact;
mod configure;
mod ddb;
mod ecr;
mod eks_token;
mod kubeconfig;
mod login;
mod logs_tail;
mod moment;
mod rds;
mod sso;
mod task;

pub(super) use self::task::{Task, run};
use std::env::consts::EXE_SUFFIX;

use tucuxi::config::Environment;

use super::flag::{Flag, choice, required, switch, value, values};
use crate::failure::Failure;

/// A command that is not one operation.
pub(super) struct Procedure {
    /// The command of the service, or of a group without a service.
    pub(super) service: &'static str,
    /// Empty for what a group does without another word.
    pub(super) name: &'static str,
    /// What it does, in one sentence.
    pub(super) about: &'static str,
    /// Further paragraphs of the help page.
    pub(super) notes: &'static [&'static str],
    pub(super) positionals: &'static [Positional],
    pub(super) flags: &'static [Flag],
    /// Two groups of options, of which only one may be given.
    pub(super) exclusive: &'static [[&'static [&'static str]; 2]],
    /// Whether it works on files, and without a valid configuration. Its client is that of an isolated configuration.
    pub(super) is_local: bool,
    run: fn(&mut Task<'_, '_>) -> Result<(), Failure>,
}

impl Procedure {
    /// The words of the command.
    pub(super) fn command(&self) -> String {
        format!("{} {}", self.service, self.name)
            .trim_end()
            .to_owned()
    }
}

/// The parts of a procedure that most do not have.
const PLAIN: Procedure = Procedure {
    service: "",
    name: "",
    about: "",
    notes: &[],
    positionals: &[],
    flags: &[],
    exclusive: &[],
    is_local: false,
    run: |_| Ok(()),
};

/// A required argument without a name.
pub(super) struct Positional {
    /// In capitals.
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// Whether the value is no URL of a file, even if it looks like one.
    pub(super) is_literal: bool,
}

static TABLE: &[Procedure] = &[
    cloudformation::DEPLOY,
    cloudformation::PACKAGE,
    cloudfront_sign::SIGN,
    cloudfront_sign::SIGN_COOKIES,
    cloudtrail::VALIDATE_LOGS,
    codeartifact::LOGIN,
    ddb::PUT,
    ddb::SELECT,
    configure::ADD_MODEL,
    configure::CONFIGURE,
    configure::EXPORT_CREDENTIALS,
    configure::GET,
    configure::IMPORT,
    configure::LIST,
    configure::LIST_PROFILES,
    configure::MFA_LOGIN,
    configure::SET,
    configure::SSO,
    configure::SSO_SESSION,
    ecr::GET_LOGIN_PASSWORD,
    ecr::PUBLIC_GET_LOGIN_PASSWORD,
    eks_token::GET_TOKEN,
    kubeconfig::UPDATE_KUBECONFIG,
    login::LOGIN,
    login::LOGOUT,
    logs_tail::TAIL,
    rds::GENERATE_DB_AUTH_TOKEN,
    rds::GENERATE_DB_CONNECT_ADMIN_AUTH_TOKEN,
    rds::GENERATE_DB_CONNECT_AUTH_TOKEN,
    sso::LOGIN,
    sso::LOGOUT,
];

/// Returns the procedure of a command.
pub(super) fn find(service: &str, name: &str) -> Option<&'static Procedure> {
    of_service(service).find(|procedure| procedure.name == name)
}

/// Returns the procedures of a service or group.
pub(super) fn of_service(service: &str) -> impl Iterator<Item = &'static Procedure> {
    TABLE
        .iter()
        .filter(move |procedure| procedure.service == service)
}

/// Returns the groups that are commands themselves, and what they do.
pub(super) fn commands() -> impl Iterator<Item = (&'static str, &'static str)> {
    groups().filter_map(|group| Some((group, find(group, "")?.about)))
}

/// Returns the groups of commands that are no services.
pub(super) fn groups() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().copied()
}

/// Returns whether a command is a group without a service.
pub(super) fn is_group(command: &str) -> bool {
    GROUPS.contains(&command)
}

const GROUPS: &[&str] = &["configure", "ddb", "login", "logout"];

/// Whether a program is in a folder of `PATH`.
fn is_on_path(env: &Environment, program: &str) -> bool {
    let name = format!("{program}{EXE_SUFFIX}");
    let path = env.get("PATH").unwrap_or_default();
    std::env::split_paths(path).any(|folder| folder.join(&name).is_file())
}
