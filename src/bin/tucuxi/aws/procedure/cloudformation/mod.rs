//! `cloudformation package` and `cloudformation deploy`

mod artifacts;
mod deploy;
mod package;
mod template;
mod uploader;

pub(super) use self::deploy::DEPLOY;
pub(super) use self::package::PACKAGE;
use super::{Flag, value};

const S3_PREFIX: Flag = value("s3-prefix", "PREFIX", "the start of the objects' keys");
const KMS_KEY_ID: Flag = value(
    "kms-key-id",
    "KEY",
    "the KMS key that encrypts the objects; by default S3's own key does",
);
