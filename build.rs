//! Asks the linker to make the released command small, and quick to start.
//!
//! * A panic ends the command (`exit_at_panic` in its `main.rs`), so nothing reads the tables for unwinding, which are an eighth of
//!   its code.
//! * Functions that became the same code are kept once.
//! * The functions that run in common calls are put beside each other (`data/startup.txt`): the system then maps a sixth of the code
//!   into memory instead of all of it.
//! * The library for unwinding is linked statically, because loading it takes a twentieth of the time of a small call.
//!
//! Rust has no setting of a profile for any of it. A linker that does not know an argument is not given it.
//!
//! Cargo passes the arguments in profiles that inherit `release`, too, and to the command's own unit tests with `--release`, where
//! the first test that fails then ends the run.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The functions that run in common calls, as the linker names them, with `*` for their hashes. `benches/instructions` lists them.
const STARTUP: &str = "data/startup.txt";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={STARTUP}");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let is_released = env::var_os("CARGO_FEATURE_CLI").is_some() && is("PROFILE", "release");
    if is_released && is("CARGO_CFG_TARGET_OS", "linux") {
        let folder = env::var_os("OUT_DIR").expect("cargo sets it");
        shape(Path::new(&folder));
    }
}

fn shape(folder: &Path) {
    let functions = fs::read_to_string(STARTUP).expect("it is part of the package");
    let sections = functions.lines().map(|name| {
        // the compiler puts what it finds unlikely apart, and numbers copies
        let any =
            [".text.", ".text.unlikely."].map(|start| format!("{start}{name} {start}{name}.*"));
        format!("*({})\n", any.join(" "))
    });
    let first = format!(
        "SECTIONS {{ .text.startup_first : {{\n{}}} }} INSERT BEFORE .text;\n",
        sections.collect::<String>()
    );
    let no_unwinding = "SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT AFTER .text;\n".to_owned();
    let scripts = [("startup.ld", first), ("no-unwinding.ld", no_unwinding)];
    let scripts = scripts.map(|(name, text)| {
        let path = folder.join(name);
        fs::write(&path, text).expect("cargo made the folder");
        format!("-Wl,--script={}", path.display())
    });
    let [first, no_unwinding] = &scripts;
    // whole, so that it is preferred to the shared library
    let unwinding = "-Wl,--whole-archive,-l:libgcc_eh.a,--no-whole-archive";
    for argument in [first, no_unwinding, "-Wl,--icf=all", unwinding] {
        if links(folder, argument) {
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
