//! The functions of the command that run in its common uses, for `data/startup.txt`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::commands::{COMMANDS, Commands};

/// How much of the code with a name must run for the name to be listed among the first. The names of generic functions do not say
/// for which types they are.
const SHARE: f64 = 0.4;

/// Prints the names of the functions that run, those that most commands run first.
pub(crate) fn print(commands: &Commands) {
    let program = Program::read(commands);
    let mut runs: BTreeMap<&Address, usize> = BTreeMap::new();
    for run in COMMANDS {
        for address in program.called(&commands.profile(run)) {
            *runs.entry(address).or_default() += 1;
        }
    }
    let mut names: BTreeMap<String, Name> = BTreeMap::new();
    for (address, function) in &program.functions {
        let count = runs.get(address).copied().unwrap_or(0);
        let unique: BTreeSet<String> = function.names.iter().map(|name| pattern(name)).collect();
        for name in unique {
            let name = names.entry(name).or_default();
            name.size += function.size;
            name.used += if count > 0 { function.size } else { 0 };
            name.runs = name.runs.max(count);
        }
    }
    let mut wanted: Vec<_> = names.iter().filter(|(_, name)| name.runs > 0).collect();
    assert!(!wanted.is_empty(), "the program has no symbols");
    wanted.sort_by_key(|(_, name)| {
        let is_rare = (name.used as f64) < SHARE * name.size as f64;
        (is_rare, Reverse(name.runs))
    });
    for (name, _) in wanted {
        println!("{name}");
    }
}

type Address = String;

/// The program's functions, by address. One may have many names: equal functions are kept once.
struct Program {
    functions: BTreeMap<Address, Function>,
}

#[derive(Default)]
struct Function {
    names: Vec<String>,
    size: usize,
}

/// What functions have a name in common.
#[derive(Default)]
struct Name {
    size: usize,
    /// How much of it runs.
    used: usize,
    /// The number of commands that run it.
    runs: usize,
}

impl Program {
    fn read(commands: &Commands) -> Self {
        let mut list = Command::new("nm");
        list.args(["--print-size", "--defined-only"])
            .arg(commands.program());
        let listed = list.output().expect("nm is a part of binutils").stdout;
        let mut functions: BTreeMap<Address, Function> = BTreeMap::new();
        for line in String::from_utf8(listed).unwrap().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if let [address, size, "t" | "T" | "w" | "W", name] = *words {
                let function = functions.entry(address.to_owned()).or_default();
                function.names.push(name.to_owned());
                function.size = usize::from_str_radix(size, 16).unwrap();
            }
        }
        Self { functions }
    }

    /// The addresses of the functions in a profile of callgrind.
    fn called(&self, profile: &str) -> Vec<&Address> {
        let names: BTreeSet<&str> = profile
            .lines()
            .filter_map(|line| line.trim_start_matches('c').strip_prefix("fn=("))
            .filter_map(|line| line.split_once(") "))
            // a quote separates the depth of a recursion
            .filter_map(|(_, name)| name.split('\'').next())
            .collect();
        let is_called = |function: &Function| function.names.iter().any(|n| names.contains(&**n));
        let called = self.functions.iter().filter(|(_, f)| is_called(f));
        called.map(|(address, _)| address).collect()
    }
}

/// A name without what differs from build to build, for the linker: the hash of a function, that of a crate (of a name that begins
/// with `_R`), and the number of a copy.
fn pattern(name: &str) -> String {
    if name.starts_with("_R") {
        let name = name.split('.').next().unwrap_or_default();
        let mut parts = name.split("Cs");
        let mut pattern = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.find('_').map_or("", |end| &part[end..]);
            pattern.push_str("Cs*");
            pattern.push_str(rest);
        }
        return pattern;
    }
    let is_hash = |rest: &str| {
        rest.get(..16)
            .is_some_and(|hash| u64::from_str_radix(hash, 16).is_ok())
    };
    match name.rfind("17h") {
        Some(at) if is_hash(&name[at + 3..]) => format!("{}17h*", &name[..at]),
        _ => name.split('.').next().unwrap_or_default().to_owned(),
    }
}
