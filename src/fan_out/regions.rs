//! The regions of an account.

use std::collections::BTreeSet;

use serde_json::json;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};

/// The regions that are called.
#[derive(Clone, Debug)]
pub(super) enum Regions {
    /// All of the service in the partition of the account.
    All,
    /// The one of the account.
    Own,
    Some(Vec<String>),
}

impl Regions {
    /// The maximum number for an account, if it is known.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Own => Some(1),
            Self::Some(names) => Some(names.len()),
        }
    }

    /// The names for an account, whose own region is `own`. What it has enabled is looked up if it has credentials.
    pub(super) fn of_account(
        &self,
        client: &Client,
        service: &str,
        own: &str,
        has_credentials: bool,
    ) -> Result<Vec<String>> {
        match self {
            Self::Own => Ok(vec![own.into()]),
            Self::Some(names) => Ok(names.clone()),
            Self::All => all(client, service, own, has_credentials),
        }
    }
}

fn all(client: &Client, service: &str, own: &str, has_credentials: bool) -> Result<Vec<String>> {
    let partition = client.all_services().partitions()?;
    let partition = &partition.for_region_or_default(own).id;
    let mut names = client.introspect().regions(service, partition)?;
    if names.is_empty() {
        // a service without regions, none of which can be off
        return Ok(vec![own.into()]);
    }
    if has_credentials && let Some(enabled) = enabled(client)? {
        names.retain(|name| enabled.contains(name));
    }
    if names.is_empty() {
        let what = format!(
            "the account has enabled none of the regions of {service} in the partition {partition}, that of its own region {own}; \
             name the regions, or set the region of the profile"
        );
        return Err(Error::new(ErrorKind::Config, what));
    }
    Ok(names)
}

/// The regions that an account has enabled, or `None` if it may not know. The endpoint URL of the program, which is that of another
/// service, does not apply.
fn enabled(client: &Client) -> Result<Option<BTreeSet<String>>> {
    let (env, credentials) = (client.env(), client.credentials()?);
    let call = env.context().call("ec2", "DescribeRegions", json!({}));
    match call.credentials(&credentials).send() {
        Ok(found) => {
            let regions = found["Regions"].as_array();
            let names = regions.into_iter().flatten();
            let names = names.filter_map(|region| region["RegionName"].as_str());
            let names: BTreeSet<String> = names.map(str::to_owned).collect();
            Ok(Some(names).filter(|names| !names.is_empty()))
        }
        Err(error) if error.root().service_error().is_some() => {
            tracing::warn!(%error, "it is not known which regions are enabled, so all are called");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
