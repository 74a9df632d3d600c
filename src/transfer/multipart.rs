//! Uploads in parts, as uploads and copies make them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::args::Args;
use super::error::TransferError;
use super::object::opaque;
use super::report::Outcome;
use super::{Context, Place};
use crate::body::Body;
use crate::checksum::ChecksumAlgorithm;
use crate::error::{Error, Result};
use crate::sync;

/// An upload that was created and is not complete.
#[derive(Debug)]
pub(super) struct Multipart {
    pub(super) id: Box<str>,
    /// Whether the service said when it was created that its parts have checksums.
    pub(super) has_checksums: bool,
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
    checksum: Option<Checksum>,
}

#[derive(Clone, Debug)]
struct Checksum {
    value: Box<str>,
    /// The service's; else it was computed from the file.
    is_theirs: bool,
}

impl PartDone {
    /// As a response tells of it; of no bytes so far. None if it has no ETag, without which it cannot be a part of an object.
    pub(super) fn of_response(response: &Value, args: &Args) -> Option<Self> {
        let text = |member: &str| response[member].as_str().map(Box::<str>::from);
        let member = args.algorithm().map(ChecksumAlgorithm::member);
        Some(Self {
            etag: text("ETag").filter(|etag| !etag.trim_matches('"').is_empty())?,
            len: 0,
            checksum: member
                .and_then(|member| text(&member))
                .map(|value| Checksum {
                    value,
                    is_theirs: true,
                }),
        })
    }

    pub(super) fn of_len(self, len: u64) -> Self {
        Self { len, ..self }
    }

    /// It, if it is of these bytes: by its checksum, or else by its ETag where that is their MD5. A part of which the service
    /// tells no checksum gets that of the bytes, so that the upload is completed with one for each part.
    pub(super) fn proven(&self, body: &Body, args: &Args) -> Option<Self> {
        if body.len() != Some(self.len) {
            return None;
        }
        let hashed = |algorithm: ChecksumAlgorithm| {
            let mut hasher = algorithm.hasher();
            hasher.read_body(body).ok().map(|()| hasher)
        };
        if let (Some(theirs), Some(algorithm)) = (&self.checksum, args.algorithm()) {
            let own = hashed(algorithm)?.finish();
            return (*own == *theirs.value).then(|| self.clone());
        }
        let md5 = hashed(ChecksumAlgorithm::Md5)?.finish_hex();
        // of a part that is encrypted with a key of the service or of the customer it is not the MD5
        if !md5.eq_ignore_ascii_case(opaque(&self.etag)) {
            return None;
        }
        let checksum = match args.algorithm() {
            Some(algorithm) => Some(Checksum {
                value: hashed(algorithm)?.finish().into(),
                is_theirs: false,
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
    pub(super) fn known(id: &str) -> Self {
        Self {
            id: id.into(),
            has_checksums: false,
            parts: Mutex::default(),
        }
    }

    pub(super) fn create(context: &Context, place: &Place, args: &Args) -> Result<Self> {
        let params = args.of(
            &context.client,
            "CreateMultipartUpload",
            place.params(json!({})),
        )?;
        let response = context.call("CreateMultipartUpload", params)?;
        match response["UploadId"].as_str() {
            Some(id) if !id.is_empty() => Ok(Self {
                has_checksums: response["ChecksumAlgorithm"].is_string(),
                ..Self::known(id)
            }),
            _ => Err(TransferError::answer(
                &place.url(),
                "the upload that was created has no id",
            )),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Done> {
        sync::lock(&self.parts)
    }

    pub(super) fn done(&self, number: u32, part: PartDone) {
        self.lock().parts.insert(number, part);
    }

    /// A part of an earlier try.
    pub(super) fn found(&self, number: u32, part: PartDone) {
        let mut done = self.lock();
        done.resumed_bytes = done.resumed_bytes.saturating_add(part.len);
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
        // a service that tells none of the checksums may not take them either
        let algorithm = args
            .algorithm()
            .filter(|_| self.has_checksums || done.has_theirs());
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
        if !answer["ETag"].is_string() {
            let what = "the response to CompleteMultipartUpload has no ETag, so it does not prove that the object is stored";
            return Err(TransferError::answer(&place.url(), what));
        }
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

/// A response to a part that cannot be one of an object.
pub(super) fn no_etag(place: &Place, number: u32) -> Error {
    let what = format!(
        "the response to part {number} has no ETag, so it does not prove that the part is stored"
    );
    TransferError::answer(&place.url(), what)
}

fn was_repeated(error: &Error) -> bool {
    error.code() == Some("NoSuchUpload") && error.attempts() > 1
}

impl Done {
    fn len(&self) -> u64 {
        let lens = self.parts.values().map(|part| part.len);
        lens.fold(0, u64::saturating_add)
    }

    /// Whether the service told the checksum of a part.
    fn has_theirs(&self) -> bool {
        let mut checksums = self
            .parts
            .values()
            .filter_map(|part| part.checksum.as_ref());
        checksums.any(|checksum| checksum.is_theirs)
    }

    /// The checksum of the object, where those of its parts make it.
    fn whole(&self, algorithm: ChecksumAlgorithm) -> Option<String> {
        let parts = self.parts.values();
        algorithm.combined(parts.map(|part| Some((part.checksum()?, part.len))))
    }

    /// Holds the service's checksum of the object against those of the parts.
    fn check(&self, args: &Args, answer: &Value, place: &Place) -> Result<()> {
        let Some(algorithm) = args.algorithm() else {
            return Ok(());
        };
        let Some(theirs) = answer[algorithm.member()].as_str() else {
            return Ok(());
        };
        let parts: Option<Vec<&str>> = self.parts.values().map(|part| part.checksum()).collect();
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
        let etag = opaque(answer["ETag"].as_str()?);
        let is_alike = etag.ends_with(&end) && answer["ContentLength"].as_u64() == Some(self.len());
        let has_checksum = |algorithm: ChecksumAlgorithm| {
            !self.has_theirs() || answer[algorithm.member()].is_string()
        };
        let is_it = is_alike
            && args.algorithm().is_none_or(has_checksum)
            && self.check(args, &answer, place).is_ok();
        is_it.then_some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_proven_by_what_the_service_tells_of_it() {
        const MD5: &str = "5d41402abc4b2a76b9719d911017c592";
        let crc = ChecksumAlgorithm::Crc32.checksum(b"hello");
        let upper = MD5.to_uppercase();
        let with = Args::check(
            super::super::args::Action::Upload,
            json!({"ChecksumAlgorithm": "CRC32"}),
        )
        .unwrap();
        let (body, without) = (Body::from("hello"), Args::default());
        for (response, len, args, is_proven) in [
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
            // what is right by its ETag has a wrong checksum
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
            let part = PartDone::of_response(&response, args).unwrap().of_len(len);
            let proven = part.proven(&body, args);
            assert_eq!(proven.is_some(), is_proven, "{response} of {len}");
            if let (Some(proven), true) = (&proven, args.algorithm().is_some()) {
                assert_eq!(proven.checksum(), Some(&*crc), "{response}");
            }
        }
        for response in [json!({}), json!({"ETag": ""}), json!({"ETag": "\"\""})] {
            assert!(PartDone::of_response(&response, &with).is_none());
        }
    }
}
