//! The bucket and key of an object.

use std::fmt;

use serde_json::{Value, json};

use super::error::TransferError;

/// The bucket and key of an object. Displayed as `BUCKET/KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectRef {
    pub(super) bucket: Box<str>,
    pub(super) key: Box<str>,
}

impl ObjectRef {
    pub(super) fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into().into(),
            key: key.into().into(),
        }
    }

    /// Returns `s3://BUCKET/KEY`.
    pub(super) fn url(&self) -> String {
        format!("s3://{self}")
    }

    /// Returns the parameters `Bucket` and `Key`, together with `own`.
    pub(super) fn params(&self, own: Value) -> Value {
        let mut params = json!({"Bucket": self.bucket, "Key": self.key});
        if let (Some(params), Value::Object(own)) = (params.as_object_mut(), own) {
            params.extend(own);
        }
        params
    }

    /// # Errors
    ///
    /// Returns an error if S3 does not support transfers of this object.
    pub(super) fn check(&self) -> Result<(), TransferError> {
        let is_lambda =
            self.bucket.starts_with("arn:") && self.bucket.contains(":s3-object-lambda:");
        match is_lambda {
            true => Err(TransferError::Unsupported(format!(
                "{}: transfers are not supported through an S3 Object Lambda access point; call GetObject instead",
                self.bucket
            ))),
            false => Ok(()),
        }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}
