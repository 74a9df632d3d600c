//! Checksums and ETags as S3 computes them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{Checksum, ChecksumAlgorithm, ChecksumType};
use s3s::{S3Result, s3_error};

/// The supported algorithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    pub(super) const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// The name in `x-amz-checksum-algorithm` and, in any case, after `x-amz-checksum-`.
    pub(super) fn parse(name: &str) -> S3Result<Self> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|known| known.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| s3_error!(InvalidRequest, "no checksum algorithm {name}"))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => ChecksumAlgorithm::CRC32,
            Self::Crc32c => ChecksumAlgorithm::CRC32C,
            Self::Crc64Nvme => ChecksumAlgorithm::CRC64NVME,
            Self::Sha1 => ChecksumAlgorithm::SHA1,
            Self::Sha256 => ChecksumAlgorithm::SHA256,
        }
    }

    /// The default type for multipart uploads.
    pub(super) fn usual_type(self) -> &'static str {
        match self {
            Self::Crc64Nvme => ChecksumType::FULL_OBJECT,
            _ => ChecksumType::COMPOSITE,
        }
    }

    pub(super) fn allows(self, kind: &str) -> bool {
        match self {
            Self::Crc64Nvme => kind == ChecksumType::FULL_OBJECT,
            Self::Sha1 | Self::Sha256 => kind == ChecksumType::COMPOSITE,
            Self::Crc32 | Self::Crc32c => true,
        }
    }

    /// The value of this algorithm.
    pub(super) fn of(self, sums: &Checksum) -> Option<&String> {
        match self {
            Self::Crc32 => sums.checksum_crc32.as_ref(),
            Self::Crc32c => sums.checksum_crc32c.as_ref(),
            Self::Crc64Nvme => sums.checksum_crc64nvme.as_ref(),
            Self::Sha1 => sums.checksum_sha1.as_ref(),
            Self::Sha256 => sums.checksum_sha256.as_ref(),
        }
    }

    pub(super) fn set(self, sums: &mut Checksum, value: String) {
        let place = match self {
            Self::Crc32 => &mut sums.checksum_crc32,
            Self::Crc32c => &mut sums.checksum_crc32c,
            Self::Crc64Nvme => &mut sums.checksum_crc64nvme,
            Self::Sha1 => &mut sums.checksum_sha1,
            Self::Sha256 => &mut sums.checksum_sha256,
        };
        *place = Some(value);
    }

    /// The algorithm that has a value.
    pub(super) fn in_use(sums: &Checksum) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.of(sums).is_some())
    }
}

/// Computes the MD5 and the checksums of a stream.
pub(super) struct Hasher {
    md5: Md5,
    sums: ChecksumHasher,
}

impl Hasher {
    pub(super) fn new(algorithms: &[Algorithm]) -> Self {
        let mut sums = ChecksumHasher::default();
        for algorithm in algorithms {
            match algorithm {
                Algorithm::Crc32 => sums.crc32 = Some(Default::default()),
                Algorithm::Crc32c => sums.crc32c = Some(Default::default()),
                Algorithm::Crc64Nvme => sums.crc64nvme = Some(Default::default()),
                Algorithm::Sha1 => sums.sha1 = Some(Default::default()),
                Algorithm::Sha256 => sums.sha256 = Some(Default::default()),
            }
        }
        let md5 = Md5::new();
        Self { md5, sums }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sums.update(bytes);
    }

    pub(super) fn finish(self) -> (Vec<u8>, Checksum) {
        let md5 = self.md5.finalize();
        (AsRef::<[u8]>::as_ref(&md5).to_vec(), self.sums.finalize())
    }

    /// Computes them for bytes in memory.
    pub(super) fn of(pieces: &[Bytes], algorithms: &[Algorithm]) -> (Vec<u8>, Checksum) {
        let mut hasher = Self::new(algorithms);
        for piece in pieces {
            hasher.update(piece);
        }
        hasher.finish()
    }
}

/// Computes the checksum only, because MD5 is slow.
pub(super) fn full_object(pieces: &[Bytes], algorithm: Algorithm) -> Checksum {
    let mut hasher = Hasher::new(&[algorithm]).sums;
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize()
}

/// The checksum of the parts' checksums, followed by `-` and the number of parts.
pub(super) fn composite(parts: &[&Checksum], algorithm: Algorithm) -> S3Result<Checksum> {
    let mut hasher = Hasher::new(&[algorithm]).sums;
    for part in parts {
        let sum = algorithm.of(part).map(|sum| BASE64_STANDARD.decode(sum));
        let Some(Ok(sum)) = sum else {
            return Err(s3_error!(InvalidPart, "a part without {algorithm:?}"));
        };
        hasher.update(&sum);
    }
    let mut sums = hasher.finalize();
    if let Some(sum) = algorithm.of(&sums).cloned() {
        algorithm.set(&mut sums, format!("{sum}-{}", parts.len()));
    }
    Ok(sums)
}

/// Checks that every given value equals the computed one.
pub(super) fn verify(given: &Checksum, computed: &Checksum) -> S3Result<()> {
    for algorithm in Algorithm::ALL {
        let (given, computed) = (algorithm.of(given), algorithm.of(computed));
        if given.is_some() && given != computed {
            let name = algorithm.name();
            return Err(s3_error!(
                BadDigest,
                "the {name} you specified did not match the calculated checksum: {given:?} is not {computed:?}"
            ));
        }
    }
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Collects the five values of a structure.
macro_rules! sums_in {
    ($from:expr) => {
        s3s::dto::Checksum {
            checksum_crc32: $from.checksum_crc32.clone(),
            checksum_crc32c: $from.checksum_crc32c.clone(),
            checksum_crc64nvme: $from.checksum_crc64nvme.clone(),
            checksum_sha1: $from.checksum_sha1.clone(),
            checksum_sha256: $from.checksum_sha256.clone(),
            checksum_type: None,
        }
    };
}
pub(super) use sums_in;

/// Sets the five values of a structure.
macro_rules! with_sums {
    ($into:expr, $sums:expr) => {{
        let (mut into, sums) = ($into, &$sums);
        into.checksum_crc32 = sums.checksum_crc32.clone();
        into.checksum_crc32c = sums.checksum_crc32c.clone();
        into.checksum_crc64nvme = sums.checksum_crc64nvme.clone();
        into.checksum_sha1 = sums.checksum_sha1.clone();
        into.checksum_sha256 = sums.checksum_sha256.clone();
        into
    }};
}
pub(super) use with_sums;
