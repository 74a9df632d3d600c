//! Rules as a tree. Those of a text with an outline are read when they are first evaluated: a call needs a few of them.

use std::fmt;

use once_cell::sync::OnceCell;

use super::rule::{Rule, Siblings};

/// All rules of a rule set.
pub(super) struct Tree {
    rules: Box<[OnceCell<Rule>]>,
    /// The rules that are evaluated first.
    pub(super) roots: Siblings,
    read: Box<ReadRule>,
}

/// Reads the rule with an index. The error says what is wrong with it.
type ReadRule = dyn Fn(usize) -> Result<Rule, String> + Send + Sync;

impl Tree {
    /// Creates a tree of rules that are read.
    pub(super) fn new(rules: Vec<Rule>, roots: Siblings) -> Self {
        Self {
            rules: rules.into_iter().map(OnceCell::with_value).collect(),
            roots,
            read: Box::new(|index| Err(format!("there is no rule {index}"))),
        }
    }

    /// Creates a tree of as many rules as this, which are not read yet.
    pub(super) fn unread(
        len: usize,
        roots: Siblings,
        read: impl Fn(usize) -> Result<Rule, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            rules: (0..len).map(|_| OnceCell::new()).collect(),
            roots,
            read: Box::new(read),
        }
    }

    /// Returns a rule.
    ///
    /// # Errors
    ///
    /// Returns an error if the rule is malformed.
    pub(super) fn rule(&self, index: usize) -> Result<&Rule, String> {
        match self.rules.get(index) {
            Some(rule) => rule.get_or_try_init(|| (self.read)(index)),
            None => Err(format!("there is no rule {index}")),
        }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = (0..self.rules.len()).map(|index| self.rule(index));
        f.debug_list().entries(rules).finish()
    }
}
