//! `configure`: reads and changes the config file and the credentials file.
//!
//! The files may lack the profile that a command is about, so these commands read the files themselves instead of resolving a
//! configuration.

mod add_model;
mod export_credentials;
mod get;
mod import;
mod list;
mod list_profiles;
mod mfa_login;
mod questions;
mod set;
mod sso;
mod sso_role;
mod wizard;

use std::path::Path;

use tucuxi::config::{Environment, FileEdit, Setting};
use tucuxi::internals::command::{PrintableLines, environment};
use tucuxi::internals::shared_files::{SharedFiles, is_open_to_others};

pub(super) use self::add_model::ADD_MODEL;
pub(super) use self::export_credentials::EXPORT_CREDENTIALS;
pub(super) use self::get::GET;
pub(super) use self::import::IMPORT;
pub(super) use self::list::LIST;
pub(super) use self::list_profiles::LIST_PROFILES;
pub(super) use self::mfa_login::MFA_LOGIN;
pub(super) use self::set::SET;
pub(super) use self::sso::{SSO, SSO_SESSION};
pub(super) use self::wizard::{CONFIGURE, ask};
use super::{PLAIN, Procedure, Task};
use crate::failure::Failure;

/// The parts that all of them have.
const COMMON: Procedure = Procedure {
    service: "configure",
    is_local: true,
    ..PLAIN
};

/// The files, and the profile that a command is about.
pub(super) struct Place {
    pub(super) env: Environment,
    pub(super) files: SharedFiles,
    pub(super) profile: Setting<String>,
}

impl Place {
    pub(super) fn of(task: &Task<'_, '_>) -> Result<Self, Failure> {
        let env = environment();
        let files = SharedFiles::read(&env)?;
        let profile = files.chosen(task.globals.profile.as_deref());
        Ok(Self {
            env,
            files,
            profile,
        })
    }

    pub(super) fn save(&self, edit: &FileEdit) -> Result<(), Failure> {
        edit.save(&self.env).map_err(tucuxi::Error::from)?;
        Ok(())
    }

    /// The variables of the environment, without those that name the profile: it may not exist yet.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let hidden = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
        self.env
            .iter()
            .filter(move |(name, _)| !hidden.contains(name))
    }

    /// Saves changes of the credentials file, and warns if others may read it.
    fn save_credentials(&self, edit: &FileEdit) -> Result<(), Failure> {
        let path = edit.save(&self.env).map_err(tucuxi::Error::from)?;
        warn_if_open(&path);
        Ok(())
    }
}

fn warn_if_open(path: &Path) {
    if is_open_to_others(path) {
        let path = path.display();
        let text = format!("others may read {path}; run chmod 600 {path}");
        eprintln!("tucuxi: [WARNING]: {}", PrintableLines(text));
    }
}

/// The end of a secret, as `aws` shows it.
fn masked(secret: &str) -> String {
    let from = secret.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!("****************{}", &secret[from..])
}
