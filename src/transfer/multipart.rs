//! Multipart uploads, for uploads and copies.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::args::Args;
use super::context::{Context, SERVICE};
use super::error::TransferError;
use super::object::opaque;
use super::object_ref::ObjectRef;
use super::report::Outcome;
use crate::body::Body;
use crate::checksum::ChecksumAlgorithm;
use crate::error::{Error, Result};
use crate::sync;

/// A multipart upload that has been created.
#[derive(Debug)]
pub(super) struct Multipart {
    pub(super) id: Box<str>,
    /// Whether the service announced checksums of parts when the upload was created.
    pub(super) has_checksums: bool,
    parts: Mutex<Done>,
}

#[derive(Debug, Default)]
struct Done {
    parts: BTreeMap<u32, PartDone>,
    resumed_bytes: u64,
}

/// An uploaded part.
#[derive(Clone, Debug)]
pub(super) struct PartDone {
    etag: Box<str>,
    len: u64,
    /// The checksum with the algorithm of the upload, if the service has it.
    checksum: Option<Checksum>,
}

#[derive(Clone, Debug)]
struct Checksum {
    value: Box<str>,
    /// Whether the service reported it. Otherwise it was computed from the file.
    is_reported: bool,
}

impl PartDone {
    /// Creates an empty part from a response. Returns `None` if it has no ETag, without which an upload cannot be completed.
    pub(super) fn from_response(response: &Value, args: &Args) -> Option<Self> {
        let text = |member: &str| response[member].as_str().map(Box::<str>::from);
        let member = args.algorithm().map(ChecksumAlgorithm::member);
        Some(Self {
            etag: text("ETag").filter(|etag| !etag.trim_matches('"').is_empty())?,
            len: 0,
            checksum: member
                .and_then(|member| text(&member))
                .map(|value| Checksum {
                    value,
                    is_reported: true,
                }),
        })
    }

    pub(super) fn with_len(self, len: u64) -> Self {
        Self { len, ..self }
    }

    /// Returns the part if it verifiably has the content of `body`: by its checksum, or by its ETag if that is the MD5. If the
    /// service reported no checksum, it is computed from the body, so that the upload is completed with one for each part.
    pub(super) fn verified(&self, body: &Body, args: &Args) -> Option<Self> {
        if body.len() != Some(self.len) {
            return None;
        }
        let hashed = |algorithm: ChecksumAlgorithm| {
            let mut hasher = algorithm.hasher();
            hasher.read_body(body).ok().map(|()| hasher)
        };
        if let (Some(reported), Some(algorithm)) = (&self.checksum, args.algorithm()) {
            let actual = hashed(algorithm)?.finish();
            return (*actual == *reported.value).then(|| self.clone());
        }
        let md5 = hashed(ChecksumAlgorithm::Md5)?.finish_hex();
        // the ETag of an encrypted part is not the MD5
        if !md5.eq_ignore_ascii_case(opaque(&self.etag)) {
            return None;
        }
        let checksum = match args.algorithm() {
            Some(algorithm) => Some(Checksum {
                value: hashed(algorithm)?.finish().into(),
                is_reported: false,
            }),
            None => None,
        };
        Some(Self {
            checksum,
            ..self.clone()
        })
    }

    fn checksum(&self) -> Option<&str> {
        self.checksum.as_ref().map(|checksum| &*checksum.value)
    }
}

impl Multipart {
    pub(super) fn with_id(id: &str) -> Self {
        Self {
            id: id.into(),
            has_checksums: false,
            parts: Mutex::default(),
        }
    }

    pub(super) fn create(context: &Context, object: &ObjectRef, args: &Args) -> Result<Self> {
        let own = object.params(json!({}));
        let params = args.params(&context.client, "CreateMultipartUpload", own)?;
        let response = context.create("CreateMultipartUpload", params)?;
        match response["UploadId"].as_str() {
            Some(id) if !id.is_empty() => Ok(Self {
                has_checksums: response["ChecksumAlgorithm"].is_string(),
                ..Self::with_id(id)
            }),
            _ => Err(TransferError::response(
                &object.url(),
                "the response to CreateMultipartUpload has no upload id",
            )),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Done> {
        sync::lock(&self.parts)
    }

    pub(super) fn done(&self, number: u32, part: PartDone) {
        self.lock().parts.insert(number, part);
    }

    /// Adds a part that an earlier process uploaded.
    pub(super) fn resumed(&self, number: u32, part: PartDone) {
        let mut done = self.lock();
        done.resumed_bytes = done.resumed_bytes.saturating_add(part.len);
        done.parts.insert(number, part);
    }

    /// Completes the upload.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails or the checksum of the object does not match those of the parts.
    pub(super) fn complete(
        &self,
        context: &Context,
        object: &ObjectRef,
        args: &Args,
    ) -> Result<Outcome> {
        let done = self.lock();
        let mut params = object.params(json!({"UploadId": self.id}));
        // a service that reports no checksums may not accept them either
        let algorithm = args
            .algorithm()
            .filter(|_| self.has_checksums || done.has_reported());
        let parts = done.parts.iter().map(|(number, part)| {
            let mut value = Map::new();
            value.insert("PartNumber".to_owned(), (*number).into());
            value.insert("ETag".to_owned(), (*part.etag).into());
            if let (Some(algorithm), Some(checksum)) = (algorithm, part.checksum()) {
                value.insert(algorithm.member(), checksum.into());
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
        let params = args.params(&context.client, "CompleteMultipartUpload", params)?;
        let response = match context.call("CompleteMultipartUpload", params) {
            Ok(response) => response,
            // the first response was lost: the upload no longer exists because it is complete
            Err(error) if was_retried(&error) => match done.find(context, object, args) {
                Some(response) => response,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        };
        if !response["ETag"].is_string() {
            let what = "the response to CompleteMultipartUpload has no ETag, so it does not prove that the object is stored";
            return Err(TransferError::response(&object.url(), what));
        }
        done.verify(args, &response, object)?;
        let text = |member: &str| response[member].as_str().map(Into::into);
        Ok(Outcome {
            objects: 1,
            bytes: done.len(),
            resumed_bytes: done.resumed_bytes,
            etag: text("ETag"),
            version_id: text("VersionId"),
            ..Outcome::default()
        })
    }

    /// Aborts the upload.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    pub(super) fn abort(&self, context: &Context, object: &ObjectRef, args: &Args) -> Result<()> {
        let own = object.params(json!({"UploadId": self.id}));
        let params = args.params(&context.client, "AbortMultipartUpload", own);
        // a cancelled upload is aborted too, but with short timeouts
        let done = params.and_then(|params| {
            let request = context.client.request(SERVICE, "AbortMultipartUpload");
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

/// Returns the error for the response to a part that has no ETag.
pub(super) fn no_etag(object: &ObjectRef, number: u32) -> Error {
    let what = format!(
        "the response to part {number} has no ETag, so it does not prove that the part is stored"
    );
    TransferError::response(&object.url(), what)
}

fn was_retried(error: &Error) -> bool {
    error.code() == Some("NoSuchUpload") && error.attempts() > 1
}

impl Done {
    fn len(&self) -> u64 {
        let lens = self.parts.values().map(|part| part.len);
        lens.fold(0, u64::saturating_add)
    }

    /// Whether the service reported the checksum of a part.
    fn has_reported(&self) -> bool {
        let mut checksums = self
            .parts
            .values()
            .filter_map(|part| part.checksum.as_ref());
        checksums.any(|checksum| checksum.is_reported)
    }

    /// Combines the checksums of the parts to that of the object, if possible.
    fn whole(&self, algorithm: ChecksumAlgorithm) -> Option<String> {
        let parts = self.parts.values();
        algorithm.combined(parts.map(|part| Some((part.checksum()?, part.len))))
    }

    /// Verifies the reported checksum of the object against those of the parts.
    fn verify(&self, args: &Args, response: &Value, object: &ObjectRef) -> Result<()> {
        let Some(algorithm) = args.algorithm() else {
            return Ok(());
        };
        let Some(actual) = response[algorithm.member()].as_str() else {
            return Ok(());
        };
        let parts: Option<Vec<&str>> = self.parts.values().map(|part| part.checksum()).collect();
        let expected = match actual.contains('-') {
            true => parts.and_then(|parts| algorithm.composite(parts.into_iter())),
            // some servers do not mark composite checksums
            false => self
                .whole(algorithm)
                .filter(|_| response["ChecksumType"] == "FULL_OBJECT"),
        };
        match expected {
            Some(expected) if expected != actual => Err(TransferError::Mismatch {
                object: object.url(),
                range: None,
                algorithm,
                expected,
                actual: actual.to_owned(),
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Returns the stored object, if it consists of these parts and is not an earlier one with as many parts.
    fn find(&self, context: &Context, object: &ObjectRef, args: &Args) -> Option<Value> {
        let own = object.params(json!({"ChecksumMode": "ENABLED"}));
        let params = args.params(&context.client, "HeadObject", own).ok()?;
        let response = context.call("HeadObject", params).ok()?;
        let end = format!("-{}", self.parts.len());
        let etag = opaque(response["ETag"].as_str()?);
        let is_alike =
            etag.ends_with(&end) && response["ContentLength"].as_u64() == Some(self.len());
        let has_checksum = |algorithm: ChecksumAlgorithm| {
            !self.has_reported() || response[algorithm.member()].is_string()
        };
        let is_it = is_alike
            && args.algorithm().is_none_or(has_checksum)
            && self.verify(args, &response, object).is_ok();
        is_it.then_some(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_is_verified_by_checksum_or_etag() {
        const MD5: &str = "5d41402abc4b2a76b9719d911017c592";
        let crc = ChecksumAlgorithm::Crc32.checksum(b"hello");
        let upper = MD5.to_uppercase();
        let with = Args::check(
            super::super::args::Action::Upload,
            json!({"ChecksumAlgorithm": "CRC32"}),
        )
        .unwrap();
        let (body, without) = (Body::from("hello"), Args::default());
        for (response, len, args, is_verified) in [
            (
                json!({"ETag": "\"e\"", "ChecksumCRC32": crc}),
                5,
                &with,
                true,
            ),
            (
                json!({"ETag": "\"e\"", "ChecksumCRC32": crc}),
                4,
                &with,
                false,
            ),
            (
                json!({"ETag": "\"e\"", "ChecksumCRC32": "AAAAAA=="}),
                5,
                &with,
                false,
            ),
            // the ETag matches and the checksum does not
            (
                json!({"ETag": MD5, "ChecksumCRC32": "AAAAAA=="}),
                5,
                &with,
                false,
            ),
            (json!({"ETag": MD5, "ChecksumSHA1": "x"}), 5, &with, true),
            (json!({"ETag": MD5}), 5, &with, true),
            (json!({"ETag": format!("\"{MD5}\"")}), 5, &with, true),
            (json!({"ETag": format!("W/\"{MD5}\"")}), 5, &with, true),
            (json!({"ETag": upper}), 5, &with, true),
            (json!({"ETag": format!("{MD5}-1")}), 5, &with, false),
            (json!({"ETag": "kms"}), 5, &with, false),
            (json!({"ETag": MD5}), 5, &without, true),
            (
                json!({"ETag": MD5, "ChecksumCRC32": "AAAAAA=="}),
                5,
                &without,
                true,
            ),
            (json!({"ETag": MD5}), u64::MAX, &without, false),
        ] {
            let part = PartDone::from_response(&response, args)
                .unwrap()
                .with_len(len);
            let verified = part.verified(&body, args);
            assert_eq!(verified.is_some(), is_verified, "{response} of {len}");
            if let (Some(verified), true) = (&verified, args.algorithm().is_some()) {
                assert_eq!(verified.checksum(), Some(&*crc), "{response}");
            }
        }
        for response in [json!({}), json!({"ETag": ""}), json!({"ETag": "\"\""})] {
            assert!(PartDone::from_response(&response, &with).is_none());
        }
    }
}
