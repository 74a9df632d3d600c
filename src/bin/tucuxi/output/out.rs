//! The destination of a result.

use std::io::{self, IsTerminal as _, Write};

use super::pager::{Paged, Pager};
use crate::terminal;

/// Stdout, or the writer of a test.
pub(crate) enum Out<'o> {
    /// The pager starts when there is something to show.
    Stdout { pager: Pager, paged: Option<Paged> },
    #[allow(dead_code, reason = "for tests")]
    Writer(&'o mut dyn Write),
}

impl Out<'_> {
    pub(crate) fn stdout() -> Self {
        Self::Stdout {
            pager: Pager::None,
            paged: None,
        }
    }

    /// Selects the pager, before anything is written.
    pub(crate) fn set_pager(&mut self, selected: Pager) {
        if let Self::Stdout { pager, .. } = self {
            *pager = selected;
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout { .. }) && io::stdout().is_terminal()
    }

    /// Whether this is a terminal that shows colours.
    pub(crate) fn has_colours(&self) -> bool {
        self.is_terminal() && terminal::has_colours(&io::stdout())
    }

    /// The columns of the terminal, or else 80.
    pub(crate) fn width(&self) -> usize {
        match self.is_terminal() {
            true => terminal::width(),
            false => 80,
        }
    }

    fn writer(&mut self) -> io::Result<&mut dyn Write> {
        Ok(match self {
            Self::Stdout { pager, paged } => match paged {
                Some(paged) => paged,
                none => none.insert(Paged::open(pager).map_err(io::Error::other)?),
            },
            Self::Writer(out) => out,
        })
    }
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            // nothing was written
            Self::Stdout { paged: None, .. } => Ok(()),
            _ => self.writer()?.flush(),
        }
    }
}
