//! Operations on whole objects: put, get, copy, tag and delete.

use bytes::Bytes;
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result, TrailingHeaders, s3_error};

use super::checksums::{Algorithm, Hasher, hex, sums_in, verify, with_sums};
use super::conditions::Conditions;
use super::store::{Headers, Object, Outgoing, Store, headers_in, own_encoding, receive, slice};

/// The checksums of a request's body.
pub(super) struct Claims<'a> {
    pub(super) sums: Checksum,
    pub(super) algorithm: Option<&'a ChecksumAlgorithm>,
    pub(super) md5: Option<&'a String>,
    pub(super) headers: &'a http::HeaderMap,
    pub(super) trailers: Option<&'a TrailingHeaders>,
}

/// Reads a body and computes its MD5 and checksums: those that the request names, or S3's default.
pub(super) async fn receive_verified(
    body: Option<StreamingBlob>,
    length: Option<i64>,
    wanted: Option<Algorithm>,
    mut claims: Claims<'_>,
) -> S3Result<(Vec<Bytes>, (Vec<u8>, Checksum))> {
    let mut algorithms: Vec<Algorithm> = wanted.into_iter().collect();
    if let Some(named) = claims.algorithm {
        algorithms.push(Algorithm::parse(named.as_str())?);
    }
    let given = Algorithm::ALL.into_iter();
    let given = given.filter(|known| known.of(&claims.sums).is_some());
    if given.clone().count() > 1 {
        return Err(s3_error!(
            InvalidRequest,
            "expecting a single x-amz-checksum- header"
        ));
    }
    algorithms.extend(given);
    let trailer = claims.headers.get("x-amz-trailer");
    let trailer = trailer.and_then(|value| value.to_str().ok());
    if let Some(name) = trailer.and_then(|name| name.trim().strip_prefix("x-amz-checksum-")) {
        algorithms.push(Algorithm::parse(name)?);
    }
    if algorithms.is_empty() {
        algorithms.push(Algorithm::Crc64Nvme);
    }
    let mut hasher = Hasher::new(&algorithms);
    let body = receive(body, length, &mut hasher).await?;
    for (algorithm, value) in trailing_sums(claims.trailers) {
        algorithm.set(&mut claims.sums, value);
    }
    if trailer.is_some() && claims.trailers.is_none_or(|trailers| !trailers.is_ready()) {
        return Err(s3_error!(IncompleteBody, "the trailer is missing"));
    }
    let (md5, sums) = hasher.finish();
    verify(&claims.sums, &sums)?;
    let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &md5);
    if claims.md5.is_some_and(|given| *given != encoded) {
        return Err(s3_error!(BadDigest, "the Content-MD5 did not match"));
    }
    Ok((body, (md5, sums)))
}

fn trailing_sums(trailers: Option<&TrailingHeaders>) -> Vec<(Algorithm, String)> {
    let mut found = Vec::new();
    if let Some(trailers) = trailers {
        trailers.read(|headers| {
            for algorithm in Algorithm::ALL {
                let name = format!("x-amz-checksum-{}", algorithm.name().to_lowercase());
                let value = headers.get(name).and_then(|value| value.to_str().ok());
                found.extend(value.map(|value| (algorithm, value.to_owned())));
            }
        });
    }
    found
}

pub(super) async fn put(mut req: S3Request<PutObjectInput>) -> S3Result<Object> {
    let input = &mut req.input;
    let body = input.body.take();
    let claims = Claims {
        sums: sums_in!(input),
        algorithm: input.checksum_algorithm.as_ref(),
        md5: input.content_md5.as_ref(),
        headers: &req.headers,
        trailers: req.trailing_headers.as_ref(),
    };
    let (body, sums) = receive_verified(body, input.content_length, None, claims).await?;
    let mut object = Object::whole(body, sums);
    object.headers = headers_in!(input);
    object.tags = tags_of_header(input.tagging.as_deref());
    Ok(object)
}

pub(super) fn put_output(object: &Object) -> PutObjectOutput {
    let output = PutObjectOutput {
        checksum_type: object.sums.checksum_type.clone(),
        e_tag: Some(object.e_tag()),
        ..PutObjectOutput::default()
    };
    with_sums!(output, object.sums)
}

/// The bytes of an object that a response contains.
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) content_range: Option<String>,
    parts_count: Option<i32>,
    sums: Checksum,
}

pub(super) fn span(
    object: &Object,
    range: Option<&Range>,
    part_number: Option<i32>,
    mode: Option<&ChecksumMode>,
) -> S3Result<Span> {
    let length = object.length;
    let wants_sums = mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    let mut span = Span {
        from: 0,
        to: length,
        content_range: None,
        parts_count: None,
        sums: Checksum::default(),
    };
    match (range, part_number) {
        (Some(_), Some(_)) => {
            return Err(s3_error!(InvalidRequest, "both a range and a part number"));
        }
        (Some(range), None) => {
            let bytes = range.check(length)?;
            if bytes.is_empty() {
                return Err(s3_error!(InvalidRange));
            }
            (span.from, span.to) = (bytes.start, bytes.end);
            span.content_range = Some(format!("bytes {}-{}/{length}", span.from, span.to - 1));
            return Ok(span);
        }
        (None, Some(number)) => {
            let index = usize::try_from(number).ok();
            let index = index.and_then(|number| number.checked_sub(1));
            let part = index.and_then(|index| object.parts.get(index));
            match part {
                Some(part) => {
                    (span.from, span.to) = (part.start, part.start + part.length);
                    // at most 10,000 parts
                    span.parts_count = Some(object.parts.len() as i32);
                    span.sums = part.sums.clone();
                    span.sums
                        .checksum_type
                        .clone_from(&object.sums.checksum_type);
                }
                None if number == 1 && object.parts.is_empty() => span.sums = object.sums.clone(),
                None => return Err(no_such_part(number)),
            }
            let last = span.to.saturating_sub(1);
            span.content_range =
                (span.to > span.from).then(|| format!("bytes {}-{last}/{length}", span.from));
        }
        (None, None) => span.sums = object.sums.clone(),
    }
    if !wants_sums {
        span.sums = Checksum::default();
    }
    Ok(span)
}

fn no_such_part(number: i32) -> S3Error {
    let code = S3ErrorCode::Custom("InvalidPartNumber".into());
    let mut error = S3Error::with_message(code, format!("no part {number}"));
    error.set_status_code(http::StatusCode::RANGE_NOT_SATISFIABLE);
    error
}

/// The output of GetObject or HeadObject, which have the same members.
macro_rules! read_output {
    ($output:ident, $object:expr, $span:expr) => {{
        let (object, span) = ($object, $span);
        let headers = object.headers.clone();
        let output = $output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: headers.cache_control,
            checksum_type: span.sums.checksum_type.clone(),
            content_disposition: headers.content_disposition,
            content_encoding: headers.content_encoding,
            content_language: headers.content_language,
            content_length: i64::try_from(span.to - span.from).ok(),
            content_range: span.content_range.clone(),
            content_type: Some(
                headers
                    .content_type
                    .unwrap_or_else(|| "binary/octet-stream".to_owned()),
            ),
            e_tag: Some(object.e_tag()),
            expires: headers.expires,
            last_modified: Some(object.modified.clone()),
            metadata: headers.metadata,
            parts_count: span.parts_count,
            ..$output::default()
        };
        with_sums!(output, span.sums)
    }};
}

pub(super) fn head(object: &Object, span: &Span) -> HeadObjectOutput {
    read_output!(HeadObjectOutput, object, span)
}

pub(super) fn get(object: &Object, span: &Span) -> GetObjectOutput {
    let mut output = read_output!(GetObjectOutput, object, span);
    let tags = i32::try_from(object.tags.len()).unwrap_or(i32::MAX);
    output.tag_count = (tags > 0).then_some(tags);
    output.body = Some(Outgoing::blob(slice(&object.body, span.from, span.to)));
    output
}

/// The source of a copy.
pub(super) fn source<'a>(
    store: &'a Store,
    from: &CopySource,
    conditions: &Conditions<'_>,
) -> S3Result<&'a Object> {
    let CopySource::Bucket { bucket, key, .. } = from else {
        return Err(s3_error!(NotImplemented, "copies from access points"));
    };
    let object = store.object(bucket, key)?;
    conditions.check_read(object, S3ErrorCode::PreconditionFailed)?;
    Ok(object)
}

/// The copy of an object, which has no parts even if the source has.
pub(super) fn copied(source: &Object, input: &CopyObjectInput) -> S3Result<Object> {
    let replaces = |directive: Option<&str>| directive == Some(MetadataDirective::REPLACE);
    let directive = input.metadata_directive.as_ref();
    let new_headers = replaces(directive.map(|directive| directive.as_str()));
    let onto_itself = matches!(&input.copy_source, CopySource::Bucket { bucket, key, .. }
        if **bucket == *input.bucket && **key == *input.key);
    if onto_itself && !new_headers {
        return Err(s3_error!(
            InvalidRequest,
            "a copy of an object to itself that changes nothing"
        ));
    }
    let algorithm = match &input.checksum_algorithm {
        Some(name) => Algorithm::parse(name.as_str())?,
        None => Algorithm::in_use(&source.sums).unwrap_or(Algorithm::Crc64Nvme),
    };
    let sums = Hasher::of(&source.body, &[algorithm]);
    let mut object = Object::whole(source.body.clone(), sums);
    object.headers = match new_headers {
        true => headers_in!(input),
        false => source.headers.clone(),
    };
    let directive = input.tagging_directive.as_ref();
    object.tags = match replaces(directive.map(|directive| directive.as_str())) {
        true => tags_of_header(input.tagging.as_deref()),
        false => source.tags.clone(),
    };
    Ok(object)
}

pub(super) fn copy_output(object: &Object) -> CopyObjectOutput {
    let result = CopyObjectResult {
        checksum_type: object.sums.checksum_type.clone(),
        e_tag: Some(object.e_tag()),
        last_modified: Some(object.modified.clone()),
        ..CopyObjectResult::default()
    };
    CopyObjectOutput {
        copy_object_result: Some(with_sums!(result, object.sums)),
        ..CopyObjectOutput::default()
    }
}

/// `a=b&c=d`
pub(super) fn tags_of_header(header: Option<&str>) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(header.unwrap_or_default().as_bytes());
    pairs.into_owned().collect()
}

pub(super) fn tags_of_set(set: TagSet) -> Vec<(String, String)> {
    let pair = |tag: Tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
    set.into_iter().map(pair).collect()
}

pub(super) fn tag_set(tags: &[(String, String)]) -> TagSet {
    let tag = |(key, value): &(String, String)| Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    tags.iter().map(tag).collect()
}

pub(super) fn attributes(
    object: &Object,
    input: &GetObjectAttributesInput,
) -> GetObjectAttributesOutput {
    let wanted = |name: &str| {
        let mut names = input.object_attributes.iter();
        // s3s parses a header with commas as one name
        names.any(|names| names.as_str().split(',').any(|it| it.trim() == name))
    };
    let from = input.part_number_marker.unwrap_or(0);
    let most = usize::try_from(input.max_parts.unwrap_or(1000)).unwrap_or(1000);
    let all = (1_i32..).zip(&object.parts);
    let mut parts: Vec<_> = all
        .filter(|(number, _)| *number > from)
        .take(most + 1)
        .map(|(number, part)| {
            let shown = ObjectPart {
                part_number: Some(number),
                size: i64::try_from(part.length).ok(),
                ..ObjectPart::default()
            };
            with_sums!(shown, part.sums)
        })
        .collect();
    let is_truncated = parts.len() > most;
    parts.truncate(most);
    let object_parts = GetObjectAttributesParts {
        is_truncated: Some(is_truncated),
        max_parts: i32::try_from(most).ok(),
        next_part_number_marker: parts.last().and_then(|part| part.part_number),
        part_number_marker: Some(from),
        parts: Some(parts),
        total_parts_count: i32::try_from(object.parts.len()).ok(),
    };
    let has_parts = wanted("ObjectParts") && !object.parts.is_empty();
    GetObjectAttributesOutput {
        checksum: wanted("Checksum").then(|| object.sums.clone()),
        e_tag: wanted("ETag").then(|| object.e_tag()),
        last_modified: Some(object.modified.clone()),
        object_parts: has_parts.then_some(object_parts),
        object_size: i64::try_from(object.length)
            .ok()
            .filter(|_| wanted("ObjectSize")),
        ..GetObjectAttributesOutput::default()
    }
}

/// `md5-of-md5s-N`
pub(super) fn etag_of_parts(md5s: &[&[u8]]) -> String {
    let mut hasher = Hasher::new(&[]);
    for md5 in md5s {
        hasher.update(md5);
    }
    format!("{}-{}", hex(&hasher.finish().0), md5s.len())
}
