//! Copies from object to object, which no byte of goes through this machine.
//!
//! ```text
//!                ┌──► CopyObject                                           smaller than the threshold
//!   HeadObject ──┤
//!                └──► CreateMultipartUpload ──► UploadPartCopy … ──► CompleteMultipartUpload ──► tags, annotations
//! ```
//! A copy in parts has of the source what a whole copy would have, so far as is asked for: its metadata, its tags, its
//! annotations.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use super::args::Args;
use super::error::TransferError;
use super::multipart::{Multipart, PartDone, no_etag};
use super::object::Object;
use super::plan::{Part, Parts, part_size};
use super::pool::{Begun, Work};
use super::report::Outcome;
use super::{Context, Place, SERVICE};
use crate::client::Client;
use crate::error::{Error, Result};

/// What is copied.
///
/// ```
/// use tucuxi::transfer::CopySource;
/// let source = CopySource::new("bucket", "key").version("v1");
/// ```
#[derive(Clone, Debug)]
pub struct CopySource {
    pub(super) place: Place,
    version: Option<Box<str>>,
    client: Option<Client>,
}

impl CopySource {
    /// An object.
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            place: Place::new(bucket, key),
            version: None,
            client: None,
        }
    }

    /// This version of it.
    #[must_use]
    pub fn version(mut self, id: impl Into<String>) -> Self {
        self.version = Some(id.into().into());
        self
    }

    /// Asks for it with this client: one of the region or the account that the object is in.
    #[must_use]
    pub fn client(mut self, client: &Client) -> Self {
        self.client = Some(client.clone());
        self
    }

    fn value(&self) -> Value {
        let mut value = self.place.params(json!({}));
        if let Some(version) = &self.version {
            value["VersionId"] = (**version).into();
        }
        value
    }
}

impl<B: Into<String>, K: Into<String>> From<(B, K)> for CopySource {
    fn from((bucket, key): (B, K)) -> Self {
        Self::new(bucket, key)
    }
}

/// What a copy has of the metadata of its source.
const METADATA: [&str; 7] = [
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "Metadata",
];

/// An object that is copied.
pub(super) struct Copy {
    context: Arc<Context>,
    source: CopySource,
    /// For what is asked of the source.
    source_context: Arc<Context>,
    place: Place,
    args: Args,
    state: OnceLock<State>,
}

struct State {
    etag: Option<Box<str>>,
    version_id: Option<Box<str>>,
    multipart: Multipart,
    /// Those of the upload.
    args: Args,
}

impl Copy {
    pub(super) fn new(context: Arc<Context>, source: CopySource, place: Place, args: Args) -> Self {
        let source_context = match &source.client {
            Some(client) => Arc::new(context.with_client(client)),
            None => context.clone(),
        };
        Self {
            context,
            source,
            source_context,
            place,
            args,
            state: OnceLock::new(),
        }
    }
}

impl Work for Copy {
    fn object(&self) -> String {
        self.place.url()
    }

    fn action(&self) -> String {
        format!("copy {} to {}", self.source.place, self.place)
    }

    fn begin(&self) -> Result<Begun> {
        let source = self.look_at_source()?;
        self.context
            .meter
            .begun(&self.place.url(), Some(source.len));
        match source.len < self.context.config.multipart_threshold {
            true => self.copy_whole(source.len).map(Begun::Done),
            false => self.create(source).map(Begun::Parts),
        }
    }

    fn part(&self, part: &Part) -> Result<bool> {
        self.copy_part(part).map(|()| true)
    }

    fn finish(&self) -> Result<Outcome> {
        let state = self.state()?;
        let outcome = state
            .multipart
            .complete(&self.context, &self.place, &state.args)?;
        self.put_tags(&outcome)?;
        self.put_annotations(&outcome)?;
        Ok(outcome)
    }

    fn abandon(&self) {
        let Some(state) = self.state.get() else {
            return;
        };
        if let Err(error) = state
            .multipart
            .abort(&self.context, &self.place, &self.args)
        {
            tracing::warn!(object = %self.place, %error, "the upload could not be aborted");
        }
    }
}

impl Copy {
    fn look_at_source(&self) -> Result<Object> {
        let mut args = Args::default();
        for (name, value) in &self.args.0 {
            let condition = name.strip_prefix("CopySource");
            let is_common = matches!(name.as_str(), "ExpectedBucketOwner" | "RequestPayer");
            if let Some(name) = condition.or_else(|| is_common.then_some(name)) {
                args.0.insert(name.to_owned(), value.clone());
            }
        }
        if let Some(version) = &self.source.version {
            args.0.insert("VersionId".to_owned(), (**version).into());
        }
        Object::look_at(&self.source_context, &self.source.place, &args)
    }

    fn copy_whole(&self, len: u64) -> Result<Outcome> {
        let own = self
            .place
            .params(json!({"CopySource": self.source.value()}));
        let params = self.args.of(&self.context.client, "CopyObject", own)?;
        let answer = self.context.call("CopyObject", params)?;
        self.context.meter.add(len);
        Ok(Outcome {
            objects: 1,
            bytes: len,
            etag: answer["CopyObjectResult"]["ETag"].as_str().map(Into::into),
            version_id: answer["VersionId"].as_str().map(Into::into),
            ..Outcome::default()
        })
    }

    fn create(&self, source: Object) -> Result<Parts> {
        let args = self.upload_args(&source);
        let size = part_size(self.context.config.part_size, source.len);
        let multipart = Multipart::create(&self.context, &self.place, &args)?;
        let state = State {
            etag: source.etag,
            version_id: source.version_id,
            multipart,
            args,
        };
        // it is begun once
        let _ = self.state.set(state);
        Ok(Parts::of(source.len, size))
    }

    /// An upload knows no directives: metadata are those of the source unless they are replaced, and tags come after it.
    fn upload_args(&self, source: &Object) -> Args {
        let mut args = self.args.clone();
        let replaces = |directive: &str| self.args.text(directive) == Some("REPLACE");
        let ignored = |name: &str, directive: &str| {
            tracing::warn!(object = %self.place, "{name} is ignored: it is used where {directive} is REPLACE");
        };
        if !replaces("MetadataDirective") {
            for name in METADATA {
                if args.0.remove(name).is_some() {
                    ignored(name, "MetadataDirective");
                }
                if let Some(value) = source.answer.get(name) {
                    args.0.insert(name.to_owned(), value.clone());
                }
            }
        }
        if args.0.remove("Tagging").is_some() && !replaces("TaggingDirective") {
            ignored("Tagging", "TaggingDirective");
        }
        args
    }

    /// # Errors
    ///
    /// It was not begun, which the plan does not let happen.
    fn state(&self) -> Result<&State> {
        let state = self.state.get();
        state.ok_or_else(|| Error::request("the copy was not begun"))
    }

    fn copy_part(&self, part: &Part) -> Result<()> {
        let state = self.state()?;
        let range = &part.range;
        let mut own = self.place.params(json!({
            "CopySource": self.source.value(),
            "CopySourceRange": format!("bytes={}-{}", range.start, range.end - 1),
            "PartNumber": part.number,
            "UploadId": state.multipart.id,
        }));
        if let Some(etag) = &state.etag {
            own["CopySourceIfMatch"] = (**etag).into();
        }
        let params = self.args.of(&self.context.client, "UploadPartCopy", own)?;
        let answer = self.context.call("UploadPartCopy", params);
        let answer = answer.map_err(|error| match (error.code(), &state.etag) {
            (Some("PreconditionFailed"), Some(etag)) => TransferError::ObjectChanged {
                object: self.source.place.url().into(),
                etag: etag.clone(),
            }
            .into(),
            _ => error,
        })?;
        // a server may not heed the condition
        let version = answer["CopySourceVersionId"].as_str();
        if let (Some(known), Some(version)) = (&state.version_id, version)
            && **known != *version
        {
            let what = format!(
                "a part was copied from the version {version}, and the first was {known}: the object was replaced meanwhile; start again"
            );
            return Err(TransferError::answer(&self.source.place.url(), what));
        }
        let len = range.end - range.start;
        let done = PartDone::of_response(&answer["CopyPartResult"], &self.args);
        let done = done.ok_or_else(|| no_etag(&self.place, part.number))?;
        state.multipart.done(part.number, done.of_len(len));
        self.context.meter.add(len);
        Ok(())
    }

    /// The parameters of an operation on the source.
    fn of_source(&self, operation: &str, own: Value) -> Result<Value> {
        let mut params = self.source.value();
        merge(&mut params, own);
        self.args.of(&self.source_context.client, operation, params)
    }

    /// The parameters of an operation on the copy.
    fn of_copy(&self, operation: &str, outcome: &Outcome, own: Value) -> Result<Value> {
        let mut params = self.place.params(own);
        if let Some(version) = &outcome.version_id {
            params["VersionId"] = (**version).into();
        }
        self.args.of(&self.context.client, operation, params)
    }

    fn put_tags(&self, outcome: &Outcome) -> Result<()> {
        let tags = match self.args.text("TaggingDirective") {
            Some("COPY") => {
                let params = self.of_source("GetObjectTagging", json!({}))?;
                let answer = self.source_context.call("GetObjectTagging", params)?;
                answer["TagSet"].as_array().cloned().unwrap_or_default()
            }
            Some("REPLACE") => parse_tags(self.args.text("Tagging").unwrap_or_default()),
            _ => return Ok(()),
        };
        if tags.is_empty() {
            return Ok(());
        }
        let own = json!({"Tagging": {"TagSet": tags}});
        let params = self.of_copy("PutObjectTagging", outcome, own)?;
        self.context.call("PutObjectTagging", params).map(drop)
    }

    fn put_annotations(&self, outcome: &Outcome) -> Result<()> {
        if self.args.text("AnnotationDirective") != Some("COPY") {
            return Ok(());
        }
        let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
        let mut token = Value::Null;
        loop {
            let own = match &token {
                Value::Null => json!({}),
                token => json!({"ContinuationToken": token}),
            };
            let params = self.of_source("ListObjectAnnotations", own)?;
            let page = self.source_context.call("ListObjectAnnotations", params)?;
            for annotation in page["Annotations"].as_array().into_iter().flatten() {
                let name = annotation["AnnotationName"].as_str().unwrap_or_default();
                match self.put_annotation(name, outcome) {
                    Ok(()) => succeeded.push(name.to_owned()),
                    Err(error) => failed.push(format!("{name}: {error}")),
                }
            }
            match &page["NextContinuationToken"] {
                Value::Null => break,
                next if *next == token => break,
                next => token = next.clone(),
            }
        }
        if failed.is_empty() {
            return Ok(());
        }
        let what = format!(
            "the object is copied, but not all of its annotations; copied: [{}], not: [{}]",
            succeeded.join(", "),
            failed.join(", ")
        );
        Err(TransferError::answer(&self.place.url(), what))
    }

    fn put_annotation(&self, name: &str, outcome: &Outcome) -> Result<()> {
        let own = json!({"AnnotationName": name});
        let params = self.of_source("GetObjectAnnotation", own.clone())?;
        let payload = self
            .source_context
            .client
            .call(SERVICE, "GetObjectAnnotation", params)?;
        let mut params = self.of_copy("PutObjectAnnotation", outcome, own)?;
        params["AnnotationPayload"] = payload["AnnotationPayload"].clone();
        if let Some(etag) = &outcome.etag {
            params["ObjectIfMatch"] = (**etag).into();
        }
        self.context.call("PutObjectAnnotation", params).map(drop)
    }
}

fn merge(params: &mut Value, own: Value) {
    if let (Some(params), Value::Object(own)) = (params.as_object_mut(), own) {
        params.extend(own);
    }
}

/// `a=1&b=2`, as `Tagging` has it.
fn parse_tags(query: &str) -> Vec<Value> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        crate::uri::decode(&spaced)
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let tag = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        json!({"Key": decode(name), "Value": decode(value)})
    };
    pairs.map(tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_a_query() {
        let tags = parse_tags("a=1&b+c=%26x&d&e=");
        let pair = |key: &str, value: &str| json!({"Key": key, "Value": value});
        assert_eq!(
            tags,
            [
                pair("a", "1"),
                pair("b c", "&x"),
                pair("d", ""),
                pair("e", "")
            ]
        );
        assert!(parse_tags("").is_empty());
    }
}
