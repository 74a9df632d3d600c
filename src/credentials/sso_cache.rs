//! The files of logins to IAM Identity Center: tokens and registrations of clients in `~/.aws/sso/cache`, and the credentials of roles in
//! `~/.aws/cli/cache`.

use std::io;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::cache_file::{CacheFile, sha1_hex};
use super::document::{fault, lasts};
use super::sso_token::{self, FOLDER, NAME};
use super::{BearerToken, CredentialsError};
use crate::environment::Environment;

const ROLES: &str = "~/.aws/cli/cache";
/// A token that expires sooner is not kept.
const MARGIN: Duration = Duration::from_secs(15 * 60);

/// The folders of an environment.
pub(crate) struct SsoCache(Environment);

/// A saved token.
pub(crate) struct SavedToken {
    file: CacheFile,
    pub(crate) token: String,
    pub(crate) region: Option<String>,
}

impl SsoCache {
    pub(crate) fn of(env: &Environment) -> Result<Self, CredentialsError> {
        match env.home() {
            Some(_) => Ok(Self(env.clone())),
            None => Err(fault(
                NAME,
                "HOME is not set, so the SSO token cache cannot be located",
            )),
        }
    }

    fn file(&self, key: &str) -> Result<CacheFile, CredentialsError> {
        let file = CacheFile::new(&self.0, FOLDER, &sha1_hex(key));
        file.ok_or_else(|| fault(NAME, "HOME is not set"))
    }

    /// Returns the token of a session or start URL, if it lasts.
    pub(crate) fn valid_token(
        &self,
        key: &str,
        now: SystemTime,
    ) -> Result<Option<BearerToken>, CredentialsError> {
        let document = self.file(key)?.read(NAME)?.unwrap_or_default();
        let found = sso_token::read(&document);
        Ok(found.and_then(|(token, end)| lasts(end, now, MARGIN).then_some(token)))
    }

    /// Saves the token of a session or start URL.
    pub(crate) fn save_token(
        &self,
        key: &str,
        document: &Value,
    ) -> Result<BearerToken, CredentialsError> {
        let (token, _) = sso_token::read(document)
            .ok_or_else(|| fault(NAME, "the response has no accessToken"))?;
        let token = sso_token::checked(token, "the response")?;
        self.write(key, document)?;
        Ok(token)
    }

    /// Returns what is saved of the registration of a client. A broken file counts as none.
    pub(crate) fn registration(&self, key: &str) -> Option<Value> {
        self.file(key).ok()?.read(NAME).ok()?
    }

    pub(crate) fn save_registration(
        &self,
        key: &str,
        document: &Value,
    ) -> Result<(), CredentialsError> {
        self.write(key, document)
    }

    fn write(&self, key: &str, document: &Value) -> Result<(), CredentialsError> {
        let file = self.file(key)?;
        file.write(document).map_err(|error| failed(&file, &error))
    }

    /// Returns all saved tokens.
    pub(crate) fn tokens(&self) -> Vec<SavedToken> {
        let files = CacheFile::all(&self.0, FOLDER).into_iter();
        let tokens = files.filter_map(|(file, document)| {
            Some(SavedToken {
                file,
                token: document["accessToken"].as_str()?.to_owned(),
                region: document["region"].as_str().map(str::to_owned),
            })
        });
        tokens.collect()
    }

    /// Removes the credentials of roles that were fetched with tokens.
    pub(crate) fn remove_roles(&self) -> Result<(), CredentialsError> {
        for (file, document) in CacheFile::all(&self.0, ROLES) {
            if document["ProviderType"] == "sso" {
                file.remove().map_err(|error| failed(&file, &error))?;
            }
        }
        Ok(())
    }
}

impl SavedToken {
    pub(crate) fn remove(&self) -> Result<(), CredentialsError> {
        let removed = self.file.remove();
        removed
            .map(drop)
            .map_err(|error| failed(&self.file, &error))
    }
}

fn failed(file: &CacheFile, error: &io::Error) -> CredentialsError {
    fault(NAME, format!("{}: {error}", file.place()))
}
