//! A response that is not what the operation's model says.

use std::fmt;

use super::{Detail, ErrorKind};

/// A response that is not the operation's: a web page, the document of another operation, no document, half of one, or one that
/// lacks what proves that the operation was done. Its status says success, but nothing of it is given as a result.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let page = "<html><body>Please log in</body></html>";
/// # let client = Client::with_transport(config, Replay::new().answer(200, &[("content-type", "text/html")], page))?;
/// let listed = client.call("s3", "ListBuckets", serde_json::json!({}));
/// let error = listed.unwrap_err();
/// let found = error.unexpected_response().unwrap();
/// assert_eq!(found.content_type.as_deref(), Some("text/html"));
/// assert_eq!(&*found.expected, "an element ListAllMyBucketsResult");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnexpectedResponse {
    /// What the model says: `an element ListBucketResult`.
    pub expected: Box<str>,
    /// What came in its place: `an element html`.
    pub received: Box<str>,
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: Option<Box<str>>,
    /// The service's id of this request, for its support.
    pub request_id: Option<Box<str>>,
    /// Scheme, host and port that the request was sent to.
    pub endpoint: Option<Box<str>>,
    /// The service that was expected there.
    pub service: Option<Box<str>>,
    /// The first bytes of the body, at most 200, with what is not printable escaped. It is absent where there is no body, and
    /// where the operation's result may hold a secret.
    pub excerpt: Option<Box<str>>,
}

impl fmt::Display for UnexpectedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot read the response as the operation's: expected {}, received {} (status {}",
            self.expected, self.received, self.status
        )?;
        if let Some(content_type) = &self.content_type {
            write!(f, ", content type {content_type}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request id {id}")?;
        }
        f.write_str(")")?;
        if let Some(excerpt) = &self.excerpt {
            write!(f, ": \"{excerpt}\"")?;
        }
        match (&self.endpoint, &self.service) {
            (Some(endpoint), Some(service)) => {
                write!(f, "; is {endpoint} an endpoint of {service}?")
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for UnexpectedResponse {}

impl Detail for UnexpectedResponse {
    fn kind(&self) -> ErrorKind {
        ErrorKind::UnexpectedResponse
    }
}

/// How much of a body an error shows, in bytes.
const SHOWN: usize = 200;

/// The beginning of a body, in which nothing can be taken for anything but text of the other side.
pub(crate) fn excerpt(body: &[u8]) -> Box<str> {
    let mut text = String::new();
    for c in String::from_utf8_lossy(body.get(..SHOWN).unwrap_or(body)).chars() {
        match c {
            ' ' => text.push(c),
            c => text.extend(c.escape_debug()),
        }
    }
    if body.len() > SHOWN {
        text.push('…');
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_printable() {
        let cases: [(&[u8], &str); 3] = [
            (b"<html>\x1b[2J\r\n\"x\"", r#"<html>\u{1b}[2J\r\n\"x\""#),
            (b"\xff\x00a", "\u{fffd}\\0a"),
            (b"", ""),
        ];
        for (body, expected) in cases {
            assert_eq!(&*excerpt(body), expected);
        }
        assert_eq!(excerpt(&[b'a'; 1000]).chars().count(), SHOWN + 1);
    }
}
