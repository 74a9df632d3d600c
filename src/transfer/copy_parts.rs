//! Copies in parts.

use serde_json::json;

use super::args::Args;
use super::copy::Copy;
use super::error::TransferError;
use super::multipart::{Multipart, PartDone, no_etag};
use super::object::Object;
use super::plan::Part;
use super::report::Outcome;
use super::work::PartWork;
use crate::error::{Error, Result};

/// A multipart upload whose parts are copied.
pub(super) struct CopyParts {
    copy: Copy,
    source: Object,
    multipart: Multipart,
    /// The arguments of the upload.
    args: Args,
}

impl CopyParts {
    pub(super) fn new(copy: Copy, source: Object, multipart: Multipart, args: Args) -> Self {
        Self {
            copy,
            source,
            multipart,
            args,
        }
    }

    /// Names the cause if the source has been replaced.
    fn explain(&self, error: Error) -> Error {
        match (error.code(), &self.source.etag) {
            (Some("PreconditionFailed"), Some(etag)) => {
                let (object, etag) = (self.copy.source.object.url(), etag.to_string());
                TransferError::ObjectChanged { object, etag }.into()
            }
            _ => error,
        }
    }
}

impl PartWork for CopyParts {
    fn part(&self, part: &Part) -> Result<bool> {
        let (copy, range) = (&self.copy, &part.range);
        let mut own = json!({
            "CopySource": copy.source.params(),
            "CopySourceRange": format!("bytes={}-{}", range.start, range.end - 1),
            "PartNumber": part.number,
            "UploadId": self.multipart.id,
        });
        if let Some(etag) = &self.source.etag {
            own["CopySourceIfMatch"] = (**etag).into();
        }
        let params = copy.params("UploadPartCopy", own)?;
        let copied = copy.context.call("UploadPartCopy", params);
        let response = copied.map_err(|error| self.explain(error))?;
        // a server may ignore the condition
        let version = response["CopySourceVersionId"].as_str();
        if let (Some(known), Some(version)) = (&self.source.version_id, version)
            && **known != *version
        {
            let what = format!(
                "a part was copied from version {version}, but the first one was {known}: the object was replaced meanwhile; start again"
            );
            return Err(TransferError::response(&copy.source.object.url(), what));
        }
        let len = range.end - range.start;
        let done = PartDone::from_response(&response["CopyPartResult"], &copy.args);
        let done = done.ok_or_else(|| no_etag(&copy.object, part.number))?;
        self.multipart.done(part.number, done.with_len(len));
        copy.context.meter.add(len);
        Ok(true)
    }

    fn finish(&self) -> Result<Outcome> {
        let copy = &self.copy;
        let outcome = self
            .multipart
            .complete(&copy.context, &copy.object, &self.args)?;
        copy.put_tags(&outcome)?;
        copy.put_annotations(&outcome)?;
        Ok(outcome)
    }

    fn abort(&self) {
        let copy = &self.copy;
        let aborted = self
            .multipart
            .abort(&copy.context, &copy.object, &copy.args);
        if let Err(error) = aborted {
            tracing::warn!(object = %copy.object, %error, "could not abort the upload");
        }
    }
}
