//! CloudFront: paths of an invalidation, and a distribution by its origin.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tucuxi::Client;

use super::{Custom, NONE, Params, first, one, option, structure};
use crate::aws::grammar::Takes;
use crate::failure::Failure;

const CLOUDFRONT: Custom = Custom {
    service: "cloudfront",
    ..NONE
};

pub(super) const TABLE: &[Custom] = &[
    Custom {
        operation: "create-distribution",
        optional: &["distribution-config"],
        added: &[
            one("origin-domain-name", origin),
            one("default-root-object", |params, values| {
                config(params)?.insert("DefaultRootObject".into(), first(values).into());
                Ok(())
            }),
        ],
        exclusive: &[[
            &["default-root-object", "origin-domain-name"],
            &["distribution-config"],
        ]],
        ..CLOUDFRONT
    },
    Custom {
        operation: "create-invalidation",
        optional: &["invalidation-batch"],
        added: &[option("paths", Takes::Some, |params, values| {
            let batch = json!({
                "CallerReference": unique("cli"),
                "Paths": {"Quantity": values.len(), "Items": values},
            });
            params.insert("InvalidationBatch".into(), batch);
            Ok(())
        })],
        exclusive: &[[&["invalidation-batch"], &["paths"]]],
        ..CLOUDFRONT
    },
    Custom {
        operation: "update-distribution",
        optional: &["distribution-config"],
        added: &[one("default-root-object", |params, values| {
            let config = structure(params, "DistributionConfig")?;
            config.insert("DefaultRootObject".into(), first(values).into());
            Ok(())
        })],
        exclusive: &[[&["default-root-object"], &["distribution-config"]]],
        finish: Some(keep_other_settings),
        ..CLOUDFRONT
    },
];

/// A name that no other call has.
fn unique(prefix: &str) -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = time.unwrap_or_default();
    format!("{prefix}-{}-{}", time.as_secs(), time.subsec_micros() + 1)
}

/// The configuration of a new distribution, of which the options set parts.
fn config(params: &mut Params) -> Result<&mut Params, String> {
    let config = structure(params, "DistributionConfig")?;
    if config.is_empty()
        && let Value::Object(template) = json!({
            "CallerReference": unique("cli"),
            "Origins": {"Quantity": 0, "Items": []},
            "DefaultCacheBehavior": {
                "TargetOriginId": "placeholder",
                "ForwardedValues": {"QueryString": false, "Cookies": {"Forward": "none"}},
                "TrustedSigners": {"Enabled": false, "Quantity": 0},
                "ViewerProtocolPolicy": "allow-all",
                "MinTTL": 0,
            },
            "Enabled": true,
            "Comment": "",
        })
    {
        *config = template;
    }
    Ok(config)
}

fn origin(params: &mut Params, values: &[String]) -> Result<(), String> {
    let domain = first(values);
    let id = unique(domain);
    let (kind, settings) = match domain.ends_with(".s3.amazonaws.com") {
        true => ("S3OriginConfig", json!({"OriginAccessIdentity": ""})),
        false => (
            "CustomOriginConfig",
            json!({"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}),
        ),
    };
    let origin = json!({"Id": id, "DomainName": domain, "OriginPath": "", kind: settings});
    let config = config(params)?;
    config.insert("Origins".into(), json!({"Quantity": 1, "Items": [origin]}));
    structure(config, "DefaultCacheBehavior")?.insert("TargetOriginId".into(), id.into());
    Ok(())
}

/// Adds the present settings of a distribution to the one that an option changes.
fn keep_other_settings(params: &mut Params, client: &Client) -> Result<(), Failure> {
    let root = params.get("DistributionConfig").and_then(Value::as_object);
    let is_by_option =
        root.is_some_and(|config| config.len() == 1 && config.contains_key("DefaultRootObject"));
    if !is_by_option {
        return Ok(());
    }
    let id = json!({"Id": params.get("Id")});
    let present = client.call("cloudfront", "GetDistributionConfig", id)?;
    params.insert("IfMatch".into(), present["ETag"].clone());
    if let Value::Object(present) = &present["DistributionConfig"] {
        let config = structure(params, "DistributionConfig").map_err(Failure::Usage)?;
        for (name, value) in present {
            config.entry(name).or_insert_with(|| value.clone());
        }
    }
    Ok(())
}
