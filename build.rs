//! Asks the linker to leave out of the released command what it does not use.
//!
//! A panic ends the command (`exit_at_panic` in its `main.rs`), so nothing reads the tables for unwinding, which are an eighth of
//! its code. Functions that became the same code are kept once. Rust has no setting of a profile for either. A linker that does not
//! know an argument is not given it.
//!
//! Cargo passes the arguments in profiles that inherit `release`, too, and to the command's own unit tests with `--release`, where
//! the first test that fails then ends the run.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let is_released = env::var_os("CARGO_FEATURE_CLI").is_some() && is("PROFILE", "release");
    if is_released && is("CARGO_CFG_TARGET_OS", "linux") {
        let folder = env::var_os("OUT_DIR").expect("cargo sets it");
        shrink(Path::new(&folder));
    }
}

fn shrink(folder: &Path) {
    let script = folder.join("no-unwinding.ld");
    let text = "SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT AFTER .text;\n";
    if fs::write(&script, text).is_err() {
        return;
    }
    for argument in [
        format!("-Wl,--script={}", script.display()),
        "-Wl,--icf=all".to_owned(),
    ] {
        if links(folder, &argument) {
            println!("cargo::rustc-link-arg-bin=tucuxi={argument}");
        }
    }
}

/// Whether a program links with this argument, by the linker that will link the command.
fn links(folder: &Path, argument: &str) -> bool {
    let source = folder.join("probe.rs");
    if fs::write(&source, "fn main() {}").is_err() {
        return false;
    }
    let mut command = Command::new(env::var_os("RUSTC").expect("cargo sets it"));
    command.arg(source).arg("--out-dir").arg(folder);
    command.args(["--target", &env::var("TARGET").expect("cargo sets it")]);
    command.args(["-C", "panic=abort", "-C", &format!("link-arg={argument}")]);
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        command.arg(format!("-Clinker={linker}"));
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    command.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
