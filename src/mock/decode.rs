//! Content encodings of request bodies: `aws-chunked`, and gzip of documents.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use http::HeaderValue;
use http::header::CONTENT_ENCODING;

use super::message::{Incoming, MAX_BODY};

/// Removes the encodings of the body that are not the program's own, and their names from the header.
pub(super) fn body(mut request: Incoming) -> Result<Incoming, String> {
    let encodings = request
        .header(CONTENT_ENCODING)
        .unwrap_or_default()
        .to_owned();
    let mut names: Vec<&str> = encodings
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let is_streaming = request
        .header("x-amz-content-sha256")
        .is_some_and(|hash| hash.starts_with("STREAMING-"));
    let is_chunked = names.contains(&"aws-chunked");
    if is_chunked || (is_streaming && !hash_is_of_events(&request)) {
        request.body = chunks(&request.body)?;
        names.retain(|name| *name != "aws-chunked");
    }
    // documents may be compressed; objects keep the encoding that the program gave them
    let is_rpc = ["x-amz-target", "smithy-protocol"]
        .iter()
        .any(|name| request.headers.contains_key(*name));
    let is_document = is_rpc || request.media_type() == "application/x-www-form-urlencoded";
    if names.last() == Some(&"gzip") && is_document {
        request.body = unpacked(&request.body)?;
        names.pop();
    }
    match names.is_empty() {
        true => drop(request.headers.remove(CONTENT_ENCODING)),
        false => {
            let names = HeaderValue::from_str(&names.join(",")).map_err(|e| e.to_string())?;
            request.headers.insert(CONTENT_ENCODING, names);
        }
    }
    Ok(request)
}

fn hash_is_of_events(request: &Incoming) -> bool {
    request
        .header("x-amz-content-sha256")
        .is_some_and(|hash| hash.ends_with("-EVENTS"))
}

/// Decodes `aws-chunked`: a line with the size and maybe a signature before each chunk, and trailers at the end.
fn chunks(mut body: &[u8]) -> Result<Vec<u8>, String> {
    let broken = || "a chunk of the body (aws-chunked) is invalid".to_owned();
    let mut out = Vec::new();
    loop {
        let end = memchr::memmem::find(body, b"\r\n").ok_or_else(broken)?;
        let line = std::str::from_utf8(&body[..end]).map_err(|_| broken())?;
        let size = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken())?;
        body = &body[end + 2..];
        if size == 0 {
            return Ok(out);
        }
        out.extend_from_slice(body.get(..size).ok_or_else(broken)?);
        body = body[size..].strip_prefix(b"\r\n").ok_or_else(broken)?;
    }
}

fn unpacked(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut decoder = MultiGzDecoder::new(body).take(MAX_BODY + 1);
    decoder
        .read_to_end(&mut out)
        .map_err(|e| format!("the body is not gzip: {e}"))?;
    match out.len() as u64 > MAX_BODY {
        true => Err("the unpacked body is too large".into()),
        false => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        let cases: [(&[u8], Option<&[u8]>); 7] = [
            (b"3\r\nabc\r\n0\r\n\r\n", Some(b"abc")),
            (
                b"3;chunk-signature=x\r\nabc\r\n1\r\nd\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n",
                Some(b"abcd"),
            ),
            (b"0\r\n", Some(b"")),
            (b"", None),
            (b"3\r\nab", None),
            (b"ffffffffffffffff\r\nab", None),
            (b"x\r\n", None),
        ];
        for (body, expected) in cases {
            assert_eq!(
                chunks(body).ok().as_deref(),
                expected,
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }
}
