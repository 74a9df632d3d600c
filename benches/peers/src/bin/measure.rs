//! Runs a program and prints its processor time, its time and its peak memory, without its output. This process is small, so the
//! memory is that of the program: on Linux, the peak of a process begins with that of its parent.

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().expect("a program");
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .status();
    let seconds = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage of children");
    let cpu = (usage.user_time().num_microseconds() + usage.system_time().num_microseconds())
        as f64
        / 1e6;
    // Linux counts kilobytes
    let peak = usage.max_rss() as f64 / 1024.0;
    println!("RESULT cpu_s={cpu:.6} s={seconds:.6} peak_mb={peak:.2}");
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
