//! The extra arguments of transfers, and which request takes which.
//!
//! A transfer takes those that boto3's does. Each of its requests is given the arguments that are members of its input, so the
//! model says where each goes; the one exception is the checksum of a whole object, which is none of a part's.

use serde_json::{Map, Value};

use super::error::TransferError;
use crate::checksum::ChecksumAlgorithm;
use crate::client::Client;
use crate::error::Result;
use crate::params::{ParamError, ParamErrorKind, ParamErrors};

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Copy,
    Delete,
    /// Of many objects.
    DeleteMany,
    Download,
    Upload,
}

const DOWNLOAD: [&str; 7] = [
    "ChecksumMode",
    "ExpectedBucketOwner",
    "RequestPayer",
    "SSECustomerAlgorithm",
    "SSECustomerKey",
    "SSECustomerKeyMD5",
    "VersionId",
];

const DELETE_MANY: [&str; 3] = ["ExpectedBucketOwner", "MFA", "RequestPayer"];

/// Of uploads and copies.
const STORE: [&str; 27] = [
    "ACL",
    "CacheControl",
    "ChecksumAlgorithm",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "ExpectedBucketOwner",
    "Expires",
    "GrantFullControl",
    "GrantRead",
    "GrantReadACP",
    "GrantWriteACP",
    "Metadata",
    "ObjectLockLegalHoldStatus",
    "ObjectLockMode",
    "ObjectLockRetainUntilDate",
    "RequestPayer",
    "SSECustomerAlgorithm",
    "SSECustomerKey",
    "SSECustomerKeyMD5",
    "SSEKMSEncryptionContext",
    "SSEKMSKeyId",
    "ServerSideEncryption",
    "StorageClass",
    "Tagging",
    "WebsiteRedirectLocation",
];

const UPLOAD: [&str; 12] = [
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumMD5",
    "ChecksumSHA1",
    "ChecksumSHA256",
    "ChecksumSHA512",
    "ChecksumType",
    "ChecksumXXHASH128",
    "ChecksumXXHASH3",
    "ChecksumXXHASH64",
    "MpuObjectSize",
];

const COPY: [&str; 10] = [
    "AnnotationDirective",
    "CopySourceIfMatch",
    "CopySourceIfModifiedSince",
    "CopySourceIfNoneMatch",
    "CopySourceIfUnmodifiedSince",
    "CopySourceSSECustomerAlgorithm",
    "CopySourceSSECustomerKey",
    "CopySourceSSECustomerKeyMD5",
    "MetadataDirective",
    "TaggingDirective",
];

impl Action {
    /// The arguments that it takes.
    pub(super) fn known(self) -> Vec<&'static str> {
        let (some, more): (&[&str], &[&str]) = match self {
            Self::Copy => (&STORE, &COPY),
            Self::Delete => (&DELETE_MANY, &["VersionId"]),
            Self::DeleteMany => (&DELETE_MANY, &[]),
            Self::Download => (&DOWNLOAD, &[]),
            Self::Upload => (&STORE, &UPLOAD),
        };
        let mut known = [some, more].concat();
        known.sort_unstable();
        known
    }

    fn name(self) -> &'static str {
        match self {
            Self::Copy => "a copy",
            Self::Delete => "a deletion",
            Self::DeleteMany => "a deletion of many",
            Self::Download => "a download",
            Self::Upload => "an upload",
        }
    }
}

/// Extra arguments that were checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Args(pub(super) Map<String, Value>);

impl Args {
    /// # Errors
    ///
    /// There is no such argument, or they are no object.
    pub(super) fn check(action: Action, args: Value) -> Result<Self> {
        let args = match args {
            Value::Null => Map::new(),
            Value::Object(args) => args,
            _ => {
                let kind = ParamErrorKind::Unreadable {
                    reason: "extra arguments must be an object by their names".into(),
                };
                let path = "".into();
                return Err(ParamErrors(vec![ParamError { path, kind }]).into());
            }
        };
        let known = action.known();
        match args.keys().find(|name| !known.contains(&&***name)) {
            Some(name) => Err(TransferError::Argument {
                name: name.as_str().into(),
                action: action.name(),
                known: known.join(", ").into(),
            }
            .into()),
            None => Ok(Self(args)),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Those that the operation takes, and these.
    ///
    /// # Errors
    ///
    /// The model is broken.
    pub(super) fn of(&self, client: &Client, operation: &str, own: Value) -> Result<Value> {
        let model = client.model(super::SERVICE)?;
        let input = model.operation(operation)?.input;
        let input = input.map(|id| model.shape(id)).transpose()?;
        let members = input.and_then(|shape| shape.members());
        let takes = |name: &str| {
            let is_of_part = operation == "UploadPart" && self.is_whole_checksum(name);
            !is_of_part && members.is_some_and(|members| members.iter().any(|m| *m.name == *name))
        };
        let mut params = Map::new();
        for (name, value) in self.0.iter().filter(|(name, _)| takes(name)) {
            params.insert(name.clone(), value.clone());
        }
        if let Value::Object(own) = own {
            params.extend(own);
        }
        Ok(params.into())
    }

    fn is_whole_checksum(&self, name: &str) -> bool {
        ChecksumAlgorithm::ALL.iter().any(|a| a.member() == name)
    }

    /// The checksum of the whole object that the caller gives.
    pub(super) fn whole_checksum(&self) -> Option<ChecksumAlgorithm> {
        let mut all = ChecksumAlgorithm::ALL.iter().copied();
        all.find(|algorithm| self.0.contains_key(&algorithm.member()))
    }

    /// The algorithm that is asked for.
    pub(super) fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        self.text("ChecksumAlgorithm")?.parse().ok()
    }

    /// What the caller leaves open of checksums is settled: that of a whole object goes for its parts, whatever else is said, and
    /// without any it is a CRC-32, if there are to be checksums.
    pub(super) fn settle_checksums(&mut self, wanted: bool) {
        let (whole, is_open) = (
            self.whole_checksum(),
            !self.0.contains_key("ChecksumAlgorithm"),
        );
        let mut insert = |name: &str, value: &str| self.0.insert(name.to_owned(), value.into());
        if let Some(whole) = whole {
            insert("ChecksumAlgorithm", whole.as_str());
            insert("ChecksumType", "FULL_OBJECT");
        } else if wanted && is_open {
            insert("ChecksumAlgorithm", ChecksumAlgorithm::Crc32.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    #[cfg(feature = "embedded")]
    use crate::{config::Config, transport::Replay};

    #[test]
    fn an_unknown_argument_is_told_with_those_that_there_are() {
        for (action, name, wanted) in [
            (Action::Upload, "Acl", "ACL, CacheControl"),
            (Action::Download, "ACL", "ChecksumMode, ExpectedBucketOwner"),
            (Action::Delete, "IfMatch", "MFA, RequestPayer, VersionId"),
            (Action::Copy, "ChecksumType", "AnnotationDirective"),
        ] {
            let error = Args::check(action, json!({name: "x"}))
                .unwrap_err()
                .to_string();
            assert!(error.contains(name) && error.contains(wanted), "{error}");
        }
        assert!(Args::check(Action::Upload, json!("ACL")).is_err());
        Args::check(Action::Upload, Value::Null).unwrap();
    }

    #[test]
    fn regression_the_checksum_of_the_whole_names_the_algorithm_of_the_parts() {
        for (given, algorithm, kind) in [
            (json!({}), Some("CRC32"), None),
            (json!({"ChecksumAlgorithm": "SHA1"}), Some("SHA1"), None),
            (
                json!({"ChecksumAlgorithm": "SHA1", "ChecksumType": "COMPOSITE", "ChecksumCRC32C": "AAAAAA=="}),
                Some("CRC32C"),
                Some("FULL_OBJECT"),
            ),
        ] {
            let mut args = Args::check(Action::Upload, given.clone()).unwrap();
            args.settle_checksums(true);
            let settled = (args.text("ChecksumAlgorithm"), args.text("ChecksumType"));
            assert_eq!(settled, (algorithm, kind), "{given}");
        }
    }

    #[test]
    #[cfg(feature = "embedded")]
    fn each_request_is_given_what_it_takes() {
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        let given = json!({
            "ACL": "private", "ChecksumCRC32": "AAAAAA==", "MpuObjectSize": 5, "RequestPayer": "requester",
            "SSECustomerKey": "k",
        });
        let mut args = Args::check(Action::Upload, given).unwrap();
        args.settle_checksums(true);
        for (operation, expected) in [
            (
                "PutObject",
                "ACL ChecksumAlgorithm ChecksumCRC32 RequestPayer SSECustomerKey",
            ),
            (
                "CreateMultipartUpload",
                "ACL ChecksumAlgorithm ChecksumType RequestPayer SSECustomerKey",
            ),
            (
                "UploadPart",
                "ChecksumAlgorithm PartNumber RequestPayer SSECustomerKey",
            ),
            (
                "CompleteMultipartUpload",
                "ChecksumCRC32 ChecksumType MpuObjectSize RequestPayer SSECustomerKey",
            ),
            ("AbortMultipartUpload", "RequestPayer"),
        ] {
            let own = match operation {
                "UploadPart" => json!({"PartNumber": 1}),
                _ => json!({}),
            };
            let params = args.of(&client, operation, own).unwrap();
            let mut names: Vec<_> = params.as_object().unwrap().keys().cloned().collect();
            names.sort_unstable();
            assert_eq!(names.join(" "), expected, "{operation}");
        }
    }

    /// An argument that S3 drops or renames would go nowhere.
    #[test]
    #[cfg(feature = "embedded")]
    fn every_argument_is_one_of_the_model() {
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        for (action, operations) in [
            (Action::Copy, &["CopyObject"][..]),
            (Action::Delete, &["DeleteObject"]),
            (Action::DeleteMany, &["DeleteObjects"]),
            (Action::Download, &["GetObject"]),
            (
                Action::Upload,
                &["CreateMultipartUpload", "CompleteMultipartUpload"],
            ),
        ] {
            for name in action.known() {
                let args = Args(Map::from_iter([(name.to_owned(), "x".into())]));
                let is_taken = |operation: &&str| {
                    let params = args.of(&client, operation, Value::Null).unwrap();
                    !params.as_object().unwrap().is_empty()
                };
                // only copies in parts know it
                let is_known = name == "AnnotationDirective" || operations.iter().any(is_taken);
                assert!(is_known, "{name} of {action:?}");
            }
        }
    }
}
