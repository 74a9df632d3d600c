//! Customisations: behaviour of services beyond their models. No other room below the client names a service; above it,
//! [`dynamodb`](crate::dynamodb), [`transfer`](crate::transfer) and some files of `presign` and `resource` do.
//!
//! A row of [`TABLE`] has the name by which
//! [`ConfigBuilder::without_customisation`](crate::ConfigBuilder::without_customisation) disables the customisation, the
//! service, and an interceptor: one of [`rules`], or code in a file of its own. What an interceptor cannot do is in
//! [`quirks`](self::quirks()); the row is then a [`Rule::Builtin`].

mod attribute_values;
mod glacier;
mod lambda;
mod quirks;
mod response_checksum;
mod rules;
mod s3;
mod s3_control;
mod s3_copy;
mod s3_list;
mod s3_responses;
mod shape_visitor;
mod sso;

pub(crate) use self::attribute_values::{AttributeValues, PlainAttributeValues};
pub(crate) use self::quirks::quirks;
pub(crate) use self::response_checksum::ResponseChecksum;

use self::rules::Rule;
use crate::error::Error;
use crate::interceptor::Interceptor;
use crate::output::Edit;
use crate::params::{ParamError, ParamErrorKind, ParamErrors};
use crate::settings::{ConfigError, Settings};

/// A customisation of a service, or of some of its operations.
pub(crate) struct Customisation {
    pub(crate) name: &'static str,
    /// The service id; `None` for all services.
    service: Option<&'static str>,
    /// The operations; empty for all.
    operations: &'static [&'static str],
    pub(crate) interceptor: &'static dyn Interceptor,
}

const ALL: &[&str] = &[];

/// The S3 operations with a customer-provided key, as in botocore.
const ENCRYPTED: &[&str] = &[
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "GetObject",
    "HeadObject",
    "PutObject",
    "SelectObjectContent",
    "UploadPart",
    "UploadPartCopy",
];

const fn row(
    name: &'static str,
    service: &'static str,
    operations: &'static [&'static str],
    interceptor: &'static dyn Interceptor,
) -> Customisation {
    Customisation {
        name,
        service: Some(service),
        operations,
        interceptor,
    }
}

/// Rows may share a name; disabling the name disables all of them.
#[rustfmt::skip] // a row each
static TABLE: &[Customisation] = &[
    row("parameter-aliases", "CloudSearch Domain", &["Search"], &Rule::Alias { name: "return", alias: "returnFields" }),
    row("parameter-aliases", "CloudWatch Logs", &["CreateExportTask"], &Rule::Alias { name: "from", alias: "fromTime" }),
    row("parameter-aliases", "EC2", ALL, &Rule::Alias { name: "Filter", alias: "Filters" }),
    row("api-gateway-accept", "API Gateway", ALL, &Rule::Header { name: "accept", value: "application/json" }),
    row("bedrock-bearer-token", "Bedrock", ALL, &Rule::Builtin),
    row("cloudformation-template", "CloudFormation", &["GetTemplate"], &Rule::Text { name: "TemplateBody", edit: Edit::Json }),
    row("cloudsearch-post", "CloudSearch Domain", &["Search"], &Rule::QueryAsForm),
    row("ec2-console-output", "EC2", &["GetConsoleOutput"], &Rule::Text { name: "Output", edit: Edit::Base64 }),
    row("glacier-account", "Glacier", ALL, &Rule::Default { name: "accountId", value: "-" }),
    row("glacier-hashes", "Glacier", ALL, &Rule::Builtin),
    row("glacier-version", "Glacier", ALL, &glacier::Version),
    row("iam-policy-documents", "IAM", ALL, &Rule::Shape { name: "policyDocumentType", edit: Edit::PercentJson }),
    row("machine-learning-endpoint", "Machine Learning", &["Predict"], &Rule::HostFrom("PredictEndpoint")),
    row("polly-presigned-type", "Polly", ALL, &Rule::WithoutHeader("content-type")),
    row("route-53-ids", "Route 53", ALL, &Rule::AfterLastSlash(&["ChangeId", "DelegationSetId", "ResourceId"])),
    row("s3-any-region-urls", "S3", ALL, &Rule::Builtin),
    row("s3-bucket-name", "S3", ALL, &s3::BucketName),
    row("s3-bucket-region", "S3", ALL, &Rule::Builtin),
    row("s3-consent", "S3", ALL, &Rule::Builtin),
    row("s3-control-arn", "S3 Control", ALL, &s3_control::Account),
    row("s3-copy-source", "S3", &["CopyObject", "UploadPartCopy"], &s3_copy::CopySource),
    row("s3-customer-key", "S3", &["CopyObject", "UploadPartCopy"], &Rule::KeyWithMd5 { key: "CopySourceSSECustomerKey", md5: "CopySourceSSECustomerKeyMD5" }),
    row("s3-customer-key", "S3", ENCRYPTED, &Rule::KeyWithMd5 { key: "SSECustomerKey", md5: "SSECustomerKeyMD5" }),
    row("s3-expires", "S3", ALL, &s3::Expires),
    row("s3-listed-keys", "S3", &s3_list::OPERATIONS, &s3_list::ListedKeys),
    row("s3-location", "S3", &["GetBucketLocation"], &s3::Location),
    row("s3-metadata", "S3", ALL, &Rule::Ascii("Metadata")),
    row("s3-proof", "S3", &s3_responses::OPERATIONS, &s3_responses::Proof),
    row("sso-oidc-messages", "SSO OIDC", ALL, &sso::Messages),
    row("source-region-url", "DocDB", ALL, &Rule::Builtin),
    row("source-region-url", "EC2", ALL, &Rule::Builtin),
    row("source-region-url", "Neptune", ALL, &Rule::Builtin),
    row("source-region-url", "RDS", ALL, &Rule::Builtin),
    row("user-data", "Auto Scaling", &["CreateLaunchConfiguration"], &Rule::Base64("UserData")),
    row("user-data", "EC2", &["RunInstances"], &Rule::Base64("UserData")),
    Customisation { name: "lambda-trace", service: None, operations: ALL, interceptor: &lambda::Trace },
];

/// The customisations of a service.
pub(crate) fn for_service(service_id: &str) -> Box<[&'static Customisation]> {
    let applies = |row: &&Customisation| row.service.is_none_or(|id| id == service_id);
    TABLE.iter().filter(applies).collect()
}

impl Customisation {
    pub(crate) fn applies_to(&self, operation: &str) -> bool {
        self.operations.is_empty() || self.operations.contains(&operation)
    }
}

/// Checks the names of disabled customisations.
///
/// # Errors
///
/// Returns an error if a name is unknown.
pub(crate) fn check_names(config: &Settings) -> Result<(), ConfigError> {
    let is_name = |name: &str| TABLE.iter().any(|row| row.name == name);
    match config.disabled_customisations().find(|name| !is_name(name)) {
        Some(name) => Err(ConfigError::Value {
            key: "disabled_customisations",
            value: name.to_owned(),
            from: "the program, the environment or the profile".into(),
            expected: "the name of a customisation: ConfigBuilder::without_customisation has the list",
        }),
        None => Ok(()),
    }
}

/// The error of an invalid parameter.
fn invalid_param(path: &str, reason: String) -> Error {
    let kind = ParamErrorKind::Unreadable { reason };
    let path = path.into();
    ParamErrors(vec![ParamError { path, kind }]).into()
}

/// The current name of a renamed service.
pub(crate) fn current_name(service: &str) -> &str {
    match service {
        "runtime.sagemaker" => "sagemaker-runtime",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// A row for a renamed service or a removed operation would have no effect.
    #[test]
    #[cfg(feature = "embedded")]
    fn services_and_operations_of_the_table_exist() {
        let config = Config::builder().isolated().build().unwrap();
        let client =
            crate::Client::with_transport(config, crate::transport::Replay::new()).unwrap();
        for line in TABLE {
            let Some(id) = line.service else { continue };
            let model = client.model(id).unwrap();
            assert_eq!(*model.metadata().service_id, *id, "{}", line.name);
            for operation in line.operations {
                let found = model.operation(operation).unwrap();
                assert_eq!(*found.name, **operation, "{}", line.name);
            }
        }
    }

    #[test]
    fn the_documentation_has_every_name() {
        let docs = include_str!("../config/builder/hooks.rs");
        for line in TABLE {
            assert!(
                docs.contains(&format!("/// | `{}` |", line.name)),
                "{}",
                line.name
            );
        }
    }
}
