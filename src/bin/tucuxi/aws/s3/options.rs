//! The options of the commands: one row each. Commands with the same option share its row.

use crate::aws::flag::{Flag, choice, optional, switch, value, values};
use crate::aws::grammar::Takes;

/// A pattern, which may look like a URL.
const fn pattern(name: &'static str, help: &'static str) -> Flag {
    Flag {
        is_literal: true,
        ..value(name, "PATTERN", help)
    }
}

const ACLS: &[&str] = &[
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-full-control",
    "bucket-owner-read",
    "log-delivery-write",
    "private",
    "public-read",
    "public-read-write",
];

const CHECKSUMS: &[&str] = &[
    "CRC32",
    "CRC32C",
    "CRC64NVME",
    "SHA1",
    "SHA256",
    "SHA512",
    "XXHASH128",
    "XXHASH3",
    "XXHASH64",
];

const STORAGE_CLASSES: &[&str] = &[
    "DEEP_ARCHIVE",
    "GLACIER",
    "GLACIER_IR",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "REDUCED_REDUNDANCY",
    "STANDARD",
    "STANDARD_IA",
];

/// All options, in alphabetical order.
pub(super) const ALL: &[Flag] = &[
    value(
        "account-id",
        "ID",
        "the account of jobs; by default that of the credentials, for which STS is called",
    ),
    choice("acl", ACLS, "the canned access control list of the objects"),
    switch(
        "batch",
        "lets jobs of S3 Batch Operations copy or delete: objects of at most 5 GB to a bucket, under the same key or a prefix before it. Needs --batch-manifest and --batch-role",
    ),
    value(
        "batch-function",
        "ARN",
        "the Lambda function that deletes objects, as S3 Batch Operations has no operation for that",
    ),
    value(
        "batch-manifest",
        "S3Uri",
        "the place for the list of objects: s3://BUCKET/PREFIX/",
    ),
    switch(
        "batch-no-wait",
        "ends when the jobs are created; s3 describe-job follows them",
    ),
    value(
        "batch-report",
        "S3Uri",
        "the place for a report of objects that failed: s3://BUCKET/PREFIX/",
    ),
    value(
        "batch-role",
        "ARN",
        "the role with which the jobs read the manifest, and copy or call the function",
    ),
    value(
        "bucket-name-prefix",
        "TEXT",
        "lists only the buckets whose names begin with this text",
    ),
    value(
        "bucket-region",
        "REGION",
        "lists only the buckets of this region",
    ),
    value(
        "cache-control",
        "TEXT",
        "the header Cache-Control of the objects",
    ),
    choice(
        "case-conflict",
        &["error", "ignore", "skip", "warn"],
        "what happens to a download whose file has the name of another one but for its case; ignored by default",
    ),
    choice(
        "checksum-algorithm",
        CHECKSUMS,
        "the checksum that uploads and copies are stored with",
    ),
    choice(
        "checksum-mode",
        &["ENABLED"],
        "verifies the checksum of downloads, which is the default",
    ),
    value(
        "content-disposition",
        "TEXT",
        "the header Content-Disposition of the objects",
    ),
    value(
        "content-encoding",
        "TEXT",
        "the header Content-Encoding of the objects",
    ),
    value(
        "content-language",
        "TEXT",
        "the header Content-Language of the objects",
    ),
    value(
        "content-type",
        "TYPE",
        "the content type of the objects, which is guessed from the file name otherwise",
    ),
    choice(
        "copy-props",
        &["all", "default", "metadata-directive", "none"],
        "what a copy takes over from its source: headers and metadata (metadata-directive), tags too (default), annotations too (all), or nothing",
    ),
    switch(
        "delete",
        "deletes what the destination has and the source does not",
    ),
    switch("dryrun", "prints what would be done, and does nothing"),
    value(
        "error-document",
        "KEY",
        "the object that is shown after an error",
    ),
    switch(
        "exact-timestamps",
        "downloads files of the same size unless their times are equal",
    ),
    pattern(
        "exclude",
        "leaves out what matches the pattern, unless a later --include matches too",
    ),
    value(
        "expected-size",
        "BYTES",
        "the size of what is read from stdin; not needed, as parts grow with the stream",
    ),
    value(
        "expires",
        "TIME",
        "the time at which the objects become stale in caches",
    ),
    value(
        "expires-in",
        "SECONDS",
        "the time until the URL expires; 3600 by default",
    ),
    switch(
        "follow-symlinks",
        "uploads what symbolic links point to, which is the default",
    ),
    switch("force", "deletes all objects of the bucket first"),
    switch(
        "force-glacier-transfer",
        "also transfers objects in archives, which fails unless they were restored",
    ),
    values(
        "grants",
        "PERMISSION=GRANTEE",
        "permissions on the objects: read, readacl, writeacl or full, for id=ID or uri=URI",
    ),
    switch("human-readable", "prints sizes with units"),
    switch(
        "ignore-glacier-warnings",
        "skips objects in archives without a warning",
    ),
    pattern(
        "include",
        "does not leave out what matches the pattern, unless a later --exclude matches too",
    ),
    value(
        "index-document",
        "SUFFIX",
        "the name of the object that represents a folder, such as index.html",
    ),
    value(
        "metadata",
        "NAME=VALUE,...",
        "the metadata of the objects, as pairs or as JSON",
    ),
    choice(
        "metadata-directive",
        &["COPY", "REPLACE"],
        "whether CopyObject takes over or replaces headers and metadata, instead of --copy-props",
    ),
    switch("no-follow-symlinks", "leaves out symbolic links"),
    switch("no-guess-mime-type", "does not guess content types"),
    switch("no-overwrite", "skips what exists at the destination"),
    switch("no-progress", "does not show the progress"),
    switch("only-show-errors", "prints only errors and warnings"),
    value(
        "page-size",
        "NUMBER",
        "the number of keys that each request for a listing asks for",
    ),
    value(
        "progress-frequency",
        "SECONDS",
        "the shortest time between two updates of the progress",
    ),
    switch(
        "progress-multiline",
        "prints each update of the progress on a new line",
    ),
    switch("quiet", "prints nothing, not even errors"),
    switch(
        "recursive",
        "includes everything below the folder or prefix",
    ),
    optional(
        "request-payer",
        &["requester"],
        "agrees to pay for the requests",
    ),
    switch("size-only", "compares only sizes"),
    value(
        "source-region",
        "REGION",
        "the region of the source bucket of copies",
    ),
    optional("sse", &["AES256", "aws:kms"], "encrypts the objects"),
    optional(
        "sse-c",
        &["AES256"],
        "encrypts or decrypts the objects with the key of --sse-c-key",
    ),
    optional(
        "sse-c-copy-source",
        &["AES256"],
        "decrypts the source of copies with the key of --sse-c-copy-source-key",
    ),
    value(
        "sse-c-copy-source-key",
        "KEY",
        "the key of the source of copies: text, or fileb:// for a file",
    ),
    value("sse-c-key", "KEY", "the key: text, or fileb:// for a file"),
    value("sse-kms-key-id", "ID", "the KMS key for --sse aws:kms"),
    choice(
        "storage-class",
        STORAGE_CLASSES,
        "the storage class of the objects",
    ),
    switch("summarize", "prints the number of objects and their size"),
    Flag {
        takes: Takes::Two,
        ..value("tags", "KEY VALUE", "a tag; may be given several times")
    },
    switch(
        "validate-same-s3-paths",
        "verifies that no access points lead to the same object, which would be deleted",
    ),
    value(
        "website-redirect",
        "URL",
        "redirects requests of a website to another object or URL",
    ),
];

/// The option of a name.
pub(super) fn find(name: &str) -> Option<&'static Flag> {
    ALL.iter().find(|row| row.name == name)
}

/// The options of cp, mv and sync.
pub(super) const TRANSFER: &[&str] = &[
    "acl",
    "cache-control",
    "case-conflict",
    "checksum-algorithm",
    "checksum-mode",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "copy-props",
    "dryrun",
    "exclude",
    "expires",
    "follow-symlinks",
    "force-glacier-transfer",
    "grants",
    "ignore-glacier-warnings",
    "include",
    "metadata",
    "metadata-directive",
    "no-follow-symlinks",
    "no-guess-mime-type",
    "no-overwrite",
    "no-progress",
    "only-show-errors",
    "page-size",
    "progress-frequency",
    "progress-multiline",
    "quiet",
    "request-payer",
    "source-region",
    "sse",
    "sse-c",
    "sse-c-copy-source",
    "sse-c-copy-source-key",
    "sse-c-key",
    "sse-kms-key-id",
    "storage-class",
    "tags",
    "website-redirect",
];

/// The options of jobs.
pub(super) const BATCH: &[&str] = &[
    "account-id",
    "batch",
    "batch-function",
    "batch-manifest",
    "batch-no-wait",
    "batch-report",
    "batch-role",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_sorted() {
        assert!(ALL.windows(2).all(|two| two[0].name < two[1].name));
    }
}
