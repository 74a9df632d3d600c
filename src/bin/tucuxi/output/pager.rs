//! Where a result or a help page goes: stdout, or a pager in front of it.

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use tucuxi::internals::command::shell_words;

use crate::failure::Failure;

/// What runs if no pager is configured, provided that it is installed.
const DEFAULT: &str = "less";
/// The options of `less`: a page that fits on the screen ends it, colours are kept, and the screen is not cleared. A person's own
/// `LESS` replaces them.
const LESS: &str = "FRX";

/// The pager that the settings select.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pager {
    #[default]
    Default,
    Command(String),
    None,
}

impl Pager {
    /// An empty text selects no pager.
    pub(crate) fn parse(text: &str) -> Self {
        match text.trim().is_empty() {
            true => Self::None,
            false => Self::Command(text.to_owned()),
        }
    }
}

/// The bytes that are written to stdout at once. Each piece is written in two, as stdout ends with a whole line.
const BUFFER: usize = 64 * 1024;

/// The output of a command.
pub(crate) enum Paged {
    Direct(BufWriter<StdoutLock<'static>>),
    Through {
        pager: Child,
        /// None once everything is written.
        input: Option<BufWriter<ChildStdin>>,
    },
}

impl Paged {
    /// Starts the pager, if stdout is a terminal.
    pub(crate) fn open(pager: &Pager) -> Result<Self, Failure> {
        let stdout = io::stdout().lock();
        let command = match pager {
            Pager::Command(command) if stdout.is_terminal() => command,
            Pager::Default if stdout.is_terminal() => DEFAULT,
            _ => return Ok(Self::Direct(BufWriter::with_capacity(BUFFER, stdout))),
        };
        match start(command) {
            Ok(mut pager) => {
                let input = pager.stdin.take().map(BufWriter::new);
                Ok(Self::Through { pager, input })
            }
            Err(_) if *pager == Pager::Default => {
                Ok(Self::Direct(BufWriter::with_capacity(BUFFER, stdout)))
            }
            Err(error) => Err(Failure::Setting(format!(
                "cannot start the pager {command:?}: {error}; set AWS_PAGER or cli_pager to another, or pass --no-cli-pager"
            ))),
        }
    }
}

fn start(command: &str) -> io::Result<Child> {
    let words = shell_words(command).unwrap_or_default();
    let Some((program, args)) = words.split_first() else {
        return Err(io::Error::other("a quote is not closed"));
    };
    let mut command = Command::new(program);
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    let pager = command.args(args).stdin(Stdio::piped()).spawn()?;
    // Ctrl-C is the pager's: it stops a search there. Without a handler it would end this process and leave the terminal to both the
    // pager and the shell.
    let _ = ctrlc::set_handler(|| {});
    Ok(pager)
}

impl Write for Paged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(out) => out.write(bytes),
            Self::Through {
                input: Some(input), ..
            } => input.write(bytes),
            Self::Through { input: None, .. } => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(out) => out.flush(),
            Self::Through {
                input: Some(input), ..
            } => input.flush(),
            Self::Through { input: None, .. } => Ok(()),
        }
    }
}

/// Waits until the person has left the pager.
impl Drop for Paged {
    fn drop(&mut self) {
        if let Self::Through { pager, input } = self {
            // what the pager no longer reads is not wanted
            drop(input.take());
            let _ = pager.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_no_pager() {
        assert_eq!(Pager::parse(""), Pager::None);
        assert_eq!(Pager::parse(" "), Pager::None);
        assert_eq!(Pager::parse("less -S"), Pager::Command("less -S".into()));
    }

    #[test]
    fn a_pager_that_cannot_be_started_is_an_error() {
        for command in ["/no/such/pager", "less 'x", ""] {
            assert!(start(command).is_err(), "{command:?}");
        }
    }
}
