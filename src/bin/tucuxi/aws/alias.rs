//! Aliases of commands, from `~/.aws/cli/alias`.
//!
//! ```text
//! [toplevel]
//! whoami = sts get-caller-identity                 a command with its arguments
//! greet = !echo hello "$1"                         a command of the shell
//! [command ec2]
//! running = describe-instances --filters Name=instance-state-name,Values=running
//! ```
//! What follows an alias is added to its value. Global options of the value replace those of the line. An alias may use others, and may
//! have the name of the command that it calls.

use std::path::PathBuf;
use std::process::Command;

use tucuxi::internals::command::{Section, ini_sections, shell_words};

use super::globals::{self, Line};
use super::{NO_OPTIONS, grammar};
use crate::failure::Failure;

/// The aliases of the file.
#[derive(Debug, Default)]
pub(crate) struct Aliases(Vec<Section>);

/// What an alias stands for.
enum Meaning {
    Words(Vec<String>),
    Shell(String),
}

/// A line without aliases.
pub(crate) enum Expanded {
    Line(Box<Line>),
    /// The exit code of the command that the shell ran.
    Exit(u8),
}

impl Aliases {
    /// Reads the file, if there is one.
    pub(crate) fn read() -> Result<Self, Failure> {
        let Some(path) = path() else {
            return Ok(Self::default());
        };
        let shown = path.display().to_string();
        match std::fs::read(&path) {
            Ok(bytes) => Self::parse(&bytes)
                .map_err(|what| Failure::Other(format!("{shown}: {what}").into())),
            Err(_) if !path.exists() => Ok(Self::default()),
            Err(error) => Err(Failure::file(&shown)(error)),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        ini_sections(bytes).map(Self)
    }

    /// The names of the aliases that stand for commands.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let toplevel = self.0.iter().filter(|(name, _)| name == "toplevel");
        toplevel.flat_map(|(_, entries)| entries.iter().map(|(name, _)| &**name))
    }

    /// Replaces the aliases of a line.
    pub(crate) fn expand(&self, mut line: Line) -> Result<Expanded, Failure> {
        let mut used = Vec::new();
        while let Some(name) = line.command.clone() {
            let Some(meaning) = self.find(&["toplevel"], &name)? else {
                break;
            };
            let words = match meaning {
                Meaning::Words(words) => words,
                Meaning::Shell(script) => return Ok(Expanded::Exit(run(&script, &line.rest)?)),
            };
            let alias = parse(&name, words)?;
            line.globals.replace_with(alias.globals);
            line.rest.splice(0..0, alias.rest);
            // an alias of its own name calls the command
            let is_own_name = alias.command.as_ref() == Some(&name);
            line.command = alias.command;
            if is_own_name {
                break;
            }
            check_circle(&mut used, name)?;
        }
        self.expand_operation(line)
    }

    /// Replaces aliases in place of an operation, or of a waiter.
    fn expand_operation(&self, mut line: Line) -> Result<Expanded, Failure> {
        let mut used = Vec::new();
        let command = line.command.clone().unwrap_or_default();
        let mut lineage = vec!["command".to_owned(), command];
        while let Some((at, name)) = first_positional(&line.rest, lineage.len() - 2) {
            let section: Vec<&str> = lineage.iter().map(String::as_str).collect();
            match self.find(&section, &name)? {
                None if lineage.len() == 2 && name == "wait" => lineage.push(name),
                None => break,
                Some(Meaning::Shell(script)) => {
                    line.rest.drain(..=at);
                    return Ok(Expanded::Exit(run(&script, &line.rest)?));
                }
                Some(Meaning::Words(words)) => {
                    let alias = parse(&name, words)?;
                    line.globals.replace_with(alias.globals);
                    let words = alias.command.into_iter().chain(alias.rest);
                    let words: Vec<String> = words.collect();
                    let is_own_name = words.first() == Some(&name);
                    line.rest.splice(at..=at, words);
                    if is_own_name {
                        break;
                    }
                    check_circle(&mut used, name)?;
                }
            }
        }
        Ok(Expanded::Line(Box::new(line)))
    }

    fn find(&self, section: &[&str], name: &str) -> Result<Option<Meaning>, Failure> {
        let mut sections = self.0.iter();
        let is_it = |(known, _): &&Section| known.split_whitespace().eq(section.iter().copied());
        let entries = sections.find(is_it).map(|(_, entries)| entries);
        let entry = entries.and_then(|entries| entries.iter().find(|(known, _)| known == name));
        let Some((_, value)) = entry else {
            return Ok(None);
        };
        if let Some(script) = value.strip_prefix('!') {
            return Ok(Some(Meaning::Shell(script.to_owned())));
        }
        match shell_words(value) {
            Some(words) => Ok(Some(Meaning::Words(words))),
            None => Err(invalid(
                name,
                &format!("a quote is not closed in {value:?}"),
            )),
        }
    }
}

fn path() -> Option<PathBuf> {
    Some(std::env::home_dir()?.join(".aws").join("cli").join("alias"))
}

fn invalid(name: &str, what: &str) -> Failure {
    Failure::Other(format!("alias {name:?}: {what}").into())
}

/// Reads the words of an alias.
fn parse(name: &str, words: Vec<String>) -> Result<Line, Failure> {
    let line = globals::parse(words)?;
    let unsupported = match &line.globals {
        globals if globals.profile.is_some() => Some("--profile"),
        globals if globals.debug => Some("--debug"),
        _ => None,
    };
    match unsupported {
        Some(option) => Err(invalid(
            name,
            &format!("{option} is not supported in aliases"),
        )),
        None => Ok(line),
    }
}

fn check_circle(used: &mut Vec<String>, name: String) -> Result<(), Failure> {
    if used.contains(&name) {
        return Err(invalid(&name, "it stands for itself"));
    }
    used.push(name);
    Ok(())
}

/// The place of a positional among words, and the word.
fn first_positional(words: &[String], skip: usize) -> Option<(usize, String)> {
    // the first words that have it end with it; an option's value may be the same word
    (0..words.len()).find_map(|at| {
        let parsed = grammar::parse(words[..=at].to_vec(), NO_OPTIONS, skip + 1).ok()?;
        let name = parsed.positionals.into_iter().nth(skip)?;
        (name == words[at]).then_some((at, name))
    })
}

/// Runs a command of the shell with further arguments. Returns its exit code.
fn run(script: &str, args: &[String]) -> Result<u8, Failure> {
    let quoted = args
        .iter()
        .map(|arg| format!(" '{}'", arg.replace('\'', "'\\''")));
    let script = format!("{script}{}", quoted.collect::<String>());
    let status = match cfg!(windows) {
        true => Command::new("cmd").arg("/C").arg(script).status(),
        false => Command::new("sh").arg("-c").arg(script).status(),
    };
    let status = status.map_err(Failure::file("the shell"))?;
    let code = status.code().unwrap_or(255);
    Ok(u8::try_from(code).unwrap_or(255))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[toplevel]\nwho = sts get-caller-identity\nme = who --output text\nsts = sts --region x\n\
        bad = sts 'get\nprof = sts get-caller-identity --profile p\na = b\nb = a\nfail =\n  !f() {\n    x=$1\n    exit $x\n  }; f\n\
        [command ec2]\nup = describe-instances --filters \"Name=a b,Values=c\" --no-paginate\ndescribe-vpcs = describe-vpcs --output table\nx = !exit 4\n\
        [command ec2 wait]\nready = instance-running\n";

    fn expanded(args: &str) -> Result<Expanded, Failure> {
        let aliases = Aliases::parse(FILE.as_bytes()).unwrap();
        let line = globals::parse(args.split(' ').map(str::to_owned).collect());
        aliases.expand(line.unwrap())
    }

    #[test]
    fn aliases_stand_for_commands_with_arguments() {
        for (args, expected) in [
            ("who --debug", "sts get-caller-identity"),
            ("me x", "sts get-caller-identity x"),
            ("sts get-caller-identity", "sts get-caller-identity"),
            (
                "ec2 up --max-items 1",
                "ec2 describe-instances --filters Name=a b,Values=c --max-items 1",
            ),
            (
                "ec2 describe-vpcs --vpc-ids v",
                "ec2 describe-vpcs --vpc-ids v",
            ),
            (
                "ec2 wait ready --instance-ids i",
                "ec2 wait instance-running --instance-ids i",
            ),
            ("s3api list-buckets", "s3api list-buckets"),
            (
                "ec2 --region up up",
                "ec2 describe-instances --filters Name=a b,Values=c",
            ),
        ] {
            let Expanded::Line(line) = expanded(args).unwrap() else {
                panic!("{args} runs a shell");
            };
            let words: Vec<String> = line.command.into_iter().chain(line.rest).collect();
            assert_eq!(words.join(" "), expected, "{args}");
        }
        let Ok(Expanded::Line(line)) = expanded("--output json me --region y") else {
            panic!();
        };
        assert_eq!(line.globals.output.as_deref(), Some("text"));
        // of the alias "sts"
        assert_eq!(line.globals.region.as_deref(), Some("x"));
    }

    #[test]
    fn the_shell_runs_others() {
        for (args, expected) in [("fail 3", 3), ("ec2 x", 4)] {
            assert!(
                matches!(expanded(args), Ok(Expanded::Exit(code)) if code == expected),
                "{args}"
            );
        }
    }

    #[test]
    fn invalid_aliases_are_explained() {
        for (args, expected) in [
            ("bad", "alias \"bad\": a quote is not closed"),
            ("prof", "alias \"prof\": --profile is not supported"),
            ("a", "alias \"a\": it stands for itself"),
        ] {
            let error = expanded(args).err().unwrap();
            assert_eq!(error.code(), 255);
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}
