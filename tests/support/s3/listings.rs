//! Paginated listings of objects, parts and uploads.

use std::collections::BTreeMap;
use std::ops::Bound;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::checksums::{Algorithm, with_sums};
use super::store::{Bucket, Object, Upload};

struct Page<'a> {
    objects: Vec<(&'a String, &'a Object)>,
    prefixes: Vec<String>,
    /// The last key or prefix of the page.
    last: Option<String>,
    is_truncated: bool,
}

/// Lists at most `max` keys after `after`. Keys with the delimiter after the prefix are grouped.
fn page<'a>(
    objects: &'a BTreeMap<String, Object>,
    prefix: &str,
    delimiter: Option<&str>,
    after: Option<&str>,
    most: usize,
) -> Page<'a> {
    let mut page = Page {
        objects: Vec::new(),
        prefixes: Vec::new(),
        last: None,
        is_truncated: false,
    };
    let from = match after {
        Some(after) if after >= prefix => Bound::Excluded(after),
        _ => Bound::Included(prefix),
    };
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty());
    let common = |key: &str| {
        let rest = key.strip_prefix(prefix)?;
        let end = rest.find(delimiter?)? + delimiter?.len();
        Some(key[..prefix.len() + end].to_owned())
    };
    // the group was on an earlier page
    let mut passed = after.and_then(|after| common(after).filter(|common| common == after));
    let range = objects.range::<str, _>((from, Bound::Unbounded));
    for (key, object) in range.take_while(|(key, _)| key.starts_with(prefix)) {
        if passed
            .as_ref()
            .is_some_and(|passed| key.starts_with(passed))
        {
            continue;
        }
        if page.objects.len() + page.prefixes.len() == most {
            page.is_truncated = most > 0;
            break;
        }
        passed = common(key);
        match &passed {
            Some(common) => page.prefixes.push(common.clone()),
            None => page.objects.push((key, object)),
        }
        page.last = Some(passed.clone().unwrap_or_else(|| key.clone()));
    }
    page
}

/// Encodes a key as `encoding-type=url` requires.
struct Encoding(bool);

impl Encoding {
    fn new(kind: Option<&EncodingType>) -> S3Result<Self> {
        match kind.map(|kind| kind.as_str()) {
            None => Ok(Self(false)),
            Some(EncodingType::URL) => Ok(Self(true)),
            Some(_) => Err(s3_error!(InvalidArgument, "no such encoding type")),
        }
    }

    fn of(&self, text: &str) -> String {
        if !self.0 {
            return text.to_owned();
        }
        let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        encoded.replace("%2F", "/")
    }

    fn opt(&self, text: Option<&String>) -> Option<String> {
        text.map(|text| self.of(text))
    }
}

fn contents(page: &Page<'_>, encoding: &Encoding, with_owner: bool) -> Vec<s3s::dto::Object> {
    let entry = |(key, object): &(&String, &Object)| {
        let algorithm = Algorithm::in_use(&object.sums);
        s3s::dto::Object {
            checksum_algorithm: algorithm
                .map(|algorithm| vec![ChecksumAlgorithm::from_static(algorithm.name())]),
            checksum_type: object.sums.checksum_type.clone(),
            e_tag: Some(object.e_tag()),
            key: Some(encoding.of(key)),
            last_modified: Some(object.modified.clone()),
            owner: with_owner.then(owner),
            restore_status: None,
            size: i64::try_from(object.length).ok(),
            storage_class: Some(ObjectStorageClass::from_static("STANDARD")),
        }
    };
    page.objects.iter().map(entry).collect()
}

fn common_prefixes(page: &Page<'_>, encoding: &Encoding) -> Vec<CommonPrefix> {
    let entry = |prefix: &String| CommonPrefix {
        prefix: Some(encoding.of(prefix)),
    };
    page.prefixes.iter().map(entry).collect()
}

pub(super) fn owner() -> Owner {
    Owner {
        display_name: Some("tester".to_owned()),
        id: Some("0123456789abcdef".to_owned()),
    }
}

/// The page size: 1,000 unless the request asks for less.
fn most(asked: Option<i32>) -> S3Result<usize> {
    let asked = usize::try_from(asked.unwrap_or(1000));
    let asked = asked.map_err(|_| s3_error!(InvalidArgument, "less than none"))?;
    Ok(asked.min(1000))
}

pub(super) fn objects_v2(
    bucket: &Bucket,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let encoding = Encoding::new(input.encoding_type.as_ref())?;
    let token = input.continuation_token.as_ref();
    let token = token.map(|token| decoded(token)).transpose()?;
    let most = most(input.max_keys)?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let after = token.as_deref().or(input.start_after.as_deref());
    let delimiter = input.delimiter.as_deref();
    let page = page(&bucket.objects, prefix, delimiter, after, most);
    let next = page.last.as_ref().filter(|_| page.is_truncated);
    Ok(ListObjectsV2Output {
        next_continuation_token: next.map(|last| BASE64_URL_SAFE.encode(last)),
        contents: Some(contents(&page, &encoding, input.fetch_owner == Some(true))),
        common_prefixes: Some(common_prefixes(&page, &encoding)),
        key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
        is_truncated: Some(page.is_truncated),
        max_keys: i32::try_from(most).ok(),
        prefix: Some(encoding.of(prefix)),
        delimiter: encoding.opt(input.delimiter.as_ref()),
        start_after: encoding.opt(input.start_after.as_ref()),
        name: Some(input.bucket),
        continuation_token: input.continuation_token,
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

fn decoded(token: &str) -> S3Result<String> {
    let bytes = BASE64_URL_SAFE.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| s3_error!(InvalidArgument, "the continuation token is not one of ours"))
}

pub(super) fn objects(bucket: &Bucket, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let encoding = Encoding::new(input.encoding_type.as_ref())?;
    let most = most(input.max_keys)?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let (delimiter, marker) = (input.delimiter.as_deref(), input.marker.as_deref());
    let page = page(&bucket.objects, prefix, delimiter, marker, most);
    // without a delimiter, the last key is the marker
    let next = page.last.as_ref();
    let next = next.filter(|_| page.is_truncated && delimiter.is_some());
    Ok(ListObjectsOutput {
        next_marker: encoding.opt(next),
        contents: Some(contents(&page, &encoding, true)),
        common_prefixes: Some(common_prefixes(&page, &encoding)),
        is_truncated: Some(page.is_truncated),
        max_keys: i32::try_from(most).ok(),
        prefix: Some(encoding.of(prefix)),
        delimiter: encoding.opt(input.delimiter.as_ref()),
        marker: encoding.opt(input.marker.as_ref()),
        name: Some(input.bucket),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

pub(super) fn parts(upload: &Upload, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let most = most(input.max_parts)?;
    let from = input.part_number_marker.unwrap_or(0);
    let behind = (Bound::Excluded(from), Bound::Unbounded);
    let mut parts: Vec<_> = upload
        .parts
        .range(behind)
        .take(most + 1)
        .map(|(number, part)| {
            let shown = Part {
                e_tag: Some(part.e_tag()),
                last_modified: Some(part.modified.clone()),
                part_number: Some(*number),
                size: i64::try_from(part.length).ok(),
                ..Part::default()
            };
            with_sums!(shown, part.sums)
        })
        .collect();
    let is_truncated = parts.len() > most;
    parts.truncate(most);
    let named = |algorithm: Algorithm| ChecksumAlgorithm::from_static(algorithm.name());
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        checksum_algorithm: upload.algorithm.map(named),
        checksum_type: upload
            .algorithm
            .map(|_| ChecksumType::from_static(upload.kind)),
        is_truncated: Some(is_truncated),
        key: Some(input.key),
        max_parts: i32::try_from(most).ok(),
        next_part_number_marker: parts.last().and_then(|part| part.part_number),
        part_number_marker: Some(from),
        parts: Some(parts),
        upload_id: Some(input.upload_id),
        owner: Some(owner()),
        ..ListPartsOutput::default()
    })
}

/// Sorted by key, then by start time.
pub(super) fn uploads(
    bucket: &Bucket,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    let encoding = Encoding::new(input.encoding_type.as_ref())?;
    let most = most(input.max_uploads)?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    let id_marker = input.upload_id_marker.as_deref();
    let mut found: Vec<_> = bucket
        .uploads
        .iter()
        .filter(|(_, upload)| upload.key.starts_with(prefix))
        .filter(|(id, upload)| match id_marker {
            Some(marker) => (&*upload.key, id.as_str()) > (key_marker, marker),
            None => &*upload.key > key_marker,
        })
        .collect();
    found.sort_by_key(|(id, upload)| (&upload.key, *id));
    let is_truncated = found.len() > most;
    found.truncate(most);
    let last = found.last().filter(|_| is_truncated);
    let shown = |(id, upload): &(&String, &Upload)| MultipartUpload {
        checksum_algorithm: upload
            .algorithm
            .map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
        checksum_type: Some(ChecksumType::from_static(upload.kind)),
        initiated: Some(upload.begun.clone()),
        key: Some(encoding.of(&upload.key)),
        owner: Some(owner()),
        upload_id: Some((*id).clone()),
        ..MultipartUpload::default()
    };
    Ok(ListMultipartUploadsOutput {
        next_key_marker: last.map(|(_, upload)| encoding.of(&upload.key)),
        next_upload_id_marker: last.map(|(id, _)| (*id).clone()),
        uploads: Some(found.iter().map(shown).collect()),
        is_truncated: Some(is_truncated),
        key_marker: encoding.opt(input.key_marker.as_ref()),
        max_uploads: i32::try_from(most).ok(),
        prefix: Some(encoding.of(prefix)),
        upload_id_marker: input.upload_id_marker,
        bucket: Some(input.bucket),
        encoding_type: input.encoding_type,
        ..ListMultipartUploadsOutput::default()
    })
}
