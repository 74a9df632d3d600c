//! What is stored, as the service tells of it.

use std::ops::Range;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::args::Args;
use super::error::TransferError;
use super::{Context, Place};
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
    /// Of all of it, or of the checksums of its parts.
    pub(super) checksum: Option<(ChecksumAlgorithm, Box<str>)>,
    /// Everything that was answered.
    pub(super) answer: Value,
}

/// How an object is cut to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// As it was uploaded: so many parts.
    Parts {
        count: u32,
        /// How long the first is.
        first: u64,
    },
    /// In ranges of this length.
    Ranges(u64),
}

impl Cut {
    /// The entry of a journal, which later versions of this crate read too.
    pub(super) fn journaled(self) -> Value {
        match self {
            Self::Parts { count, first } => json!({"parts": count, "first": first}),
            Self::Ranges(len) => json!({"range": len}),
        }
    }
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
            Some(range) => content_range(range).and_then(|(_, len)| len),
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

    /// Holds a response against the first, where the service may not have heeded that this very object is wanted.
    ///
    /// # Errors
    ///
    /// The response is of another object, or does not say of which.
    pub(super) fn check_same(&self, place: &Place, response: &Value) -> Result<()> {
        let text = |member: &str| response[member].as_str();
        let wrong = |what: String| Err(TransferError::answer(&place.url(), what));
        match (&self.etag, text("ETag")) {
            (Some(known), Some(etag)) if opaque(known) == opaque(etag) => {}
            (Some(known), Some(_)) => {
                let (object, etag) = (place.url().into(), known.clone());
                return Err(TransferError::ObjectChanged { object, etag }.into());
            }
            (Some(known), None) => {
                return wrong(format!(
                    "the response has no ETag, so it is not known whether its bytes are those of {known}"
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
                "the response is of the version {version}, and the first was of {known}: the object was replaced meanwhile; start again"
            )),
            _ => Ok(()),
        }
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
            Some(first) if most.is_none_or(|most| first <= most) => Cut::Parts { count, first },
            _ => ranges,
        })
    }

    /// How long the first part is that was uploaded, if the response proves that the service gives parts.
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
        let response = head(context, place, args, own)?;
        let is_same = self.check_same(place, &response).is_ok();
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

/// `bytes 0-9/100`: the bytes, and how many the object has, if that is known.
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

/// What an ETag has between its quotes.
pub(super) fn opaque(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
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
    fn ranges_are_read_strictly() {
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
    fn parts_are_believed_if_the_first_proves_them() {
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
    fn every_response_is_held_against_the_first() {
        let place = Place::new("b", "k");
        let of = |mut response: Value| {
            response["ContentLength"] = 1.into();
            Object::of_answer(&place, &response).unwrap()
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
            let checked = of(first.clone()).check_same(&place, &response);
            assert_eq!(checked.is_ok(), is_same, "{first} {response}");
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

    #[test]
    fn a_cut_is_written_to_journals_in_words_of_its_own() {
        let parts = Cut::Parts { count: 3, first: 8 };
        assert_eq!(parts.journaled(), json!({"parts": 3, "first": 8}));
        assert_eq!(Cut::Ranges(8).journaled(), json!({"range": 8}));
    }
}
