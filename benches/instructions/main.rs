//! Instructions of the hot paths, counted by valgrind and compared with their budgets. A count differs by less than 1 % between
//! runs, however busy the machine is, so a change of a few percent is seen that no clock shows.
//!
//! ```sh
//! cargo bench --all-features --bench instructions                  # all of it, a few minutes; needs valgrind
//! cargo bench --all-features --bench instructions -- decode call   # what has one of these words in its name
//! cargo bench --all-features --bench instructions -- --check       # fails if a budget is exceeded by more than 5 %
//! ```
//! Each path runs in processes of its own: once, and then some more times; the difference is the count. So what happens once in a
//! process is not in it, except for paths of the command, which are whole processes; they need the feature `cli`. The budgets are in
//! `paths.rs` and `commands.rs`. They are for x86-64, where valgrind offers no instructions for SHA-256, which is therefore counted
//! in software.
//!
//! To see what the instructions are for:
//!
//! ```sh
//! cargo bench --all-features --bench instructions --no-run         # prints the path of the program
//! valgrind --tool=callgrind target/release/deps/instructions-… --run 'decode list-objects to a tree' 10
//! callgrind_annotate callgrind.out.…
//! ```
//!
//! The functions that run when the command starts, for `data/startup.txt`, whose order the linker follows (`build.rs`):
//!
//! ```sh
//! cargo rustc --release --features cli --bin tucuxi -- -C strip=none
//! TUCUXI_BENCH_COMMAND=target/release/tucuxi cargo bench --all-features --bench instructions -- --functions > startup.txt
//! mv startup.txt data/
//! ```

#[path = "../codec/cases.rs"]
#[allow(dead_code, reason = "the benchmark of codecs uses more of it")]
mod cases;
#[path = "../../tests/support/null_server.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod null_server;
#[path = "../codec/responses.rs"]
mod responses;

mod commands;
mod count;
mod functions;
mod paths;

use std::process::ExitCode;

use self::commands::Commands;
use self::paths::Path;

/// How much more than its budget a path may take.
const TOLERANCE: f64 = 1.05;
/// From which ratio on a budget is too high to notice a change.
const LOW: f64 = 0.9;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words {
        ["--run", name, times] => {
            Path::named(name).run(times.parse().unwrap());
            ExitCode::SUCCESS
        }
        // `cargo test` only checks that everything runs
        _ if !words.contains(&"--bench") => {
            paths::PATHS.iter().for_each(|path| path.run(1));
            if let Some(commands) = Commands::start() {
                commands::COMMANDS.iter().for_each(|one| commands.run(one));
            }
            ExitCode::SUCCESS
        }
        _ if !count::is_installed() => {
            eprintln!("valgrind is not installed");
            ExitCode::FAILURE
        }
        _ if words.contains(&"--functions") => {
            functions::print(&Commands::start().expect("the feature cli is on"));
            ExitCode::SUCCESS
        }
        _ => all(&words),
    }
}

/// Counts the wanted paths and prints a table.
fn all(words: &[&str]) -> ExitCode {
    let wanted: Vec<_> = words
        .iter()
        .filter(|word| !word.starts_with("--"))
        .collect();
    let is_wanted =
        |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(**word));
    println!(
        "{:<44} {:>12} {:>12} {:>6}",
        "thousands of instructions", "now", "budget", "ratio"
    );
    let (mut exceeded, mut below) = (Vec::new(), Vec::new());
    let mut row = |name: &'static str, now: f64, budget: f64| {
        let ratio = now / budget;
        println!("{name:<44} {now:>12.1} {budget:>12.1} {ratio:>6.2}");
        if ratio > TOLERANCE {
            exceeded.push(name);
        } else if ratio < LOW {
            below.push(name);
        }
    };
    for path in paths::PATHS.iter().filter(|path| is_wanted(path.name)) {
        row(path.name, path.count(), path.budget);
    }
    let runs = commands::COMMANDS.iter().filter(|run| is_wanted(run.name));
    match Commands::start() {
        Some(commands) => runs.for_each(|run| row(run.name, commands.count(run), run.budget)),
        None => println!("left out for lack of the feature cli: the paths of the command"),
    }
    if !below.is_empty() {
        println!("budgets to lower: {}", below.join(", "));
    }
    if exceeded.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("over budget: {}", exceeded.join(", "));
    match words.contains(&"--check") {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}
