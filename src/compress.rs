//! Request compression.

use std::io::{self, Read};

use flate2::Compression;
use flate2::read::GzEncoder;
use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use crate::body::{Body, BodySource, Reuse};
use crate::call::CallContext;
use crate::error::{Error, Result};
use crate::transport::Request;

/// Compresses the body if the operation supports it and the body is long enough. A body that is not in memory is compressed
/// whatever its length.
pub(crate) fn apply(cx: &CallContext<'_>, request: &mut Request) -> Result<()> {
    let mut encodings = cx.operation.request_compression.iter();
    let Some(least) = cx.config.min_compression_size() else {
        return Ok(());
    };
    if !encodings.any(|name| name.eq_ignore_ascii_case("gzip")) {
        return Ok(());
    }
    *request.body_mut() = match request.body().bytes() {
        Some(bytes) if (bytes.len() as u64) < least => return Ok(()),
        Some(bytes) => {
            let mut out = Vec::new();
            let mut encoder = GzEncoder::new(&bytes[..], Compression::default());
            encoder.read_to_end(&mut out).map_err(Error::request)?;
            out.into()
        }
        None => Body::from_source(Gzip(request.body().clone())),
    };
    let encoding = match request.headers().get(CONTENT_ENCODING) {
        Some(given) => format!("{}, gzip", given.to_str().map_err(Error::request)?),
        None => "gzip".into(),
    };
    let encoding = HeaderValue::from_str(&encoding).map_err(Error::request)?;
    request.headers_mut().insert(CONTENT_ENCODING, encoding);
    // the length was that of the original
    request.headers_mut().remove(CONTENT_LENGTH);
    Ok(())
}

/// A body that is compressed as it is read.
struct Gzip(Body);

impl BodySource for Gzip {
    fn len(&self) -> Option<u64> {
        None
    }
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(GzEncoder::new(
            self.0.open()?,
            Compression::default(),
        )))
    }
    fn reuse(&self) -> Reuse {
        self.0.reuse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_body_is_reusable_like_the_original() {
        assert_eq!(Gzip(Body::from("abc")).reuse(), Reuse::Always);
        let reader = Gzip(Body::from_reader(&b"abc"[..]));
        assert_eq!(reader.reuse(), Reuse::Once);
        reader.open().unwrap();
        assert_eq!(reader.reuse(), Reuse::Consumed);
    }
}
