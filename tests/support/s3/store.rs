//! The storage of the backend: buckets, objects and uploads.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use s3s::dto::{Checksum, ChecksumType, ETag, Expires, Metadata, StreamingBlob, Timestamp};
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Error, S3ErrorCode, S3Result, StdError, s3_error};

use super::checksums::{Algorithm, Hasher, hex};

#[derive(Default)]
pub(super) struct Store {
    pub(super) buckets: BTreeMap<String, Bucket>,
    pub(super) uploads_begun: u64,
    /// Whether parts below 5 MiB are allowed.
    pub(super) small_parts: bool,
}

pub(super) struct Bucket {
    pub(super) created: Timestamp,
    pub(super) location: Option<String>,
    /// Sorted by the bytes of their keys.
    pub(super) objects: BTreeMap<String, Object>,
    /// By id; ids are assigned in ascending order.
    pub(super) uploads: BTreeMap<String, Upload>,
}

#[derive(Clone)]
pub(super) struct Object {
    pub(super) body: Vec<Bytes>,
    pub(super) length: u64,
    pub(super) etag: String,
    pub(super) modified: Timestamp,
    pub(super) headers: Headers,
    pub(super) tags: Vec<(String, String)>,
    pub(super) sums: Checksum,
    /// The parts of an object that was uploaded in parts, in order.
    pub(super) parts: Vec<PartOf>,
}

/// A part of a complete object.
#[derive(Clone)]
pub(super) struct PartOf {
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) sums: Checksum,
}

pub(super) struct Upload {
    pub(super) key: String,
    pub(super) begun: Timestamp,
    pub(super) headers: Headers,
    pub(super) tags: Vec<(String, String)>,
    /// The requested type of checksum.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) kind: &'static str,
    pub(super) parts: BTreeMap<i32, Part>,
}

/// A part of an upload.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) body: Vec<Bytes>,
    pub(super) length: u64,
    pub(super) md5: Vec<u8>,
    pub(super) modified: Timestamp,
    pub(super) sums: Checksum,
}

/// Headers that are stored with an object and returned with it.
#[derive(Clone, Default)]
pub(super) struct Headers {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) expires: Option<Expires>,
    pub(super) metadata: Option<Metadata>,
}

/// Reads the headers of an input. `Headers` and `own_encoding` must be in scope.
macro_rules! headers_in {
    ($input:expr) => {
        Headers {
            cache_control: $input.cache_control.clone(),
            content_disposition: $input.content_disposition.clone(),
            content_encoding: own_encoding(&$input.content_encoding),
            content_language: $input.content_language.clone(),
            content_type: $input.content_type.clone(),
            expires: $input.expires.clone(),
            metadata: $input.metadata.clone(),
        }
    };
}
pub(super) use headers_in;

/// The content encoding of the object, without `aws-chunked`.
pub(super) fn own_encoding(value: &Option<String>) -> Option<String> {
    let parts = value.iter().flat_map(|value| value.split(','));
    let kept = parts
        .map(str::trim)
        .filter(|part| !part.is_empty() && *part != "aws-chunked");
    let kept = kept.collect::<Vec<_>>().join(",");
    (!kept.is_empty()).then_some(kept)
}

/// Truncates to whole seconds, as dates in headers have no fraction.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

impl Store {
    pub(super) fn bucket(&self, name: &str) -> S3Result<&Bucket> {
        self.buckets.get(name).ok_or_else(|| no_bucket(name))
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> S3Result<&mut Bucket> {
        self.buckets.get_mut(name).ok_or_else(|| no_bucket(name))
    }

    pub(super) fn object(&self, bucket: &str, key: &str) -> S3Result<&Object> {
        let object = self.bucket(bucket)?.objects.get(key);
        object.ok_or_else(|| s3_error!(NoSuchKey, "no key {key:?} in {bucket}"))
    }

    pub(super) fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<&Upload> {
        let upload = self.bucket(bucket)?.uploads.get(id);
        let upload = upload.filter(|upload| upload.key == key);
        upload.ok_or_else(|| no_upload(id))
    }

    pub(super) fn upload_mut(
        &mut self,
        bucket: &str,
        key: &str,
        id: &str,
    ) -> S3Result<&mut Upload> {
        let upload = self.bucket_mut(bucket)?.uploads.get_mut(id);
        let upload = upload.filter(|upload| upload.key == key);
        upload.ok_or_else(|| no_upload(id))
    }
}

fn no_bucket(name: &str) -> S3Error {
    s3_error!(NoSuchBucket, "no bucket {name}")
}

fn no_upload(id: &str) -> S3Error {
    s3_error!(NoSuchUpload, "no upload {id}")
}

impl Bucket {
    pub(super) fn new(location: Option<String>) -> Self {
        Self {
            created: now(),
            location,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        }
    }
}

impl Object {
    /// An object that was not uploaded in parts.
    pub(super) fn whole(body: Vec<Bytes>, (md5, mut sums): (Vec<u8>, Checksum)) -> Self {
        sums.checksum_type = Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT));
        Self {
            length: length(&body),
            body,
            etag: hex(&md5),
            modified: now(),
            headers: Headers::default(),
            tags: Vec::new(),
            sums,
            parts: Vec::new(),
        }
    }

    pub(super) fn of_bytes(bytes: Bytes) -> Self {
        let body: Vec<Bytes> = Some(bytes)
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .collect();
        let sums = Hasher::of(&body, &[Algorithm::Crc64Nvme]);
        Self::whole(body, sums)
    }

    pub(super) fn e_tag(&self) -> ETag {
        ETag::Strong(self.etag.clone())
    }
}

pub(super) fn length(pieces: &[Bytes]) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

/// A range of a body, without copying.
pub(super) fn slice(pieces: &[Bytes], from: u64, to: u64) -> Vec<Bytes> {
    let mut out = Vec::new();
    let mut at = 0;
    for piece in pieces {
        let end = at + piece.len() as u64;
        let (first, last) = (from.max(at), to.min(end));
        if first < last {
            // within the buffer, whose length is a `usize`
            out.push(piece.slice((first - at) as usize..(last - at) as usize));
        }
        at = end;
    }
    out
}

/// The maximum size of a buffer.
const PIECE: usize = 1 << 20;

/// Reads a whole body. The connection returns views into larger buffers, so a copy limits the memory in use to the length
/// of the body.
pub(super) async fn receive(
    body: Option<StreamingBlob>,
    announced: Option<i64>,
    hasher: &mut Hasher,
) -> S3Result<Vec<Bytes>> {
    let mut pieces = Vec::new();
    let Some(mut body) = body else {
        return Ok(pieces);
    };
    let mut left = announced.and_then(|length| usize::try_from(length).ok());
    let room = |left: Option<usize>| BytesMut::with_capacity(left.unwrap_or(PIECE).min(PIECE));
    let mut piece = room(left);
    while let Some(bytes) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await {
        let bytes = bytes.map_err(broken)?;
        hasher.update(&bytes);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(PIECE - piece.len()));
            piece.extend_from_slice(now);
            left = left.map(|left| left.saturating_sub(now.len()));
            rest = later;
            if piece.len() == PIECE {
                pieces.push(std::mem::replace(&mut piece, room(left)).freeze());
            }
        }
    }
    if !piece.is_empty() {
        pieces.push(piece.freeze());
    }
    if left.is_some_and(|left| left > 0) {
        return Err(s3_error!(IncompleteBody, "{left:?} bytes are missing"));
    }
    Ok(pieces)
}

/// The error for a body that is truncated, or does not match its signature.
fn broken(e: StdError) -> S3Error {
    let said = format!("{e:?}").to_lowercase();
    if said.contains("checksum") || said.contains("sha256") {
        let code = S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into());
        let mut error = S3Error::with_message(code, format!("{e}"));
        error.set_status_code(http::StatusCode::BAD_REQUEST);
        return error;
    }
    if said.contains("signature") {
        return s3_error!(SignatureDoesNotMatch, "{e}");
    }
    s3_error!(IncompleteBody, "{e}")
}

/// The body of a response.
pub(super) struct Outgoing {
    pieces: VecDeque<Bytes>,
    left: usize,
}

impl Outgoing {
    pub(super) fn blob(pieces: Vec<Bytes>) -> StreamingBlob {
        let left = pieces.iter().map(Bytes::len).sum();
        let pieces = pieces.into();
        StreamingBlob::new(Self { pieces, left })
    }
}

impl Stream for Outgoing {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.pieces.pop_front();
        self.left -= next.as_ref().map_or(0, Bytes::len);
        Poll::Ready(next.map(Ok))
    }
}

impl ByteStream for Outgoing {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.left)
    }
}
