//! The account and the role of IAM Identity Center that a profile uses.

use serde_json::{Value, json};
use tucuxi::Client;

use super::Task;
use super::questions::choose;
use crate::failure::Failure;

/// Lets the person choose an account and a role; `None` if the token does not permit to list them.
pub(super) fn account_and_role(
    task: &mut Task<'_, '_>,
    client: &Client,
    region: &str,
    token: &str,
) -> Result<Option<(String, String)>, Failure> {
    let list = |operation, params| -> tucuxi::Result<Vec<Value>> {
        let request = client.request("sso", operation).params(params);
        request.region(region).pages()?.items().collect()
    };
    let accounts = match list("ListAccounts", json!({"accessToken": token})) {
        Err(error) if error.code() == Some("UnauthorizedException") => {
            task.print("Unable to list AWS accounts and/or roles. Skipping configuring AWS credential provider for profile.\n")?;
            return Ok(None);
        }
        accounts => accounts?,
    };
    let rows = accounts.iter();
    let rows = rows.map(|account| (shown(account), text(account, "accountId")));
    let one = "The only AWS account available to you is:";
    let Some(account) = pick(task, ["Account", "AWS accounts", one], rows.collect())? else {
        return Err(Failure::Other("no accounts are available to you".into()));
    };
    task.print(&format!("Using the account ID {account}\n"))?;
    let params = json!({"accessToken": token, "accountId": account});
    let roles = list("ListAccountRoles", params)?;
    let rows = roles.iter().map(|role| text(role, "roleName"));
    let rows = rows.map(|name| (name.clone(), name));
    let one = "The only role available to you is:";
    let Some(role) = pick(task, ["Role", "roles", one], rows.collect())? else {
        let what = format!("no roles are available to you in account {account}");
        return Err(Failure::Other(what.into()));
    };
    task.print(&format!("Using the role name \"{role}\"\n"))?;
    Ok(Some((account, role)))
}

/// Returns the only one, or the one that the person chooses.
fn pick(
    task: &mut Task<'_, '_>,
    [what, plural, one]: [&str; 3],
    mut rows: Vec<(String, String)>,
) -> Result<Option<String>, Failure> {
    rows.sort_by_key(|(shown, _)| shown.to_lowercase());
    match &rows[..] {
        [] => Ok(None),
        [(_, only)] => {
            task.print(&format!("{one} {only}\n"))?;
            Ok(Some(only.clone()))
        }
        _ => {
            task.print(&format!(
                "There are {} {plural} available to you.\n",
                rows.len()
            ))?;
            choose(task, what, &rows).map(Some)
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// An account with what is known of it.
fn shown(account: &Value) -> String {
    let id = text(account, "accountId");
    match (
        account["accountName"].as_str(),
        account["emailAddress"].as_str(),
    ) {
        (Some(name), Some(email)) => format!("{name}, {email} ({id})"),
        (Some(one), None) | (None, Some(one)) => format!("{one} ({id})"),
        (None, None) => id,
    }
}
