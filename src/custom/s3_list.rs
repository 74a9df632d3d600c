//! S3 listings: keys may contain characters that XML cannot represent, so they are requested percent-encoded, and decoded.

use http::Uri;

use crate::error::{Error, Result};
use crate::interceptor::{CallContext, Interceptor};
use crate::output::{Edit, Output};
use crate::transport::Request;

pub(super) const OPERATIONS: [&str; 3] = ["ListObjectVersions", "ListObjects", "ListObjectsV2"];

/// The encoded members, as in botocore, which does not decode the prefix of `ListObjects`.
fn encoded(operation: &str) -> &'static [&'static [&'static str]] {
    match operation {
        "ListObjects" => &[
            &["CommonPrefixes", "Prefix"],
            &["Contents", "Key"],
            &["Delimiter"],
            &["Marker"],
            &["NextMarker"],
        ],
        "ListObjectsV2" => &[
            &["CommonPrefixes", "Prefix"],
            &["Contents", "Key"],
            &["Delimiter"],
            &["Prefix"],
            &["StartAfter"],
        ],
        _ => &[
            &["CommonPrefixes", "Prefix"],
            &["DeleteMarkers", "Key"],
            &["Delimiter"],
            &["KeyMarker"],
            &["NextKeyMarker"],
            &["Prefix"],
            &["Versions", "Key"],
        ],
    }
}

/// Requests and decodes percent-encoding, unless the caller sets `EncodingType`.
pub(super) struct ListedKeys;

fn is_unset(call: &CallContext<'_>) -> bool {
    call.params
        .get("EncodingType")
        .is_none_or(|value| value.is_null())
}

impl Interceptor for ListedKeys {
    fn request(&self, call: &CallContext<'_>, request: &mut Request) -> Result<()> {
        if !is_unset(call) {
            return Ok(());
        }
        let uri = request.uri().to_string();
        let sign = if uri.contains('?') { '&' } else { '?' };
        let uri: Uri = format!("{uri}{sign}encoding-type=url")
            .parse()
            .map_err(Error::request)?;
        *request.uri_mut() = uri;
        Ok(())
    }

    fn result(&self, call: &CallContext<'_>, result: &mut Result<Output>) {
        let Ok(output) = result else { return };
        let is_encoded = || {
            let tape = output.source.tape()?;
            Some(tape.text(tape.child(0, "EncodingType")?).ok()? == "url")
        };
        if is_unset(call) && is_encoded() == Some(true) {
            for path in encoded(&call.operation.name) {
                output.edit(path.iter().copied(), Edit::Percent);
            }
        }
    }
}
