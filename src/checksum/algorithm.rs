//! The algorithms.

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
        /// How a checksum is computed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ChecksumAlgorithm { $($(#[$doc])* $variant),* }

        impl ChecksumAlgorithm {
            /// The one that an answer is held against is the first of these which it has.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// As parameters name it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The header or trailer that it is in.
            pub fn header(self) -> &'static str {
                match self { $(Self::$variant => $header),* }
            }
        }

        impl FromStr for ChecksumAlgorithm {
            type Err = ();
            fn from_str(name: &str) -> Result<Self, ()> {
                let all = Self::ALL.iter();
                all.copied().find(|known| known.as_str().eq_ignore_ascii_case(name)).ok_or(())
            }
        }
    };
}

algorithms! {
    /// 128 bits of XXH3.
    Xxhash128 = "XXHASH128", "x-amz-checksum-xxhash128";
    /// 64 bits of XXH3.
    Xxhash3 = "XXHASH3", "x-amz-checksum-xxhash3";
    /// CRC-64/NVME.
    Crc64Nvme = "CRC64NVME", "x-amz-checksum-crc64nvme";
    /// XXH64.
    Xxhash64 = "XXHASH64", "x-amz-checksum-xxhash64";
    /// CRC-32C, of Castagnoli.
    Crc32c = "CRC32C", "x-amz-checksum-crc32c";
    /// CRC-32, of ISO-HDLC.
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

impl ChecksumAlgorithm {
    pub(super) fn names() -> String {
        let names: Vec<&str> = Self::ALL
            .iter()
            .map(|algorithm| algorithm.as_str())
            .collect();
        names.join(", ")
    }

    /// How long a checksum is, in base64.
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

    /// The parameter and the member of a result that it is in.
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

    /// Whether checksums of parts make that of the whole.
    pub(crate) fn is_crc(self) -> bool {
        self.crc().is_some()
    }

    /// The checksum of parts one behind the other, each with its own and its length, where that can be told from these: of a
    /// CRC. None if one of them has none.
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

    /// The checksum of an object that was uploaded in parts, made of theirs: `…-3`. None if one of them is no base64.
    pub(crate) fn composite<'c>(self, parts: impl Iterator<Item = &'c str>) -> Option<String> {
        let (mut hasher, mut count) = (self.hasher(), 0);
        for part in parts {
            hasher.update(&BASE64_STANDARD.decode(part).ok()?);
            count += 1;
        }
        Some(format!("{}-{count}", hasher.finish()))
    }

    /// Of these bytes, as base64.
    ///
    /// ```
    /// use tucuxi::checksum::ChecksumAlgorithm;
    /// assert_eq!(ChecksumAlgorithm::Crc32.of(b"123456789"), "y/Q5Jg==");
    /// ```
    pub fn of(self, bytes: &[u8]) -> String {
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

/// A checksum that grows with what it is of.
pub(crate) struct Hasher(State);

enum State {
    /// And how many bytes of the result count.
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

    /// All of a body, which is not held in memory.
    pub(crate) fn read_body(&mut self, body: &Body) -> io::Result<()> {
        if let Some(bytes) = body.bytes() {
            self.update(bytes);
            return Ok(());
        }
        // a small body needs no large piece, whose pages are not for nothing
        let largest = usize::try_from(body.len().unwrap_or(u64::MAX)).unwrap_or(read::PIECE);
        read::each(body.open_to_hash()?, largest, |piece| {
            self.update(piece);
            Ok(())
        })
    }

    /// As base64 of the big-endian bytes.
    pub(crate) fn finish(self) -> String {
        self.finish_with(|bytes| BASE64_STANDARD.encode(bytes))
    }

    /// As hexadecimal digits, which ETags have.
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
    fn the_check_values_are_those_of_the_standards() {
        let cases = [
            (ChecksumAlgorithm::Crc32, "y/Q5Jg=="),
            (ChecksumAlgorithm::Crc32c, "4waSgw=="),
            (ChecksumAlgorithm::Crc64Nvme, "rosUhgp5mIg="),
            (ChecksumAlgorithm::Md5, "JfnnlDI7RTiF9RgfG2JNCw=="),
            (ChecksumAlgorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ];
        for (algorithm, expected) in cases {
            assert_eq!(algorithm.of(b"123456789"), expected, "{algorithm}");
        }
        // of nothing, as the reference implementation prints them
        assert_eq!(
            ChecksumAlgorithm::Xxhash64.of(b""),
            BASE64_STANDARD.encode(0xef46_db37_51d8_e999_u64.to_be_bytes())
        );
        assert_eq!(
            ChecksumAlgorithm::Xxhash3.of(b""),
            BASE64_STANDARD.encode(0x2d06_8005_38d3_94c2_u64.to_be_bytes())
        );
        assert_eq!(
            ChecksumAlgorithm::Xxhash128.of(b""),
            BASE64_STANDARD.encode(0x99aa_06d3_0147_98d8_6001_c324_468d_497f_u128.to_be_bytes())
        );
    }

    /// As xxHash's own library computes them, of lengths on both sides of where its algorithm changes.
    #[test]
    fn xxhash_is_that_of_the_reference() {
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
                assert_eq!(algorithm.of(&bytes), expected, "{algorithm} of {len}");
                let mut hasher = algorithm.hasher();
                bytes.chunks(7).for_each(|piece| hasher.update(piece));
                assert_eq!(hasher.finish(), expected, "{algorithm} of {len} in pieces");
            }
        }
    }

    #[test]
    fn checksums_of_parts_make_that_of_the_whole() {
        for algorithm in ChecksumAlgorithm::ALL.iter().copied() {
            let sums = ["1234", "", "56789"]
                .map(|part| (algorithm.of(part.as_bytes()), part.len() as u64));
            let parts = sums.iter().map(|(sum, len)| Some((&**sum, *len)));
            let expected = algorithm.is_crc().then(|| algorithm.of(b"123456789"));
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
    fn texts_are_as_long_as_announced() {
        for algorithm in ChecksumAlgorithm::ALL {
            assert_eq!(
                algorithm.of(b"").len() as u64,
                algorithm.text_len(),
                "{algorithm}"
            );
        }
    }
}
