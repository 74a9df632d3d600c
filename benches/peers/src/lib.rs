//! What the programs of the peers share.

use std::error::Error;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// The result of a program that only reports its errors.
pub type Done<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The size of the parts of a large object.
pub const PART: u64 = 8 << 20;

/// Calls as often as possible for some seconds, and prints the processor time of a call in microseconds.
///
/// # Errors
///
/// Returns the error of the first call that fails.
pub fn repeat(seconds: &str, mut call: impl FnMut() -> Done<usize>) -> Done<()> {
    for _ in 0..20 {
        call()?;
    }
    let length = Duration::from_secs_f64(seconds.parse()?);
    let (start, before, mut calls) = (Instant::now(), cpu()?, 0);
    while start.elapsed() < length {
        call()?;
        calls += 1;
    }
    println!(
        "RESULT cpu_us_per_call={:.2}",
        (cpu()? - before) / f64::from(calls)
    );
    Ok(())
}

/// The processor time of this process, in microseconds.
fn cpu() -> Done<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64)
}
