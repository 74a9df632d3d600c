//! RDS: `modify-option-group` as two commands, each with `--options`.

use super::{Custom, NONE};

pub(super) const TABLE: &[Custom] = &[
    Custom {
        service: "rds",
        operation: "add-option-to-option-group",
        removed: &["options-to-remove"],
        ..NONE
    },
    Custom {
        service: "rds",
        operation: "remove-option-from-option-group",
        removed: &["options-to-include"],
        ..NONE
    },
];
