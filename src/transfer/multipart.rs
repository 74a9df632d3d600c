//! Uploads in parts, as uploads and copies make them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::args::Args;
use super::error::TransferError;
use super::pool::Outcome;
use super::{Context, Place};
use crate::body::Body;
use crate::checksum::{ChecksumAlgorithm, Hasher};
use crate::error::{Error, Result};

/// An upload that was created and is not complete.
#[derive(Debug)]
pub(super) struct Multipart {
    pub(super) id: Box<str>,
    parts: Mutex<Done>,
}

#[derive(Debug, Default)]
struct Done {
    parts: BTreeMap<u32, PartDone>,
    resumed_bytes: u64,
}

/// A part that the service has.
#[derive(Clone, Debug)]
pub(super) struct PartDone {
    etag: Box<str>,
    len: u64,
    /// In the algorithm of the upload, if the service has it.
    checksum: Option<Box<str>>,
}

impl PartDone {
    /// As an answer tells of it.
    pub(super) fn of_answer(answer: &Value, len: u64, args: &Args) -> Self {
        let text = |member: &str| answer[member].as_str().map(Box::from);
        Self {
            etag: text("ETag").unwrap_or_default(),
            len,
            checksum: args
                .algorithm()
                .and_then(|algorithm| text(&algorithm.member())),
        }
    }

    /// Whether it is of these bytes, by its checksum, or else by its ETag where that is their MD5.
    pub(super) fn is_of(&self, body: &Body, args: &Args) -> bool {
        if body.len() != Some(self.len) {
            return false;
        }
        let hashed = |algorithm: ChecksumAlgorithm| {
            let mut hasher = algorithm.hasher();
            hasher.read_body(body).ok().map(|()| hasher)
        };
        match (&self.checksum, args.algorithm()) {
            (Some(checksum), Some(algorithm)) => {
                hashed(algorithm).is_some_and(|own| *own.finish() == **checksum)
            }
            _ => {
                let own = hashed(ChecksumAlgorithm::Md5).map(Hasher::finish_hex);
                own.is_some_and(|own| *own == *self.etag.trim_matches('"'))
            }
        }
    }
}

impl Multipart {
    pub(super) fn known(id: Box<str>) -> Self {
        let parts = Mutex::default();
        Self { id, parts }
    }

    pub(super) fn create(context: &Context, place: &Place, args: &Args) -> Result<Self> {
        let params = args.of(
            &context.client,
            "CreateMultipartUpload",
            place.params(json!({})),
        )?;
        let answer = context.call("CreateMultipartUpload", params)?;
        match answer["UploadId"].as_str() {
            Some(id) => Ok(Self::known(id.into())),
            None => Err(TransferError::answer(
                &place.url(),
                "the upload that was created has no id",
            )),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Done> {
        // a map is whole whenever a thread may have panicked
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn done(&self, number: u32, part: PartDone) {
        self.lock().parts.insert(number, part);
    }

    /// A part of an earlier try.
    pub(super) fn found(&self, number: u32, part: PartDone) {
        let mut done = self.lock();
        done.resumed_bytes += part.len;
        done.parts.insert(number, part);
    }

    /// Makes an object of the parts.
    ///
    /// # Errors
    ///
    /// The service refuses, or its checksum of the object is not that of the parts.
    pub(super) fn complete(
        &self,
        context: &Context,
        place: &Place,
        args: &Args,
    ) -> Result<Outcome> {
        let done = self.lock();
        let mut params = place.params(json!({"UploadId": self.id}));
        let algorithm = args.algorithm();
        let parts = done.parts.iter().map(|(number, part)| {
            let mut value = Map::new();
            value.insert("PartNumber".to_owned(), (*number).into());
            value.insert("ETag".to_owned(), (*part.etag).into());
            if let (Some(algorithm), Some(checksum)) = (algorithm, &part.checksum) {
                value.insert(algorithm.member(), (**checksum).into());
            }
            Value::Object(value)
        });
        params["MultipartUpload"] = json!({"Parts": parts.collect::<Vec<_>>()});
        if args.text("ChecksumType") == Some("FULL_OBJECT")
            && args.whole_checksum().is_none()
            && let Some(algorithm) = algorithm
            && let Some(whole) = done.whole(algorithm)
        {
            params[algorithm.member()] = whole.into();
        }
        let params = args.of(&context.client, "CompleteMultipartUpload", params)?;
        let answer = match context.call("CompleteMultipartUpload", params) {
            Ok(answer) => answer,
            // an answer that was lost on its way: the upload is gone because it is complete
            Err(error) if was_repeated(&error) => match done.is_there(context, place, args) {
                Some(answer) => answer,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        done.check(args, &answer, place)?;
        let text = |member: &str| answer[member].as_str().map(Into::into);
        Ok(Outcome {
            objects: 1,
            bytes: done.len(),
            resumed_bytes: done.resumed_bytes,
            etag: text("ETag"),
            version_id: text("VersionId"),
            ..Outcome::default()
        })
    }

    /// The service forgets it and its parts.
    ///
    /// # Errors
    ///
    /// It does not.
    pub(super) fn abort(&self, context: &Context, place: &Place, args: &Args) -> Result<()> {
        let own = place.params(json!({"UploadId": self.id}));
        let params = args.of(&context.client, "AbortMultipartUpload", own);
        // what was cancelled is to be taken back all the same, but nobody wants to wait for long
        let done = params.and_then(|params| {
            let request = context
                .client
                .request(super::SERVICE, "AbortMultipartUpload");
            let request = request.config(|config| {
                config
                    .connect_timeout(Duration::from_secs(5))
                    .read_timeout(Duration::from_secs(10))
            });
            request.params(params).send()
        });
        match done {
            Err(error) if error.code() != Some("NoSuchUpload") => Err(error),
            _ => Ok(()),
        }
    }
}

fn was_repeated(error: &Error) -> bool {
    error
        .service_error()
        .is_some_and(|e| &*e.code == "NoSuchUpload" && e.attempts > 1)
}

impl Done {
    fn len(&self) -> u64 {
        self.parts.values().map(|part| part.len).sum()
    }

    /// The checksum of the object, where those of its parts make it.
    fn whole(&self, algorithm: ChecksumAlgorithm) -> Option<String> {
        let parts = self.parts.values();
        algorithm.combined(parts.map(|part| Some((part.checksum.as_deref()?, part.len))))
    }

    /// Holds the service's checksum of the object against those of the parts.
    fn check(&self, args: &Args, answer: &Value, place: &Place) -> Result<()> {
        let Some(algorithm) = args.algorithm() else {
            return Ok(());
        };
        let Some(theirs) = answer[algorithm.member()].as_str() else {
            return Ok(());
        };
        let parts: Option<Vec<&str>> = self
            .parts
            .values()
            .map(|part| part.checksum.as_deref())
            .collect();
        let own = match theirs.contains('-') {
            true => parts.and_then(|parts| algorithm.composite(parts.into_iter())),
            // without the word it may be one of the parts', which some servers do not mark
            false => self
                .whole(algorithm)
                .filter(|_| answer["ChecksumType"] == "FULL_OBJECT"),
        };
        match own {
            Some(own) if own != theirs => Err(TransferError::Mismatch {
                object: place.url().into(),
                range: None,
                algorithm,
                expected: own.into(),
                actual: theirs.into(),
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// The object, if it is the one that these parts make, and no earlier one that only has as many.
    fn is_there(&self, context: &Context, place: &Place, args: &Args) -> Option<Value> {
        let own = place.params(json!({"ChecksumMode": "ENABLED"}));
        let params = args.of(&context.client, "HeadObject", own).ok()?;
        let answer = context.call("HeadObject", params).ok()?;
        let end = format!("-{}", self.parts.len());
        let etag = answer["ETag"].as_str()?.trim_matches('"');
        let is_alike = etag.ends_with(&end) && answer["ContentLength"].as_u64() == Some(self.len());
        let has_checksum = |algorithm: ChecksumAlgorithm| {
            let is_known = self.parts.values().any(|part| part.checksum.is_some());
            !is_known || answer[algorithm.member()].is_string()
        };
        let is_it = is_alike
            && args.algorithm().is_none_or(has_checksum)
            && self.check(args, &answer, place).is_ok();
        is_it.then_some(answer)
    }
}
