//! S3 Control: ARNs of Outposts instead of names, which contain the account.

use serde_json::Value;

use super::invalid_param;
use crate::error::Result;
use crate::interceptor::{CallContext, Interceptor};

/// Sets the account of a call from an ARN.
pub(super) struct Account;

impl Interceptor for Account {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        fill_account(&call.operation.name, params)
            .map_err(|(member, reason)| invalid_param(member, reason))
    }
}

/// Sets `AccountId` from the ARN.
///
/// # Errors
///
/// Returns the member and the reason if the ARN has another account than `AccountId`, a FIPS region, or another type of
/// resource.
fn fill_account(operation: &str, params: &mut Value) -> Result<(), (&'static str, String)> {
    for member in ["Name", "Bucket"] {
        let given = params.get(member).and_then(Value::as_str);
        let Some(arn) =
            given.filter(|text| text.starts_with("arn:") && operation != "CreateAccessPoint")
        else {
            continue;
        };
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let &[_, _, service, region, account, resource] = &parts[..] else {
            return Err((member, format!("{arn:?} is not an ARN")));
        };
        let words: Vec<&str> = resource.split([':', '/']).collect();
        let kind = if member == "Name" {
            "accesspoint"
        } else {
            "bucket"
        };
        if service != "s3-outposts"
            || !matches!(words[..], ["outpost", _, found, _] if found == kind)
        {
            return Err((
                member,
                format!("{arn:?} is not the ARN of an Outposts {kind}"),
            ));
        }
        if region.starts_with("fips-") || region.ends_with("-fips") {
            return Err((
                member,
                format!("{arn:?} names a FIPS region; set use_fips_endpoint instead"),
            ));
        }
        let account = account.to_owned();
        match params.get("AccountId").and_then(Value::as_str) {
            Some(given) if given != account => {
                return Err((
                    member,
                    format!("the ARN's account {account} differs from the AccountId {given}"),
                ));
            }
            Some(_) => {}
            None => params["AccountId"] = account.into(),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_account_of_an_arn_is_filled_in_or_must_be_the_same() {
        let bucket = "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/bucket/b";
        let mut params = json!({"Bucket": bucket});
        fill_account("GetBucket", &mut params).unwrap();
        assert_eq!(params["AccountId"], "123456789012");
        fill_account("GetBucket", &mut params).unwrap();
        let cases = [
            json!({"Bucket": bucket, "AccountId": "210987654321"}),
            json!({"Bucket": "arn:aws:s3-outposts:fips-us-gov-west-1:123456789012:outpost/op-01/bucket/b"}),
            json!({"Bucket": "arn:aws:sqs:us-west-2:123456789012:q"}),
            json!({"Name": bucket}),
            json!({"Bucket": "arn:"}),
        ];
        for mut params in cases {
            assert!(fill_account("GetBucket", &mut params).is_err(), "{params}");
        }
    }
}
