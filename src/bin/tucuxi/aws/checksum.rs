//! The checksum of requests: CRC-64/NVME, as in version 2 of `aws`, unless the caller chooses one.

use serde_json::Value;
use tucuxi::config::RequestChecksums;
use tucuxi::interceptor::{CallContext, Interceptor};

const ALGORITHM: &str = "CRC64NVME";

/// Chooses the algorithm of calls that choose none.
pub(super) struct DefaultChecksum;

impl Interceptor for DefaultChecksum {
    fn params(&self, call: &CallContext<'_>, params: &mut Value) -> tucuxi::Result<()> {
        let Some(traits) = &call.operation.http_checksum else {
            return Ok(());
        };
        let is_wanted = traits.request_checksum_required
            || call.config.request_checksums() == RequestChecksums::WhenSupported;
        let (Some(name), Some(params), true) = (
            &traits.request_algorithm_member,
            params.as_object_mut(),
            is_wanted,
        ) else {
            return Ok(());
        };
        // a given checksum is sent as it is
        let is_chosen = params.keys().any(|param| param.starts_with("Checksum"));
        if !is_chosen && is_known(call, name)? {
            params.insert(name.clone(), ALGORITHM.into());
        }
        Ok(())
    }
}

/// Whether the service has the algorithm.
fn is_known(call: &CallContext<'_>, member: &str) -> tucuxi::Result<bool> {
    let Some(input) = call.operation.input else {
        return Ok(false);
    };
    let members = call.model.shape(input)?.members();
    let Some(member) = members.and_then(|members| members.get(member)) else {
        return Ok(false);
    };
    let values = &call.model.shape(member.target)?.values;
    Ok(values.iter().any(|value| value == ALGORITHM))
}
