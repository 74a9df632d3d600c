//! Verifies streams of signed events, with nothing of the library but the format of messages.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tucuxi::eventstream::{HeaderValue, Message};

/// The key that signs.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Verifies the chain of signatures that begins with that of the request.
pub(crate) struct Verifier {
    last: String,
    scope: String,
}

impl Verifier {
    /// Creates a verifier for a request with this `Authorization`.
    pub(crate) fn new(authorization: &str) -> Self {
        let (_, signature) = authorization.rsplit_once("Signature=").unwrap();
        let (_, credential) = authorization.split_once("Credential=").unwrap();
        let (credential, _) = credential.split_once(',').unwrap();
        Self {
            last: signature.into(),
            scope: credential.split_once('/').unwrap().1.into(),
        }
    }

    /// Returns the message inside, or `None` for the one that ends the stream.
    pub(crate) fn open(&mut self, outer: &Message) -> Result<Option<Message>, String> {
        let (Some(HeaderValue::Timestamp(millis)), Some(HeaderValue::Bytes(signature))) =
            (outer.header(":date"), outer.header(":chunk-signature"))
        else {
            return Err(format!("not signed: {:?}", outer.headers));
        };
        let time = jiff::Timestamp::from_millisecond(*millis).unwrap();
        let stamp = time.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut date = vec![5];
        date.extend(b":date");
        date.push(8);
        date.extend(millis.to_be_bytes());
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{}\n{}\n{}\n{}",
            self.scope,
            self.last,
            hex(&Sha256::digest(&date)),
            hex(&Sha256::digest(&outer.payload))
        );
        let parts = self.scope.split('/');
        let key = parts.fold(format!("AWS4{SECRET}").into_bytes(), |key, part| {
            hmac(&key, part)
        });
        let expected = hmac(&key, &text);
        if signature != &expected {
            return Err(format!("wrong signature of {outer:?}"));
        }
        self.last = hex(&expected);
        match outer.payload.is_empty() {
            true => Ok(None),
            false => Ok(Message::read(&mut &outer.payload[..]).unwrap()),
        }
    }
}
