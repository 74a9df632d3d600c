//! Signatures of event streams: each message is signed with the signature of the one before; that of the request is the first.

use aws_sigv4::sign::v4;
use http::header::AUTHORIZATION;

use super::{Clock, Signer};
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
        let signer = Signer::new(&self.credentials, &self.region, &self.name, time);
        let stamp = stamp.basic();
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{}\n{}\n{}\n{}",
            signer.scope(&stamp),
            self.last,
            hash::sha256_hex(&signed.encoded_headers()?),
            hash::sha256_hex(&signed.payload),
        );
        let secret = self.credentials.secret_access_key();
        let key = v4::generate_signing_key(secret, time, &self.region, &self.name);
        self.last = v4::calculate_signature(key, text.as_bytes());
        let signature = HeaderValue::Bytes(hash::from_hex(&self.last).into());
        Ok(signed.with(":chunk-signature", signature).encode()?)
    }
}
