//! The checksum of responses: requested for every operation that the model says may send one.

use serde_json::Value;

use crate::error::Result;
use crate::interceptor::{CallContext, Interceptor};
use crate::settings::ResponseChecksums;

/// Sets the member that requests the checksum of a response, such as S3's `ChecksumMode`, unless the caller sets it.
pub(crate) struct ResponseChecksum;

impl Interceptor for ResponseChecksum {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> Result<()> {
        let traits = call.operation.http_checksum.as_ref();
        let member = traits.and_then(|t| t.request_validation_mode_member.as_deref());
        let is_wanted = call.config.response_checksums() == ResponseChecksums::WhenSupported;
        if let (Some(member), Some(members)) = (member, params.as_object_mut())
            && is_wanted
            && !call.is_presigned
        {
            members.entry(member).or_insert_with(|| "ENABLED".into());
        }
        Ok(())
    }
}
