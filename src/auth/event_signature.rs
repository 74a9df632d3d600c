//! Signatures of event streams: each message is signed with the signature of the one before; that of the request is the first.

use std::time::SystemTime;

use http::header::AUTHORIZATION;

use super::{Clock, Signer, keys, sigv4};
use crate::error::{Error, Result};
use crate::eventstream::SignFrames;
use crate::frame::{HeaderValue, Message};
use crate::hash;
use crate::identity::Credentials;
use crate::time::Timestamp;
use crate::transport::Request;

/// The value of `x-amz-content-sha256` in a request whose body consists of signed events.
pub(crate) const SIGNED_EVENTS: &str = "STREAMING-AWS4-HMAC-SHA256-EVENTS";

/// Signs the messages of one request.
pub(super) struct EventSigner {
    credentials: Credentials,
    region: Box<str>,
    name: Box<str>,
    clock: Clock,
    /// The last signature, in hexadecimal.
    last: String,
}

impl EventSigner {
    /// Continues the signature of a request.
    pub(super) fn new(signer: &Signer<'_>, request: &Request, clock: Clock) -> Result<Self> {
        let header = request.headers().get(AUTHORIZATION);
        let last = header
            .and_then(|header| header.to_str().ok())
            .and_then(|text| text.rsplit_once("Signature="))
            .ok_or_else(|| Error::request("internal error: the request has no signature"))?;
        Ok(Self {
            credentials: signer.credentials.clone(),
            region: signer.region.into(),
            name: signer.name.into(),
            clock,
            last: last.1.into(),
        })
    }
}

impl SignFrames for EventSigner {
    fn sign(&mut self, message: Vec<u8>) -> Result<Vec<u8>> {
        let time = (self.clock)();
        let stamp = Timestamp::of(time).whole();
        let date = HeaderValue::Timestamp(stamp.epoch_millis());
        let signed = Message::new(message).with(":date", date);
        let stamp = stamp.basic();
        let text = self.string_to_sign(&signed, &stamp, time)?;
        let day = sigv4::day(&stamp);
        self.last = keys::sign_v4(&self.credentials, day, &self.region, &self.name, &text);
        let signature = HeaderValue::Bytes(hash::from_hex(&self.last).into());
        Ok(signed.with(":chunk-signature", signature).encode()?)
    }
}

impl EventSigner {
    fn string_to_sign(&self, signed: &Message, stamp: &str, time: SystemTime) -> Result<String> {
        let signer = Signer::new(&self.credentials, &self.region, &self.name, time);
        Ok(format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{}\n{}\n{}\n{}",
            signer.scope(stamp),
            self.last,
            hash::sha256_hex(&signed.encoded_headers()?),
            hash::sha256_hex(&signed.payload),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// The values of AWS's own implementation.
    #[test]
    fn the_string_to_sign_has_the_signature_of_the_message_before() {
        let time = UNIX_EPOCH + Duration::new(123_456_789, 1234);
        let signer = EventSigner {
            credentials: Credentials::new("ANOTREAL", "notrealrnrELgWzOk3IfjzDKtFBhDby"),
            region: "us-east-1".into(),
            name: "testservice".into(),
            clock: Arc::new(move || time),
            last: hash::sha256_hex(b"last message sts"),
        };
        let header = HeaderValue::String("value".into());
        let message = Message::new("test payload").with("some-header", header);
        let date = HeaderValue::Timestamp(123_456_789_000);
        let signed = Message::new(message.encode().unwrap()).with(":date", date);
        let text = signer.string_to_sign(&signed, "19731129T213309Z", time);
        let expected = "AWS4-HMAC-SHA256-PAYLOAD\n\
            19731129T213309Z\n\
            19731129/us-east-1/testservice/aws4_request\n\
            be1f8c7d79ef8e1abc5254a2c70e4da3bfaf4f07328f527444e1fc6ea67273e2\n\
            0c0e3b3bf66b59b976181bd7d401927bbd624107303c713fd1e5f3d3c8dd1b1e\n\
            f2eba0f2e95967ee9fbc6db5e678d2fd599229c0d04b11e4fc8e0f2a02a806c6";
        assert_eq!(text.unwrap(), expected);
    }
}
