//! Signing keys of Signature Version 4 and 4a, derived from the secret access key, and signatures with them in hexadecimal.

use hmac::{Hmac, KeyInit, Mac};
#[cfg(feature = "sigv4a")]
use p256::ecdsa::signature::Signer;
#[cfg(feature = "sigv4a")]
use p256::ecdsa::{Signature, SigningKey};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::hash;
use crate::identity::Credentials;

type Key = Zeroizing<[u8; 32]>;

/// Signs a text with the key for a day (`20260102`), a region and a service, which the credentials keep.
pub(super) fn sign_v4(
    credentials: &Credentials,
    day: &str,
    region: &str,
    name: &str,
    text: &str,
) -> String {
    let key = credentials.signing_key([day, region, name], || {
        let secret = Zeroizing::new(format!("AWS4{}", credentials.secret_access_key()));
        let key = mac(secret.as_bytes(), &[day.as_bytes()]);
        [region, name, "aws4_request"]
            .into_iter()
            .fold(key, |key, part| mac(&*key, &[part.as_bytes()]))
    });
    hash::hex(&*mac(&**key, &[text.as_bytes()]))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Key {
    // a key of any length is valid
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Zeroizing::new([0; 32]);
    };
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// The order of the curve P-256 minus two.
#[cfg(feature = "sigv4a")]
const LARGEST: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];

/// Signs a text with the key on the curve P-256 that is derived from the credentials. Returns `None` if all 254 candidates for
/// the key are too large, which has no practical chance.
#[cfg(feature = "sigv4a")]
pub(super) fn sign_v4a(id: &str, secret: &str, text: &str) -> Option<String> {
    let secret = Zeroizing::new(format!("AWS4A{secret}"));
    let key = (1..=254).find_map(|counter| {
        // NIST SP 800-108, with a counter of its own for the rare number that is too large
        let candidate = mac(
            secret.as_bytes(),
            &[
                &1_u32.to_be_bytes(),
                b"AWS4-ECDSA-P256-SHA256\0",
                id.as_bytes(),
                &[counter],
                &256_u32.to_be_bytes(),
            ],
        );
        (*candidate <= LARGEST).then(|| plus_one(candidate))
    })?;
    let key = SigningKey::from_slice(&*key).ok()?;
    let signature: Signature = key.sign(text.as_bytes());
    Some(hash::hex(signature.to_der().as_bytes()))
}

#[cfg(feature = "sigv4a")]
fn plus_one(mut number: Key) -> Key {
    let mut carry = true;
    for byte in number.iter_mut().rev() {
        (*byte, carry) = byte.overflowing_add(u8::from(carry));
    }
    number
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use aws_sigv4::sign::{v4, v4a};

    use super::*;

    const SECRETS: [&str; 4] = [
        "",
        "secret",
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "\u{e9}",
    ];

    /// AWS's own implementation is the second opinion.
    #[test]
    fn signatures_of_one_region_are_those_of_aws() {
        let time = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        for secret in SECRETS {
            let credentials = Credentials::new("AKID", secret);
            // the second text is signed with the key that the credentials have kept
            for text in ["", "AWS4-HMAC-SHA256\n20150830T123600Z"] {
                for (region, name) in [("us-east-1", "service"), ("eu-west-1", "s3")] {
                    let key = v4::generate_signing_key(secret, time, region, name);
                    let expected = v4::calculate_signature(key, text.as_bytes());
                    let found = sign_v4(&credentials, "20150830", region, name, text);
                    assert_eq!(found, expected, "{secret} {region} {text}");
                }
            }
        }
    }

    #[cfg(feature = "sigv4a")]
    #[test]
    fn signatures_of_several_regions_are_those_of_aws() {
        for secret in SECRETS {
            for n in 0..20 {
                let (id, text) = (format!("AKID{n}"), format!("text {n}"));
                let key = v4a::generate_signing_key(&id, secret);
                let expected = v4a::calculate_signature(&key, text.as_bytes());
                assert_eq!(
                    sign_v4a(&id, secret, &text).unwrap(),
                    expected,
                    "{id} {secret}"
                );
            }
        }
    }

    #[cfg(feature = "sigv4a")]
    #[test]
    fn one_is_carried() {
        let mut number = Zeroizing::new([0; 32]);
        number[30..].copy_from_slice(&[7, 255]);
        assert_eq!(plus_one(number)[29..], [0, 8, 0]);
    }
}
