//! Moves of an object onto itself, which would delete it.

use std::io::{self, Write as _};

use serde_json::json;
use tucuxi::Client;

use super::given::Given;
use super::places::{Action, Place, Places};
use super::{Session, uri};
use crate::failure::Failure;

const VARIABLE: &str = "AWS_CLI_S3_MV_VALIDATE_SAME_S3_PATHS";

/// Checks that source and destination of a move differ. On request, the buckets of access points are found out.
///
/// # Errors
///
/// Returns an error if they are the same, or if a bucket cannot be found out.
pub(super) fn check(
    places: &Places,
    given: &Given,
    session: &Session<'_, '_>,
) -> Result<(), Failure> {
    let (Action::Copy, Place::S3(source)) = (places.action, &places.source) else {
        return Ok(());
    };
    let destination = match places.is_tree {
        true => places.destination.path().to_owned(),
        false => places.target(source),
    };
    let onto_itself = || {
        Failure::Usage(format!(
            "an object cannot be moved onto itself: s3://{source} to s3://{destination}"
        ))
    };
    if *source == destination || *source == places.destination.path() {
        return Err(onto_itself());
    }
    let (from, to) = (
        uri::bucket_and_key(source),
        uri::bucket_and_key(&destination),
    );
    if from.1 != to.1 || !(is_access_point(from.0) || is_access_point(to.0)) {
        return Ok(());
    }
    let client = &session.others;
    let variable = client.config().environment().get(VARIABLE);
    let is_set = variable.is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if !given.has("validate-same-s3-paths") && !is_set {
        let _ = writeln!(
            io::stderr(),
            "warning: source and destination may be the same object, which would be deleted; --validate-same-s3-paths verifies that they are not"
        );
        return Ok(());
    }
    let in_region = match given.text("source-region") {
        Some(region) => client.with(|config| config.region(region))?,
        None => client.clone(),
    };
    let (from, to) = (buckets(from.0, &in_region)?, buckets(to.0, client)?);
    match from.iter().any(|bucket| to.contains(bucket)) {
        true => Err(onto_itself()),
        false => Ok(()),
    }
}

fn is_access_point(bucket: &str) -> bool {
    bucket.starts_with("arn:") || bucket.ends_with("-s3alias") || bucket.ends_with("--op-s3")
}

/// The buckets that a name leads to.
fn buckets(name: &str, client: &Client) -> Result<Vec<String>, Failure> {
    if name.ends_with("--op-s3") {
        return Err(Failure::Usage(format!(
            "the bucket of the alias {name} cannot be found out; write the ARN of the access point"
        )));
    }
    if name.ends_with("-s3alias") {
        let identity = client.call("sts", "GetCallerIdentity", json!({}))?;
        let account = identity["Account"].as_str().unwrap_or_default();
        return access_point(account, name, client);
    }
    let Some(account) = name
        .strip_prefix("arn:")
        .and_then(|arn| arn.split(':').nth(3))
    else {
        return Ok(vec![name.to_owned()]);
    };
    let last = name.rsplit([':', '/']).next().unwrap_or_default();
    if last.ends_with(".mrap") {
        return regions(account, last, client);
    }
    // an access point of Outposts is named by its ARN
    let is_outpost = name.contains(":s3-outposts:");
    access_point(account, if is_outpost { name } else { last }, client)
}

fn access_point(account: &str, name: &str, client: &Client) -> Result<Vec<String>, Failure> {
    let params = json!({"AccountId": account, "Name": name});
    let found = client.call("s3control", "GetAccessPoint", params)?;
    Ok(vec![
        found["Bucket"].as_str().unwrap_or_default().to_owned(),
    ])
}

/// The buckets of an access point of several regions.
fn regions(account: &str, alias: &str, client: &Client) -> Result<Vec<String>, Failure> {
    let params = json!({"AccountId": account});
    for page in client.pages("s3control", "ListMultiRegionAccessPoints", params)? {
        let page = page?;
        let points = page["AccessPoints"].as_array().into_iter().flatten();
        if let Some(point) = points.into_iter().find(|point| point["Alias"] == *alias) {
            let regions = point["Regions"].as_array().into_iter().flatten();
            let buckets = regions.filter_map(|region| region["Bucket"].as_str());
            return Ok(buckets.map(str::to_owned).collect());
        }
    }
    Err(Failure::Other(
        format!("account {account} has no access point with the alias {alias}").into(),
    ))
}
