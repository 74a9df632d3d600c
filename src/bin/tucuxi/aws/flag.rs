//! The options of commands that are not one operation. The command line, the help pages and completion read their tables.

use super::grammar::{Syntax, Takes};

/// An option of a command that is not one operation.
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    /// The place of the value, in the help page.
    pub(super) value: &'static str,
    pub(super) help: &'static str,
    pub(super) required: bool,
    /// The accepted values. If the list is empty, every value is accepted.
    pub(super) choices: &'static [&'static str],
    /// Whether the value is no URL of a file, even if it looks like one.
    pub(super) is_literal: bool,
}

impl Syntax for Flag {
    fn name(&self) -> &str {
        self.name
    }

    fn takes(&self) -> Takes {
        self.takes
    }
}

/// An option with one value.
pub(super) const fn value(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag {
        name,
        takes: Takes::One,
        value,
        help,
        required: false,
        choices: &[],
        is_literal: false,
    }
}

/// A required option with one value.
pub(super) const fn required(name: &'static str, place: &'static str, help: &'static str) -> Flag {
    Flag {
        required: true,
        ..value(name, place, help)
    }
}

/// An option with one value of several.
pub(super) const fn choice(
    name: &'static str,
    choices: &'static [&'static str],
    help: &'static str,
) -> Flag {
    Flag {
        choices,
        ..value(name, "", help)
    }
}

/// An option with several values.
pub(super) const fn values(name: &'static str, place: &'static str, help: &'static str) -> Flag {
    Flag {
        takes: Takes::Some,
        ..value(name, place, help)
    }
}

/// An option without a value.
pub(super) const fn switch(name: &'static str, help: &'static str) -> Flag {
    Flag {
        takes: Takes::None,
        ..value(name, "", help)
    }
}

/// An option with one value or none, which then is the first of its choices.
pub(super) const fn optional(
    name: &'static str,
    choices: &'static [&'static str],
    help: &'static str,
) -> Flag {
    Flag {
        takes: Takes::Optional,
        ..choice(name, choices, help)
    }
}
