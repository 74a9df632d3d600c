//! Extra arguments of transfers.
//!
//! The valid arguments are those of boto3's transfers, `IfNoneMatch`, and `BypassGovernanceRetention` of deletions. Each request
//! gets the arguments that are members of its input in the model, except that the checksum of a whole object is not passed to
//! its parts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};

use super::context::SERVICE;
use super::error::TransferError;
use crate::checksum::ChecksumAlgorithm;
use crate::client::Client;
use crate::error::Result;
use crate::params::{ParamError, ParamErrorKind, ParamErrors};
use crate::sync;

/// A kind of transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Copy,
    Delete,
    /// A deletion of many objects.
    DeleteMany,
    Download,
    /// A listing.
    List,
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

const LIST: [&str; 2] = ["ExpectedBucketOwner", "RequestPayer"];

const DELETE_MANY: [&str; 4] = [
    "BypassGovernanceRetention",
    "ExpectedBucketOwner",
    "MFA",
    "RequestPayer",
];

/// Arguments of uploads and copies.
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

const UPLOAD: [&str; 13] = [
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
    "IfNoneMatch",
    "MpuObjectSize",
];

const COPY: [&str; 11] = [
    "AnnotationDirective",
    "CopySourceIfMatch",
    "CopySourceIfModifiedSince",
    "CopySourceIfNoneMatch",
    "CopySourceIfUnmodifiedSince",
    "CopySourceSSECustomerAlgorithm",
    "CopySourceSSECustomerKey",
    "CopySourceSSECustomerKeyMD5",
    "IfNoneMatch",
    "MetadataDirective",
    "TaggingDirective",
];

impl Action {
    /// Returns the valid arguments, in alphabetical order.
    pub(super) fn known(self) -> Vec<&'static str> {
        let (some, more): (&[&str], &[&str]) = match self {
            Self::Copy => (&STORE, &COPY),
            Self::Delete => (&DELETE_MANY, &["VersionId"]),
            Self::DeleteMany => (&DELETE_MANY, &[]),
            Self::Download => (&DOWNLOAD, &[]),
            Self::List => (&LIST, &[]),
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
            Self::List => "a listing",
            Self::Upload => "an upload",
        }
    }
}

/// Extra arguments that have been checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Args {
    given: Map<String, Value>,
    /// Those of each operation, which all clones share.
    by_operation: Arc<Mutex<BTreeMap<&'static str, Map<String, Value>>>>,
}

impl Args {
    /// # Errors
    ///
    /// Returns an error if an argument is unknown or `args` is not an object.
    pub(super) fn check(action: Action, args: Value) -> Result<Self> {
        let given = match args {
            Value::Null => Map::new(),
            Value::Object(args) => args,
            _ => {
                let kind = ParamErrorKind::Unreadable {
                    reason: "extra arguments must be an object".into(),
                };
                let path = "".into();
                return Err(ParamErrors(vec![ParamError { path, kind }]).into());
            }
        };
        let known = action.known();
        match given.keys().find(|name| !known.contains(&&***name)) {
            Some(name) => Err(TransferError::Argument {
                name: name.clone(),
                action: action.name(),
                known: known.join(", "),
            }
            .into()),
            None => Ok(Self::from_iter(given)),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.given.iter()
    }

    /// Returns those of these names.
    pub(super) fn only(&self, names: &[&str]) -> Self {
        let kept = self.iter().filter(|(name, _)| names.contains(&&***name));
        kept.map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name)?.as_str()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    pub(super) fn insert(&mut self, name: &str, value: Value) {
        self.given.insert(name.to_owned(), value);
        self.by_operation = Arc::default();
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Value> {
        self.by_operation = Arc::default();
        self.given.remove(name)
    }

    /// Returns the arguments that are parameters of the operation, together with `own`.
    ///
    /// # Errors
    ///
    /// Returns an error if the model is malformed.
    pub(super) fn params(
        &self,
        client: &Client,
        operation: &'static str,
        own: Value,
    ) -> Result<Value> {
        if self.given.is_empty() {
            return Ok(own);
        }
        let mut by_operation = sync::lock(&self.by_operation);
        let args = match by_operation.entry(operation) {
            Entry::Occupied(args) => args.into_mut(),
            Entry::Vacant(place) => place.insert(self.of_operation(client, operation)?),
        };
        let mut params = args.clone();
        drop(by_operation);
        if let Value::Object(own) = own {
            params.extend(own);
        }
        Ok(params.into())
    }

    fn of_operation(&self, client: &Client, operation: &str) -> Result<Map<String, Value>> {
        let model = client.model(SERVICE)?;
        let input = model.operation(operation)?.input;
        let input = input.map(|id| model.shape(id)).transpose()?;
        let members = input.and_then(|shape| shape.members());
        let takes = |name: &str| {
            let is_of_object = operation == "UploadPart" && is_checksum(name);
            !is_of_object && members.is_some_and(|members| members.iter().any(|m| *m.name == *name))
        };
        let args = self.given.iter().filter(|(name, _)| takes(name));
        Ok(args
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect())
    }

    /// Returns the algorithm of the checksum of the whole object that the caller provides.
    pub(super) fn whole_checksum(&self) -> Option<ChecksumAlgorithm> {
        let mut all = ChecksumAlgorithm::ALL.iter().copied();
        all.find(|algorithm| self.given.contains_key(&algorithm.member()))
    }

    /// Returns the requested algorithm.
    pub(super) fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        self.text("ChecksumAlgorithm")?.parse().ok()
    }

    /// Sets the checksum algorithm of an upload. That of a provided checksum also applies to the parts, and overrides
    /// `ChecksumAlgorithm`. Without any, it is CRC-32 if requests have checksums.
    pub(super) fn set_checksum_defaults(&mut self, sends_checksums: bool) {
        if let Some(whole) = self.whole_checksum() {
            self.insert("ChecksumAlgorithm", whole.as_str().into());
            self.insert("ChecksumType", "FULL_OBJECT".into());
        } else if sends_checksums && !self.given.contains_key("ChecksumAlgorithm") {
            self.insert(
                "ChecksumAlgorithm",
                ChecksumAlgorithm::Crc32.as_str().into(),
            );
        }
    }

    /// Returns all arguments as JSON, which may contain a customer's key.
    pub(super) fn to_json(&self) -> String {
        Value::Object(self.given.clone()).to_string()
    }
}

impl FromIterator<(String, Value)> for Args {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(args: I) -> Self {
        Self {
            given: args.into_iter().collect(),
            by_operation: Arc::default(),
        }
    }
}

/// Whether the argument is a checksum of the whole object.
fn is_checksum(name: &str) -> bool {
    ChecksumAlgorithm::ALL.iter().any(|a| a.member() == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    #[cfg(feature = "embedded")]
    use crate::{config::Config, transport::Replay};

    #[test]
    fn unknown_argument_is_an_error_that_lists_the_valid_ones() {
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
    fn regression_provided_checksum_sets_the_algorithm_of_the_parts() {
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
            args.set_checksum_defaults(true);
            let set = (args.text("ChecksumAlgorithm"), args.text("ChecksumType"));
            assert_eq!(set, (algorithm, kind), "{given}");
        }
    }

    #[test]
    #[cfg(feature = "embedded")]
    fn each_request_gets_its_parameters() {
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        let given = json!({
            "ACL": "private", "ChecksumCRC32": "AAAAAA==", "MpuObjectSize": 5, "RequestPayer": "requester",
            "SSECustomerKey": "k",
        });
        let mut args = Args::check(Action::Upload, given).unwrap();
        args.set_checksum_defaults(true);
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
            let params = args.params(&client, operation, own).unwrap();
            let mut names: Vec<_> = params.as_object().unwrap().keys().cloned().collect();
            names.sort_unstable();
            assert_eq!(names.join(" "), expected, "{operation}");
        }
    }

    /// An argument that S3 removes or renames would be ignored.
    #[test]
    #[cfg(feature = "embedded")]
    fn every_argument_is_in_the_model() {
        let config = Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, Replay::new()).unwrap();
        for (action, operations) in [
            (Action::Copy, &["CopyObject"][..]),
            (Action::Delete, &["DeleteObject"]),
            (Action::DeleteMany, &["DeleteObjects"]),
            (Action::Download, &["GetObject"]),
            (Action::List, &["ListObjectsV2"]),
            (
                Action::Upload,
                &["CreateMultipartUpload", "CompleteMultipartUpload"],
            ),
        ] {
            for name in action.known() {
                let args = Args::from_iter([(name.to_owned(), "x".into())]);
                let is_taken = |operation: &&'static str| {
                    let params = args.params(&client, operation, Value::Null).unwrap();
                    !params.as_object().unwrap().is_empty()
                };
                // copies in parts implement it themselves
                let is_known = name == "AnnotationDirective" || operations.iter().any(is_taken);
                assert!(is_known, "{name} of {action:?}");
            }
        }
    }
}
