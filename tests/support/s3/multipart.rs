//! Multipart uploads.

use bytes::Bytes;
use s3s::dto::*;
use s3s::{S3Request, S3Result, s3_error};

use super::checksums::{
    Algorithm, Hasher, composite, full_object, hex, sums_in, verify, with_sums,
};
use super::conditions::Conditions;
use super::objects::{Claims, etag_of_parts, receive_verified, tags_of_header};
use super::store::{
    Headers, Object, Part, PartOf, Store, Upload, headers_in, length, now, own_encoding, slice,
};

/// The minimum size of parts other than the last.
const MINIMUM: u64 = 5 << 20;
const LAST_NUMBER: i32 = 10_000;

impl Part {
    fn new(body: Vec<Bytes>, (md5, sums): (Vec<u8>, Checksum)) -> Self {
        Self {
            length: length(&body),
            body,
            md5,
            modified: now(),
            sums,
        }
    }

    pub(super) fn e_tag(&self) -> ETag {
        ETag::Strong(hex(&self.md5))
    }
}

pub(super) fn create(
    store: &mut Store,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let named = input.checksum_algorithm.as_ref();
    let algorithm = named
        .map(|name| Algorithm::parse(name.as_str()))
        .transpose()?;
    let in_use = algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let kind = match input.checksum_type.as_ref().map(|kind| kind.as_str()) {
        None => in_use.usual_type(),
        Some(ChecksumType::COMPOSITE) => ChecksumType::COMPOSITE,
        Some(ChecksumType::FULL_OBJECT) => ChecksumType::FULL_OBJECT,
        Some(_) => return Err(s3_error!(InvalidRequest, "no such checksum type")),
    };
    if !in_use.allows(kind) {
        let name = in_use.name();
        return Err(s3_error!(InvalidRequest, "{name} cannot be {kind}"));
    }
    store.uploads_begun += 1;
    let id = format!("upload-{:06}", store.uploads_begun);
    let upload = Upload {
        key: input.key.clone(),
        begun: now(),
        headers: headers_in!(input),
        tags: tags_of_header(input.tagging.as_deref()),
        algorithm,
        kind,
        parts: Default::default(),
    };
    let uploads = &mut store.bucket_mut(&input.bucket)?.uploads;
    uploads.insert(id.clone(), upload);
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: algorithm.map(|_| ChecksumType::from_static(kind)),
        key: Some(input.key),
        upload_id: Some(id),
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) fn check_number(number: i32) -> S3Result<()> {
    if (1..=LAST_NUMBER).contains(&number) {
        return Ok(());
    }
    Err(s3_error!(
        InvalidArgument,
        "part number must be an integer between 1 and 10000, inclusive"
    ))
}

/// Reads a part of an upload with this algorithm.
pub(super) async fn receive_part(
    mut req: S3Request<UploadPartInput>,
    wanted: Option<Algorithm>,
) -> S3Result<Part> {
    let input = &mut req.input;
    let body = input.body.take();
    let claims = Claims {
        sums: sums_in!(input),
        algorithm: input.checksum_algorithm.as_ref(),
        md5: input.content_md5.as_ref(),
        headers: &req.headers,
        trailers: req.trailing_headers.as_ref(),
    };
    let (body, sums) = receive_verified(body, input.content_length, wanted, claims).await?;
    if let Some(expected) = wanted {
        let mut others = Algorithm::ALL.into_iter();
        if let Some(other) = others.find(|other| *other != expected && other.of(&sums.1).is_some())
        {
            return Err(s3_error!(
                InvalidRequest,
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                expected.name().to_lowercase(),
                other.name().to_lowercase()
            ));
        }
    }
    Ok(Part::new(body, sums))
}

pub(super) fn part_output(part: &Part) -> UploadPartOutput {
    let output = UploadPartOutput {
        e_tag: Some(part.e_tag()),
        ..UploadPartOutput::default()
    };
    with_sums!(output, part.sums)
}

/// A part that is copied from another object.
pub(super) fn copied_part(
    source: &Object,
    range: Option<&str>,
    wanted: Option<Algorithm>,
) -> S3Result<Part> {
    let (from, to) = match range {
        None => (0, source.length),
        Some(text) => copied_range(text, source.length)?,
    };
    let body = slice(&source.body, from, to);
    let algorithm = wanted.unwrap_or(Algorithm::Crc64Nvme);
    let sums = Hasher::of(&body, &[algorithm]);
    Ok(Part::new(body, sums))
}

/// Parses `bytes=first-last`. Both bounds are required, and must be within the object.
fn copied_range(text: &str, length: u64) -> S3Result<(u64, u64)> {
    let ends = text
        .strip_prefix("bytes=")
        .and_then(|ends| ends.split_once('-'));
    let parsed = ends.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match parsed {
        Some((first, last)) if first <= last && last < length => Ok((first, last + 1)),
        _ => Err(s3_error!(
            InvalidArgument,
            "range {text} is not valid for a source object of {length} bytes"
        )),
    }
}

pub(super) fn copied_part_output(part: &Part) -> UploadPartCopyOutput {
    let result = CopyPartResult {
        e_tag: Some(part.e_tag()),
        last_modified: Some(part.modified.clone()),
        ..CopyPartResult::default()
    };
    UploadPartCopyOutput {
        copy_part_result: Some(with_sums!(result, part.sums)),
        ..UploadPartCopyOutput::default()
    }
}

pub(super) fn complete(
    store: &mut Store,
    input: &CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let (bucket, key, id) = (&*input.bucket, &*input.key, &*input.upload_id);
    let minimum = if store.small_parts { 1 } else { MINIMUM };
    let upload = store.upload(bucket, key, id)?;
    let conditions = Conditions {
        matches: input.if_match.as_ref(),
        none_match: input.if_none_match.as_ref(),
        ..Conditions::default()
    };
    conditions.check_write(store.bucket(bucket)?.objects.get(key))?;
    let listed = input.multipart_upload.as_ref();
    let listed = listed.and_then(|upload| upload.parts.as_deref());
    let object = assembled(upload, listed.unwrap_or_default(), minimum)?;
    check_claims(input, &object)?;
    let output = CompleteMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        checksum_type: object.sums.checksum_type.clone(),
        e_tag: Some(object.e_tag()),
        key: Some(input.key.clone()),
        location: Some(format!("/{bucket}/{key}")),
        ..CompleteMultipartUploadOutput::default()
    };
    let output = with_sums!(output, object.sums);
    let bucket = store.bucket_mut(bucket)?;
    bucket.objects.insert(input.key.clone(), object);
    bucket.uploads.remove(id);
    Ok(output)
}

/// Assembles the object from these parts.
fn assembled(upload: &Upload, listed: &[CompletedPart], minimum: u64) -> S3Result<Object> {
    let parts = chosen(upload, listed)?;
    let (_, all_but_last) = parts
        .split_last()
        .ok_or_else(|| s3_error!(MalformedXML, "no parts"))?;
    if let Some(small) = all_but_last.iter().find(|part| part.length < minimum) {
        let length = small.length;
        return Err(s3_error!(EntityTooSmall, "a part of {length} bytes"));
    }
    let body: Vec<Bytes> = parts.iter().flat_map(|part| part.body.clone()).collect();
    let algorithm = upload.algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let mut sums = match upload.kind {
        ChecksumType::COMPOSITE => {
            let sums: Vec<_> = parts.iter().map(|part| &part.sums).collect();
            composite(&sums, algorithm)?
        }
        _ => full_object(&body, algorithm),
    };
    sums.checksum_type = Some(ChecksumType::from_static(upload.kind));
    let md5s: Vec<_> = parts.iter().map(|part| &*part.md5).collect();
    let mut start = 0;
    let mut places = Vec::new();
    for part in &parts {
        places.push(PartOf {
            start,
            length: part.length,
            sums: part.sums.clone(),
        });
        start += part.length;
    }
    Ok(Object {
        length: start,
        body,
        etag: etag_of_parts(&md5s),
        modified: now(),
        headers: upload.headers.clone(),
        tags: upload.tags.clone(),
        sums,
        parts: places,
    })
}

/// Looks up the listed parts. The list must be in order, and match each part.
fn chosen<'a>(upload: &'a Upload, listed: &[CompletedPart]) -> S3Result<Vec<&'a Part>> {
    let mut chosen = Vec::new();
    let mut before = 0;
    for listed in listed {
        let number = listed.part_number.unwrap_or(0);
        if number <= before {
            return Err(s3_error!(InvalidPartOrder, "{number} behind {before}"));
        }
        before = number;
        let part = upload.parts.get(&number);
        let same = part.filter(|part| listed.e_tag.as_ref() == Some(&part.e_tag()));
        let part = same.ok_or_else(|| s3_error!(InvalidPart, "no part {number} with that ETag"))?;
        let given = sums_in!(listed);
        let wanted = upload
            .algorithm
            .filter(|_| upload.kind == ChecksumType::COMPOSITE);
        if let Some(wanted) = wanted.filter(|wanted| wanted.of(&given).is_none()) {
            let name = wanted.name().to_lowercase();
            return Err(s3_error!(
                InvalidRequest,
                "the upload was created using a {name} checksum; the complete request must include the checksum for each part. It was missing for part {number} in the request"
            ));
        }
        verify(&given, &part.sums)
            .map_err(|_| s3_error!(InvalidPart, "part {number} has another checksum"))?;
        chosen.push(part);
    }
    Ok(chosen)
}

/// The checksum that the request has for the whole object.
fn check_claims(input: &CompleteMultipartUploadInput, object: &Object) -> S3Result<()> {
    let kind = object.sums.checksum_type.as_ref();
    if input.checksum_type.is_some() && input.checksum_type.as_ref() != kind {
        return Err(s3_error!(
            InvalidRequest,
            "the upload was begun with another checksum type"
        ));
    }
    let size = input.mpu_object_size.map(u64::try_from);
    if size.is_some_and(|size| size != Ok(object.length)) {
        let length = object.length;
        return Err(s3_error!(InvalidRequest, "the object has {length} bytes"));
    }
    verify(&sums_in!(input), &object.sums)
}
