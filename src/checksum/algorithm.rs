//! Checksum algorithms.

use std::fmt;
use std::io;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crc_fast::CrcAlgorithm;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use xxhash_rust::xxh3::Xxh3Default;
use xxhash_rust::xxh64::Xxh64;

use crate::body::Body;
use crate::{hash, read};

macro_rules! algorithms {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $header:literal;)*) => {
        /// A checksum algorithm.
        ///
        /// ```
        /// use tucuxi::checksum::ChecksumAlgorithm;
        /// let algorithm: ChecksumAlgorithm = "crc32".parse()?;
        /// assert_eq!(algorithm.header(), "x-amz-checksum-crc32");
        /// assert_eq!(algorithm.checksum(b"123456789"), "y/Q5Jg==");
        /// # Ok::<(), tucuxi::checksum::UnknownChecksumAlgorithm>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ChecksumAlgorithm { $($(#[$doc])* $variant),* }

        impl ChecksumAlgorithm {
            /// All algorithms. A response is verified with the first of these for which it has a checksum.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in parameters, such as `CRC32`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The name of the header or trailer with the checksum.
            pub fn header(self) -> &'static str {
                match self { $(Self::$variant => $header),* }
            }
        }

        impl FromStr for ChecksumAlgorithm {
            type Err = UnknownChecksumAlgorithm;
            fn from_str(name: &str) -> Result<Self, UnknownChecksumAlgorithm> {
                let mut all = Self::ALL.iter().copied();
                let found = all.find(|known| known.as_str().eq_ignore_ascii_case(name));
                found.ok_or_else(|| UnknownChecksumAlgorithm(name.to_owned()))
            }
        }
    };
}

algorithms! {
    /// XXH3 with 128 bits.
    Xxhash128 = "XXHASH128", "x-amz-checksum-xxhash128";
    /// XXH3 with 64 bits.
    Xxhash3 = "XXHASH3", "x-amz-checksum-xxhash3";
    /// CRC-64/NVME.
    Crc64Nvme = "CRC64NVME", "x-amz-checksum-crc64nvme";
    /// XXH64.
    Xxhash64 = "XXHASH64", "x-amz-checksum-xxhash64";
    /// CRC-32C (Castagnoli).
    Crc32c = "CRC32C", "x-amz-checksum-crc32c";
    /// CRC-32 (ISO-HDLC).
    Crc32 = "CRC32", "x-amz-checksum-crc32";
    /// SHA-1.
    Sha1 = "SHA1", "x-amz-checksum-sha1";
    /// SHA-256.
    Sha256 = "SHA256", "x-amz-checksum-sha256";
    /// SHA-512.
    Sha512 = "SHA512", "x-amz-checksum-sha512";
    /// MD5.
    Md5 = "MD5", "x-amz-checksum-md5";
}

impl fmt::Display for ChecksumAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a checksum algorithm that does not exist. The error text lists the valid names.
///
/// ```
/// use tucuxi::checksum::ChecksumAlgorithm;
///
/// let error = "CRC16".parse::<ChecksumAlgorithm>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown checksum algorithm \"CRC16\"; use one of: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown checksum algorithm {0:?}; use one of: {names}", names = names())]
pub struct UnknownChecksumAlgorithm(String);

fn names() -> String {
    let names: Vec<&str> = ChecksumAlgorithm::ALL
        .iter()
        .map(|it| it.as_str())
        .collect();
    names.join(", ")
}

impl ChecksumAlgorithm {
    /// The length of a checksum in base64.
    pub(super) fn text_len(self) -> u64 {
        let bytes: u64 = match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme | Self::Xxhash3 | Self::Xxhash64 => 8,
            Self::Md5 | Self::Xxhash128 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        };
        bytes.div_ceil(3) * 4
    }

    /// The member of parameters and results with the checksum.
    pub(crate) fn member(self) -> String {
        format!("Checksum{}", self.as_str())
    }

    fn crc(self) -> Option<(CrcAlgorithm, usize)> {
        match self {
            Self::Crc32 => Some((CrcAlgorithm::Crc32IsoHdlc, 4)),
            Self::Crc32c => Some((CrcAlgorithm::Crc32Iscsi, 4)),
            Self::Crc64Nvme => Some((CrcAlgorithm::Crc64Nvme, 8)),
            _ => None,
        }
    }

    /// Whether the checksum of an object can be combined from those of its parts.
    pub(crate) fn is_crc(self) -> bool {
        self.crc().is_some()
    }

    /// Combines the checksums of consecutive parts, each given with its length. Returns `None` unless the algorithm is a CRC
    /// and every part has a valid checksum.
    pub(crate) fn combined<'c>(
        self,
        mut parts: impl Iterator<Item = Option<(&'c str, u64)>>,
    ) -> Option<String> {
        let (crc, len) = self.crc()?;
        let number = |text: &str| {
            let mut bytes = [0; 8];
            let decoded = BASE64_STANDARD.decode(text).ok()?;
            (decoded.len() == len).then(|| bytes[8 - len..].copy_from_slice(&decoded))?;
            Some(u64::from_be_bytes(bytes))
        };
        let first = number(parts.next()??.0)?;
        let whole = parts.try_fold(first, |so_far, part| {
            let (checksum, part_len) = part?;
            Some(crc_fast::checksum_combine(
                crc,
                so_far,
                number(checksum)?,
                part_len,
            ))
        })?;
        Some(BASE64_STANDARD.encode(&whole.to_be_bytes()[8 - len..]))
    }

    /// Returns the composite checksum of an object that was uploaded in parts (`…-3`): the checksum of the parts' checksums.
    /// Returns `None` if one of those is not base64.
    pub(crate) fn composite<'c>(self, parts: impl Iterator<Item = &'c str>) -> Option<String> {
        let (mut hasher, mut count) = (self.hasher(), 0);
        for part in parts {
            hasher.update(&BASE64_STANDARD.decode(part).ok()?);
            count += 1;
        }
        Some(format!("{}-{count}", hasher.finish()))
    }

    /// Computes the checksum of `bytes`, in base64.
    ///
    /// ```
    /// use tucuxi::checksum::ChecksumAlgorithm;
    /// assert_eq!(ChecksumAlgorithm::Crc32.checksum(b"123456789"), "y/Q5Jg==");
    /// ```
    pub fn checksum(self, bytes: &[u8]) -> String {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    pub(crate) fn hasher(self) -> Hasher {
        let crc = |algorithm, len| State::Crc(crc_fast::Digest::new(algorithm), len);
        Hasher(match self {
            Self::Crc32 => crc(CrcAlgorithm::Crc32IsoHdlc, 4),
            Self::Crc32c => crc(CrcAlgorithm::Crc32Iscsi, 4),
            Self::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme, 8),
            Self::Md5 => State::Md5(Md5::new()),
            Self::Sha1 => State::Sha1(Sha1::new()),
            Self::Sha256 => State::Sha256(Sha256::new()),
            Self::Sha512 => State::Sha512(Box::new(Sha512::new())),
            Self::Xxhash3 => State::Xxhash3(Box::new(Xxh3Default::new())),
            Self::Xxhash64 => State::Xxhash64(Xxh64::new(0)),
            Self::Xxhash128 => State::Xxhash128(Box::new(Xxh3Default::new())),
        })
    }
}

/// An incremental checksum computation.
pub(crate) struct Hasher(State);

enum State {
    /// The digest and the number of low-order bytes of its result that are used.
    Crc(crc_fast::Digest, usize),
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Box<Sha512>),
    Xxhash3(Box<Xxh3Default>),
    Xxhash64(Xxh64),
    Xxhash128(Box<Xxh3Default>),
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc(digest, _) => digest.update(bytes),
            State::Md5(digest) => digest.update(bytes),
            State::Sha1(digest) => digest.update(bytes),
            State::Sha256(digest) => digest.update(bytes),
            State::Sha512(digest) => digest.update(bytes),
            State::Xxhash3(digest) | State::Xxhash128(digest) => digest.update(bytes),
            State::Xxhash64(digest) => digest.update(bytes),
        }
    }

    /// Adds a whole body, without holding it in memory.
    pub(crate) fn read_body(&mut self, body: &Body) -> io::Result<()> {
        if let Some(bytes) = body.bytes() {
            self.update(bytes);
            return Ok(());
        }
        // a small body needs no large buffer
        let largest = usize::try_from(body.len().unwrap_or(u64::MAX)).unwrap_or(read::CHUNK);
        read::each(body.open_to_hash()?, largest, |chunk| {
            self.update(chunk);
            Ok(())
        })
    }

    /// Returns the big-endian bytes of the checksum, in base64.
    pub(crate) fn finish(self) -> String {
        self.finish_with(|bytes| BASE64_STANDARD.encode(bytes))
    }

    /// Returns the big-endian bytes of the checksum in hexadecimal, as in ETags.
    pub(crate) fn finish_hex(self) -> String {
        self.finish_with(hash::hex)
    }

    fn finish_with(self, encode: impl FnOnce(&[u8]) -> String) -> String {
        match self.0 {
            State::Crc(digest, len) => encode(&digest.finalize().to_be_bytes()[8 - len..]),
            State::Md5(digest) => encode(&digest.finalize()),
            State::Sha1(digest) => encode(&digest.finalize()),
            State::Sha256(digest) => encode(&digest.finalize()),
            State::Sha512(digest) => encode(&digest.finalize()),
            State::Xxhash3(digest) => encode(&digest.digest().to_be_bytes()),
            State::Xxhash64(digest) => encode(&digest.digest().to_be_bytes()),
            State::Xxhash128(digest) => encode(&digest.digest128().to_be_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values_match_the_standards() {
        let cases = [
            (ChecksumAlgorithm::Crc32, "y/Q5Jg=="),
            (ChecksumAlgorithm::Crc32c, "4waSgw=="),
            (ChecksumAlgorithm::Crc64Nvme, "rosUhgp5mIg="),
            (ChecksumAlgorithm::Md5, "JfnnlDI7RTiF9RgfG2JNCw=="),
            (ChecksumAlgorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ];
        for (algorithm, expected) in cases {
            assert_eq!(algorithm.checksum(b"123456789"), expected, "{algorithm}");
        }
        // of no bytes, as printed by the reference implementation
        assert_eq!(
            ChecksumAlgorithm::Xxhash64.checksum(b""),
            BASE64_STANDARD.encode(0xef46_db37_51d8_e999_u64.to_be_bytes())
        );
        assert_eq!(
            ChecksumAlgorithm::Xxhash3.checksum(b""),
            BASE64_STANDARD.encode(0x2d06_8005_38d3_94c2_u64.to_be_bytes())
        );
        assert_eq!(
            ChecksumAlgorithm::Xxhash128.checksum(b""),
            BASE64_STANDARD.encode(0x99aa_06d3_0147_98d8_6001_c324_468d_497f_u128.to_be_bytes())
        );
    }

    /// Values from xxHash's own library, for lengths on both sides of the boundaries between its algorithms.
    #[test]
    fn xxhash_matches_the_reference() {
        let cases = [
            (
                0,
                "70bbN1HY6Zk=",
                "LQaABTjTlMI=",
                "maoG0wFHmNhgAcMkRo1Jfw==",
            ),
            (
                3,
                "CosOqqRNNtw=",
                "hSkY9/lSSbE=",
                "WeF0vgNOdKWFKRj3+VJJsQ==",
            ),
            (
                16,
                "OnGRx8qC8lc=",
                "sB1gC4cB7R0=",
                "UjWqe2B1iXVpagpkggtzlQ==",
            ),
            (
                17,
                "FyOKakHP05s=",
                "ieFH9EcCkZc=",
                "pab/hf6gcqZWOO8sJkDBJA==",
            ),
            (
                128,
                "l/fasyvoy+8=",
                "qPJuM7+lRDk=",
                "aGj8wlF/AKaJyRuYK9E+aw==",
            ),
            (
                129,
                "mP+a1RHbC78=",
                "mknI1SNvspk=",
                "QFLtDEXoJ9wa5e8xIM9Y+g==",
            ),
            (
                240,
                "mZle1Hb+k9k=",
                "5+4k9dcMtNs=",
                "kcN17Z9qEuvOJgt+dGbDTg==",
            ),
            (
                241,
                "U+9C80e5MEU=",
                "1GNDKarQj2U=",
                "sIPr7+tQ02/UY0MpqtCPZQ==",
            ),
            (
                1024,
                "sazfyeBQP8U=",
                "RIkLe0xIk3U=",
                "FYSi+V8suzFEiQt7TEiTdQ==",
            ),
            (
                1025,
                "DosLPXGcCgc=",
                "qjSaT1c07qs=",
                "XyXXBL6jJiiqNJpPVzTuqw==",
            ),
            (
                100_000,
                "xg6ChDeyI2o=",
                "RJ4NNrxTEYk=",
                "/hfkP+Q+831Eng02vFMRiQ==",
            ),
        ];
        for (len, xxh64, xxh3, xxh128) in cases {
            let bytes: Vec<u8> = (0..len as u64)
                .map(|i| ((i * i * 7 + i) % 251) as u8)
                .collect();
            for (algorithm, expected) in [
                (ChecksumAlgorithm::Xxhash64, xxh64),
                (ChecksumAlgorithm::Xxhash3, xxh3),
                (ChecksumAlgorithm::Xxhash128, xxh128),
            ] {
                assert_eq!(algorithm.checksum(&bytes), expected, "{algorithm} of {len}");
                let mut hasher = algorithm.hasher();
                bytes.chunks(7).for_each(|chunk| hasher.update(chunk));
                assert_eq!(hasher.finish(), expected, "{algorithm} of {len} in chunks");
            }
        }
    }

    #[test]
    fn checksums_of_parts_combine() {
        for algorithm in ChecksumAlgorithm::ALL.iter().copied() {
            let sums = ["1234", "", "56789"]
                .map(|part| (algorithm.checksum(part.as_bytes()), part.len() as u64));
            let parts = sums.iter().map(|(sum, len)| Some((&**sum, *len)));
            let expected = algorithm.is_crc().then(|| algorithm.checksum(b"123456789"));
            assert_eq!(algorithm.combined(parts), expected, "{algorithm}");
        }
        let crc = ChecksumAlgorithm::Crc32;
        for broken in [
            vec![],
            vec![None],
            vec![Some(("AA==", 1))],
            vec![Some(("y/Q5Jg==", 9)), None],
        ] {
            assert_eq!(crc.combined(broken.into_iter()), None);
        }
    }

    #[test]
    fn unknown_name_lists_the_algorithms() {
        let error = "CRC9".parse::<ChecksumAlgorithm>().unwrap_err().to_string();
        assert!(
            error.contains("\"CRC9\"") && error.contains("CRC32C"),
            "{error}"
        );
    }

    #[test]
    fn base64_has_the_announced_length() {
        for algorithm in ChecksumAlgorithm::ALL {
            assert_eq!(
                algorithm.checksum(b"").len() as u64,
                algorithm.text_len(),
                "{algorithm}"
            );
        }
    }
}
