//! Objects as the service reports them.

use std::ops::Range;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::args::Args;
use super::context::Context;
use super::error::TransferError;
use super::object_ref::ObjectRef;
use crate::checksum::ChecksumAlgorithm;
use crate::error::Result;
use crate::settings::ResponseChecksums;
use crate::time::Timestamp;

/// An object.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    pub(super) len: u64,
    pub(super) etag: Option<Box<str>>,
    pub(super) version_id: Option<Box<str>>,
    pub(super) modified: Option<SystemTime>,
    /// Whether it must be restored before it can be read.
    pub(super) is_archived: bool,
    /// The checksum of the whole object, or a composite one.
    pub(super) checksum: Option<(ChecksumAlgorithm, Box<str>)>,
    pub(super) response: Value,
}

/// How an object is divided for its download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Into the uploaded parts.
    Parts {
        count: u32,
        /// The size of the first one.
        first: u64,
    },
    /// Into ranges of this size.
    Ranges(u64),
}

impl Cut {
    /// Returns the entry in journals, which later versions of this crate also read.
    pub(super) fn journaled(self) -> Value {
        match self {
            Self::Parts { count, first } => json!({"parts": count, "first": first}),
            Self::Ranges(len) => json!({"range": len}),
        }
    }
}

impl Object {
    /// Requests the object's metadata.
    ///
    /// # Errors
    ///
    /// Returns an error if the object does not exist or the response has no length.
    pub(super) fn look_at(context: &Context, object: &ObjectRef, args: &Args) -> Result<Self> {
        let response = head(context, object, args, json!({}))?;
        Self::from_response(object, &response)
    }

    pub(super) fn from_response(object: &ObjectRef, response: &Value) -> Result<Self> {
        // the Content-Length of a range is not that of the object
        let range = response["ContentRange"].as_str();
        let len = match range {
            Some(range) => content_range(range).and_then(|(_, len)| len),
            None => response["ContentLength"].as_u64(),
        };
        let Some(len) = len else {
            return Err(TransferError::response(
                &object.url(),
                "the response does not have the length of the object",
            ));
        };
        let text = |member: &str| response[member].as_str();
        let mut algorithms = ChecksumAlgorithm::ALL.iter();
        Ok(Self {
            len,
            etag: text("ETag").map(Into::into),
            version_id: text("VersionId").map(Into::into),
            modified: time(&response["LastModified"]),
            is_archived: is_archived(response),
            checksum: algorithms.find_map(|algorithm| {
                let checksum = text(&algorithm.member())?;
                Some((*algorithm, checksum.into()))
            }),
            response: response.clone(),
        })
    }

    /// Whether a response for the whole object may have this length: that of this object, or any if the object was replaced.
    pub(super) fn may_have_len(&self, len: u64, response: &Value) -> bool {
        let is_replaced = match (&self.etag, response["ETag"].as_str()) {
            (Some(known), Some(etag)) => opaque(known) != opaque(etag),
            (Some(_), None) => false,
            (None, _) => true,
        };
        is_replaced || len == self.len
    }

    /// Verifies that a response is of this object, in case the service ignored the condition of the request.
    ///
    /// # Errors
    ///
    /// Returns an error if the response is of another object or does not identify it.
    pub(super) fn check_same(&self, object: &ObjectRef, response: &Value) -> Result<()> {
        let text = |member: &str| response[member].as_str();
        let wrong = |what: String| Err(TransferError::response(&object.url(), what));
        match (&self.etag, text("ETag")) {
            (Some(known), Some(etag)) if opaque(known) == opaque(etag) => {}
            (Some(known), Some(_)) => {
                let (object, etag) = (object.url(), known.to_string());
                return Err(TransferError::ObjectChanged { object, etag }.into());
            }
            (Some(known), None) => {
                return wrong(format!(
                    "the response has no ETag, so its bytes may not be those of {known}"
                ));
            }
            (None, _) => {
                let (known, now) = (self.modified, time(&response["LastModified"]));
                if known.is_some() && now.is_some() && known != now {
                    return wrong("the object was modified meanwhile; start again".to_owned());
                }
            }
        }
        match (&self.version_id, text("VersionId")) {
            (Some(known), Some(version)) if **known != *version => wrong(format!(
                "the response is of version {version}, but the first one was of {known}: the object was replaced meanwhile; start again"
            )),
            _ => Ok(()),
        }
    }

    /// Creates an object from the entry of a listing.
    pub(super) fn from_listing(entry: &Value) -> Option<Self> {
        Some(Self {
            len: entry["Size"].as_u64()?,
            etag: entry["ETag"].as_str().map(Into::into),
            modified: time(&entry["LastModified"]),
            is_archived: is_archived(entry),
            ..Self::default()
        })
    }

    /// Returns the checksum of the whole object. Some servers do not mark composite checksums, so that of an object with several
    /// parts counts only if it is marked as `FULL_OBJECT`.
    pub(super) fn whole_checksum(&self) -> Option<(ChecksumAlgorithm, &str)> {
        let (algorithm, checksum) = self.checksum.as_ref()?;
        let in_parts = self.etag.as_ref().is_some_and(|etag| etag.contains('-'));
        let is_whole = self.response["ChecksumType"] == "FULL_OBJECT" || !in_parts;
        (is_whole && !checksum.contains('-')).then_some((*algorithm, checksum))
    }

    /// Returns the composite checksum and the number of parts.
    pub(super) fn composite_checksum(&self) -> Option<(ChecksumAlgorithm, &str, u32)> {
        let (algorithm, checksum) = self.checksum.as_ref()?;
        let (_, count) = checksum.rsplit_once('-')?;
        Some((*algorithm, checksum, count.parse().ok()?))
    }

    /// Divides the object into the uploaded parts if it has a composite checksum, the service supports parts, and they have at
    /// most `max` bytes. Otherwise it is divided into ranges.
    ///
    /// # Errors
    ///
    /// Returns an error if the request for the first part fails.
    pub(super) fn cut(
        &self,
        context: &Context,
        object: &ObjectRef,
        args: &Args,
        max: Option<u64>,
    ) -> Result<Cut> {
        let ranges = Cut::Ranges(context.config.part_size);
        let Some((_, _, count)) = self.composite_checksum() else {
            return Ok(ranges);
        };
        let first = self.first_part(context, object, args)?;
        Ok(match first {
            Some(first) if max.is_none_or(|max| first <= max) => Cut::Parts { count, first },
            _ => ranges,
        })
    }

    /// Returns the size of the first uploaded part, if the response proves that the service supports parts.
    ///
    /// # Errors
    ///
    /// Returns an error if the request fails.
    pub(super) fn first_part(
        &self,
        context: &Context,
        object: &ObjectRef,
        args: &Args,
    ) -> Result<Option<u64>> {
        let mut own = json!({"PartNumber": 1});
        if let Some(etag) = &self.etag {
            own["IfMatch"] = (**etag).into();
        }
        let response = head(context, object, args, own)?;
        let is_same = self.check_same(object, &response).is_ok();
        Ok(self.first_part_in(&response).filter(|_| is_same))
    }

    fn first_part_in(&self, response: &Value) -> Option<u64> {
        let (_, _, count) = self.composite_checksum()?;
        let (range, len) = content_range(response["ContentRange"].as_str()?)?;
        let is_proven = response["PartsCount"].as_u64() == Some(count.into())
            && range.start == 0
            && len == Some(self.len)
            && response["ContentLength"].as_u64() == Some(range.end);
        is_proven.then_some(range.end)
    }
}

/// Parses a Content-Range such as `bytes 0-9/100`: the range, and the length of the object if it is known.
pub(super) fn content_range(text: &str) -> Option<(Range<u64>, Option<u64>)> {
    let (unit, rest) = text.trim().split_once(' ')?;
    let (range, len) = rest.trim().split_once('/')?;
    let (start, last) = range.split_once('-')?;
    let number = |text: &str| {
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().ok()).flatten()
    };
    let len = match len {
        "*" => None,
        len => Some(number(len)?),
    };
    let range = number(start)?..number(last)?.checked_add(1)?;
    let is_sound = unit.eq_ignore_ascii_case("bytes")
        && !range.is_empty()
        && len.is_none_or(|len| range.end <= len);
    is_sound.then_some((range, len))
}

/// Returns an ETag without `W/` and quotes.
pub(super) fn opaque(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
}

fn head(context: &Context, object: &ObjectRef, args: &Args, own: Value) -> Result<Value> {
    let own = object.params(own);
    let mut params = args.params(&context.client, "HeadObject", own)?;
    if context.client.config().response_checksums() == ResponseChecksums::WhenSupported
        && params.get("ChecksumMode").is_none()
    {
        params["ChecksumMode"] = "ENABLED".into();
    }
    context.call("HeadObject", params)
}

/// Whether an object is in an archive. `Restore` reports that there is a copy for the time being.
fn is_archived(entry: &Value) -> bool {
    let class = entry["StorageClass"].as_str();
    let is_restored = |restore: &str| restore.contains(r#"ongoing-request="false""#);
    matches!(class, Some("DEEP_ARCHIVE" | "GLACIER"))
        && !entry["Restore"].as_str().is_some_and(is_restored)
}

pub(super) fn time(value: &Value) -> Option<SystemTime> {
    Timestamp::parse(value.as_str()?).ok()?.system_time()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_has_the_length_of_the_whole_object() {
        let object_ref = ObjectRef::new("b", "k");
        for (response, len) in [
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
            let object = Object::from_response(&object_ref, &response);
            assert_eq!(object.ok().map(|object| object.len), len, "{response}");
        }
    }

    #[test]
    fn length_is_known_unless_the_object_was_replaced() {
        let object_ref = ObjectRef::new("b", "k");
        let (with, without) = (json!({"ETag": "\"e\""}), json!({}));
        for (known, response, len, expected) in [
            (&with, &with, 7, true),
            (&with, &with, 6, false),
            (&with, &without, 6, false),
            (&with, &json!({"ETag": "\"f\""}), 6, true),
            (&without, &with, 6, true),
        ] {
            let mut known = known.clone();
            known["ContentLength"] = 7.into();
            let object = Object::from_response(&object_ref, &known).unwrap();
            let may = object.may_have_len(len, response);
            assert_eq!(may, expected, "{known} {response} {len}");
        }
    }

    #[test]
    fn ranges_are_parsed_strictly() {
        for (text, range, len) in [
            ("bytes 0-9/100", 0..10, Some(100)),
            ("bytes 99-99/100", 99..100, Some(100)),
            ("bytes 0-9/*", 0..10, None),
            ("Bytes 0-0/1", 0..1, Some(1)),
        ] {
            assert_eq!(content_range(text), Some((range, len)), "{text}");
        }
        for text in [
            "",
            "bytes",
            "bytes 0-9",
            "bytes 9-0/100",
            "bytes 0-9/9",
            "bytes */100",
            "bytes=0-9/100",
            "items 0-9/100",
            "0-9/100",
            "bytes +0-9/100",
            "bytes 0-9/x",
            "bytes -1-9/100",
            "bytes 0-18446744073709551615/1",
            "bytes 0-18446744073709551616/*",
        ] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }

    #[test]
    fn first_part_must_prove_its_range() {
        let object = Object {
            len: 100,
            checksum: Some((ChecksumAlgorithm::Crc32, "AAAA-4".into())),
            ..Object::default()
        };
        let right = json!({"PartsCount": 4, "ContentRange": "bytes 0-29/100", "ContentLength": 30});
        assert_eq!(object.first_part_in(&right), Some(30));
        for (member, wrong) in [
            ("PartsCount", json!(null)),
            ("PartsCount", json!(3)),
            ("ContentRange", json!(null)),
            ("ContentRange", json!("bytes 0-29/*")),
            ("ContentRange", json!("bytes 0-29/99")),
            ("ContentRange", json!("bytes 1-30/100")),
            ("ContentRange", json!("items 0-29/100")),
            ("ContentLength", json!(null)),
            ("ContentLength", json!(100)),
        ] {
            let mut response = right.clone();
            response[member] = wrong;
            assert_eq!(object.first_part_in(&response), None, "{response}");
        }
    }

    #[test]
    fn every_response_is_compared_with_the_first() {
        let object_ref = ObjectRef::new("b", "k");
        let of = |mut response: Value| {
            response["ContentLength"] = 1.into();
            Object::from_response(&object_ref, &response).unwrap()
        };
        let first =
            json!({"ETag": "\"e\"", "VersionId": "1", "LastModified": "2020-01-01T00:00:00Z"});
        let plain = json!({"LastModified": "2020-01-01T00:00:00Z"});
        for (first, response, is_same) in [
            (&first, json!({"ETag": "\"e\"", "VersionId": "1"}), true),
            (&first, json!({"ETag": "e"}), true),
            (&first, json!({"ETag": "\"f\"", "VersionId": "1"}), false),
            (&first, json!({"ETag": "\"e\"", "VersionId": "2"}), false),
            (&first, json!({}), false),
            (&plain, json!({}), true),
            (&plain, plain.clone(), true),
            (
                &plain,
                json!({"LastModified": "2020-01-01T00:00:01Z"}),
                false,
            ),
        ] {
            let checked = of(first.clone()).check_same(&object_ref, &response);
            assert_eq!(checked.is_ok(), is_same, "{first} {response}");
        }
    }

    #[test]
    fn checksums_are_whole_or_composite() {
        let object_ref = ObjectRef::new("b", "k");
        let of = |response: Value| Object::from_response(&object_ref, &response).unwrap();
        let whole = of(json!({"ContentLength": 1, "ChecksumCRC32": "AAAAAA=="}));
        assert_eq!(
            whole.whole_checksum(),
            Some((ChecksumAlgorithm::Crc32, "AAAAAA=="))
        );
        assert_eq!(whole.composite_checksum(), None);
        let unmarked =
            of(json!({"ContentLength": 1, "ChecksumCRC32": "AAAAAA==", "ETag": "\"e-2\""}));
        assert_eq!(unmarked.whole_checksum(), None);
        let composite = of(json!({"ContentLength": 1, "ChecksumSHA256": "AAAA-12"}));
        assert_eq!(composite.whole_checksum(), None);
        assert_eq!(
            composite.composite_checksum(),
            Some((ChecksumAlgorithm::Sha256, "AAAA-12", 12))
        );
    }

    #[test]
    fn cut_is_written_to_journals() {
        let parts = Cut::Parts { count: 3, first: 8 };
        assert_eq!(parts.journaled(), json!({"parts": 3, "first": 8}));
        assert_eq!(Cut::Ranges(8).journaled(), json!({"range": 8}));
    }
}
