//! Glacier: a version in every request, and two hashes of what is uploaded.

use http::HeaderValue;
use serde_json::Value;

use crate::checksum::tree_hash;
use crate::error::{Error, Result};
use crate::exchange::Call;
use crate::hash;
use crate::protocol::{self, Encoded};

/// The caller's own account.
pub(super) fn fill_account(params: &mut Value) {
    if let Some(members) = params.as_object_mut() {
        members.entry("accountId").or_insert_with(|| "-".into());
    }
}

pub(super) fn complete_request(call: &Call<'_>, request: &mut Encoded) -> Result<()> {
    let model = &call.service.model;
    let mut set = |name: &'static str, value: &str| -> Result<()> {
        if !request.headers.contains_key(name) {
            let value = HeaderValue::from_str(value).map_err(Error::request)?;
            request.headers.insert(name, value);
        }
        Ok(())
    };
    set("x-amz-glacier-version", &model.metadata().api_version)?;
    if protocol::streaming_payload(model, call.operation.input)?.is_none() {
        return Ok(());
    }
    if !request.body.replayable() {
        let what = "Glacier wants hashes before the body, and a reader can be read only once; give bytes or a file";
        return Err(Error::request(what));
    }
    let open = || request.body.open();
    let tree = open().and_then(tree_hash).map_err(Error::request)?;
    let whole = open()
        .and_then(hash::sha256_hex_of)
        .map_err(Error::request)?;
    set("x-amz-sha256-tree-hash", &tree)?;
    set("x-amz-content-sha256", &whole)
}
