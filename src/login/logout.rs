//! Logging out: what logins saved is removed.

use serde_json::json;

use crate::client::Client;
use crate::credentials::{SsoCache, login};
use crate::environment::Environment;
use crate::error::Result;

/// Logs out of IAM Identity Center: removes all saved tokens, which the service forgets, and the credentials of roles that were
/// fetched with them.
///
/// ```no_run
/// tucuxi::login::sso_logout(&tucuxi::Client::new()?)?;
/// # Ok::<(), tucuxi::Error>(())
/// ```
///
/// # Errors
///
/// Returns an error if a file cannot be removed. If the service does not forget a token, it is removed nevertheless.
pub fn sso_logout(client: &Client) -> Result<()> {
    let cache = SsoCache::of(client.config().environment())?;
    for saved in cache.tokens() {
        if let Some(region) = &saved.region {
            let params = json!({"accessToken": saved.token});
            let request = client.request("sso", "Logout").params(params);
            if let Err(error) = request.region(region).send() {
                // it may have expired
                tracing::debug!(%error, "the service did not end the session");
            }
        }
        saved.remove()?;
    }
    Ok(cache.remove_roles()?)
}

/// Removes what a login with the console's credentials saved. Returns whether there was something.
///
/// # Errors
///
/// Returns an error if the file cannot be removed.
pub fn console_logout(env: &Environment, session: &str) -> Result<bool> {
    Ok(login::remove(env, session)?)
}

/// Removes what all logins with the console's credentials saved. Returns how many there were.
///
/// # Errors
///
/// Returns an error if a file cannot be removed.
pub fn console_logout_all(env: &Environment) -> Result<usize> {
    Ok(login::remove_all(env)?)
}
