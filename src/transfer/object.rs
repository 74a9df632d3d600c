//! What is stored, as the service tells of it.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::args::Args;
use super::error::TransferError;
use super::{Context, Place};
use crate::checksum::ChecksumAlgorithm;
use crate::config::ResponseChecksums;
use crate::error::Result;
use crate::time::Timestamp;

/// An object.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    pub(super) len: u64,
    pub(super) etag: Option<Box<str>>,
    pub(super) version_id: Option<Box<str>>,
    pub(super) modified: Option<SystemTime>,
    /// Of all of it, or of the checksums of its parts.
    pub(super) checksum: Option<(ChecksumAlgorithm, Box<str>)>,
    /// Everything that was answered.
    pub(super) answer: Value,
}

/// How an object is cut to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// As it was uploaded: so many parts.
    Parts(u32),
    /// In ranges of this length.
    Ranges(u64),
}

impl Object {
    /// Asks for what is stored.
    ///
    /// # Errors
    ///
    /// There is no such object, or it has no length.
    pub(super) fn look_at(context: &Context, place: &Place, args: &Args) -> Result<Self> {
        let answer = head(context, place, args, json!({}))?;
        Self::of_answer(place, &answer)
    }

    pub(super) fn of_answer(place: &Place, answer: &Value) -> Result<Self> {
        // of a range, the whole's length stands behind its bytes
        let range = answer["ContentRange"].as_str();
        let len = match range {
            Some(range) => range.rsplit('/').next().and_then(|len| len.parse().ok()),
            None => answer["ContentLength"].as_u64(),
        };
        let Some(len) = len else {
            return Err(TransferError::answer(
                &place.url(),
                "the answer does not say how long the object is",
            ));
        };
        let text = |member: &str| answer[member].as_str();
        let mut algorithms = ChecksumAlgorithm::ALL.iter();
        Ok(Self {
            len,
            etag: text("ETag").map(Into::into),
            version_id: text("VersionId").map(Into::into),
            modified: time(&answer["LastModified"]),
            checksum: algorithms.find_map(|algorithm| {
                let checksum = text(&algorithm.member())?;
                Some((*algorithm, checksum.into()))
            }),
            answer: answer.clone(),
        })
    }

    /// As a listing tells of it.
    pub(super) fn of_listing(entry: &Value) -> Option<Self> {
        Some(Self {
            len: entry["Size"].as_u64()?,
            etag: entry["ETag"].as_str().map(Into::into),
            modified: time(&entry["LastModified"]),
            ..Self::default()
        })
    }

    /// The checksum of all its bytes. There are servers that give one of the parts' without saying so: that of an object which
    /// was uploaded in parts must be said to be of the whole.
    pub(super) fn whole_checksum(&self) -> Option<(ChecksumAlgorithm, &str)> {
        let (algorithm, checksum) = self.checksum.as_ref()?;
        let in_parts = self.etag.as_ref().is_some_and(|etag| etag.contains('-'));
        let is_whole = self.answer["ChecksumType"] == "FULL_OBJECT" || !in_parts;
        (is_whole && !checksum.contains('-')).then_some((*algorithm, checksum))
    }

    /// The checksum of those of its parts, and how many these are.
    pub(super) fn composite_checksum(&self) -> Option<(ChecksumAlgorithm, &str, u32)> {
        let (algorithm, checksum) = self.checksum.as_ref()?;
        let (_, count) = checksum.rsplit_once('-')?;
        Some((*algorithm, checksum, count.parse().ok()?))
    }

    /// By its parts, if its checksum is made of theirs and the service gives them; each of no more than `most` bytes.
    ///
    /// # Errors
    ///
    /// It cannot be asked.
    pub(super) fn cut(
        &self,
        context: &Context,
        place: &Place,
        args: &Args,
        most: Option<u64>,
    ) -> Result<Cut> {
        let ranges = Cut::Ranges(context.config.part_size);
        let Some((_, _, count)) = self.composite_checksum() else {
            return Ok(ranges);
        };
        let first = self.first_part(context, place, args)?;
        Ok(match first {
            Some(len) if most.is_none_or(|most| len <= most) => Cut::Parts(count),
            _ => ranges,
        })
    }

    /// How long the first part is that was uploaded, if the service gives parts.
    ///
    /// # Errors
    ///
    /// It cannot be asked.
    pub(super) fn first_part(
        &self,
        context: &Context,
        place: &Place,
        args: &Args,
    ) -> Result<Option<u64>> {
        let mut own = json!({"PartNumber": 1});
        if let Some(etag) = &self.etag {
            own["IfMatch"] = (**etag).into();
        }
        let first = head(context, place, args, own)?;
        let count = self.composite_checksum().map(|(_, _, count)| count.into());
        let is_part = count.is_some() && first["PartsCount"].as_u64() == count;
        Ok(first["ContentLength"].as_u64().filter(|_| is_part))
    }
}

fn head(context: &Context, place: &Place, args: &Args, own: Value) -> Result<Value> {
    let mut params = args.of(&context.client, "HeadObject", place.params(own))?;
    if context.client.config().response_checksums() == ResponseChecksums::WhenSupported
        && params.get("ChecksumMode").is_none()
    {
        params["ChecksumMode"] = "ENABLED".into();
    }
    context.call("HeadObject", params)
}

pub(super) fn time(value: &Value) -> Option<SystemTime> {
    Timestamp::parse(value.as_str()?).ok()?.system_time()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_of_the_whole_object() {
        let place = Place::new("b", "k");
        for (answer, len) in [
            (json!({"ContentLength": 7}), Some(7)),
            (
                json!({"ContentLength": 7, "ContentRange": "bytes 0-6/700"}),
                Some(700),
            ),
            (
                json!({"ContentLength": 7, "ContentRange": "bytes 0-6/*"}),
                None,
            ),
            (json!({}), None),
        ] {
            let object = Object::of_answer(&place, &answer);
            assert_eq!(object.ok().map(|object| object.len), len, "{answer}");
        }
    }

    #[test]
    fn checksums_are_of_the_whole_or_of_parts() {
        let place = Place::new("b", "k");
        let of = |answer: Value| Object::of_answer(&place, &answer).unwrap();
        let whole = of(json!({"ContentLength": 1, "ChecksumCRC32": "AAAAAA=="}));
        assert_eq!(
            whole.whole_checksum(),
            Some((ChecksumAlgorithm::Crc32, "AAAAAA=="))
        );
        assert_eq!(whole.composite_checksum(), None);
        let unsaid =
            of(json!({"ContentLength": 1, "ChecksumCRC32": "AAAAAA==", "ETag": "\"e-2\""}));
        assert_eq!(unsaid.whole_checksum(), None);
        let composite = of(json!({"ContentLength": 1, "ChecksumSHA256": "AAAA-12"}));
        assert_eq!(composite.whole_checksum(), None);
        assert_eq!(
            composite.composite_checksum(),
            Some((ChecksumAlgorithm::Sha256, "AAAA-12", 12))
        );
    }
}
