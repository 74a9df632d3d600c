//! Transfers as in a program.

use tucuxi::transfer::{Report, TransferConfig, TransferManager};

use super::{BUCKET, Bench, Done};

/// The defaults, without files in the home directory.
fn transfers(bench: &Bench) -> TransferManager {
    let config = TransferConfig::default().state_folder(bench.folder.join("state"));
    bench.client.transfer_with(config).unwrap()
}

/// Asserts that the transfer was complete.
fn checked(report: &Report, expected: Done) -> Done {
    let done = (report.objects, report.bytes);
    assert_eq!(done, (expected.objects, expected.bytes));
    expected
}

fn large(bench: &Bench) -> Done {
    let (objects, bytes) = (1, bench.sizes.large);
    Done { objects, bytes }
}

pub(super) fn upload_large(bench: &Bench) -> Done {
    let (from, key) = (bench.large_file(), bench.large_key());
    let job = transfers(bench).upload_file(from, BUCKET, key);
    checked(&job.run().unwrap(), large(bench))
}

pub(super) fn download_large(bench: &Bench) -> Done {
    let (key, to) = (bench.large_key(), bench.target().join("large"));
    let job = transfers(bench).download_file(BUCKET, key, to);
    checked(&job.run().unwrap(), large(bench))
}

pub(super) fn upload_small(bench: &Bench) -> Done {
    let (from, prefix) = (bench.small_folder(), bench.small_prefix());
    let job = transfers(bench).upload_folder(from, BUCKET, prefix);
    checked(&job.run().unwrap(), bench.all_small())
}

pub(super) fn download_small(bench: &Bench) -> Done {
    let (prefix, to) = (bench.small_prefix(), bench.target());
    let job = transfers(bench).download_folder(BUCKET, prefix, to);
    checked(&job.run().unwrap(), bench.all_small())
}
