//! Server-side copies.
//!
//! ```text
//!                ┌──► CopyObject                                           below the threshold
//!   HeadObject ──┤
//!                └──► CreateMultipartUpload ──► UploadPartCopy … ──► CompleteMultipartUpload ──► tags, annotations
//! ```
//! A copy in parts gets what CopyObject would copy: the metadata of the source, and on request its tags and annotations.

use std::sync::Arc;

use serde_json::{Value, json};

use super::args::Args;
use super::context::Context;
use super::copied::METADATA;
use super::copy_parts::CopyParts;
use super::copy_source::CopySource;
use super::error::TransferError;
use super::multipart::Multipart;
use super::object::Object;
use super::object_ref::ObjectRef;
use super::plan::{Parts, part_size};
use super::report::Outcome;
use super::work::{Begun, Work};
use crate::error::Result;

/// A copy.
pub(super) struct Copy {
    pub(super) context: Arc<Context>,
    pub(super) source: CopySource,
    /// The context of requests on the source.
    pub(super) source_context: Arc<Context>,
    pub(super) object: ObjectRef,
    pub(super) args: Args,
    /// The source as reported by a listing.
    pub(super) listed: Option<Object>,
}

impl Copy {
    pub(super) fn new(
        context: Arc<Context>,
        source: CopySource,
        object: ObjectRef,
        mut args: Args,
    ) -> Self {
        if !context.config.overwrite && !args.has("IfNoneMatch") {
            args.insert("IfNoneMatch", "*".into());
        }
        let source_context = match &source.client {
            Some(client) => Arc::new(context.with_client(client)),
            None => context.clone(),
        };
        Self {
            context,
            source,
            source_context,
            object,
            args,
            listed: None,
        }
    }

    /// Uses the entry of a listing instead of HeadObject, if that is all that must be known.
    pub(super) fn listed(self, object: Object) -> Self {
        let listed = Some(object);
        Self { listed, ..self }
    }
}

impl<'w> Work<'w> for Copy {
    fn object(&self) -> String {
        self.object.url()
    }

    fn action(&self) -> String {
        format!("copy {} to {}", self.source.object, self.object)
    }

    fn begin(mut self: Box<Self>) -> Result<Begun<'w>> {
        let properties = self.context.config.copy_properties;
        let is_small = |source: &Object| source.len < self.context.config.multipart_threshold;
        let source = match self.listed.take() {
            Some(listed) if is_small(&listed) && !properties.needs_source(&self.args) => listed,
            _ => self.look_at_source()?,
        };
        let in_parts = !is_small(&source);
        let meter = &self.context.meter;
        meter.begun(&self.object.url(), Some(source.len));
        properties.apply(&mut self.args, &source, in_parts);
        if !in_parts {
            return self.copy_whole(source.len).map(Begun::Done);
        }
        let args = self.upload_args(&source);
        let size = part_size(self.context.config.part_size, source.len);
        let multipart = Multipart::create(&self.context, &self.object, &args)?;
        let parts = Parts::ranges(source.len, size);
        let copy = CopyParts::new(*self, source, multipart, args);
        Ok(Begun::Parts(parts, Arc::new(copy)))
    }
}

/// A move deletes its source after this response.
const NO_ETAG: &str = "the response has no ETag, so it does not prove that the copy is stored";

impl Copy {
    fn look_at_source(&self) -> Result<Object> {
        let args = self.args.iter().filter_map(|(name, value)| {
            let condition = name.strip_prefix("CopySource");
            let is_common = matches!(name.as_str(), "ExpectedBucketOwner" | "RequestPayer");
            let name = condition.or_else(|| is_common.then_some(name))?;
            Some((name.to_owned(), value.clone()))
        });
        let mut args = Args::from_iter(args);
        if let Some(version) = &self.source.version {
            args.insert("VersionId", version.as_str().into());
        }
        Object::look_at(&self.source_context, &self.source.object, &args)
    }

    fn copy_whole(&self, len: u64) -> Result<Outcome> {
        let own = json!({"CopySource": self.source.params()});
        let params = self.params("CopyObject", own)?;
        let response = self.context.call("CopyObject", params)?;
        let etag = response["CopyObjectResult"]["ETag"].as_str();
        let Some(etag) = etag.filter(|etag| !etag.trim_matches('"').is_empty()) else {
            return Err(TransferError::response(&self.object.url(), NO_ETAG));
        };
        self.context.meter.add(len);
        Ok(Outcome {
            objects: 1,
            bytes: len,
            etag: Some(etag.into()),
            version_id: response["VersionId"].as_str().map(Into::into),
            ..Outcome::default()
        })
    }

    /// Returns the arguments of the upload, which has no directives: metadata is that of the source unless it is replaced, and
    /// tags are added afterwards.
    fn upload_args(&self, source: &Object) -> Args {
        let mut args = self.args.clone();
        let replaces = |directive: &str| self.args.text(directive) == Some("REPLACE");
        let ignored = |name: &str, directive: &str| {
            tracing::warn!(object = %self.object, "{name} is ignored unless {directive} is REPLACE");
        };
        if !replaces("MetadataDirective") {
            for name in METADATA {
                if args.remove(name).is_some() {
                    ignored(name, "MetadataDirective");
                }
                if let Some(value) = source.response.get(name) {
                    args.insert(name, value.clone());
                }
            }
        }
        if args.remove("Tagging").is_some() && !replaces("TaggingDirective") {
            ignored("Tagging", "TaggingDirective");
        }
        args
    }

    /// Returns the parameters of an operation on the copy.
    pub(super) fn params(&self, operation: &'static str, own: Value) -> Result<Value> {
        let own = self.object.params(own);
        self.args.params(&self.context.client, operation, own)
    }
}
