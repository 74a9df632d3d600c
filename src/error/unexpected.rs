//! Responses that do not match the operation's model.

use std::fmt;

use super::{Detail, ErrorKind};

/// A response with a success status that is not a response of the operation: a web page, a document of another operation, an
/// empty or truncated document, or one without the element that proves that the operation succeeded.
///
/// ```
/// # use tucuxi::{Client, Config, transport::Replay};
/// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
/// # let page = "<html><body>Please log in</body></html>";
/// # let client = Client::with_transport(config, Replay::new().respond(200, &[("content-type", "text/html")], page))?;
/// let listed = client.call("s3", "ListBuckets", serde_json::json!({}));
/// let error = listed.unwrap_err();
/// let found = error.unexpected_response().unwrap();
/// assert_eq!(found.content_type.as_deref(), Some("text/html"));
/// assert_eq!(found.expected, "an element ListAllMyBucketsResult");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnexpectedResponse {
    /// The body that the model describes, such as `an element ListBucketResult`.
    pub expected: String,
    /// The body that was received, such as `a web page`.
    pub received: String,
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The request id, which AWS Support asks for.
    pub request_id: Option<String>,
    /// Scheme, host and port that the request was sent to.
    pub endpoint: Option<String>,
    /// The service that the request was meant for.
    pub service: Option<String>,
    /// The beginning of the body: at most 200 bytes, escaped. `None` if the body is empty, or if the operation's result may
    /// contain a secret.
    pub excerpt: Option<String>,
}

impl fmt::Display for UnexpectedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unexpected response: expected {}, received {} (status {}",
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

/// The maximum length of an excerpt, in bytes.
const EXCERPT_LEN: usize = 200;

/// The beginning of a body, escaped, so that it cannot be mistaken for text of this crate.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(body.get(..EXCERPT_LEN).unwrap_or(body)).chars() {
        match c {
            ' ' => text.push(c),
            c => text.extend(c.escape_debug()),
        }
    }
    if body.len() > EXCERPT_LEN {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_short_and_printable() {
        let cases: [(&[u8], &str); 3] = [
            (b"<html>\x1b[2J\r\n\"x\"", r#"<html>\u{1b}[2J\r\n\"x\""#),
            (b"\xff\x00a", "\u{fffd}\\0a"),
            (b"", ""),
        ];
        for (body, expected) in cases {
            assert_eq!(excerpt(body), expected);
        }
        assert_eq!(excerpt(&[b'a'; 1000]).chars().count(), EXCERPT_LEN + 1);
    }
}
