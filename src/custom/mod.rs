//! What services need beyond their models. Nowhere else below the client is a service named. Above the client, what is about one
//! service names it: [`dynamodb`](crate::dynamodb), [`transfer`](crate::transfer), and files of `presign` and `resource`.
//!
//! [`TABLE`] has them all: a name by which each can be switched off
//! ([`ConfigBuilder::without_customisation`](crate::ConfigBuilder::without_customisation)), whose it is, and the interceptor
//! that does it: a line of [`rules`], or code of its own where a line cannot say it. What no interceptor can do stands in
//! [`quirks`](self::quirks()), and its row here is a [`Rule::Builtin`].

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

/// Something that a service, or an operation of it, needs.
pub(crate) struct Customisation {
    pub(crate) name: &'static str,
    /// The service's id; none for all services.
    service: Option<&'static str>,
    /// None for all operations.
    operations: &'static [&'static str],
    pub(crate) by: &'static dyn Interceptor,
}

const ALL: &[&str] = &[];

/// The operations of S3 that take a key of the customer, as botocore has them.
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

const fn of(
    name: &'static str,
    service: &'static str,
    operations: &'static [&'static str],
    by: &'static dyn Interceptor,
) -> Customisation {
    Customisation {
        name,
        service: Some(service),
        operations,
        by,
    }
}

/// Several lines may have one name: they are one thing to whoever switches it off.
#[rustfmt::skip] // a line each
static TABLE: &[Customisation] = &[
    of("parameter-aliases", "CloudSearch Domain", &["Search"], &Rule::Alias { name: "return", alias: "returnFields" }),
    of("parameter-aliases", "CloudWatch Logs", &["CreateExportTask"], &Rule::Alias { name: "from", alias: "fromTime" }),
    of("parameter-aliases", "EC2", ALL, &Rule::Alias { name: "Filter", alias: "Filters" }),
    of("api-gateway-accept", "API Gateway", ALL, &Rule::Header { name: "accept", value: "application/json" }),
    of("bedrock-bearer-token", "Bedrock", ALL, &Rule::Builtin),
    of("cloudformation-template", "CloudFormation", &["GetTemplate"], &Rule::Text { name: "TemplateBody", edit: Edit::Json }),
    of("cloudsearch-post", "CloudSearch Domain", &["Search"], &Rule::QueryAsForm),
    of("ec2-console-output", "EC2", &["GetConsoleOutput"], &Rule::Text { name: "Output", edit: Edit::Base64 }),
    of("glacier-account", "Glacier", ALL, &Rule::Default { name: "accountId", value: "-" }),
    of("glacier-hashes", "Glacier", ALL, &Rule::Builtin),
    of("glacier-version", "Glacier", ALL, &glacier::Version),
    of("iam-policy-documents", "IAM", ALL, &Rule::Shape { name: "policyDocumentType", edit: Edit::PercentJson }),
    of("machine-learning-endpoint", "Machine Learning", &["Predict"], &Rule::HostOf("PredictEndpoint")),
    of("polly-presigned-type", "Polly", ALL, &Rule::WithoutHeader("content-type")),
    of("route-53-ids", "Route 53", ALL, &Rule::BehindSlash(&["ChangeId", "DelegationSetId", "ResourceId"])),
    of("s3-any-region-urls", "S3", ALL, &Rule::Builtin),
    of("s3-bucket-name", "S3", ALL, &s3::BucketName),
    of("s3-bucket-region", "S3", ALL, &Rule::Builtin),
    of("s3-consent", "S3", ALL, &Rule::Builtin),
    of("s3-control-arn", "S3 Control", ALL, &s3_control::Account),
    of("s3-copy-source", "S3", &["CopyObject", "UploadPartCopy"], &s3_copy::CopySource),
    of("s3-customer-key", "S3", &["CopyObject", "UploadPartCopy"], &Rule::KeyWithMd5 { key: "CopySourceSSECustomerKey", md5: "CopySourceSSECustomerKeyMD5" }),
    of("s3-customer-key", "S3", ENCRYPTED, &Rule::KeyWithMd5 { key: "SSECustomerKey", md5: "SSECustomerKeyMD5" }),
    of("s3-expires", "S3", ALL, &s3::Expires),
    of("s3-listed-keys", "S3", &s3_list::OPERATIONS, &s3_list::ListedKeys),
    of("s3-location", "S3", &["GetBucketLocation"], &s3::Location),
    of("s3-metadata", "S3", ALL, &Rule::Ascii("Metadata")),
    of("s3-proof", "S3", s3_responses::PROVEN, &s3_responses::Proof),
    of("sso-oidc-messages", "SSO OIDC", ALL, &sso::Messages),
    of("source-region-url", "DocDB", ALL, &Rule::Builtin),
    of("source-region-url", "EC2", ALL, &Rule::Builtin),
    of("source-region-url", "Neptune", ALL, &Rule::Builtin),
    of("source-region-url", "RDS", ALL, &Rule::Builtin),
    of("user-data", "Auto Scaling", &["CreateLaunchConfiguration"], &Rule::Base64("UserData")),
    of("user-data", "EC2", &["RunInstances"], &Rule::Base64("UserData")),
    Customisation { name: "lambda-trace", service: None, operations: ALL, by: &lambda::Trace },
];

/// Those of a service.
pub(crate) fn of_service(service_id: &str) -> Box<[&'static Customisation]> {
    let is_its = |line: &&Customisation| line.service.is_none_or(|id| id == service_id);
    TABLE.iter().filter(is_its).collect()
}

impl Customisation {
    pub(crate) fn is_of(&self, operation: &str) -> bool {
        self.operations.is_empty() || self.operations.contains(&operation)
    }
}

/// Whether all names that are switched off are names.
///
/// # Errors
///
/// One is not.
pub(crate) fn check_names(config: &Settings) -> Result<(), ConfigError> {
    let is_name = |name: &str| TABLE.iter().any(|line| line.name == name);
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

/// A parameter that cannot go out as it is.
fn refuse(path: &str, reason: String) -> Error {
    let kind = ParamErrorKind::Unreadable { reason };
    let path = path.into();
    ParamErrors(vec![ParamError { path, kind }]).into()
}

/// The name that a service has now, where it had another one.
pub(crate) fn present_name(service: &str) -> &str {
    match service {
        "runtime.sagemaker" => "sagemaker-runtime",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// A service that is renamed, or loses an operation, would leave its line without anything to do.
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
